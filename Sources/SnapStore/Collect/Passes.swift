// One pass of gc after the other, until the store fits.
//
// The first lets no history go, because what is written anew takes less. Where compaction lacked room, what a pass has made
// is room for the next one: such passes come before any snapshot goes, as long as each makes a good part of what is wanted, or
// of the room that there was. Where compaction lacks room after snapshots went, such passes follow too.
//
// How much history goes at once depends on what is known. Where compaction had all the room it wanted, and what was removed
// has become free, all that is too much goes. Else only a part does, and then it is looked: what became of it, and whether
// there is room to compact now. If what was removed does not become free (somebody has the packs open, or snapshots of the
// file system keep them), no history makes up for that. Nor does it for a week: a gc that removes nothing sees nothing.

internal import SnapSystem

extension GCOperation {
    struct Fitting {
        var passes = 0
        /// What is free, right before packs are removed; nil: nobody asks.
        var freeBefore: UInt64?
        /// What was removed has become free: it was seen.
        var isFreeing = false
        /// Bytes that were removed and are not free yet.
        var pending: UInt64 = 0
        /// Less than this is not asked for in the present pass, in which only a part of the history may go.
        var leastSize: UInt64 = 0
        /// What the packs would take with nothing but what was marked.
        var liveSize: UInt64 = 0
        /// How much could go in the last pass in which only a part did.
        var part: UInt64 = 0
        /// By how much the last pass made the packs smaller.
        var gain: UInt64 = 0
        /// What compaction was allowed to write in it.
        var room: UInt64 = .max
        /// It changed nothing.
        var isIdle = false
        /// In the one before compaction lacked room.
        var wasShort = false
        /// What must stay takes more than was asked for.
        var isHopeless = false
        /// More packs were to go than a list has room for.
        var isCut = false
    }

    /// A pass costs as much as a gc.
    private static let passLimit = 16
    /// What became free says something if at least so much was removed.
    private static let leastEvidence: UInt64 = 512 << 10
    /// So long it is believed that nothing becomes free.
    private static let heldSeconds: Int64 = 7 * 86_400
    private static let heldNote = "removing packs frees nothing here: something else keeps them"

    /// One pass, and what came of it.
    func pass() throws(StoreError) {
        fitting.passes += 1
        let (removed, written, gone) = (removedBytes, pace.bytes, ended.count)
        // Only who wants it smaller asks.
        let isMeasured = options.size != nil || options.free != nil
        let before = isMeasured ? try packBytes() : 0
        try look()
        if isSettled() { return }
        try collect()
        countDead()
        settle()
        report.missingChunks = walk.missingCount
        // Removed packs take their room as long as they are open here.
        marks = PackMarks()
        walk = Reachability(marks, packs, observer)
        seeWhatIsFree(afterRemoving: removedBytes - removed)
        let after = isMeasured ? try packBytes() : 0
        fitting.gain = before > after ? before - after : 0
        fitting.isIdle = removedBytes == removed && pace.bytes == written && ended.count == gone
    }

    func packBytes() throws(StoreError) -> UInt64 { try directory.storeSize().bytes }

    private func seeWhatIsFree(afterRemoving removed: UInt64) {
        guard let before = fitting.freeBefore, removed >= Self.leastEvidence else { return }
        // Some file systems free what was removed when they write it down. Where that fails they do it later.
        try? layout.root.descriptor.syncFileSystem()
        guard let now = freeBytes else { return }
        let gain = now > before ? now - before : 0
        // What was kept open may have been closed since.
        let owed = fitting.pending.addingSaturated(removed)
        fitting.pending = owed > gain ? owed - gain : 0
        fitting.isFreeing = gain >= removed / 2
        report.freesNothing = !fitting.isFreeing
        if fitting.isFreeing {
            report.notes.removeAll { $0 == Self.heldNote }
            Maintenance.forget(.held, in: layout.root)
        } else {
            say(Self.heldNote)
            Maintenance.record(.held, "what was removed did not become free", at: time, in: layout.root)
        }
    }

    /// Whether the store takes more than was asked for, and another pass may help.
    func needsAnotherPass() throws(StoreError) -> Bool {
        if report.isUnfinished { return false }
        guard var limit = try findSizeLimit() else { return false }
        let size = try packBytes()
        if size <= limit { return false }
        if fitting.passes >= Self.passLimit {
            say("there is more to do: run gc again")
            return false
        }
        if isRoomMade(for: size - limit) {
            endsHistory = false
        } else {
            // One that let all go that was too much, or would have, was the last.
            if endsHistory, fitting.leastSize == 0 || fitting.isIdle { return false }
            if fitting.isHopeless { return false }
            if isHeld(limit) {
                // What the store may take is a wish of its own.
                guard let wanted = options.size, size > wanted else { return false }
                limit = wanted
            }
            endsHistory = true
            // What goes without compaction being short of room, and is sure to become free, goes at once.
            let isSure = !isShortOfRoom && (fitting.isFreeing || isLimitOfSize(limit))
            fitting.leastSize = isSure ? 0 : leastSize(below: min(fitting.liveSize, size))
        }
        startAnew()
        return true
    }

    /// Of the next pass, in which only a part goes. It is never 0. Each part is twice as large as the one before.
    private func leastSize(below size: UInt64) -> UInt64 {
        fitting.part = max(fitting.part.addingSaturated(fitting.part), Self.leastEvidence, size / 32)
        return size > fitting.part ? size - fitting.part : 1
    }

    /// Compaction lacked room, and has more of it now, so that the store comes nearer to what is wanted.
    private func isRoomMade(for lack: UInt64) -> Bool {
        guard isShortOfRoom, !report.freesNothing, fitting.gain > 0 else { return false }
        return fitting.gain >= lack / 8 || fitting.gain >= fitting.room / 4
    }

    /// The limit is what the store may take, however much is free.
    private func isLimitOfSize(_ limit: UInt64) -> Bool { options.size.map { $0 <= limit } ?? false }

    /// More free space is wanted, and nothing becomes free.
    private func isHeld(_ limit: UInt64) -> Bool {
        if options.free == nil || isLimitOfSize(limit) || fitting.isFreeing { return false }
        if report.freesNothing { return true }
        guard let last = Maintenance(in: layout.root).last(.held) else { return false }
        let (end, isNever) = last.time.seconds.addingReportingOverflow(Self.heldSeconds)
        // One of the future was written by another clock.
        guard last.time <= time, isNever || time.seconds < end else { return false }
        report.freesNothing = true
        say("what was removed on \(last.time) did not become free: something else keeps it")
        return true
    }

    /// Nothing is marked, and nothing retired.
    private func startAnew() {
        fitting.wasShort = isShortOfRoom
        isShortOfRoom = false
        report.notes.removeAll { $0 == Self.roomNote || $0 == Self.shortNote }
        left = []
        retired = []
        fresh = []
    }

    // MARK: Free space

    /// What of the file system is free; nil: it cannot be told.
    var freeBytes: UInt64? { try? readFreeBytes() }

    func readFreeBytes() throws(StoreError) -> UInt64 {
        if let answer = options.freeBytes { return answer() }
        do throws(SystemError) {
            return try layout.root.descriptor.freeSpace().available
        } catch {
            throw StoreError(error, doing: "examine", layout.path)
        }
    }

    /// To be called right before packs are removed.
    func noteFreeBytes() { fitting.freeBefore = options.free == nil ? nil : freeBytes }

    /// Compares what is free in the end with what was asked for.
    func measureFree() throws(StoreError) {
        guard let wanted = options.free, let now = freeBytes, now < wanted else { return }
        report.fits = false
        if !report.freesNothing, fitting.pending > 0 {
            say("\(fitting.pending) bytes become free when nobody has the removed packs open any more")
        }
    }
}
