// What the words behind revert, undo and redo mean, and which of them contradict each other.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct RevertMeaningTests {
    private func typed(_ words: [String]) throws(UsageError) -> ParsedArguments {
        let command = try CommandTable.command(named: words[0])
        return try command.parse(words.dropFirst().map { Array($0.utf8) }[...], after: ParsedArguments())
    }

    private func meaning(_ line: String) throws(UsageError) -> RevertCommand.Meaning {
        try RevertCommand.Meaning(typed(line.split(separator: " ").map(String.init)))
    }

    private func revision(_ line: String) throws -> Revision {
        guard case .inPlace(let revision, _, _) = try meaning(line) else {
            throw UsageError.missingOperand("a revert in place")
        }
        return revision
    }

    @Test func everyWayOfNamingASnapshotMeansARevision() throws {
        #expect(try revision("revert") == .head)
        #expect(try revision("revert --latest") == .head)
        #expect(try revision("revert @~2") == .ancestor(.head, 2))
        #expect(try revision("revert --back 3") == .ancestor(.head, 3))
        #expect(try revision("revert --back 0") == .head)
        #expect(try revision("revert --at yesterday") == .time("yesterday"))
        #expect(try revision("revert --name works") == .name("works"))
        #expect(try revision("revert v1 --force -- a") == .name("v1"))
    }

    @Test(arguments: [
        ("revert @ --latest", "REV", "--latest"), ("revert --latest --back 1", "--latest", "--back"),
        ("revert --at x --name y", "--at", "--name"), ("revert v1 --back 1", "REV", "--back"),
        ("revert --continue --abort", "--continue", "--abort"), ("revert --abort --dry-run", "--abort", "--dry-run"),
        ("revert --continue --back 1", "--continue", "--back"), ("revert --abort --keep-git", "--abort", "--keep-git"),
        ("revert --continue --into d", "--continue", "--into"), ("revert --into d --dry-run", "--into", "--dry-run"),
        ("revert --into d --keep-extra", "--into", "--keep-extra"), ("revert --into d -f", "--into", "--force"),
        ("revert --into d -z", "--into", "-z"), ("revert -n -z --json", "--json", "-z"),
        ("revert --abort --latest", "--abort", "--latest"),
    ])
    func contradictionsAreRefused(_ line: String, _ a: String, _ b: String) {
        #expect(throws: UsageError.exclusive(a, b)) { try meaning(line) }
    }

    @Test func optionsReachTheLibrary() throws {
        guard case .inPlace(_, let paths, let change) = try meaning("revert --keep-extra --only-content --keep-git -fy")
        else {
            Issue.record("not in place")
            return
        }
        #expect(paths.isEmpty)
        #expect(
            change.options.keepExtra && change.options.onlyContent && change.options.keepGit && change.options.force)
        #expect(change.isConfirmed && !change.isJSON)
        guard case .inPlace(_, _, let plain) = try meaning("revert --json") else {
            Issue.record("not in place")
            return
        }
        #expect(
            !plain.options.keepExtra && !plain.options.onlyContent && !plain.options.keepGit && !plain.options.force)
        #expect(!plain.isConfirmed && plain.isJSON)
    }

    @Test(arguments: [
        ("revert -n", RevertCommand.PlanForm.text), ("revert -n --json", .json), ("revert --dry-run -z", .zero),
    ])
    func aDryRunHasThreeForms(_ line: String, _ wanted: RevertCommand.PlanForm) throws {
        guard case .dryRun(_, _, _, let form) = try meaning(line) else {
            Issue.record("not a dry run")
            return
        }
        #expect(form == wanted)
    }

    @Test func pathsStandBehindTheDashes() throws {
        guard case .inPlace(let revision, let paths, _) = try meaning("revert -f -- @ -n --abort") else {
            Issue.record("not in place")
            return
        }
        #expect(revision == .head)
        #expect(paths.map { String(decoding: $0, as: UTF8.self) } == ["@", "-n", "--abort"])
        guard
            case .into(let directory, .name("v1"), let some, let isJSON) = try meaning(
                "revert --into d v1 --json -- a b")
        else {
            Issue.record("not into")
            return
        }
        #expect(directory == Array("d".utf8) && some.count == 2 && isJSON)
        #expect(throws: UsageError.extraOperand(Array("src".utf8))) { try meaning("revert @ src") }
    }

    /// `revert -- $files` with no files must not revert everything.
    @Test func noPathsBehindTheDashesIsAMistake() {
        #expect(throws: UsageError.missingOperand("PATH")) { try meaning("revert --") }
        #expect(throws: UsageError.missingOperand("PATH")) { try meaning("revert @ --into d --") }
        let empty = UsageError.invalidValue(option: "PATH", value: "", reason: "it must not be empty")
        #expect(throws: empty) { try typed(["revert", "--", "a", ""]) }
        // Other commands take operands there as before.
        #expect(throws: Never.self) { try typed(["show", "--"]) }
        #expect(throws: UsageError.extraOperand(Array("a".utf8))) { try typed(["take", "--", "a"]) }
    }

    @Test func whatIsUnfinishedTakesNothingToChoose() throws {
        #expect(throws: UsageError.exclusive("--continue", "REV")) { try meaning("revert --continue @") }
        #expect(throws: UsageError.exclusive("--abort", "PATH")) { try meaning("revert --abort -- a") }
        guard case .settle(isAbort: false, _) = try meaning("revert --continue --force"),
            case .settle(isAbort: true, let change) = try meaning("revert --abort -y --json")
        else {
            Issue.record("not an interrupted revert")
            return
        }
        #expect(change.isConfirmed && change.isJSON)
    }

    @Test func valuesThatCannotBeAreRefused() {
        #expect(throws: UsageError.requires(option: "-z", other: "--dry-run")) { try meaning("revert -z") }
        for words in ["--back=-1", "--back=x", "--back=", "--at=2", "--at=", "--at=a}", "--into="] {
            #expect("\(words)") {
                try meaning("revert \(words)")
            } throws: { error in
                if case UsageError.invalidValue = error { true } else { false }
            }
        }
        #expect(throws: UsageError.self) { try meaning("revert --name a:b") }
        #expect(throws: UsageError.self) { try meaning("revert @~x") }
    }

    @Test(arguments: ["undo", "redo"])
    func stepsAreCountedFromOne(_ name: String) throws {
        func steps(_ words: String...) throws(UsageError) -> Int {
            try UndoCommand.Meaning(typed([name] + words)).steps
        }
        #expect(try steps() == 1)
        #expect(try steps("7") == 7)
        #expect(try steps("--force", "1000000") == 1_000_000)
        for text in ["0", "1000001", "x", "", "+1", "1.5", "99999999999999999999"] {
            #expect(
                throws: UsageError.invalidValue(
                    option: "N", value: text, reason: "it must be a number from 1 to 1,000,000")
            ) { try steps(text) }
        }
        #expect(throws: UsageError.unknownOption("-1", suggestions: [])) { try steps("-1") }
        #expect(throws: UsageError.extraOperand([0x32])) { try steps("1", "2") }
        #expect(throws: UsageError.unknownOption("--keep-git", suggestions: [])) { try steps("--keep-git") }
    }
}
