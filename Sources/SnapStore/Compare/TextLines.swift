// A text cut into lines, and which lines of two texts are equal.
//
// Comparing goes by numbers: equal lines of both texts get the same one. A line's end belongs to it, so that a last line without one differs from the same line with one.

/// Bytes as lines. Each ends behind its line feed, the last perhaps without one.
package struct TextLines: Sendable {
    package let bytes: [UInt8]
    /// Where each line begins, and behind them the end of the text.
    package private(set) var starts: [Int32] = [0]

    package var count: Int { starts.count - 1 }

    /// The most bytes that are compared line by line: larger content counts as binary, as in git.
    static let sizeLimit = 512 << 20

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        starts.reserveCapacity(bytes.count / 32 + 2)
        let raw = unsafe bytes.span.bytes
        var position = 0
        // Eight bytes at a time: a byte that is a line feed becomes zero, and zeros are found by what subtracting one borrows.
        while position + 8 <= raw.byteCount {
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            let difference = word ^ 0x0A0A_0A0A_0A0A_0A0A
            var found = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            while found != 0 {
                let offset = found.trailingZeroBitCount / 8
                // A borrow may run on into a byte that is one more than a line feed.
                if bytes[position + offset] == 0x0A {
                    starts.append(Int32(truncatingIfNeeded: position + offset + 1))
                }
                found &= found - 1
            }
            position += 8
        }
        while position < bytes.count {
            position += 1
            if bytes[position - 1] == 0x0A { starts.append(Int32(truncatingIfNeeded: position)) }
        }
        if Int(starts[starts.count - 1]) < bytes.count { starts.append(Int32(truncatingIfNeeded: bytes.count)) }
    }

    /// What of each line is compared, one behind the other. Line feeds are no ends in it.
    fileprivate init(essenceOf text: TextLines, _ whiteSpace: WhiteSpace) {
        var essence: [UInt8] = []
        essence.reserveCapacity(text.bytes.count)
        starts.reserveCapacity(text.starts.count)
        for line in 0..<text.count {
            essence += whiteSpace.essence(of: text[line])
            starts.append(Int32(truncatingIfNeeded: essence.count))
        }
        bytes = essence
    }

    /// The bytes of a line, with its end.
    package subscript(line: Int) -> ArraySlice<UInt8> {
        bytes[Int(starts[line])..<Int(starts[line + 1])]
    }

    /// The last line has no line feed.
    package var lacksFinalLineFeed: Bool { bytes.last.map { $0 != 0x0A } ?? false }

    /// A zero byte near the start says that something is no text, as in git.
    static func isBinary(_ bytes: [UInt8]) -> Bool {
        bytes.count > sizeLimit || bytes.prefix(8000).contains(0)
    }
}

/// Which differences of white space make no difference.
package enum WhiteSpace: Sendable, Equatable {
    case counts
    /// How much of it there is; at the end of a line, whether there is any.
    case amountIgnored
    case ignored

    /// As git has it.
    package static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// What of a line is compared.
    func essence(of line: ArraySlice<UInt8>) -> [UInt8] {
        switch self {
        case .counts: return Array(line)
        case .ignored: return line.filter { !Self.isSpace($0) }
        case .amountIgnored:
            var result: [UInt8] = []
            result.reserveCapacity(line.count)
            var isPending = false
            for byte in line {
                if Self.isSpace(byte) {
                    isPending = true
                    continue
                }
                if isPending { result.append(0x20) }
                isPending = false
                result.append(byte)
            }
            return result
        }
    }
}

/// The lines of two texts as numbers.
struct LineNumbers {
    /// Of each line of the first and of the second text.
    private(set) var a: [Int32] = []
    private(set) var b: [Int32] = []
    /// How often each number occurs in the first and in the second.
    private(set) var countsInA: [Int32] = []
    private(set) var countsInB: [Int32] = []

    init(_ first: TextLines, _ second: TextLines, _ whiteSpace: WhiteSpace) {
        var sides = (first, second)
        if whiteSpace != .counts {
            sides = (
                TextLines(essenceOf: first, whiteSpace), TextLines(essenceOf: second, whiteSpace)
            )
        }
        var table = LineTable(sides.0, sides.1)
        a = table.numbers(isSecond: false)
        b = table.numbers(isSecond: true)
        countsInA = Array(repeating: 0, count: table.count)
        countsInB = countsInA
        for number in a { countsInA[Int(number)] += 1 }
        for number in b { countsInB[Int(number)] += 1 }
    }
}

/// Open addressing by a hash of the bytes; equal hashes are settled by the bytes.
private struct LineTable {
    /// A line that has a number.
    private struct Entry {
        var hash: UInt64
        var isSecond: Bool
        var start: Int32
        var length: Int32
    }

    private let first: TextLines
    private let second: TextLines
    private var entries: [Entry] = []
    /// Numbers, or -1.
    private var slots: [Int32]

    init(_ first: TextLines, _ second: TextLines) {
        self.first = first
        self.second = second
        var size = 16
        while size < (first.count + second.count) * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
    }

    var count: Int { entries.count }

    mutating func numbers(isSecond: Bool) -> [Int32] {
        let text = isSecond ? second : first
        let (firstBytes, secondBytes) = (first.bytes, second.bytes)
        let mask = slots.count - 1
        var result: [Int32] = []
        result.reserveCapacity(text.count)
        for line in 0..<text.count {
            let start = text.starts[line]
            let length = text.starts[line + 1] - start
            let range = Int(start)..<Int(start + length)
            let bytes = unsafe text.bytes.span.bytes.extracting(range)
            let hash = Self.hash(bytes)
            var slot = Int(truncatingIfNeeded: hash) & mask
            var number = slots[slot]
            while number >= 0 {
                let entry = entries[Int(number)]
                if entry.hash == hash, entry.length == length {
                    let other = Int(entry.start)..<Int(entry.start + length)
                    let known =
                        entry.isSecond
                        ? unsafe secondBytes.span.bytes.extracting(other)
                        : unsafe firstBytes.span.bytes.extracting(other)
                    if Self.areEqual(bytes, known) { break }
                }
                slot = (slot + 1) & mask
                number = slots[slot]
            }
            if number < 0 {
                number = Int32(truncatingIfNeeded: entries.count)
                slots[slot] = number
                entries.append(Entry(hash: hash, isSecond: isSecond, start: start, length: length))
            }
            result.append(number)
        }
        return result
    }

    /// Eight bytes at a time, mixed by a multiplication.
    @inline(__always)
    private static func hash(_ bytes: RawSpan) -> UInt64 {
        var result = UInt64(truncatingIfNeeded: bytes.byteCount) &* 0x9E37_79B9_7F4A_7C15
        var position = 0
        while position + 8 <= bytes.byteCount {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            result = (result ^ word) &* 0xD6E8_FEB8_6659_FD93
            result ^= result >> 32
            position += 8
        }
        var rest: UInt64 = 0
        while position < bytes.byteCount {
            rest = unsafe rest << 8 | UInt64(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self))
            position += 1
        }
        result = (result ^ rest) &* 0xD6E8_FEB8_6659_FD93
        return result ^ (result >> 29)
    }

    /// Both are as long as the first.
    @inline(__always)
    private static func areEqual(_ a: RawSpan, _ b: RawSpan) -> Bool {
        var position = 0
        while position + 8 <= a.byteCount {
            let (x, y) = unsafe (
                a.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self),
                b.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            )
            if x != y { return false }
            position += 8
        }
        while position < a.byteCount {
            let (x, y) = unsafe (
                a.unsafeLoad(fromByteOffset: position, as: UInt8.self),
                b.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            )
            if x != y { return false }
            position += 1
        }
        return true
    }
}
