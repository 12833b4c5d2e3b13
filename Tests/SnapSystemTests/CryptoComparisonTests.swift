// The hashing kernels against swift-crypto, which shares nothing with them.

import CSnapKernels
import Crypto
import Testing

@Suite(.serialized) struct CryptoComparisonTests {
    @Test(arguments: 0..<Int32(SNAP_SHA256_KERNELS.rawValue))
    func everyKernelAgreesWithSwiftCrypto(_ kernel: Int32) {
        defer { _ = snap_sha256_force(Int32(SNAP_SHA256_AUTOMATIC.rawValue)) }
        guard snap_sha256_force(kernel) == 1 || kernel == 0 else { return }
        var generator = Numbers(state: UInt64(kernel) + 1)
        let messages = (0..<67).map { index in
            (0..<(index < 40 ? index * 7 : Int(generator.next() % 5000))).map { _ in
                UInt8(truncatingIfNeeded: generator.next() >> 32)
            }
        }
        var digests = [UInt8](repeating: 0, count: messages.count * 32)
        let all = messages.flatMap { $0 }
        all.withUnsafeBufferPointer { bytes in
            digests.withUnsafeMutableBufferPointer { room in
                var jobs: [snap_sha256_job] = []
                var offset = 0
                for (index, message) in messages.enumerated() {
                    jobs.append(
                        snap_sha256_job(
                            prefix: nil, prefix_length: 0, data: bytes.baseAddress! + offset, length: message.count,
                            digest: room.baseAddress! + index * 32))
                    offset += message.count
                }
                snap_sha256_many(jobs, jobs.count)
            }
        }
        for (index, message) in messages.enumerated() {
            #expect(
                Array(digests[index * 32..<index * 32 + 32]) == Array(SHA256.hash(data: message)),
                "kernel \(kernel), message \(index)")
        }
    }

    /// Knuth's linear congruential generator.
    private struct Numbers {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }
}
