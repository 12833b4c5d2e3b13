// `snap __complete`: what the shells' scripts ask while somebody types. It is no command that a person needs, so help does
// not list it.
//
//     snap __complete bash COMP_TYPE LINE REPLACED     the line up to the cursor, and the end of it that bash replaces
//     snap __complete zsh|fish SNAP WORD… CURRENT      the words of the line up to the cursor, without their quotes
//
// The answer has a candidate a line, and ends with a line that says what the shell completes besides, as `:files`.
//
//     bash   what replaces REPLACED, quoted and with its space; for a list, with what it means
//     zsh    `+` if more of the word follows, else `-`, and what `_describe` takes: value, colon, meaning
//     fish   value, tab, meaning
//
// Whatever is wrong with the line or the store, nothing is said and the status is 0: an error would be written into the
// line that is being typed.

import SnapStore
import SnapSystem

enum CompletionRequest {
    static let word = "__complete"

    static func isOne(_ arguments: [[UInt8]]) -> Bool {
        arguments.first.map { $0.elementsEqual(word.utf8) } ?? false
    }

    /// Answers to the words behind `__complete`; the status to exit with.
    static func answer(_ arguments: ArraySlice<[UInt8]>) -> Int32 {
        let columns = Process.environment("COLUMNS").flatMap { wholeNumber(String(decoding: $0, as: UTF8.self)) }
        let completer = Completer(
            source: { (subject, typed, directories) in
                StoreWords(in: directories).candidates(for: subject, typed)
            },
            aliases: { UserConfiguration.forDisplay.aliases }, externals: { ExternalCommands.names() })
        let answer = Self.lines(arguments, columns: columns, completer)
        var bytes: [UInt8] = []
        for line in answer {
            bytes += line
            bytes.append(0x0A)
        }
        try? Process.write(bytes, to: 1)
        return ExitStatus.done.code
    }

    /// The answer's lines; none if it is no question.
    static func lines(_ arguments: ArraySlice<[UInt8]>, columns: Int?, _ completer: Completer) -> [[UInt8]] {
        guard let name = arguments.first, let shell = CompletionShell(rawValue: String(decoding: name, as: UTF8.self))
        else { return [] }
        let given = Array(arguments.dropFirst())
        let completion: Completion
        var lines: [[UInt8]]
        switch shell {
        case .bash:
            guard given.count == 3 else { return [] }
            let line = BashLine(given[1])
            completion = completer.complete(line.words, line.current)
            lines = line.answer(
                completion, replaced: given[2], for: BashLine.Purpose(type: given[0]), columns: columns)
        case .zsh, .fish:
            guard given.count >= 2 else { return [] }
            completion = completer.complete(Array(given[1..<(given.count - 1)]), given[given.count - 1])
            lines = completion.candidates.map { shell == .zsh ? zshLine($0) : fishLine($0) }
        }
        lines.append(Array(completion.part.directive.utf8))
        return lines
    }

    private static func zshLine(_ candidate: Candidate) -> [UInt8] {
        let special = Array("\\:".utf8)
        var line: [UInt8] = [candidate.isOpen ? 0x2B : 0x2D]
        for byte in candidate.value {
            if special.contains(byte) { line.append(0x5C) }
            line.append(byte)
        }
        return candidate.meaning.isEmpty ? line : line + [0x3A] + Array(safeText(candidate.meaning).utf8)
    }

    private static func fishLine(_ candidate: Candidate) -> [UInt8] {
        guard !candidate.meaning.isEmpty else { return candidate.value }
        return candidate.value + [0x09] + Array(safeText(candidate.meaning).utf8)
    }
}
