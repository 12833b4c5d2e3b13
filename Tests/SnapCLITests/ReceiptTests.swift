// Receipts say what was covered and what was not, and the JSON forms have exactly the fields that help documents.

import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct ReceiptTests {
    private static let id = ObjectID(0xABCD_EF01_2345_6789, 1, 2, 3)

    private func report(isNew: Bool = true, isFirst: Bool = false) -> TakeReport {
        var statistics = Statistics()
        statistics.files = 12_345
        statistics.directories = 1
        statistics.symlinks = 2
        statistics.bytes = 325_058_560
        statistics.readFiles = 3
        statistics.readBytes = 4096
        statistics.newObjects = 5
        statistics.newBytes = 8192
        statistics.storedBytes = 1024
        return TakeReport(
            id: Self.id, isNew: isNew, isFirst: isFirst, statistics: statistics, gaps: [], gapCount: 0, leftOut: [],
            largestDirectories: [(Array("src".utf8), 2048), (Array("a\n".utf8), 1024)], withInodeFlags: 0, notes: [],
            seconds: 1.25, partialCount: 0)
    }

    /// The words in a help entry's term: `files, directories` are two fields.
    private func documented(_ fields: [HelpEntry]) -> Set<String> {
        Set(fields.flatMap { $0.term.split(separator: ",").map { $0.filter { $0 != " " } } })
    }

    @Test func aTakeSaysWhatItCovered() {
        let lines = TakeReceipt.lines(report(), age: nil)
        #expect(
            lines == [
                "covered 12,345 files, 1 directory, 2 symbolic links, 310 MiB",
                "read 3 files, 4.0 KiB; 5 new objects, 8.0 KiB, stored in 1.0 KiB; 1.2 s",
            ])
    }

    @Test func aFirstTakeNamesTheLargestDirectories() {
        let lines = TakeReceipt.lines(report(isFirst: true), age: nil)
        #expect(lines.suffix(3) == ["largest directories", "   2.0 KiB  src", #"   1.0 KiB  "a\n""#])
    }

    @Test func anUnchangedTakeSaysSinceWhen() {
        #expect(
            TakeReceipt.lines(report(isNew: false), age: "3 minutes ago") == [
                "nothing changed since abcdef0123 (3 minutes ago)"
            ])
        #expect(TakeReceipt.lines(report(isNew: false), age: nil) == ["nothing changed since abcdef0123"])
    }

    @Test func whatIsNotCoveredIsNamedAlsoIfNothingChanged() {
        for isNew in [true, false] {
            var report = report(isNew: isNew)
            report.gapCount = 112
            report.gaps = (0..<100).map {
                Gap(path: Array("f\($0)".utf8), reason: .unreadable, detail: "permission denied")
            }
            report.leftOut = [("a/.snapignore:3: *.o", 1200), ("cache", 34)]
            report.withInodeFlags = 2
            report.notes = ["copied\u{1B}"]
            let lines = TakeReceipt.lines(report, age: nil)
            #expect(lines.contains("not covered: 112"))
            #expect(lines.contains("   f0: unreadable (permission denied)"))
            #expect(lines.contains("   f9: unreadable (permission denied)"))
            #expect(!lines.contains { $0.contains("f10:") })
            #expect(lines.contains("   and 102 more"))
            #expect(lines.contains("left out by rule: 1,234 entries"))
            #expect(lines.contains("   1,200  a/.snapignore:3: *.o"))
            #expect(lines.contains("note: inode flags and project ids are not kept; 2 files had them"))
            #expect(lines.last == #"note: copied\033"#)
        }
    }

    @Test func sumsDoNotOverflow() {
        var report = report()
        report.leftOut = [("a", .max), ("b", .max)]
        #expect(TakeReceipt.lines(report, age: nil).contains { $0.contains("18,446,744,073,709,551,615") })
    }

    @Test func theFieldsOfTakeAreThoseDocumented() {
        var report = report()
        report.gaps = [Gap(path: [0xFF], reason: .nestedStore, detail: "")]
        report.gapCount = 1
        report.leftOut = [("x", 1)]
        let line = TakeReceipt.json(report)
        #expect(Set(line.keys) == documented(TakeCommand.command.fields))
        #expect(line.text.contains(#""gaps":[{"path_base64":"/w==","reason":"nested_store"}]"#))
        #expect(line.text.contains(#""rules":[{"count":1,"rule":"x"}]"#))
    }

    @Test func theFieldsOfListAreThoseDocumented() {
        let summary = SnapshotSummary(
            id: Self.id, time: Timestamp(seconds: 0), event: .take, kind: .milestone, message: "one\ntwo",
            names: ["v1", "v2"],
            isHead: true)
        #expect(Set(ListCommand.json(summary).keys) == documented(ListCommand.command.fields))
        let row = ListCommand.row(summary, now: Timestamp(seconds: 60))
        #expect(row == ["@ abcdef0123", "60 seconds ago", "milestone", "[v1, v2]", "one"])
    }

    @Test func aCheckpointsKindIsNotSaid() {
        let summary = SnapshotSummary(
            id: Self.id, time: Timestamp(seconds: 0), event: .take, kind: .checkpoint, message: "", names: [],
            isHead: false)
        #expect(ListCommand.row(summary, now: Timestamp(seconds: 1)) == ["  abcdef0123", "1 second ago", "", "", ""])
    }

    @Test func verifyNamesFilesSnapshotsAndPaths() {
        var report = VerifyReport()
        report.damages = [.init(file: "packs/x.pack", what: "checksum")]
        report.hurt = [.init(snapshot: Self.id, path: Array("a b".utf8), reason: "a chunk is missing")]
        report.hurtCount = 3
        report.snapshots = 1
        let lines = VerifyReceipt.lines(report, depth: .full)
        #expect(
            lines == [
                "damaged: packs/x.pack: checksum", "hurt: abcdef0123:a b: a chunk is missing", "hurt: 2 more",
                "checked (full) 1 snapshot, 0 objects in 0 packs, 0 B; 0 ms", "1 damaged piece, 3 hurt paths",
            ])
        #expect(VerifyReceipt.lines(VerifyReport(), depth: .quick).last == "nothing is damaged")
        #expect(Set(VerifyReceipt.json(report, depth: .full).keys) == documented(VerifyCommand.command.fields))
    }

    @Test func aRestoreNamesWhatIsNotAsItWas() {
        var report = RestoreReport()
        report.files = 3
        report.gaps = 2
        report.failureCount = 12
        report.failures = (0..<12).map { .init(path: Array("f\($0)".utf8), reason: "operation not permitted") }
        let lines = RestoreReceipt.lines(report, id: Self.id, into: Array("out".utf8))
        #expect(lines[0] == "put abcdef0123 into 'out': 3 files, 0 directories, 0 B; 0 ms")
        #expect(lines[1] == "not in the snapshot, because it did not cover them: 2")
        #expect(lines[2] == "not as it was: 12")
        #expect(lines[3] == "   f0: operation not permitted")
        #expect(lines.last == "   and 2 more")
        #expect(Set(RestoreReceipt.json(report, id: Self.id).keys) == documented(RestoreReceipt.fields))
    }

    @Test func aManifestIsShownWithoutEmptyFields() {
        var manifest = Manifest(
            directory: String(repeating: "a", count: 32), timeline: "main", kind: .checkpoint,
            time: Timestamp(seconds: 0),
            root: Self.id, versions: Versions(snap: "0.1.0"))
        let now = Timestamp(seconds: 5)
        let short = ManifestPage.lines(manifest, id: Self.id, names: [], now: now)
        #expect(!short.contains { $0.hasPrefix("message") || $0.hasPrefix("tags") || $0.hasPrefix("trigger") })
        #expect(short.contains("time       \(clockText(Timestamp(seconds: 0))) (5 seconds ago)"))

        manifest.message = "one\ntwo\u{1B}"
        manifest.tags = ["x", "y"]
        manifest.trigger = Trigger(type: "hook", source: "ci", reason: "nightly")
        manifest.coverage.gaps = [.unreadable: 2, .nestedStore: 1]
        manifest.rules.ignoreFiles = [".snapignore"]
        manifest.rules.oneFileSystem = true
        let lines = ManifestPage.lines(manifest, id: Self.id, names: ["v1"], now: now)
        #expect(lines.contains("message      one"))
        #expect(lines.contains(#"             two\033"#))
        #expect(lines.contains("tags         x, y"))
        #expect(lines.contains("trigger      hook from ci: nightly"))
        #expect(lines.contains("not covered  3 (unreadable: 2, a store: 1)"))
        #expect(lines.contains("rules        .snapignore, one file system"))
        #expect(lines.contains("names        v1"))
    }
}
