// Growing memory that system calls and codecs fill without an intermediate copy, reused from file to file.
//
// A class, because buffers move between the stages of a take; one stage at a time owns a buffer.

@safe package final class ByteBuffer: @unchecked Sendable {
    private var base: UnsafeMutableRawPointer
    package private(set) var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        unsafe base = .allocate(byteCount: self.capacity, alignment: 64)
    }

    deinit {
        unsafe base.deallocate()
    }

    package var isEmpty: Bool { count == 0 }

    /// Keeps the first `count` bytes; the memory stays.
    package func truncate(to count: Int) {
        self.count = min(max(count, 0), self.count)
    }

    /// Room for `additional` bytes after the present ones. Valid until the next call that changes the buffer.
    package func reserve(_ additional: Int) -> UnsafeMutableRawPointer {
        let needed = count + additional
        if needed > capacity {
            let larger = max(needed, capacity * 2)
            let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
            unsafe moved.copyMemory(from: base, byteCount: count)
            unsafe base.deallocate()
            unsafe base = moved
            capacity = larger
        }
        return unsafe base + count
    }

    /// Says that `count` bytes were written into what `reserve` gave.
    package func grow(by count: Int) {
        self.count = min(self.count + max(count, 0), capacity)
    }

    package func append(_ bytes: borrowing RawSpan) {
        let length = bytes.byteCount
        guard length > 0 else { return }
        let room = unsafe reserve(length)
        unsafe bytes.withUnsafeBytes { source in
            if let from = source.baseAddress { unsafe room.copyMemory(from: from, byteCount: length) }
        }
        count += length
    }

    package func append(_ bytes: [UInt8]) {
        unsafe append(bytes.span.bytes)
    }

    /// Overwrites bytes that are there already; does nothing if they are not.
    package func replace(_ bytes: [UInt8], at offset: Int) {
        guard offset >= 0, offset + bytes.count <= count else { return }
        for (index, byte) in bytes.enumerated() {
            unsafe base.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self)
        }
    }

    /// Moves `length` bytes down from `source` to `target`, for taking pieces out of the middle.
    package func move(from source: Int, to target: Int, length: Int) {
        guard length > 0, source >= 0, target >= 0, source + length <= count, target + length <= count else { return }
        unsafe (base + target).copyMemory(from: base + source, byteCount: length)
    }

    /// The bytes, or those in `range`, without a copy. An empty span for a range that is not inside.
    package func withBytes<R, E>(in range: Range<Int>? = nil, _ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        let part = range ?? 0..<count
        guard part.lowerBound >= 0, part.upperBound <= count else { return try body(RawSpan()) }
        let view = unsafe UnsafeRawBufferPointer(start: base + part.lowerBound, count: part.count)
        return try body(unsafe view.bytes)
    }

    package var array: [UInt8] {
        array(0..<count)
    }

    package func array(_ range: Range<Int>) -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= count else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// The bytes for a C function.
    @unsafe
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        unsafe body(UnsafeRawBufferPointer(start: base, count: count))
    }
}
