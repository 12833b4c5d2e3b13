// One content as a list of what to copy from another and what to insert: the delta of git's packs, which its binary
// patches carry too.
//
// The 16-byte blocks of the other content are indexed by a hash. A window of 16 bytes moves over the wanted content;
// where the index knows its hash, the longest run of equal bytes, ahead of the window and then behind it, becomes a
// copy, and the window goes on after it. No input makes that slow: of the blocks with one hash only a few are looked
// at, and the search ends at a run that is long enough. So a delta may be longer than it could be; it is never wrong.
//
//     delta   size of the other content, size of the wanted one, then operations
//     size    7 bits a byte, the lowest first; the highest bit says that more follow
//     copy    0x80 | which bytes of offset (bits 0 to 3) and length (bits 4 and 5) follow; a length of 0 is 65,536
//     insert  1 to 127, then so many bytes

private let blockLength = 16

enum CopyDelta {
    /// Longer contents get no delta: it would take too much memory.
    static let maximumLength = 64 << 20
    private static let longestCopy = 0x10000
    private static let longestInsert = 0x7F

    /// Makes `target` from `source`. nil if it would take more than `limit` bytes, or if either is empty or too long.
    static func make(from source: [UInt8], to target: [UInt8], limit: Int) -> [UInt8]? {
        let lengths = 1...maximumLength
        guard lengths.contains(source.count) && lengths.contains(target.count) else { return nil }
        var delta: [UInt8] = []
        appendSize(source.count, to: &delta)
        appendSize(target.count, to: &delta)
        // What is before `written` is in the delta; the window begins at `start`.
        var written = 0
        var start = 0
        if source.count >= blockLength && target.count >= blockLength {
            let index = BlockIndex(source)
            var window = WindowHash(target, from: 0)
            while start + blockLength <= target.count {
                guard let match = index.longestRun(of: target, from: start, hash: window.value) else {
                    if start + blockLength < target.count {
                        window.move(leaving: target[start], entering: target[start + blockLength])
                    }
                    start += 1
                    continue
                }
                var behind = 0
                while start - behind > written && match.offset - behind > 0
                    && source[match.offset - behind - 1] == target[start - behind - 1]
                {
                    behind += 1
                }
                appendInserts(target[written..<(start - behind)], to: &delta)
                appendCopies(offset: match.offset - behind, length: match.length + behind, to: &delta)
                if delta.count > limit { return nil }
                start += match.length
                written = start
                if start + blockLength <= target.count { window = WindowHash(target, from: start) }
            }
        }
        appendInserts(target[written...], to: &delta)
        return delta.count <= limit ? delta : nil
    }

    private static func appendSize(_ size: Int, to delta: inout [UInt8]) {
        var rest = size
        while rest >= 0x80 {
            delta.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        delta.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func appendInserts(_ bytes: ArraySlice<UInt8>, to delta: inout [UInt8]) {
        var rest = bytes
        while !rest.isEmpty {
            let piece = rest.prefix(longestInsert)
            delta.append(UInt8(truncatingIfNeeded: piece.count))
            delta.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
        }
    }

    private static func appendCopies(offset: Int, length: Int, to delta: inout [UInt8]) {
        var place = offset
        var rest = length
        while rest > 0 {
            let count = min(rest, longestCopy)
            let operation = delta.count
            delta.append(0x80)
            for index in 0..<4 {
                let byte = UInt8(truncatingIfNeeded: place >> (8 * index))
                if byte == 0 { continue }
                delta.append(byte)
                delta[operation] |= 0x01 << UInt8(index)
            }
            for index in 0..<2 {
                let byte = UInt8(truncatingIfNeeded: count >> (8 * index))
                if byte == 0 { continue }
                delta.append(byte)
                delta[operation] |= 0x10 << UInt8(index)
            }
            place += count
            rest -= count
        }
    }
}

/// Where a content has which blocks of 16 bytes.
private struct BlockIndex {
    /// Of the blocks with one hash, so many are looked at.
    private static let chainLimit = 16
    /// A longer run is not looked for.
    private static let longEnough = 4096

    private let source: [UInt8]
    private let shift: UInt32
    /// By hash, the first block; -1 for none.
    private var first: [Int32]
    /// By block, the next one with the same hash.
    private var next: [Int32]

    init(_ source: [UInt8]) {
        self.source = source
        let count = source.count / blockLength
        var bits: UInt32 = 4
        while bits < 22 && 1 << Int(bits) < count { bits += 1 }
        shift = 32 - bits
        first = Array(repeating: -1, count: 1 << Int(bits))
        next = Array(repeating: -1, count: count)
        var previous: UInt32?
        for block in stride(from: count - 1, through: 0, by: -1) {
            let hash = WindowHash(source, from: block * blockLength).value
            let slot = place(of: hash)
            // Of equal neighbours the first is enough: a run from there goes on through the others.
            next[block] = hash == previous ? next[block + 1] : first[slot]
            first[slot] = Int32(truncatingIfNeeded: block)
            previous = hash
        }
    }

    private func place(of hash: UInt32) -> Int { Int((hash &* 0x9E37_79B1) >> shift) }

    /// The longest run of bytes that `target` has from `start` on and the source has somewhere, of a block at least.
    func longestRun(of target: [UInt8], from start: Int, hash: UInt32) -> (offset: Int, length: Int)? {
        var best: (offset: Int, length: Int)?
        var bestLength = blockLength - 1
        var block = Int(first[place(of: hash)])
        var looked = 0
        while block >= 0 && looked < Self.chainLimit && bestLength < Self.longEnough {
            let offset = block * blockLength
            let most = min(source.count - offset, target.count - start)
            var length = 0
            while length < most && source[offset + length] == target[start + length] { length += 1 }
            if length > bestLength {
                best = (offset, length)
                bestLength = length
            }
            block = Int(next[block])
            looked += 1
        }
        return best
    }
}

/// The hash of 16 bytes, which follows them from byte to byte: their polynomial at an odd number.
private struct WindowHash {
    private static let factor: UInt32 = 0x0100_0193

    private(set) var value: UInt32
    /// What a byte is multiplied by when it leaves.
    private let power: UInt32

    /// Of the bytes from `start` on, which must be there.
    init(_ bytes: [UInt8], from start: Int) {
        var value: UInt32 = 0
        var power: UInt32 = 1
        for index in start..<(start + blockLength) {
            value = value &* Self.factor &+ UInt32(bytes[index])
            power = power &* Self.factor
        }
        self.value = value
        self.power = power
    }

    mutating func move(leaving: UInt8, entering: UInt8) {
        value = value &* Self.factor &+ UInt32(entering) &- UInt32(leaving) &* power
    }
}
