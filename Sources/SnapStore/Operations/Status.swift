// How a working directory and its store are.

internal import SnapSystem

public struct StatusOptions: Sendable {
    /// Compare the directory with the head, and read the whole timeline. Without it, what is told is what the timeline's end says: the time and the message are those
    /// of the event that made the head.
    public var scansDirectory = true
    /// Without it, snapshots are counted where the timeline has no more bytes than this.
    public var countingLimit: UInt64 = 0
    /// Threads for that; nil: one a core.
    public var threads: Int?
    public init() {}
}

public struct StatusReport: Sendable {
    /// nil: nothing was taken yet.
    public var head: SnapshotSummary?
    /// nil: nobody counted them.
    public var snapshots: Int?
    /// What differs from the head, by path; renames are told where contents are equal. nil: nobody looked, or there is no head.
    public var changes: [FileChange]?
    /// Paths of which nobody knows.
    public var unknown: [RevertReport.Left] = []
    /// What `undo` and `redo` go to; of unsaved edits, undo goes to the head.
    public var undo: ObjectID?
    public var redo: ObjectID?
    public var unfinished: UnfinishedRevert?
    public var store: [UInt8] = []
    /// Bytes of all packs.
    public var storeBytes: UInt64 = 0
    public var packs = 0
    /// Bytes that the store may have; nil: no limit.
    public var maximumBytes: UInt64?
    public var freeBytes: UInt64 = 0
    /// Bytes that must stay free.
    public var minimumFreeBytes: UInt64 = 0
    public var lastVerify: MaintenanceEvent?
    public var lastCollection: MaintenanceEvent?

    /// Paths that are not as the head has them, whose content or properties a person would call a change: times of directories are none.
    public var visibleChanges: [FileChange] {
        (changes ?? []).filter { change in
            guard change.action == .metadata, change.new?.kind == .directory else { return true }
            return change.metadata.contains { $0 != .modified && $0 != .links }
        }
    }
}

extension WorkingDirectory {
    /// Tells how things are. Writes nothing, and works on a store that cannot be written.
    public func status(_ options: StatusOptions, observer: Observer) throws(StoreError) -> StatusReport {
        var report = StatusReport()
        report.unfinished = try unfinishedRevert()
        if options.scansDirectory {
            try describeDirectory(&report, options, observer)
        } else if let event = try room.timeline.headEvent(), let head = event.new {
            // No more than the timeline's end is read.
            report.head = SnapshotSummary(
                id: head, time: event.time, event: event.event, kind: event.kind,
                message: event.message.displayString, names: [], isHead: true)
            if options.countingLimit > 0, try room.timeline.length <= options.countingLimit {
                report.snapshots = try room.timeline.read().living.count
            }
        }
        try describeStore(&report)
        return report
    }

    private func describeDirectory(_ report: inout StatusReport, _ options: StatusOptions, _ observer: Observer)
        throws(StoreError)
    {
        let contents = try room.timeline.read()
        let living = contents.living
        report.snapshots = living.count
        let stack = undoStack(contents)
        guard let head = contents.head else { return }
        report.head = contents.summaries(living.filter { $0.id == head }).first
        var diffOptions = DiffOptions()
        diffOptions.renames = RenameLimits.fullScore
        diffOptions.threads = options.threads
        let diff = try diff(head, nil, diffOptions, observer: observer)
        report.changes = diff.changes
        report.unknown = diff.unknown
        let isAsHead = report.visibleChanges.isEmpty
        report.undo = isAsHead ? try? stack.target(undo: 1) : head
        report.redo = isAsHead ? try? stack.target(redo: 1) : nil
    }

    private func describeStore(_ report: inout StatusReport) throws(StoreError) {
        report.store = store
        let configuration = try configuration()
        report.maximumBytes = configuration.maximumSize
        (report.storeBytes, report.packs) = try storeSize()
        if let space = try? layout.root.descriptor.freeSpace() {
            report.freeBytes = space.available
            report.minimumFreeBytes = configuration.minimumFree.bytes(ofTotal: space.total)
        }
        let maintenance = Maintenance(in: layout.root)
        report.lastVerify = maintenance.last(.verify)
        report.lastCollection = maintenance.last(.gc)
    }
}
