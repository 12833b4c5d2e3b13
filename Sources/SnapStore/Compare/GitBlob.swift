// The name that git gives a file's content, which its patches carry: `git apply --3way` finds the file by it, and binary patches are refused without it.
//
// SHA-1 as in FIPS 180-4, here for that alone: snap's own ids are SHA-256.

package enum GitBlob {
    /// What git calls nothing at all.
    package static let none = String(repeating: "0", count: 40)

    /// 40 hexadecimal digits.
    package static func id(of content: [UInt8]) -> String {
        var hash = SHA1()
        hash.add(Array("blob \(content.count)".utf8) + [0])
        hash.add(content)
        return hexadecimal(hash.finish())
    }
}

private struct SHA1 {
    private var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    mutating func add(_ bytes: [UInt8]) {
        length &+= UInt64(bytes.count)
        var position = 0
        if !pending.isEmpty {
            let part = min(64 - pending.count, bytes.count)
            pending += bytes[..<part]
            position = part
            if pending.count < 64 { return }
            let block = pending
            pending = []
            compress(block, 0)
        }
        while position + 64 <= bytes.count {
            compress(bytes, position)
            position += 64
        }
        pending += bytes[position...]
    }

    mutating func finish() -> [UInt8] {
        let bits = length &* 8
        add([0x80])
        while pending.count != 56 { add([0]) }
        add((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }

    private mutating func compress(_ bytes: [UInt8], _ start: Int) {
        let raw = unsafe bytes.span.bytes.extracting(start..<start + 64)
        // The last sixteen words, in a ring.
        var words = InlineArray<16, UInt32>(repeating: 0)
        for index in 0..<16 {
            words[index] = unsafe UInt32(
                bigEndian: raw.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        func word(_ index: Int) -> UInt32 {
            if index < 16 { return words[index] }
            let mixed =
                words[(index &+ 13) & 15] ^ words[(index &+ 8) & 15] ^ words[(index &+ 2) & 15] ^ words[index & 15]
            words[index & 15] = mixed << 1 | mixed >> 31
            return words[index & 15]
        }
        func step(_ mix: UInt32, _ constant: UInt32, _ index: Int) {
            let next = (a << 5 | a >> 27) &+ mix &+ e &+ constant &+ word(index)
            (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
        }
        for index in 0..<20 { step(d ^ (b & (c ^ d)), 0x5A82_7999, index) }
        for index in 20..<40 { step(b ^ c ^ d, 0x6ED9_EBA1, index) }
        for index in 40..<60 { step(b & c | d & (b | c), 0x8F1B_BCDC, index) }
        for index in 60..<80 { step(b ^ c ^ d, 0xCA62_C1D6, index) }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }
}
