// A command's form, such as `[-m MESSAGE] REV...`, in the macros of mdoc(7).
//
// The words say what they are: a dash starts an option, capitals are what is put in for them, brackets are what may be
// left out, and a bar parts alternatives. What a bracket holds is read in a loop with a stack, so that no form is too
// deep for it.

enum MdocSynopsis {
    private enum Piece {
        case word(String)
        case bar
        case dots
        case group([Item])
    }

    private struct Item {
        var piece: Piece
        /// There is no space before it.
        var isAttached: Bool
    }

    /// The lines behind the name of the command.
    static func lines(_ synopsis: String) -> [String] {
        let items = parse(synopsis)
        var lines: [String] = []
        var inline: [String] = []
        for (index, item) in items.enumerated() {
            if case .group(let members) = item.piece, standsAlone(items, index) {
                if !inline.isEmpty { lines.append("." + inline.joined(separator: " ")) }
                inline = []
                lines.append(".Op " + members.flatMap { macros($0) }.joined(separator: " "))
            } else {
                inline += macros(item)
            }
        }
        if !inline.isEmpty { lines.append("." + inline.joined(separator: " ")) }
        return lines
    }

    /// Whether nothing around it belongs to it.
    private static func standsAlone(_ items: [Item], _ index: Int) -> Bool {
        if items[index].isAttached { return false }
        if index > 0, case .bar = items[index - 1].piece { return false }
        guard index + 1 < items.count else { return true }
        if case .bar = items[index + 1].piece { return false }
        return !items[index + 1].isAttached
    }

    private static func macros(_ item: Item) -> [String] {
        let space = item.isAttached ? ["Ns"] : []
        switch item.piece {
        case .word(let word): return space + macros(word)
        case .bar: return ["|"]
        case .dots: return ["..."]
        case .group(let members): return space + ["Oo"] + members.flatMap { macros($0) } + ["Oc"]
        }
    }

    private static func macros(_ word: String) -> [String] {
        if word.hasPrefix("-") { return ["Fl", MdocText.argument(String(word.dropFirst()))] }
        let isPlaceholder = word.contains { $0.isUppercase } && !word.contains { $0.isLowercase }
        let isName = isPlaceholder || word == "options" || word == "operands"
        return [isName ? "Ar" : "Cm", MdocText.argument(word)]
    }

    // MARK: Reading

    private static func parse(_ synopsis: String) -> [Item] {
        // Those that are open, the outermost first; the first one is the form itself.
        var groups: [(items: [Item], isAttached: Bool)] = [([], false)]
        var word = ""
        var isWordAttached = false
        var isAfterSpace = true

        func add(_ piece: Piece, isAttached: Bool) {
            groups[groups.count - 1].items.append(Item(piece: piece, isAttached: isAttached))
        }
        /// `--option=VALUE` is three words.
        func addWord(_ word: String, isAttached: Bool) {
            guard word.hasPrefix("-"), let sign = word.firstIndex(of: "=") else {
                return add(.word(word), isAttached: isAttached)
            }
            add(.word(String(word[..<sign])), isAttached: isAttached)
            add(.word("="), isAttached: true)
            let value = String(word[word.index(after: sign)...])
            if !value.isEmpty { add(.word(value), isAttached: true) }
        }
        func endWord() {
            if word.isEmpty { return }
            let isRepeated = word.hasSuffix("...")
            if isRepeated { word.removeLast(3) }
            if !word.isEmpty { addWord(word, isAttached: isWordAttached) }
            if isRepeated { add(.dots, isAttached: true) }
            word = ""
        }

        for character in synopsis {
            switch character {
            case " ":
                endWord()
                isAfterSpace = true
            case "[":
                endWord()
                groups.append(([], !isAfterSpace))
                isAfterSpace = true
            case "]":
                endWord()
                if groups.count > 1, let group = groups.popLast() {
                    add(.group(group.items), isAttached: group.isAttached)
                }
                isAfterSpace = false
            case "|":
                endWord()
                add(.bar, isAttached: false)
                isAfterSpace = true
            default:
                if word.isEmpty { isWordAttached = !isAfterSpace }
                word.append(character)
                isAfterSpace = false
            }
        }
        endWord()
        while groups.count > 1, let group = groups.popLast() {
            add(.group(group.items), isAttached: group.isAttached)
        }
        return groups[0].items
    }
}
