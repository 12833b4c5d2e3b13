// All packs of a store.
//
// Packs come and go while others work: takes add them, gc removes them. A listing of a directory may show neither of
// two files of which one replaced the other, so an object counts as missing only when two listings in a row agree. A
// pack that cannot be opened is remembered with its reason and passed over: the objects of the others stay readable.

package import SnapSystem

/// Thread-safe. Nothing is listed or opened before the first question.
package final class PackSet: Sendable {
    private struct State {
        var packs: [Pack] = []
        var unreadable: [ObjectID: PackError] = [:]
        var retired: Set<ObjectID> = []
        var isListed = false
        /// Raised whenever packs came or went.
        var generation: UInt64 = 0
        /// Listings in a row that brought nothing new for a missing object, and when the last one was.
        var vain = 0
        var lastVain: UInt64 = 0
    }

    private let directory: FileDescriptor
    private let state = Monitor(State())

    /// So many fruitless listings are made at full rate. A store that lacks more objects is damaged, and there one
    /// listing in a while is enough.
    private static let vainLimit = 256
    private static let vainPause: UInt64 = 20_000_000
    private static let listingLimit = 16

    /// `directory` is `packs/`.
    package init(_ directory: consuming FileDescriptor) {
        self.directory = directory
    }

    /// The packs that can be read.
    package var packs: [Pack] {
        get throws(PackError) {
            let known = state.withLock { $0.isListed ? $0.packs : nil }
            if let known { return known }
            _ = try update(try listing())
            return state.withLock { $0.packs }
        }
    }

    /// The packs that cannot be read, and why.
    package var unreadable: [(id: ObjectID, error: PackError)] {
        get throws(PackError) {
            _ = try packs
            return state.withLock { state in state.unreadable.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 } }
        }
    }

    /// Lists the directory until two listings agree. True if packs came or went.
    @discardableResult
    package func refresh() throws(PackError) -> Bool {
        var isChanged = false
        var last = try listing()
        for _ in 0..<Self.listingLimit {
            if try update(last) { isChanged = true }
            let next = try listing()
            if next == last { break }
            last = next
        }
        return isChanged
    }

    /// Forgets packs that were listed once and are removed now. A listing that is still to come has no need of it.
    func refreshIfListed() throws(PackError) {
        guard state.withLock({ $0.isListed }) else { return }
        try refresh()
    }

    /// What `refreshAfterMiss` is told: read it before looking.
    package var generation: UInt64 { state.withLock { $0.generation } }

    /// After an object was not found among the packs of `generation`: true if it is worth looking again. Another thread may have listed them since.
    package func refreshAfterMiss(since generation: UInt64) throws(PackError) -> Bool {
        let now = Process.monotonicNanoseconds
        if self.generation != generation { return true }
        let isAsked = state.withLock { state in
            state.vain < Self.vainLimit || now < state.lastVain || now - state.lastVain > Self.vainPause
        }
        guard isAsked else { return false }
        try refresh()
        return state.withLock { state in
            let isChanged = state.generation != generation
            state.vain = isChanged ? 0 : state.vain + 1
            state.lastVain = now
            return isChanged
        }
    }

    private func listing() throws(PackError) -> [ObjectID] {
        let scanner = DirectoryScanner()
        do throws(SystemError) {
            try scanner.readNamesAnew(of: directory)
        } catch {
            throw .system(file: "packs", error)
        }
        var ids: [ObjectID] = []
        for index in 0..<scanner.count {
            let name = scanner.name(index)
            guard name.count == 69, name.suffix(5).elementsEqual(".pack".utf8),
                let id = ObjectID(lowerCaseDigits: Array(name.prefix(64)).span)
            else { continue }
            ids.append(id)
        }
        return ids.sorted()
    }

    /// Opens what is new in `listing` and forgets what is not in it any more. True if anything changed.
    private func update(_ listing: [ObjectID]) throws(PackError) -> Bool {
        let (known, isFirst) = state.withLock { state in
            // A system's error may be gone the next time; damage stays.
            let damaged = state.unreadable.filter { !$0.value.isFromSystem }.keys
            return (Set(state.packs.compactMap(\.id)).union(damaged), !state.isListed)
        }
        var opened: [Pack] = []
        var failed: [ObjectID: PackError] = [:]
        for id in listing where !known.contains(id) {
            do throws(PackError) {
                opened.append(try Pack(id, in: directory))
            } catch {
                if case .system(_, let cause) = error, cause.isNotFound { continue }
                failed[id] = error
            }
        }
        let wanted = Set(listing)
        return state.withLock { state in
            let before = state.packs.count
            state.packs.removeAll { pack in pack.id.map { !wanted.contains($0) } ?? true }
            var isChanged = isFirst || state.packs.count != before
            state.unreadable = state.unreadable.filter { wanted.contains($0.key) }
            let present = Set(state.packs.compactMap(\.id))
            for pack in opened {
                guard let id = pack.id, !present.contains(id) else { continue }
                state.packs.append(pack)
                state.unreadable[id] = nil
                isChanged = true
            }
            state.unreadable.merge(failed) { $1 }
            state.isListed = true
            if isChanged { state.generation += 1 }
            return isChanged
        }
    }

    /// Passes over `pack` from now on.
    private func setAside(_ pack: Pack, _ error: PackError) {
        state.withLock { state in
            state.packs.removeAll { $0 === pack }
            if let id = pack.id { state.unreadable[id] = error }
        }
    }

    private func find(_ key: ObjectKey, in pack: Pack) -> ObjectLocation? {
        do throws(PackError) {
            return try pack.find(key)
        } catch {
            setAside(pack, error)
            return nil
        }
    }

    /// Where the object lies, by what is known now.
    package func locate(_ key: ObjectKey) throws(PackError) -> (pack: Pack, location: ObjectLocation)? {
        for pack in try packs {
            if let location = find(key, in: pack) { return (pack, location) }
        }
        return nil
    }

    /// All places where the object lies, by what is known now; `forReference`, only those that something new may rely on.
    package func copies(of key: ObjectKey, forReference: Bool = false) throws(PackError) -> [(
        pack: Pack, location: ObjectLocation
    )] {
        var result: [(pack: Pack, location: ObjectLocation)] = []
        for pack in forReference ? try living() : try packs {
            if let location = find(key, in: pack) { result.append((pack, location)) }
        }
        return result
    }

    /// The packs that are not retired.
    func living() throws(PackError) -> [Pack] {
        let packs = try packs
        let retired = retired
        return retired.isEmpty ? packs : packs.filter { pack in pack.id.map { !retired.contains($0) } ?? false }
    }

    /// For each key, whether a take may refer to it: a pack has it that is not retired.
    package func contains(_ keys: [ObjectKey]) throws(PackError) -> [Bool] {
        var found = [Bool](repeating: false, count: keys.count)
        for pack in try living() {
            do throws(PackError) {
                try pack.index.mark(keys, in: &found)
            } catch {
                setAside(pack, error)
            }
        }
        return found
    }

    package func contains(_ key: ObjectKey) throws(PackError) -> Bool { try contains([key])[0] }

    /// Packs that gc is about to remove, by their names.
    var retired: Set<ObjectID> { state.withLock { $0.retired } }

    /// What these packs have, and no others, stays readable, but counts no more as being in the store: gc is about to
    /// remove them.
    func setRetired(_ ids: Set<ObjectID>) {
        state.withLock { $0.retired = ids }
    }

    /// The ids of `type` that start with `digits`, ascending, each once, at most about `limit`.
    package func ids(_ type: ObjectType, prefix digits: String, limit: Int = .max) throws(PackError) -> [ObjectID] {
        var result: Set<ObjectID> = []
        for pack in try packs {
            do throws(PackError) {
                result.formUnion(try pack.ids(type, prefix: digits, limit: limit))
            } catch {
                setAside(pack, error)
            }
        }
        return result.sorted()
    }

    /// Renames complete packs from `temporary` into the directory, and waits until the disk has their names.
    func take(_ finished: [(name: [UInt8], id: ObjectID)], from temporary: borrowing FileDescriptor) throws(PackError) {
        for (name, id) in finished {
            do throws(SystemError) {
                try temporary.rename(name, to: directory, packName(id))
            } catch {
                throw .system(file: temporaryLabel(name), error)
            }
        }
        try naming("packs") { () throws(SystemError) in try directory.sync() }
        // Only what was asked before must learn of them; else the first question lists them.
        guard state.withLock({ $0.isListed }) else { return }
        for (_, id) in finished {
            let pack = try Pack(id, in: directory)
            state.withLock { state in
                // One with the same id may say something else of itself.
                state.packs.removeAll { $0.id == id }
                state.packs.append(pack)
                state.unreadable[id] = nil
                state.generation += 1
            }
        }
    }

    /// Removes a pack's file. Others that have it open can read on.
    package func remove(_ id: ObjectID) throws(PackError) {
        state.withLock { state in
            state.packs.removeAll { $0.id == id }
            state.unreadable[id] = nil
        }
        try naming(packLabel(id)) { () throws(SystemError) in try directory.remove(packName(id)) }
    }

    /// Waits until the disk has what was added and removed.
    package func syncDirectory() throws(PackError) {
        try naming("packs") { () throws(SystemError) in try directory.sync() }
    }
}
