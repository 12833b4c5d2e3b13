// `snap init`: make a store for this directory.

import SnapStore
import SnapSystem

enum InitCommand {
    private static let store = Option.value(
        "store", "DIR", "keep the store in DIR instead of '.snapstore' in this directory")
    private static let force = Option.flag("force", "also for '/', a home directory or a directory inside a store")

    static let command = Command(
        name: "init",
        summary: "make a store for this directory",
        group: .keep,
        synopses: ["[--store DIR] [--force]"],
        options: [store, force, .quiet],
        discussion: [
            "Makes '.snapstore' in the current directory, whose states are then kept by 'snap take'. Where there is a "
                + "store already, nothing is changed.",
            "With --store the objects go elsewhere, and '.snapstore' only says where. Several directories may "
                + "share a store. Where --store is not given, the environment's SNAP_STORE may name DIR.",
        ],
        examples: [
            Example("snap init", "keep the states of this directory, beside its files"),
            Example("snap init --store ~/snapstore", "keep them out of reach of 'git clean' and 'rm -r'"),
        ],
        statuses: [HelpEntry("0", "there is a store now")],
        meaning: { (typed) throws(UsageError) in
            Meaning(store: try nonEmptyPath(typed, store), force: typed.isSet(force))
        },
        run: run)

    struct Meaning: Sendable, Equatable {
        var store: [UInt8]?
        var force = false
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        try initialize(meaning, session)
        return .done
    }

    /// Makes the store, and says where it is and what endangers it.
    static func initialize(_ meaning: Meaning, _ session: Session) throws(Failure) {
        let here = try session.currentDirectory()
        var options = InitOptions()
        if let store = meaning.store {
            options.store = try session.absolute(store)
        } else if let usual = Process.environment("SNAP_STORE"), !usual.isEmpty {
            options.usualStore = try session.absolute(usual)
        }
        options.homeDirectory = session.homeDirectory
        options.force = meaning.force
        let report = try storing { () throws(StoreError) in try WorkingDirectory.initialize(at: here, options) }
        session.messages.receipt([
            report.isNew
                ? "store made in \(subject(report.store))"
                : "nothing to do: \(subject(report.path)) has its store in \(subject(report.store))"
        ])
        for note in report.notes { session.messages.note(note) }
        if report.isNew, report.isInsideGit {
            session.messages.note("this is a git working tree: 'git clean -fdx' would remove the store")
            session.messages.hint("rm -r .snapstore && snap init --store DIR")
        }
    }
}

/// The path given for an option; empty is a mistake (an unset variable, most often), not the current directory.
func nonEmptyPath(_ typed: ParsedArguments, _ option: Option) throws(UsageError) -> [UInt8]? {
    guard let path = typed.value(option) else { return nil }
    guard !path.isEmpty else { throw .invalidValue(option: option.name, value: "", reason: "it must not be empty") }
    return path
}
