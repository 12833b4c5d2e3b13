// Standard error: receipts, notes, hints, errors. What cannot be written there is lost, for there is nowhere else to say so.

import SnapSystem

struct Messages: Sendable {
    private static let standardInput: Int32 = 0
    private static let standardError: Int32 = 2

    let verbosity: Verbosity
    /// What was asked for.
    var progress = ProgressChoice.auto

    var isQuiet: Bool { verbosity == .quiet }

    /// Whether somebody watches.
    var isWatched: Bool {
        !isQuiet && Process.isTerminal(Self.standardError) && !isDumb(Process.environment("TERM"))
    }

    /// How progress is told.
    var progressForm: ProgressForm {
        switch progress {
        case .auto: isWatched ? .line : .none
        case .always: isQuiet ? .none : .line
        case .never: .none
        case .json: .json
        }
    }

    /// Columns of the terminal, by the same rule as for standard output; nil if nobody knows.
    var width: Int? { columnsOf(Self.standardError, environment: Process.environment("COLUMNS")) }

    /// Whether somebody can be asked.
    var canAsk: Bool { Process.isTerminal(Self.standardInput) && Process.isTerminal(Self.standardError) }

    /// Asks, also with `--quiet`. nil at the end of the input, and when a signal came meanwhile.
    func ask(_ question: String) -> String? {
        print(question)
        let answer = Process.readLine(from: Self.standardInput).map { String(decoding: $0, as: UTF8.self) }
        // Nobody has ended the line, and an error follows.
        if answer == nil { print("\n") }
        return answer
    }

    /// Writes whole lines at once, so that those of two processes do not mix.
    func print(_ text: String) {
        try? Process.write(Array(text.utf8), to: Self.standardError)
    }

    /// A receipt: what was done. Nothing with `--quiet`.
    func receipt(_ lines: [String]) {
        guard !isQuiet, !lines.isEmpty else { return }
        print(lines.map { $0 + "\n" }.joined())
    }

    /// Something a person should know. Nothing with `--quiet`.
    func note(_ text: String) {
        receipt(["note: " + safeText(text)])
    }

    /// Something to type next. Nothing with `--quiet`.
    func hint(_ text: String) {
        receipt(["hint: " + text])
    }
}
