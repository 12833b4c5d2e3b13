// What gc writes before anything goes: packs anew, by compaction (`PackCompaction`) or, where that is not wanted or there is
// no room for it, hardly anything (`CollectionPlan`); and blocks that a rescue copies.
//
// Compaction is told what was marked, and which packs that holds for: what takes add meanwhile is no business of it, and is
// looked at when they have ended. It answers which packs were replaced. The new ones carry no marks, because what is needed
// has its mark where it lay before: nothing may be planned by marks behind that.

internal import SnapSystem

extension GCOperation {
    /// So much of what is free is left to others while old and new lie side by side: never more than half of it, for a little
    /// that is written may make room for much.
    private static func margin(of available: UInt64) -> UInt64 { min(16 << 20, available / 2) }
    /// Of what compaction could not read, so many pieces are told.
    private static let damageLimit = 10

    // MARK: Compact

    /// Chooses the packs that go, and writes anew what of them is needed. The new packs are durable when this returns.
    func compact() throws(StoreError) {
        var isDone = false
        if options.compacts { isDone = try compactPacks() }
        if !isDone { try dropPacks() }
        limitRetired()
    }

    /// False: there is no room for it, and no pack is chosen.
    private func compactPacks() throws(StoreError) -> Bool {
        let needed = try using { () throws(PackError) in try NeededObjects(marks) }
        let known = Set(marks.marks.map(\.id))
        let compaction = PackCompaction(
            packs, snapshots: try newestFirst(), options: try compactionOptions(), known: known,
            leaving: left, pace: pace, observer: observer
        ) { (key, pack, number) throws(PackError) in try needed.contains(key, pack, number) }
        let root = layout.root
        do throws(PackError) {
            let result = try compaction.run(temporary: layout.tmp.descriptor) { (bytes: Int) throws(PackError) in
                try GCOperation.checkRoom(for: bytes, in: root)
            }
            fresh.formUnion(result.written)
            retired.formUnion(result.replaced)
            isShortOfRoom = result.isShortOfRoom
            if isShortOfRoom { say(Self.shortNote) }
            tell(result.damages)
            try addNewPacks()
            return true
        } catch {
            guard error.isNoSpace else { throw failure(error) }
        }
        isShortOfRoom = true
        say(Self.roomNote)
        // What was written until then is there twice. No mark is in it, so it goes like everything that nobody needs.
        let vain = Set(compaction.written)
        try using { () throws(PackError) in
            try packs.refresh()
            let added = try packs.packs.filter { pack in pack.id.map { vain.contains($0) } ?? false }
            marks.add(added, last: vain.union(left))
        }
        return false
    }

    /// Lists the packs anew, those that were written among them.
    private func addNewPacks() throws(PackError) {
        try packs.refresh()
        marks.add(try packs.packs, last: retired)
    }

    private func compactionOptions() throws(StoreError) -> CompactionOptions {
        var result = CompactionOptions()
        result.effort = options.compactsFully ? .most : .usual
        result.compression = try directory.configuration().compression
        if options.isPaced { result.threads = 1 }
        fitting.room = room
        result.byteLimit = fitting.room
        result.sizeLimit = sizeLimit
        return result
    }

    /// The snapshots that were marked, the newest first; those that stay for their grace come last.
    private func newestFirst() throws(StoreError) -> [ObjectID] {
        let all = roots.newestFirst(rooms)
        return try using { () throws(PackError) -> [ObjectID] in
            var result: [ObjectID] = []
            for id in all where try marks.isNeeded(ObjectKey(.manifest, id)) { result.append(id) }
            return result
        }
    }

    /// Says what could not be read, and stays where it is.
    private func tell(_ damages: [PackError]) {
        for damage in damages.prefix(Self.damageLimit) {
            say("a pack stays as it is: \(damage.reason)")
        }
        let rest = damages.count - Self.damageLimit
        if rest > 0 { say("\(rest) more pieces of packs that stay as they are cannot be read") }
    }

    /// Bytes that may be written.
    private var room: UInt64 {
        if let limit = options.writingRoom { return limit }
        guard let space = try? layout.root.descriptor.freeSpace() else { return .max }
        let free = space.available - Self.margin(of: space.available)
        // What is written is hardly ever more than what of the old packs is needed; and then there is a limit all the same.
        return free - free / 8
    }

    /// Throws if the margin would be gone with `bytes` more.
    private static func checkRoom(for bytes: Int, in root: StoreDirectory) throws(PackError) {
        // Where nobody can tell, writing itself will.
        guard let space = try? root.descriptor.freeSpace() else { return }
        let floor = margin(of: space.available)
        if space.available < UInt64(max(bytes, 0)).addingSaturated(floor) {
            throw .noSpace(available: space.available, floor: floor, needed: UInt64(max(bytes, 0)))
        }
    }

    // MARK: Without compaction

    /// Packs without anything that is needed go, and nothing is written but live blocks of packs that must not stay.
    private func dropPacks() throws(StoreError) {
        let plan = try using { () throws(PackError) in try CollectionPlan(marks, leaving: left) }
        if !plan.copied.isEmpty {
            try write { (writer) throws(PackError) in
                for place in plan.copied {
                    try writer.copy(marks.marks[place].live.numbers, of: marks.marks[place].pack)
                }
            }
        }
        for place in plan.dropped + plan.copied { retired.insert(marks.marks[place].id) }
    }

    // MARK: Writing

    /// Writes packs, and makes them durable and known. A pack is known by its content: one that comes out as it was before
    /// is no other, and stays.
    func write(_ body: (CollectionWriter) throws(PackError) -> Void) throws(StoreError) {
        try using { () throws(PackError) in
            let session = try PackSession(store: packs, temporary: layout.tmp.descriptor)
            do throws(PackError) {
                try body(CollectionWriter(session, packs, pace, observer))
                fresh.formUnion(try session.commit())
            } catch {
                session.abort(keepingComplete: false)
                throw error
            }
            retired.subtract(fresh)
            try addNewPacks()
        }
    }

    /// The list has its limit. What is on it already may be half gone and comes first; of the others the largest are worth most.
    private func limitRetired() {
        retired.subtract(fresh)
        if retired.count <= RetiredPacks.limit { return }
        fitting.isCut = true
        func length(_ id: ObjectID) -> UInt64 { marks.place(of: id).map { marks.marks[$0].pack.length } ?? 0 }
        let lengths = retired.map { (id: $0, length: left.contains($0) ? .max : length($0)) }
            .sorted { $0.length > $1.length }
        retired = Set(lengths.prefix(RetiredPacks.limit).map(\.id))
    }
}
