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
    private var words = [UInt32](repeating: 0, count: 80)

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
        for index in 0..<16 {
            let at = start + 4 * index
            let high = UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16
            words[index] = high | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
        }
        for index in 16..<80 {
            words[index] = rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for index in 0..<80 {
            let (mix, constant): (UInt32, UInt32) =
                switch index {
                case 0..<20: (b & c | ~b & d, 0x5A82_7999)
                case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case 40..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = rotated(a, 5) &+ mix &+ e &+ constant &+ words[index]
            (e, d, c, b, a) = (d, c, rotated(b, 30), a, next)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }

    private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
