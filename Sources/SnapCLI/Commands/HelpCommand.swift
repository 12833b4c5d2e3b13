// `snap help`: the commands, or one command's page.

enum HelpCommand {
    static let command = Command(
        name: "help",
        summary: "list the commands, or explain one",
        group: .about,
        synopses: ["[COMMAND]"],
        operands: [.optional("COMMAND")],
        discussion: ["The same as 'snap --help' and 'snap COMMAND --help'."],
        examples: [Example("snap help take", "explain 'snap take'")],
        meaning: { (typed) throws(UsageError) -> Command? in
            guard let name = typed.operandText(0) else { return nil }
            return try CommandTable.command(named: name)
        },
        run: { (command, session) throws(Failure) in
            try session.output.write(command.map(HelpPage.page) ?? HelpPage.overview(CommandTable.commands))
            return .done
        })
}
