// The checksum of the format, CRC-32C, and its text form (docs/format.md, section 1).
//
// The text form is read strictly: were upper-case digits accepted too, a damaged checksum could pass for a good one.

internal import CSnapKernels

/// CRC-32C of `bytes`; with `seed`, of what `seed` is the checksum of followed by `bytes`.
package func checksum(of bytes: Span<UInt8>, seed: UInt32 = 0) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe snap_crc32c(seed, buffer.baseAddress, buffer.count)
    }
}

/// CRC-32C of `bytes`.
package func checksum(of bytes: [UInt8]) -> UInt32 {
    checksum(of: bytes.span)
}

/// A checksum's eight lower-case digits.
package func checksumDigits(_ value: UInt32) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(8)
    var shift: UInt32 = 32
    while shift > 0 {
        shift -= 4
        let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
        result.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
    }
    return result
}

/// The checksum that exactly eight lower-case digits spell.
package func checksum(digits: Span<UInt8>) -> UInt32? {
    guard digits.count == 8 else { return nil }
    var result: UInt32 = 0
    for index in digits.indices {
        guard let value = lowerCaseHexadecimalValue(digits[index]) else { return nil }
        result = result << 4 | UInt32(value)
    }
    return result
}

/// The value of a digit as the format writes them: `A` to `F` are none.
func lowerCaseHexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

extension ObjectID {
    /// The id that exactly 64 lower-case digits spell, the only form in files.
    package init?(lowerCaseDigits digits: Span<UInt8>) {
        guard digits.count == 64 else { return nil }
        var parts: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for start in stride(from: 0, to: 64, by: 8) {
            // Bytes are integers of any pattern, and the span checks the bounds.
            let text = unsafe digits.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)
            guard let value = eightDigits(UInt64(bigEndian: text)) else { return nil }
            switch start >> 4 {
            case 0: parts.0 = parts.0 << 32 | value
            case 1: parts.1 = parts.1 << 32 | value
            case 2: parts.2 = parts.2 << 32 | value
            default: parts.3 = parts.3 << 32 | value
            }
        }
        self.init(parts.0, parts.1, parts.2, parts.3)
    }
}

/// The number that eight lower-case digits spell, all at once: a timeline has a hundred of them in each line, and a branch on
/// a digit is one that no processor guesses. Each byte's low four bits are its value, less nine in letters; spelling the
/// values again tells whether the bytes were digits.
private func eightDigits(_ text: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let isLetter = text >> 6 & ones
    var value = (text & (ones * 0x0F)) + isLetter * 9
    let spelled = value + ones * 0x30 + ((value + ones * 6) >> 4 & ones) * 0x27
    guard spelled == text, value & (ones * 0xF0) == 0 else { return nil }
    value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
    value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
    return (value | value >> 16) & 0xFFFF_FFFF
}
