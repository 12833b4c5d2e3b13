// What an alias stands for: `alias.NAME = words`, or `alias.NAME = !shell line`.
//
// Words are split as a POSIX shell splits them (XCU 2.2 and 2.3): blanks part them, quotes and backslashes keep characters together.
// Nothing is expanded: no variables, no `~`, no patterns. Who wants these writes a shell's line.

/// Why a line cannot be an alias.
package enum AliasError: Error, Equatable, Sendable {
    case empty
    case openQuote
    case loneBackslash
    case zeroByte

    /// As it is said of a setting: "must be …".
    package var requirement: String {
        switch self {
        case .empty: "must have a word"
        case .openQuote: "must close its quotes"
        case .loneBackslash: "must have a character behind each backslash"
        case .zeroByte: "must not have a zero byte"
        }
    }
}

package enum AliasLine: Sendable, Equatable {
    /// What stands in the place of the alias, before the operands.
    case words([[UInt8]])
    /// A shell's command line, which gets the operands as `"$@"`.
    case shell([UInt8])

    package static let keyPrefix = "alias."

    private static let backslash: UInt8 = 0x5C
    private static let singleQuote: UInt8 = 0x27
    private static let doubleQuote: UInt8 = 0x22
    private static let exclamationMark: UInt8 = 0x21

    package init(parsing line: [UInt8]) throws(AliasError) {
        if line.contains(0) { throw .zeroByte }
        if line.first == Self.exclamationMark {
            let command = Array(line.dropFirst())
            if command.allSatisfy({ Self.isBlank($0) }) { throw .empty }
            self = .shell(command)
            return
        }
        let words = try Self.split(line)
        // An empty word could be no command.
        guard let first = words.first, !first.isEmpty else { throw .empty }
        self = .words(words)
    }

    /// The name that the key `alias.NAME` gives an alias.
    package static func name(ofKey key: String) -> String {
        String(decoding: key.utf8.dropFirst(keyPrefix.utf8.count), as: UTF8.self)
    }

    /// Whether a command could have this name.
    package static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, first != 0x2D else { return false }
        return bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != 0x2F }
    }

    /// The words of a line.
    static func split(_ line: [UInt8]) throws(AliasError) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        // A word may be empty if it was quoted.
        var isInWord = false
        var index = 0
        while index < line.count {
            let byte = line[index]
            index += 1
            switch byte {
            case _ where isBlank(byte):
                if isInWord { words.append(word) }
                word = []
                isInWord = false
            case singleQuote:
                isInWord = true
                while index < line.count, line[index] != singleQuote {
                    word.append(line[index])
                    index += 1
                }
                if index == line.count { throw .openQuote }
                index += 1
            case doubleQuote:
                isInWord = true
                index = try readQuoted(line, from: index, into: &word)
            case backslash:
                guard index < line.count else { throw .loneBackslash }
                // A line that goes on: both characters go.
                if line[index] != 0x0A {
                    isInWord = true
                    word.append(line[index])
                }
                index += 1
            default:
                isInWord = true
                word.append(byte)
            }
        }
        if isInWord { words.append(word) }
        return words
    }

    /// What stands between double quotes, from behind the first; answers the place behind the second. A backslash means itself there,
    /// unless one of five characters follows.
    private static func readQuoted(
        _ line: [UInt8], from start: Int, into word: inout [UInt8]
    ) throws(AliasError) -> Int {
        let special = Array("\"\\$`".utf8)
        var index = start
        while index < line.count {
            let byte = line[index]
            index += 1
            if byte == doubleQuote { return index }
            if byte == backslash, index < line.count {
                let next = line[index]
                if next == 0x0A {
                    index += 1
                    continue
                }
                if special.contains(next) {
                    word.append(next)
                    index += 1
                    continue
                }
            }
            word.append(byte)
        }
        throw .openQuote
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
