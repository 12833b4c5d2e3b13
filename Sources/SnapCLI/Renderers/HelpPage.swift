// Help as text, made from the command table and the topics and nothing else.

enum HelpPage {
    private static let width = 80
    /// Where the explanation of an option starts.
    private static let optionColumn = 28
    /// Where the meaning of a word starts at the latest, however long other words are.
    private static let lastColumn = 48

    // MARK: Lists

    /// All commands, by group.
    static func overview(_ commands: [Command]) -> String {
        var lines = usage(nil) + [""]
        lines += groups(commands)
        lines.append("options before the command")
        for option in Option.global { lines += entry(option) }
        let topics = HelpTopic.all.map(\.name).joined(separator: ", ")
        let more =
            "'snap help NAME' says more about a command, or about a topic: \(topics). 'snap help --all' lists "
            + "whatever can be called."
        return text(lines + [""] + wrapped(more, indent: 0))
    }

    /// All that can be asked about, and all that can be called.
    static func everything(
        commands: [Command], topics: [HelpTopic], aliases: [(name: String, meaning: String)], externals: [String]
    ) -> String {
        var lines = groups(commands)
        lines.append("topics")
        lines += entries(topics.map { HelpEntry($0.name, $0.summary) })
        if !aliases.isEmpty {
            lines += ["", "aliases"]
            lines += entries(aliases.map { HelpEntry(safeText($0.name), safeText($0.meaning)) })
        }
        if !externals.isEmpty {
            lines += ["", "external commands"]
            lines += externals.map { "   " + safeText($0) }
        }
        return text(lines + ["", "'snap help NAME' says more about a command or a topic."])
    }

    private static func groups(_ commands: [Command]) -> [String] {
        var lines: [String] = []
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
        return lines
    }

    // MARK: Pages

    /// All about a command.
    static func page(_ command: Command) -> String {
        var lines = heading("snap \(command.name)", command.summary) + usage(command)
        for part in command.parts { lines += set(part) }
        return text(lines + seeAlso(command.topicNames))
    }

    /// What somebody needs who knows the command and has forgotten an option.
    static func shortPage(_ command: Command) -> String {
        let lines = heading("snap \(command.name)", command.summary) + usage(command)
        let options = set(HelpPart(HelpPart.options, [.options(command.options)]))
        return text(lines + options + ["", "'snap help \(command.name)' says more"])
    }

    static func page(_ topic: HelpTopic) -> String {
        var lines = ["\(topic.name) - \(topic.summary)"]
        for part in topic.parts { lines += set(part) }
        return text(lines + seeAlso(HelpTopic.all.map(\.name).filter { $0 != topic.name }))
    }

    /// A command's forms, or snap's.
    static func usage(_ command: Command?) -> [String] {
        guard let command else { return ["usage: snap \(globalSynopsis)"] }
        return command.synopses.enumerated().map { index, synopsis in
            let form = synopsis.isEmpty ? "snap \(command.name)" : "snap \(command.name) \(synopsis)"
            return (index == 0 ? "usage: " : "   or: ") + form
        }
    }

    /// What may follow the name of the program.
    static let globalSynopsis = "[-C DIR] [-q|-v] [--json] COMMAND [options] [operands]"

    private static func heading(_ name: String, _ summary: String) -> [String] {
        ["\(name) - \(summary)", ""]
    }

    private static func seeAlso(_ topics: [String]) -> [String] {
        if topics.isEmpty { return [] }
        return ["", "see also"] + wrapped(topics.map { "snap help \($0)" }.joined(separator: ", "), indent: 3)
    }

    // MARK: Parts

    /// A part: its blocks, each behind a blank line.
    private static func set(_ part: HelpPart) -> [String] {
        var lines: [String] = []
        for (index, block) in part.blocks.enumerated() {
            lines.append("")
            if index == 0, let title = part.title { lines.append(title) }
            lines += set(block, indent: part.title == nil ? 0 : 3)
        }
        return lines
    }

    private static func set(_ block: HelpBlock, indent: Int) -> [String] {
        switch block {
        case .paragraph(let words): wrapped(words, indent: indent)
        case .entries(let list): entries(list)
        case .options(let options): options.flatMap { entry($0) }
        case .verbatim(let lines), .script(let lines): lines.map { $0.isEmpty ? "" : "      " + $0 }
        case .examples(let examples): examples.flatMap { ["   " + $0.line] + wrapped($0.purpose, indent: 6) }
        }
    }

    private static func entry(_ option: Option) -> [String] {
        var term = option.short.map { "-\($0)" } ?? "  "
        if let long = option.long {
            term += (option.short == nil ? "  " : ", ") + (option.isNegatable ? "--[no-]" : "--") + long
        }
        if let value = option.valueName { term += " " + value }
        if case .optional(let value) = option.kind { term += "[\(option.long == nil ? "" : "=")\(value)]" }
        return described("   " + term, option.explanation, column: optionColumn)
    }

    private static func entries(_ entries: [HelpEntry]) -> [String] {
        let column = min((entries.map(\.term.utf8.count).max() ?? 0) + 6, lastColumn)
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
