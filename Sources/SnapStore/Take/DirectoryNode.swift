// A directory while a take works on it: made when its parent is scanned, finished when everything below it is known.
//
// Directories that turn out unchanged keep nothing but a counter. A changed one keeps its scanned entries and what became of those that changed, until its tree is built.

internal import SnapSystem
internal import Synchronization

/// What became of one entry that was not kept as it was.
enum EntryOutcome: Sendable {
    /// Its encoded entry, and flags for the stat cache.
    case recorded([UInt8], flags: UInt32)
    /// It went away while the walk ran.
    case vanished
}

/// What became of a sub-directory.
enum DirectoryOutcome: Sendable {
    /// As the cache has it.
    case unchanged
    /// `entry` is nil if its own facts have not changed: then only the reference in its old entry is replaced.
    case rebuilt(content: ContentReference?, entry: [UInt8]?, record: RecordLocation, totals: Totals)
    case gap(GapReason, String)
    case vanished
}

final class DirectoryNode: @unchecked Sendable {
    private(set) var parent: DirectoryNode?
    /// Which of the parent's sub-directories this is.
    let ordinal: Int
    /// From the root; empty for the root.
    let path: [UInt8]
    let name: [UInt8]
    let facts: FileFacts
    /// The facts are those of the cache, and its entry can stay what it was.
    private(set) var hasCachedFacts: Bool
    let rules: RuleSet
    /// `rules` are those under which the cached record was made.
    let hasCachedRules: Bool
    /// It is left out by a rule or as a cache directory, itself or with one above it: only what the covering trees have in it is covered.
    let isLimited: Bool
    /// It is a cache directory, and covered only because a covering tree has it.
    private(set) var isCacheDirectory = false
    /// Entries that rules left out in the last scan, also those that a covering tree brought back: only where there are none do the names in the record
    /// say what a take covers.
    var leftOutHere: UInt64 = 0
    var hasIgnoreFile = false
    /// Its record in the cache, if there is one to compare with.
    var cached: RecordLocation?

    /// Entries and sub-directories without an outcome, and one for the scan itself.
    let pending = Atomic<Int>(1)
    /// The entries are those of the cached record.
    var isSame = false
    /// The scanned entries, where they are not those of the cached record.
    var region: [UInt8] = []
    /// Attributes of the directory itself, read if its facts changed.
    var attributes: [ExtendedAttribute] = []
    /// Why they could not be read.
    var attributeFailure: String?
    /// An entry that was listed was gone when it was asked for.
    var hasVanished = false
    /// Entries of the tree that the cached record stands for.
    var oldEntries: OldEntries?
    let outcomes = Mutex<Outcomes>(Outcomes())

    struct Outcomes: Sendable {
        /// By position among the scanned entries.
        var entries: [Int: EntryOutcome] = [:]
        /// By position among the scanned sub-directories; those that are not there are unchanged.
        var directories: [Int: DirectoryOutcome] = [:]
    }

    init(
        parent: DirectoryNode?, ordinal: Int, path: [UInt8], name: [UInt8], facts: FileFacts, hasCachedFacts: Bool,
        rules: RuleSet,
        hasCachedRules: Bool, cached: RecordLocation?, isLimited: Bool = false
    ) {
        self.parent = parent
        self.ordinal = ordinal
        self.path = path
        self.name = name
        self.facts = facts
        self.hasCachedFacts = hasCachedFacts
        self.rules = rules
        self.hasCachedRules = hasCachedRules
        self.cached = cached
        self.isLimited = isLimited
    }

    /// Lets go of the directories above one by one: a release that runs through thousands of levels would overflow the stack.
    deinit {
        var next = parent
        parent = nil
        while isKnownUniquelyReferenced(&next) {
            let above = next?.parent
            next?.parent = nil
            next = above
        }
    }

    /// Only what the covering trees have is covered here.
    var isCoveredInPart: Bool { isLimited || isCacheDirectory }

    /// Its entry will say that it is a cache directory covered in part. The directory's own facts do not show whether its tag is valid.
    func becomeCacheDirectory() {
        isCacheDirectory = true
        hasCachedFacts = false
    }

    func readAttributes(of directory: borrowing FileDescriptor) {
        do throws(SystemError) {
            attributes = try directory.attributes()
            attributeFailure = nil
        } catch {
            attributeFailure = error.reason
        }
    }

    /// The path of an entry.
    func path(of name: [UInt8]) -> [UInt8] { path.isEmpty ? name : path + [0x2F] + name }

    /// One thing less to wait for. True for the last.
    func complete() -> Bool { pending.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}

/// The entries of a directory as the store has them, found by name in order.
struct OldEntries: Sendable {
    /// In order.
    let trees: [[UInt8]]
    let ids: [ObjectID]
    let ranges: [(tree: Int, range: Range<Int>)]

    /// The encoded entry named `name`, searching from `position`, which moves on: ask in the order of names.
    func find(_ name: Span<UInt8>, from position: inout Int) -> Place? {
        while position < ranges.count {
            let place = ranges[position]
            guard let order = Self.compare(trees[place.tree], place.range, name) else { return nil }
            if order == 0 { return Place(tree: place.tree, range: place.range) }
            if order > 0 { return nil }
            position += 1
        }
        return nil
    }

    /// The encoded entry named `name`, looked up on its own.
    func find(_ name: Span<UInt8>) -> Place? {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            let place = ranges[middle]
            guard let order = Self.compare(trees[place.tree], place.range, name) else { return nil }
            if order == 0 { return Place(tree: place.tree, range: place.range) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The tree in which an entry named `name` would be.
    func tree(for name: Span<UInt8>) -> ObjectID? {
        var found = ids.first
        for (id, tree) in zip(ids, trees) {
            guard let first = TreeObject.firstEntry(in: tree), let order = Self.compare(tree, first, name), order <= 0
            else { break }
            found = id
        }
        return found
    }

    private static func compare(_ tree: [UInt8], _ range: Range<Int>, _ name: Span<UInt8>) -> Int? {
        let bytes = unsafe tree.span.bytes
        guard let candidate = TreeObject.name(in: bytes, range) else { return nil }
        return compareBytes(candidate, name)
    }

    /// Where an entry's bytes are.
    struct Place {
        let tree: Int
        let range: Range<Int>
    }
}

/// A file that is being read, or whose parts wait to be hashed.
final class FileJob: @unchecked Sendable {
    let node: DirectoryNode
    /// Its position among the node's entries.
    let index: Int
    var entry: TreeEntry
    var flags: UInt32
    /// Guarded by `Take.fileLock`.
    var parts: [ListReference] = []
    var unhashed = 0
    /// Bytes read, and bytes that were there to read. Touched by the reading worker alone.
    var length: UInt64 = 0
    var expectedLength: UInt64 = 0
    var isRead = false
    /// The chunks that the file's old entry names, and where each ends.
    let former: [(id: ObjectID, end: UInt64)]

    init(
        node: DirectoryNode, index: Int, entry: TreeEntry, flags: UInt32, former: [(id: ObjectID, end: UInt64)]
    ) {
        self.former = former
        self.node = node
        self.index = index
        self.entry = entry
        self.flags = flags
    }
}
