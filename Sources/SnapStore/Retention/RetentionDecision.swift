// What retention is told of a snapshot, and what it answers: whether the snapshot stays, and by which rules.

/// A living snapshot, as far as retention looks at it.
public struct RetentionSnapshot: Sendable, Equatable {
    public var id: ObjectID
    public var time: Timestamp
    /// nil: nothing that can be read tells it. Such a snapshot stays.
    public var kind: Kind?
    public var tags: [Text] = []
    public var names: [String] = []
    /// The id of its component.
    public var component: Text?
    public var isHead = false
    /// A revert, undo or run took it by itself.
    public var isSafety = false

    public init(id: ObjectID, time: Timestamp, kind: Kind?) {
        self.id = id
        self.time = time
        self.kind = kind
    }
}

/// What retention does with a snapshot.
public struct RetentionDecision: Sendable, Equatable {
    public var id: ObjectID
    /// False: it expires.
    public var isKept: Bool
    /// Every rule that keeps it, or why none does; never empty.
    public var reasons: [RetentionReason]
}

/// What decided on a snapshot.
public enum RetentionReason: Sendable, Equatable {
    // These keep it whatever the rules say.
    case head
    case newestSafety
    case name(String)
    case milestone
    /// Its manifest cannot be read, so that nobody knows what it is.
    case unreadable
    /// The clock is behind it.
    case future
    /// It would expire, and cannot be marked now.
    case notNow
    /// A checkpoint, and there is no rule for checkpoints.
    case noRule

    // These are rules.
    case newestOperations(KeepCount)
    /// An operation counted from now, a checkpoint from the newest of its group.
    case within(KeepDuration)
    /// One of the newest.
    case last(place: Int, of: KeepCount)
    /// The newest of an hour, day, …: the `place`-th that has one, from 1.
    case newest(RetentionPeriod, place: Int, of: KeepCount)
    /// The oldest of all, where the rule has found less than it may keep.
    case oldest(RetentionPeriod, place: Int, of: KeepCount)
    case newestWithin(RetentionPeriod, KeepDuration)
    case tags([Text])
    /// No rule keeps any other of the group.
    case newestOfGroup

    // These let it expire.
    case beyondOperations(KeepCount, KeepDuration)
    case beyondRules
    /// It was among the oldest, and the store was to become smaller.
    case toSaveSpace
}
