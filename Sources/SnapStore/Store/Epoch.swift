// The epoch: how gc and takes agree on which packs may still be relied on.
//
// gc raises the epoch before it removes packs, and then waits for the takes that started under the older one. A take
// reads the epoch, shares the lock of its parity, and reads again: if gc raised it in between, gc may already have
// looked at the lock and found it free, so the take lets go and starts over. Once both readings agree, gc waits.

internal import SnapSystem

package struct Epoch: Sendable {
    private static let file = "epoch"
    private let store: StoreDirectory
    private let locks: Locks

    package init(store: StoreDirectory, locks: Locks) {
        self.store = store
        self.locks = locks
    }

    /// The current epoch; 0 if gc has never raised it.
    package func read() throws(StoreError) -> UInt64 {
        guard let file = try store.readKeyValues(Self.file) else { return 0 }
        guard let value = file.number("epoch") else { throw store.damage(Self.file, "it has no epoch") }
        return value
    }

    /// Raises the epoch by one, durably. Only gc does, under its lock.
    package func raise() throws(StoreError) -> UInt64 {
        let next = try read() &+ 1
        var file = KeyValueFile()
        file.append("epoch", String(next))
        try store.replace(Self.file, with: file.encoded(checksummed: true))
        return next
    }

    /// Keeps gc from removing what is there now, until the lock goes.
    package func enter() throws(StoreError) -> EpochLock {
        while true {
            let epoch = try read()
            guard let lock = try locks.epoch(epoch, exclusive: false) else { continue }
            if try read() == epoch { return EpochLock(epoch: epoch, owning: lock) }
        }
    }
}
