// Help as text, made from the command table and nothing else.

enum HelpPage {
    private static let width = 80
    /// Where the explanation of an option starts.
    private static let optionColumn = 28

    /// All commands, by group.
    static func overview(_ commands: [Command]) -> String {
        var lines = usage(nil) + [""]
        let names = commands.map(\.name.utf8.count).max() ?? 0
        for group in CommandGroup.allCases {
            let members = commands.filter { $0.group == group }
            if members.isEmpty { continue }
            lines.append(group.rawValue)
            for command in members {
                lines.append("   " + padded(command.name, names + 3) + command.summary)
            }
            lines.append("")
        }
        lines.append("options before the command")
        for option in Option.global { lines += entry(option) }
        lines += ["", "'snap help COMMAND' says more about a command."]
        return text(lines)
    }

    /// A command's page.
    static func page(_ command: Command) -> String {
        var lines = ["snap \(command.name) - \(command.summary)", ""] + usage(command)
        for paragraph in command.discussion { lines += [""] + wrapped(paragraph, indent: 0) }
        section("options", &lines) { command.options.flatMap { entry($0) } }
        section("fields of --json", &lines) { entries(command.fields) }
        for group in command.otherFields {
            section("fields of --json \(group.condition)", &lines) { entries(group.fields) }
        }
        section("exit status", &lines) { entries(statuses(command)) }
        section("examples", &lines) {
            command.examples.flatMap { ["   " + $0.line] + wrapped($0.purpose, indent: 6) }
        }
        return text(lines)
    }

    /// A command's forms, or snap's.
    static func usage(_ command: Command?) -> [String] {
        guard let command else { return ["usage: snap [-C DIR] [-q|-v] [--json] COMMAND [options] [operands]"] }
        return command.synopses.enumerated().map { index, synopsis in
            let form = synopsis.isEmpty ? "snap \(command.name)" : "snap \(command.name) \(synopsis)"
            return (index == 0 ? "usage: " : "   or: ") + form
        }
    }

    private static func statuses(_ command: Command) -> [HelpEntry] {
        let common = [
            HelpEntry("0", "done"), HelpEntry("2", "what was typed cannot be meant"), HelpEntry("4", "it failed"),
        ]
        let others = common.filter { entry in !command.statuses.contains { $0.term == entry.term } }
        return (command.statuses + others).sorted { $0.term < $1.term }
    }

    private static func section(_ title: String, _ lines: inout [String], _ content: () -> [String]) {
        let content = content()
        if !content.isEmpty { lines += ["", title] + content }
    }

    private static func entry(_ option: Option) -> [String] {
        var term = option.short.map { "-\($0)" } ?? "  "
        if let long = option.long {
            term += (option.short == nil ? "  " : ", ") + (option.isNegatable ? "--[no-]" : "--") + long
        }
        if let value = option.valueName { term += " " + value }
        if case .optional(let value) = option.kind { term += "[\(option.long == nil ? "" : "=")\(value)]" }
        var help = option.help
        if !option.choices.isEmpty { help += ": " + option.choices.joined(separator: ", ") }
        if case .repeated = option.kind { help += " (may be repeated)" }
        return described("   " + term, help, column: optionColumn)
    }

    private static func entries(_ entries: [HelpEntry]) -> [String] {
        let column = (entries.map(\.term.utf8.count).max() ?? 0) + 6
        return entries.flatMap { described("   " + $0.term, $0.meaning, column: column) }
    }

    /// A term, and its meaning from `column` on: on the same line if there is room.
    private static func described(_ term: String, _ meaning: String, column: Int) -> [String] {
        let lines = wrapped(meaning, indent: column)
        guard term.utf8.count + 2 <= column, let first = lines.first else { return [term] + lines }
        return [padded(term, column) + first.dropFirst(column)] + lines.dropFirst()
    }

    /// The words in lines of at most `width`, each behind `indent` spaces.
    static func wrapped(_ words: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in words.split(separator: " ") {
            if !line.isEmpty, indent + line.utf8.count + 1 + word.utf8.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return line.isEmpty ? lines : lines + [margin + line]
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }

    private static func text(_ lines: [String]) -> String {
        lines.map { $0 + "\n" }.joined()
    }
}
