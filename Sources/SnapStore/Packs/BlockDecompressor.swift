// Undoing what BlockCompressor did, for data that may be anything: the plain length is known beforehand and exactly
// that many bytes are made room for, so no frame can ask for more, and a frame that yields another number is refused.

internal import CLZ4
internal import CZstd
package import SnapSystem

/// Decompresses blocks. One per thread.
@safe package final class BlockDecompressor {
    private let zstd: OpaquePointer?
    private var lz4: OpaquePointer?

    package init() {
        unsafe zstd = ZSTD_createDCtx()
    }

    deinit {
        _ = unsafe ZSTD_freeDCtx(zstd)
        _ = unsafe LZ4F_freeDecompressionContext(lz4)
    }

    /// Replaces what `output` holds by the plain bytes. `prefix` are the bases' bytes; only zstd frames have any.
    /// Of a zstd frame no more than the first `limit` bytes need be made, and then what follows them is not checked.
    /// Returns what is wrong with the data, or nil.
    package func decompress(
        _ stored: RawSpan, _ codec: Codec, plainLength: Int, limit: Int? = nil, prefix: RawSpan = RawSpan(),
        into output: ByteBuffer
    ) -> String? {
        output.truncate(to: 0)
        guard (0...PackFormat.maximumPlainLength).contains(plainLength) else { return "the plain length is too large" }
        guard prefix.isEmpty || codec == .zstd else { return "a codec without bases has bases" }
        switch codec {
        case .raw:
            guard stored.byteCount == plainLength else {
                return "raw data is \(stored.byteCount) bytes, not \(plainLength)"
            }
            output.append(stored)
            return nil
        case .zstd:
            // What cannot be read in part may still be read as a whole.
            if let limit, limit < plainLength,
                decompressZstd(stored, first: max(limit, 0), of: plainLength, prefix, output) == nil
            {
                return nil
            }
            return decompressZstd(stored, plainLength, prefix, output)
        case .lz4: return decompressLZ4(stored, plainLength, output)
        }
    }

    private func decompressZstd(_ stored: RawSpan, _ plainLength: Int, _ prefix: RawSpan, _ output: ByteBuffer)
        -> String?
    {
        guard let zstd = unsafe zstd else { return "not enough memory" }
        // Never a null pointer for an empty result.
        let room = unsafe output.reserve(plainLength + 1)
        let produced: Int? = unsafe stored.withUnsafeBytes { stored in
            let frame = unsafe ZSTD_findFrameCompressedSize(stored.baseAddress, stored.count)
            guard ZSTD_isError(frame) == 0, frame == stored.count else { return nil }
            return unsafe prefix.withUnsafeBytes { prefix in
                guard unsafe refer(to: prefix) else { return nil }
                return unsafe ZSTD_decompressDCtx(zstd, room, plainLength, stored.baseAddress, stored.count)
            }
        }
        guard let produced else { return "the data is not one zstd frame" }
        if ZSTD_isError(produced) != 0 {
            return "zstd: \(unsafe String(cString: ZSTD_getErrorName(produced)).lowercased())"
        }
        guard produced == plainLength else { return "the data yields \(produced) bytes, not \(plainLength)" }
        output.grow(by: produced)
        return nil
    }

    /// Begins anew, with a prefix or with none; one of a frame that failed is forgotten.
    private func refer(to prefix: UnsafeRawBufferPointer) -> Bool {
        _ = unsafe ZSTD_DCtx_reset(zstd, ZSTD_reset_session_only)
        let result = unsafe ZSTD_DCtx_refPrefix(zstd, prefix.count == 0 ? nil : prefix.baseAddress, prefix.count)
        return ZSTD_isError(result) == 0
    }

    /// The least bytes from which the length of a frame's header can be told.
    private static let shortestFrame = 5

    /// At least the first `length` bytes of those that the frame yields.
    private func decompressZstd(
        _ stored: RawSpan, first length: Int, of plainLength: Int, _ prefix: RawSpan, _ output: ByteBuffer
    ) -> String? {
        guard let zstd = unsafe zstd else { return "not enough memory" }
        // Nothing is copied: what is made stays where it is made. It is made a piece of the frame at a time, to stop in between.
        let room = unsafe output.reserve(plainLength + 1)
        var count = 0
        let problem: String? = unsafe stored.withUnsafeBytes { stored in
            return unsafe prefix.withUnsafeBytes { prefix in
                guard unsafe refer(to: prefix) else { return "the prefix cannot be used" }
                _ = unsafe ZSTD_DCtx_setParameter(zstd, snap_zstd_stable_output, 1)
                // Whatever it was in the middle of is not gone on with.
                defer {
                    _ = unsafe ZSTD_DCtx_reset(zstd, ZSTD_reset_session_only)
                    _ = unsafe ZSTD_DCtx_setParameter(zstd, snap_zstd_stable_output, 0)
                }
                var input = unsafe ZSTD_inBuffer(src: stored.baseAddress, size: 0, pos: 0)
                var made = unsafe ZSTD_outBuffer(dst: room, size: plainLength, pos: 0)
                var wanted = Self.shortestFrame
                while unsafe made.pos < length {
                    unsafe input.size = min(stored.count, input.pos + max(wanted, 1))
                    let (read, written) = unsafe (input.pos, made.pos)
                    wanted = unsafe ZSTD_decompressStream(zstd, &made, &input)
                    if ZSTD_isError(wanted) != 0 {
                        return "zstd: \(unsafe String(cString: ZSTD_getErrorName(wanted)).lowercased())"
                    }
                    if unsafe wanted == 0 || (input.pos == read && made.pos == written) { break }
                }
                count = unsafe min(made.pos, plainLength)
                return count >= length ? nil : "the data yields only \(count) bytes"
            }
        }
        if problem == nil { output.grow(by: count) }
        return problem
    }

    private func decompressLZ4(_ stored: RawSpan, _ plainLength: Int, _ output: ByteBuffer) -> String? {
        if unsafe lz4 == nil { _ = unsafe LZ4F_createDecompressionContext(&lz4, UInt32(LZ4F_VERSION)) }
        guard let lz4 = unsafe lz4 else { return "not enough memory" }
        unsafe LZ4F_resetDecompressionContext(lz4)
        let room = unsafe output.reserve(plainLength + 1)
        var options = LZ4F_decompressOptions_t()
        options.stableDst = 1
        let problem: String? = unsafe stored.withUnsafeBytes { stored in
            guard let base = stored.baseAddress else { return "the data is not one lz4 frame" }
            var consumed = 0
            var produced = 0
            while true {
                var input = stored.count - consumed
                var made = plainLength - produced
                let hint = unsafe LZ4F_decompress(lz4, room + produced, &made, base + consumed, &input, &options)
                if LZ4F_isError(hint) != 0 {
                    return "lz4: \(unsafe String(cString: LZ4F_getErrorName(hint)).lowercased())"
                }
                consumed += input
                produced += made
                if hint == 0 { break }
                if input == 0 && made == 0 { return "the data ends early or yields more than \(plainLength) bytes" }
            }
            guard consumed == stored.count else { return "the data is not one lz4 frame" }
            return produced == plainLength ? nil : "the data yields \(produced) bytes, not \(plainLength)"
        }
        if problem == nil { output.grow(by: plainLength) }
        return problem
    }
}
