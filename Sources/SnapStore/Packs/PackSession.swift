// What one take, or one gc, writes: packs in `tmp/` that become visible together.
//
// Two locks, so that asking for ids hardly ever waits for the disk: one for the ids that someone has promised to store, one
// for the pack being written. A pack that is full is finished by the thread that found it full, while the others go
// on with the next one. An error while writing is kept: every later call gives it again, and nothing is committed.

package import SnapSystem

package final class PackSession: Sendable {
    private struct Writing {
        var writer: PackWriter?
        var finished: [(writer: PackWriter, id: ObjectID)] = []
        var storedBytes: UInt64 = 0
        var objectCount: UInt64 = 0
        var failure: PackError?
        var isClosed = false
    }

    private let store: PackSet
    private let temporary: FileDescriptor
    private let limit: UInt64
    private let features: PackFeatures
    private let spaceCheck: (@Sendable (_ bytes: Int) throws(PackError) -> Void)?
    private let claimed: Monitor<ObjectKeySet>
    private let writing = Monitor(Writing())

    /// Writes to the directory `temporary`, on the file system of `store`. `limit` is the length at which the next
    /// pack is begun. Promised ids beyond `claimsInMemory` lie in a temporary file. `features` is what the packs say of
    /// themselves. `spaceCheck` is called before each write and may refuse it.
    package init(
        store: PackSet, temporary: borrowing FileDescriptor, limit: UInt64 = PackSession.defaultLimit,
        claimsInMemory: Int = 1 << 18, features: PackFeatures = [],
        spaceCheck: (@Sendable (_ bytes: Int) throws(PackError) -> Void)? = nil
    ) throws(PackError) {
        self.store = store
        self.temporary = try naming("tmp") { () throws(SystemError) in try temporary.duplicate() }
        self.limit = limit
        self.features = features
        self.spaceCheck = spaceCheck
        let room = try naming("tmp") { () throws(SystemError) in try temporary.duplicate() }
        claimed = Monitor(
            ObjectKeySet(limit: claimsInMemory) { () throws(SystemError) in try SpillFile(in: room) })
    }

    package static let defaultLimit = PackFormat.maximumPackLength

    /// For each key, whether the caller must store it: no pack of the store has it, and nobody was told so before.
    package func claim(_ keys: [ObjectKey]) throws(PackError) -> [Bool] {
        var result = try store.contains(keys)
        do throws(SystemError) {
            try claimed.withLock { (claimed) throws(SystemError) in
                for index in keys.indices {
                    result[index] = result[index] ? false : try claimed.insert(keys[index])
                }
            }
        } catch {
            // Some of these are promised already, and nobody will store them.
            let failure = PackError.system(file: "tmp", error)
            writing.withLock { $0.failure = $0.failure ?? failure }
            throw failure
        }
        return result
    }

    /// An empty temporary file beside the packs.
    package func makeSpillFile() throws(SystemError) -> SpillFile { try SpillFile(in: temporary) }

    package func claim(_ type: ObjectType, _ ids: [ObjectID]) throws(PackError) -> [Bool] {
        try claim(ids.map { ObjectKey(type, $0) })
    }

    /// Bytes of blocks so far, and objects in them.
    package var storedBytes: UInt64 { writing.withLock { $0.storedBytes } }
    package var objectCount: UInt64 { writing.withLock { $0.objectCount } }

    /// Writes a block whose objects the caller has claimed.
    package func append(_ block: EncodedBlock) throws(PackError) {
        try spaceCheck?(block.length)
        let full = try withWriting { (state) throws(PackError) in try place(block, &state) }
        if let full { try finish(full) }
    }

    /// Returns the pack before, if it was full.
    private func place(_ block: EncodedBlock, _ state: inout Writing) throws(PackError) -> PackWriter? {
        var full: PackWriter?
        if let writer = state.writer, !writer.isEmpty,
            writer.finishedLength(with: block) > limit || writer.objectCount >= PackFormat.objectsAPack
        {
            full = writer
            state.writer = nil
        }
        let writer: PackWriter
        if let present = state.writer {
            writer = present
        } else {
            do throws(PackError) {
                writer = try PackWriter(in: temporary, features: features)
            } catch {
                // Keep hold of it, to be removed.
                state.writer = full
                throw error
            }
            state.writer = writer
        }
        do throws(PackError) {
            try writer.append(block)
        } catch {
            if let full { state.finished.append((full, .zero)) }
            throw error
        }
        state.storedBytes += UInt64(block.length)
        state.objectCount += UInt64(block.objects.count)
        return full
    }

    /// Runs `body` under the lock unless the session has failed; if it throws, the session has.
    private func withWriting<R>(_ body: (inout Writing) throws(PackError) -> R) throws(PackError) -> R {
        try writing.withLock { (state) throws(PackError) in
            if let failure = state.failure { throw failure }
            if state.isClosed { throw PackError.invalidBlock("the session has ended") }
            do throws(PackError) {
                return try body(&state)
            } catch {
                state.failure = error
                throw error
            }
        }
    }

    /// Not under the lock: sorting the index and waiting for the disk take long.
    private func finish(_ writer: PackWriter) throws(PackError) {
        do throws(PackError) {
            let id = try writer.finish(avoiding: store.retired)
            writing.withLock { $0.finished.append((writer, id)) }
        } catch {
            writing.withLock { state in
                state.finished.append((writer, .zero))
                state.failure = state.failure ?? error
            }
            throw error
        }
    }

    /// Waits until the disk has all data written so far, so that `commit` need not wait for it.
    package func flushData() throws(PackError) {
        let writer = try withWriting { (state) throws(PackError) in
            try state.writer?.flush()
            return state.writer
        }
        try writer?.syncData()
    }

    /// Makes everything durable and visible, and returns the new packs. No other call may be under way. After an
    /// error some packs may be visible already, which does no harm; `abort` removes the others.
    package func commit() throws(PackError) -> [ObjectID] {
        let writer = try withWriting { (state) throws(PackError) in
            let writer = state.writer
            state.writer = nil
            return writer
        }
        // Nobody asks any more, and to finish a pack takes memory for its index.
        claimed.withLock { $0 = ObjectKeySet() }
        if let writer { try finish(writer) }
        let finished = try withWriting { (state) throws(PackError) in
            state.isClosed = true
            return state.finished
        }
        if finished.isEmpty { return [] }
        try store.take(finished.map { ($0.writer.name, $0.id) }, from: temporary)
        writing.withLock { $0.finished = [] }
        return finished.map(\.id)
    }

    /// Removes what was not committed; with `keepingComplete`, complete packs are left for a sweep to adopt. No other
    /// call may be under way.
    package func abort(keepingComplete: Bool) {
        let (writer, finished) = writing.withLock { state in
            let result = (state.writer, state.finished)
            state.writer = nil
            state.finished = []
            state.isClosed = true
            return result
        }
        // A file that cannot be removed now is removed by the next sweep.
        if let writer { discard(writer) }
        for (writer, id) in finished where !keepingComplete || id == .zero { discard(writer) }
    }

    private func discard(_ writer: PackWriter) {
        do throws(SystemError) { try temporary.remove(writer.name) } catch {}
    }
}
