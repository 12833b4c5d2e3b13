// What a revert in place is asked for, what it plans and what it answers.

/// How a working directory is put back.
public struct RevertOptions: Sendable {
    /// Only these paths, from the root, each with all below it. `*`, `?` and `[…]` match as in git's pathspecs, across slashes. Empty: everything.
    public var paths: [[UInt8]] = []
    /// Remove nothing.
    public var keepExtra = false
    /// Put contents back and leave modes, owners, times and attributes of what is there.
    public var onlyContent = false
    /// Leave everything named `.git` as it is.
    public var keepGit = false
    /// Change also what could not be made again by this user: another's files, devices.
    public var force = false
    /// The user's, which a take refuses; nil if there is none.
    public var homeDirectory: [UInt8]?
    /// `user@host/process`, for the timeline.
    public var who = ""
    /// nil: the clock. Tests fix it.
    public var time: Timestamp?
    /// Threads; nil: one a core.
    public var threads: Int?
    /// Asked with the plan before anything is changed; false ends the revert with `cancelled`. The safety snapshot, if one was needed, stays.
    public var confirm: (@Sendable (RevertPlan) -> Bool)?

    public init() {}

    /// Not everything of the target is asked for.
    var isPartial: Bool { !paths.isEmpty || keepExtra || onlyContent || keepGit }
}

/// What a revert does with one path.
public enum RevertAction: String, Sendable, CaseIterable {
    case create, replace, remove
    /// Mode, owner, time or attributes, and not the content.
    case metadata
    /// It differs from the target and stays as it is.
    case leave
}

/// One path that differs from the target.
public struct PlannedChange: Sendable, Equatable {
    public var action: RevertAction
    /// From the root.
    public var path: [UInt8]
    public var isDirectory: Bool
    /// Why it is left; empty otherwise.
    public var reason: String
    /// It is left although the target covers it, or because it could not be saved: the revert is not whole.
    public var isConflict: Bool
}

/// Everything that a revert will do, path by path.
public struct RevertPlan: Sendable {
    public var target: ObjectID
    /// Sorted by path.
    public var changes: [PlannedChange] = []
    /// Every `.git` at or below which something changes.
    public var gitDirectories: [[UInt8]] = []
    /// Bytes of the files that are written.
    public var bytes: UInt64 = 0
    /// Paths that the directory has now and that are covered: what a removal is compared with.
    public var presentCount: UInt64 = 0

    public func count(_ action: RevertAction) -> UInt64 {
        changes.reduce(0) { $0 + ($1.action == action ? 1 : 0) }
    }
    /// Nothing is to be done.
    public var isEmpty: Bool { changes.allSatisfy { $0.action == .leave } }
    package init(target: ObjectID) { self.target = target }
}

/// The receipt of a revert, an undo or a redo.
public struct RevertReport: Sendable {
    /// A path that was not put back, and why.
    public struct Left: Sendable {
        public var path: [UInt8]
        public var reason: String
        package init(path: [UInt8], reason: String) {
            self.path = path
            self.reason = reason
        }
    }
    /// What the directory was to become.
    public var target: ObjectID
    /// The head before, which the directory's former state can be put back from.
    public var former: ObjectID
    /// The head now: the target, or the snapshot of what came out if that is not exactly the target.
    public var head: ObjectID
    /// `former` was taken by this revert, because the directory differed from the head.
    public var tookSafety = false
    /// The directory was as asked for already.
    public var wasThereAlready = false
    public var created: UInt64 = 0
    public var replaced: UInt64 = 0
    public var removed: UInt64 = 0
    public var metadata: UInt64 = 0
    /// Bytes of the files written.
    public var bytes: UInt64 = 0
    /// Paths that the target does not cover, or that were not asked for, are not among them: at most `leftLimit`.
    public var left: [Left] = []
    public var leftCount: UInt64 = 0
    /// Paths that differ and that the target says nothing about.
    public var notCovered: UInt64 = 0
    /// Every `.git` that was changed.
    public var gitDirectories: [[UInt8]] = []
    public var notes: [String] = []
    public var seconds: Double = 0

    public static let leftLimit = 100
    /// Something that should have been put back was not.
    public var isPartial: Bool { leftCount > 0 }
    package init(target: ObjectID, former: ObjectID) {
        self.target = target
        self.former = former
        head = former
    }

    mutating func note(left all: [Left]) {
        leftCount = UInt64(all.count)
        left = Array(all.sorted { $0.path.lexicographicallyPrecedes($1.path) }.prefix(Self.leftLimit))
    }
}

/// A revert that was interrupted.
public struct UnfinishedRevert: Sendable {
    /// revert, undo or redo.
    public var event: Event
    public var target: ObjectID
    /// The state before it.
    public var former: ObjectID
    public var time: Timestamp
}

/// How far `undo` and `redo` can go.
public struct UndoState: Sendable {
    /// What undo goes back to, nearest first.
    public var undo: [ObjectID] = []
    /// What redo goes to, nearest first.
    public var redo: [ObjectID] = []
    package init() {}
}

/// One line of the timeline.
public struct LogEntry: Sendable {
    /// How many head events ago it made the head; nil for a mark.
    public var position: Int?
    public var event: TimelineEvent
}
