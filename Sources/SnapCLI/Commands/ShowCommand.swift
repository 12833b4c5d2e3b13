// `snap show`: what one snapshot is.

import SnapStore
import SnapSystem

enum ShowCommand {
    static let command = Command(
        name: "show",
        summary: "show what a snapshot is and what it covers",
        group: .look,
        synopses: ["[--json] [REV]"],
        operands: [.optional("REV")],
        options: [.json, .quiet],
        discussion: [
            "Shows the manifest of REV, or of the head. A revision is '@' for the head, '@~2' for its second ancestor, "
                + "'@{2}' for the head two steps ago, a name, or the first four or more digits of an id.",
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
        let id = try storing { () throws(StoreError) in try directory.resolve(meaning.revision) }
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
        let now = try session.now()
        for line in ManifestPage.lines(manifest, id: id, names: names, now: now) { try session.output.print(line) }
        return .done
    }
}

/// A revision as typed. Whether it exists is found later.
func parseRevision(_ text: String) throws(UsageError) -> Revision {
    do throws(RevisionError) {
        return try Revision(parsing: text)
    } catch {
        throw .invalidRevision(text, error)
    }
}
