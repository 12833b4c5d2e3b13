// A line of bash up to the cursor, and how a word is put into it.
//
// bash parts words at characters such as `:`, `=` and `@` before it asks, and replaces only what stands behind the last
// of them; which they are the user may set. So neither its words nor that list are used: the line is read here as the
// shell reads it, bash says which end of it will be replaced, and what is in front of that is left out of the answer.

struct BashLine: Sendable {
    /// What bash is about to do with the answer: the value of COMP_TYPE.
    enum Purpose: Sendable {
        /// Put it into the line, or what all candidates begin with.
        case insertion
        /// Show the candidates.
        case list

        init(type: [UInt8]) {
            // `?`, `!` and `@`, as numbers.
            self = ["63", "33", "64"].contains(String(decoding: type, as: UTF8.self)) ? .list : .insertion
        }
    }

    /// Those between the program's name and the cursor's word, without their quotes.
    private(set) var words: [[UInt8]] = []
    /// The cursor's word, likewise.
    private(set) var current: [UInt8] = []
    /// As it was typed.
    private(set) var typed: [UInt8] = []
    /// The quotation mark that is open at the cursor.
    private(set) var quote: UInt8?

    private static let single: UInt8 = 0x27
    private static let double: UInt8 = 0x22
    private static let backslash: UInt8 = 0x5C
    private static let space: UInt8 = 0x20

    init(_ line: [UInt8]) {
        read(line)
        // The program itself.
        if !words.isEmpty { words.removeFirst() }
    }

    private mutating func read(_ line: [UInt8]) {
        // Where the word starts that is being read; nil between words.
        var start: Int?
        var index = 0
        while index < line.count {
            let byte = line[index]
            let next = index + 1 < line.count ? line[index + 1] : nil
            if byte == Self.backslash, quote != Self.single {
                start = start ?? index
                if let next, quote == nil || Array("$`\"\\".utf8).contains(next) {
                    current.append(next)
                    index += 1
                } else if quote != nil {
                    current.append(byte)
                }
            } else if let open = quote {
                if byte == open { quote = nil } else { current.append(byte) }
            } else if byte == Self.single || byte == Self.double {
                start = start ?? index
                quote = byte
            } else if byte == Self.space || byte == 0x09 || byte == 0x0A {
                if start != nil {
                    words.append(current)
                    current = []
                    start = nil
                }
            } else {
                start = start ?? index
                current.append(byte)
            }
            index += 1
        }
        typed = start.map { Array(line[$0...]) } ?? []
    }

    /// How much of `current` stands in front of what bash replaces.
    private func keptCount(replaced: [UInt8]) -> Int {
        guard typed.count >= replaced.count, typed.suffix(replaced.count).elementsEqual(replaced) else { return 0 }
        var front = BashLine([])
        front.read(Array(typed.dropLast(replaced.count)))
        return min(front.current.count, current.count)
    }

    // MARK: The answer

    /// A line for each candidate: what bash puts in place of `replaced`, or shows, in at most `columns` cells.
    func answer(_ completion: Completion, replaced: [UInt8], for purpose: Purpose, columns: Int?) -> [[UInt8]] {
        let kept = keptCount(replaced: replaced)
        let isAlone = completion.candidates.count == 1
        var lines: [[UInt8]] = []
        for candidate in completion.candidates where candidate.value.count >= kept {
            var line = quoted(candidate.value[kept...], startsWord: kept == 0)
            // bash itself puts the mark that is missing behind the last word.
            if !candidate.isOpen, quote == nil { line.append(Self.space) }
            lines.append(line)
        }
        guard purpose == .list, !isAlone else { return lines }
        return described(lines, completion.candidates.map(\.meaning), columns: columns)
    }

    /// Cells between a word and what it means, and the fewest that a meaning is shown in.
    private static let gap = 2
    private static let leastMeaning = 8

    /// The lines with what they mean, if there is room for it. They themselves are not cut or changed: with some settings
    /// bash puts into the line what those that it lists have in common.
    private func described(_ lines: [[UInt8]], _ meanings: [String], columns limit: Int?) -> [[UInt8]] {
        guard lines.count == meanings.count, meanings.contains(where: { !$0.isEmpty }) else { return lines }
        let widths = lines.map { displayWidth(String(decoding: $0, as: UTF8.self)) }
        let column = (widths.max() ?? 0) + Self.gap
        // Not in the last column of the terminal.
        let room = limit.map { $0 - 1 - column } ?? Int.max
        guard room >= Self.leastMeaning else { return lines }
        var result: [[UInt8]] = []
        for (index, meaning) in meanings.enumerated() {
            if meaning.isEmpty {
                result.append(lines[index])
                continue
            }
            let padding = [UInt8](repeating: Self.space, count: column - widths[index])
            result.append(lines[index] + padding + Array(shortened(safeText(meaning), to: room).utf8))
        }
        return result
    }

    /// The rest of a word, so that bash reads it as it is.
    private func quoted(_ rest: ArraySlice<UInt8>, startsWord: Bool) -> [UInt8] {
        var result: [UInt8] = []
        if quote == Self.single {
            for byte in rest {
                // The quotation ends, has its mark behind a backslash, and goes on.
                if byte == Self.single { result += [Self.single, Self.backslash, Self.single] }
                result.append(byte)
            }
            return result
        }
        var special = Array((quote == Self.double ? "$`\"\\" : " |&;()<>$`\\\"'*?[]#!").utf8)
        // Braces are plain unless they hold alternatives.
        if quote == nil, rest.contains(0x7B) {
            let isList = rest.contains(0x2C) || String(decoding: rest, as: UTF8.self).contains("..")
            if isList { special += Array("{},".utf8) }
        }
        for (index, byte) in rest.enumerated() {
            let isHome = byte == 0x7E && index == 0 && startsWord && quote == nil
            if special.contains(byte) || isHome { result.append(Self.backslash) }
            result.append(byte)
        }
        return result
    }
}
