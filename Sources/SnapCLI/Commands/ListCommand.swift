// `snap list`: the living snapshots, newest first.

import SnapStore
import SnapSystem

enum ListCommand {
    private static let limit = Option.value("limit", short: "n", "N", "at most N snapshots")

    static let command = Command(
        name: "list",
        summary: "list the snapshots, newest first",
        group: .look,
        synopses: ["[-n N] [--json]"],
        options: [limit, .json, .quiet],
        discussion: [
            "Each line has the start of a snapshot's id, its age, its kind unless it is a checkpoint, its names in "
                + "brackets, and the first line of its message. '@' marks the head: the state that the working directory had "
                + "when it was last recorded. On a terminal, what a revert took for safety is dim."
        ],
        fields: [
            HelpEntry("id", "the snapshot's id"),
            HelpEntry("time", "when it was recorded"),
            HelpEntry("event", "what recorded it"),
            HelpEntry("kind", "operation, checkpoint or milestone; absent if not known"),
            HelpEntry("message", "its message, or an empty text"),
            HelpEntry("names", "array of its names"),
            HelpEntry("head", "true for the head"),
        ],
        examples: [Example("snap list -n 10", "show the last ten")],
        meaning: { (typed) throws(UsageError) in
            Meaning(limit: try parseLimit(typed, limit), isJSON: typed.isSet(.json))
        },
        run: run)

    struct Meaning: Sendable, Equatable {
        var limit: Int?
        var isJSON: Bool
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        let all = try storing { () throws(StoreError) in try directory.list() }
        let shown = all.prefix(meaning.limit ?? all.count)
        if meaning.isJSON {
            for summary in shown { try session.output.print(json(summary)) }
            return .done
        }
        if all.isEmpty {
            session.messages.receipt(["no snapshots yet"])
            session.messages.hint("snap take")
        }
        let now = try session.now()
        for line in lines(Array(shown), now: now, isColoured: session.output.wantsColour) {
            try session.output.print(line)
        }
        return .done
    }

    /// Snapshots that nobody asked for stand back.
    static func lines(_ summaries: [SnapshotSummary], now: Timestamp, isColoured: Bool) -> [String] {
        zip(summaries, columns(summaries.map { row($0, now: now) })).map { summary, line in
            isColoured && summary.event == .safety ? dimmed(line) : line
        }
    }

    static func row(_ summary: SnapshotSummary, now: Timestamp) -> [String] {
        let kind = summary.kind == .checkpoint ? nil : summary.kind
        let names = summary.names.isEmpty ? "" : "[\(summary.names.map { safeText($0) }.joined(separator: ", "))]"
        let message = summary.message.split(separator: "\n").first.map(String.init) ?? ""
        return [
            (summary.isHead ? "@ " : "  ") + summary.id.short, ageText(summary.time, now: now), kind?.name ?? "", names,
            safeText(message),
        ]
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
        return line
    }
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
