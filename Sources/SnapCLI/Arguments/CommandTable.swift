// All commands, in the order that help lists them. A command is known to snap by standing here and nowhere else.
//
// The table holds names and how to make a command of each: only the one that is called is made, since start-up is part of
// every take.

import SnapStore

enum CommandTable {
    struct Entry: Sendable {
        let name: String
        let command: @Sendable () -> Command

        init(_ name: String, _ command: @autoclosure @escaping @Sendable () -> Command) {
            self.name = name
            self.command = command
        }
    }

    static let entries: [Entry] = [
        Entry("init", InitCommand.command),
        Entry("take", TakeCommand.command),
        Entry("status", StatusCommand.command),
        Entry("list", ListCommand.command),
        Entry("log", LogCommand.command),
        Entry("show", ShowCommand.command),
        Entry("ls", LsCommand.command),
        Entry("cat", CatCommand.command),
        Entry("diff", DiffCommand.command),
        Entry("name", NameCommand.command),
        Entry("revert", RevertCommand.command),
        Entry("undo", UndoCommand.undo),
        Entry("redo", UndoCommand.redo),
        Entry("drop", DropCommand.drop),
        Entry("recover", DropCommand.recover),
        Entry("gc", GCCommand.command),
        Entry("verify", VerifyCommand.command),
        Entry("doctor", DoctorCommand.command),
        Entry("config", ConfigCommand.command),
        Entry("help", HelpCommand.command),
        Entry("completion", CompletionCommand.command),
        Entry("version", VersionCommand.command),
    ]

    /// Every command, made.
    static var commands: [Command] { entries.map { $0.command() } }

    static func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

    static func command(named name: String) throws(UsageError) -> Command {
        if let entry = entry(named: name) { return entry.command() }
        throw .unknownCommand(name, suggestions: suggestions(for: name, among: entries.map(\.name)))
    }
}
