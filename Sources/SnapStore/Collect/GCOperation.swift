// gc, from its lock to its line in `maintenance`. ARCHITECTURE.md, "Collecting", says why this order is right.
//
//   expire    marks in timelines, by the rules
//   mark      all that must stay, from what the timelines say now
//   compact   what takes wrote, and packs of which too little is needed, are written anew; the new ones are durable
//   retire    packs of which nothing is needed any more stop counting: the list is durable, then the epoch is raised
//   wait      for takes that began before, and do not know the list
//   mark      what was recorded meanwhile
//   rescue    what of that lies in retired packs only; durable
//   unlink    the retired packs
//
// Only gc and those who hold its lock remove packs, so none that is known here vanishes on the way. Takes add packs at any
// time: those stay. Killed at any point, it leaves a store that is whole: packs go only in the last step, and the list of
// retired ones is there as long as one of them may be.
//
// If the store is to become smaller, all of that is done first without letting anything go: what is written anew takes
// less. Only if that was not enough snapshots go (`Passes`).

internal import SnapSystem

final class GCOperation {
    let directory: WorkingDirectory
    let layout: StoreLayout
    let options: GCOptions
    let observer: Observer
    /// Now.
    let time: Timestamp
    var marks = PackMarks()
    var walk: Reachability
    let pace: WritingPace
    var report = GCReport()
    /// As they were read last.
    var rooms: [CollectedRoom] = []
    var roots = CollectionRoots([], at: .earliest)
    /// Removed snapshots whose grace was ended to save space.
    var ended: Set<ObjectID> = []
    /// What the packs may take; nil: nobody asked.
    var sizeLimit: UInt64?
    /// Snapshots go if the packs would take more than that.
    var endsHistory: Bool
    /// What an earlier gc retired and did not come to remove.
    var left: Set<ObjectID> = []
    /// Packs that go.
    var retired: Set<ObjectID> = []
    /// Packs that this gc wrote.
    var fresh: Set<ObjectID> = []
    /// Bytes of the packs that were removed.
    var removedBytes: UInt64 = 0
    /// Compaction left something out, because there was no room to write it anew.
    var isShortOfRoom = false
    var fitting = Fitting()
    /// What it goes by; nil: it may leave something to do.
    var settling: Settling?
    /// The one before it was raised.
    var formerEpoch: UInt64 = 0
    private let start = Process.monotonicNanoseconds

    init(_ directory: WorkingDirectory, _ options: GCOptions, _ observer: Observer) {
        self.directory = directory
        self.options = options
        self.observer = observer
        layout = directory.layout
        time = options.clock.now
        // Whether what is removed becomes free has to be seen first.
        endsHistory = (!options.compacts && options.free == nil) || options.isDryRun
        walk = Reachability(marks, directory.packs, observer)
        pace = WritingPace(isPaced: options.isPaced)
        report.isDryRun = options.isDryRun
    }

    var packs: PackSet { directory.packs }

    /// Told where compaction had to be left.
    static let shortNote = "there is not room enough to compact everything"
    static let roomNote = "there is no room to compact: only what goes without that is removed"

    func run() throws(StoreError) -> GCReport {
        if options.isDryRun { return try decideOnly() }
        try directory.requireWritable()
        guard let lock = try lockCollection() else {
            report.isOverlapping = true
            try measureSize()
            return finished()
        }
        try begin()
        try expire()
        repeat { try pass() } while try needsAnotherPass()
        try measure()
        ReserveFile.make(in: layout.root)
        Maintenance.record(.gc, summary, at: time, in: layout.root)
        lock.release()
        return finished()
    }

    /// From the first marking to the last pack that goes, once it has been looked what there is.
    func collect() throws(StoreError) {
        try mark()
        walk.rest()
        try compact()
        let isAlone: Bool
        switch try retire() {
        case .nothing: isAlone = true
        case .done: isAlone = try waitForTakes(of: formerEpoch)
        case .abandoned: isAlone = false
        }
        if isAlone {
            try markAgain()
            try rescue()
        }
        report.isUnfinished = !isAlone
        try noteRemovals()
        if isAlone {
            try unlink()
            try rewriteTimelines()
        }
    }

    /// What would expire. Reads only what deciding needs; everything, if a size is asked for.
    private func decideOnly() throws(StoreError) -> GCReport {
        rooms = try CollectedRoom.allNow(layout)
        try requireClock()
        try expire()
        if options.size != nil || options.free != nil {
            try look()
            try mark()
        }
        let isTooMuch = fitting.isHopeless || report.decisions.contains { $0.reasons == [.toSaveSpace] }
        if options.compacts, isTooMuch {
            report.notes.append("what the store takes was told as it is now: when it is compacted, less may have to go")
        }
        try measureSize()
        return finished()
    }

    private func finished() -> GCReport {
        report.missingChunks = max(report.missingChunks, walk.missingCount)
        report.seconds = Double(Process.monotonicNanoseconds &- start) / 1e9
        return report
    }

    /// For people who look at a store.
    private var summary: String {
        if report.isUnfinished, report.removedPacks == 0 {
            return "expired \(report.expired), removed nothing: a take was still running"
        }
        return "expired \(report.expired), freed \(report.freedBytes) bytes"
    }

    // MARK: Before anything

    /// gc's own lock. nil: another has it, and for longer than a merge of small packs takes.
    private func lockCollection() throws(StoreError) -> StoreLock? {
        while true {
            if let lock = try layout.locks.gc() { return lock }
            if isCancelled { throw .cancelled }
            if Process.monotonicNanoseconds &- start >= options.lockPatience { return nil }
            Process.pause(milliseconds: 50)
        }
    }

    /// Adds a note, once.
    func say(_ note: String) {
        if !report.notes.contains(note) { report.notes.append(note) }
    }

    var isCancelled: Bool { observer.isCancelled?() ?? false }

    /// Looks at what there is, and finishes what others left.
    func begin() throws(StoreError) {
        rooms = try CollectedRoom.all(layout)
        try requireClock()
        ReserveFile.giveUp(in: layout.root)
        do throws(StoreError) {
            left = try RetiredPacks.read(in: layout.root)
        } catch {
            // No take works without it. Any pack may have been on it and have lost what its blocks are made from, so
            // all are, until it is decided anew.
            guard case .damaged = error else { throw error }
            try using { () throws(PackError) in
                try packs.refresh()
                left = Set(try packs.packs.compactMap(\.id) + packs.unreadable.map(\.id))
            }
            guard left.count <= RetiredPacks.limit else { throw error }
            try RetiredPacks.write(left, in: layout.root)
            report.notes.append("the list of retired packs was damaged, and is made anew")
        }
        packs.setRetired(left)
        try sweep()
        try removeUnfinishedFiles()
    }

    /// By a clock that is behind, everything is younger than it is, and what is written now would seem older than what
    /// was there before. A minute is what clocks of several machines may differ by.
    private func requireClock() throws(StoreError) {
        guard !options.trustsClock, let latest = rooms.compactMap(\.latest).max() else { return }
        let (limit, isTooLarge) = time.seconds.addingReportingOverflow(60)
        if !isTooLarge, Timestamp(seconds: limit, nanoseconds: time.nanoseconds) < latest {
            throw .clockBehind(now: time, event: latest)
        }
    }

    /// Packs of takes, or of a gc, that did not end.
    func sweep() throws(StoreError) {
        try using { () throws(PackError) in _ = try Adoption.sweep(layout.tmp.descriptor, into: packs) }
    }

    // MARK: Marking

    /// What must stay, what there is, and how much that may be. Timelines are read before packs are listed: what a line names
    /// was durable before it.
    func look() throws(StoreError) {
        try readRoots()
        sizeLimit = try findSizeLimit()
    }

    /// Marks all that must stay.
    func mark() throws(StoreError) {
        if let sizeLimit, endsHistory { try markFitting(sizeLimit) } else { try followRoots() }
        fitting.liveSize = marks.liveSize
    }

    /// Reads the timelines, and then what packs there are.
    func readRoots() throws(StoreError) {
        rooms = try options.isDryRun ? CollectedRoom.allNow(layout) : CollectedRoom.all(layout)
        let ungraced = options.endsGrace ? Set(rooms.filter { isChosen($0) }.map(\.room.id)) : []
        roots = CollectionRoots(rooms, at: time, ungraced: ungraced, ended: ended)
        try using { () throws(PackError) in
            try packs.refresh()
            // What it has may be what others are made from, once it can be read again.
            if let unreadable = try packs.unreadable.first { throw unreadable.error }
            marks.add(try packs.packs, last: left.union(retired))
        }
    }

    /// Follows the roots, but not those of `without`.
    func followRoots(without: Set<ObjectID> = []) throws(StoreError) {
        for id in roots.whole where !without.contains(id) { try walk.follow(id, mustBeWhole: true) }
        for id in roots.recoverable where !without.contains(id) { try followIfThere(id) }
        for id in roots.partial { try walk.follow(id, mustBeWhole: false) }
        try followUnnamed()
    }

    /// A removed snapshot, of which nothing may be left. If it is hurt nothing else goes either, but not beyond its day.
    func followIfThere(_ id: ObjectID) throws(StoreError) {
        let isThere = try using { () throws(PackError) in try packs.locate(ObjectKey(.manifest, id)) != nil }
        if isThere { try walk.follow(id, mustBeWhole: !roots.overdue.contains(id)) }
    }

    /// Follows snapshots that no line names: all of them where there are lines that nobody can read, and else those whose line
    /// may have been lost.
    private func followUnnamed() throws(StoreError) {
        let ids = try using { () throws(PackError) in try packs.ids(.manifest, prefix: "") }
        let gone = rooms.reduce(into: Set<ObjectID>()) { $0.formUnion($1.removals.gone) }
        let reader = ObjectReader(packs)
        var count = 0
        for id in ids where !roots.named.contains(id) {
            if !roots.hasUnknown {
                if gone.contains(id) { continue }
                let manifest = try? directory.readManifest(id, with: reader)
                if let manifest, !isLost(manifest) { continue }
                // A take that is under way has not written its line yet.
                if manifest.map({ $0.time <= time }) ?? true { count += 1 }
            }
            try walk.follow(id, mustBeWhole: false)
        }
        let note = "snapshots that no list names are kept, because their lines may have been lost: \(count)"
        if count > 0 { say(note) }
    }

    /// Whether a timeline should name a snapshot and was lost, cut short or exchanged for an older one: what a take that was killed
    /// has left is older than what its directory has recorded since. An event of the future tells nothing about that.
    private func isLost(_ manifest: Manifest) -> Bool {
        guard let room = rooms.first(where: { $0.room.id == manifest.directory }), room.contents.head != nil else {
            return true
        }
        guard let latest = room.contents.events.map(\.time).filter({ $0 <= time }).max() else { return true }
        return manifest.time > latest
    }

    // MARK: The end

    /// What nothing needs and stays.
    func countDead() {
        var dead: UInt64 = 0
        // What was written is needed, and is not marked.
        for mark in marks.marks where !fresh.contains(mark.id) {
            if report.isUnfinished || !retired.contains(mark.id) { dead = dead.addingSaturated(mark.deadBytes) }
        }
        report.deadBytes = dead
    }

    private func measureSize() throws(StoreError) {
        (report.storeBytes, report.packs) = try directory.storeSize()
    }

    private func measure() throws(StoreError) {
        try measureSize()
        report.writtenBytes = pace.bytes
        report.freedBytes = removedBytes > pace.bytes ? removedBytes - pace.bytes : 0
        if let limit = options.size, report.storeBytes > limit { report.fits = false }
        try measureFree()
    }

    /// Runs a call on packs, and makes its error one of the store.
    func using<R>(_ body: () throws(PackError) -> R) throws(StoreError) -> R {
        do throws(PackError) {
            return try body()
        } catch {
            throw failure(error)
        }
    }

    /// The error as one of the store.
    func failure(_ error: PackError) -> StoreError {
        if case .system(_, let cause) = error, cause.isNoSpace {
            return layout.root.noSpace
        }
        return StoreError(error)
    }
}
