// Escapes of the text files: any bytes on one line of UTF-8, and back.
//
// Timelines write tab and newline as `\t` and `\n`, key-value files as `\x09` and `\x0a` (docs/format.md, sections 1 and 6).
// Reading accepts both and refuses anything else behind a backslash.

package enum Escaping {
    /// Which bytes besides control bytes, backslash and what is not UTF-8 are escaped, and how.
    package enum Style {
        /// A timeline's fields: `\t` and `\n`.
        case timeline
        /// A key-value file's values: `\xHH` only, also for a space at either end, which editors and people lose.
        case value
        /// A key-value file's keys: also space, `=` and `#`.
        case key
    }

    package static func escape(_ bytes: [UInt8], _ style: Style) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        append(bytes.span, style, to: &result)
        return result
    }

    /// Appends `bytes` escaped.
    package static func append(_ bytes: Span<UInt8>, _ style: Style, to buffer: inout [UInt8]) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x80 {
                let length = characterLength(bytes, at: index)
                if length == 0 {
                    appendHexadecimal(byte, to: &buffer)
                    index += 1
                }
                for offset in 0..<length {
                    buffer.append(bytes[index + offset])
                }
                index += length
                continue
            }
            switch byte {
            case 0x5C:
                buffer.append(0x5C)
                buffer.append(0x5C)
            case 0x09 where style == .timeline:
                buffer.append(0x5C)
                buffer.append(0x74)
            case 0x0A where style == .timeline:
                buffer.append(0x5C)
                buffer.append(0x6E)
            case 0..<0x20, 0x7F:
                appendHexadecimal(byte, to: &buffer)
            case 0x20 where style == .key || style == .value && (index == 0 || index == bytes.count - 1),
                0x3D where style == .key, 0x23 where style == .key:
                appendHexadecimal(byte, to: &buffer)
            default:
                buffer.append(byte)
            }
            index += 1
        }
    }

    /// The bytes that were escaped; nil if a backslash starts no escape.
    package static func unescape(_ text: Span<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            guard byte == 0x5C else {
                result.append(byte)
                continue
            }
            guard index < text.count else { return nil }
            let kind = text[index]
            index += 1
            switch kind {
            case 0x5C: result.append(0x5C)
            case 0x74: result.append(0x09)
            case 0x6E: result.append(0x0A)
            case 0x78:
                guard text.count - index >= 2, let high = hexadecimalValue(text[index]),
                    let low = hexadecimalValue(text[index + 1])
                else { return nil }
                result.append(high << 4 | low)
                index += 2
            default: return nil
            }
        }
        return result
    }

    private static func appendHexadecimal(_ byte: UInt8, to buffer: inout [UInt8]) {
        buffer.append(0x5C)
        buffer.append(0x78)
        for digit in [byte >> 4, byte & 15] {
            buffer.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
        }
    }

    /// The length of the UTF-8 character of several bytes at `index`; 0 if there is none (Unicode, table 3-7).
    private static func characterLength(_ bytes: Span<UInt8>, at index: Int) -> Int {
        let first = bytes[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { second = 0xA0...0xBF }
            if first == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { second = 0x90...0xBF }
            if first == 0xF4 { second = 0x80...0x8F }
        default: return 0
        }
        guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where !(0x80...0xBF).contains(bytes[index + offset]) {
            return 0
        }
        return length
    }
}
