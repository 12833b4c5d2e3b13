// An open file: the only owner of its descriptor, which it closes when it goes.
//
// All paths are bytes without a zero; a path with one is refused with EINVAL, because the kernel would read only
// the part before it. Calls are retried on EINTR here and nowhere else.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

package struct FileDescriptor: ~Copyable, Sendable {
    package let raw: Int32

    package init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        _ = Glibc.close(raw)
    }

    /// Closes, and reports what a network file system has to say only now.
    package consuming func close() throws(SystemError) {
        let number = raw
        discard self
        do { try Faults.pass("close") } catch {
            _ = Glibc.close(number)
            throw error
        }
        let result = Glibc.close(number)
        if result != 0 && errno != EINTR { throw SystemError.last("close") }
    }

    /// Another descriptor of the same open file.
    package borrowing func duplicate() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try retrying("dup") { fcntl(raw, F_DUPFD_CLOEXEC, 0) })
    }
}

/// Calls until it is not interrupted.
@inline(__always)
func retrying<T: BinaryInteger>(_ name: StaticString, _ body: () -> T) throws(SystemError) -> T {
    try Faults.pass(name)
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError("\(name)", code) }
    }
}

/// Runs `body` with `path` as a C string.
@inline(__always)
func withPath<R, P: Collection<UInt8>>(_ path: P, _ body: (UnsafePointer<CChar>) throws(SystemError) -> R)
    throws(SystemError) -> R
{
    let count = path.count
    var failure: SystemError?
    let result: R? = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { buffer in
        guard let base = buffer.baseAddress else { return nil }
        // Arrays and their slices, which is what paths are, in one piece.
        let copied: Int? = path.withContiguousStorageIfAvailable { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            unsafe UnsafeMutableRawPointer(base).copyMemory(from: start, byteCount: bytes.count)
            return bytes.count
        }
        if copied == nil {
            for (index, byte) in path.enumerated() { unsafe base[index] = CChar(bitPattern: byte) }
        }
        unsafe base[count] = 0
        guard unsafe strlen(base) == count else {
            failure = SystemError("path", EINVAL)
            return nil
        }
        do throws(SystemError) {
            return try unsafe body(UnsafePointer(base))
        } catch {
            failure = error
            return nil
        }
    }
    if let failure { throw failure }
    guard let result else { throw SystemError("path", EINVAL) }
    return result
}

/// How a file is opened.
package struct OpenFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let read = OpenFlags(rawValue: O_RDONLY)
    package static let write = OpenFlags(rawValue: O_WRONLY)
    package static let readWrite = OpenFlags(rawValue: O_RDWR)
    package static let create = OpenFlags(rawValue: O_CREAT)
    package static let exclusive = OpenFlags(rawValue: O_EXCL)
    package static let truncate = OpenFlags(rawValue: O_TRUNC)
    package static let append = OpenFlags(rawValue: O_APPEND)
    package static let directory = OpenFlags(rawValue: O_DIRECTORY)
    package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// The access time stays. Only a file's owner and root may ask for it.
    package static let keepAccessTime = OpenFlags(rawValue: 0o1000000)
    /// A place in the tree without access to its content.
    package static let pathOnly = OpenFlags(rawValue: 0o10000000)
}

extension FileDescriptor {
    /// Opens `path` from the process's current directory, following symbolic links.
    package static func open(_ path: some Collection<UInt8>, _ flags: OpenFlags, mode: UInt32 = 0o600)
        throws(SystemError) -> FileDescriptor
    {
        let number = unsafe try withPath(path) { (path) throws(SystemError) in
            try retrying("open") { unsafe snapOpen(AT_FDCWD, path, flags.rawValue | O_CLOEXEC, mode) }
        }
        return FileDescriptor(owning: number)
    }

    /// Opens one name in this directory; `.noFollow` is implied.
    package borrowing func open(_ name: some Collection<UInt8>, _ flags: OpenFlags, mode: UInt32 = 0o600)
        throws(SystemError) -> FileDescriptor
    {
        let directory = raw
        let number = unsafe try withPath(name) { (path) throws(SystemError) in
            try retrying("openat") { unsafe snapOpen(directory, path, flags.rawValue | O_CLOEXEC | O_NOFOLLOW, mode) }
        }
        return FileDescriptor(owning: number)
    }

    /// Opens a path of any length below this directory: never through a symbolic link, never above it.
    package borrowing func openBeneath(_ path: some Collection<UInt8>, _ flags: OpenFlags, mode: UInt32 = 0o600)
        throws(SystemError) -> FileDescriptor
    {
        if path.isEmpty { return try open([0x2E], flags, mode: mode) }
        let limit = 4000
        if path.count <= limit { return try openBeneathShort(path, flags, mode: mode) }
        // Longer than the kernel takes in one call: go down in pieces that end at a slash.
        var rest = Array(path)[...]
        var current = try duplicate()
        while rest.count > limit {
            guard let slash = rest.prefix(limit).lastIndex(of: 0x2F), slash > rest.startIndex else {
                throw SystemError("openat2", ENAMETOOLONG)
            }
            current = try current.openBeneathShort(rest[rest.startIndex..<slash], [.pathOnly, .directory], mode: 0)
            rest = rest[(slash + 1)...]
        }
        return try current.openBeneathShort(rest, flags, mode: mode)
    }

    private borrowing func openBeneathShort(_ path: some Collection<UInt8>, _ flags: OpenFlags, mode: UInt32)
        throws(SystemError) -> FileDescriptor
    {
        let directory = raw
        let number = unsafe try withPath(path) { (path) throws(SystemError) in
            try retrying("openat2") { unsafe snap_open_beneath(directory, path, flags.rawValue | O_CLOEXEC, mode) }
        }
        return FileDescriptor(owning: number)
    }
}

/// `openat` is variadic in C; this names the one shape used.
@unsafe
private func snapOpen(_ directory: Int32, _ path: UnsafePointer<CChar>, _ flags: Int32, _ mode: UInt32) -> Int32 {
    unsafe Glibc.openat(directory, path, flags, mode_t(mode))
}
