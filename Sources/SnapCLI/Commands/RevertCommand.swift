// `snap revert`: put a snapshot back. So far only into a new or empty directory; the working directory is not touched.

import SnapStore
import SnapSystem

enum RevertCommand {
    private static let into = Option.value("into", "DIR", "put the files into DIR, which must be new or empty")

    static let command = Command(
        name: "revert",
        summary: "put a snapshot into a directory",
        group: .restore,
        synopses: ["REV --into DIR"],
        operands: [.required("REV")],
        options: [into, .json, .quiet],
        discussion: [
            "Puts everything that the snapshot REV covers into DIR, as it was: contents, modes, owners, times, links, "
                + "extended attributes. The working directory is not touched, and nothing is recorded.",
            "What could not be put there is named. What the snapshot did not cover cannot come back, and is counted.",
        ],
        fields: [
            HelpEntry("id", "the snapshot's id"),
            HelpEntry("files, directories, others", "what was put there"),
            HelpEntry("bytes", "the sum of the files' sizes"),
            HelpEntry("gaps", "how many entries the snapshot did not cover"),
            HelpEntry("failure_count", "how many could not be put there, wholly or in part"),
            HelpEntry("failures", "array of path (or path_base64) and reason: the first 100"),
            HelpEntry("milliseconds", "how long it took"),
        ],
        examples: [Example("snap revert @~1 --into ../before", "look at the state before the head")],
        statuses: [
            HelpEntry("0", "all that the snapshot covers is there"),
            HelpEntry("3", "something could not be put there"),
        ],
        meaning: { (typed) throws(UsageError) in
            let text = typed.operandText(0) ?? "@"
            let revision = try parseRevision(text)
            guard let directory = try nonEmptyPath(typed, into) else { throw .revertNeedsInto(revision: text) }
            return Meaning(revision: revision, directory: directory, isJSON: typed.isSet(.json))
        },
        run: run)

    struct Meaning: Sendable {
        var revision: Revision
        var directory: [UInt8]
        var isJSON: Bool
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory()
        let target = try session.absolute(meaning.directory)
        let id = try storing { () throws(StoreError) in try directory.resolve(meaning.revision) }
        let report: RestoreReport
        do throws(Failure) {
            report = try watching(session) { (observer) throws(StoreError) in
                try directory.restore(id, into: target, observer: observer)
            }
        } catch {
            if case .store(.cancelled) = error {
                session.messages.note("\(subject(meaning.directory)) holds a part of the snapshot")
            }
            throw error
        }
        if meaning.isJSON {
            try session.output.print(RestoreReceipt.json(report, id: id))
        } else {
            session.messages.receipt(RestoreReceipt.lines(report, id: id, into: meaning.directory))
        }
        return report.isPartial ? .partial : .done
    }
}
