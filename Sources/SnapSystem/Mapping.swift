// A file mapped for reading. A page that cannot be read becomes zeros and `hasFailed` becomes true (system.c has the signal handler):
// whoever reads checks it after reading, or checks what it read by a checksum.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

@safe package final class Mapping: @unchecked Sendable {
    private let base: UnsafeRawPointer
    package let count: Int
    private let mapped: Int
    private let slot: Int32

    /// Maps `count` bytes of `file` from `offset`. The file must not shrink while it is mapped; if it does, pages read as zeros.
    package init(_ file: borrowing FileDescriptor, offset: UInt64 = 0, count: Int) throws(SystemError) {
        let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
        let start = offset / page * page
        let lead = Int(offset - start)
        guard count > 0, let position = off_t(exactly: start) else { throw SystemError("mmap", EINVAL) }
        try Faults.pass("mmap")
        let length = lead + count
        let address = unsafe mmap(nil, length, PROT_READ, MAP_SHARED, file.raw, position)
        guard let address = unsafe address, unsafe address != MAP_FAILED else { throw SystemError.last("mmap") }
        slot = unsafe snap_mapping_register(address, length)
        if slot < 0 {
            _ = unsafe munmap(address, length)
            throw SystemError("mmap", ENOMEM)
        }
        unsafe base = UnsafeRawPointer(address) + lead
        mapped = length
        self.count = count
    }

    deinit {
        snap_mapping_unregister(slot)
        let start = unsafe base - (mapped - count)
        _ = unsafe munmap(UnsafeMutableRawPointer(mutating: start), mapped)
    }

    /// What was read need not stay in memory: it is read from the file again if it is needed.
    package func dropPages() {
        let start = unsafe base - (mapped - count)
        _ = unsafe madvise(UnsafeMutableRawPointer(mutating: start), mapped, MADV_DONTNEED)
    }

    /// A page could not be read since the file was mapped.
    package var hasFailed: Bool { snap_mapping_failed(slot) != 0 }

    /// All bytes, or those in `range`; an empty span for a range that is not inside.
    package func withBytes<R, E>(in range: Range<Int>? = nil, _ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        let part = range ?? 0..<count
        guard part.lowerBound >= 0, part.upperBound <= count else { return try body(RawSpan()) }
        let view = unsafe UnsafeRawBufferPointer(start: base + part.lowerBound, count: part.count)
        return try body(unsafe view.bytes)
    }
}
