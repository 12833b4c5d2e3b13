// What all threads of one take share, and how work passes between them.
//
// Each worker walks depth first with a stack of its own, so that files of one directory are read one after the other and lie in one block. A worker that has
// nothing left takes directories that others gave away, or full blocks to hash and compress; the others give away their oldest directories while somebody is idle.

internal import SnapSystem
internal import Synchronization

final class Take: @unchecked Sendable {
    let root: FileDescriptor
    let session: PackSession
    let packs: PackSet
    let cache: StatCache
    let options: Options
    let observer: Observer
    /// Whom counts are told.
    let counts: (@Sendable (ProgressCount) -> Void)?
    /// What there will be in all. Set before the walk.
    var expected = ProgressTotal()
    let workerCount: Int
    /// What is covered whatever the rules say; nil outside of a revert.
    let covered: CoveredPaths?
    /// Something is covered only because of them.
    let hasCoveredMore = Atomic<Bool>(false)
    /// The clock of files when the walk began.
    let scanStart: (seconds: Int64, nanoseconds: UInt32)
    let recency: Recency

    /// What a take needs to know besides what it works on.
    struct Options: Sendable {
        /// Nothing is written: trees and what is kept beside them stay in `emitted`.
        var isDry = false
        var rehash = false
        var cacheTags = true
        var oneFileSystem = false
        /// The cache's snapshot is alive and of this epoch: what it names need not be looked up.
        var trustsCache = true
        /// The rules at the root are those that the cache was made under.
        var hasCachedRules = false
        var compression = Compression.standard
        var chunker = Chunker()
        /// The directories of the store and of the pointer to it, by inode and file system.
        var ownStores: [(inode: UInt64, device: UInt64)] = []
        var rootDevice: UInt64 = 0
    }

    struct Shared {
        var directories: [DirectoryNode] = []
        var blocks: [OpenBlock] = []
        /// Workers that have or may bring work.
        var busy = 0
        var isDone = false
        var root: DirectoryOutcome?
    }

    let shared = Monitor(Shared())
    /// How many workers wait; read without the lock to decide whether to give work away.
    let idleCount = Atomic<Int>(0)
    let failure = Mutex<StoreError?>(nil)
    let isStopped = Atomic<Bool>(false)
    /// Some directory has other names than the cache, or had for a moment: what moved during the walk may be in neither place.
    let hasOtherNames = Atomic<Bool>(false)
    /// The disk is full: the walk goes on only to know how much would have been needed.
    let isCountingOnly = Atomic<Bool>(false)
    let neededBytes = Atomic<UInt64>(0)
    /// Plain bytes of the blocks written.
    let newBytes = Atomic<UInt64>(0)
    /// Guards parts of files that several workers hash.
    let fileLock = Mutex<Void>(())
    let tally = Mutex<Tally>(Tally())
    /// What objects of this take are new versions of.
    let predecessors = Predecessors()
    /// Trees and lists of this take, for a second walk, and for the readers of a dry one.
    let emitted: Monitor<EmittedObjects>

    /// Counted over the whole take.
    struct Tally: Sendable {
        var readFiles: UInt64 = 0
        var readBytes: UInt64 = 0
        var leftOut: [LeftOutKey: UInt64] = [:]
        var gaps: [Gap] = []
        var links: [LinkedName] = []
        var withInodeFlags: UInt64 = 0
        /// For whoever watches: files looked at, and bytes read.
        var seenFiles: UInt64 = 0
        var seenBytes: UInt64 = 0

        mutating func add(_ other: Tally) {
            readFiles &+= other.readFiles
            readBytes &+= other.readBytes
            leftOut.merge(other.leftOut, uniquingKeysWith: +)
            gaps += other.gaps
            links += other.links
            withInodeFlags += other.withInodeFlags
            seenFiles &+= other.seenFiles
            seenBytes &+= other.seenBytes
        }
    }

    struct LeftOutKey: Hashable, Sendable {
        var source: [UInt8]
        var line: Int
        var text: [UInt8]
    }

    /// Bytes of trees that stay in memory.
    private static let emittedLimit = 16 << 20

    init(
        root: consuming FileDescriptor, session: PackSession, packs: PackSet, cache: StatCache, options: Options,
        covered: CoveredPaths?, observer: Observer, workerCount: Int
    ) {
        self.root = root
        self.session = session
        self.packs = packs
        self.cache = cache
        self.options = options
        self.observer = observer
        counts = observer.counter
        self.workerCount = workerCount
        self.covered = covered
        emitted = Monitor(
            EmittedObjects(limit: options.isDry ? .max : Self.emittedLimit) { () throws(SystemError) in
                try session.makeSpillFile()
            })
        scanStart = Process.fileClock
        recency = Recency(scanStart: scanStart)
    }

    /// Trees and lists of this take, by key.
    func emittedObjects() throws(StoreError) -> [ObjectKey: [UInt8]] {
        do throws(SystemError) {
            return try emitted.withLock { (emitted) throws(SystemError) in try emitted.all() }
        } catch {
            throw StoreError(error, doing: "read", Array("tmp".utf8))
        }
    }

    /// Walks the working directory once. `rules` are those that hold at its root.
    func walk(
        rules: RuleSet, facts: FileFacts, from cached: (record: RecordLocation, facts: FileFacts)?,
        workers: [TakeWorker]
    ) throws(StoreError) -> DirectoryOutcome {
        let node = DirectoryNode(
            parent: nil, ordinal: 0, path: [], name: TreeEntry.rootName, facts: facts,
            hasCachedFacts: cached.map { $0.facts == facts } ?? false,
            rules: rules, hasCachedRules: options.hasCachedRules, cached: cached?.record)
        tally.withLock { tally in
            // A second walk starts its counts anew, but what was read was read.
            tally.leftOut = [:]
            tally.gaps = []
            tally.links = []
            tally.withInodeFlags = 0
            tally.seenFiles = 0
        }
        shared.withLock { state in
            state = Shared()
            state.directories.append(node)
        }
        idleCount.store(0, ordering: .relaxed)
        hasOtherNames.store(false, ordering: .relaxed)
        let next = Atomic<Int>(0)
        Workers.run(workers.count) { _ in
            let index = next.add(1, ordering: .relaxed).oldValue
            workers[index].run()
        }
        for worker in workers { tally.withLock { $0.add(worker.takeTally()) } }
        if let error = failure.withLock({ $0 }) {
            if case .noSpace(let available, let floor, _) = error {
                throw .noSpace(available: available, floor: floor, needed: neededBytes.load(ordering: .relaxed))
            }
            throw error
        }
        guard let outcome = shared.withLock({ $0.root }) else { throw .cancelled }
        return outcome
    }

    /// Adds to what was seen, and tells it.
    func advance(files: UInt64, bytes: UInt64) {
        guard let counts else { return }
        let seen = tally.withLock { tally in
            tally.seenFiles &+= files
            tally.seenBytes &+= bytes
            return (files: tally.seenFiles, bytes: tally.seenBytes)
        }
        counts(ProgressCount(phase: .reading, files: seen.files, bytes: seen.bytes, total: expected))
    }

    func fail(_ error: StoreError) {
        failure.withLock { if $0 == nil { $0 = error } }
        isStopped.store(true, ordering: .relaxed)
        shared.withLock { $0.isDone = true }
        shared.signal()
    }

    /// What to do about an error of the packs: a full disk lets the walk go on counting.
    func fail(_ error: PackError) {
        switch error {
        case .noSpace, .storeLimit:
            failure.withLock { if $0 == nil { $0 = StoreError(error) } }
            isCountingOnly.store(true, ordering: .relaxed)
        case .system(_, let system) where system.isNoSpace:
            let available = (try? root.freeSpace().available) ?? 0
            failure.withLock { if $0 == nil { $0 = .noSpace(available: available, floor: 0, needed: 0) } }
            isCountingOnly.store(true, ordering: .relaxed)
        default: fail(StoreError(error))
        }
    }

    var isCancelled: Bool {
        if isStopped.load(ordering: .relaxed) { return true }
        if let asked = observer.isCancelled, asked() {
            fail(StoreError.cancelled)
            return true
        }
        return false
    }
}

/// A name of a file that has several.
struct LinkedName: Sendable {
    var device: UInt64
    var inode: UInt64
    var path: [UInt8]
}
