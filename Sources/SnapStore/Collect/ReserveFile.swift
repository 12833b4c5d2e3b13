// Half a megabyte that nobody uses, so that on a full disk gc has room for the few small files and lines without which it can
// remove nothing. It is made at the end of a gc, where there is plenty, and given up at the start of one where there is
// nearly nothing.

internal import SnapSystem

enum ReserveFile {
    static let file = "reserve"
    static let length: UInt64 = 512 << 10
    /// With less than this free it is given up.
    private static let floor: UInt64 = 4 << 20
    /// With less than this free it is not made.
    private static let plenty: UInt64 = 64 << 20

    /// Makes room, if there is nearly none.
    static func giveUp(in store: StoreDirectory) {
        guard let space = try? store.descriptor.freeSpace(), space.available < floor else { return }
        // Without it there is nothing to give up.
        try? store.descriptor.remove(Array(file.utf8))
    }

    /// Makes it, if it is not there. Without it a gc on a full disk may fail, and that is all.
    static func make(in store: StoreDirectory) {
        let name = Array(file.utf8)
        guard let space = try? store.descriptor.freeSpace(), space.available >= plenty else { return }
        do throws(SystemError) {
            if try store.descriptor.has(name) {
                if try store.descriptor.facts(of: name).0.size >= length { return }
                // The gc that made it was killed.
                try store.descriptor.remove(name)
            }
            let made = try store.ownership.createFile(name, in: store.descriptor)
            try made.allocate(length)
        } catch {}
    }
}
