// What all threads of one restore share, and how work passes between them.
//
// Each worker walks depth first in the order of the tree, so that the blocks it decompresses hold the files it needs
// next. While somebody is idle the others give away their oldest work, which is the largest.

internal import SnapSystem
internal import Synchronization

enum RestoreWork: Sendable {
    case directory(RestoreDirectory)
    /// One of a directory's trees: for directories that have several.
    case tree(RestoreDirectory, ObjectID)
    /// Some entries of a directory, whose own metadata somebody else sees to.
    case entries(RestoreDirectory, [TreeEntry])
}

final class RestoreRun: Sendable {
    struct Shared {
        var queue: [RestoreWork] = []
        /// Workers that have work. Counted and not assumed, because a thread may not have started.
        var busy = 0
        var isDone = false
        /// Directories that get their mode and time at the end.
        var postponed: [RestoreDirectory] = []
    }

    let packs: PackSet
    let observer: Observer
    let links: LinkGroups
    let selection: RestoreSelection
    let root: OpenDirectory
    let threads: Int
    private let target: [UInt8]
    private let expected: ProgressTotal
    private let counts: (@Sendable (ProgressCount) -> Void)?
    /// Everything that is not a matter of permission ends the run, because what is made must be exact.
    private let isStrict: Bool
    let shared = Monitor(Shared())
    /// Read without the lock to decide whether to give work away.
    let idleCount = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)
    private let failure = Mutex<StoreError?>(nil)
    private let cause = Mutex<SystemError?>(nil)
    /// The failed call that ended the run, which can go on after it.
    func takeFailure() -> SystemError? {
        let found = cause.withLock { cause in
            defer { cause = nil }
            return cause
        }
        if found != nil {
            failure.withLock { $0 = nil }
            isStopped.store(false, ordering: .relaxed)
        }
        return found
    }
    private let totals = Mutex<(files: UInt64, bytes: UInt64)>((0, 0))

    init(
        packs: PackSet, observer: Observer, links: LinkGroups, selection: RestoreSelection = .everything,
        root: OpenDirectory, target: [UInt8], threads: Int, isStrict: Bool = false,
        expecting expected: ProgressTotal = ProgressTotal()
    ) {
        self.expected = expected
        counts = observer.counter
        self.isStrict = isStrict
        self.packs = packs
        self.observer = observer
        self.links = links
        self.selection = selection
        self.root = root
        self.target = target
        self.threads = threads
    }

    /// Ends the restore with an error.
    func stop(_ error: StoreError) {
        failure.withLock { if $0 == nil { $0 = error } }
        isStopped.store(true, ordering: .relaxed)
        shared.withLock { $0.isDone = true }
        shared.signal()
    }

    /// A full disk hits every file that follows: there is no point in going on.
    func stopIfFull(_ error: SystemError) {
        guard error.isNoSpace || (isStrict && !error.isRefusal) else { return }
        cause.withLock { if $0 == nil { $0 = error } }
        stop(StoreError(error, doing: "write into", target))
    }

    var isCancelled: Bool {
        if isStopped.load(ordering: .relaxed) { return true }
        guard let asked = observer.isCancelled, asked() else { return false }
        stop(.cancelled)
        return true
    }

    /// Throws what stopped the restore, if anything did.
    func check() throws(StoreError) {
        if isCancelled { throw failure.withLock { $0 } ?? .cancelled }
    }

    /// Adds to what was put back so far, and reports it.
    func advance(files: UInt64, bytes: UInt64) {
        guard let counts, files > 0 || bytes > 0 else { return }
        totals.withLock { totals in
            totals.files += files
            totals.bytes &+= bytes
            counts(ProgressCount(phase: .writing, files: totals.files, bytes: totals.bytes, total: expected))
        }
    }
}
