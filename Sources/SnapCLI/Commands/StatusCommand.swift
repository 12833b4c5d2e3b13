// `snap status`: how the working directory and its store are, at a glance.

import SnapStore
import SnapSystem

enum StatusCommand {
    static let short = Option.flag(
        "short", short: "s", "only the paths that differ from the head, each behind a letter")
    static let noScan = Option.flag("no-scan", "do not look at the directory: at once, for prompts")
    static let exitCode = Option.flag("exit-code", "end with status 1 if the directory differs from the head")
    static let zero = Option.flag(nil, short: "z", "with --short: end paths with a zero byte, and do not quote them")

    static let command = Command(
        name: "status",
        summary: "show how the directory and its store are",
        group: .look,
        synopses: ["[--no-scan] [--exit-code] [--json]", "--short [-z] [--exit-code]"],
        options: [short, noScan, exitCode, zero, .json, .quiet],
        discussion: [
            "Shows the head, how many paths differ from it and the first of them, what 'snap undo' and 'snap redo' would go to, "
                + "whether a revert is unfinished, what the store takes, and when it was checked last."
        ],
        fields: StatusPage.fields,
        examples: [
            Example("snap status --exit-code -q || snap take", "take only if something changed"),
            Example("snap status --no-scan --json", "feed a prompt"),
        ],
        statuses: [
            HelpEntry(
                "1",
                "with --exit-code: the directory differs from the head, there is no head, or a revert is unfinished")
        ],
        meaning: { (typed) throws(UsageError) in
            try typed.exclude(short, .json)
            try typed.exclude(short, noScan)
            try typed.exclude(exitCode, noScan)
            if typed.isSet(zero) && !typed.isSet(short) { throw .requires(option: zero.name, other: short.name) }
            return Meaning(
                isShort: typed.isSet(short), scans: !typed.isSet(noScan), hasExitCode: typed.isSet(exitCode),
                isZero: typed.isSet(zero), isJSON: typed.isSet(.json))
        },
        run: run)

    struct Meaning: Sendable, Equatable {
        var isShort: Bool
        var scans: Bool
        var hasExitCode: Bool
        var isZero: Bool
        var isJSON: Bool
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        var options = StatusOptions()
        options.scansDirectory = meaning.scans
        let chosen = options
        let report = try watching(session) { (observer) throws(StoreError) in
            try directory.status(chosen, observer: observer)
        }
        if meaning.isJSON {
            try session.output.print(StatusPage.json(report))
        } else if meaning.isShort {
            for change in report.visibleChanges {
                try session.output.write(bytes: StatusPage.short(change, isZero: meaning.isZero))
            }
        } else if !session.messages.isQuiet {
            let lines = StatusPage.lines(report, now: try session.now(), width: session.output.width)
            for line in lines { try session.output.print(line) }
        }
        let isAsHead = report.head != nil && report.visibleChanges.isEmpty && report.unfinished == nil
        return meaning.hasExitCode && !isAsHead ? .no : .done
    }
}
