// `snap help`: the commands, one command's page, or a topic's.

import SnapStore

enum HelpCommand {
    private static let all = Option.flag("all", short: "a", "list commands, topics, and what else can be called")

    static let command = Command(
        name: "help",
        summary: "list the commands, or explain one",
        group: .about,
        synopses: ["[COMMAND]", "--all"],
        operands: [.optional("COMMAND", "what to explain: a command, or a topic that 'snap help --all' lists")],
        options: [all, .noPager],
        discussion: [
            "Without COMMAND, the same as 'snap --help'. The page of a command is also printed by "
                + "'snap COMMAND --help', and in short by 'snap COMMAND -h'. Of a name that a command and a topic "
                + "have, both pages are printed."
        ],
        examples: [
            Example("snap help take", "explain 'snap take'"),
            Example("snap help revisions", "see how snapshots and times can be named"),
            Example("snap help --all", "see all that can be asked about"),
        ],
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: run)

    enum Meaning: Sendable {
        case overview
        case everything
        /// At least one of the two.
        case pages(Command?, HelpTopic?)

        init(_ typed: ParsedArguments) throws(UsageError) {
            guard let name = typed.operandText(0) else {
                self = typed.isSet(HelpCommand.all) ? .everything : .overview
                return
            }
            if typed.isSet(HelpCommand.all) { throw .exclusive(HelpCommand.all.name, "COMMAND") }
            let command = CommandTable.entry(named: name)?.command()
            let topic = HelpTopic.named(name)
            guard command != nil || topic != nil else {
                let commands = CommandTable.entries.map(\.name)
                let topics = HelpTopic.all.map(\.name).filter { !commands.contains($0) }
                throw .unknownTopic(name, suggestions: suggestions(for: name, among: commands + topics))
            }
            self = .pages(command, topic)
        }
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        switch meaning {
        case .overview: try session.output.write(HelpPage.overview(CommandTable.commands))
        case .everything:
            session.output.startPaging()
            let text = HelpPage.everything(
                commands: CommandTable.commands, topics: HelpTopic.all, aliases: try Aliases.all,
                externals: ExternalCommands.names())
            try session.output.write(text)
        case .pages(let command, let topic):
            session.output.startPaging()
            let pages = [command.map { HelpPage.page($0) }, topic.map { HelpPage.page($0) }]
            try session.output.write(pages.compactMap { $0 }.joined(separator: "\n"))
        }
        return .done
    }
}
