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
        var position = 0
        while let end = bytes[position...].firstIndex(of: 0x0A) {
            position = end + 1
            starts.append(Int32(truncatingIfNeeded: position))
        }
        if position < bytes.count { starts.append(Int32(truncatingIfNeeded: bytes.count)) }
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
        var table = LineTable(capacity: first.count + second.count)
        if whiteSpace == .counts {
            a = table.numbers(of: first)
            b = table.numbers(of: second)
        } else {
            a = table.numbers(of: Self.essence(of: first, whiteSpace))
            b = table.numbers(of: Self.essence(of: second, whiteSpace))
        }
        countsInA = Array(repeating: 0, count: table.count)
        countsInB = countsInA
        for number in a { countsInA[Int(number)] += 1 }
        for number in b { countsInB[Int(number)] += 1 }
    }

    /// What is left of the lines may hold no line feed, so it is kept beside them.
    private static func essence(of text: TextLines, _ whiteSpace: WhiteSpace) -> [[UInt8]] {
        (0..<text.count).map { whiteSpace.essence(of: text[$0]) }
    }
}

/// Open addressing by a hash of the bytes; equal hashes are settled by the bytes.
private struct LineTable {
    /// Of each number: the hash, and a line that has it.
    private var hashes: [UInt64] = []
    private var lines: [ArraySlice<UInt8>] = []
    /// Numbers, or -1.
    private var slots: [Int32]

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
    }

    var count: Int { hashes.count }

    mutating func numbers(of text: TextLines) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(text.count)
        for line in 0..<text.count {
            let range = Int(text.starts[line])..<Int(text.starts[line + 1])
            result.append(number(of: text.bytes[range], hash(text.bytes.span.extracting(range))))
        }
        return result
    }

    mutating func numbers(of lines: [[UInt8]]) -> [Int32] {
        lines.map { number(of: $0[...], hash($0.span)) }
    }

    /// Eight bytes at a time, mixed by a multiplication.
    private func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var result = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
        var position = 0
        let raw = unsafe bytes.bytes
        while position + 8 <= raw.byteCount {
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            result = (result ^ word) &* 0xD6E8_FEB8_6659_FD93
            result ^= result >> 32
            position += 8
        }
        var rest: UInt64 = 0
        while position < raw.byteCount {
            rest = rest << 8 | UInt64(bytes[position])
            position += 1
        }
        result = (result ^ rest) &* 0xD6E8_FEB8_6659_FD93
        return result ^ (result >> 29)
    }

    private mutating func number(of line: ArraySlice<UInt8>, _ hash: UInt64) -> Int32 {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let number = slots[slot]
            if number < 0 { break }
            if hashes[Int(number)] == hash, lines[Int(number)] == line { return number }
            slot = (slot + 1) & mask
        }
        let number = Int32(truncatingIfNeeded: hashes.count)
        slots[slot] = number
        hashes.append(hash)
        lines.append(line)
        return number
    }
}
