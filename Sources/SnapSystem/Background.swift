// What keeps long work out of the way of others, and what makes sure beforehand that there is room for it.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

extension Process {
    /// This thread, and those that it starts from now on, get the processor and the disk when nobody else wants them; as
    /// far as the system allows it.
    package static func lowerPriority() { _ = snap_lower_priority() }
}

extension FileDescriptor {
    /// Takes `length` bytes of the file system for this file, from its start, so that writing there later needs no more.
    package borrowing func allocate(_ length: UInt64) throws(SystemError) {
        let number = raw
        guard let size = off_t(exactly: length) else { throw SystemError("posix_fallocate", EFBIG) }
        try Faults.pass("posix_fallocate")
        // It answers the error itself, and not by errno.
        var code = posix_fallocate(number, 0, size)
        while code == EINTR { code = posix_fallocate(number, 0, size) }
        if code != 0 { throw SystemError("posix_fallocate", code) }
    }
}
