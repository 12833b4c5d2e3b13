// What the words behind list, ls and cat mean, and which of them cannot be meant.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct LookMeaningTests {
    private func typed(_ words: [String]) throws(UsageError) -> ParsedArguments {
        let command = try CommandTable.command(named: words[0])
        return try command.parse(words.dropFirst().map { Array($0.utf8) }[...], after: ParsedArguments())
    }

    private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    private func filter(_ line: String) throws(UsageError) -> ListFilter {
        try ListFilter(typed(words(line)))
    }

    private func ls(_ line: String) throws(UsageError) -> LsCommand.Meaning {
        try LsCommand.Meaning(typed(words(line)))
    }

    // MARK: list

    @Test func listOptionsReachTheLibrary() throws {
        let filter = try filter(
            "list --limit 5 --offset 2 --reverse --since yesterday --until today --name v* --tag a --tag b "
                + "--kind milestone --trigger hook --component c --event-id e --action-id x -- src")
        #expect(filter.since == "yesterday" && filter.until == "today")
        #expect(filter.paths == [Array("src".utf8)])
        let plain = filter.plain
        #expect(plain.limit == 5 && plain.offset == 2 && plain.isReversed)
        #expect(plain.name == "v*" && plain.tags == ["a", "b"] && plain.kind == .milestone)
        #expect(plain.trigger == "hook" && plain.component == "c" && plain.event == "e" && plain.action == "x")
        #expect(filter.operands == .all)
    }

    @Test func onlyAListOfEverythingSaysThatThereIsNothing() throws {
        for line in ["list", "list -n 3", "list --reverse"] { #expect(try filter(line).isEverything) }
        for line in [
            "list -n 0", "list --offset 1", "list --name x", "list --tag x", "list --since now", "list @", "list -- x",
            "list --kind milestone", "list @..",
        ] {
            #expect(try !filter(line).isEverything, "\(line)")
        }
    }

    @Test func operandsAreSnapshotsOrOneRange() throws {
        #expect(try filter("list @ v1 @~2").operands == .snapshots([.head, .name("v1"), .ancestor(.head, 2)]))
        #expect(try filter("list v1..@~1").operands == .range(from: .name("v1"), to: .ancestor(.head, 1)))
        #expect(try filter("list v1..").operands == .range(from: .name("v1"), to: .head))
        #expect(try filter("list ..v1").operands == .range(from: .head, to: .name("v1")))
        #expect(try filter("list ..").operands == .range(from: .head, to: .head))
        #expect(try filter("list v1.0..v1.1").operands == .range(from: .name("v1.0"), to: .name("v1.1")))
        #expect(try filter("list @{a..b}").operands == .snapshots([.time("a..b")]))
        #expect(throws: UsageError.exclusive("@~1..@", "REV")) { try filter("list @~1..@ v1") }
        #expect(throws: UsageError.exclusive("@~1..@", "REV")) { try filter("list v1 @~1..@") }
        #expect(throws: UsageError.self) { try filter("list @:src") }
        #expect(throws: UsageError.self) { try filter("list @~x..") }
    }

    @Test func whatIsNoPathIsNotTakenForOne() {
        #expect(throws: UsageError.missingOperand("PATH")) { try filter("list --") }
        #expect(throws: UsageError.missingOperand("PATH")) { try ls("ls --") }
        #expect(throws: UsageError.missingOperand("PATH")) { try ls("ls @ --") }
        #expect(throws: UsageError.self) { try LsCommand.Meaning(typed(["ls", "@", ""])) }
    }

    // MARK: ls

    @Test func lsIsOfTheHeadUnlessSomethingElseIsSaid() throws {
        let none = try ls("ls")
        #expect(none.revision == .head && none.inside == nil && none.paths == [] && !none.isRecursive)
        let revision = try ls("ls @~1")
        #expect(revision.revision == .ancestor(.head, 1) && revision.inside == nil)
        let path = try ls("ls v1:src/x a b")
        #expect(path.revision == .name("v1") && path.inside == "src/x")
        #expect(path.paths == [Array("a".utf8), Array("b".utf8)])
        let dashes = try ls("ls -R -- @ -l")
        #expect(dashes.revision == .head && dashes.paths == [Array("@".utf8), Array("-l".utf8)] && dashes.isRecursive)
        #expect(try ls("ls @ -- a").paths == [Array("a".utf8)])
        #expect(try ls("ls @:").inside == "")
    }

    @Test func aListingHasOneForm() throws {
        #expect(try ls("ls").form == .names)
        #expect(try ls("ls -l").form == .long)
        #expect(try ls("ls -z").form == .zero)
        #expect(try ls("ls --json").form == .json)
        #expect(throws: UsageError.exclusive("--long", "-z")) { try ls("ls -lz") }
        #expect(throws: UsageError.exclusive("--long", "--json")) { try ls("ls -l --json") }
        #expect(throws: UsageError.exclusive("-z", "--json")) { try ls("ls -z --json") }
    }

    // MARK: cat

    @Test func catNeedsPaths() throws {
        let meaning = try CatCommand.Meaning(typed(["cat", "@:a", "@~1:./b c"]))
        #expect(
            meaning.targets == [
                CatCommand.Target(revision: .head, path: "a"),
                CatCommand.Target(revision: .ancestor(.head, 1), path: "./b c"),
            ])
        #expect(throws: UsageError.missingOperand("REV:PATH")) { try typed(["cat"]) }
        #expect(throws: UsageError.self) { try CatCommand.Meaning(typed(["cat", "@"])) }
        #expect(throws: UsageError.self) { try CatCommand.Meaning(typed(["cat", "@:a", "b"])) }
    }

    @Test func pathsNeedNotBeText() throws {
        let command = CatCommand.command
        let word = Array("@:a".utf8) + [0xFF]
        let meaning = try CatCommand.Meaning(command.parse([word], after: ParsedArguments()))
        #expect(meaning.targets.map(\.path.bytes) == [[0x61, 0xFF]])
    }
}
