// Moving entries so that nothing is ever overwritten, and what else a transaction on a file system needs: a sync of all of it, shared blocks, and the question
// whether somebody still writes to a file.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

extension FileDescriptor {
    /// Exchanges `name` in this directory with `other` in `directory`, in one step. Both must be there.
    package borrowing func exchange(
        _ name: some Collection<UInt8>, with directory: borrowing FileDescriptor, _ other: some Collection<UInt8>
    ) throws(SystemError) {
        let number = raw
        let otherNumber = directory.raw
        _ = unsafe try withPath(name) { (name) throws(SystemError) in
            unsafe try withPath(other) { (other) throws(SystemError) in
                try retrying("renameat2") { unsafe snap_rename_exchange(number, name, otherNumber, other) }
            }
        }
    }

    /// Renames `name` in this directory to `other` in `directory`; EEXIST where that is there. Where the file system cannot promise that, it is looked up first.
    package borrowing func move(
        _ name: some Collection<UInt8>, to directory: borrowing FileDescriptor, _ other: some Collection<UInt8>
    ) throws(SystemError) {
        let number = raw
        let otherNumber = directory.raw
        do throws(SystemError) {
            _ = unsafe try withPath(name) { (name) throws(SystemError) in
                unsafe try withPath(other) { (other) throws(SystemError) in
                    try retrying("renameat2") { unsafe snap_rename_noreplace(number, name, otherNumber, other) }
                }
            }
        } catch {
            guard error.isUnknownFlag else { throw error }
            if try directory.has(other) { throw SystemError("renameat2", EEXIST) }
            try rename(name, to: directory, other)
        }
    }

    /// Makes everything on this file's file system durable.
    package borrowing func syncFileSystem() throws(SystemError) {
        let number = raw
        _ = try retrying("syncfs") { snap_sync_file_system(number) }
    }

    /// Takes over the content of `source` without copying it; false where the file system cannot.
    package borrowing func clone(_ source: borrowing FileDescriptor) throws(SystemError) -> Bool {
        let number = raw
        let from = source.raw
        do throws(SystemError) {
            _ = try retrying("ioctl") { snap_clone(number, from) }
            return true
        } catch {
            if error.isNotSupported || error.code == EXDEV || error.code == EINVAL { return false }
            throw error
        }
    }

    /// Somebody else has this regular file open for writing. False where that cannot be asked.
    package borrowing func hasWriter() -> Bool { snap_has_writer(raw) == 1 }
}

extension SystemError {
    /// The file system, or the kernel, does not know this kind of rename.
    package var isUnknownFlag: Bool { code == EINVAL || code == ENOSYS || code == ENOTSUP }
    /// Not on one file system, or a directory that an overlay cannot rename.
    package var isCrossDevice: Bool { code == EXDEV }
    package var isBusy: Bool { code == EBUSY }
    /// Nothing that a repetition could change: another's file, an immutable one, a mount point, a file system that cannot be written to.
    package var isRefusal: Bool { isPermission || isBusy || isCrossDevice || isNotSupported || code == EROFS }
}
