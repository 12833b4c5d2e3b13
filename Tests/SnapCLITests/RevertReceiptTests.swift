// Receipts and plans of reverts: nothing that was changed or left stays unsaid, and the JSON forms have the fields that help
// documents. Questions are asked from the threshold on and not before.

import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct RevertReceiptTests {
    private static let target = ObjectID(0x1A2B_3C4D_5E6F_7890, 1, 2, 3)
    private static let former = ObjectID(0x9F8E_7D6C_5B4A_3210, 1, 2, 3)
    private static let other = ObjectID(0x5C6D_7E8F_9001_1223, 1, 2, 3)
    private static let words = #"1a2b3c4d5e (2 minutes ago, "works")"#

    private func report() -> RevertReport {
        var report = RevertReport(target: Self.target, former: Self.former)
        report.head = Self.target
        report.created = 3
        report.replaced = 1200
        report.removed = 1
        report.metadata = 4
        report.bytes = 8192
        report.seconds = 1.25
        return report
    }

    private func lines(
        _ report: RevertReport, _ form: RevertReceipt.Form = .revert, options: RevertOptions = RevertOptions(),
        isVerbose: Bool = false
    ) -> [String] {
        RevertReceipt.lines(report, form, target: Self.words, options: options, isVerbose: isVerbose)
    }

    private func documented(_ fields: [HelpEntry]) -> Set<String> {
        Set(fields.flatMap { $0.term.split(separator: ",").map { $0.filter { $0 != " " } } })
    }

    @Test func aRevertSaysWhatItDidAndTheWayBack() {
        #expect(
            lines(report()) == [
                #"reverted to 1a2b3c4d5e (2 minutes ago, "works"): 3 created, 1,200 replaced, 1 removed, 4 metadata only, "#
                    + "8.0 KiB; 1.2 s",
                "your state before it is 9f8e7d6c5b: snap undo",
            ])
        var taken = report()
        taken.tookSafety = true
        #expect(lines(taken).last == "your state before it was taken as 9f8e7d6c5b: snap undo")
    }

    @Test func theWayBackFromAnUndoIsARedo() {
        #expect(lines(report(), .undo)[0].hasPrefix("undone, back to 1a2b3c4d5e ("))
        #expect(lines(report(), .undo)[1].hasSuffix(": snap redo"))
        #expect(lines(report(), .redo)[0].hasPrefix("redone, on to 1a2b3c4d5e ("))
        #expect(lines(report(), .redo)[1].hasSuffix(": snap undo"))
        #expect(lines(report(), .abort)[0].hasPrefix("aborted, back to 1a2b3c4d5e ("))
        #expect(RevertReceipt.Form(.undo) == .undo && RevertReceipt.Form(.redo) == .redo)
        #expect(RevertReceipt.Form(.revert) == .revert)
    }

    @Test func nothingToDoIsSaid() {
        var report = RevertReport(target: Self.target, former: Self.target)
        report.wasThereAlready = true
        #expect(lines(report) == [#"nothing to do: the directory is as 1a2b3c4d5e (2 minutes ago, "works") already"#])
    }

    @Test func aHeadThatIsNotTheTargetSaysWhy() {
        var report = report()
        report.head = Self.other
        #expect(lines(report)[1] == "what came out was taken as 5c6d7e8f90")
        var options = RevertOptions()
        options.paths = [[0x61]]
        options.keepExtra = true
        report.leftCount = 1
        report.left = [.init(path: [0x61, 0x0A], reason: "it belongs to another user")]
        let said = lines(report, options: options)
        #expect(
            said[1]
                == "what came out was taken as 5c6d7e8f90, because only some paths were asked for and nothing was to be "
                + "removed and 1 path could not be put back")
        #expect(said[2] == "your state before it is 9f8e7d6c5b: snap undo")
        #expect(said.suffix(2) == ["left as they are: 1", #"   "a\n": it belongs to another user"#])
    }

    @Test func whatIsLeftIsNamedAndCounted() {
        var report = report()
        report.leftCount = 250
        report.left = (0..<100).map { .init(path: Array("f\($0)".utf8), reason: "x\u{1B}") }
        report.notCovered = 2
        report.gitDirectories = (0..<12).map { Array("r\($0)/.git".utf8) }
        report.notes = ["copied\u{1B}"]
        let short = lines(report)
        #expect(short.contains("left as they are: 250"))
        #expect(short.contains(#"   f9: x\033"#) && !short.contains { $0.contains("f10:") })
        #expect(short.contains("   and 240 more"))
        #expect(short.contains("kept, because 1a2b3c4d5e does not say what they were: 2 paths"))
        #expect(short.last == #"note: copied\033"#)
        // Every one, however many.
        #expect(short.contains("'.git' changed: 12") && short.contains("   r11/.git"))
        let verbose = lines(report, isVerbose: true)
        #expect(verbose.contains(#"   f99: x\033"#) && verbose.contains("   and 150 more"))
    }

    @Test func aSnapshotIsDescribedAsFarAsItIsKnown() {
        var manifest = Manifest(
            directory: String(repeating: "a", count: 32), timeline: "main", kind: .checkpoint,
            time: Timestamp(seconds: 0), root: Self.other, versions: Versions(snap: "0.1.0"))
        func words(_ manifest: Manifest?) -> String {
            RevertReceipt.description(of: Self.target, manifest, now: Timestamp(seconds: 120))
        }
        #expect(words(nil) == "1a2b3c4d5e")
        #expect(words(manifest) == "1a2b3c4d5e (2 minutes ago)")
        manifest.message = "works\u{1B}\nand more"
        #expect(words(manifest) == #"1a2b3c4d5e (2 minutes ago, "works\033")"#)
    }

    @Test func theFieldsAreThoseDocumented() {
        var report = report()
        report.left = [.init(path: [0xFF], reason: "r")]
        report.gitDirectories = [Array(".git".utf8)]
        let line = RevertReceipt.json(report)
        #expect(Set(line.keys) == documented(RevertReceipt.fields))
        #expect(line.text.contains(#""left":[{"path_base64":"/w==","reason":"r"}]"#))
        #expect(line.text.contains(#""git":[{"path":".git"}]"#))
        #expect(line.text.contains(#""id":"1a2b3c4d5e"#) && line.text.contains(#""former":"9f8e7d6c5b"#))
    }

    // MARK: The plan

    private static let changes: [PlannedChange] = [
        PlannedChange(action: .create, path: Array("a".utf8), isDirectory: false, reason: "", isConflict: false),
        PlannedChange(action: .remove, path: Array("d".utf8), isDirectory: true, reason: "", isConflict: false),
        PlannedChange(action: .metadata, path: [], isDirectory: true, reason: "", isConflict: false),
        PlannedChange(action: .replace, path: Array("e\n".utf8), isDirectory: true, reason: "", isConflict: false),
        PlannedChange(
            action: .leave, path: Array("f".utf8), isDirectory: false, reason: "not\u{1B} yours", isConflict: true),
    ]

    @Test func aPlanIsALineAPath() {
        #expect(
            Self.changes.map(RevertPlanPage.line) == [
                "create  a", "remove  d/", "metadata ./", #"replace "e\n/""#, #"leave   f (not\033 yours)"#,
            ])
        #expect(RevertPlanPage.entry(Self.changes[1]) == Array("remove d/\0".utf8))
        #expect(RevertPlanPage.entry(Self.changes[3]) == Array("replace e\n/\0".utf8))
        #expect(RevertPlanPage.entry(Self.changes[4]) == Array("leave f\0".utf8))
    }

    @Test func aPlanIsSummedUp() {
        var plan = RevertPlan(target: Self.target)
        #expect(RevertPlanPage.summary(plan, target: "X") == ["nothing to do: the directory is as X already"])
        plan.changes = [Self.changes[4]]
        #expect(RevertPlanPage.summary(plan, target: "X") == ["nothing to do for X: 1 to leave"])
        plan.changes = Self.changes
        plan.bytes = 1024
        plan.gitDirectories = [Array("x/.git".utf8)]
        #expect(
            RevertPlanPage.summary(plan, target: "X") == [
                "would revert to X: 1 to create, 1 to replace, 1 to remove, 1 metadata only, 1 to leave, 1.0 KiB",
                "'.git' to change: 1", "   x/.git",
            ])
    }

    @Test func aPlansFieldsAreThoseDocumented() {
        let line = RevertPlanPage.json(Self.changes[4])
        #expect(Set(line.keys) == documented(RevertPlanPage.fields))
        #expect(line.text.contains(#""action":"leave""#) && line.text.contains(#""conflict":true"#))
        #expect(RevertPlanPage.json(Self.changes[1]).text.contains(#""path":"d""#))
    }

    // MARK: The log

    @Test func theLogShowsMarksWithoutAPosition() {
        let now = Timestamp(seconds: 60)
        var entry = LogEntry(
            position: 2,
            event: TimelineEvent(
                time: Timestamp(seconds: 0), old: nil, new: Self.target, event: .take, kind: .milestone,
                who: "ann@box/7", message: "one\u{1B}\ntwo"))
        #expect(
            LogCommand.row(entry, now: now) == [
                "@{2}", "1a2b3c4d5e", "60 seconds ago", "take", "milestone", #"one\033"#,
            ])
        #expect(Set(LogCommand.json(entry).keys) == documented(LogCommand.command.fields).subtracting(["old"]))
        entry.event.kind = .checkpoint
        #expect(LogCommand.row(entry, now: now)[4] == "")
        entry.position = nil
        entry.event = TimelineEvent(
            time: now, old: Self.former, new: nil, event: .unname, who: "", message: Text(bytes: [0xFF]))
        #expect(LogCommand.row(entry, now: now) == ["", "9f8e7d6c5b", "0 seconds ago", "unname", "", "\u{FFFD}"])
        #expect(Set(LogCommand.json(entry).keys) == ["old", "time", "event", "who", "message"])
    }

    // MARK: Questions and colour

    @Test(arguments: [
        (9, 9, false), (10, 10, true), (10, 20, true), (10, 21, false), (11, 21, true), (499, 1000, false),
        (500, 1000, true), (999, 1_000_000, false), (1000, 1_000_000, true), (0, 0, false), (10, 0, true),
    ])
    func largeRemovalsAreAskedAbout(_ removals: UInt64, _ present: UInt64, _ isDue: Bool) {
        #expect(RemovalQuestion.isDue(removals: removals, of: present) == isDue)
    }

    @Test func onlyAClearYesIsOne() {
        #expect(RemovalQuestion.text(removals: 1234, of: 1300) == "remove 1,234 of 1,300 paths? [y/N] ")
        for answer in ["y", "Y", "yes", " Yes\t", "y\r"] { #expect(RemovalQuestion.isYes(answer)) }
        for answer in ["", "n", "no", "yy", "ja", "y n", "\u{FFFD}"] { #expect(!RemovalQuestion.isYes(answer)) }
        #expect(!RemovalQuestion.isYes(nil))
    }

    @Test func colourIsForTerminalsThatHaveIt() {
        let xterm = Array("xterm".utf8)
        #expect(colourIsWanted(isTerminal: true, noColour: nil, terminal: xterm))
        #expect(colourIsWanted(isTerminal: true, noColour: [], terminal: xterm))
        #expect(!colourIsWanted(isTerminal: true, noColour: [0x30], terminal: xterm))
        #expect(!colourIsWanted(isTerminal: false, noColour: nil, terminal: xterm))
        #expect(!colourIsWanted(isTerminal: true, noColour: nil, terminal: Array("dumb".utf8)))
        #expect(!colourIsWanted(isTerminal: true, noColour: nil, terminal: nil))
    }

    @Test func safetySnapshotsStandBackInAList() {
        func summary(_ event: Event) -> SnapshotSummary {
            SnapshotSummary(
                id: Self.target, time: Timestamp(seconds: 0), event: event, kind: nil, message: "m", names: [],
                isHead: event == .take)
        }
        let all = [summary(.safety), summary(.take)]
        let now = Timestamp(seconds: 1)
        let plain = ListCommand.lines(all, now: now, isColoured: false)
        #expect(plain == ["  1a2b3c4d5e  1 second ago  m", "@ 1a2b3c4d5e  1 second ago  m"])
        #expect(
            ListCommand.lines(all, now: now, isColoured: true) == ["\u{1B}[2m\(plain[0])\u{1B}[0m", plain[1]])
    }
}
