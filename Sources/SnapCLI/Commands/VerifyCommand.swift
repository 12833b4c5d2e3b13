// `snap verify`: is everything there, and which snapshots and paths are hurt if not. The report is the result, so it goes to
// standard output.

import SnapStore
import SnapSystem

enum VerifyCommand {
    private static let quick = Option.flag("quick", "structure and presence only (default)")
    private static let full = Option.flag("full", "read and check every byte")

    static let command = Command(
        name: "verify",
        summary: "check the store, and name what is hurt",
        group: .care,
        synopses: ["[--quick | --full] [--json]"],
        options: [quick, full, .json, .quiet, .progress],
        discussion: [
            "Checks that every snapshot's objects are in the store. With --full every byte is read and compared with "
                + "its checksum and id. Damaged files of the store are named, and the snapshots and paths that "
                + "cannot be put back whole."
        ],
        fields: [
            HelpEntry("clean", "true if nothing is damaged"),
            HelpEntry("depth", "quick or full"),
            HelpEntry("snapshots, objects, packs, bytes", "what was checked"),
            HelpEntry("damages", "array of file and what: damaged files of the store"),
            HelpEntry("hurt_count", "how many paths of snapshots cannot be put back whole"),
            HelpEntry("hurt", "array of snapshot, path (or path_base64) and reason: the first 1,000"),
            HelpEntry("notes", "array of texts"),
            HelpEntry("milliseconds", "how long it took"),
        ],
        examples: [Example("snap verify --full", "check every byte, such as before a disk is given up")],
        statuses: [HelpEntry("0", "nothing is damaged"), HelpEntry("1", "something is damaged")],
        meaning: { (typed) throws(UsageError) in
            try typed.exclude(quick, full)
            return Meaning(depth: typed.isSet(full) ? .full : .quick, isJSON: typed.isSet(.json))
        },
        run: run)

    struct Meaning: Sendable {
        var depth: VerifyOptions.Depth
        var isJSON: Bool
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        var options = VerifyOptions()
        options.depth = meaning.depth
        options.time = try session.fixedTime()
        let chosen = options
        let report = try watching(session) { (observer) throws(StoreError) in
            try directory.verify(chosen, observer: observer)
        }
        if meaning.isJSON {
            try session.output.print(VerifyReceipt.json(report, depth: meaning.depth))
        } else if !session.messages.isQuiet || !report.isClean {
            for line in VerifyReceipt.lines(report, depth: meaning.depth) { try session.output.print(line) }
        }
        return report.isClean ? .done : .no
    }
}
