// How fast gc writes.
//
// In the background it waits for the disk after each few megabytes, and then as long again, so that what others write is
// not behind more than that. There one thread writes, and while it waits nothing else is computed either.

internal import SnapSystem
internal import Synchronization

final class WritingPace: Sendable {
    private struct State {
        var bytes: UInt64 = 0
        var unsynced = 0
    }

    private let isPaced: Bool
    private let state = Mutex(State())
    private static let step = 4 << 20
    /// In milliseconds.
    private static let longestPause: UInt64 = 500

    init(isPaced: Bool) {
        self.isPaced = isPaced
    }

    /// All that was written so far.
    var bytes: UInt64 { state.withLock { $0.bytes } }

    /// To be called after `count` bytes were written into `session`. Takes its time.
    func wrote(_ count: Int, _ session: PackSession) throws(PackError) {
        let isDue = state.withLock { (state) -> Bool in
            state.bytes = state.bytes.addingSaturated(UInt64(max(count, 0)))
            state.unsynced += count
            guard isPaced, state.unsynced >= Self.step else { return false }
            state.unsynced = 0
            return true
        }
        guard isDue else { return }
        let start = Process.monotonicNanoseconds
        try session.flushData()
        let milliseconds = (Process.monotonicNanoseconds &- start) / 1_000_000
        Process.pause(milliseconds: UInt32(truncatingIfNeeded: min(milliseconds, Self.longestPause)))
    }
}
