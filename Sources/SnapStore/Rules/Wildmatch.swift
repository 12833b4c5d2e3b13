// Wildcards over bytes: the pattern language of git's wildmatch with its path rule, compiled to tokens.
//
// A malformed pattern matches nothing, whatever the text: git reads a bracket expression the same way for every text,
// and every way through a pattern passes it. So that is settled here, once, and the matcher need not know.

/// A set of bytes: a bracket expression.
struct ByteSet: Sendable, Equatable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

    func contains(_ byte: UInt8) -> Bool {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        return switch byte >> 6 {
        case 0: words.0 & bit != 0
        case 1: words.1 & bit != 0
        case 2: words.2 & bit != 0
        default: words.3 & bit != 0
        }
    }

    mutating func insert(_ byte: UInt8) {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func insert(where belongs: (UInt8) -> Bool) {
        for byte in UInt8.min...UInt8.max where belongs(byte) { insert(byte) }
    }

    mutating func remove(_ byte: UInt8) {
        let others = self
        self = ByteSet()
        insert { $0 != byte && others.contains($0) }
    }

    mutating func invert() {
        words = (~words.0, ~words.1, ~words.2, ~words.3)
    }
}

/// One step of a compiled pattern.
enum WildToken: Sendable, Equatable {
    /// Exactly this byte.
    case byte(UInt8)
    /// `?`: any byte but a slash.
    case any
    /// A bracket expression: the set at this place.
    case set(Int)
    /// `*`: any bytes but slashes.
    case star
    /// `**/`: nothing, or anything up to and including a slash.
    case directories
    /// `**` at the end, or before an escaped slash: anything.
    case anything
}

extension WildToken {
    var isByte: Bool {
        if case .byte = self { true } else { false }
    }

    /// Whether it takes any number of bytes.
    var isVariable: Bool {
        switch self {
        case .star, .directories, .anything: true
        case .byte, .any, .set: false
        }
    }

    /// Whether it can match a slash.
    var crossesDirectories: Bool {
        switch self {
        case .byte(PatternByte.slash), .directories, .anything: true
        case .byte, .any, .set, .star: false
        }
    }
}

extension ArraySlice<WildToken> {
    /// Removes the bytes that the tokens begin with.
    mutating func removeLeadingBytes() -> [UInt8] {
        var result: [UInt8] = []
        while case .byte(let byte)? = first {
            result.append(byte)
            removeFirst()
        }
        return result
    }
}

/// A compiled wildcard pattern.
struct Wildmatch: Sendable {
    private(set) var tokens: [WildToken] = []
    private(set) var sets: [ByteSet] = []

    /// Compiles `pattern`; nil if no text can match it: a `[` without its `]`, an unknown class, or a lone `\` at the end.
    /// - Parameters:
    ///   - crossesDirectories: whether `**` has its meaning. Without, it is `*`.
    ///   - setsHoldSlashes: a slash is a byte like others, for texts that are not matched name by name.
    init?(_ pattern: ArraySlice<UInt8>, crossesDirectories: Bool, setsHoldSlashes: Bool = false) {
        var index = pattern.startIndex
        let end = pattern.endIndex
        while index < end {
            let byte = pattern[index]
            switch byte {
            case PatternByte.backslash:
                guard index + 1 < end else { return nil }
                tokens.append(.byte(pattern[index + 1]))
                index += 2
            case PatternByte.question:
                tokens.append(.any)
                index += 1
            case PatternByte.star:
                let first = index
                while index < end, pattern[index] == PatternByte.star { index += 1 }
                let opensSegment = first == pattern.startIndex || pattern[first - 1] == PatternByte.slash
                if crossesDirectories, index - first > 1, opensSegment {
                    if index < end, pattern[index] == PatternByte.slash {
                        tokens.append(.directories)
                        index += 1
                        continue
                    }
                    let beforeEscapedSlash =
                        index + 1 < end && pattern[index] == PatternByte.backslash
                        && pattern[index + 1] == PatternByte.slash
                    if index == end || beforeEscapedSlash {
                        tokens.append(.anything)
                        continue
                    }
                }
                tokens.append(.star)
            case PatternByte.openBracket:
                guard let bracket = parseBracket(pattern, at: index) else { return nil }
                tokens.append(.set(sets.count))
                sets.append(bracket.set)
                if !setsHoldSlashes { sets[sets.count - 1].remove(PatternByte.slash) }
                index = bracket.next
            default:
                tokens.append(.byte(byte))
                index += 1
            }
        }
    }
}

/// The bracket expression that opens at `start`, and the place after it; nil if it is malformed.
///
/// The order of the tests is git's, and what is odd in it is kept: after a range or a class, `-` is itself; `[:` without `:]`
/// is a plain `[`; `]` first is itself.
private func parseBracket(_ pattern: ArraySlice<UInt8>, at start: Int) -> (set: ByteSet, next: Int)? {
    // Beyond the end git reads the zero that ends its strings. A pattern holds no other zero.
    func byte(at index: Int) -> UInt8 { index < pattern.endIndex ? pattern[index] : 0 }

    var set = ByteSet()
    var index = start + 1
    var current = byte(at: index)
    let isNegated = current == PatternByte.exclamation || current == PatternByte.caret
    if isNegated {
        index += 1
        current = byte(at: index)
    }
    var previous: UInt8 = 0
    // The next `]`, kept so that a line of many `[:` is not searched again for each.
    var closing = start
    repeat {
        if current == 0 { return nil }
        let next = byte(at: index + 1)
        if current == PatternByte.backslash {
            guard next != 0 else { return nil }
            index += 1
            current = next
            set.insert(current)
        } else if current == PatternByte.minus, previous != 0, next != 0, next != PatternByte.closeBracket {
            index += 1
            var upper = next
            if upper == PatternByte.backslash {
                index += 1
                upper = byte(at: index)
                guard upper != 0 else { return nil }
            }
            let lower = previous
            set.insert { $0 >= lower && $0 <= upper }
            current = 0
        } else if current == PatternByte.openBracket, next == PatternByte.colon {
            let name = index + 2
            if closing < name {
                closing = name
                while byte(at: closing) != 0, byte(at: closing) != PatternByte.closeBracket { closing += 1 }
            }
            if byte(at: closing) == 0 { return nil }
            if closing > name, byte(at: closing - 1) == PatternByte.colon {
                guard let belongs = characterClass(pattern[name..<(closing - 1)]) else { return nil }
                set.insert(where: belongs)
                index = closing
                current = 0
            } else {
                set.insert(current)
            }
        } else {
            set.insert(current)
        }
        previous = current
        index += 1
        current = byte(at: index)
    } while current != PatternByte.closeBracket
    if isNegated { set.invert() }
    return (set, index + 1)
}

/// What belongs to a POSIX class, as git has it: ASCII only in every locale, and `space` without vertical tab and form feed.
private func characterClass(_ name: ArraySlice<UInt8>) -> ((UInt8) -> Bool)? {
    func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    func isAlnum(_ byte: UInt8) -> Bool { isUpper(byte) || isLower(byte) || isDigit(byte) }
    func isGraph(_ byte: UInt8) -> Bool { byte >= 0x21 && byte <= 0x7E }
    return switch name {
    case PatternByte.bytes("alnum"): isAlnum
    case PatternByte.bytes("alpha"): { isUpper($0) || isLower($0) }
    case PatternByte.bytes("blank"): { $0 == 0x20 || $0 == 0x09 }
    case PatternByte.bytes("cntrl"): { $0 < 0x20 || $0 == 0x7F }
    case PatternByte.bytes("digit"): isDigit
    case PatternByte.bytes("graph"): isGraph
    case PatternByte.bytes("lower"): isLower
    case PatternByte.bytes("print"): { $0 == 0x20 || isGraph($0) }
    case PatternByte.bytes("punct"): { isGraph($0) && !isAlnum($0) }
    case PatternByte.bytes("space"): { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    case PatternByte.bytes("upper"): isUpper
    case PatternByte.bytes("xdigit"): { isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }
    default: nil
    }
}

/// The bytes that patterns give a meaning to.
enum PatternByte {
    static let slash: UInt8 = 0x2F
    static let star: UInt8 = 0x2A
    static let question: UInt8 = 0x3F
    static let openBracket: UInt8 = 0x5B
    static let closeBracket: UInt8 = 0x5D
    static let backslash: UInt8 = 0x5C
    static let exclamation: UInt8 = 0x21
    static let caret: UInt8 = 0x5E
    static let minus: UInt8 = 0x2D
    static let colon: UInt8 = 0x3A
    static let hash: UInt8 = 0x23
    static let space: UInt8 = 0x20
    static let newline: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D

    static func bytes(_ text: StaticString) -> ArraySlice<UInt8> {
        ArraySlice(text.description.utf8)
    }
}
