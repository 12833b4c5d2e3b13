// What can stand where the cursor is, for every kind of word, without a shell and without a store.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct CompletionTests {
    /// A store that says what it was asked.
    private static func answer(_ subject: WordSubject, _ typed: [UInt8], _ directories: [[UInt8]]) -> [Candidate] {
        let places = directories.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
        return [Candidate(typed + Array("<\(subject)>\(places)".utf8))]
    }

    private func complete(_ line: String, _ source: @escaping Completer.Source = CompletionTests.answer) -> Completion {
        var words = line.split(separator: " ", omittingEmptySubsequences: false).map { Array($0.utf8) }
        let current = words.popLast() ?? []
        return Completer(source: source).complete(words, current)
    }

    private func values(_ line: String) -> [String] {
        complete(line).candidates.map { String(decoding: $0.value, as: UTF8.self) }
    }

    // MARK: The table

    /// A value or operand of a new kind must be decided on, or it would be completed by nothing without anybody knowing.
    @Test func everyNameInTheTableHasASubject() {
        for command in CommandTable.commands {
            for operand in command.operands {
                #expect(WordSubject(operand: operand) != nil, "\(command.name): \(operand.name)")
            }
            for option in command.options + Option.global {
                switch option.kind {
                case .flag: break
                case .value(let name), .repeated(let name), .optional(let name):
                    #expect(WordSubject(value: name) != nil, "\(command.name) \(option.name): \(name)")
                }
            }
        }
    }

    /// Completion cannot offer what the parser refuses.
    @Test func whatIsOfferedIsParsed() throws {
        for command in CommandTable.commands {
            for candidate in complete("\(command.name) -").candidates {
                var text = String(decoding: candidate.value, as: UTF8.self)
                let name = candidate.isOpen ? String(text.dropLast()) : text
                let option = command.options.first { $0.name == name || $0.short.map { "-\($0)" } == name }
                if candidate.isOpen { text += option?.choices.first ?? "x" }
                var words = [Array(text.utf8)]
                if !candidate.isOpen, option?.valueName != nil {
                    words.append(Array((option?.choices.first ?? "x").utf8))
                }
                #expect(throws: Never.self, "\(command.name) \(text)") {
                    try ArgumentParser(options: command.options).parse(words[...])
                }
            }
        }
    }

    @Test func commandsAreOfferedWithTheirSummaries() {
        #expect(values("") == CommandTable.entries.map(\.name))
        #expect(values("un") == ["undo"])
        #expect(complete("verif").candidates == [Candidate("verify", VerifyCommand.command.summary)])
        #expect(values("help verif") == ["verify"])
        #expect(!values("").contains(CompletionRequest.word))
    }

    @Test func whatACommandAndATopicAreBothCalledIsOfferedOnce() {
        #expect(values("help conf") == ["config"])
        #expect(complete("help conf").candidates == [Candidate("config", ConfigCommand.command.summary)])
        #expect(values("help tut") == ["tutorial"])
    }

    // MARK: The user's own commands

    private func completeWithAliases(_ line: String) -> Completion {
        var words = line.split(separator: " ", omittingEmptySubsequences: false).map { Array($0.utf8) }
        let current = words.popLast() ?? []
        let lines = [
            "st": "status --short", "zz": "-C x take --kind", "loop": "pool", "pool": "loop", "now": "!date",
            "log": "list", "bad": "'",
        ]
        let completer = Completer(
            source: Self.answer, aliases: { lines.mapValues { Array($0.utf8) } }, externals: { ["web", "st", "take"] })
        return completer.complete(words, current)
    }

    @Test func theyAreOfferedAndHideNothing() {
        #expect(completeWithAliases("st").candidates.map(\.value) == ["status", "st"].map { Array($0.utf8) })
        #expect(completeWithAliases("zz").candidates == [Candidate("zz", "-C x take --kind")])
        #expect(completeWithAliases("we").candidates == [Candidate("web", "the program 'snap-web'")])
        #expect(completeWithAliases("log").candidates == [Candidate("log", LogCommand.command.summary)])
        #expect(completeWithAliases("tak").candidates.count == 1)
    }

    @Test func behindAnAliasIsWhatIsBehindItsWords() {
        #expect(completeWithAliases("st --exi").candidates.map(\.value) == [Array("--exit-code".utf8)])
        #expect(completeWithAliases("-q zz mil").candidates.map(\.value) == [Array("milestone".utf8)])
        #expect(completeWithAliases("now ").part == .files)
        for line in ["loop ", "pool ", "bad ", "web "] { #expect(completeWithAliases(line) == Completion(), "\(line)") }
    }

    // MARK: Options

    @Test func optionsBeforeTheCommandAreThoseOfSnap() {
        #expect(values("--no") == ["--no-pager"])
        #expect(values("-").contains("-C"))
        #expect(values("-q --qui").isEmpty)
        #expect(complete("-C ").part == .directories)
        #expect(values("-C x ver") == ["verify", "version"])
    }

    @Test func optionsOfACommandAreOfferedOnceEach() {
        #expect(values("take --alw") == ["--always"])
        #expect(values("take --always --alw").isEmpty)
        #expect(values("take --one") == ["--one-file-system"])
        #expect(values("take --no-o") == ["--no-one-file-system"])
        #expect(values("take --no-one-file-system --one").isEmpty)
        #expect(values("take --tag x --ta") == ["--tag="])
        #expect(values("take -m x --mes").isEmpty)
        #expect(values("take --always=x --fo") == ["--force"])
        #expect(values("list -- --js").isEmpty)
        #expect(values("nothing --").isEmpty)
    }

    /// Behind `=` no shell replaces a tilde.
    @Test func anOptionWithAPathHasASpaceBehindIt() {
        #expect(complete("revert --int").candidates.map(\.isOpen) == [false])
        #expect(values("revert --int") == ["--into"])
        #expect(complete("take --mess").candidates.map(\.isOpen) == [true])
    }

    private static let completed: [(String, [String])] = [
        ("take --kind mil", ["milestone"]), ("take --kind=mil", ["--kind=milestone"]),
        ("diff --color=a", ["--color=auto", "--color=always"]), ("take --compression zs", ["zstd"]),
        ("list --since=yest", ["--since=yesterday 14:00"]), ("completion fi", ["fish"]), ("take -m ", []),
        ("take -mx", []), ("undo ", []), ("take ", []),
    ]

    @Test(arguments: completed)
    func valuesAreCompleted(_ line: String, _ expected: [String]) {
        #expect(values(line) == expected)
    }

    private static let parts: [(String, ShellPart)] = [
        ("revert --into ", .directories), ("revert --into=x", .directories), ("init --store ", .directories),
        ("diff --tool ", .programs), ("diff -- ", .files), ("list @ -- a", .files), ("ls -- ", .files),
        ("ls @: ", .files), ("take ", .nothing), ("show ", .nothing), ("-Cx", .nothing), ("verify x ", .nothing),
    ]

    @Test(arguments: parts)
    func theShellCompletesWhatItKnowsBetter(_ line: String, _ part: ShellPart) {
        #expect(complete(line).part == part)
    }

    // MARK: What a store is asked

    @Test(arguments: [
        ("show ", "<revision>"), ("show re", "re<revision>"), ("list re", "re<revisions>"),
        ("list @ re", "re<revisions>"), ("cat @:s", "@:s<revisionPath>"), ("cat @:s @~1:", "@~1:<revisionPath>"),
        ("ls ", "<revisionPath>"), ("name ", "<name>"), ("name x ", "<revision>"), ("revert --name ", "<name>"),
        ("list --tag=n", "--tag=n<tag>"), ("list --tag n", "n<tag>"), ("-C a -C b show ", "<revision>a,b"),
        ("diff @ x", "x<revision>"),
    ])
    func theStoreIsAskedForItsWords(_ line: String, _ expected: String) {
        #expect(values(line).filter { $0 != "--" } == [expected])
    }

    @Test func theStoreIsAskedForNothingElse() {
        for line in ["", "ta", "take --", "take --kind ", "list -- ", "show @ ", "nothing "] {
            _ = complete(line) { (_, _, _) in
                Issue.record("the store was asked")
                return []
            }
        }
    }

    @Test func pathsAreAnnouncedWhereTheyMayFollow() {
        #expect(values("revert @ ") == ["--"])
        #expect(values("revert ") == ["<revision>", "--"])
        #expect(values("show @ ").isEmpty)
    }

    /// A newline would be two candidates, and an escape would write to the terminal.
    @Test func whatCannotStandOnALineIsLeftOut() {
        let odd: [[UInt8]] = [Array("a\nb".utf8), Array("a\tb".utf8), Array("a\u{1B}b".utf8), [0x61, 0xFF]]
        let found = complete("show ") { (_, _, _) in odd.map { Candidate($0) } }.candidates
        #expect(found.map(\.value) == [[0x61, 0xFF]])
    }

    // MARK: Answers

    private func lines(_ words: String..., source: @escaping Completer.Source) -> [String] {
        let arguments = words.map { Array($0.utf8) }
        return CompletionRequest.lines(arguments[...], columns: 40, Completer(source: source)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static func some(_ candidates: Candidate...) -> Completer.Source { { (_, _, _) in candidates } }

    @Test func zshGetsWhatItsDescribeTakes() {
        let source = Self.some(
            Candidate("@:a\\b", "1 hour ago: x"), Candidate("@:dir/", isOpen: true), Candidate("@:it's"))
        let answer = lines("zsh", "snap", "cat", "@:", source: source)
        #expect(answer == ["-@\\:a\\\\b:1 hour ago: x", "+@\\:dir/", "-@\\:it's", ":nothing"])
    }

    @Test func fishGetsValueTabMeaning() {
        let source = Self.some(Candidate("v1", "1 hour ago: a\tb"), Candidate("v2"))
        #expect(lines("fish", "snap", "show", "v", source: source) == ["v1\t1 hour ago: a\\tb", "v2", ":nothing"])
        #expect(lines("fish", "snap", "diff", "--", "", source: source) == [":files"])
    }

    @Test func whatIsNoQuestionHasNoAnswer() {
        let source = Self.some(Candidate("v1"))
        #expect(lines(source: source).isEmpty)
        #expect(lines("tcsh", "snap", "show", "", source: source).isEmpty)
        #expect(lines("zsh", "snap", source: source).isEmpty)
        #expect(lines("bash", "9", "snap show ", source: source).isEmpty)
        #expect(CompletionRequest.isOne([Array("__complete".utf8)]))
        #expect(!CompletionRequest.isOne([]))
    }
}
