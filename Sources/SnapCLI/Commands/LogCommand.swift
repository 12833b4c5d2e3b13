// `snap log`: every line of the timeline, newest first. Where `list` shows snapshots, this shows what happened.

import SnapStore

enum LogCommand {
    private static let limit = Option.value("limit", short: "n", "N", "at most N lines")

    static let command = Command(
        name: "log",
        summary: "show what happened, newest first",
        group: .look,
        synopses: ["[-n N] [--json]"],
        options: [limit, .json, .quiet, .noPager],
        discussion: [
            "Each line has '@{n}', the start of the snapshot's id, the age, what happened, the snapshot's kind unless it is "
                + "a checkpoint, and the first line of the message. '@{0}' is the head, '@{1}' the head before it, and so on; "
                + "what did not move the head, such as a name given or removed, has no '@{n}', and its message is the name."
        ],
        fields: [
            HelpEntry("position", "how many head events ago it made the head; absent if it did not move it"),
            HelpEntry("time", "when it happened"),
            HelpEntry("old, new", "the ids before and after it; absent if there is none"),
            HelpEntry("event", "what happened"),
            HelpEntry("kind", "operation, checkpoint or milestone; absent if not known"),
            HelpEntry("who", "user@host/process"),
            HelpEntry("message", "its message or name, or an empty text"),
        ],
        examples: [
            Example("snap log -n 10", "show the last ten events")
        ],
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
        let all = try storing { () throws(StoreError) in try directory.log() }
        let shown = all.prefix(meaning.limit ?? all.count)
        if meaning.isJSON {
            for entry in shown { try session.output.print(json(entry)) }
            return .done
        }
        if all.isEmpty {
            session.messages.receipt(["nothing happened yet"])
            session.messages.hint("snap take")
        }
        session.output.startPaging()
        let now = try session.now()
        let table = columns(shown.map { row($0, now: now) }, limit: session.output.width, dispensable: [kindColumn])
        for line in table { try session.output.print(line) }
        return .done
    }

    private static let kindColumn = 4

    static func row(_ entry: LogEntry, now: Timestamp) -> [String] {
        let event = entry.event
        let kind = event.kind == .checkpoint ? nil : event.kind
        let message = firstLine(event.message.displayString)
        return [
            entry.position.map { "@{\($0)}" } ?? "", (event.new ?? event.old)?.short ?? "",
            ageText(event.time, now: now),
            safeText(event.event.name), kind?.name ?? "", safeText(message),
        ]
    }

    static func json(_ entry: LogEntry) -> JSONLine {
        let event = entry.event
        var line = JSONLine()
        if let position = entry.position { line.set("position", UInt64(max(0, position))) }
        line.set("time", event.time.description)
        if let old = event.old { line.set("old", old.description) }
        if let new = event.new { line.set("new", new.description) }
        line.set("event", event.event.name)
        if let kind = event.kind { line.set("kind", kind.name) }
        line.set("who", event.who)
        line.set("message", event.message.displayString)
        return line
    }
}
