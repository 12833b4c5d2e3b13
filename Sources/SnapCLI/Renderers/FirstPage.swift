// The page that `snap` alone prints: how things are, the commands that one needs next, and where there is more.

import SnapStore

enum FirstPage {
    /// What decides which commands one needs.
    enum Situation: CaseIterable, Sendable {
        case noStore
        case noSnapshot
        case settled
        /// Nothing else can be recorded before it is continued or aborted.
        case unfinishedRevert

        init(_ report: StatusReport) {
            if report.unfinished != nil {
                self = .unfinishedRevert
            } else {
                self = report.head == nil ? .noSnapshot : .settled
            }
        }

        /// Five command lines, the likeliest first, and what each is for.
        var next: [HelpEntry] {
            switch self {
            case .noStore:
                [
                    HelpEntry("snap init", "keep the states of this directory from now on"),
                    HelpEntry("snap take -m 'MESSAGE'", "record its state"),
                    HelpEntry("snap status", "see what has changed since"),
                    HelpEntry("snap undo", "go back to the state before the last change"),
                    HelpEntry("snap revert REV", "go back to any other state"),
                ]
            case .noSnapshot:
                [
                    HelpEntry("snap take -m 'MESSAGE'", "record the state of this directory"),
                    HelpEntry("snap status", "see what has changed since"),
                    HelpEntry("snap list", "list what was recorded"),
                    HelpEntry("snap undo", "go back to the state before the last change"),
                    HelpEntry("snap doctor", "see whether anything is in the way"),
                ]
            case .settled:
                [
                    HelpEntry("snap status", "see which paths have changed"),
                    HelpEntry("snap diff", "see what has changed in them"),
                    HelpEntry("snap take -m 'MESSAGE'", "record the state of this directory"),
                    HelpEntry("snap undo", "go back to the state before the last change"),
                    HelpEntry("snap list", "list the snapshots, to 'snap revert' to one"),
                ]
            case .unfinishedRevert:
                [
                    HelpEntry("snap revert --continue", "finish it"),
                    HelpEntry("snap revert --abort", "go back to the state before it"),
                    HelpEntry("snap status", "see how the directory is now"),
                    HelpEntry("snap log", "see what led here"),
                    HelpEntry("snap doctor", "see whether anything is in the way"),
                ]
            }
        }
    }

    static let introduction = [
        "snap puts a directory back exactly as it was: at any moment, after anything.",
        "There is no store here yet.",
    ]

    /// Where one is.
    static func state(_ report: StatusReport, directory: [UInt8], now: Timestamp) -> [String] {
        var rows = [["directory", subject(directory)]]
        rows.append(["head", StatusPage.head(report, now: now)])
        if let count = report.snapshots, count > 0 { rows.append(["kept", counted(count, "snapshot")]) }
        if let unfinished = report.unfinished { rows.append(["revert", unfinished.words]) }
        return columns(rows)
    }

    static func text(_ lines: [String], _ situation: Situation) -> String {
        let next = columns(situation.next.map { ["   " + $0.term, $0.meaning] })
        let more = "'snap help' lists all commands, 'snap help COMMAND' explains one."
        return (lines + [""] + next + ["", more]).map { $0 + "\n" }.joined()
    }
}
