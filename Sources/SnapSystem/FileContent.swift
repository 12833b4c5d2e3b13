// Reading, writing and syncing an open file.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

extension FileDescriptor {
    /// Reads up to `limit` bytes from the file's position and appends them; 0 at the end of the file.
    package borrowing func read(appendingTo buffer: ByteBuffer, limit: Int) throws(SystemError) -> Int {
        let number = raw
        let room = unsafe buffer.reserve(limit)
        let count = try retrying("read") { unsafe Glibc.read(number, room, limit) }
        buffer.grow(by: count)
        return count
    }

    /// As `read`, from `offset`.
    package borrowing func read(appendingTo buffer: ByteBuffer, limit: Int, at offset: UInt64) throws(SystemError)
        -> Int
    {
        let number = raw
        guard let position = off_t(exactly: offset) else { throw SystemError("pread", EINVAL) }
        let room = unsafe buffer.reserve(limit)
        let count = try retrying("pread") { unsafe Glibc.pread(number, room, limit, position) }
        buffer.grow(by: count)
        return count
    }

    /// All bytes to the end of the file, at most `limit`: a larger file is an error (EFBIG).
    package borrowing func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        let buffer = ByteBuffer()
        let piece = 65536
        while true {
            let count = try read(
                appendingTo: buffer, limit: max(piece, min(buffer.capacity - buffer.count, 16 * piece)))
            if count == 0 { return buffer.array }
            if buffer.count > limit { throw SystemError("read", EFBIG) }
            // Most files are smaller, and are not asked. With room for all of a larger one nothing is moved on the way.
            if count == piece, buffer.count == piece {
                _ = unsafe buffer.reserve(Int(min(try facts().0.size, UInt64(limit))))
            }
        }
    }

    /// Up to `count` bytes from `offset`: fewer at the end of the file.
    package borrowing func read(at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        let buffer = ByteBuffer()
        while buffer.count < count {
            if try read(appendingTo: buffer, limit: count - buffer.count, at: offset + UInt64(buffer.count)) == 0 {
                break
            }
        }
        return buffer.array
    }

    /// Writes everything at the file's position.
    package borrowing func write(_ bytes: borrowing RawSpan) throws(SystemError) {
        let number = raw
        var done = 0
        while done < bytes.byteCount {
            let from = done
            let span = copy bytes
            let count = try retrying("write") {
                unsafe span.withUnsafeBytes { pointer in
                    unsafe Glibc.write(number, pointer.baseAddress.map { unsafe $0 + from }, pointer.count - from)
                }
            }
            done += count
        }
    }

    package borrowing func write(_ bytes: [UInt8]) throws(SystemError) {
        unsafe try write(bytes.span.bytes)
    }

    /// Writes everything at `offset`.
    package borrowing func write(_ bytes: borrowing RawSpan, at offset: UInt64) throws(SystemError) {
        let number = raw
        guard let start = off_t(exactly: offset) else { throw SystemError("pwrite", EINVAL) }
        var done = 0
        while done < bytes.byteCount {
            let from = done
            let span = copy bytes
            let count = try retrying("pwrite") {
                unsafe span.withUnsafeBytes { pointer in
                    unsafe Glibc.pwrite(
                        number, pointer.baseAddress.map { unsafe $0 + from }, pointer.count - from, start + off_t(from))
                }
            }
            done += count
        }
    }

    /// Content and all metadata are on the disk when this returns.
    package borrowing func sync() throws(SystemError) {
        let number = raw
        _ = try retrying("fsync") { Glibc.fsync(number) }
    }

    /// Content, and the metadata needed to read it, are on the disk when this returns.
    package borrowing func syncData() throws(SystemError) {
        let number = raw
        _ = try retrying("fdatasync") { Glibc.fdatasync(number) }
    }

    /// Starts writing back dirty pages; does not wait, and does not fail where it is not supported.
    package borrowing func startWriteback(offset: UInt64 = 0, length: UInt64 = 0) {
        _ = snap_start_writeback(raw, off_t(truncatingIfNeeded: offset), off_t(truncatingIfNeeded: length))
    }

    package borrowing func truncate(to size: UInt64) throws(SystemError) {
        let number = raw
        guard let length = off_t(exactly: size) else { throw SystemError("ftruncate", EFBIG) }
        _ = try retrying("ftruncate") { Glibc.ftruncate(number, length) }
    }

    /// The first data at or after `offset`, and the end of it; nil when only hole follows.
    package borrowing func dataExtent(from offset: UInt64) throws(SystemError) -> Range<UInt64>? {
        let number = raw
        guard let start = off_t(exactly: offset) else { throw SystemError("lseek", EINVAL) }
        let data: off_t
        do {
            data = try retrying("lseek") { snap_seek_data(number, start) }
        } catch {
            if error.code == ENXIO { return nil }
            throw error
        }
        let hole = try retrying("lseek") { snap_seek_hole(number, data) }
        guard hole > data else { return nil }
        return UInt64(data)..<UInt64(hole)
    }

    /// Moves the file's position to `offset`.
    package borrowing func seek(to offset: UInt64) throws(SystemError) {
        let number = raw
        guard let position = off_t(exactly: offset) else { throw SystemError("lseek", EINVAL) }
        _ = try retrying("lseek") { Glibc.lseek(number, position, SEEK_SET) }
    }

    /// The kernel may forget the pages read.
    package borrowing func adviseSequential() {
        _ = posix_fadvise(raw, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    /// Locks the whole file; released when the open file is closed. False if `waiting` is false and another holds it. With
    /// `isInterruptible` a signal that asks the process to end ends the wait, with EINTR.
    package borrowing func lock(exclusive: Bool, waiting: Bool, isInterruptible: Bool = false) throws(SystemError)
        -> Bool
    {
        let operation = (exclusive ? LOCK_EX : LOCK_SH) | (waiting ? 0 : LOCK_NB)
        try Faults.pass("flock")
        while flock(raw, operation) != 0 {
            let error = SystemError.last("flock")
            if error.isInterruption, !isInterruptible || Interrupts.signal == 0 { continue }
            if !waiting && error.wouldBlock { return false }
            throw error
        }
        return true
    }
}
