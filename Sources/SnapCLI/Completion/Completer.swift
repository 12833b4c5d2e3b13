// What can stand where the cursor is: made from the command table, as parsing and help are, so that completion cannot
// know other options than the parser.
//
// A store is asked only where a word of its is wanted, by `source`, and the user's own commands only where a command's
// name stands that is none of snap's. Nothing here fails: what is not understood has no candidates.

import SnapStore

struct Completer {
    /// A store's words for a subject that begin with what was typed. The directories are those that `-C` names.
    typealias Source = (_ subject: WordSubject, _ typed: [UInt8], _ directories: [[UInt8]]) -> [Candidate]

    let source: Source
    /// The lines that names stand for, as the user's settings have them.
    var aliases: () -> [String: [UInt8]] = { [:] }
    /// Other programs that can be called like commands.
    var externals: () -> [String] = { [] }

    private static let dash: UInt8 = 0x2D

    /// `words` are those between the program's name and the cursor's word, which is `current` as far as the cursor.
    /// `expanded` are the aliases that led here.
    func complete(_ words: [[UInt8]], _ current: [UInt8], after expanded: [[UInt8]] = []) -> Completion {
        var leading = TypedWords(options: Option.global, stopsAtOperand: true)
        let rest = leading.read(words[...])
        let directories = leading.values(of: .directory)
        guard let name = rest.first else {
            if let completion = option(current, leading, directories) { return completion }
            return Completion(candidates: matching(Self.commands + userCommands, current))
        }
        guard let entry = CommandTable.entries.first(where: { name.elementsEqual($0.name.utf8) }) else {
            guard !expanded.contains(name), let line = alias(name) else { return Completion() }
            switch line {
            case .words(let meant):
                let all = Array(words[..<rest.startIndex]) + meant + rest.dropFirst()
                return complete(all, current, after: expanded + [name])
            case .shell: return Completion(part: .files)
            }
        }
        let command = entry.command()
        var typed = TypedWords(options: command.options)
        typed.read(rest.dropFirst())
        if let completion = option(current, typed, directories) { return completion }
        return operand(current, typed, command, directories)
    }

    private static var commands: [Candidate] { CommandTable.commands.map { Candidate($0.name, $0.summary) } }

    /// What `snap help` explains besides commands. Of a name that both have, the command is offered.
    private static var topics: [Candidate] {
        let commands = CommandTable.entries.map(\.name)
        return HelpTopic.all.filter { !commands.contains($0.name) }.map { Candidate($0.name, $0.summary) }
    }

    /// What the user has made a command; none of them hides one of snap's.
    private var userCommands: [Candidate] {
        let known = CommandTable.entries.map(\.name)
        let lines = aliases()
        let named = lines.keys.filter { !known.contains($0) }.sorted()
        let programs = externals().filter { !known.contains($0) && lines[$0] == nil }
        var result: [Candidate] = []
        for name in named { result.append(Candidate(name, String(decoding: lines[name] ?? [], as: UTF8.self))) }
        for name in programs { result.append(Candidate(name, "the program 'snap-\(name)'")) }
        return result
    }

    /// What the name stands for; nil if it is no alias.
    private func alias(_ name: [UInt8]) -> AliasLine? {
        aliases()[String(decoding: name, as: UTF8.self)].flatMap { try? AliasLine(parsing: $0) }
    }

    private static var keys: [Candidate] {
        ConfigurationKey.all.map { key in
            // In `alias.NAME` the last part is a word of the user's own.
            let dot = key.name.lastIndex(of: ".") ?? key.name.startIndex
            guard key.name.hasSuffix(".NAME") else { return Candidate(key.name, key.meaning) }
            return Candidate(String(key.name[...dot]), key.meaning, isOpen: true)
        }
    }

    // MARK: Options

    /// An option or the value of one; nil if the word is neither.
    private func option(_ current: [UInt8], _ typed: TypedWords, _ directories: [[UInt8]]) -> Completion? {
        if let option = typed.pending { return value(of: option, current, from: 0, directories) }
        guard typed.operandsBeforeDashes == nil, current.first == Self.dash else { return nil }
        if let (option, start) = typed.attached(current) { return value(of: option, current, from: start, directories) }
        return Completion(candidates: matching(options(typed), current))
    }

    private func options(_ typed: TypedWords) -> [Candidate] {
        var result: [Candidate] = []
        for option in typed.options where typed.mayBeGiven(option) {
            if let long = option.long {
                // A tilde in front of a path is the shell's, and only at the start of a word.
                let isOpen = option.valueName.map { WordSubject(value: $0)?.part == ShellPart.nothing } ?? false
                result.append(Candidate("--" + long + (isOpen ? "=" : ""), option.help, isOpen: isOpen))
                if option.isNegatable { result.append(Candidate("--no-" + long, "not: " + option.help)) }
            }
            if let short = option.short { result.append(Candidate("-\(short)", option.help)) }
        }
        return result
    }

    /// The value of an option that starts at `start` in the word.
    private func value(
        of option: Option, _ word: [UInt8], from start: Int, _ directories: [[UInt8]]
    ) -> Completion {
        let typed = Array(word[start...])
        var completion = Completion()
        if !option.choices.isEmpty {
            completion.candidates = matching(option.choices.map { Candidate($0) }, typed)
        } else {
            switch option.kind {
            case .flag: break
            case .value(let name), .repeated(let name), .optional(let name):
                if let subject = WordSubject(value: name) { completion = self.words(for: subject, typed, directories) }
            }
        }
        // No shell finds a file behind a letter.
        if start > 0, word.count > 1, word[1] != Self.dash { completion.part = .nothing }
        for index in completion.candidates.indices {
            completion.candidates[index].value.insert(contentsOf: word[..<start], at: 0)
        }
        return completion
    }

    // MARK: Operands

    private func operand(
        _ current: [UInt8], _ typed: TypedWords, _ command: Command, _ directories: [[UInt8]]
    ) -> Completion {
        let operands = command.operands.filter { !$0.isBehindDashes }
        let behind = command.operands.first { $0.isBehindDashes }
        if typed.operandsBeforeDashes != nil {
            let path = behind ?? operands.first { WordSubject(operand: $0) == .path }
            if let path { return words(for: path, current, directories) }
        }
        var result = Completion()
        let position = typed.operands.count
        if position < operands.count {
            result = words(for: operands[position], current, directories)
        } else if let last = operands.last, last.isRepeated {
            result = words(for: last, current, directories)
        }
        if behind != nil, typed.operandsBeforeDashes == nil, current.isEmpty {
            result.candidates.append(Candidate("--", "paths follow"))
        }
        return result
    }

    private func words(for operand: Operand, _ typed: [UInt8], _ directories: [[UInt8]]) -> Completion {
        guard let subject = WordSubject(operand: operand) else { return Completion() }
        return words(for: subject, typed, directories)
    }

    private func words(for subject: WordSubject, _ typed: [UInt8], _ directories: [[UInt8]]) -> Completion {
        let known: [Candidate]
        switch subject {
        case .free, .path, .directory, .program: known = []
        case .words(let words): known = words.map { Candidate($0) }
        case .shell: known = CompletionShell.allCases.map { Candidate($0.rawValue) }
        case .command: known = Self.commands + Self.topics
        case .key: known = Self.keys
        case .time: known = TimeExpression.forms.map { Candidate($0.text, $0.meaning) }
        case .revision, .revisions, .revisionPath, .name, .tag: known = source(subject, typed, directories)
        }
        return Completion(candidates: matching(known, typed), part: subject.part)
    }

    private func matching(_ candidates: [Candidate], _ typed: [UInt8]) -> [Candidate] {
        candidates.filter { $0.isPrintable && $0.value.starts(with: typed) }
    }
}
