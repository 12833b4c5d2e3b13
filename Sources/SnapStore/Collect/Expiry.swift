// What expires: the decisions of retention, and the marks for them in the timelines.
//
// Deciding may read many manifests, so it is done without a lock. The marks are written only if the timeline is still what
// was decided on. The directory's lock is shared meanwhile, as for a drop: a revert goes to a snapshot that lives, and has
// that lock alone until its line is written. A directory in which a revert is under way, or unfinished, is left alone.
//
// On a full disk there may be no room for the marks. They are appended some at a time, and what finds no room does not
// expire now: what is dead already is removed all the same, and makes room for the next time.

internal import SnapSystem

extension GCOperation {
    /// How often it is decided anew because a timeline has grown meanwhile.
    private static let attemptLimit = 5
    /// Marks that are appended at once; fewer where there is little room.
    private static let batch = 1000
    /// What the list of removals has for each.
    private static let removalLength: UInt64 = 110
    /// For the list of packs that go, and small files.
    private static let spare: UInt64 = 96 << 10

    /// Decides on all snapshots, and marks what expires.
    func expire() throws(StoreError) {
        for room in rooms where isChosen(room) { try expire(in: room) }
    }

    func isChosen(_ room: CollectedRoom) -> Bool { options.directories?.contains(room.room.id) ?? true }

    private func expire(in room: CollectedRoom) throws(StoreError) {
        var room = room
        for _ in 0..<Self.attemptLimit {
            let decisions = try decide(room)
            if room.contents.isDoubtful {
                say("the timeline of \(label(room)) has lines that cannot be read: nothing of it expires")
                report.decisions += decisions.map { keptForNow($0) }
                return
            }
            let doomed = decisions.filter { !$0.isKept }.map(\.id)
            if doomed.isEmpty || options.isDryRun {
                report.decisions += decisions
                report.expired += doomed.count
                return
            }
            switch try append(doomed, to: room) {
            case .done(let count):
                let stays = Set(doomed.dropFirst(count))
                report.decisions += decisions.map { stays.contains($0.id) ? keptForNow($0) : $0 }
                report.expired += count
                return
            case .refused:
                report.decisions += decisions.map { keptForNow($0) }
                return
            case .changed: break
            }
            room = try CollectedRoom(room.room)
        }
        say("\(label(room)) changed again and again: nothing of it expires now")
        report.decisions += try decide(room).map { keptForNow($0) }
    }

    /// The decision on a snapshot that cannot expire.
    private func keptForNow(_ decision: GCReport.Decision) -> GCReport.Decision {
        if decision.isKept { return decision }
        var result = decision
        result.isKept = true
        result.reasons = [.notNow]
        return result
    }

    private func decide(_ room: CollectedRoom) throws(StoreError) -> [GCReport.Decision] {
        let snapshots = try directory.retentionSnapshots(
            room.contents, for: options.rules, isCancelled: { self.isCancelled })
        var known: [ObjectID: TimelineEvent] = [:]
        for (id, event) in room.contents.living { known[id] = event }
        var result: [GCReport.Decision] = []
        for decision in RetentionPolicy.decide(snapshots, by: options.rules, clock: options.clock) {
            guard let event = known[decision.id] else { continue }
            result.append(
                GCReport.Decision(
                    id: decision.id, directory: room.room.id, time: event.time, kind: event.kind,
                    message: event.message.displayString, isKept: decision.isKept, reasons: decision.reasons))
        }
        return result
    }

    enum Appending {
        /// So many of them are marked, the first ones: all, or as many as there was room for.
        case done(Int)
        /// Nothing of this directory expires now.
        case refused
        /// The timeline has grown since it was read.
        case changed
    }

    /// Appends a mark for each snapshot, if the timeline is as it was read.
    func append(_ expired: [ObjectID], to room: CollectedRoom) throws(StoreError) -> Appending {
        let id = room.room.id
        guard let shared = try layout.locks.directory(id, exclusive: false, waiting: false) else {
            say("a revert is under way in \(label(room)): nothing of it expires now")
            return .refused
        }
        if try RevertJournal.read(in: room.room.directory) != nil {
            say("a revert is unfinished in \(label(room)): nothing of it expires now")
            return .refused
        }
        let lock = try layout.locks.timeline(id)
        if try room.room.timeline.length != UInt64(room.length) { return .changed }
        if room.contents.isDoubtful { return .refused }
        var count = 0
        var batch = Self.batch
        while count < expired.count {
            var marks: [TimelineEvent] = []
            for snapshot in expired[count...].prefix(batch) {
                marks.append(TimelineEvent(time: time, old: nil, new: snapshot, event: .expire, who: options.who))
            }
            guard try append(marks, to: room, under: lock) else {
                batch /= 4
                if batch > 0 { continue }
                say(
                    "there is no room to mark snapshots of \(label(room)) as expired: \(expired.count - count) stay for now"
                )
                break
            }
            count += marks.count
        }
        lock.release()
        shared.release()
        return .done(count)
    }

    /// False: there is no room for these marks, and for what gc has to write down before it can remove anything.
    private func append(
        _ marks: [TimelineEvent], to room: CollectedRoom, under lock: borrowing TimelineLock
    ) throws(StoreError) -> Bool {
        if let available = freeBytes {
            let lists = UInt64(marks.count + room.contents.removed.count) * Self.removalLength + Self.spare
            let own = marks.reduce(0 as UInt64) { $0 + UInt64($1.encoded().count) }
            if available < own + lists { return false }
        }
        do throws(StoreError) {
            try room.room.timeline.append(marks, under: lock)
            return true
        } catch {
            guard case .noSpace = error else { throw error }
            return false
        }
    }

    /// How notes name a working directory.
    private func label(_ room: CollectedRoom) -> String {
        let path = room.path.map { String(decoding: $0, as: UTF8.self) }
        return "'\(path ?? room.room.id)'"
    }
}
