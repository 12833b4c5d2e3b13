// Every failure has words in git's form: `snap: `, lower case, subjects quoted, no full stop, hints that can be pasted.

import SnapSystem
import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct ErrorWordsTests {
    private static let id = ObjectID(0xABCD_EF01_2345_6789, 1, 2, 3)
    private static let path = Array("/w/a b".utf8)
    private static let candidate = RevisionCandidate(text: "v2", id: id, time: Timestamp(seconds: 0), message: "first")

    private static let unfinished = UnfinishedRevert(
        event: .undo, target: id, former: id, time: Timestamp(seconds: 0))

    static let store: [StoreError] = [
        .notAWorkingDirectory(path: path), .storeMissing(pointer: path, store: path),
        .notAStore(path: path, reason: "it has no format"), .unsupported(path: path, what: "feature 'x'"),
        .foreignOwner(path: path, owner: 7), .refused(path: path, reason: "it is a home directory"),
        .alreadyExists(path: path), .damaged(file: "packs/x", what: "checksum"),
        .missingObject(type: .chunk, id: id), .system(doing: "open", path: path, reason: "no such file or directory"),
        .noSpace(available: 1, floor: 1 << 30, needed: 5000), .storeLimit(size: 10, limit: 20),
        .nothingCovered(path: path, reason: "permission denied"), .unknownRevision(text: "v1", candidates: [candidate]),
        .ambiguousRevision(text: "abcd", candidates: [candidate, candidate], count: 2),
        .revisionOutOfRange(text: "@{9}", reason: "there are 3", nearest: candidate),
        .unknownTimeline(name: "x", available: ["main"]), .invalidTime(text: "x", reason: "it is not a time"),
        .revisionOutOfRange(text: "@~9", reason: "there are 3"),
        .invalidName(text: "a b", reason: "it has a space"), .nameExists(name: "v1", target: id),
        .unknownName(name: "v1", candidates: []), .notEmpty(path: path), .revertUnderWay, .cancelled,
        .invalidConfiguration(file: "config", reason: "line 1"), .revertUnfinished(unfinished), .noUnfinishedRevert,
        .nothingToUndo(available: 0), .nothingToUndo(available: 2), .nothingToRedo(available: 0),
        .nothingToRedo(available: 1), .changedSinceUndo, .removedSnapshot(id), .pathNotFound(path: path),
        .notAFile(path: path, kind: .directory, gap: nil),
        .notAFile(path: path, kind: .file, gap: .unreadable),
        .notEnoughSpaceToRevert(available: 1, needed: 5000), .goneSnapshot(id), .cannotDropHead(id),
        .cannotDropNamed(id, names: ["v1", "-\u{1B}"]),
        .clockBehind(now: Timestamp(seconds: 0), event: Timestamp(seconds: 100)),
    ]

    static let usage: [UsageError] = [
        .unknownCommand("x", suggestions: []), .unknownTopic("x", suggestions: []),
        .unknownOption("--x", suggestions: ["--y"]),
        .missingValue(option: "-C", valueName: "DIR"), .unexpectedValue(option: "--x"),
        .notAChoice(option: "--kind", value: "x", choices: ["a", "b"], suggestions: []),
        .invalidValue(option: "--x", value: "1", reason: "it must be 2"), .missingOperand("REV"), .extraOperand(path),
        .exclusive("--a", "--b"), .requires(option: "--a", other: "--b"), .notApplicable(option: "--json"),
        .invalidRevision("@~x", .unexpected(at: 2)), .invalidName("a b", .empty),
        .invalidEnvironment(variable: "SNAP_NOW", value: path, reason: "it must be a time"),
        .notPassedOn(option: "--json", to: "snap-x"), .unknownSetting("x", suggestions: ["y"]),
    ]

    static let failures: [Failure] =
        store.map { .store($0) } + usage.map { .usage($0) } + [
            .system(doing: "change to", path: path, SystemError("chdir", 2)),
            .currentDirectory(SystemError("getcwd", 2)),
            .output(SystemError("write", 28)), .manifestUnreadable(id), .outside(path: path, root: path), .declined,
            .notInSnapshot(id, path: path, candidates: [path]),
            .endedPartWay(.cancelled), .aliasLoop(["a", "b", "a"]), .editorMissing,
            .noPlaceForSettings,
            .editorFailed(command: path, status: 1), .changedMeanwhile(path: path),
        ]

    @Test(arguments: failures.indices)
    func theFormIsGits(_ index: Int) {
        for command in [TakeCommand.command, nil] {
            let words = ErrorWords(Self.failures[index], command: command)
            #expect(!words.message.isEmpty)
            #expect(words.message.first.map { $0.isLowercase || "'\"-".contains($0) } == true, "\(words.message)")
            #expect(!words.message.hasSuffix("."), "\(words.message)")
            let lines = words.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first?.hasPrefix("snap: ") == true && lines.last == "")
            for line in lines.dropFirst().dropLast() {
                let starts = ["hint: ", "usage: ", "   or: ", "  "]
                #expect(starts.contains { line.hasPrefix($0) }, "\(line)")
                #expect(!line.hasSuffix("."))
            }
        }
    }

    @Test(arguments: usage.indices)
    func whatWasTypedWrongIsStatus2AndShowsTheUsage(_ index: Int) {
        let failure = Failure.usage(Self.usage[index])
        #expect(failure.status(signal: 0).code == 2)
        let hasUsage = ErrorWords(failure, command: ListCommand.command).text.contains(
            "usage: snap list [REV...] [options] [--json] [-- PATH...]\n")
        if case .invalidEnvironment = Self.usage[index] { #expect(!hasUsage) } else { #expect(hasUsage) }
    }

    @Test func statusesAreDistinct() {
        #expect(Failure.store(.revertUnderWay).status(signal: 0).code == 4)
        #expect(Failure.store(.cancelled).status(signal: 2).code == 130)
        #expect(Failure.store(.cancelled).status(signal: 15).code == 143)
        #expect(Failure.store(.cancelled).status(signal: 0).code == 4)
        #expect(Failure.store(.invalidName(text: "", reason: "")).status(signal: 0).code == 2)
        #expect(Failure.output(SystemError("write", 28)).status(signal: 0).code == 4)
        #expect(Failure.outputClosed.status(signal: 0).code == 141)
        #expect(Failure.declined.status(signal: 0).code == 4)
        #expect(Failure.outside(path: Self.path, root: Self.path).status(signal: 0).code == 4)
        #expect(Failure.endedPartWay(.cancelled).status(signal: 15).code == 143)
        #expect(Failure.endedPartWay(.notEmpty(path: Self.path)).status(signal: 0).code == 4)
        for error: StoreError in [
            .nothingToUndo(available: 0), .nothingToRedo(available: 3), .changedSinceUndo, .removedSnapshot(Self.id),
            .noUnfinishedRevert, .revertUnfinished(Self.unfinished), .pathNotFound(path: Self.path),
        ] {
            #expect(Failure.store(error).status(signal: 0).code == 4)
        }
    }

    @Test func subjectsCannotWriteToTheTerminal() {
        let hostile = Array("/a\u{1B}[2J\n".utf8)
        for error: StoreError in [
            .notEmpty(path: hostile), .system(doing: "open", path: hostile, reason: "\u{1B}x"),
            .damaged(file: "\u{1B}x", what: "\u{1B}x"),
            .unknownRevision(
                text: "\u{1B}x",
                candidates: [RevisionCandidate(text: "\u{1B}x", id: Self.id, time: nil, message: "\u{1B}\n")]),
            .unknownName(name: "\n", candidates: ["\u{1B}"]), .notAStore(path: hostile, reason: "\u{1B}"),
        ] {
            let text = ErrorWords(.store(error), command: nil).text
            #expect(!text.contains("\u{1B}"), "\(text)")
            #expect(
                text.split(separator: "\n").allSatisfy {
                    $0.hasPrefix("snap: ") || $0.hasPrefix("hint: ") || $0.hasPrefix("  ")
                })
        }
        let usage = ErrorWords(.usage(.extraOperand(hostile)), command: nil).text
        #expect(!usage.contains("\u{1B}"))
    }

    @Test func hintsNameTheCommandThatHelps() {
        func hints(_ error: StoreError) -> [String] { ErrorWords(.store(error), command: TakeCommand.command).hints }
        #expect(hints(.notAWorkingDirectory(path: [0x2F])) == ["snap init"])
        #expect(hints(.refused(path: [0x2F], reason: "x")) == ["snap take --force"])
        #expect(hints(.nameExists(name: "v 1", target: Self.id)) == ["snap name -f 'v 1' REV"])
        #expect(hints(.damaged(file: "x", what: "y")) == ["snap verify --full"])
        let ambiguous = StoreError.ambiguousRevision(text: "abcd", candidates: [Self.candidate], count: 1)
        #expect(hints(ambiguous) == ["snap show v2"])
        let details = ErrorWords(.store(ambiguous), command: nil).details
        #expect(details == ["v2  \(Self.id.short)  \(clockText(Timestamp(seconds: 0)))  first"])
        let waysOut = ["snap revert --continue", "snap revert --abort"]
        #expect(hints(.revertUnfinished(Self.unfinished)) == waysOut)
        #expect(hints(.nothingToUndo(available: 0)) == ["snap log"])
        #expect(hints(.nothingToUndo(available: 2)) == ["snap undo 2", "snap log"])
        #expect(hints(.nothingToRedo(available: 1)) == ["snap redo 1", "snap log"])
        #expect(hints(.removedSnapshot(Self.id)) == ["snap recover abcdef0123"])
        #expect(
            hints(.cannotDropNamed(Self.id, names: ["v1"])) == ["snap name -d v1", "snap drop --force abcdef0123"])
        #expect(hints(.goneSnapshot(Self.id)) == ["snap list --expired"])
        #expect(hints(.changedSinceUndo).first == "snap take")
        #expect(hints(.noSpace(available: 1, floor: 2, needed: 3)) == ["snap gc"])
        #expect(hints(.storeLimit(size: 1, limit: 2)) == ["snap gc"])
        let tooMany = SystemError.tooManyOpenFiles
        #expect(hints(StoreError(tooMany, doing: "open", Self.path)) == ["snap doctor"])
        #expect(hints(StoreError(PackError.system(file: "packs/x", tooMany))) == ["snap doctor"])
        #expect(hints(.system(doing: "open", path: Self.path, reason: "permission denied")).isEmpty)
        // Whatever stopped it half-way, these are the two ways on.
        let full = Failure.endedPartWay(.notEnoughSpaceToRevert(available: 1, needed: 2))
        #expect(ErrorWords(full, command: nil).hints == waysOut)
    }

    @Test func whatWasMeantAsAPathIsHintedAt() {
        let unknown = Failure.store(.unknownRevision(text: "src/a b", candidates: []))
        #expect(ErrorWords(unknown, command: RevertCommand.command).hints == ["snap list", "snap revert -- 'src/a b'"])
        #expect(ErrorWords(unknown, command: ShowCommand.command).hints == ["snap list"])
        let impossible = Failure.usage(.invalidRevision("a", .idLength(1)))
        #expect(ErrorWords(impossible, command: RevertCommand.command).hints == ["snap list", "snap revert -- a"])
        let extra = Failure.usage(.extraOperand(Array("src".utf8)))
        #expect(ErrorWords(extra, command: RevertCommand.command).hints == ["paths stand behind '--'"])
        #expect(ErrorWords(extra, command: TakeCommand.command).hints.isEmpty)
    }

    @Test func anUnfinishedRevertSaysWhatItWas() {
        var unfinished = Self.unfinished
        #expect(unfinished.words == "an undo to abcdef0123 is unfinished")
        unfinished.event = .revert
        #expect(unfinished.words == "a revert to abcdef0123 is unfinished")
        unfinished.event = .redo
        #expect(unfinished.words == "a redo to abcdef0123 is unfinished")
    }
}
