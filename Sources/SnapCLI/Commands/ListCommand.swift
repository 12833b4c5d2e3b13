// `snap list`: the living snapshots, newest first.

import SnapStore
import SnapSystem

enum ListCommand {
    private static let directory = Option.flag("directory", "say in which working directory each was taken")

    static let command = Command(
        name: "list",
        summary: "list the snapshots, newest first",
        group: .look,
        synopses: ["[REV...] [options] [--json] [-- PATH...]"],
        operands: [
            .repeated("REV", "the snapshots to list, or a range A..B; all if it is not said"),
            .paths("PATH", "list only those in which something at or below PATH changed"),
        ],
        options: ListFilter.options + [directory, .json, .quiet, .noPager, .colour],
        discussion: [
            "Each line has the start of a snapshot's id, its age, its kind unless it is a checkpoint, its names in "
                + "brackets, and the first line of its message. '@' marks the head: the state that the working "
                + "directory had when it was last recorded. On a terminal, what a revert took for safety is dim, and "
                + "lines are cut to fit; where that would leave next to nothing of the messages, kinds and names are left out.",
            "With REVs only those are listed, and with A..B those that lead to B and not to A; a side that is left out "
                + "is the head. With PATHs, which are relative to the current directory, only those in which something "
                + "at or below them is not as in the snapshot before; '*', '?' and '[...]' match as in git.",
            "Of several conditions all must hold. --offset and --limit count what they leave, from the newest. TIME is "
                + "whatever can stand in '@{TIME}'; GLOB has '*', '?' and '[...]'.",
            "With --expired the same is said of snapshots that were dropped or have expired, and how long they can "
                + "still be recovered.",
        ],
        fields: fields,
        otherFields: [
            FieldGroup(
                condition: "with --directory",
                fields: [
                    HelpEntry("directory", "the id of the working directory that it was taken in"),
                    HelpEntry("directory_path", "where that is, or directory_path_base64; absent if not known"),
                ]),
            FieldGroup(condition: "with --expired", fields: removalFields),
        ],
        examples: [
            Example("snap list -n 10", "show the last ten"),
            Example("snap list -- src", "show which snapshots changed something in 'src'"),
            Example("snap list --since yesterday --kind milestone", "show the milestones since yesterday"),
            Example("snap list release-1.2..", "show what came after a release"),
            Example("snap list --expired", "show what 'snap recover' can bring back"),
        ],
        meaning: { (typed) throws(UsageError) in
            Meaning(
                filter: try ListFilter(typed), hasDirectories: typed.isSet(directory), isJSON: typed.isSet(.json))
        },
        run: run)

    static let fields = [
        HelpEntry("id", "the snapshot's id"),
        HelpEntry("time", "when it was recorded"),
        HelpEntry("event", "what recorded it"),
        HelpEntry("kind", "operation, checkpoint or milestone; absent if not known"),
        HelpEntry("message", "its message, or an empty text"),
        HelpEntry("names", "array of its names"),
        HelpEntry("head", "true for the head"),
    ]

    /// Of a snapshot that was removed.
    static let removalFields = [
        HelpEntry("removed_by", "drop or expire"),
        HelpEntry("removed", "when that was"),
        HelpEntry("recoverable_until", "when its grace ends"),
    ]

    struct Meaning: Sendable {
        var filter: ListFilter
        var hasDirectories: Bool
        var isJSON: Bool
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        var options = try meaning.filter.options(in: directory, session)
        options.wantsDirectories = meaning.hasDirectories
        let shown = try find(options, directory, session)
        if shown.isEmpty, meaning.filter.isEverything, !meaning.isJSON {
            session.messages.receipt(["no snapshots yet"])
            session.messages.hint("snap take")
        }
        try show(shown, isJSON: meaning.isJSON, session)
        return .done
    }

    /// Prints the snapshots, one a line.
    static func show(_ summaries: [SnapshotSummary], isJSON: Bool, _ session: Session) throws(Failure) {
        if isJSON {
            for summary in summaries { try session.output.print(json(summary)) }
            return
        }
        session.output.startPaging()
        let now = try session.now()
        let output = session.output
        for line in lines(summaries, now: now, isColoured: output.wantsColour, width: output.width) {
            try output.print(line)
        }
    }

    private static func find(
        _ options: ListOptions, _ directory: WorkingDirectory, _ session: Session
    ) throws(Failure) -> [SnapshotSummary] {
        // A plain list is over before anybody could interrupt it.
        if !options.readsPacks { return try storing { () throws(StoreError) in try directory.list(options) } }
        return try watching(session) { (observer) throws(StoreError) in
            try directory.list(options, observer: observer)
        }
    }

    /// Snapshots that nobody asked for stand back. Lines are cut to `width` cells; nil: none is.
    static func lines(
        _ summaries: [SnapshotSummary], now: Timestamp, isColoured: Bool, width: Int? = nil
    ) -> [String] {
        let table = columns(summaries.map { row($0, now: now) }, limit: width, dispensable: [kindColumn, namesColumn])
        return zip(summaries, table).map { summary, line in
            isColoured && summary.event == .safety ? dimmed(line) : line
        }
    }

    private static let kindColumn = 2
    private static let namesColumn = 3

    static func row(_ summary: SnapshotSummary, now: Timestamp) -> [String] {
        let kind = summary.kind == .checkpoint ? nil : summary.kind
        let names = summary.names.isEmpty ? "" : "[\(summary.names.map { safeText($0) }.joined(separator: ", "))]"
        var row = [
            (summary.isHead ? "@ " : "  ") + summary.id.short, ageText(summary.time, now: now), kind?.name ?? "", names,
        ]
        if let removal = summary.removal { row.append(removalText(removal, now: now)) }
        if let directory = summary.directory {
            // A directory that nobody knows any more has its id only.
            row.append(summary.directoryPath.map { quotedPath($0) } ?? directory)
        }
        row.append(safeText(firstLine(summary.message)))
        return row
    }

    static func json(_ summary: SnapshotSummary) -> JSONLine {
        var line = JSONLine()
        line.set("id", summary.id.description)
        line.set("time", summary.time.description)
        line.set("event", summary.event.name)
        if let kind = summary.kind { line.set("kind", kind.name) }
        line.set("message", summary.message)
        line.set("names", summary.names)
        line.set("head", summary.isHead)
        if let directory = summary.directory { line.set("directory", directory) }
        if let path = summary.directoryPath { line.set("directory_path", path: path) }
        summary.removal?.set(in: &line)
        return line
    }
}

/// The first line of a text that is not empty.
func firstLine(_ text: String) -> String {
    let bytes = text.utf8
    guard bytes.contains(0x0A) else { return text }
    let start = bytes.firstIndex { $0 != 0x0A } ?? bytes.endIndex
    let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.endIndex
    return String(text[start..<end])
}

/// How many lines are asked for; nil: all.
func parseLimit(_ typed: ParsedArguments, _ option: Option) throws(UsageError) -> Int? {
    guard let text = typed.text(option) else { return nil }
    guard let number = wholeNumber(text) else {
        throw .invalidValue(option: option.name, value: text, reason: "it must be a whole number")
    }
    return number
}

/// The number in decimal digits and nothing else; nil for other text, and for numbers that are too large.
func wholeNumber(_ text: String) -> Int? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
}
