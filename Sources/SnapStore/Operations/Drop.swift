// Removing snapshots by hand, and having back what was removed: marks in the timeline, and nothing else.
//
// A drop mark takes a snapshot out of lists. What it refers to stays in the store until its grace has ended and a gc
// has found that. So a drop needs no more care than a name; a recovery does: gc may be about to remove what comes back
// to life. It reads timelines again before it removes anything, but not behind that. So a recovery waits for gc to end,
// keeps the next one from starting, and looks at what is still there before its marks are written.

/// How snapshots are dropped.
public struct DropOptions: Sendable {
    /// Also those that have a name, which goes too.
    public var force = false
    /// `user@host/process`, for the timeline.
    public var who = ""
    /// nil: the clock. Tests fix it.
    public var time: Timestamp?
    public init() {}
}

public struct DropReport: Sendable {
    public struct Dropped: Sendable, Equatable {
        public var id: ObjectID
        /// The names that went with it.
        public var names: [String]
    }
    public var dropped: [Dropped] = []
    /// Until then they can be recovered.
    public var graceEnd: Timestamp
}

/// How snapshots are recovered.
public struct RecoverOptions: Sendable {
    /// `user@host/process`, for the timeline.
    public var who = ""
    /// nil: the clock. Tests fix it.
    public var time: Timestamp?
    public init() {}
}

public struct RecoverReport: Sendable {
    public struct Recovered: Sendable, Equatable {
        public var id: ObjectID
        /// Paths that cannot be put back whole, because the store lacks something of them.
        public var hurtCount: UInt64
    }
    public var recovered: [Recovered] = []
    /// These were not removed.
    public var living: [ObjectID] = []
    /// Something was lost before it was recovered.
    public var isPartial: Bool { recovered.contains { $0.hurtCount > 0 } }
    package init() {}
}

extension WorkingDirectory {
    /// Drops snapshots: all of them or, if an error is thrown, none.
    ///
    /// Throws `cannotDropHead`, `cannotDropNamed` without force, `removedSnapshot` for what was dropped or has expired
    /// already, and `unknownRevision` for what is no snapshot of this timeline.
    public func drop(_ ids: [ObjectID], _ options: DropOptions) throws(StoreError) -> DropReport {
        try requireWritable()
        // A revert that goes to one of them must have ended.
        guard let shared = try layout.locks.directory(id, exclusive: false) else { throw .revertUnderWay }
        try requireNoJournal()
        let lock = try layout.locks.timeline(id)
        let contents = try room.timeline.read()
        let living = Set(contents.living.map(\.id))
        let namesByTarget = contents.namesByTarget
        let time = options.time ?? .now
        var report = DropReport(graceEnd: Grace.end(ofRemovalAt: time))
        var marks: [TimelineEvent] = []
        var seen: Set<ObjectID> = []
        for snapshot in ids where seen.insert(snapshot).inserted {
            if contents.isRemoved(snapshot) { throw .removedSnapshot(snapshot) }
            guard living.contains(snapshot) else { throw .unknownRevision(text: snapshot.short, candidates: []) }
            if snapshot == contents.head { throw .cannotDropHead(snapshot) }
            let names = namesByTarget[snapshot, default: []]
            if !names.isEmpty, !options.force { throw .cannotDropNamed(snapshot, names: names) }
            for name in names {
                marks.append(
                    TimelineEvent(
                        time: time, old: snapshot, new: nil, event: .unname, who: options.who, message: Text(name)))
            }
            marks.append(TimelineEvent(time: time, old: nil, new: snapshot, event: .drop, who: options.who))
            report.dropped.append(DropReport.Dropped(id: snapshot, names: names))
        }
        try room.timeline.append(marks, under: lock)
        lock.release()
        shared.release()
        return report
    }

    /// Takes back that snapshots were dropped or have expired: for all of them or, if an error is thrown, for none.
    /// Their names do not come back. Reads all their trees, to say what is lost.
    ///
    /// Throws `goneSnapshot` for what gc has removed, `unknownRevision` for what is no snapshot of this timeline, and
    /// `cancelled`.
    public func recover(
        _ ids: [ObjectID], _ options: RecoverOptions, observer: Observer = Observer()
    ) throws(StoreError) -> RecoverReport {
        try requireWritable()
        let collection = try layout.locks.waitForGC()
        // What gc has removed meanwhile could still be read in packs that are open.
        try passOverRetiredPacks()
        let contents = try room.timeline.read()
        let gone = try goneSnapshots()
        let living = Set(contents.living.map(\.id))
        let walk = SnapshotWalk(packs, lost: [], isFull: false, VerifyProgress(observer))
        var report = RecoverReport()
        var marks: [TimelineEvent] = []
        var seen: Set<ObjectID> = []
        for snapshot in ids where seen.insert(snapshot).inserted {
            guard contents.isRemoved(snapshot) else {
                guard living.contains(snapshot) else { throw .unknownRevision(text: snapshot.short, candidates: []) }
                report.living.append(snapshot)
                continue
            }
            if gone.contains(snapshot) { throw .goneSnapshot(snapshot) }
            guard try has(snapshot) else { throw .goneSnapshot(snapshot) }
            let hurtCount = try hurtCount(of: snapshot, walk)
            report.recovered.append(RecoverReport.Recovered(id: snapshot, hurtCount: hurtCount))
            marks.append(
                TimelineEvent(
                    time: options.time ?? .now, old: nil, new: snapshot, event: .recover, who: options.who))
        }
        let lock = try layout.locks.timeline(id)
        try room.timeline.append(marks, under: lock)
        lock.release()
        collection.release()
        return report
    }

    private func hurtCount(of snapshot: ObjectID, _ walk: SnapshotWalk) throws(StoreError) -> UInt64 {
        do throws(PackError) {
            return try walk.check(snapshot, listing: 0).count
        } catch {
            throw StoreError(error)
        }
    }

    /// Dropped and expired snapshots that the store still has, each with its removal, newest first.
    public func expired() throws(StoreError) -> [SnapshotSummary] { try removedSummaries(try room.timeline.read()) }

    func removedSummaries(_ contents: TimelineContents) throws(StoreError) -> [SnapshotSummary] {
        let gone = try goneSnapshots()
        let removed = contents.removed.filter { !gone.contains($0.id) }
        let present = try stored(removed.map(\.id))
        return contents.summaries(removed.filter { present.contains($0.id) })
    }
}
