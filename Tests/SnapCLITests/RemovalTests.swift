// Dropping, recovering and retention on the command line: what is meant, and what is said.

import SnapSystem
import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct RemovalTests {
    private static let id = ObjectID(0xABCD_EF01_2345_6789, 1, 2, 3)

    private func interpret(_ line: String) throws {
        let words = line.split(separator: " ").map { Array($0.utf8) }
        let command = try CommandTable.command(named: String(decoding: words[0], as: UTF8.self))
        _ = try command.interpret(try command.parse(words.dropFirst(), after: ParsedArguments()))
    }

    @Test func whatIsDroppedIsSaid() throws {
        #expect(throws: UsageError.missingOperand("REV")) { try interpret("drop") }
        #expect(throws: UsageError.missingOperand("REV")) { try interpret("drop -f") }
        let reason = "it is a part of a snapshot"
        let part = UsageError.invalidValue(option: "REV", value: "@:a", reason: reason)
        #expect(throws: part) { try interpret("drop @~1 @:a") }
        #expect(throws: part) { try interpret("recover @:a") }
        #expect(throws: UsageError.invalidRevision("@~x", .unexpected(at: 2))) { try interpret("drop @~x") }
        try interpret("drop @~1 abcd name -f --json")
        try interpret("recover")
        try interpret("recover @~1 abcd --json")
        try interpret("list --expired --kind operation abcd")
    }

    private func text(droppedAt time: Int64, now: Int64) -> String {
        let mark = TimelineEvent(
            time: Timestamp(seconds: time), old: nil, new: Self.id, event: .drop, who: "")
        return removalText(Removal(mark), now: Timestamp(seconds: now))
    }

    @Test(
        arguments: [
            (0, "dropped 0 seconds ago, 24 hours left"), (3600, "dropped 60 minutes ago, 23 hours left"),
            (80_999, "dropped 23 hours ago, 2 hours left"), (81_060, "dropped 23 hours ago, 89 minutes left"),
            (86_399, "dropped 24 hours ago, 1 minute left"), (86_400, "dropped 24 hours ago, kept until collected"),
            (-60, "dropped in the future, 24 hours left"),
        ] as [(Int64, String)])
    func theTimeThatIsLeftIsSaid(age: Int64, expected: String) {
        #expect(text(droppedAt: 1_000_000, now: 1_000_000 + age) == expected)
    }

    @Test func noTimeIsTooFar() {
        for time in [Int64.min, 0, Int64.max] {
            for now in [Int64.min, 0, Int64.max] {
                #expect(!text(droppedAt: time, now: now).isEmpty)
            }
        }
    }

    @Test func whatExpiredIsNotCalledDropped() {
        let mark = TimelineEvent(time: Timestamp(seconds: 0), old: nil, new: Self.id, event: .expire, who: "")
        #expect(removalText(Removal(mark), now: Timestamp(seconds: 60)).hasPrefix("expired 60 seconds ago"))
    }

    private func documented(_ fields: [HelpEntry]) -> Set<String> {
        Set(fields.flatMap { $0.term.split(separator: ",").map { $0.filter { $0 != " " } } })
    }

    @Test func fieldsAreThoseDocumented() {
        let dropped = DropReport.Dropped(id: Self.id, names: ["a"])
        let line = DropCommand.json(dropped, Timestamp(seconds: 0))
        #expect(Set(line.keys) == documented(DropCommand.drop.fields))
        #expect(line.text.contains(#""names":["a"],"recoverable_until":"1970-01-01T00:00:00.000000000Z""#))

        var report = RecoverReport()
        report.recovered = [.init(id: Self.id, hurtCount: 2)]
        report.living = [Self.id]
        let lines = DropCommand.json(report)
        #expect(Set(lines[0].keys) == documented(DropCommand.recover.fields))
        #expect(lines[1].text.contains(#""recovered":false"#))

        let mark = TimelineEvent(time: Timestamp(seconds: 0), old: nil, new: Self.id, event: .drop, who: "")
        let summary = SnapshotSummary(
            id: Self.id, time: Timestamp(seconds: 0), event: .take, kind: .checkpoint, message: "", names: [],
            isHead: false, removal: Removal(mark))
        #expect(
            Set(ListCommand.json(summary).keys) == documented(ListCommand.fields + ListCommand.removalFields))
    }

    // MARK: Reasons

    @Test(
        arguments: [
            (.head, "head"), (.newestSafety, "newest safety snapshot"), (.name("release-1"), "name release-1"),
            (.milestone, "milestone"), (.unreadable, "its manifest cannot be read"), (.future, "in the future"),
            (.noRule, "no rule for checkpoints"), (.newestOperations(.count(50)), "newest 50 operations"),
            (.newestOperations(.count(1)), "newest 1 operation"), (.newestOperations(.unlimited), "all operations"),
            (.within(KeepDuration(days: 7)), "within 7 days"),
            (.within(KeepDuration(years: 2, months: 5, days: 7, hours: 3)), "within 2 years 5 months 7 days 3 hours"),
            (.last(place: 2, of: .count(5)), "last 2 of 5"), (.newest(.daily, place: 3, of: .count(7)), "daily 3 of 7"),
            (.newest(.weekly, place: 3, of: .unlimited), "weekly 3"),
            (.oldest(.monthly, place: 4, of: .count(12)), "oldest, monthly 4 of 12"),
            (.newestWithin(.hourly, KeepDuration(days: 1)), "hourly within 1 day"),
            (.tags(["a"]), "tag a"), (.tags(["a", "b"]), "tags a, b"), (.newestOfGroup, "newest of its group"),
            (
                .beyondOperations(.count(50), KeepDuration(days: 7)),
                "not of the newest 50 operations, not within 7 days"
            ),
            (.beyondOperations(.count(0), KeepDuration()), "no rule keeps it"), (.beyondRules, "no rule keeps it"),
        ] as [(RetentionReason, String)])
    func aReasonIsTheRule(reason: RetentionReason, expected: String) {
        #expect(reason.words == expected)
    }

    @Test func reasonsCannotWriteToTheTerminal() {
        #expect(!RetentionReason.name("\u{1B}[2J").words.contains("\u{1B}"))
        #expect(!RetentionReason.tags(["\u{1B}[2J", "\n"]).words.contains { $0 == "\u{1B}" || $0 == "\n" })
    }
}
