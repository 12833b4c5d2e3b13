// One snapshot's manifest: what docs/format.md, section 5, lists, as typed values.
//
// Each part keeps the fields that this version does not know, so that a manifest of a newer writer, read and encoded
// again, has the same bytes and so the same id.

/// How long retention keeps a snapshot: operations are the first to go, milestones stay.
public enum Kind: UInt8, Sendable, Hashable, Comparable, CaseIterable {
    case operation = 1
    case checkpoint = 2
    case milestone = 3

    /// The word in files and on the command line.
    public var name: String {
        switch self {
        case .operation: "operation"
        case .checkpoint: "checkpoint"
        case .milestone: "milestone"
        }
    }

    public init?(name: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }

    public static func < (a: Kind, b: Kind) -> Bool {
        a.rawValue < b.rawValue
    }
}

/// Why something that was there is not covered. Numbers are those of the format.
public enum GapReason: UInt8, Sendable, Hashable, CaseIterable {
    case unreadable = 1
    case cacheDirectory = 2
    case mountBoundary = 3
    case nestedStore = 4
    case unstable = 5
    case unsupported = 6

    /// The key in manifests.
    public var name: String {
        switch self {
        case .unreadable: "unreadable"
        case .cacheDirectory: "cache_directory"
        case .mountBoundary: "mount_boundary"
        case .nestedStore: "nested_store"
        case .unstable: "unstable"
        case .unsupported: "unsupported"
        }
    }

    public init?(name: some StringProtocol) {
        guard let reason = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = reason
    }
}

/// What a take was told to leave out.
public struct Rules: Sendable, Equatable {
    /// Names of the files that hold patterns, such as `.snapignore`.
    public var ignoreFiles: [Text] = []
    /// Patterns from the configuration, in order.
    public var exclude: [Text] = []
    public var oneFileSystem = false
    /// Whether directories with a CACHEDIR.TAG are left out.
    public var cacheTags = false
    /// Whether `.gitignore` files are followed.
    public var gitignore = false
    package var unknown = JSONObject()

    public init() {}
}

/// What was there and was not covered.
public struct Coverage: Sendable, Equatable {
    public var gaps: [GapReason: UInt64] = [:]
    /// Reasons of newer writers.
    package var unknownGaps = JSONObject()
    package var unknown = JSONObject()

    public init() {}

    /// All gaps, those of unknown reasons included.
    public var gapCount: UInt64 {
        let counts = Array(gaps.values) + unknownGaps.members.compactMap(\.value.count)
        return counts.reduce(0) { $0 > .max - $1 ? .max : $0 + $1 }
    }
}

/// What a take found, read and wrote. Sizes are in bytes.
public struct Statistics: Sendable, Equatable {
    public var files: UInt64 = 0
    public var directories: UInt64 = 0
    public var symlinks: UInt64 = 0
    public var others: UInt64 = 0
    /// The sum of the regular files' sizes.
    public var bytes: UInt64 = 0
    /// Entries that a rule left out.
    public var leftOut: UInt64 = 0
    public var readFiles: UInt64 = 0
    public var readBytes: UInt64 = 0
    public var newObjects: UInt64 = 0
    /// New objects before compression.
    public var newBytes: UInt64 = 0
    /// New objects as stored.
    public var storedBytes: UInt64 = 0
    package var unknown = JSONObject()

    public init() {}
}

/// The versions of the programs that made a snapshot.
public struct Versions: Sendable, Equatable {
    public var snap: Text
    public var adapter: Text?
    package var unknown = JSONObject()

    public init(snap: String, adapter: String? = nil) {
        self.snap = Text(snap)
        self.adapter = adapter.map { Text($0) }
    }

    package init(snap: Text, adapter: Text?) {
        self.snap = snap
        self.adapter = adapter
    }
}

/// The part of a larger system whose state a snapshot holds.
public struct Component: Sendable, Equatable {
    public var id: Text?
    public var type: Text?
    public var version: Text?
    package var unknown = JSONObject()

    public init(id: String? = nil, type: String? = nil, version: String? = nil) {
        self.id = id.map { Text($0) }
        self.type = type.map { Text($0) }
        self.version = version.map { Text($0) }
    }
}

/// What made somebody take a snapshot.
public struct Trigger: Sendable, Equatable {
    public var type: Text?
    public var source: Text?
    public var reason: Text?
    package var unknown = JSONObject()

    public init(type: String? = nil, source: String? = nil, reason: String? = nil) {
        self.type = type.map { Text($0) }
        self.source = source.map { Text($0) }
        self.reason = reason.map { Text($0) }
    }
}

/// One snapshot.
public struct Manifest: Sendable, Equatable {
    /// The schema that is written, and the newest that is read.
    package static let schema: Int64 = 1
    /// The digits of a directory id.
    package static let directoryLength = 32

    /// Nearest first; empty for the first snapshot.
    public var parents: [ObjectID] = []
    /// The working directory's id: 32 lower-case hexadecimal digits.
    public var directory: String
    public var timeline: Text
    public var kind: Kind
    public var time: Timestamp
    /// The root tree.
    public var root: ObjectID
    public var rules = Rules()
    public var coverage = Coverage()
    public var statistics = Statistics()
    public var versions: Versions
    public var component: Component?
    public var trigger: Trigger?
    public var event: Text?
    public var action: Text?
    public var group: Text?
    public var message: Text?
    /// Written sorted, each once.
    public var tags: [Text] = []
    package var unknown = JSONObject()

    public init(
        directory: String, timeline: Text, kind: Kind, time: Timestamp, root: ObjectID, versions: Versions
    ) {
        self.directory = directory
        self.timeline = timeline
        self.kind = kind
        self.time = time
        self.root = root
        self.versions = versions
    }
}
