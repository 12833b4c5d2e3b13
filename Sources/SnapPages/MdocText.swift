// Text as roff reads it. Nothing that help says may be taken for a request, an escape or a macro, and what somebody
// may copy into a shell must come out as the characters of ASCII: a minus sign, and not a hyphen or a dash.

enum MdocText {
    private static let width = 78

    // MARK: Running text

    /// The lines of a paragraph: each sentence starts on a line of its own.
    static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in escaped(text).split(separator: " ") {
            if !line.isEmpty, line.utf8.count + 1 + word.utf8.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
            if endsSentence(String(word)) {
                lines.append(line)
                line = ""
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { guarded($0) }
    }

    /// The text with what is quoted in straight quotes.
    static func escaped(_ text: String) -> String {
        quotedRuns(text).map { $0.isQuoted ? "\\(aq\(code($0.text))\\(aq" : prose($0.text) }.joined()
    }

    /// Text that is not quoted. The hyphens of words stay hyphens; those of options do not.
    private static func prose(_ text: String) -> String {
        let characters = Array(text)
        var result = ""
        var isOption = false
        for (index, character) in characters.enumerated() {
            let isAfterWord = index > 0 && isWordCharacter(characters[index - 1])
            let isBeforeWord = index + 1 < characters.count && isWordCharacter(characters[index + 1])
            if character == " " { isOption = false }
            if character == "-", !isAfterWord { isOption = true }
            let isHyphen = character == "-" && isAfterWord && isBeforeWord && !isOption
            result += isHyphen || character == "'" ? String(character) : escape(character)
        }
        return result
    }

    private static func endsSentence(_ word: String) -> Bool {
        var word = word[...]
        while true {
            if word.hasSuffix("\\(aq") {
                word = word.dropLast(4)
            } else if word.hasSuffix(")") || word.hasSuffix("\"") {
                word = word.dropLast()
            } else {
                break
            }
        }
        if word.hasSuffix("...") { return false }
        return word.hasSuffix(".") || word.hasSuffix("?") || word.hasSuffix("!")
    }

    // MARK: Lines as they are

    /// A line of a literal display.
    static func literal(_ line: String) -> String { guarded(code(line)) }

    /// A line that starts with a control character would be a request.
    private static func guarded(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }

    /// Characters that come out as they are.
    private static func code(_ text: String) -> String { text.map { escape($0) }.joined() }

    private static func escape(_ character: Character) -> String {
        switch character {
        case "\\": "\\e"
        case "-": "\\-"
        case "'": "\\(aq"
        case "`": "\\(ga"
        case "^": "\\(ha"
        case "~": "\\(ti"
        default: String(character)
        }
    }

    // MARK: Macro lines

    /// Words behind a macro: each an argument, and none a macro or a delimiter itself.
    static func arguments(_ text: String) -> String {
        text.split(separator: " ").map { argument(String($0)) }.joined(separator: " ")
    }

    /// A word behind a macro.
    static func argument(_ word: String) -> String {
        let text = word.map { $0 == "\"" ? "\\(dq" : escape($0) }.joined()
        return isDelimiter(word) || isMacro(word) ? "\\&" + text : text
    }

    /// What is set without a space before or behind it.
    private static func isDelimiter(_ word: String) -> Bool {
        [".", ",", ":", ";", "(", ")", "[", "]", "?", "!", "|"].contains(word)
    }

    /// What has the form of a macro's name.
    private static func isMacro(_ word: String) -> Bool {
        let bytes = Array(word.utf8)
        guard bytes.count == 2 || bytes.count == 3, let first = bytes.first else { return false }
        let isCapital = first >= 0x41 && first <= 0x5A
        return first == 0x25 || (isCapital && bytes[1] >= 0x61 && bytes[1] <= 0x7A)
    }
}
