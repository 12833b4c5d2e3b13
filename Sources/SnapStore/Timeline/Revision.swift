// What a user may write for a snapshot: parsed once, here, and without looking at any store.
//
//     REV   = BASE { "~" [ digits ] } [ ":" PATH ]
//     BASE  = "@" | "@{" AT "}" | TIMELINE "@{" AT "}" | NAME | ID
//     AT    = digits (head events ago) | a time
//
// The path is split off at the first colon outside braces, so that times may have colons. A word of hexadecimal digits is an
// id, because no name is. Suffixes are added up as they are read: no text makes the tree deep.

/// A snapshot as somebody named it.
public indirect enum Revision: Sendable, Equatable {
    /// `@`.
    case head
    /// `@{n}`: the head, that many head events ago.
    case headEvent(Int)
    /// `@{…}`: the head at a time, which is not parsed here.
    case time(String)
    /// A name that was given.
    case name(String)
    /// The first digits of an id, or all.
    case id(IDPrefix)
    /// `TIMELINE@{…}`: a `headEvent` or `time` of another timeline.
    case timeline(String, at: Revision)
    /// `REV~n`: the n-th ancestor; n is at least 1, and REV is no ancestor itself.
    case ancestor(Revision, Int)
    /// `REV:PATH`; REV is no path itself.
    case path(Revision, Text)
}

/// The first 4 to 64 digits of an id.
public struct IDPrefix: Sendable, Hashable {
    /// In lower case.
    public let digits: String
    /// The first and the last id that start with the digits.
    package let range: ClosedRange<ObjectID>

    package static let shortest = 4
    package static let longest = 64

    /// nil if `text` is not 4 to 64 hexadecimal digits of either case.
    public init?(_ text: some StringProtocol) {
        let digits = text.lowercased()
        guard (Self.shortest...Self.longest).contains(digits.utf8.count),
            let first = ObjectID(digits + String(repeating: "0", count: Self.longest - digits.utf8.count)),
            let last = ObjectID(digits + String(repeating: "f", count: Self.longest - digits.utf8.count))
        else { return nil }
        self.digits = digits
        range = first...last
    }

    package func matches(_ id: ObjectID) -> Bool { range.contains(id) }
}

/// Why text is not a revision. Positions are offsets in bytes.
public enum RevisionError: Error, Sendable, Equatable {
    case empty
    case unexpected(at: Int)
    /// A `{` without its `}`.
    case unclosedBrace(at: Int)
    case emptyBraces
    case numberTooLarge
    /// Hexadecimal digits, too few or too many for an id.
    case idLength(Int)
    case name(NameError)
    case notUTF8

    package var reason: String {
        switch self {
        case .empty: "a revision is not empty"
        case .unexpected(let position): "unexpected character at byte \(position)"
        case .unclosedBrace: "'{' without '}'"
        case .emptyBraces: "nothing between '{' and '}'"
        case .numberTooLarge: "the number is too large"
        case .idLength(let count) where count < IDPrefix.shortest:
            "an id needs at least \(IDPrefix.shortest) digits"
        case .idLength: "an id has at most \(IDPrefix.longest) digits"
        case .name(let error): error.reason
        case .notUTF8: "the text is not UTF-8"
        }
    }
}

extension Revision {
    public init(parsing text: String) throws(RevisionError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Also for arguments whose path is not UTF-8.
    package init(parsing bytes: [UInt8]) throws(RevisionError) {
        let span = bytes.span
        guard let colon = Self.place(of: [0x3A], in: bytes) else {
            self = try Self.parse(span)
            return
        }
        self = .path(
            try Self.parse(span.extracting(0..<colon)),
            Text(copying: span.extracting((colon + 1)..<span.count)))
    }

    /// Where `mark` first stands outside of braces: in them it may be part of a time.
    package static func place(of mark: [UInt8], in word: [UInt8]) -> Int? {
        var isInBraces = false
        for (index, byte) in word.enumerated() {
            switch byte {
            case 0x7B: isInBraces = true
            case 0x7D: isInBraces = false
            default: if !isInBraces, word[index...].starts(with: mark) { return index }
            }
        }
        return nil
    }

    private static func parse(_ bytes: Span<UInt8>) throws(RevisionError) -> Revision {
        guard !bytes.isEmpty else { throw .empty }
        var position = 0
        while position < bytes.count, bytes[position] != 0x7E, !isAtBrace(bytes, position) {
            // `@` alone is the head; within a word it is a letter like others.
            if position == 0, bytes[0] == 0x40 {
                position = 1
                break
            }
            position += 1
        }
        let base: Revision
        if isAtBrace(bytes, position) {
            // Here the word before it, if any, is a timeline.
            let word = bytes.extracting(0..<position)
            let point = try parseBraces(bytes, &position)
            base = word.isEmpty ? point : .timeline(try validName(word), at: point)
        } else if position == 1, bytes[0] == 0x40 {
            base = .head
        } else {
            guard position > 0 else { throw .unexpected(at: 0) }
            base = try parseWord(bytes.extracting(0..<position))
        }
        let steps = try parseSuffixes(bytes, &position)
        return steps == 0 ? base : .ancestor(base, steps)
    }

    /// Whether `@{` is at `position`.
    private static func isAtBrace(_ bytes: Span<UInt8>, _ position: Int) -> Bool {
        position + 1 < bytes.count && bytes[position] == 0x40 && bytes[position + 1] == 0x7B
    }

    private static func parseBraces(_ bytes: Span<UInt8>, _ position: inout Int) throws(RevisionError) -> Revision {
        let open = position + 1
        var close = open
        while close < bytes.count, bytes[close] != 0x7D {
            close += 1
        }
        guard close < bytes.count else { throw .unclosedBrace(at: open) }
        guard close > open + 1 else { throw .emptyBraces }
        position = open + 1
        let number = try parseNumber(bytes, &position)
        if let number, position == close {
            position += 1
            return .headEvent(number)
        }
        position = close + 1
        guard let text = String(validUTF8: bytes.extracting((open + 1)..<close)) else { throw .notUTF8 }
        return .time(text)
    }

    private static func parseWord(_ word: Span<UInt8>) throws(RevisionError) -> Revision {
        guard word.indices.allSatisfy({ hexadecimalValue(word[$0]) != nil }) else { return .name(try validName(word)) }
        guard let text = String(validUTF8: word), let prefix = IDPrefix(text) else { throw .idLength(word.count) }
        return .id(prefix)
    }

    private static func validName(_ word: Span<UInt8>) throws(RevisionError) -> String {
        do throws(NameError) {
            return try SnapshotName.validate(word)
        } catch {
            throw .name(error)
        }
    }

    /// The sum of all `~n` up to the end.
    private static func parseSuffixes(_ bytes: Span<UInt8>, _ position: inout Int) throws(RevisionError) -> Int {
        var steps = 0
        while position < bytes.count {
            guard bytes[position] == 0x7E else { throw .unexpected(at: position) }
            position += 1
            let (sum, isTooLarge) = steps.addingReportingOverflow(try parseNumber(bytes, &position) ?? 1)
            if isTooLarge { throw .numberTooLarge }
            steps = sum
        }
        return steps
    }

    /// The decimal number at the position; nil if there is none.
    private static func parseNumber(_ bytes: Span<UInt8>, _ position: inout Int) throws(RevisionError) -> Int? {
        let start = position
        var result = 0
        while position < bytes.count, case let byte = bytes[position], byte >= 0x30, byte <= 0x39 {
            let (product, isTooLarge) = result.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = product.addingReportingOverflow(Int(byte - 0x30))
            if isTooLarge || isStillTooLarge { throw .numberTooLarge }
            result = sum
            position += 1
        }
        return position > start ? result : nil
    }
}

extension Revision: CustomStringConvertible {
    /// As it can be typed.
    public var description: String {
        switch self {
        case .head: "@"
        case .headEvent(let count): "@{\(count)}"
        case .time(let text): "@{\(text)}"
        case .name(let name): name
        case .id(let prefix): prefix.digits
        case .timeline(let name, let point): "\(name)\(point)"
        case .ancestor(let base, let count): "\(base)~\(count)"
        case .path(let base, let path): "\(base):\(path)"
        }
    }
}
