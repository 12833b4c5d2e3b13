// One command as the table describes it: what parsing, help, man pages and completions are made from.

import SnapStore

/// Where a command stands in the list of all.
enum CommandGroup: String, Sendable, CaseIterable {
    case keep = "keep states"
    case look = "look back"
    case restore = "put back"
    case care = "look after the store"
    case about = "about snap"
}

/// An operand: a word that is not an option.
struct Operand: Sendable, Equatable {
    let name: String
    let isOptional: Bool
    /// Any number of them, and only behind `--`, so that no path can be taken for a revision.
    let isBehindDashes: Bool
    /// Any number of them, behind the others.
    var isRepeated = false
    /// What it must be one of; empty: anything.
    var choices: [String] = []
    /// What it means: a phrase without a full stop. Of two with one name the first is explained, for both.
    var explanation = ""

    static func choice(_ name: String, of choices: [String], _ explanation: String = "") -> Operand {
        Operand(name: name, isOptional: false, isBehindDashes: false, choices: choices, explanation: explanation)
    }
    static func repeated(_ name: String, isOptional: Bool = true, _ explanation: String = "") -> Operand {
        Operand(
            name: name, isOptional: isOptional, isBehindDashes: false, isRepeated: true, explanation: explanation)
    }
    static func required(_ name: String, _ explanation: String = "") -> Operand {
        Operand(name: name, isOptional: false, isBehindDashes: false, explanation: explanation)
    }
    static func optional(_ name: String, _ explanation: String = "") -> Operand {
        Operand(name: name, isOptional: true, isBehindDashes: false, explanation: explanation)
    }
    static func paths(_ name: String, _ explanation: String = "") -> Operand {
        Operand(name: name, isOptional: true, isBehindDashes: true, explanation: explanation)
    }
}

/// A line of help with a word in front: a status, a field.
package struct HelpEntry: Sendable, Equatable {
    package let term: String
    package let meaning: String

    init(_ term: String, _ meaning: String) {
        self.term = term
        self.meaning = meaning
    }
}

/// The fields of the objects that `--json` prints in a form of a command that prints others.
struct FieldGroup: Sendable, Equatable {
    /// Which form that is: `with --into`.
    let condition: String
    let fields: [HelpEntry]
}

/// A command line that can be pasted, and what it is for.
package struct Example: Sendable, Equatable {
    package let line: String
    package let purpose: String

    init(_ line: String, _ purpose: String) {
        self.line = line
        self.purpose = purpose
    }
}

/// What a command does once it is known what is meant.
typealias Action = @Sendable (Session) throws(Failure) -> ExitStatus

/// A command.
struct Command: Sendable {
    let name: String
    /// One line of at most 60 characters, without a full stop.
    let summary: String
    let group: CommandGroup
    /// What may follow the name, one form a line.
    let synopses: [String]
    let operands: [Operand]
    let options: [Option]
    /// Paragraphs.
    let discussion: [String]
    /// The fields of the object that `--json` prints.
    let fields: [HelpEntry]
    let otherFields: [FieldGroup]
    let examples: [Example]
    /// The statuses that mean something particular here, besides 2 and 4.
    let statuses: [HelpEntry]
    /// What was typed becomes what is meant, without I/O.
    let interpret: @Sendable (ParsedArguments) throws(UsageError) -> Action

    init<Meaning: Sendable>(
        name: String, summary: String, group: CommandGroup, synopses: [String], operands: [Operand] = [],
        options: [Option] = [], discussion: [String] = [], fields: [HelpEntry] = [], otherFields: [FieldGroup] = [],
        examples: [Example] = [], statuses: [HelpEntry] = [],
        meaning: @escaping @Sendable (ParsedArguments) throws(UsageError) -> Meaning,
        run: @escaping @Sendable (Meaning, Session) throws(Failure) -> ExitStatus
    ) {
        self.name = name
        self.summary = summary
        self.group = group
        self.synopses = synopses
        self.operands = operands
        self.options = options + [.shortHelp, .help]
        self.discussion = discussion
        self.fields = fields
        self.otherFields = otherFields
        self.examples = examples
        self.statuses = statuses
        interpret = { (typed) throws(UsageError) in
            let meant = try meaning(typed)
            return { (session) throws(Failure) in try run(meant, session) }
        }
    }

    /// Reads the words behind the command's name. `leading` are the options that stood before it.
    func parse(_ words: ArraySlice<[UInt8]>, after leading: ParsedArguments) throws(UsageError) -> ParsedArguments {
        var typed = try ArgumentParser(options: options).parse(words)
        if typed.asksForHelp { return typed }
        if leading.isSet(.json), !options.contains(.json) { throw .notApplicable(option: Option.json.name) }
        if let paths = operands.first(where: \.isBehindDashes), let count = typed.operandsBeforeDashes {
            typed.paths = Array(typed.operands[count...])
            typed.operands.removeLast(typed.paths.count)
            // `-- $files` with nothing in it must not mean everything.
            if typed.paths.isEmpty { throw .missingOperand(paths.name) }
            if typed.paths.contains([]) {
                throw .invalidValue(option: paths.name, value: "", reason: "it must not be empty")
            }
        }
        let operands = operands.filter { !$0.isBehindDashes }
        if typed.operands.count > operands.count, operands.last?.isRepeated != true {
            throw .extraOperand(typed.operands[operands.count])
        }
        if let missing = operands.dropFirst(typed.operands.count).first(where: { !$0.isOptional }) {
            throw .missingOperand(missing.name)
        }
        for (operand, word) in zip(operands, typed.operands) where !operand.choices.isEmpty {
            let text = String(decoding: word, as: UTF8.self)
            guard operand.choices.contains(text) else {
                throw .notAChoice(
                    option: operand.name, value: text, choices: operand.choices,
                    suggestions: suggestions(for: text, among: operand.choices))
            }
        }
        typed.occurrences = leading.occurrences + typed.occurrences
        return typed
    }
}
