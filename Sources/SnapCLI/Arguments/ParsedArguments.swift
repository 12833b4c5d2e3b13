// What was typed, once it is known which words are options, values and operands. What it means is each command's own type,
// made from this without touching the system.

/// Options and operands in the order they were typed. Values are bytes: a path need not be text.
struct ParsedArguments: Sendable, Equatable {
    struct Occurrence: Sendable, Equatable {
        let option: Option
        /// nil for a flag.
        let value: [UInt8]?
        /// Typed as `--no-…`.
        let isNegated: Bool
    }

    var occurrences: [Occurrence] = []
    var operands: [[UInt8]] = []
    /// What stood behind `--`, of a command that takes paths there; they are no operands then.
    var paths: [[UInt8]] = []
    /// How many operands stood before `--`; nil if there was none.
    var operandsBeforeDashes: Int?
    /// What was not read because the first operand ended the options.
    var rest: ArraySlice<[UInt8]> = []

    /// Whether a flag was given, the last word on it counting.
    func isSet(_ option: Option) -> Bool {
        occurrences.last { $0.option.name == option.name }.map { !$0.isNegated } ?? false
    }

    /// Nothing is to be done but to explain.
    var asksForHelp: Bool { isSet(.help) || isSet(.shortHelp) }

    /// The last value given for an option.
    func value(_ option: Option) -> [UInt8]? {
        values(option).last
    }

    /// All values given for an option, in order.
    func values(_ option: Option) -> [[UInt8]] {
        occurrences.filter { $0.option.name == option.name }.compactMap(\.value)
    }

    /// The last value as text; what is not UTF-8 is replaced.
    func text(_ option: Option) -> String? {
        value(option).map { String(decoding: $0, as: UTF8.self) }
    }

    func texts(_ option: Option) -> [String] {
        values(option).map { String(decoding: $0, as: UTF8.self) }
    }

    /// An operand as text; nil if there are not so many.
    func operandText(_ index: Int) -> String? {
        operands.indices.contains(index) ? String(decoding: operands[index], as: UTF8.self) : nil
    }

    /// Two options that contradict each other are a mistake, not a matter of order.
    func exclude(_ a: Option, _ b: Option) throws(UsageError) {
        if isSet(a) && isSet(b) { throw .exclusive(a.name, b.name) }
    }

    /// How much is said on standard error: the last of `-q` and `-v` counts.
    var verbosity: Verbosity {
        let quiet = Option.quiet.name
        let verbose = Option.verbose.name
        guard let last = occurrences.last(where: { $0.option.name == quiet || $0.option.name == verbose }) else {
            return .normal
        }
        return last.option.name == quiet ? .quiet : .verbose
    }
}

extension ParsedArguments {
    /// How progress is asked for; the last word counts.
    var progress: ProgressChoice {
        text(.progress).flatMap { ProgressChoice(rawValue: $0) } ?? .auto
    }
}

/// How much is said on standard error.
enum Verbosity: Sendable {
    case quiet, normal, verbose
}
