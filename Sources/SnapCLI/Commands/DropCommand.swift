// `snap drop` and `snap recover`: remove snapshots by hand, and have back what was removed by hand or by a rule.

import SnapStore
import SnapSystem

enum DropCommand {
    private static let force = Option.flag("force", short: "f", "also snapshots that have a name, which goes too")

    static let drop = Command(
        name: "drop",
        summary: "remove snapshots; for a day they can be recovered",
        group: .care,
        synopses: ["REV... [--force] [--json]"],
        operands: [.repeated("REV", isOptional: false, "the snapshots to take out of the list")],
        options: [force, .json, .quiet],
        discussion: [
            "Takes the snapshots out of the list. What they need stays in the store until it is collected, which is "
                + "after a day at the earliest; until then 'snap recover' brings them back. The head cannot be "
                + "dropped, and a snapshot with a name only with --force. If one cannot be dropped, none is."
        ],
        fields: [
            HelpEntry("id", "the id of a dropped snapshot"),
            HelpEntry("names", "array of the names that went with it"),
            HelpEntry("recoverable_until", "when its grace ends"),
        ],
        examples: [
            Example("snap drop @~3", "remove the snapshot three before the head"),
            Example("snap drop -f draft", "remove a snapshot together with its name"),
        ],
        meaning: { (typed) throws(UsageError) in
            Drop(
                revisions: try snapshotRevisions(typed.operands), force: typed.isSet(force), isJSON: typed.isSet(.json))
        },
        run: runDrop)

    static let recover = Command(
        name: "recover",
        summary: "bring back snapshots that were dropped or have expired",
        group: .care,
        synopses: ["[REV...] [--json]"],
        operands: [.repeated("REV", "the snapshots to bring back; without one, those that can be are listed")],
        options: [.json, .quiet, .noPager],
        discussion: [
            "Brings the snapshots back into the list. Names that went with a drop do not come back. Without REVs, what "
                + "can be recovered is listed, as 'snap list --expired' does. If one cannot be recovered, none is."
        ],
        fields: [
            HelpEntry("id", "the id of a snapshot"),
            HelpEntry("recovered", "true, or false if it had not been removed"),
            HelpEntry("hurt_count", "how many of its paths cannot be put back whole"),
        ],
        otherFields: [
            FieldGroup(condition: "without REVs", fields: ListCommand.fields + ListCommand.removalFields)
        ],
        examples: [
            Example("snap recover", "show what can be recovered"),
            Example("snap recover @{1}", "bring back the snapshot that was the head before this one"),
        ],
        statuses: [HelpEntry("3", "done, but a snapshot cannot be put back whole")],
        meaning: { (typed) throws(UsageError) in
            Recovery(revisions: try snapshotRevisions(typed.operands), isJSON: typed.isSet(.json))
        },
        run: runRecovery)

    struct Drop: Sendable, Equatable {
        var revisions: [Revision]
        var force: Bool
        var isJSON: Bool
    }

    struct Recovery: Sendable, Equatable {
        /// Empty: what can be recovered is listed.
        var revisions: [Revision]
        var isJSON: Bool
    }

    /// Operands that are whole snapshots.
    private static func snapshotRevisions(_ words: [[UInt8]]) throws(UsageError) -> [Revision] {
        var revisions: [Revision] = []
        for word in words { revisions.append(try parseSnapshot(word, refusingPaths: "it is a part of a snapshot")) }
        return revisions
    }

    // MARK: Running

    private static func runDrop(_ meaning: Drop, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .change)
        let ids = try session.resolve(meaning.revisions, in: directory)
        var options = DropOptions()
        options.force = meaning.force
        options.who = session.who
        options.time = try session.fixedTime()
        let chosen = options
        let report = try storing { () throws(StoreError) in try directory.drop(ids, chosen) }
        if meaning.isJSON {
            for dropped in report.dropped { try session.output.print(json(dropped, report.graceEnd)) }
            return .done
        }
        if session.messages.isQuiet { return .done }
        var lines: [String] = []
        for dropped in report.dropped {
            let names = dropped.names.map { subject($0) }.joined(separator: ", ")
            let rest = names.isEmpty ? "" : ", named \(names)"
            let text = try session.description(of: dropped.id, in: directory)
            lines.append("dropped \(text)\(rest)")
        }
        let shown = report.dropped.map(\.id.short).joined(separator: " ")
        lines.append("until \(clockText(report.graceEnd)) this can be taken back: snap recover \(shown)")
        session.messages.receipt(lines)
        return .done
    }

    private static func runRecovery(_ meaning: Recovery, _ session: Session) throws(Failure) -> ExitStatus {
        if meaning.revisions.isEmpty { return try list(meaning, session) }
        let directory = try session.workingDirectory(for: .change)
        let ids = try session.resolve(meaning.revisions, in: directory, prefersRemoved: true)
        var options = RecoverOptions()
        options.who = session.who
        options.time = try session.fixedTime()
        let chosen = options
        let report = try watching(session) { (observer) throws(StoreError) in
            try directory.recover(ids, chosen, observer: observer)
        }
        if meaning.isJSON {
            for line in json(report) { try session.output.print(line) }
        } else {
            session.messages.receipt(try lines(report, directory, session))
        }
        return report.isPartial ? .partial : .done
    }

    private static func list(_ meaning: Recovery, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        let removed = try storing { () throws(StoreError) in try directory.expired() }
        if removed.isEmpty, !meaning.isJSON { session.messages.receipt(["there is nothing to recover"]) }
        try ListCommand.show(removed, isJSON: meaning.isJSON, session)
        return .done
    }

    private static func lines(
        _ report: RecoverReport, _ directory: WorkingDirectory, _ session: Session
    ) throws(Failure) -> [String] {
        if session.messages.isQuiet { return [] }
        var lines: [String] = []
        for recovered in report.recovered {
            let text = try session.description(of: recovered.id, in: directory)
            lines.append("recovered \(text)")
            if recovered.hurtCount > 0 {
                let paths = counted(recovered.hurtCount, "path")
                lines.append("not whole any more: \(paths) of it cannot be put back: snap verify")
            }
        }
        for id in report.living { lines.append("\(id.short) had not been removed") }
        return lines
    }

    static func json(_ dropped: DropReport.Dropped, _ graceEnd: Timestamp) -> JSONLine {
        var line = JSONLine()
        line.set("id", dropped.id.description)
        line.set("names", dropped.names)
        line.set("recoverable_until", graceEnd.description)
        return line
    }

    static func json(_ report: RecoverReport) -> [JSONLine] {
        var lines: [JSONLine] = []
        for recovered in report.recovered {
            var line = JSONLine()
            line.set("id", recovered.id.description)
            line.set("recovered", true)
            line.set("hurt_count", recovered.hurtCount)
            lines.append(line)
        }
        for id in report.living {
            var line = JSONLine()
            line.set("id", id.description)
            line.set("recovered", false)
            lines.append(line)
        }
        return lines
    }
}
