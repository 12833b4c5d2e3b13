// The small text files of a store: `key = value` lines, most with a checksum in their last line (docs/format.md, section 1).
//
// With a checksum, a file is a program's and read to the letter. Without, it is one that people edit: blank lines, comments
// and spaces around keys and values are theirs.

/// Why a key-value file cannot be used. Lines are numbered from 1.
package enum KeyValueError: Error, Equatable {
    /// No `key = value` on this line.
    case malformed(line: Int)
    case invalidEscape(line: Int)
    /// The last line is no `checksum = C`, or its newline is missing.
    case checksumMissing(line: Int)
    case checksumWrong(line: Int)

    package var line: Int {
        switch self {
        case .malformed(let line), .invalidEscape(let line), .checksumMissing(let line), .checksumWrong(let line): line
        }
    }

    package var reason: String {
        switch self {
        case .malformed(let line): "line \(line) is not 'key = value'"
        case .invalidEscape(let line): "line \(line) has an unknown escape"
        case .checksumMissing(let line): "line \(line), the last, is not a checksum"
        case .checksumWrong: "its checksum is wrong"
        }
    }
}

/// Keys and values in order.
package struct KeyValueFile: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var key: String
        package var value: [UInt8]
    }

    /// The entries without the checksum. A key may be there several times.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// The last value under `key`. Setting replaces all of them; nil removes them.
    package subscript(key: String) -> [UInt8]? {
        get { entries.last { $0.key == key }?.value }
        set {
            guard let newValue else {
                entries.removeAll { $0.key == key }
                return
            }
            guard let first = entries.firstIndex(where: { $0.key == key }) else {
                append(key, newValue)
                return
            }
            entries[first].value = newValue
            let rest = entries[(first + 1)...].filter { $0.key != key }
            entries.replaceSubrange((first + 1)..., with: rest)
        }
    }

    /// All values under `key`, in order.
    package func values(_ key: String) -> [[UInt8]] {
        entries.filter { $0.key == key }.map(\.value)
    }

    /// The last value under `key` as text; nil also if it is not UTF-8.
    package func string(_ key: String) -> String? {
        self[key].flatMap { String(validUTF8: $0.span) }
    }

    /// Adds an entry behind the others.
    package mutating func append(_ key: String, _ value: [UInt8]) {
        entries.append(Entry(key: key, value: value))
    }

    /// Adds an entry behind the others.
    package mutating func append(_ key: String, _ value: String) {
        append(key, Array(value.utf8))
    }

    package func encoded(checksummed: Bool) -> [UInt8] {
        var result: [UInt8] = []
        for entry in entries {
            Escaping.append(Array(entry.key.utf8).span, .key, to: &result)
            result.append(contentsOf: separator)
            Escaping.append(entry.value.span, .value, to: &result)
            result.append(0x0A)
        }
        if checksummed {
            let sum = checksum(of: result)
            result.append(contentsOf: checksumStart)
            result.append(contentsOf: checksumDigits(sum))
            result.append(0x0A)
        }
        return result
    }

    package init(parsing bytes: [UInt8], checksummed: Bool) throws(KeyValueError) {
        let span = bytes.span
        let end = checksummed ? try Self.checkedEnd(span) : span.count
        var start = 0
        var number = 0
        while start < end {
            var next = start
            while next < end, span[next] != 0x0A {
                next += 1
            }
            number += 1
            let line = span.extracting(start..<next)
            start = next + 1
            if checksummed {
                entries.append(try Self.exactEntry(line, number))
            } else if let entry = try Self.editedEntry(line, number) {
                entries.append(entry)
            }
        }
    }

    /// Where the checksum line starts, after finding it right.
    private static func checkedEnd(_ bytes: Span<UInt8>) throws(KeyValueError) -> Int {
        var lines = 0
        for index in bytes.indices where bytes[index] == 0x0A {
            lines += 1
        }
        let length = checksumStart.count + 9
        let start = bytes.count - length
        guard start >= 0, bytes[bytes.count - 1] == 0x0A, start == 0 || bytes[start - 1] == 0x0A,
            checksumStart.indices.allSatisfy({ bytes[start + $0] == checksumStart[$0] }),
            let expected = checksum(digits: bytes.extracting((bytes.count - 9)..<(bytes.count - 1)))
        else {
            let isCut = bytes.isEmpty || bytes[bytes.count - 1] != 0x0A
            throw .checksumMissing(line: isCut ? lines + 1 : lines)
        }
        guard checksum(of: bytes.extracting(0..<start)) == expected else { throw .checksumWrong(line: lines) }
        return start
    }

    private static func exactEntry(_ line: Span<UInt8>, _ number: Int) throws(KeyValueError) -> Entry {
        for index in line.indices.dropLast(2) where line[index] == 0x20 {
            // Keys escape their spaces, so the first space is the separator's.
            guard line[index + 1] == 0x3D, line[index + 2] == 0x20 else { break }
            return try entry(line, 0..<index, (index + 3)..<line.count, number)
        }
        throw .malformed(line: number)
    }

    /// nil: a blank line or a comment.
    static func editedEntry(_ line: Span<UInt8>, _ number: Int) throws(KeyValueError) -> Entry? {
        let whole = trimmed(line, 0..<line.count)
        if whole.isEmpty || line[whole.lowerBound] == 0x23 { return nil }
        for index in whole where line[index] == 0x3D {
            let key = trimmed(line, whole.lowerBound..<index)
            return try entry(line, key, trimmed(line, (index + 1)..<whole.upperBound), number)
        }
        throw .malformed(line: number)
    }

    private static func entry(
        _ line: Span<UInt8>, _ keyRange: Range<Int>, _ valueRange: Range<Int>, _ number: Int
    ) throws(KeyValueError) -> Entry {
        guard let key = Escaping.unescape(line.extracting(keyRange)),
            let value = Escaping.unescape(line.extracting(valueRange))
        else { throw .invalidEscape(line: number) }
        guard !key.isEmpty, let name = String(validUTF8: key.span) else { throw .malformed(line: number) }
        return Entry(key: name, value: value)
    }

    /// `range` without white space at its ends.
    private static func trimmed(_ line: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isWhiteSpace(line[start]) {
            start += 1
        }
        while end > start, isWhiteSpace(line[end - 1]) {
            end -= 1
        }
        return start..<end
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }
}

private let separator = Array(" = ".utf8)
private let checksumStart = Array("checksum = ".utf8)
