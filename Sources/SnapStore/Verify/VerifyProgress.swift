// What a check has done so far, reported by all its threads one at a time, and whether it is to stop.

internal import Synchronization

final class VerifyProgress: Sendable {
    private let observer: Observer
    private let totals = Mutex<(files: UInt64, bytes: UInt64)>((0, 0))

    init(_ observer: Observer) {
        self.observer = observer
    }

    var isCancelled: Bool { observer.isCancelled?() ?? false }

    func advance(files: UInt64, bytes: UInt64) {
        guard let progress = observer.progress, files > 0 || bytes > 0 else { return }
        totals.withLock { totals in
            totals.files &+= files
            totals.bytes &+= bytes
            progress(.counted(files: totals.files, bytes: totals.bytes))
        }
    }
}
