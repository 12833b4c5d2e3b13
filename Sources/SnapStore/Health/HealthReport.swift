// How a store and its surroundings are, as values. What of it is a problem, and what can be done, is for whoever shows it.
//
// Each answer stands alone: what cannot be found out is an error in its own place, and the rest is told all the same.

/// What `WorkingDirectory.health` found.
public struct HealthReport: Sendable {
    public typealias Answer<Value> = Result<Value, StoreError>

    /// A file system, and what it is good for.
    public struct FileSystem: Sendable, Equatable {
        public var kind: FileSystemKind
        public var isReadOnly: Bool
        /// Files there can have attributes of their users; nil: that could not be told.
        public var hasAttributes: Bool?
        public var device: UInt64
        /// How many there can be, 0 where nobody counts them, and how many are left.
        public var inodes: UInt64
        public var freeInodes: UInt64

        public init(
            kind: FileSystemKind, isReadOnly: Bool, hasAttributes: Bool?, device: UInt64, inodes: UInt64,
            freeInodes: UInt64
        ) {
            self.kind = kind
            self.isReadOnly = isReadOnly
            self.hasAttributes = hasAttributes
            self.device = device
            self.inodes = inodes
            self.freeInodes = freeInodes
        }
    }

    /// Bytes: those of the store, and those of its file system.
    public struct Space: Sendable, Equatable {
        public var packs: UInt64
        public var packCount: Int
        /// nil: no limit.
        public var limit: UInt64?
        public var free: UInt64
        /// What must stay free.
        public var floor: UInt64

        public init(packs: UInt64, packCount: Int, limit: UInt64?, free: UInt64, floor: UInt64) {
            self.packs = packs
            self.packCount = packCount
            self.limit = limit
            self.free = free
            self.floor = floor
        }
    }

    /// Something of the store that others can use, or its owner cannot.
    public struct AccessFault: Sendable, Equatable {
        public enum Fault: Sendable, Equatable {
            /// It belongs to this user, and should belong to the store's owner.
            case owner(UInt32)
            /// A directory that others may enter or read; its permissions.
            case isOpen(UInt16)
            /// Its own owner may not use it; its permissions.
            case isClosed(UInt16)
        }
        public var path: [UInt8]
        public var fault: Fault

        public init(path: [UInt8], fault: Fault) {
            self.path = path
            self.fault = fault
        }
    }

    /// The owner of the store, and what is not as he needs it.
    public struct Access: Sendable, Equatable {
        public var owner: UInt32
        /// The first of them, at most `faultLimit`.
        public var faults: [AccessFault]
        public var faultCount: Int

        public static let faultLimit = 20

        public init(owner: UInt32, faults: [AccessFault], faultCount: Int) {
            self.owner = owner
            self.faults = faults
            self.faultCount = faultCount
        }
    }

    /// A lock that somebody has, or waits for.
    public struct Lock: Sendable, Equatable {
        public enum Subject: Sendable, Equatable {
            /// A working directory: takes share it, a revert has it alone. Whether it is this one.
            case directory(isThis: Bool)
            case timeline, identity, configuration, gc, epoch
            /// A pack that is being written.
            case pack
        }
        public var subject: Subject
        public var isExclusive: Bool
        public var isWaiting: Bool
        /// nil: it is not to be seen from here.
        public var process: Int32?
        /// What the process is called; nil likewise.
        public var processName: [UInt8]?

        public init(
            subject: Subject, isExclusive: Bool, isWaiting: Bool, process: Int32?, processName: [UInt8]?
        ) {
            self.subject = subject
            self.isExclusive = isExclusive
            self.isWaiting = isWaiting
            self.process = process
            self.processName = processName
        }
    }

    /// What was begun and not ended.
    public struct Leftovers: Sendable, Equatable {
        /// Files in `tmp/` that nobody writes to any more, as far as that can be told, and their bytes.
        public var packs: Int
        public var packBytes: UInt64
        /// Entries in `staging/` that the next take or revert removes.
        public var staged: Int
        /// Those that nothing removes, because no snapshot has them.
        public var kept: Int

        public init(packs: Int = 0, packBytes: UInt64 = 0, staged: Int = 0, kept: Int = 0) {
            self.packs = packs
            self.packBytes = packBytes
            self.staged = staged
            self.kept = kept
        }
    }

    /// What the timeline says.
    public struct History: Sendable, Equatable {
        public var snapshots: Int
        /// The latest moment that any event names; nil if there is none.
        public var latest: Timestamp?

        public init(snapshots: Int, latest: Timestamp?) {
            self.snapshots = snapshots
            self.latest = latest
        }
    }

    public var path: [UInt8]
    public var store: [UInt8]
    /// Where the working directory's `.snapstore` is, which is the store itself or says where it is.
    public var home: [UInt8]
    public var directoryFileSystem: Answer<FileSystem>
    public var storeFileSystem: Answer<FileSystem>
    public var space: Answer<Space>
    public var history: Answer<History>
    public var access: Answer<Access>
    /// nil: nobody could be asked.
    public var locks: [Lock]?
    public var unfinished: Answer<UnfinishedRevert?>
    public var leftovers: Answer<Leftovers>
    /// What is wrong with the settings.
    public var settings: Answer<[String]>
    /// A quick check of everything in the store.
    public var check: Answer<VerifyReport>
    public var lastFullCheck: MaintenanceEvent?
    public var lastCollection: MaintenanceEvent?

    public init(
        path: [UInt8], store: [UInt8], home: [UInt8], directoryFileSystem: Answer<FileSystem>,
        storeFileSystem: Answer<FileSystem>, space: Answer<Space>, history: Answer<History>, access: Answer<Access>,
        locks: [Lock]?, unfinished: Answer<UnfinishedRevert?>, leftovers: Answer<Leftovers>,
        settings: Answer<[String]>, check: Answer<VerifyReport>
    ) {
        self.path = path
        self.store = store
        self.home = home
        self.directoryFileSystem = directoryFileSystem
        self.storeFileSystem = storeFileSystem
        self.space = space
        self.history = history
        self.access = access
        self.locks = locks
        self.unfinished = unfinished
        self.leftovers = leftovers
        self.settings = settings
        self.check = check
    }
}
