// All commands, in the order that help lists them. A command is known to snap by standing here and nowhere else.

enum CommandTable {
    static let commands: [Command] = [
        InitCommand.command,
        TakeCommand.command,
        StatusCommand.command,
        ListCommand.command,
        LogCommand.command,
        ShowCommand.command,
        LsCommand.command,
        CatCommand.command,
        DiffCommand.command,
        NameCommand.command,
        RevertCommand.command,
        UndoCommand.undo,
        UndoCommand.redo,
        VerifyCommand.command,
        HelpCommand.command,
        VersionCommand.command,
    ]

    static func command(named name: String) throws(UsageError) -> Command {
        if let command = commands.first(where: { $0.name == name }) { return command }
        throw .unknownCommand(name, suggestions: suggestions(for: name, among: commands.map(\.name)))
    }
}
