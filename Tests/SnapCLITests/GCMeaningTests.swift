// What the words behind gc mean, and what its receipt and its JSON say.

import SnapSystem
import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct GCMeaningTests {
    private func meaning(_ words: String...) throws(UsageError) -> GCCommand.Meaning {
        let typed = try GCCommand.command.parse(words.map { Array($0.utf8) }[...], after: ParsedArguments())
        return try GCCommand.Meaning(typed)
    }

    @Test func eachRuleHasAnOption() {
        #expect(Set(GCCommand.keys) == Set(RetentionRules.keys))
        #expect(Set(RetentionRules.keys).isSubset(of: Set(ConfigurationKey.all.map(\.name))))
    }

    @Test func optionsAreRules() throws {
        let meant = try meaning(
            "--keep-daily", "7", "--keep-tag", "a,b", "--keep-tag", "c", "--keep-last", "1", "--keep-last", "3",
            "--keep-within-hourly", "2d", "--group-by", "tag")
        var rules = RetentionRules()
        for (key, value) in meant.rules {
            let isKnown = try rules.set(key, to: value)
            #expect(isKnown)
        }
        #expect(rules.counts[.daily] == .count(7) && rules.last == .count(3))
        #expect(rules.tags == [["a", "b"], ["c"]] && rules.grouping == .tag)
        #expect(rules.periodsWithin[.hourly] == KeepDuration(days: 2))
    }

    @Test func whatCannotBeMeantIsAnError() {
        #expect(throws: UsageError.self) { try meaning("--keep-daily", "many") }
        #expect(throws: UsageError.self) { try meaning("--keep-within", "7") }
        #expect(throws: UsageError.self) { try meaning("--to-size", "large") }
        #expect(throws: UsageError.self) { try meaning("--group-by", "host") }
        #expect(throws: UsageError.exclusive("--no-compact", "--max")) { try meaning("--no-compact", "--max") }
        #expect(throws: UsageError.extraOperand(Array("x".utf8))) { try meaning("x") }
    }

    @Test func sizesHaveUnits() throws {
        let meant = try meaning("--to-size", "2G", "--min-free", "512", "--now", "-n")
        #expect(meant.size == 2 << 30 && meant.free == 512)
        #expect(meant.endsGrace && meant.isDryRun && meant.compacts && !meant.compactsFully && !meant.isBackground)
        #expect(try meaning("--max").compactsFully)
        #expect(try meaning("--trust-clock").trustsClock && !meant.trustsClock)
        #expect(try !meaning("--no-compact").compacts)
    }

    // MARK: What is said

    private func documented(_ fields: [HelpEntry]) -> Set<String> {
        Set(fields.flatMap { $0.term.split(separator: ",").map { $0.filter { $0 != " " } } })
    }

    @Test func fieldsAreThoseDocumented() {
        #expect(Set(GCReceipt.json(GCReport()).keys) == documented(GCReceipt.fields))
        let decision = GCReport.Decision(
            id: ObjectID(1, 2, 3, 4), directory: "d", time: Timestamp(seconds: 0), kind: .checkpoint, message: "m",
            isKept: true, reasons: [.head, .last(place: 1, of: .count(2))])
        let line = GCReceipt.json(decision)
        #expect(Set(line.keys) == documented(GCReceipt.decisionFields))
        #expect(line.text.contains(#""decision":"keep""#) && line.text.contains(#""reasons":["head","last 1 of 2"]"#))
    }

    @Test func whatIsNotDoneIsSaid() {
        var report = GCReport()
        report.isOverlapping = true
        #expect(GCReceipt.lines(report) == ["note: another gc is under way: nothing was done"])
        report = GCReport()
        report.isUnfinished = true
        report.fits = false
        report.notes = ["a\u{1B}b"]
        let lines = GCReceipt.lines(report)
        #expect(lines.contains { $0.contains("still running") } && lines.contains { $0.contains("does not fit") })
        #expect(!lines.joined().contains("\u{1B}"))
    }
}
