// One option as the command table describes it. Parsing and help read the same value, so they cannot disagree.

import SnapStore

/// An option of a command, or of snap itself.
package struct Option: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case flag
        /// Takes a value, called so in help. The last one given counts.
        case value(String)
        /// Takes a value and may be given several times.
        case repeated(String)
        /// May have a value, in the same word.
        case optional(String)
    }

    /// Without the dashes; nil for an option that has a letter only.
    package let long: String?
    package let short: Character?
    package let kind: Kind
    /// Makes `choices`, which nobody needs of most options: those of snap itself are made at every start.
    private let makeChoices: @Sendable () -> [String]
    /// A flag that `--no-…` takes back.
    package let isNegatable: Bool
    /// Nothing behind it is read: it asks for text, not for work.
    let isFinal: Bool
    /// What it does: a phrase without a full stop.
    package let help: String

    private init(
        long: String?, short: Character?, kind: Kind, choices: @escaping @Sendable () -> [String] = { [] },
        isNegatable: Bool = false, isFinal: Bool = false, help: String
    ) {
        self.long = long
        self.short = short
        self.kind = kind
        makeChoices = choices
        self.isNegatable = isNegatable
        self.isFinal = isFinal
        self.help = help
    }

    static func flag(
        _ long: String?, short: Character? = nil, negatable: Bool = false, final: Bool = false, _ help: String
    ) -> Option {
        Option(long: long, short: short, kind: .flag, isNegatable: negatable, isFinal: final, help: help)
    }

    static func value(
        _ long: String?, short: Character? = nil, _ valueName: String,
        choices: @autoclosure @escaping @Sendable () -> [String] = [], _ help: String
    ) -> Option {
        Option(long: long, short: short, kind: .value(valueName), choices: choices, help: help)
    }

    static func repeated(_ long: String?, short: Character? = nil, _ valueName: String, _ help: String) -> Option {
        Option(long: long, short: short, kind: .repeated(valueName), help: help)
    }

    static func optional(_ long: String?, short: Character? = nil, _ valueName: String, _ help: String) -> Option {
        Option(long: long, short: short, kind: .optional(valueName), help: help)
    }

    /// All but `makeChoices`, which cannot be compared, and of which the choices are.
    package static func == (a: Option, b: Option) -> Bool {
        a.long == b.long && a.short == b.short && a.kind == b.kind && a.choices == b.choices
            && a.isNegatable == b.isNegatable && a.isFinal == b.isFinal && a.help == b.help
    }

    /// What the value must be one of; empty: anything.
    package var choices: [String] { makeChoices() }

    /// How messages name it, and what distinguishes it within a command: `--force`, or `-C`.
    var name: String {
        if let long { return "--" + long }
        return short.map { "-\($0)" } ?? ""
    }

    /// What help calls the value that it needs; nil if it needs none.
    package var valueName: String? {
        switch kind {
        case .flag, .optional: nil
        case .value(let name), .repeated(let name): name
        }
    }

    /// What it does, with what its value must be and whether it may be repeated.
    package var explanation: String {
        var words = help
        if !choices.isEmpty { words += ": " + choices.joined(separator: ", ") }
        if case .repeated = kind { words += " (may be repeated)" }
        return words
    }

    /// A value that belongs to it stands in the same word, if there is one.
    var mayHaveValue: Bool {
        if case .optional = kind { true } else { false }
    }
}

/// Options of snap itself. They may stand before the command; a command that lists one takes it behind its name as well.
extension Option {
    static let directory = Option.repeated(nil, short: "C", "DIR", "act as if started in DIR")
    static let help = Option.flag("help", final: true, "print help; behind a command, all about it")
    static let shortHelp = Option.flag(nil, short: "h", final: true, "print help; behind a command, its options")
    static let version = Option.flag("version", final: true, "print the version")
    static let quiet = Option.flag("quiet", short: "q", "no receipts, notes or progress")
    static let verbose = Option.flag("verbose", short: "v", "say more")
    static let json = Option.flag("json", "print the result as one JSON object a line")
    static let noPager = Option.flag("no-pager", "print to the terminal, however long it is")
    static let colour = Option.value(
        "color", "WHEN", choices: ColourChoice.allCases.map(\.rawValue), "colour what is printed")
    static let progress = Option.value(
        "progress", "WHEN", choices: ProgressChoice.allCases.map(\.rawValue), "show how far it is")

    static let global: [Option] = [
        .directory, .shortHelp, .help, .version, .quiet, .verbose, .json, .noPager, .colour, .progress,
    ]
}
