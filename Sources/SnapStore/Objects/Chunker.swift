// Content-defined cutting with the store's parameters (docs/format.md, section 3.1).

package import SnapSystem
private import CSnapKernels

package struct Chunker: Sendable {
    package var minimum = 16 << 10
    package var average = 64 << 10
    /// Content up to this length is one chunk.
    package var maximum = 256 << 10
    package var seed: UInt64 = 0

    package init() {}

    /// The length of the first chunk of the bytes of `buffer` in `range`, which must hold `maximum` bytes or reach the content's end.
    package func cut(_ buffer: ByteBuffer, _ range: Range<Int>) -> Int {
        unsafe buffer.withUnsafeBytes { bytes in
            guard range.lowerBound >= 0, range.upperBound <= bytes.count, let base = bytes.baseAddress else {
                return range.count
            }
            let start = unsafe (base + range.lowerBound).assumingMemoryBound(to: UInt8.self)
            return unsafe snap_fastcdc_cut(start, range.count, minimum, average, maximum, seed, nil)
        }
    }
}
