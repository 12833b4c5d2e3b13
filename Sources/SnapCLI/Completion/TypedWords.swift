// What was typed in front of the cursor, read as `ArgumentParser` reads it, but without ever giving up: a line that is
// being typed has mistakes in it, and what stands behind them is still to be completed.

/// The words of one command, or those before it.
struct TypedWords {
    let options: [Option]
    /// The first operand ends the options: what follows it is not read.
    var stopsAtOperand = false

    private(set) var operands: [[UInt8]] = []
    /// How many operands stood before `--`; nil if there was none.
    private(set) var operandsBeforeDashes: Int?
    /// The option that the next word is the value of.
    private(set) var pending: Option?
    private var given: [(option: Option, value: [UInt8]?)] = []

    private static let dash: UInt8 = 0x2D
    private static let equals: UInt8 = 0x3D

    init(options: [Option], stopsAtOperand: Bool = false) {
        self.options = options
        self.stopsAtOperand = stopsAtOperand
    }

    /// Reads words in order; what is left over if an operand ended it.
    @discardableResult
    mutating func read(_ words: ArraySlice<[UInt8]>) -> ArraySlice<[UInt8]> {
        var rest = words
        while let word = rest.first {
            if let option = pending {
                given.append((option, word))
                pending = nil
            } else if operandsBeforeDashes == nil, word == [Self.dash, Self.dash] {
                operandsBeforeDashes = operands.count
            } else if operandsBeforeDashes != nil || word.first != Self.dash || word.count == 1 {
                if stopsAtOperand { break }
                operands.append(word)
            } else {
                readOption(word)
            }
            rest = rest.dropFirst()
        }
        return rest
    }

    private mutating func readOption(_ word: [UInt8]) {
        if let (option, start) = attached(word) {
            given.append((option, Array(word[start...])))
        } else if word[1] == Self.dash {
            let name = String(decoding: word.dropFirst(2), as: UTF8.self)
            let positive = name.hasPrefix("no-") ? String(name.dropFirst(3)) : nil
            if let option = options.first(where: { $0.long == name }) {
                add(option)
            } else if let option = options.first(where: { $0.isNegatable && $0.long == positive }) {
                given.append((option, nil))
            }
        } else {
            for letter in word.dropFirst() {
                guard let option = lettered(letter) else { return }
                add(option)
            }
        }
    }

    /// Takes an option over that has no value in its word.
    private mutating func add(_ option: Option) {
        if option.valueName == nil { given.append((option, nil)) } else { pending = option }
    }

    private func lettered(_ letter: UInt8) -> Option? {
        options.first { $0.short?.asciiValue == letter }
    }

    /// The option whose value stands in the word, and where the value starts; nil if there is no such.
    func attached(_ word: [UInt8]) -> (option: Option, start: Int)? {
        guard word.count > 2, word[0] == Self.dash else { return nil }
        if word[1] == Self.dash {
            guard let equals = word.firstIndex(of: Self.equals) else { return nil }
            let name = String(decoding: word[2..<equals], as: UTF8.self)
            guard let option = options.first(where: { $0.long == name }), takesValue(option) else { return nil }
            return (option, equals + 1)
        }
        for index in 1..<word.count {
            guard let option = lettered(word[index]) else { return nil }
            if takesValue(option) { return index + 1 < word.count ? (option, index + 1) : nil }
        }
        return nil
    }

    private func takesValue(_ option: Option) -> Bool { option.valueName != nil || option.mayHaveValue }

    /// The values that an option was given, in order.
    func values(of option: Option) -> [[UInt8]] {
        given.filter { $0.option.name == option.name }.compactMap(\.value)
    }

    /// Giving it once more would not be a mistake.
    func mayBeGiven(_ option: Option) -> Bool {
        if case .repeated = option.kind { return true }
        return !given.contains { $0.option.name == option.name }
    }
}
