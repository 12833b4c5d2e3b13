// What the other operations are asked for and what they answer.

/// How a store is made.
public struct InitOptions: Sendable {
    /// Where the store goes; nil: `.snapstore` in the working directory.
    public var store: [UInt8]?
    /// Where it goes if `store` does not say, and there is none yet.
    public var usualStore: [UInt8]?
    /// The user's, which is refused; nil if there is none.
    public var homeDirectory: [UInt8]?
    /// Also for `/`, a home directory, or a directory that is a store.
    public var force = false
    public init() {}
}

public struct InitReport: Sendable {
    public var path: [UInt8]
    public var store: [UInt8]
    /// False: it was one already, and nothing was changed.
    public var isNew: Bool
    /// The store lies inside a git working tree, where `git clean -fdx` removes it.
    public var isInsideGit: Bool
    public var notes: [String]
}

/// A snapshot as its timeline knows it.
public struct SnapshotSummary: Sendable {
    public var id: ObjectID
    public var time: Timestamp
    public var event: Event
    public var kind: Kind?
    public var message: String
    public var names: [String]
    public var isHead: Bool
    /// The id of the working directory that it was taken in; nil if that was not asked for.
    public var directory: String?
    /// Where that directory is, as far as the store knows.
    public var directoryPath: [UInt8]?
    /// nil of a living one.
    public var removal: Removal?
}

public struct VerifyOptions: Sendable {
    public enum Depth: Sendable { case quick, full }
    public var depth = Depth.quick
    public var threads: Int?
    /// What is written down as the time of the check; nil: the clock's.
    public var time: Timestamp?
    public init() {}
}

public struct VerifyReport: Sendable {
    /// One damaged or missing piece: the file, and what is wrong with it.
    public struct Damage: Sendable {
        public var file: String
        public var what: String
        package init(file: String, what: String) {
            self.file = file
            self.what = what
        }
    }
    /// A path of a snapshot that cannot be put back whole.
    public struct Hurt: Sendable {
        public var snapshot: ObjectID
        public var path: [UInt8]
        public var reason: String
        package init(snapshot: ObjectID, path: [UInt8], reason: String) {
            self.snapshot = snapshot
            self.path = path
            self.reason = reason
        }
    }
    public var damages: [Damage] = []
    /// At most `hurtLimit`.
    public var hurt: [Hurt] = []
    public var hurtCount = 0
    public var snapshots = 0
    public var objects = 0
    public var packs = 0
    public var bytes: UInt64 = 0
    public var notes: [String] = []
    public var seconds: Double = 0

    public static let hurtLimit = 1000
    public var isClean: Bool { damages.isEmpty && hurtCount == 0 }
    package init() {}
}

public struct RestoreReport: Sendable {
    /// Something of the snapshot that could not be put there.
    public struct Failure: Sendable {
        public var path: [UInt8]
        public var reason: String
        package init(path: [UInt8], reason: String) {
            self.path = path
            self.reason = reason
        }
    }
    public var files: UInt64 = 0
    public var directories: UInt64 = 0
    public var others: UInt64 = 0
    public var bytes: UInt64 = 0
    /// Gaps of the snapshot: they were not covered and cannot come back.
    public var gaps: UInt64 = 0
    /// At most `failureLimit`.
    public var failures: [Failure] = []
    public var failureCount: UInt64 = 0
    public var seconds: Double = 0

    public static let failureLimit = 100
    public var isPartial: Bool { failureCount > 0 }
    package init() {}
}
