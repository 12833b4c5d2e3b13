// What a take is asked for, and what it answers.

/// How a take is made and what its manifest says besides the tree.
public struct TakeOptions: Sendable {
    public var message: String?
    /// A name for the snapshot, given whether or not it is new.
    public var name: String?
    public var tags: [String] = []
    /// nil: a checkpoint.
    public var kind: Kind?
    public var trigger: Trigger?
    public var event: String?
    public var action: String?
    public var component: String?
    /// Record a snapshot also if nothing changed.
    public var always = false
    /// Read every file, whatever the stat cache says.
    public var rehash = false
    public var oneFileSystem = false
    /// The user's, which is refused; nil if there is none.
    public var homeDirectory: [UInt8]?
    /// Take although the working directory is one that is refused otherwise.
    public var force = false
    /// nil: as the store's configuration says.
    public var compression: Compression?
    /// `user@host/process`, for the timeline.
    public var who = ""
    /// nil: the clock. Tests fix it.
    public var time: Timestamp?
    /// Threads; nil: one a core.
    public var threads: Int?

    public init() {}
}

/// Why a file was read, as a set.
public struct ReadReason: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let new = ReadReason(rawValue: 1)
    public static let size = ReadReason(rawValue: 2)
    public static let modificationTime = ReadReason(rawValue: 4)
    public static let changeTime = ReadReason(rawValue: 8)
    public static let mode = ReadReason(rawValue: 16)
    public static let owner = ReadReason(rawValue: 32)
    public static let inode = ReadReason(rawValue: 64)
    public static let links = ReadReason(rawValue: 128)
    /// Its times were too close to the last take.
    public static let recent = ReadReason(rawValue: 256)
    /// It was unstable or could not be read last time.
    public static let incomplete = ReadReason(rawValue: 512)
    public static let asked = ReadReason(rawValue: 1024)

    /// The reasons in words, separated by commas.
    public var description: String {
        let words: [(ReadReason, String)] = [
            (.new, "new"), (.size, "size"), (.modificationTime, "modification time"), (.changeTime, "change time"),
            (.mode, "mode"), (.owner, "owner"), (.inode, "inode"), (.links, "link count"),
            (.recent, "modified while the last take ran"), (.incomplete, "incomplete last time"), (.asked, "asked for"),
        ]
        return words.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}

/// Something that was there and is not fully covered.
public struct Gap: Sendable {
    /// Path from the root.
    public var path: [UInt8]
    public var reason: GapReason
    /// What the system said, or which rule.
    public var detail: String

    package init(path: [UInt8], reason: GapReason, detail: String) {
        self.path = path
        self.reason = reason
        self.detail = detail
    }
}

/// What is reported while an operation runs. Calls come from several threads, one at a time.
public enum ProgressEvent: Sendable {
    /// A file is read, and why. Only with `TakeOptions`' observer asking for it.
    case reading(path: [UInt8], reason: ReadReason)
    /// How far it is.
    case counted(ProgressCount)
    /// Something a user should know at once.
    case note(String)
}

/// How an operation reports, and how it is stopped.
public struct Observer: Sendable {
    public var progress: (@Sendable (ProgressEvent) -> Void)?
    /// True ends the operation as soon as possible, with `StoreError.cancelled`.
    public var isCancelled: (@Sendable () -> Bool)?
    /// Report `reading` events.
    public var wantsReasons = false
    /// Report `counted` events.
    public var wantsCounts = true

    public init() {}
}

/// The receipt of a take.
public struct TakeReport: Sendable {
    public var id: ObjectID
    /// False: nothing had changed and `id` is the head's.
    public var isNew: Bool
    public var isFirst: Bool
    public var statistics: Statistics
    /// The first gaps, at most `gapLimit`.
    public var gaps: [Gap]
    public var gapCount: UInt64
    /// How many entries each rule left out: `file:line: pattern`, or another reason.
    public var leftOut: [(rule: String, count: UInt64)]
    /// The largest directories, on a first take: path and bytes below it.
    public var largestDirectories: [(path: [UInt8], bytes: UInt64)]
    /// Entries with inode flags or a project id, which are not kept.
    public var withInodeFlags: UInt64
    /// Things that had to be said: a store that was copied, a cache that was rebuilt …
    public var notes: [String]
    public var seconds: Double

    public static let gapLimit = 100

    /// Gaps that no rule asked for: something could not be read, or not be kept.
    public var partialCount: UInt64

    /// Something that should have been covered was not.
    public var isPartial: Bool { partialCount > 0 }
}
