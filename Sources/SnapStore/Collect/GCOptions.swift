// What gc is asked for, and what it answers.

/// What expires, what is removed, and how.
public struct GCOptions: Sendable {
    /// Which snapshots stay.
    public var rules = RetentionRules()
    /// The present and the zone that the rules are applied in.
    public var clock: LocalClock
    /// The ids of the working directories whose snapshots may expire; nil: all that the store keeps.
    public var directories: Set<String>?
    /// Only decide. Nothing is written.
    public var isDryRun = false
    /// What was dropped or has expired cannot be recovered any more.
    public var endsGrace = false
    /// Bytes that the packs may take: as many of the oldest snapshots go as that needs.
    public var size: UInt64?
    /// Bytes of the file system that are to be free: likewise.
    public var free: UInt64?
    /// Write anew what takes wrote, and packs of which a part is not needed any more. Else whole packs go, and that is all.
    public var compacts = true
    /// Write everything as small as can be, however long that takes: once, and then what is new.
    public var compactsFully = false
    /// Events that are later than now were recorded by a clock that was wrong: that is no reason to refuse. Snapshots of the future stay.
    public var trustsClock = false
    /// Use one processor, and leave the disk to others now and then.
    public var isPaced = false
    /// `user@host/process`, for the timelines.
    public var who = ""
    /// Bytes that may be written while what they replace is still there; nil: as many as there is room for.
    package var writingRoom: UInt64?
    /// Answers how many bytes of the file system are free; nil: the file system does.
    package var freeBytes: (@Sendable () -> UInt64)?
    /// How long to wait for another gc, in nanoseconds: what has its lock may only be a take that merges packs.
    package var lockPatience: UInt64 = 10_000_000_000
    /// How long to wait for takes that began before, in nanoseconds.
    package var takePatience: UInt64 = 3_600_000_000_000

    public init(clock: LocalClock) {
        self.clock = clock
    }
}

/// What gc did.
public struct GCReport: Sendable {
    /// What was decided on a snapshot.
    public struct Decision: Sendable, Equatable {
        public var id: ObjectID
        /// The id of the working directory in whose timeline it is.
        public var directory: String
        public var time: Timestamp
        public var kind: Kind?
        public var message: String
        public var isKept: Bool
        public var reasons: [RetentionReason]
    }

    /// On every living snapshot, directory by directory, the newest first.
    public var decisions: [Decision] = []
    /// Another gc is under way, and nothing was done.
    public var isOverlapping = false
    public var isDryRun = false
    /// Snapshots that were in a list and are in none now.
    public var expired = 0
    /// Snapshots that could be recovered and cannot be any more.
    public var gone = 0
    /// False: the store takes more, or less is free, than was asked for.
    public var fits = true
    /// What was removed did not become free, because something else keeps it: hardly any snapshot goes for free space.
    public var freesNothing = false
    /// Takes that began before were still running when the patience ended: what is not needed is removed by the next gc.
    public var isUnfinished = false
    /// Bytes of the packs that were removed, less those that were written.
    public var freedBytes: UInt64 = 0
    /// Bytes that were written: what is needed of packs that went.
    public var writtenBytes: UInt64 = 0
    /// Bytes that nothing needs and that are still there, in packs of which most is needed. Those in blocks of which a
    /// part is needed do not count.
    public var deadBytes: UInt64 = 0
    /// What the packs take now, and how many there are.
    public var storeBytes: UInt64 = 0
    public var packs = 0
    public var removedPacks = 0
    /// How often snapshots that must be whole refer to a piece of a file that no pack has.
    public var missingChunks: UInt64 = 0
    public var notes: [String] = []
    public var seconds: Double = 0

    /// Not all that was asked for is done.
    public var isPartial: Bool { !fits || isUnfinished }
    /// Not all that must stay is there.
    public var isDamaged: Bool { missingChunks > 0 }

    package init() {}
}

extension WorkingDirectory {
    /// Lets snapshots expire by the rules, and removes from the store what nothing needs any more: of this working
    /// directory, and of all others that the store keeps.
    ///
    /// Takes may run meanwhile and never wait for it. Throws `clockBehind`, `cancelled`, and `damaged` or `missingObject`
    /// where something that must stay cannot be read: then nothing was removed. However it ends, the store is whole.
    public func collect(_ options: GCOptions, observer: Observer) throws(StoreError) -> GCReport {
        try GCOperation(self, options, observer).run()
    }

    /// The working directories that the store keeps, and where each is, as far as that is known.
    public func storedDirectories() throws(StoreError) -> [(id: String, path: [UInt8]?)] {
        var result: [(id: String, path: [UInt8]?)] = []
        for id in try layout.roomIDs() {
            guard let room = try layout.directories.directory(id) else { continue }
            result.append((id, try About.read(in: room)?.path))
        }
        return result
    }
}
