// Base64 (RFC 4648, section 4): how JSON carries bytes that are not UTF-8.
//
// Decoding is strict, so that bytes have one spelling: padding is required, and the bits that it leaves over are zero.

package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count / 3 + 1) * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0)
            }
            for digit in 0..<4 {
                let isPadding = digit > count
                result.append(isPadding ? 0x3D : alphabet[Int(group >> (18 - 6 * UInt32(digit)) & 63)])
            }
            index += count
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes that `text` spells; nil if it is not exactly what `encode` writes.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count / 4 * 3)
        var index = 0
        while index < digits.count {
            var padding = 0
            if index + 4 == digits.count {
                if digits[index + 3] == 0x3D { padding = digits[index + 2] == 0x3D ? 2 : 1 }
            }
            var group: UInt32 = 0
            for offset in 0..<4 {
                group <<= 6
                if offset < 4 - padding {
                    guard let value = value(of: digits[index + offset]) else { return nil }
                    group |= value
                }
            }
            let unused: UInt32 = padding == 0 ? 0 : padding == 1 ? 0xFF : 0xFFFF
            guard group & unused == 0 else { return nil }
            for offset in 0..<(3 - padding) {
                result.append(UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(offset))))
            }
            index += 4
        }
        return result
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case 0x41...0x5A: UInt32(digit) - 0x41
        case 0x61...0x7A: UInt32(digit) - 0x61 + 26
        case 0x30...0x39: UInt32(digit) - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
