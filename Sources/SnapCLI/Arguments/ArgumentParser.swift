// From words to options and operands, by a list of options. It looks at nothing but its input.
//
// The hard part is that a value may look like an option (`-m -x` gives the message `-x`) and that everything is bytes: an
// option's name must be ASCII, but what follows it need not be text at all.

import SnapStore

/// Reads the arguments of a command, or those before it.
struct ArgumentParser {
    let options: [Option]
    /// The first operand ends the options: what follows it is left in `rest`.
    var stopsAtOperand = false

    private static let dash: UInt8 = 0x2D
    private static let equals: UInt8 = 0x3D

    func parse(_ arguments: ArraySlice<[UInt8]>) throws(UsageError) -> ParsedArguments {
        var result = ParsedArguments()
        var rest = arguments
        while let word = rest.first {
            if result.operandsBeforeDashes == nil, word == [Self.dash, Self.dash] {
                rest = rest.dropFirst()
                result.operandsBeforeDashes = result.operands.count
            } else if result.operandsBeforeDashes != nil || word.first != Self.dash || word.count == 1 {
                if stopsAtOperand { break }
                rest = rest.dropFirst()
                result.operands.append(word)
            } else {
                rest = rest.dropFirst()
                if word[1] == Self.dash {
                    try parseLong(word.dropFirst(2), &rest, into: &result)
                } else {
                    try parseShort(word.dropFirst(), &rest, into: &result)
                }
                if result.occurrences.last?.option.isFinal == true { return result }
            }
        }
        result.rest = rest
        return result
    }

    private func parseLong(
        _ word: ArraySlice<UInt8>, _ rest: inout ArraySlice<[UInt8]>, into result: inout ParsedArguments
    ) throws(UsageError) {
        let split = word.firstIndex(of: Self.equals)
        let name = String(decoding: word[..<(split ?? word.endIndex)], as: UTF8.self)
        let attached = split.map { Array(word[($0 + 1)...]) }

        if let option = options.first(where: { $0.long == name }) {
            try append(option, attached, &rest, into: &result)
        } else if name.hasPrefix("no-"), let option = options.first(where: { $0.long == String(name.dropFirst(3)) }),
            option.isNegatable
        {
            guard attached == nil else { throw .unexpectedValue(option: "--" + name) }
            result.occurrences.append(.init(option: option, value: nil, isNegated: true))
        } else {
            throw .unknownOption("--" + name, suggestions: names(like: name))
        }
    }

    private func parseShort(
        _ letters: ArraySlice<UInt8>, _ rest: inout ArraySlice<[UInt8]>, into result: inout ParsedArguments
    ) throws(UsageError) {
        var index = letters.startIndex
        while index < letters.endIndex {
            let letter = letters[index]
            guard let option = options.first(where: { $0.short?.asciiValue == letter }) else {
                // `-force` was meant to be `--force`; a letter or two are near to every other.
                let word = String(decoding: letters, as: UTF8.self)
                let meant = letters.count < 3 ? [] : suggestions(for: word, among: longNames).map { "--" + $0 }
                let shown =
                    letter < 0x80 ? String(UnicodeScalar(letter)) : String(decoding: letters[index...], as: UTF8.self)
                throw .unknownOption("-" + shown, suggestions: meant)
            }
            index += 1
            if option.valueName == nil && !option.mayHaveValue {
                try append(option, nil, &rest, into: &result)
            } else {
                try append(option, index < letters.endIndex ? Array(letters[index...]) : nil, &rest, into: &result)
                return
            }
            if option.isFinal { return }
        }
    }

    /// Adds an option with the value attached to it, or with the next word if it needs one.
    private func append(
        _ option: Option, _ attached: [UInt8]?, _ rest: inout ArraySlice<[UInt8]>, into result: inout ParsedArguments
    ) throws(UsageError) {
        if option.mayHaveValue {
            result.occurrences.append(.init(option: option, value: attached, isNegated: false))
            return
        }
        guard let valueName = option.valueName else {
            guard attached == nil else { throw .unexpectedValue(option: option.name) }
            result.occurrences.append(.init(option: option, value: nil, isNegated: false))
            return
        }
        guard let value = attached ?? rest.popFirst() else {
            throw .missingValue(option: option.name, valueName: valueName)
        }
        let choices = option.choices
        if !choices.isEmpty {
            let text = String(decoding: value, as: UTF8.self)
            guard choices.contains(text) else {
                throw .notAChoice(
                    option: option.name, value: text, choices: choices,
                    suggestions: suggestions(for: text, among: choices))
            }
        }
        result.occurrences.append(.init(option: option, value: value, isNegated: false))
    }

    /// What a long option that is not known may have been meant to be. The beginning of a name is no name, or scripts would
    /// break when an option is added; but then it is known what was meant.
    private func names(like name: String) -> [String] {
        guard !name.isEmpty else { return [] }
        let wanted = name.lowercased()
        let begun = longNames.filter { $0.hasPrefix(wanted) }.sorted()
        if !begun.isEmpty { return begun.prefix(3).map { "--" + $0 } }
        if options.contains(where: { $0.short.map { String($0) } == name }) { return ["-" + name] }
        return suggestions(for: wanted, among: longNames).map { "--" + $0 }
    }

    private var longNames: [String] {
        options.compactMap(\.long) + options.filter(\.isNegatable).compactMap { $0.long.map { "no-" + $0 } }
    }
}
