// What is seen while an operation runs: one line that is rewritten, on a terminal, or objects for programs; and with `--verbose` each file read.
//
// Events come from several threads, one at a time. The line is held back for half a second, so that short operations show
// nothing, and is gone when the operation ends: what stays on the screen is the receipt. A frame is one write, so that nothing flickers. The
// cursor is hidden as long as there is a line; every way out of an operation, an interrupt too, leads through `finish`. In the background nothing
// is drawn: there the line and the cursor are somebody else's.

import SnapStore
import SnapSystem

/// What `--progress` says.
enum ProgressChoice: String, Sendable, CaseIterable {
    /// A line where somebody watches.
    case auto
    /// A line wherever standard error goes, unless `--quiet` is given.
    case always
    case never
    /// An object a line, with `--quiet` too: that is for what people read.
    case json
}

/// How progress is told.
enum ProgressForm: Sendable {
    case none, line, json
}

final class Progress: Sendable {
    private struct State {
        var meter: ProgressMeter
        var pace: ProgressPace
        var isShown = false
    }

    private static let standardError: Int32 = 2

    private let messages: Messages
    private let form: ProgressForm
    private let state: Monitor<State>

    init(_ messages: Messages) {
        let form = messages.progressForm
        self.messages = messages
        self.form = form
        let start = Process.monotonicNanoseconds
        let pace = form == .json ? ProgressPace(start: start, delay: 0) : ProgressPace(start: start)
        state = Monitor(State(meter: ProgressMeter(start: start), pace: pace))
    }

    /// Reports here, and stops when a signal has arrived.
    var observer: Observer {
        var observer = Observer()
        observer.isCancelled = { Interrupts.signal != 0 }
        observer.wantsReasons = messages.verbosity == .verbose
        observer.wantsCounts = form != .none
        if !messages.isQuiet || form != .none { observer.progress = { self.show($0) } }
        return observer
    }

    private func show(_ event: ProgressEvent) {
        state.withLock { state in
            switch event {
            case .counted(let count):
                let now = Process.monotonicNanoseconds
                state.meter.note(count, at: now)
                if form != .none, state.pace.isDue(now) { draw(&state, at: now) }
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

    private func draw(_ state: inout State, at now: UInt64) {
        if form == .json {
            messages.print(ProgressFrame.json(state.meter, at: now))
            return
        }
        guard isInForeground else { return }
        var line = ProgressFrame.line(state.meter, at: now)
        // Not in the last column, where some terminals go to the next line by themselves.
        if let width = messages.width { line = shortened(line, to: width - 1) }
        Terminal.noteCursor(isHidden: true)
        state.isShown = true
        messages.print(Terminal.hideCursor + Terminal.startOfLine + line + Terminal.eraseToEnd)
    }

    private var isInForeground: Bool { Terminal.isForeground(Self.standardError) }

    /// Takes the line away while something else is said.
    func pause() {
        state.withLock { erase(&$0) }
    }

    /// Nothing follows: the line goes, and programs are told how far it came.
    func finish() {
        state.withLock { state in
            erase(&state)
            if form == .json, state.meter.count != nil { draw(&state, at: Process.monotonicNanoseconds) }
        }
    }

    private func erase(_ state: inout State) {
        guard state.isShown else { return }
        state.isShown = false
        let line = isInForeground ? Terminal.startOfLine + Terminal.eraseToEnd : ""
        messages.print(line + Terminal.showCursor)
        Terminal.noteCursor(isHidden: false)
    }
}

/// When a line that is rewritten is due: after half a second, then at most ten times a second.
struct ProgressPace {
    private static let intervalNanoseconds: UInt64 = 100_000_000
    private var next: UInt64

    init(start: UInt64, delay: UInt64 = 500_000_000) {
        next = start &+ delay
    }

    /// Whether to write now; if so, the next time is put off.
    mutating func isDue(_ now: UInt64) -> Bool {
        guard now >= next else { return false }
        next = now &+ Self.intervalNanoseconds
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
