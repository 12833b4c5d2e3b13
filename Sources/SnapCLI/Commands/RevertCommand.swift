// `snap revert`: put a snapshot back, into the working directory or into a directory of its own.

import SnapStore
import SnapSystem

enum RevertCommand {
    static let latest = Option.flag("latest", "the head, which is what is meant if nothing is said")
    static let back = Option.value("back", "N", "the snapshot N before the head, as '@~N'")
    static let at = Option.value("at", "TIME", "the head at that time, as '@{TIME}'")
    static let name = Option.value("name", "NAME", "the snapshot with that name")
    static let into = Option.value("into", "DIR", "put the files into DIR, which must be new or empty")
    static let dryRun = Option.flag("dry-run", short: "n", "print what would be done, and do nothing")
    static let keepExtra = Option.flag("keep-extra", "remove nothing")
    static let onlyContent = Option.flag(
        "only-content", "leave modes, owners, times and attributes of what is there")
    static let keepGit = Option.flag("keep-git", "leave everything named '.git' as it is")
    static let resume = Option.flag("continue", "finish a revert that was interrupted")
    static let abort = Option.flag("abort", "go back to the state before a revert that was interrupted")
    static let zero = Option.flag(nil, short: "z", "end paths with a zero byte; with --dry-run")

    static let command = Command(
        name: "revert",
        summary: "put a snapshot back",
        group: .restore,
        synopses: [
            "[REV] [--dry-run] [options] [-- PATH...]", "[REV] --into DIR [--json] [-- PATH...]",
            "--continue | --abort",
        ],
        operands: [
            .optional("REV", "the snapshot to put back; the head if it is not said"),
            .paths("PATH", "put back nothing but what is at or below PATH"),
        ],
        options: [
            latest, back, at, name, into, dryRun, keepExtra, onlyContent, keepGit, InPlace.force, InPlace.yes, resume,
            abort, zero, .json, .quiet, .verbose, .progress,
        ],
        discussion: [
            "Makes the working directory what it was in the snapshot REV, or in the head: contents, modes, owners, times, "
                + "links, extended attributes. What differs from the head now is taken first, so that 'snap undo' brings "
                + "it back. What the snapshot did not cover is not touched. Prints the id of the head after it.",
            "With PATHs, which are relative to the current directory, only those and all below them are put back; '*', '?' and "
                + "'[...]' match as in git, also across slashes. If what comes out is not exactly REV, it is taken as a "
                + "snapshot of its own, which becomes the head.",
            "With --into the working directory is not touched, and nothing is recorded.",
            "On a terminal, snap asks before it removes 1,000 paths or more, or 10 or more that are at least half of all. "
                + "A revert that was interrupted is finished with --continue or taken back with --abort; nothing "
                + "else can be recorded until then.",
        ],
        fields: RevertReceipt.fields,
        otherFields: [
            FieldGroup(condition: "with --dry-run", fields: RevertPlanPage.fields),
            FieldGroup(condition: "with --into", fields: RestoreReceipt.fields),
            FieldGroup(condition: ProgressFrame.condition, fields: ProgressFrame.fields),
        ],
        examples: [
            Example("snap revert", "undo everything since the last snapshot"),
            Example("snap revert @~1 -- src/main.c", "put one file back as it was before the head"),
            Example("snap revert --name works --dry-run", "see what would be done"),
            Example("snap revert @~1 --into ../before", "look at the state before the head"),
        ],
        statuses: [
            HelpEntry("0", "everything is as in the snapshot"),
            HelpEntry("3", "done, but something could not be put back; with --dry-run: could not be"),
            HelpEntry("4", "it failed, or the answer was no"),
        ],
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: run)

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        switch meaning {
        case .inPlace(let revision, let paths, let change):
            let (directory, id, change) = try locate(revision, paths, change, .changeWithReceipt, session)
            return try change.run(.revert, directory, session) { (options, observer) throws(StoreError) in
                try directory.revert(to: id, options, observer: observer)
            }
        case .dryRun(let revision, let paths, let change, let form):
            return try plan(revision, paths, change, form, session)
        case .into(let target, let revision, let paths, let isJSON):
            return try restore(revision, paths, into: target, isJSON: isJSON, session)
        case .settle(let isAbort, let change):
            let directory = try session.workingDirectory(for: .changeWithReceipt)
            if isAbort {
                return try change.run(.abort, directory, session) { (options, observer) throws(StoreError) in
                    try directory.abortRevert(options, observer: observer)
                }
            }
            let unfinished = try storing { () throws(StoreError) in try directory.unfinishedRevert() }
            let form = unfinished.map { RevertReceipt.Form($0.event) } ?? .revert
            return try change.run(form, directory, session) { (options, observer) throws(StoreError) in
                try directory.continueRevert(options, observer: observer)
            }
        }
    }

    /// Where it happens, to which snapshot, and with which paths.
    private static func locate(
        _ revision: Revision, _ paths: [[UInt8]], _ change: InPlace, _ purpose: Session.Purpose, _ session: Session
    ) throws(Failure) -> (WorkingDirectory, ObjectID, InPlace) {
        let directory = try session.workingDirectory(for: purpose)
        var change = change
        change.options.paths = try session.pathsFromRoot(paths, of: directory)
        return (directory, try session.resolve(revision, in: directory), change)
    }

    private static func plan(
        _ revision: Revision, _ paths: [[UInt8]], _ change: InPlace, _ form: PlanForm, _ session: Session
    ) throws(Failure) -> ExitStatus {
        let (directory, id, change) = try locate(revision, paths, change, .change, session)
        let options = try change.complete(session)
        let plan = try watching(session) { (observer) throws(StoreError) in
            try directory.planRevert(to: id, options, observer: observer)
        }
        for change in plan.changes {
            switch form {
            case .text: try session.output.print(RevertPlanPage.line(change))
            case .json: try session.output.print(RevertPlanPage.json(change))
            case .zero: try session.output.write(bytes: RevertPlanPage.entry(change))
            }
        }
        if form != .json, !session.messages.isQuiet {
            // The list first, also where both go to one place.
            try session.output.flush()
            let target = try session.description(of: id, in: directory)
            session.messages.receipt(RevertPlanPage.summary(plan, target: target))
        }
        return plan.changes.contains(where: \.isConflict) ? .partial : .done
    }

    private static func restore(
        _ revision: Revision, _ paths: [[UInt8]], into path: [UInt8], isJSON: Bool, _ session: Session
    ) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        let target = try session.absolute(path)
        let chosen = try session.pathsFromRoot(paths, of: directory)
        let id = try session.resolve(revision, in: directory)
        let report: RestoreReport
        do throws(Failure) {
            report = try watching(session) { (observer) throws(StoreError) in
                try directory.restore(id, into: target, paths: chosen, observer: observer)
            }
        } catch {
            if case .store(.cancelled) = error {
                session.messages.note("\(subject(path)) holds a part of the snapshot")
            }
            throw error
        }
        if isJSON {
            try session.output.print(RestoreReceipt.json(report, id: id))
        } else {
            session.messages.receipt(RestoreReceipt.lines(report, id: id, into: path))
        }
        return report.isPartial ? .partial : .done
    }
}
