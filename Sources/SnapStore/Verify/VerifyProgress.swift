// What a check has done so far, reported by all its threads one at a time, and whether it is to stop.

internal import Synchronization

final class VerifyProgress: Sendable {
    private let observer: Observer
    private let counts: (@Sendable (ProgressCount) -> Void)?
    private let state = Mutex(ProgressCount(phase: .checking, files: 0, bytes: 0))

    init(_ observer: Observer) {
        self.observer = observer
        counts = observer.counter
    }

    var isCancelled: Bool { observer.isCancelled?() ?? false }

    /// Something else is done from now on.
    func begin(_ phase: ProgressPhase, total: ProgressTotal = ProgressTotal()) {
        state.withLock { $0 = ProgressCount(phase: phase, files: 0, bytes: 0, total: total) }
    }

    func advance(files: UInt64, bytes: UInt64) {
        guard let counts, files > 0 || bytes > 0 else { return }
        state.withLock { count in
            count.files &+= files
            count.bytes &+= bytes
            counts(count)
        }
    }
}
