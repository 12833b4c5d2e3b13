// Changes of contents that are not text, as `git diff --binary` prints them and `git apply` reads them.
//
// Two hunks, from old to new and back, each the content itself or a delta, whichever is smaller; compressed by zlib, in
// lines of base 85. A line begins with a letter for its number of bytes; the last digits stand for zeros that are not
// counted. The level of compression is git's own, so that a content itself is spelled as git spells it.

internal import CZlib

package enum BinaryPatch {
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~".utf8)
    private static let bytesPerLine = 52

    /// Appends everything that follows the `index` line, which must have both ids in full.
    package static func append(old: [UInt8], new: [UInt8], to output: inout [UInt8]) {
        output.append(contentsOf: "GIT binary patch\n".utf8)
        appendHunk(from: old, to: new, &output)
        appendHunk(from: new, to: old, &output)
    }

    private static func appendHunk(from source: [UInt8], to target: [UInt8], _ output: inout [UInt8]) {
        var method = "literal"
        var length = target.count
        var data = deflated(target)
        // A delta that is larger than this before it is compressed is not worth trying.
        if let delta = CopyDelta.make(from: source, to: target, limit: data.count) {
            let smaller = deflated(delta)
            if smaller.count < data.count {
                method = "delta"
                length = delta.count
                data = smaller
            }
        }
        output.append(contentsOf: "\(method) \(length)\n".utf8)
        appendLines(data, &output)
        output.append(0x0A)
    }

    // MARK: Compression

    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var length = compressBound(UInt(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(length))
        let status = unsafe compress2(&result, &length, bytes, UInt(bytes.count), Z_BEST_SPEED)
        // There is room enough, so nothing but zlib's own memory can be missing.
        guard status == Z_OK else { return stored(bytes) }
        result.removeLast(result.count - Int(length))
        return result
    }

    /// As zlib has what it does not compress (RFC 1950 and 1951): blocks of up to 65,535 bytes, and a checksum.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x78, 0x01]
        result.reserveCapacity(bytes.count + bytes.count / 8192 + 11)
        var start = 0
        var isLast = false
        while !isLast {
            let end = min(start + 0xFFFF, bytes.count)
            isLast = end == bytes.count
            let count = UInt16(truncatingIfNeeded: end - start)
            result.append(isLast ? 1 : 0)
            for half in [count, ~count] {
                result.append(UInt8(truncatingIfNeeded: half))
                result.append(UInt8(truncatingIfNeeded: half >> 8))
            }
            result.append(contentsOf: bytes[start..<end])
            start = end
        }
        // Adler-32, the highest byte first.
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        for half in [high, low] {
            result.append(UInt8(truncatingIfNeeded: half >> 8))
            result.append(UInt8(truncatingIfNeeded: half))
        }
        return result
    }

    // MARK: Base 85

    private static func appendLines(_ data: [UInt8], _ output: inout [UInt8]) {
        var start = 0
        while start < data.count {
            let end = min(start + bytesPerLine, data.count)
            let count = UInt8(truncatingIfNeeded: end - start)
            // A to Z are 1 to 26, a to z are 27 to 52.
            output.append(count <= 26 ? 0x40 + count : 0x60 + (count - 26))
            for group in stride(from: start, to: end, by: 4) {
                var value: UInt32 = 0
                for index in group..<(group + 4) {
                    value = value << 8 | (index < end ? UInt32(data[index]) : 0)
                }
                var divisor: UInt32 = 85 * 85 * 85 * 85
                for _ in 0..<5 {
                    output.append(alphabet[Int(value / divisor % 85)])
                    divisor = max(divisor / 85, 1)
                }
            }
            output.append(0x0A)
            start = end
        }
    }
}
