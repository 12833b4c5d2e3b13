// The C kernels against plain Swift written from the standards: whatever the processor, the same bytes come out.

import CSnapKernels
import Testing

// MARK: - References

private func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

/// SHA-256 as FIPS 180-4 writes it, its constants computed from the primes.
private struct ReferenceSHA256 {
    let constants: [UInt32]
    let initial: [UInt32]

    init() {
        // The first 32 bits of the fraction of a root: the largest x with x^power <= prime << (32 * power).
        func fraction(ofRoot power: Int, of prime: UInt64) -> UInt32 {
            var root: UInt64 = 0
            for bit in stride(from: UInt64(37), through: 0, by: -1) {
                let candidate = root | 1 << bit
                // candidate < 2^38, so its powers need up to 114 bits.
                var product = (high: UInt64(0), low: candidate)
                for _ in 1..<power {
                    let low = product.low.multipliedFullWidth(by: candidate)
                    product = (product.high * candidate + low.high, low.low)
                }
                let limit = power == 2 ? (high: prime, low: UInt64(0)) : (high: prime << 32, low: UInt64(0))
                if product.high < limit.high { root = candidate }
            }
            return UInt32(truncatingIfNeeded: root)
        }
        var primes: [UInt64] = []
        var next: UInt64 = 2
        while primes.count < 64 {
            if primes.allSatisfy({ next % $0 != 0 }) { primes.append(next) }
            next += 1
        }
        constants = primes.map { fraction(ofRoot: 3, of: $0) }
        initial = primes.prefix(8).map { fraction(ofRoot: 2, of: $0) }
    }

    func digest(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        var state = initial
        var w = [UInt32](repeating: 0, count: 64)
        for block in stride(from: 0, to: padded.count, by: 64) {
            for t in 0..<16 {
                w[t] = (0..<4).reduce(0) { $0 << 8 | UInt32(padded[block + 4 * t + $1]) }
            }
            for t in 16..<64 {
                let s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3
                let s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10
                w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for t in 0..<64 {
                let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                let t1 = h &+ s1 &+ (e & f ^ ~e & g) &+ constants[t] &+ w[t]
                let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
                let t2 = s0 &+ (a & b ^ a & c ^ b & c)
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
            }
            for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
        }
        return state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }
}

private let reference = ReferenceSHA256()

/// CRC-32C bit by bit.
private func referenceChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }
}

/// The cut as docs/format.md, section 3.1, words it.
private func referenceCut(
    _ bytes: some RandomAccessCollection<UInt8>, minimum: Int, averageBits: UInt64, maximum: Int, seed: UInt64,
    gear: [UInt64]
) -> Int {
    func topBits(_ count: UInt64) -> UInt64 { ~0 << (64 - count) }
    var fp: UInt64 = 0
    for (offset, byte) in bytes.prefix(maximum).enumerated() where offset >= minimum {
        fp = (fp << 1) &+ (gear[Int(byte)] ^ seed)
        let mask = topBits(offset < 1 << averageBits ? averageBits + 2 : averageBits - 2)
        if fp & mask == 0 { return offset + 1 }
    }
    return min(bytes.count, maximum)
}

/// Bytes and numbers that are the same in each run (SplitMix64).
private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

// MARK: - SHA-256

private struct Message {
    var prefix: [UInt8] = []
    var data: [UInt8]
}

/// The kernels' digests of `messages`, hashed in one call.
private func digests(_ messages: [Message]) -> [[UInt8]] {
    // One buffer without gaps: a kernel that reads or writes past a message's end meets its neighbour.
    var all: [UInt8] = []
    var places: [(prefix: Int, data: Int)] = []
    for message in messages {
        places.append((all.count, all.count + message.prefix.count))
        all += message.prefix + message.data
    }
    var out = [UInt8](repeating: 0xEE, count: 32 * messages.count)
    all.withUnsafeBufferPointer { input in
        out.withUnsafeMutableBufferPointer { output in
            guard let output = output.baseAddress else { return }
            let jobs = zip(messages, places).enumerated().map { index, pair in
                snap_sha256_job(
                    prefix: pair.0.prefix.isEmpty ? nil : input.baseAddress.map { $0 + pair.1.prefix },
                    prefix_length: pair.0.prefix.count,
                    data: pair.0.data.isEmpty ? nil : input.baseAddress.map { $0 + pair.1.data },
                    length: pair.0.data.count, digest: output + 32 * index)
            }
            snap_sha256_many(jobs, jobs.count)
        }
    }
    return (0..<messages.count).map { Array(out[32 * $0..<32 * $0 + 32]) }
}

/// Serialized, because a forced kernel is in force for the whole process.
@Suite(.serialized) struct SHA256KernelTests {
    static let kernels = (0..<SNAP_SHA256_KERNELS.rawValue).map(Int32.init)

    /// Runs `body` with a kernel, unless this processor lacks it.
    func with(_ kernel: Int32, _ body: () throws -> Void) rethrows {
        defer { _ = snap_sha256_force(0) }
        guard snap_sha256_force(kernel) == 1 else { return }
        try body()
    }

    @Test("the reference is SHA-256") func referenceVectors() {
        #expect(
            hexadecimal(reference.digest(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hexadecimal(reference.digest([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("each kernel gives the digests of FIPS 180-4", arguments: kernels)
    func standardVectors(kernel: Int32) {
        with(kernel) {
            let messages = [
                Message(data: []),
                Message(data: Array("abc".utf8)),
                Message(data: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)),
                Message(data: [UInt8](repeating: 0x61, count: 1_000_000)),
                Message(prefix: Array("a".utf8), data: Array("bc".utf8)),
            ]
            #expect(
                digests(messages).map(hexadecimal) == [
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                ])
        }
    }

    @Test("every length around a block's end is padded right, with and without a prefix")
    func paddings() {
        var generator = Generator(state: 1)
        let bytes = generator.bytes(200)
        var messages: [Message] = []
        for prefix in [0, 1, 5, 9, 16, 63, 64] {
            for length in 0...200 {
                messages.append(
                    Message(prefix: Array(bytes.prefix(prefix).reversed()), data: Array(bytes.prefix(length))))
            }
        }
        let expected = messages.map { reference.digest($0.prefix + $0.data) }
        for kernel in Self.kernels {
            with(kernel) {
                let found = digests(messages)
                for (index, message) in messages.enumerated() where found[index] != expected[index] {
                    Issue.record(
                        "kernel \(kernel): prefix of \(message.prefix.count), length \(message.data.count)")
                }
            }
        }
    }

    @Test("any number of messages of any lengths comes out in the order of the jobs")
    func mixedLengths() {
        var generator = Generator(state: 2)
        let counts = [1, 2, 3, 4, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 33, 60]
        for count in counts {
            let messages = (0..<count).map { _ in
                let limit = [70, 700, 9_000].randomElement(using: &generator) ?? 0
                return Message(
                    prefix: Bool.random(using: &generator) ? Array("tree\0".utf8) : [],
                    data: generator.bytes(Int.random(in: 0...limit, using: &generator)))
            }
            let expected = messages.map { reference.digest($0.prefix + $0.data) }
            for kernel in Self.kernels {
                with(kernel) {
                    #expect(digests(messages) == expected, "kernel \(kernel), \(count) messages")
                }
            }
        }
    }

    @Test("no job is no work") func none() {
        for kernel in Self.kernels {
            with(kernel) { snap_sha256_many(nil, 0) }
        }
    }

    @Test("a kernel that is not there is refused, and hashing goes on") func refusal() {
        #expect(snap_sha256_force(SNAP_SHA256_KERNELS.rawValue.signed) == 0)
        #expect(snap_sha256_force(-1) == 0)
        #expect(digests([Message(data: Array("abc".utf8))]) == [reference.digest(Array("abc".utf8))])
        #expect(snap_sha256_force(SNAP_SHA256_PORTABLE.rawValue.signed) == 1)
        #expect(String(cString: snap_sha256_kernel_name()) == "portable")
        #expect(snap_sha256_force(SNAP_SHA256_AUTOMATIC.rawValue.signed) == 1)
    }
}

extension UInt32 {
    fileprivate var signed: Int32 { Int32(bitPattern: self) }
}

// MARK: - CRC-32C

@Suite struct ChecksumKernelTests {
    @Test("the vectors of RFC 3720, B.4") func vectors() {
        let vectors: [([UInt8], UInt32)] = [
            (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E),
            ([], 0),
        ]
        for (bytes, checksum) in vectors {
            #expect(snap_crc32c(0, bytes, bytes.count) == checksum)
            #expect(snap_crc32c_portable(0, bytes, bytes.count) == checksum)
            #expect(referenceChecksum(bytes) == checksum)
        }
        #expect(snap_crc32c(0, nil, 0) == 0)
    }

    /// Lengths on both sides of where the kernel changes its stride.
    @Test(
        "any length, in one piece and in two",
        arguments: [1, 7, 8, 9, 767, 768, 769, 1_600, 6_143, 6_144, 6_145, 14_000])
    func lengths(length: Int) {
        var generator = Generator(state: UInt64(length))
        let bytes = generator.bytes(length)
        let expected = referenceChecksum(bytes)
        #expect(snap_crc32c(0, bytes, length) == expected)
        #expect(snap_crc32c_portable(0, bytes, length) == expected)
        for _ in 0..<8 {
            let split = Int.random(in: 0...length, using: &generator)
            let (a, b) = (Array(bytes[..<split]), Array(bytes[split...]))
            #expect(snap_crc32c(snap_crc32c(0, a, a.count), b, b.count) == expected)
            #expect(snap_crc32c(snap_crc32c_portable(0, a, a.count), b, b.count) == expected)
            #expect(snap_crc32c_portable(snap_crc32c(0, a, a.count), b, b.count) == expected)
        }
    }
}

// MARK: - FastCDC

@Suite struct ChunkerKernelTests {
    /// Computed from the specification, not read from the kernel.
    static let gear: [UInt64] = (0...255).map { index in
        let digest = reference.digest(Array("snap gear 1".utf8) + [UInt8(index)])
        return digest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    @Test("the table that is checked in is the one of the format") func table() {
        withUnsafeBytes(of: snap_gear) { table in
            #expect(Array(table.bindMemory(to: UInt64.self)) == Self.gear)
        }
    }

    func cuts(_ bytes: [UInt8], _ cut: (ArraySlice<UInt8>) -> Int) -> [Int] {
        var result: [Int] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = cut(rest)
            result.append(length)
            guard length > 0, length <= rest.count else { break }
            rest = rest.dropFirst(length)
        }
        return result
    }

    func kernelCut(_ bytes: ArraySlice<UInt8>, _ minimum: Int, _ average: Int, _ maximum: Int, _ seed: UInt64) -> Int {
        bytes.withUnsafeBufferPointer {
            snap_fastcdc_cut($0.baseAddress, $0.count, minimum, average, maximum, seed, nil)
        }
    }

    @Test("cuts are where the format says", arguments: [UInt64(0), 1, 0xDEAD_BEEF_0123_4567])
    func placesOfCuts(seed: UInt64) {
        var generator = Generator(state: 3)
        let bytes = generator.bytes(120_000)
        for (minimum, averageBits, maximum) in [
            (64, 8, 1024), (0, 8, 5000), (61, 9, 800), (2048, 12, 16384), (300, 8, 400),
        ] {
            let expected = cuts(bytes) {
                referenceCut(
                    $0, minimum: minimum, averageBits: UInt64(averageBits), maximum: maximum, seed: seed,
                    gear: Self.gear)
            }
            let found = cuts(bytes) { kernelCut($0, minimum, 1 << averageBits, maximum, seed) }
            #expect(found == expected, "\(minimum), 2^\(averageBits), \(maximum)")
            #expect(found.count > 10)
        }
    }

    /// Frozen: were they to move, stores would stop to deduplicate against what they hold.
    @Test("the cuts of format 1's parameters stay where they are") func frozen() {
        var generator = Generator(state: 4)
        let bytes = generator.bytes(600_000)
        #expect(
            cuts(bytes) { kernelCut($0, 16_384, 65_536, 262_144, 0) } == [
                101_667, 65_788, 69_248, 24_419, 68_644, 71_363, 40_103, 20_039, 92_396, 46_333,
            ])
    }

    @Test("content without a cut ends at the maximum, and short content is one chunk") func ends() {
        // A run of one byte has one fingerprint after 64 steps: a cut there or none.
        let zeros = [UInt8](repeating: 0, count: 70_000)
        #expect(kernelCut(zeros[...], 1_024, 4_096, 16_384, 0) == 16_384)
        #expect(kernelCut(zeros[..<9_000], 1_024, 4_096, 16_384, 0) == 9_000)
        #expect(kernelCut(zeros[..<1_024], 1_024, 4_096, 16_384, 0) == 1_024)
        #expect(kernelCut(zeros[..<1], 1_024, 4_096, 16_384, 0) == 1)
        #expect(snap_fastcdc_cut(nil, 0, 1_024, 4_096, 16_384, 0, nil) == 0)
    }
}

// MARK: - Zeros

@Suite struct ZeroKernelTests {
    @Test("a single byte anywhere is seen, and none beyond the end")
    func oneByte() {
        var bytes = [UInt8](repeating: 0, count: 400)
        for length in [0, 1, 15, 16, 17, 31, 32, 33, 64, 100, 257] {
            for start in [0, 1, 7] {
                bytes.withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    #expect(snap_is_zero(base + start, length) == 1)
                    base[start + length] = 1
                    #expect(snap_is_zero(base + start, length) == 1)
                    base[start + length] = 0
                    for place in start..<start + length {
                        base[place] = 0x80
                        #expect(snap_is_zero(base + start, length) == 0)
                        base[place] = 0
                    }
                }
            }
        }
        #expect(snap_is_zero(nil, 0) == 1)
    }
}
