// Compressing one block, into a standard Zstandard or LZ4 frame that stock tools read.
//
// Data that does not compress is stored raw. A cheap sample finds most of it before any time is spent: a few pieces
// must be incompressible for LZ4 and have evenly distributed bytes too, because text such as base64 has no repeats
// but an entropy that Zstandard uses. What slips through is found when the frame would not be smaller than the data.

internal import CLZ4
internal import CZstd
package import SnapSystem

/// Compresses blocks. One per thread: it keeps its tables from block to block.
@safe package final class BlockCompressor {
    private let context: OpaquePointer?
    private var sampleRoom = [UInt8](repeating: 0, count: 4096 + 64)

    private static let pieceLength = 4096
    private static let pieceCount = 8

    package init() {
        unsafe context = ZSTD_createCCtx()
    }

    deinit {
        _ = unsafe ZSTD_freeCCtx(context)
    }

    /// Replaces what `output` holds by `plain`, compressed. With a `prefix`, the bases' bytes, the frame refers to them
    /// wherever it helps. Only a `zstd` result has used it: with any other, the block must be stored without bases.
    package func compress(
        _ plain: RawSpan, _ compression: Compression, prefix: RawSpan = RawSpan(), into output: ByteBuffer
    ) throws(PackError) -> Codec {
        let length = plain.byteCount
        guard length <= PackFormat.maximumPlainLength else {
            throw .invalidBlock("\(length) bytes are too many for a block")
        }
        output.truncate(to: 0)
        switch compression {
        case .zstd(let level):
            if prefix.isEmpty && seemsIncompressible(plain, withEntropy: true) { break }
            if compressZstd(plain, level, prefix, output) { return .zstd }
        case .lz4:
            if seemsIncompressible(plain, withEntropy: false) { break }
            if compressLZ4(plain, output) { return .lz4 }
        case .none: break
        }
        output.truncate(to: 0)
        output.append(plain)
        return .raw
    }

    private func compressZstd(_ plain: RawSpan, _ level: Int, _ prefix: RawSpan, _ output: ByteBuffer) -> Bool {
        let length = plain.byteCount
        guard length > 1, let context = unsafe context else { return false }
        var window: Int32 = 0
        if !prefix.isEmpty {
            // The window must reach back over the whole block to the first byte of the prefix.
            window = 10
            while window < 26 && 1 << Int(window) < length + prefix.byteCount { window += 1 }
        }
        _ = unsafe ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(clamping: level))
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window)
        // At level 1 a larger hash table costs no time on blocks of this size, and saves two parts in a hundred; 0 is the level's own.
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, level == 1 && length > 1 << 18 ? 15 : 0)
        // One byte less than the data: a frame that would not be smaller is given up as soon as that shows.
        let room = unsafe output.reserve(length)
        let produced = unsafe prefix.withUnsafeBytes { prefix in
            _ = unsafe ZSTD_CCtx_refPrefix(context, prefix.baseAddress, prefix.count)
            return unsafe plain.withUnsafeBytes { plain in
                unsafe ZSTD_compress2(context, room, length - 1, plain.baseAddress, plain.count)
            }
        }
        guard ZSTD_isError(produced) == 0 else { return false }
        output.grow(by: produced)
        return true
    }

    private func compressLZ4(_ plain: RawSpan, _ output: ByteBuffer) -> Bool {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max4MB
        preferences.frameInfo.contentSize = UInt64(plain.byteCount)
        let bound = unsafe LZ4F_compressFrameBound(plain.byteCount, &preferences)
        let room = unsafe output.reserve(bound)
        let produced = unsafe plain.withUnsafeBytes { plain in
            unsafe LZ4F_compressFrame(room, bound, plain.baseAddress, plain.count, &preferences)
        }
        guard LZ4F_isError(produced) == 0, produced < plain.byteCount else { return false }
        output.grow(by: produced)
        return true
    }

    private func seemsIncompressible(_ plain: RawSpan, withEntropy: Bool) -> Bool {
        let piece = Self.pieceLength
        let count = Self.pieceCount
        guard plain.byteCount >= 2 * piece * count else { return false }
        let stride = (plain.byteCount - piece) / (count - 1)
        var compressed = 0
        var histogram = [UInt32](repeating: 0, count: withEntropy ? 256 : 0)
        unsafe plain.withUnsafeBytes { bytes in
            guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            unsafe sampleRoom.withUnsafeMutableBytes { room in
                let target = unsafe room.baseAddress?.assumingMemoryBound(to: CChar.self)
                for index in 0..<count {
                    let made = unsafe LZ4_compress_default(
                        base + index * stride, target, Int32(piece), Int32(room.count))
                    compressed += made > 0 ? Int(made) : piece
                }
            }
            guard withEntropy else { return }
            for index in 0..<count {
                for offset in index * stride..<index * stride + piece { unsafe histogram[Int(bytes[offset])] += 1 }
            }
        }
        let total = piece * count
        guard compressed * 50 > total * 49 else { return false }
        guard withEntropy else { return true }
        // Even bytes collide with probability 1/256; 1.15 times that is an entropy of about 7.8 bits.
        let collisions = histogram.reduce(0) { $0 + Int($1) * Int($1) }
        return collisions * 256 * 100 < total * total * 115
    }
}
