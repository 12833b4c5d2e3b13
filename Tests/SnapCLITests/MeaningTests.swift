// What was typed becomes what is meant, command by command, and contradictions are found before anything runs.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct MeaningTests {
    /// Parses like the program, up to the point where it would start to work.
    @discardableResult
    private func typed(_ line: String) throws(UsageError) -> ParsedArguments {
        let words = line.split(separator: " ").map { Array($0.utf8) }
        let leading = try ArgumentParser(options: Option.global, stopsAtOperand: true).parse(words[...])
        let name = String(decoding: leading.rest.first ?? [], as: UTF8.self)
        let command = try CommandTable.command(named: name)
        let parsed = try command.parse(leading.rest.dropFirst(), after: leading)
        if !parsed.asksForHelp { _ = try command.interpret(parsed) }
        return parsed
    }

    @Test func takeMeansWhatItsOptionsSay() throws {
        let words =
            "take --init -m hello --name v1 --tag b --tag a --kind milestone --always --rehash --trigger hook --source ci "
            + "--reason nightly --event-id e --action-id x --component-id c --compression zstd:9 --one-file-system --force --json"
        let meaning = try TakeCommand.Meaning(typed(words))
        let options = meaning.options
        #expect(meaning.makesStore && meaning.isJSON)
        #expect(options.message == "hello")
        #expect(options.name == "v1")
        #expect(options.tags == ["b", "a"])
        #expect(options.kind == .milestone)
        #expect(options.always && options.rehash && options.oneFileSystem && options.force)
        #expect(options.trigger == Trigger(type: "hook", source: "ci", reason: "nightly"))
        #expect(options.event == "e" && options.action == "x" && options.component == "c")
        #expect(options.compression == .zstd(level: 9))
    }

    @Test func takeAloneAsksForNothing() throws {
        let meaning = try TakeCommand.Meaning(typed("take"))
        let options = meaning.options
        #expect(!meaning.makesStore && !meaning.isJSON)
        #expect(options.message == nil && options.name == nil && options.kind == nil && options.trigger == nil)
        #expect(options.compression == nil && !options.oneFileSystem && !options.force && options.tags.isEmpty)
    }

    @Test func aMessageNeedNotBeText() throws {
        var typed = ParsedArguments()
        let message = try #require(TakeCommand.command.options.first { $0.long == "message" })
        typed.occurrences = [.init(option: message, value: [0x61, 0xFF], isNegated: false)]
        #expect(try TakeCommand.Meaning(typed).options.message == "a\u{FFFD}")
    }

    @Test func partsOfATriggerNeedOne() {
        #expect(throws: UsageError.requires(option: "--source", other: "--trigger")) { try typed("take --source x") }
        #expect(throws: UsageError.requires(option: "--reason", other: "--trigger")) { try typed("take --reason x") }
    }

    @Test func anImpossibleCompressionIsRefused() {
        #expect(throws: UsageError.self) { try typed("take --compression gzip") }
        #expect(throws: UsageError.self) { try typed("take --compression zstd:0") }
    }

    @Test(arguments: ["take --name a:b", "take --name abcd", "name @x", "name -- -x", "name -d a~b"])
    func anImpossibleNameIsRefused(_ line: String) {
        #expect {
            try typed(line)
        } throws: { error in
            if case UsageError.invalidName = error { true } else { false }
        }
    }

    @Test func globalOptionsMayStandOnEitherSide() throws {
        #expect(try typed("--json list").isSet(.json))
        #expect(try typed("list --json").isSet(.json))
        #expect(try typed("-q take").verbosity == .quiet)
        #expect(try typed("take -v").verbosity == .verbose)
        #expect(try typed("-q take -v").verbosity == .verbose)
        #expect(try typed("take -v -q").verbosity == .quiet)
        #expect(try typed("-C a -Cb take").values(.directory) == [Array("a".utf8), Array("b".utf8)])
        #expect(try typed("-v version").verbosity == .verbose)
    }

    @Test func jsonIsRefusedWhereThereIsNone() {
        #expect(throws: UsageError.notApplicable(option: "--json")) { try typed("--json init") }
        #expect(throws: UsageError.notApplicable(option: "--json")) { try typed("name --json v1") }
        #expect(throws: UsageError.notApplicable(option: "--json")) { try typed("--json name -d v1") }
    }

    @Test func operandsAreCounted() {
        #expect(throws: UsageError.extraOperand(Array("x".utf8))) { try typed("take x") }
        #expect(throws: UsageError.extraOperand(Array("c".utf8))) { try typed("name va @ c") }
        #expect(throws: UsageError.extraOperand(Array("@".utf8))) { try typed("name -d va @") }
        #expect(throws: UsageError.missingOperand("NAME")) { try typed("name -d") }
        #expect(throws: UsageError.missingOperand("NAME")) { try typed("name -f") }
        #expect(throws: UsageError.extraOperand(Array("b".utf8))) { try typed("help take b") }
    }

    @Test func helpIsPrintedWhateverIsMissing() throws {
        #expect(try typed("revert --help").isSet(.help))
        #expect(try typed("revert a b c d -h").isSet(.shortHelp))
    }

    @Test func helpKnowsCommandsAndTopics() throws {
        guard case .overview = try HelpCommand.Meaning(typed("help")) else {
            Issue.record("'snap help' is not the overview")
            return
        }
        guard case .everything = try HelpCommand.Meaning(typed("help -a")) else {
            Issue.record("'snap help -a' does not list all")
            return
        }
        guard case .pages(let command?, nil) = try HelpCommand.Meaning(typed("help take")) else {
            Issue.record("'snap help take' is not one page")
            return
        }
        #expect(command.name == "take")
        for topic in HelpTopic.all {
            guard case .pages(_, let found?) = try HelpCommand.Meaning(typed("help \(topic.name)")) else {
                Issue.record("'snap help \(topic.name)' is no topic")
                continue
            }
            #expect(found == topic)
        }
    }

    @Test func whatHelpDoesNotKnowIsNamedWithTheNearest() {
        #expect(throws: UsageError.unknownTopic("tkae", suggestions: ["take"])) { try typed("help tkae") }
        #expect(throws: UsageError.unknownTopic("tutrial", suggestions: ["tutorial"])) { try typed("help tutrial") }
        #expect(throws: UsageError.unknownTopic("xyzxyz", suggestions: [])) { try typed("help xyzxyz") }
        #expect(throws: UsageError.exclusive("--all", "COMMAND")) { try typed("help --all take") }
    }

    @Test func contradictionsAreRefused() {
        #expect(throws: UsageError.exclusive("--quick", "--full")) { try typed("verify --full --quick") }
        #expect(throws: UsageError.exclusive("--delete", "--force")) { try typed("name -f -d va") }
    }

    @Test(arguments: ["-1", "", "x", "1x", "99999999999999999999", "+1"])
    func aLimitIsAWholeNumber(_ text: String) {
        var parsed = ParsedArguments()
        let limit = ListCommand.command.options[0]
        parsed.occurrences = [.init(option: limit, value: Array(text.utf8), isNegated: false)]
        #expect(throws: UsageError.self) { try ListCommand.command.interpret(parsed) }
    }

    @Test func aRevisionThatCannotBeIsRefused() {
        #expect(throws: UsageError.invalidRevision("@~x", .unexpected(at: 2))) { try typed("show @~x") }
        #expect(throws: UsageError.invalidRevision("@{", .unclosedBrace(at: 1))) { try typed("name va @{") }
    }

    @Test func whoIsOneWord() {
        #expect(whoText(user: Array("ann".utf8), host: "box", process: 7) == "ann@box/7")
        #expect(whoText(user: Array("a b\t@/\n".utf8), host: "h o", process: 1) == "a_b____@h_o/1")
    }
}
