// What is seen while an operation runs: one line that is rewritten, on a terminal only, and with `--verbose` each file read.
//
// Events come from several threads, one at a time. The line is held back for half a second, so that short operations show
// nothing, and is gone when the operation ends: what stays on the screen is the receipt.

import SnapStore
import SnapSystem

final class Progress: Sendable {
    private struct State {
        var pace: ProgressPace
        var isShown = false
    }

    private let messages: Messages
    private let isWatched: Bool
    private let state: Monitor<State>

    init(_ messages: Messages) {
        self.messages = messages
        isWatched = messages.isWatched
        state = Monitor(State(pace: ProgressPace(start: Process.monotonicNanoseconds)))
    }

    /// Reports here, and stops when a signal has arrived.
    var observer: Observer {
        var observer = Observer()
        observer.isCancelled = { Interrupts.signal != 0 }
        observer.wantsReasons = messages.verbosity == .verbose
        if !messages.isQuiet { observer.progress = { self.show($0) } }
        return observer
    }

    private func show(_ event: ProgressEvent) {
        state.withLock { state in
            switch event {
            case .counted(let files, let bytes):
                guard isWatched, state.pace.isDue(Process.monotonicNanoseconds) else { return }
                messages.print("\r\(counted(files, "file")), \(sizeText(bytes))\u{1B}[K")
                state.isShown = true
            case .reading(let path, let reason):
                guard messages.verbosity == .verbose else { return }
                erase(&state)
                messages.receipt(["read \(quotedPath(path)): \(reason)"])
            case .note(let text):
                erase(&state)
                messages.note(text)
            }
        }
    }

    /// Takes the line away.
    func finish() {
        state.withLock { erase(&$0) }
    }

    private func erase(_ state: inout State) {
        guard state.isShown else { return }
        state.isShown = false
        messages.print("\r\u{1B}[K")
    }
}

/// When a line that is rewritten is due: after half a second, then at most ten times a second.
struct ProgressPace {
    private static let delayNanoseconds: UInt64 = 500_000_000
    private static let intervalNanoseconds: UInt64 = 100_000_000
    private var next: UInt64

    init(start: UInt64) {
        next = start + Self.delayNanoseconds
    }

    /// Whether to write now; if so, the next time is put off.
    mutating func isDue(_ now: UInt64) -> Bool {
        guard now >= next else { return false }
        next = now + Self.intervalNanoseconds
        return true
    }
}

/// Runs an operation that can take long and can be interrupted.
func watching<Result>(
    _ session: Session, _ body: (Observer) throws(StoreError) -> Result
) throws(Failure) -> Result {
    Interrupts.install()
    let progress = Progress(session.messages)
    defer { progress.finish() }
    return try storing { () throws(StoreError) in try body(progress.observer) }
}
