// What a first word is that no command has for its name: an alias, or else another program.
//
// An alias never hides a command, and each is expanded once at most. Another program takes the place of this process, so its status, its
// signals and its terminal are its own; what stood before its name it would never hear of, so that is an error, but for `-C`.

import SnapStore
import SnapSystem

enum UserCommands {
    private static let shell = Array("/bin/sh".utf8)

    /// The words with the alias that they begin with replaced by what it stands for, and all that were replaced until now.
    ///
    /// `leading` is what was read of `arguments`, up to `name`; `expanded` are the aliases that led here. Does not return for what is no alias of words.
    static func expand(
        _ name: [UInt8], _ leading: ParsedArguments, of arguments: [[UInt8]], after expanded: [String]
    ) throws(Failure) -> (arguments: [[UInt8]], expanded: [String]) {
        let text = String(decoding: name, as: UTF8.self)
        let operands = Array(leading.rest.dropFirst())
        let aliases = Aliases(try UserConfiguration.read())
        if let line = aliases.line(text) {
            if expanded.contains(text) { throw .aliasLoop(expanded + [text]) }
            switch line {
            case .words(let words):
                return (Array(arguments[..<leading.rest.startIndex]) + words + operands, expanded + [text])
            case .shell(let command):
                let line = command + Array(" \"$@\"".utf8)
                try become(shell, [Array("sh".utf8), Array("-c".utf8), line, name] + operands, leading, text)
            }
        }
        if let program = ExternalCommands.program(name) {
            try become(program, [Array("snap-".utf8) + name] + operands, leading, "snap-" + text)
        }
        // A file that was not used may be where the name stands.
        let messages = Messages(verbosity: leading.verbosity)
        for note in aliases.notes { messages.note(note) }
        let known = CommandTable.entries.map(\.name) + aliases.names + ExternalCommands.names()
        throw .usage(.unknownCommand(text, suggestions: suggestions(for: text, among: known)))
    }

    /// Becomes the program, in the directory that `-C` names.
    private static func become(
        _ program: [UInt8], _ words: [[UInt8]], _ leading: ParsedArguments, _ subject: String
    ) throws(Failure) -> Never {
        for occurrence in leading.occurrences where occurrence.option.name != Option.directory.name {
            throw .usage(.notPassedOn(option: occurrence.option.name, to: subject))
        }
        try SnapCLI.changeDirectory(through: leading.values(.directory))
        throw .system(doing: "run", path: program, Process.become(program, words))
    }
}
