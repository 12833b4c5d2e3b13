// Who may use a store, and who owns what is written into it.
//
// A store is used by its owner alone. Root may work on another's store: then what root creates must belong to the
// owner, or the owner could never open or remove it. Modes are set on the open file, because the umask takes bits away
// from what is asked for at creation, and by descriptor, because a name could have become a link in between.

internal import CSnapSystem
package import SnapSystem

/// The owner and group of a store's files.
package struct Ownership: Sendable, Equatable {
    package let owner: UInt32
    package let group: UInt32
    /// The user this process acts as.
    package let user: UInt32

    package init(of facts: FileFacts, user: UInt32 = Process.effectiveUser) {
        owner = facts.owner
        group = facts.group
        self.user = user
    }

    private init(user: UInt32) {
        owner = user
        group = 0
        self.user = user
    }

    /// What this process creates is its own.
    package static var own: Ownership { Ownership(user: Process.effectiveUser) }

    /// Whether `user` may work on what belongs to `owner`.
    package var isAllowed: Bool { owner == user || user == 0 }

    /// Gives a file that was just created to the store's owner.
    package func apply(to file: borrowing FileDescriptor) throws(SystemError) {
        if owner != user { try file.setOwner(owner, group: group) }
    }

    /// Makes the file `name`, which must not exist, for reading and writing by the owner alone.
    package func createFile(
        _ name: [UInt8], in directory: borrowing FileDescriptor, _ flags: OpenFlags = .write
    ) throws(SystemError) -> FileDescriptor {
        let file = try directory.open(name, flags.union([.create, .exclusive]), mode: 0o600)
        try file.setPermissions(0o600)
        try apply(to: file)
        return file
    }

    /// Makes the directory `name`, which must not exist, for the owner alone.
    package func createDirectory(
        _ name: [UInt8], in directory: borrowing FileDescriptor
    ) throws(SystemError) -> FileDescriptor {
        try directory.makeDirectory(name, mode: 0o700)
        let made: FileDescriptor
        do throws(SystemError) {
            made = try directory.open(name, [.read, .directory])
        } catch {
            // A umask that takes away the owner's own bits leaves a directory that cannot be opened. Root, who could be
            // led astray by a link in place of the name, never comes here.
            guard error.isPermission else { throw error }
            try directory.setPermissions(0o700, of: name)
            made = try directory.open(name, [.read, .directory])
        }
        try made.setPermissions(0o700)
        try apply(to: made)
        return made
    }
}
