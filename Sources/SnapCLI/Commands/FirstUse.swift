// `snap` alone: where one is, and what one needs next. It is what most people type first, and a reminder later on, so it answers at once:
// nothing is looked through, and a long history is not counted.

import SnapStore

enum FirstUse {
    /// Bytes of a timeline that is counted: some thousand events.
    private static let countingLimit: UInt64 = 1 << 20

    /// What was asked for is the page, so the status is 0. A store that is broken is an error, as for every other command.
    static func run(_ session: Session) throws(Failure) -> ExitStatus {
        let directory: WorkingDirectory
        do throws(Failure) {
            // The page itself says if a revert is unfinished.
            directory = try session.workingDirectory(for: .change)
        } catch {
            guard case .store(.notAWorkingDirectory) = error else { throw error }
            try session.output.write(FirstPage.text(FirstPage.introduction, .noStore))
            return .done
        }
        var options = StatusOptions()
        options.scansDirectory = false
        options.countingLimit = countingLimit
        let chosen = options
        let report = try storing { () throws(StoreError) in try directory.status(chosen, observer: Observer()) }
        let lines = FirstPage.state(report, directory: directory.path, now: try session.now())
        try session.output.write(FirstPage.text(lines, FirstPage.Situation(report)))
        return .done
    }
}
