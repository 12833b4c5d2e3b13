// `snap show`: what one snapshot is.

import SnapStore
import SnapSystem

enum ShowCommand {
    static let command = Command(
        name: "show",
        summary: "show what a snapshot is and what it covers",
        group: .look,
        synopses: ["[--json] [REV]"],
        operands: [.optional("REV", "the snapshot; the head if it is not said")],
        options: [.json, .quiet, .noPager],
        discussion: [
            "Shows what the snapshot's manifest says: when and why it was taken, by which rules, what it covers and "
                + "what not; and what it changed since its parent.",
            "With --json the manifest is printed as it is stored, with its id.",
        ],
        fields: [
            HelpEntry("id", "the snapshot's id"),
            HelpEntry("...", "the manifest's own fields, which docs/format.md describes"),
        ],
        examples: [Example("snap show @~1", "show the snapshot before the head")],
        meaning: { (typed) throws(UsageError) in
            Meaning(revision: try parseRevision(typed.operandText(0) ?? "@"), isJSON: typed.isSet(.json))
        },
        run: run)

    struct Meaning: Sendable {
        var revision: Revision
        var isJSON: Bool
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        let id = try session.resolve(meaning.revision, in: directory)
        if meaning.isJSON {
            let bytes = try storing { () throws(StoreError) in try directory.manifestBytes(id) }
            guard case .object(var object)? = try? JSONValue(parsing: bytes) else { throw .manifestUnreadable(id) }
            object["id"] = .string(id.description)
            try session.output.print(JSONLine(object))
            return .done
        }
        let manifest = try storing { () throws(StoreError) in try directory.manifest(id) }
        let names = try storing { () throws(StoreError) in try directory.names() }.filter { $0.target == id }.map(
            \.name)
        session.output.startPaging()
        let now = try session.now()
        for line in ManifestPage.lines(manifest, id: id, names: names, now: now) { try session.output.print(line) }
        if let parent = manifest.parents.first {
            for line in try changes(since: parent, id, directory, session) { try session.output.print(line) }
        }
        return .done
    }

    /// The paths that a page names.
    private static let pathLimit = 10

    /// What it changed, in numbers and the first of the paths; from the trees alone, so that only equal files count as renamed. Empty if the parent is there no more.
    private static func changes(
        since parent: ObjectID, _ id: ObjectID, _ directory: WorkingDirectory, _ session: Session
    ) throws(Failure) -> [String] {
        guard (try? directory.manifest(parent)) != nil else { return [] }
        var options = DiffOptions()
        options.renames = RenameLimits.fullScore
        let chosen = options
        let diff = try watching(session) { (observer) throws(StoreError) in
            try directory.diff(parent, id, chosen, observer: observer)
        }
        let shown = diff.changes.filter { $0.action != .metadata || ($0.new?.kind ?? .directory) != .directory }
        var parts: [String] = []
        for action in FileChange.Action.allCases {
            let count = shown.count { $0.action == action }
            if count > 0 { parts.append("\(grouped(UInt64(count))) \(ChangePage.word(action))") }
        }
        if parts.isEmpty { return ["", "nothing changed since its parent but the times of directories"] }
        var lines = ["", "changed since its parent: \(parts.joined(separator: ", "))"]
        lines += shown.prefix(pathLimit).map { "  \(ChangePage.line($0))" }
        if shown.count > pathLimit {
            lines.append(
                "  and \(counted(shown.count - pathLimit, "other")): snap diff --name-status \(parent.short) \(id.short)"
            )
        }
        return lines
    }
}
