import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct CompressionTests {
    @Test(arguments: [
        ("zstd", Compression.standard), ("zstd:1", .zstd(level: 1)), ("zstd:19", .zstd(level: 19)), ("lz4", .lz4),
        ("none", .none),
    ])
    func namesAreUnderstood(text: String, expected: Compression) {
        #expect(Compression(parsing: text) == expected)
        #expect(Compression(parsing: expected.description) == expected)
    }

    @Test(arguments: [
        "", "zstd:", "zstd:0", "zstd:20", "zstd:01", "zstd:+1", "zstd:-1", "zstd: 1", "zstd:1x", "ZSTD", "gzip",
        "lz4:1",
    ])
    func otherNamesAreRefused(text: String) {
        #expect(Compression(parsing: text) == nil)
    }

    @Test(arguments: [Compression.zstd(level: 1), .zstd(level: 19), .lz4, .none], [0, 1, 2, 100, 5000, 150_000])
    func whatWasCompressedComesBack(compression: Compression, length: Int) throws {
        var numbers = Numbers(UInt64(length))
        let compressor = BlockCompressor()
        let decompressor = BlockDecompressor()
        for plain in [numbers.text(length), numbers.noise(length), [UInt8](repeating: 0, count: length)] {
            let stored = ByteBuffer()
            let codec = unsafe try compressor.compress(plain.span.bytes, compression, into: stored)
            #expect(stored.count <= length, "a block never grows")
            let output = ByteBuffer()
            let problem = stored.withBytes { decompressor.decompress($0, codec, plainLength: length, into: output) }
            #expect(problem == nil)
            #expect(output.array == plain)
        }
    }

    @Test func aFrameIsDecompressedAsFarAsIsNeeded() throws {
        var numbers = Numbers(5)
        let base = numbers.text(60_000)
        let plain = numbers.text(200_000) + base + numbers.text(200_000)
        let decompressor = BlockDecompressor()
        for prefix in [[], base] {
            let stored = ByteBuffer()
            _ = unsafe try BlockCompressor().compress(
                plain.span.bytes, .zstd(level: 3), prefix: prefix.span.bytes, into: stored)
            for limit in [0, 1, 131_072, 300_000, plain.count - 1, plain.count, plain.count + 1, Int.max, -1] {
                let output = ByteBuffer()
                let problem = stored.withBytes {
                    unsafe decompressor.decompress(
                        $0, .zstd, plainLength: plain.count, limit: limit, prefix: prefix.span.bytes, into: output)
                }
                #expect(problem == nil)
                #expect(isBeginning(output, of: plain, atLeast: min(limit, plain.count)))
            }
            // What is cut off is seen only where it is reached.
            let half = stored.array.prefix(stored.count / 2)
            for (limit, isFine) in [(1000, true), (plain.count - 1, false)] {
                let output = ByteBuffer()
                let problem = unsafe decompressor.decompress(
                    Array(half).span.bytes, .zstd, plainLength: plain.count, limit: limit, prefix: prefix.span.bytes,
                    into: output)
                #expect((problem == nil) == isFine)
                #expect(isFine ? output.count >= limit : output.isEmpty)
            }
        }
    }

    @Test func afterABadFrameTheNextIsRead() throws {
        var numbers = Numbers(6)
        let base = numbers.noise(40_000)
        let plain = base + numbers.noise(20_000)
        let good = ByteBuffer()
        _ = unsafe try BlockCompressor().compress(
            plain.span.bytes, .zstd(level: 3), prefix: base.span.bytes, into: good)
        for damagedAt in [2, 6, good.count / 2] {
            var bad = good.array
            bad[damagedAt] ^= 0x5A
            let decompressor = BlockDecompressor()
            for limit in [1000, 59_000, nil] {
                _ = unsafe decompressor.decompress(
                    bad.span.bytes, .zstd, plainLength: plain.count, limit: limit, prefix: base.span.bytes,
                    into: ByteBuffer())
                for next in [nil, 50_000] {
                    let output = ByteBuffer()
                    let problem = good.withBytes {
                        unsafe decompressor.decompress(
                            $0, .zstd, plainLength: plain.count, limit: next, prefix: base.span.bytes, into: output)
                    }
                    #expect(problem == nil)
                    #expect(isBeginning(output, of: plain, atLeast: next ?? plain.count))
                }
            }
        }
    }

    @Test func theCodecFollowsTheData() throws {
        var numbers = Numbers(1)
        let noise = numbers.noise(150_000)
        let text = numbers.text(150_000)
        // No repeats, but only 64 different bytes: something for zstd alone.
        let base64 = Array(Data(noise).base64EncodedData())
        let cases: [([UInt8], Compression, Codec)] = [
            (text, .zstd(level: 1), .zstd), (text, .lz4, .lz4), (text, .none, .raw),
            (noise, .zstd(level: 1), .raw), (noise, .lz4, .raw), (base64, .zstd(level: 1), .zstd), (base64, .lz4, .raw),
        ]
        let compressor = BlockCompressor()
        for (plain, compression, expected) in cases {
            let stored = ByteBuffer()
            #expect(unsafe try compressor.compress(plain.span.bytes, compression, into: stored) == expected)
            #expect(expected == .raw || stored.count < plain.count)
        }
    }

    @Test func tooMuchForABlockIsRefused() {
        let plain = [UInt8](repeating: 0, count: 16 << 20 + 1)
        #expect(throws: PackError.self) {
            unsafe try BlockCompressor().compress(plain.span.bytes, .lz4, into: ByteBuffer())
        }
    }

    @Test func theLargestBlockComesBack() throws {
        var numbers = Numbers(9)
        let piece = numbers.text(1 << 16)
        let plain = (0..<256).flatMap { _ in piece }
        for compression in [Compression.zstd(level: 1), .lz4, .none] {
            let stored = ByteBuffer()
            let codec = unsafe try BlockCompressor().compress(plain.span.bytes, compression, into: stored)
            let output = ByteBuffer()
            let problem = stored.withBytes {
                BlockDecompressor().decompress($0, codec, plainLength: plain.count, into: output)
            }
            #expect(problem == nil)
            let isEqual = output.withBytes { unsafe equalBytes($0, plain.span.bytes) }
            #expect(isEqual)
        }
    }

    @Test(arguments: [Compression.zstd(level: 1), .lz4, .none])
    func theLengthMustBeExact(compression: Compression) throws {
        var numbers = Numbers(3)
        let plain = numbers.text(20_000)
        let stored = ByteBuffer()
        let codec = unsafe try BlockCompressor().compress(plain.span.bytes, compression, into: stored)
        let decompressor = BlockDecompressor()
        let output = ByteBuffer()
        for length in [0, 1, 19_999, 20_001, 16 << 20, 16 << 20 + 1, -1, Int.max] {
            let problem = stored.withBytes { decompressor.decompress($0, codec, plainLength: length, into: output) }
            #expect(problem != nil, "\(length) bytes were accepted")
            #expect(output.isEmpty)
        }
        // Whatever came before, the next good block is read.
        let problem = stored.withBytes { decompressor.decompress($0, codec, plainLength: plain.count, into: output) }
        #expect(problem == nil)
        #expect(output.array == plain)
    }

    @Test(arguments: [Compression.zstd(level: 1), .lz4])
    func twoFramesOrHalfAFrameAreNotOne(compression: Compression) throws {
        var numbers = Numbers(4)
        let plain = numbers.text(1000)
        let stored = ByteBuffer()
        let codec = unsafe try BlockCompressor().compress(plain.span.bytes, compression, into: stored)
        let frame = stored.array
        let output = ByteBuffer()
        let decompressor = BlockDecompressor()
        for wrong in [frame + frame, frame + [0], Array(frame.dropLast()), [], Array(frame.prefix(5))] {
            for length in [1000, 2000] {
                #expect(
                    unsafe decompressor.decompress(wrong.span.bytes, codec, plainLength: length, into: output) != nil)
            }
        }
    }

    @Test(arguments: [Codec.zstd, .lz4])
    func anyBytesAreSurvived(codec: Codec) throws {
        var numbers = Numbers(5)
        let plain = numbers.text(3000)
        let stored = ByteBuffer()
        let made = unsafe try BlockCompressor().compress(
            plain.span.bytes, codec == .zstd ? .zstd(level: 1) : .lz4, into: stored)
        try #require(made == codec)
        let decompressor = BlockDecompressor()
        let output = ByteBuffer()
        for _ in 0..<3000 {
            var frame = stored.array
            for _ in 0...numbers.next() % 3 {
                frame[Int(numbers.next() % UInt64(frame.count))] = UInt8(truncatingIfNeeded: numbers.next())
            }
            let problem = unsafe decompressor.decompress(frame.span.bytes, codec, plainLength: 3000, into: output)
            #expect(output.count == (problem == nil ? 3000 : 0))
        }
    }

    /// So many bytes of `plain`, or some more.
    private func isBeginning(_ output: ByteBuffer, of plain: [UInt8], atLeast count: Int) -> Bool {
        output.count >= count && plain.starts(with: output.array)
    }
}
