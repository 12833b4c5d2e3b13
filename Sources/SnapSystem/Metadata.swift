// What a file is besides its content: facts, owner, mode, times, attributes; and making, linking, renaming, removing names.
//
// `name` is one component in the directory, except where a path below it is said. Final symbolic links are never followed.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
package import CSnapSystem

package typealias FileFacts = snap_facts
package typealias FileExtra = snap_extra

/// The types a directory entry can have.
package enum FileType: Sendable {
    case regular, directory, symbolicLink, fifo, socket, characterDevice, blockDevice, unknown
}

extension snap_facts: @retroactive Equatable {
    package static func == (a: snap_facts, b: snap_facts) -> Bool {
        a.inode == b.inode && a.size == b.size && a.mtime_seconds == b.mtime_seconds
            && a.ctime_seconds == b.ctime_seconds
            && a.mtime_nanoseconds == b.mtime_nanoseconds && a.ctime_nanoseconds == b.ctime_nanoseconds
            && a.mode == b.mode
            && a.owner == b.owner && a.group == b.group && a.links == b.links
    }

    package var type: FileType {
        switch mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFIFO: .fifo
        case S_IFSOCK: .socket
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        default: .unknown
        }
    }

    /// Set-id bits, sticky bit and permissions.
    package var permissions: UInt16 { UInt16(mode & 0o7777) }
}

extension FileDescriptor {
    /// The facts of the open file.
    package borrowing func facts() throws(SystemError) -> (FileFacts, FileExtra) {
        var facts = snap_facts()
        var extra = snap_extra()
        let number = raw
        _ = try retrying("statx") { unsafe snap_statx(number, "", &facts, &extra) }
        return (facts, extra)
    }

    /// The facts of a path below this directory. Symbolic links inside the path are followed: use for one name, or where that is meant.
    package borrowing func facts(of path: some Collection<UInt8>) throws(SystemError) -> (FileFacts, FileExtra) {
        var facts = snap_facts()
        var extra = snap_extra()
        let number = raw
        _ = unsafe try withPath(path) { (path) throws(SystemError) in
            try retrying("statx") { unsafe snap_statx(number, path, &facts, &extra) }
        }
        return (facts, extra)
    }

    /// The facts of `name`; nil if it is not there. An answer that something is gone lets a caller pass it over, and some file systems give it of what is there: it is asked for twice.
    package borrowing func factsIfThere(of name: some Collection<UInt8>) throws(SystemError) -> (FileFacts, FileExtra)?
    {
        for _ in 0..<2 {
            do throws(SystemError) {
                return try facts(of: name)
            } catch {
                guard error.isNotFound else { throw error }
            }
        }
        return nil
    }

    /// Something is called `name`; asked for twice, as above.
    package borrowing func has(_ name: some Collection<UInt8>) throws(SystemError) -> Bool {
        try factsIfThere(of: name) != nil
    }

    /// The directory at a path below this one, never through a link, is there.
    package borrowing func hasBeneath(_ path: [UInt8]) throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try openBeneath(path, [.read, .directory])
            return true
        } catch {
            if error.isNotFound || error.isLoop { return false }
            throw error
        }
    }

    /// The entry of `directory`, an open directory's number, whose name stands in `record` at `nameOffset`, with a zero behind it, has the facts that stand there at `factsOffset`.
    /// False also if it cannot be asked.
    package static func hasFacts(
        _ directory: Int32, _ record: RawSpan, at factsOffset: Int, nameAt nameOffset: Int, nameLength: Int
    ) -> Bool {
        guard (try? Faults.pass("fstatat")) != nil, factsOffset >= 0,
            factsOffset <= record.byteCount - MemoryLayout<snap_facts>.size, nameLength > 0,
            record.integer(at: nameOffset + nameLength) == UInt8(0)
        else { return false }
        return unsafe record.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe snap_has_facts(
                directory, (base + nameOffset).assumingMemoryBound(to: CChar.self), base + factsOffset) == 1
        }
    }

    package borrowing func readLink(_ name: some Collection<UInt8>) throws(SystemError) -> [UInt8] {
        let number = raw
        var size = 1024
        while true {
            var target = [UInt8](repeating: 0, count: size)
            let count = unsafe try withPath(name) { (path) throws(SystemError) in
                try retrying("readlinkat") {
                    unsafe target.withUnsafeMutableBytes { room in
                        guard let base = room.baseAddress else { return 0 }
                        return unsafe readlinkat(number, path, base.assumingMemoryBound(to: CChar.self), room.count)
                    }
                }
            }
            if count < size { return Array(target.prefix(count)) }
            size *= 4
        }
    }

    package borrowing func makeDirectory(_ name: some Collection<UInt8>, mode: UInt32) throws(SystemError) {
        let number = raw
        _ = unsafe try withPath(name) { (path) throws(SystemError) in
            try retrying("mkdirat") { unsafe mkdirat(number, path, mode_t(mode)) }
        }
    }

    package borrowing func makeSymbolicLink(_ name: some Collection<UInt8>, target: [UInt8]) throws(SystemError) {
        let number = raw
        _ = unsafe try withPath(name) { (path) throws(SystemError) in
            unsafe try withPath(target) { (target) throws(SystemError) in
                try retrying("symlinkat") { unsafe symlinkat(target, number, path) }
            }
        }
    }

    /// A FIFO, socket or device node. `type` is one of those.
    package borrowing func makeNode(
        _ name: some Collection<UInt8>, type: FileType, permissions: UInt16, major: UInt32, minor: UInt32
    ) throws(SystemError) {
        let number = raw
        let format: UInt32 =
            switch type {
            case .fifo: S_IFIFO
            case .socket: S_IFSOCK
            case .characterDevice: S_IFCHR
            case .blockDevice: S_IFBLK
            default: throw SystemError("mknodat", EINVAL)
            }
        let device = snap_make_device(major, minor)
        _ = unsafe try withPath(name) { (path) throws(SystemError) in
            try retrying("mknodat") {
                unsafe mknodat(number, path, mode_t(format | UInt32(permissions)), dev_t(device))
            }
        }
    }

    /// Another name, `name` in `directory`, for the file `existing` in this directory.
    package borrowing func link(
        _ existing: some Collection<UInt8>, to directory: borrowing FileDescriptor, _ name: some Collection<UInt8>
    ) throws(SystemError) {
        let number = raw
        let other = directory.raw
        _ = unsafe try withPath(existing) { (from) throws(SystemError) in
            unsafe try withPath(name) { (to) throws(SystemError) in
                try retrying("linkat") { unsafe linkat(number, from, other, to, 0) }
            }
        }
    }

    package borrowing func rename(
        _ from: some Collection<UInt8>, to directory: borrowing FileDescriptor, _ to: some Collection<UInt8>
    ) throws(SystemError) {
        let number = raw
        let other = directory.raw
        _ = unsafe try withPath(from) { (from) throws(SystemError) in
            unsafe try withPath(to) { (to) throws(SystemError) in
                try retrying("renameat") { unsafe renameat(number, from, other, to) }
            }
        }
    }

    package borrowing func remove(_ name: some Collection<UInt8>, directory: Bool = false) throws(SystemError) {
        let number = raw
        _ = unsafe try withPath(name) { (path) throws(SystemError) in
            try retrying("unlinkat") { unsafe unlinkat(number, path, directory ? AT_REMOVEDIR : 0) }
        }
    }

    package borrowing func setOwner(_ owner: UInt32, group: UInt32, of name: some Collection<UInt8>) throws(SystemError)
    {
        let number = raw
        _ = unsafe try withPath(name) { (path) throws(SystemError) in
            try retrying("fchownat") { unsafe fchownat(number, path, owner, group, AT_SYMLINK_NOFOLLOW) }
        }
    }

    package borrowing func setOwner(_ owner: UInt32, group: UInt32) throws(SystemError) {
        let number = raw
        _ = try retrying("fchown") { fchown(number, owner, group) }
    }

    /// EOPNOTSUPP if `name` is a symbolic link, whose mode Linux cannot change: it is never followed. Needs /proc.
    package borrowing func setPermissions(_ permissions: UInt16, of name: some Collection<UInt8>) throws(SystemError) {
        let number = raw
        _ = unsafe try withPath(name) { (path) throws(SystemError) in
            try retrying("fchmodat") { unsafe fchmodat(number, path, mode_t(permissions), AT_SYMLINK_NOFOLLOW) }
        }
    }

    package borrowing func setPermissions(_ permissions: UInt16) throws(SystemError) {
        let number = raw
        _ = try retrying("fchmod") { fchmod(number, mode_t(permissions)) }
    }

    /// Sets the modification time; the access time stays.
    package borrowing func setModificationTime(seconds: Int64, nanoseconds: UInt32, of name: some Collection<UInt8>)
        throws(SystemError)
    {
        let number = raw
        let times = modificationTime(seconds, nanoseconds)
        _ = unsafe try withPath(name) { (path) throws(SystemError) in
            try retrying("utimensat") { unsafe utimensat(number, path, times, AT_SYMLINK_NOFOLLOW) }
        }
    }

    package borrowing func setModificationTime(seconds: Int64, nanoseconds: UInt32) throws(SystemError) {
        let number = raw
        let times = modificationTime(seconds, nanoseconds)
        _ = try retrying("futimens") { unsafe futimens(number, times) }
    }

    private borrowing func modificationTime(_ seconds: Int64, _ nanoseconds: UInt32) -> [timespec] {
        // UTIME_OMIT
        [timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec(tv_sec: time_t(seconds), tv_nsec: Int(nanoseconds))]
    }

    /// Inode flags or a project id that snap does not keep.
    package borrowing func hasInodeFlags() -> Bool { snap_has_inode_flags(raw) == 1 }
}

/// Bytes of a file system: how many a user may still take, and how large it is.
package struct FreeSpace: Sendable {
    package var available: UInt64
    package var total: UInt64
}

extension FileDescriptor {
    /// The space on this file's file system.
    package borrowing func freeSpace() throws(SystemError) -> FreeSpace {
        let number = raw
        var info = statvfs()
        _ = try retrying("fstatvfs") { unsafe fstatvfs(number, &info) }
        let unit = UInt64(info.f_frsize == 0 ? info.f_bsize : info.f_frsize)
        return FreeSpace(
            available: unit.multipliedReportingOverflow(by: UInt64(info.f_bavail)).partialValue,
            total: unit.multipliedReportingOverflow(by: UInt64(info.f_blocks)).partialValue)
    }
}
