// The locks of a store (docs/format.md, section 7): `flock` on files in `lock/`.
//
// A lock file is made once and never replaced or removed: whoever renamed or unlinked one would leave two processes
// each holding a lock on a file of its own, both sure to be alone. The kernel releases a lock when its open file is
// closed, so a process that dies leaves none behind.
//
// Order, so that no two wait for each other: directory, gc, identity, epoch, timeline.

internal import SnapSystem

/// A lock that is held until this value goes.
package struct StoreLock: ~Copyable, Sendable {
    package let name: String
    private let file: FileDescriptor

    init(name: String, owning file: consuming FileDescriptor) {
        self.name = name
        self.file = file
    }

    /// Lets go now. Without it the lock is held to the end of the scope.
    package consuming func release() {}
}

/// The right to append to one timeline, or to rewrite it.
package struct TimelineLock: ~Copyable, Sendable {
    /// The id of the timeline's working directory.
    package let directoryID: String
    private let lock: StoreLock

    init(directoryID: String, owning lock: consuming StoreLock) {
        self.directoryID = directoryID
        self.lock = lock
    }

    package consuming func release() {}
}

/// What keeps gc from removing what a take relies on.
package struct EpochLock: ~Copyable, Sendable {
    /// The epoch that the take runs under, for its stat cache.
    package let epoch: UInt64
    private let lock: StoreLock

    init(epoch: UInt64, owning lock: consuming StoreLock) {
        self.epoch = epoch
        self.lock = lock
    }

    package consuming func release() {}
}

/// The lock files of one store.
package struct Locks: Sendable {
    private let directory: StoreDirectory

    package init(in directory: StoreDirectory) {
        self.directory = directory
    }

    /// The directory's lock: shared for takes, exclusive for reverts. Nil if `waiting` is false and it cannot be had
    /// now. Whoever holds it may be long about it, and nothing has been begun: an interrupt ends the wait, with `cancelled`.
    package func directory(_ id: String, exclusive: Bool, waiting: Bool = true) throws(StoreError) -> StoreLock? {
        try acquire("directory-" + id, exclusive: exclusive, waiting: waiting, isInterruptible: true)
    }

    /// The timeline's lock, for as long as it takes to finish a manifest and append its line.
    package func timeline(_ id: String) throws(StoreError) -> TimelineLock {
        TimelineLock(directoryID: id, owning: try hold("timeline-" + id, exclusive: true))
    }

    /// Alone with the question which working directory has which id.
    package func identity() throws(StoreError) -> StoreLock {
        try hold("identity", exclusive: true)
    }

    /// Alone with the store's settings, which are read and replaced. Taken without another lock.
    package func configuration() throws(StoreError) -> StoreLock {
        try hold("config", exclusive: true)
    }

    /// gc's own lock. Nil if another gc is under way.
    package func gc() throws(StoreError) -> StoreLock? {
        try acquire("gc", exclusive: true, waiting: false)
    }

    /// The same lock, after waiting for whoever removes packs now. That can take long: an interrupt ends the wait, with
    /// `cancelled`.
    package func waitForGC() throws(StoreError) -> StoreLock {
        try hold("gc", exclusive: true, isInterruptible: true)
    }

    /// The lock that takes of `epoch`'s parity share; gc has it alone once they have ended.
    package func epoch(_ epoch: UInt64, exclusive: Bool, waiting: Bool = true) throws(StoreError) -> StoreLock? {
        try acquire(epoch % 2 == 0 ? "epoch-0" : "epoch-1", exclusive: exclusive, waiting: waiting)
    }

    /// As `identity`, or nil if this process may not write here at all: then nobody asks it to.
    package func identityIfWritable() throws(StoreError) -> StoreLock? {
        do throws(SystemError) {
            return try open("identity", exclusive: true, waiting: true)
        } catch {
            if error.isReadOnly { return nil }
            throw directory.failure(error, "lock", "identity")
        }
    }

    private func hold(
        _ name: String, exclusive: Bool, isInterruptible: Bool = false
    ) throws(StoreError) -> StoreLock {
        guard let lock = try acquire(name, exclusive: exclusive, waiting: true, isInterruptible: isInterruptible)
        else {
            throw directory.damage(name, "it cannot be locked")
        }
        return lock
    }

    private func acquire(
        _ name: String, exclusive: Bool, waiting: Bool, isInterruptible: Bool = false
    ) throws(StoreError) -> StoreLock? {
        do throws(SystemError) {
            return try open(name, exclusive: exclusive, waiting: waiting, isInterruptible: isInterruptible)
        } catch {
            if error.isInterruption { throw .cancelled }
            throw directory.failure(error, "lock", name)
        }
    }

    private func open(
        _ name: String, exclusive: Bool, waiting: Bool, isInterruptible: Bool = false
    ) throws(SystemError) -> StoreLock? {
        let file = try openFile(Array(name.utf8))
        guard try file.lock(exclusive: exclusive, waiting: waiting, isInterruptible: isInterruptible) else {
            return nil
        }
        return StoreLock(name: name, owning: file)
    }

    private func openFile(_ name: [UInt8]) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            // For writing, because an exclusive lock over NFS asks for it.
            return try directory.descriptor.open(name, [.readWrite, .nonBlocking])
        } catch {
            if !error.isNotFound { throw error }
        }
        do throws(SystemError) {
            return try directory.ownership.createFile(name, in: directory.descriptor, .readWrite)
        } catch {
            if !error.isExisting { throw error }
            return try directory.descriptor.open(name, [.readWrite, .nonBlocking])
        }
    }
}

extension SystemError {
    /// This process may not write here: by permission, or because the file system is mounted read-only (EROFS).
    var isReadOnly: Bool { isPermission || code == 30 }
}
