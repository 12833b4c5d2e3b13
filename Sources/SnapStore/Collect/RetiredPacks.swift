// The packs that gc is about to remove: the file `retired` in the store (docs/format.md, section 7).
//
// What these packs have can be read, but nothing new may rely on it. A take reads the file once it has entered its epoch,
// and gc writes it before it raises the epoch. So a take of the new epoch knows the list; takes of older epochs do not,
// and gc waits for them. The list is replaced as a whole, and outlives the gc that wrote it if that is killed: then the
// packs may be half gone, and nothing may rely on them all the more.

internal import SnapSystem

enum RetiredPacks {
    static let file = "retired"
    /// As many as a small file has room for. More are retired by the next gc.
    static let limit = 10_000

    /// None where there is no such file.
    static func read(in store: StoreDirectory) throws(StoreError) -> Set<ObjectID> {
        guard let values = try store.readKeyValues(file) else { return [] }
        var result: Set<ObjectID> = []
        for value in values.values("pack") {
            guard let id = ObjectID(lowerCaseDigits: value.span) else {
                throw store.damage(file, "it names something that is no pack")
            }
            result.insert(id)
        }
        return result
    }

    /// Replaces the list, durably.
    static func write(_ ids: Set<ObjectID>, in store: StoreDirectory) throws(StoreError) {
        if ids.isEmpty { return try clear(in: store) }
        var values = KeyValueFile()
        for id in ids.sorted() { values.append("pack", id.description) }
        try store.replace(file, with: values.encoded(checksummed: true))
    }

    /// No pack is retired any more.
    static func clear(in store: StoreDirectory) throws(StoreError) {
        do throws(SystemError) {
            do throws(SystemError) {
                try store.descriptor.remove(Array(file.utf8))
            } catch {
                if error.isNotFound { return }
                throw error
            }
            try store.descriptor.sync()
        } catch {
            throw store.failure(error, "remove", file)
        }
    }
}

extension WorkingDirectory {
    /// From now on nothing new relies on what gc is about to remove, or has removed. To be asked once an epoch is entered,
    /// or under gc's lock.
    func passOverRetiredPacks() throws(StoreError) {
        packs.setRetired(try RetiredPacks.read(in: layout.root))
        // In this order: what is not in the list any more is not in `packs/` any more. A pack that was opened before
        // could still be read, and must not count.
        do throws(PackError) {
            try packs.refreshIfListed()
        } catch {
            throw StoreError(error)
        }
    }
}
