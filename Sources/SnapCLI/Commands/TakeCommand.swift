// `snap take`: record the state of the working directory. Standard output is the id and nothing else, whatever happens, so
// that a script can keep it.

import SnapStore
import SnapSystem

enum TakeCommand {
    private static let initialize = Option.flag("init", "make a store here first if there is none")
    private static let message = Option.value("message", short: "m", "MESSAGE", "say what this state is")
    private static let name = Option.value("name", "NAME", "give the snapshot a name, also if it is not new")
    private static let tag = Option.repeated("tag", "TAG", "add a tag")
    private static let kind = Option.value(
        "kind", "KIND", choices: Kind.allCases.map(\.name), "how long retention keeps it (default: checkpoint)")
    private static let always = Option.flag("always", "record a snapshot also if nothing changed")
    private static let rehash = Option.flag("rehash", "read every file, whatever the stat cache says")
    private static let trigger = Option.value("trigger", "TYPE", "what made this take happen, such as schedule or hook")
    private static let source = Option.value("source", "S", "who or what that was; with --trigger")
    private static let reason = Option.value("reason", "R", "why; with --trigger")
    private static let event = Option.value("event-id", "ID", "the event that this state belongs to")
    private static let action = Option.value("action-id", "ID", "the action that this state belongs to")
    private static let component = Option.value("component-id", "ID", "the component whose state this is")
    private static let compression = Option.value(
        "compression", "HOW", "zstd, zstd:1 to zstd:19, lz4 or none, for what this take adds")
    private static let oneFileSystem = Option.flag("one-file-system", negatable: true, "leave out other file systems")
    private static let force = Option.flag("force", "also where a take is refused otherwise")

    static let command = Command(
        name: "take",
        summary: "record the state of the working directory",
        group: .keep,
        synopses: ["[--init] [-m MESSAGE] [--name NAME] [options]"],
        options: [
            initialize, message, name, tag, kind, always, rehash, trigger, source, reason, event, action, component,
            compression, oneFileSystem, force, .json, .quiet, .verbose, .progress,
        ],
        discussion: [
            "Records a snapshot of the whole working directory, from any directory in it, and prints its id. If nothing "
                + "changed since the head, nothing is recorded and the head's id is printed.",
            "The receipt on standard error says what was covered, what rules left out, and what was there and could not be "
                + "covered. With --verbose it also says which files were read, and why.",
        ],
        fields: TakeReceipt.fields,
        otherFields: [FieldGroup(condition: ProgressFrame.condition, fields: ProgressFrame.fields)],
        examples: [
            Example("snap take -m 'before the upgrade'", "record the state now"),
            Example("before=$(snap take --init -q)", "record it in a script, and keep the id"),
        ],
        statuses: [
            HelpEntry("0", "all that the rules cover is recorded"),
            HelpEntry("3", "recorded, but something was there and could not be covered"),
        ],
        meaning: Meaning.init,
        run: run)

    struct Meaning: Sendable {
        var makesStore: Bool
        var isJSON: Bool
        var options = TakeOptions()

        init(_ typed: ParsedArguments) throws(UsageError) {
            makesStore = typed.isSet(TakeCommand.initialize)
            isJSON = typed.isSet(.json)
            options.message = typed.text(message)
            options.name = try typed.value(name).map { (bytes) throws(UsageError) in try parseName(bytes) }
            options.tags = typed.texts(tag)
            options.kind = typed.text(kind).flatMap { Kind(name: $0) }
            options.trigger = try Self.trigger(typed)
            options.event = typed.text(event)
            options.action = typed.text(action)
            options.component = typed.text(component)
            options.always = typed.isSet(always)
            options.rehash = typed.isSet(rehash)
            options.oneFileSystem = typed.isSet(oneFileSystem)
            options.force = typed.isSet(force)
            if let text = typed.text(compression) {
                guard let parsed = Compression(parsing: text) else {
                    throw .invalidValue(
                        option: compression.name, value: text,
                        reason: "it is zstd, zstd:LEVEL with a level from 1 to 19, lz4 or none")
                }
                options.compression = parsed
            }
        }

        private static func trigger(_ typed: ParsedArguments) throws(UsageError) -> Trigger? {
            guard let type = typed.text(TakeCommand.trigger) else {
                for option in [source, reason] where typed.value(option) != nil {
                    throw .requires(option: option.name, other: TakeCommand.trigger.name)
                }
                return nil
            }
            return Trigger(type: type, source: typed.text(source), reason: typed.text(reason))
        }
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        var options = meaning.options
        options.homeDirectory = session.homeDirectory
        options.who = session.who
        options.time = try session.fixedTime()
        let directory = try open(meaning, session)
        let report = try watching(session) { (observer) throws(StoreError) in
            try directory.take(options, observer: observer)
        }
        if meaning.isJSON {
            try session.output.print(TakeReceipt.json(report))
        } else {
            let age = session.messages.isQuiet || report.isNew ? nil : try age(of: report.id, directory, session)
            session.messages.receipt(TakeReceipt.lines(report, age: age))
            try session.output.print(report.id.description)
        }
        return report.isPartial ? .partial : .done
    }

    /// The working directory; made if there is none and that was asked for. A store that is there and broken stays an error.
    private static func open(_ meaning: Meaning, _ session: Session) throws(Failure) -> WorkingDirectory {
        do throws(Failure) {
            return try session.workingDirectory(for: .changeWithReceipt)
        } catch {
            guard case .store(.notAWorkingDirectory) = error, meaning.makesStore else { throw error }
        }
        try InitCommand.initialize(InitCommand.Meaning(force: meaning.options.force), session)
        return try session.workingDirectory(for: .changeWithReceipt)
    }

    /// How old the head is. A head that cannot be read does not spoil a take that went well.
    private static func age(
        of id: ObjectID, _ directory: WorkingDirectory, _ session: Session
    ) throws(Failure) -> String? {
        let now = try session.now()
        return (try? directory.manifest(id)).map { ageText($0.time, now: now) }
    }
}
