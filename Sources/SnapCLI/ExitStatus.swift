// What the process ends with. One list, for the code and for help.

/// The statuses of snap; a signal that ended an operation adds 128 + its number to them.
enum ExitStatus: Equatable, Sendable {
    /// Done, or yes.
    case done
    /// The answer is no.
    case no
    /// What was typed cannot be meant.
    case usage
    /// Finished, but part was not covered or not possible.
    case partial
    case failed
    /// Ended by a signal.
    case signal(Int32)

    var code: Int32 {
        switch self {
        case .done: 0
        case .no: 1
        case .usage: 2
        case .partial: 3
        case .failed: 4
        case .signal(let number): 128 + number
        }
    }

    /// A pipe that its reader has closed ends snap as it ends other programs: silently, as if by SIGPIPE.
    static let brokenPipe = ExitStatus.signal(13)
}
