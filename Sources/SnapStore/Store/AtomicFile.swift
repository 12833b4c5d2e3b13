// Small files that are replaced as a whole: after a crash at any instant the name holds the old bytes or the new ones.
//
// The order is: write under another name, fsync, rename, fsync the directory. Other names are random, so that two
// writers at once cannot rename each other's half-written file into place; what a crash leaves of them is a file that
// no reader looks at.

package import SnapSystem

package enum AtomicFile {
    /// What stands in the names of files and directories that are not finished.
    package static let unfinishedMark = ".new-"

    /// `name` with the mark and random digits behind it.
    package static func unfinishedName(of name: [UInt8]) throws(SystemError) -> [UInt8] {
        name + Array((unfinishedMark + hexadecimal(try Process.randomBytes(8))).utf8)
    }

    /// Gives `name` in `directory` new content. When this returns it is durable; when it throws, the name holds the old
    /// content or, if only the last sync failed, the new.
    package static func replace(
        _ name: [UInt8], in directory: borrowing FileDescriptor, with content: [UInt8], ownership: Ownership,
        permissions: UInt16 = 0o600
    ) throws(SystemError) {
        let unfinished = try unfinishedName(of: name)
        do throws(SystemError) {
            try create(unfinished, in: directory, with: content, ownership: ownership, permissions: permissions)
            try directory.rename(unfinished, to: directory, name)
        } catch {
            do { try directory.remove(unfinished) } catch { /* what matters is why it failed */  }
            throw error
        }
        try directory.sync()
    }

    /// Makes the file `name`, which must not exist, with its content on the disk. The directory is not synced.
    package static func create(
        _ name: [UInt8], in directory: borrowing FileDescriptor, with content: [UInt8], ownership: Ownership,
        permissions: UInt16 = 0o600
    ) throws(SystemError) {
        let file = try ownership.createFile(name, in: directory)
        try file.write(content)
        if permissions != 0o600 { try file.setPermissions(permissions) }
        try file.sync()
        try file.close()
    }
}
