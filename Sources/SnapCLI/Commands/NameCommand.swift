// `snap name`: names for snapshots, which retention then keeps.

import SnapStore
import SnapSystem

enum NameCommand {
    private static let force = Option.flag("force", short: "f", "move a name that another snapshot has")
    private static let delete = Option.flag("delete", short: "d", "remove the name; the snapshot stays")

    static let command = Command(
        name: "name",
        summary: "name a snapshot, remove a name, list the names",
        group: .look,
        synopses: ["[-f] NAME [REV]", "-d NAME", "[--json]"],
        operands: [
            .optional("NAME", "the name to give, to move or to remove"),
            .optional("REV", "the snapshot that gets it; the head if it is not said"),
        ],
        options: [force, delete, .json, .quiet],
        discussion: [
            "Gives the snapshot REV, or the head, a name that can stand wherever a revision can. Without operands the "
                + "names are listed, each with the start of its snapshot's id.",
            "A name has no spaces and none of ':', '~', '^', '{', '}', does not start with '-' or '@', and is not only "
                + "hexadecimal digits.",
        ],
        fields: [HelpEntry("name", "a name"), HelpEntry("id", "the id of the snapshot that has it")],
        examples: [
            Example("snap name release-1.2", "name the head"),
            Example("snap name -f good @~1", "move a name to the snapshot before the head"),
        ],
        meaning: Meaning.init,
        run: run)

    enum Meaning: Sendable {
        case list(isJSON: Bool)
        case set(name: String, revision: Revision, force: Bool)
        case remove(name: String)

        init(_ typed: ParsedArguments) throws(UsageError) {
            try typed.exclude(delete, NameCommand.force)
            let name = try typed.operands.first.map { (bytes) throws(UsageError) in try parseName(bytes) }
            if name != nil || typed.isSet(delete), typed.isSet(.json) { throw .notApplicable(option: Option.json.name) }
            if typed.isSet(delete) {
                guard let name else { throw .missingOperand("NAME") }
                guard typed.operands.count == 1 else { throw .extraOperand(typed.operands[1]) }
                self = .remove(name: name)
            } else if let name {
                let revision = try parseRevision(typed.operandText(1) ?? "@")
                self = .set(name: name, revision: revision, force: typed.isSet(NameCommand.force))
            } else if typed.isSet(NameCommand.force) {
                throw .missingOperand("NAME")
            } else {
                self = .list(isJSON: typed.isSet(.json))
            }
        }
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        switch meaning {
        case .list(let isJSON): try list(try session.workingDirectory(for: .look), isJSON: isJSON, session)
        case .set(let name, let revision, let force):
            let directory = try session.workingDirectory(for: .change)
            let who = session.who
            let id = try session.resolve(revision, in: directory)
            try storing { () throws(StoreError) in try directory.setName(name, to: id, force: force, who: who) }
            session.messages.receipt(["\(id.short) is named \(subject(name)) now"])
        case .remove(let name):
            let directory = try session.workingDirectory(for: .change)
            let who = session.who
            let id = try storing { () throws(StoreError) in try directory.removeName(name, who: who) }
            session.messages.receipt(["name \(subject(name)) removed; it was \(id.short)"])
        }
        return .done
    }

    private static func list(_ directory: WorkingDirectory, isJSON: Bool, _ session: Session) throws(Failure) {
        let names = try storing { () throws(StoreError) in try directory.names() }
        if isJSON {
            for (name, target) in names {
                var line = JSONLine()
                line.set("name", name)
                line.set("id", target.description)
                try session.output.print(line)
            }
        } else {
            for line in columns(names.map { [safeText($0.name), $0.target.short] }) { try session.output.print(line) }
        }
    }
}

/// A name as typed: refused here already if no snapshot can have it.
func parseName(_ bytes: [UInt8]) throws(UsageError) -> String {
    do throws(NameError) {
        return try SnapshotName.validate(bytes.span)
    } catch {
        throw .invalidName(String(decoding: bytes, as: UTF8.self), error)
    }
}
