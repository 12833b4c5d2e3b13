// Which snapshots stay: each rule alone and together, what stays whatever they say, and what calendars do to them.

import Testing

@testable import SnapStore

/// Behind every snapshot of these tests but those that are to be in the future.
private let now = "2026-12-01T00:00Z"

private func decide(
    _ snapshots: [RetentionSnapshot], _ settings: KeyValuePairs<String, String> = [:],
    clock: LocalClock = SampleZone.utc.clock(now)
) throws -> [RetentionDecision] {
    RetentionPolicy.decide(snapshots, by: try someRules(settings), clock: clock)
}

/// Two a day, at 8:00 and 20:00, from Thursday, 2026-01-01, to Sunday, 2026-03-01: 2n and 2n + 1 are those of day n.
private let twoADay: [RetentionSnapshot] = {
    let first = moment("2026-01-01T08:00Z").seconds
    return someSnapshots((0..<120).map { Timestamp(seconds: first + Int64($0) * 43_200) })
}()

@Suite struct RetentionPolicyTests {
    @Test func withoutSnapshotsThereIsNothingToDecide() throws {
        #expect(try decide([]).isEmpty)
        #expect(try decide([], ["daily": "3", "within": "1d", "tag": "a"]).isEmpty)
    }

    // MARK: Each rule alone

    @Test(
        arguments: [
            ("last", "3", [117, 118, 119]), ("last", "1", [119]), ("hourly", "2", [118, 119]),
            ("daily", "3", [115, 117, 119]), ("weekly", "2", [105, 119]), ("monthly", "2", [117, 119]),
            // The oldest stays while there is room.
            ("monthly", "12", [0, 61, 117, 119]), ("monthly", "4", [0, 61, 117, 119]),
            ("monthly", "3", [61, 117, 119]),
            ("yearly", "2", [0, 119]), ("yearly", "1", [119]),
            ("weekly", "unlimited", [0, 7, 21, 35, 49, 63, 77, 91, 105, 119]),
            // What is exactly so old is too old.
            ("within", "2d", [116, 117, 118, 119]), ("within", "48h", [116, 117, 118, 119]),
            ("within", "49h", [115, 116, 117, 118, 119]), ("within-daily", "2d", [117, 119]),
            ("within-hourly", "1d", [118, 119]), ("within-weekly", "2w", [105, 119]),
            ("within-monthly", "1m", [117, 119]), ("within-yearly", "5y", [119]),
        ] as [(String, String, [Int])])
    func aRuleAlone(key: String, value: String, expected: [Int]) throws {
        #expect(try decide(twoADay, ["\(key)": value]).kept == expected)
    }

    @Test func everyRuleIsEnoughAndEachSaysWhatItKeeps() throws {
        let decisions = try decide(twoADay, ["last": "1", "daily": "2", "weekly": "4", "within-daily": "1d"])
        #expect(decisions.map(\.id) == twoADay.reversed().map(\.id))
        #expect(decisions.kept == [77, 91, 105, 117, 119])
        #expect(
            decisions.reasons(119) == [
                .last(place: 1, of: .count(1)), .newest(.daily, place: 1, of: .count(2)),
                .newest(.weekly, place: 1, of: .count(4)), .newestWithin(.daily, KeepDuration(days: 1)),
            ])
        #expect(decisions.reasons(117) == [.newest(.daily, place: 2, of: .count(2))])
        #expect(decisions.reasons(77) == [.newest(.weekly, place: 4, of: .count(4))])
        #expect(decisions.reasons(118) == [.beyondRules])
        #expect(decisions.allSatisfy { !$0.reasons.isEmpty })
    }

    @Test func theOldestSaysThatItIsThat() throws {
        let decisions = try decide(twoADay, ["monthly": "12", "yearly": "unlimited"])
        #expect(
            decisions.reasons(0) == [
                .oldest(.monthly, place: 4, of: .count(12)), .oldest(.yearly, place: 2, of: .unlimited),
            ])
        // A day of its own needs no such grace.
        let single = try decide(someSnapshots("2026-01-01T00:00Z"), ["daily": "7"])
        #expect(single.reasons(0) == [.newest(.daily, place: 1, of: .count(7))])
    }

    @Test func tagsKeepWhatHasAllOfAList() throws {
        var snapshots = someSnapshots(
            "2026-01-01T00:00Z", "2026-01-02T00:00Z", "2026-01-03T00:00Z", "2026-01-04T00:00Z")
        snapshots[0].tags = ["a", "b"]
        snapshots[1].tags = ["a"]
        snapshots[2].tags = ["c"]
        let decisions = try decide(snapshots, ["tag": "a,b", "tag": "c", "group-by": "none"])
        #expect(decisions.kept == [0, 2])
        #expect(decisions.reasons(0) == [.tags(["a", "b"])])
        // What a tag keeps takes the place of its day all the same.
        #expect(try decide(snapshots, ["tag": "c", "last": "2", "group-by": "none"]).kept == [2, 3])
    }

    @Test func theNewestOfAGroupStaysIfNothingElseOfItDoes() throws {
        let snapshots = someSnapshots("2026-01-01T00:00Z", "2026-01-02T00:00Z")
        let decisions = try decide(snapshots, ["tag": "nobody"])
        #expect(decisions.kept == [1])
        #expect(decisions.reasons(1) == [.newestOfGroup])
        var named = snapshots
        named[0].names = ["first"]
        #expect(try decide(named, ["tag": "nobody"]).kept == [0])
    }

    // MARK: Whatever the rules say

    @Test func withoutRulesOnlyOperationsExpire() throws {
        let day: Int64 = 86_400
        let end = moment(now).seconds
        let times = (0..<60).map { Timestamp(seconds: end - (60 - Int64($0)) * day) }
        let operations = someSnapshots(times, kind: .operation)
        let decisions = try decide(operations)
        #expect(decisions.kept == Array(10..<60))
        #expect(decisions.reasons(9) == [.beyondOperations(.count(50), KeepDuration(days: 7))])
        #expect(decisions.reasons(10) == [.newestOperations(.count(50))])
        // Exactly seven days old.
        #expect(decisions.reasons(53) == [.newestOperations(.count(50))])
        #expect(decisions.reasons(54) == [.newestOperations(.count(50)), .within(KeepDuration(days: 7))])
        let young = someSnapshots((0..<60).map { Timestamp(seconds: end - 3600 + Int64($0)) }, kind: .operation)
        #expect(try decide(young).kept == Array(0..<60))
        let checkpoints = try decide(twoADay)
        #expect(checkpoints.kept == Array(0..<120))
        #expect(checkpoints.reasons(0) == [.noRule])
    }

    @Test func keepRulesGovernCheckpointsAndOperationsHaveTheirOwn() throws {
        var snapshots = twoADay
        for index in snapshots.indices {
            if index % 3 == 0 { snapshots[index].kind = .operation }
            if index % 10 == 1 { snapshots[index].kind = .milestone }
        }
        let settings: KeyValuePairs<String, String> = ["daily": "2", "operations": "1", "operations-within": "0d"]
        let decisions = try decide(snapshots, settings)
        for decision in decisions {
            let snapshot = snapshots.first { $0.id == decision.id }
            if snapshot?.kind == .milestone { #expect(decision.reasons == [.milestone]) }
        }
        let operations = snapshots.filter { $0.kind == .operation }.map { Int($0.id.words.0) }
        #expect(decisions.kept.filter { operations.contains($0) } == [117])
        // The last of the day before is an operation, and takes no checkpoint's place.
        let checkpoints = snapshots.filter { $0.kind == .checkpoint }.map { Int($0.id.words.0) }
        #expect(decisions.kept.filter { checkpoints.contains($0) } == [116, 119])
        let none = try decide(snapshots, ["daily": "2", "operations": "0", "operations-within": "0d"])
        #expect(none.kept.filter { operations.contains($0) } == [])
    }

    @Test func theHeadSafetyNamesAndMilestonesStay() throws {
        var snapshots = someSnapshots(
            "2026-01-01T00:00Z", "2026-01-02T00:00Z", "2026-01-03T00:00Z", "2026-01-04T00:00Z", "2026-01-05T00:00Z",
            "2026-01-06T00:00Z")
        snapshots[0].kind = .milestone
        snapshots[1].names = ["v2", "v1"]
        snapshots[2].kind = .operation
        snapshots[2].isSafety = true
        snapshots[3].kind = .operation
        snapshots[3].isSafety = true
        snapshots[4].isHead = true
        let settings: KeyValuePairs<String, String> = ["last": "1", "operations": "0", "operations-within": "0d"]
        let decisions = try decide(snapshots, settings)
        #expect(decisions.kept == [0, 1, 3, 4, 5])
        #expect(decisions.reasons(0) == [.milestone])
        #expect(decisions.reasons(1) == [.name("v1"), .name("v2")])
        #expect(decisions.reasons(3) == [.newestSafety])
        #expect(decisions.reasons(4) == [.head])
        // Which was the newest is said by the order in which they were recorded, and not by a clock that was put back.
        snapshots[3].time = moment("2020-01-01T00:00Z")
        #expect(try decide(snapshots, settings).kept == [0, 1, 3, 4, 5])
    }

    @Test func whatCannotBeReadStays() throws {
        let unknown = someSnapshots("2020-01-01T00:00Z", "2026-01-01T00:00Z", kind: nil)
        let decisions = try decide(unknown, ["last": "1"])
        #expect(decisions.kept == [0, 1])
        #expect(decisions.reasons(0) == [.unreadable])
    }

    // MARK: Times

    @Test func ofEqualTimesTheLaterRecordedIsTheNewer() throws {
        let same = someSnapshots(Array(repeating: moment("2026-01-01T00:00Z"), count: 3))
        let decisions = try decide(same, ["last": "2"])
        #expect(decisions.map(\.id) == [numbered(2), numbered(1), numbered(0)])
        #expect(decisions.kept == [1, 2])
        #expect(try decide(same, ["daily": "1"]).kept == [2])
        #expect(try decide(same, ["daily": "2"]).kept == [0, 2])
        #expect(try decide(same, ["within": "1h"]).kept == [0, 1, 2])
    }

    @Test func timeAndNotTheOrderOfRecordingSaysWhatIsNewer() throws {
        let mixed = someSnapshots("2026-01-03T00:00Z", "2026-01-01T00:00Z", "2026-01-02T00:00Z")
        let decisions = try decide(mixed, ["last": "1"])
        #expect(decisions.map(\.id) == [numbered(0), numbered(2), numbered(1)])
        #expect(decisions.kept == [0])
    }

    @Test func whatIsInTheFutureStaysAndTakesNobodysPlace() throws {
        let clock = SampleZone.utc.clock("2026-01-03T12:00Z")
        var snapshots = someSnapshots(
            "2026-01-01T00:00Z", "2026-01-02T00:00Z", "2026-01-03T12:00Z", "2026-01-03T12:00:01Z", "2099-01-01T00:00Z")
        let decisions = try decide(snapshots, ["last": "2"], clock: clock)
        #expect(decisions.kept == [1, 2, 3, 4])
        #expect(decisions.reasons(3) == [.future])
        #expect(decisions.reasons(2) == [.last(place: 1, of: .count(2))])
        // Nor do durations count from it.
        #expect(try decide(snapshots, ["within": "1d"], clock: clock).kept == [2, 3, 4])
        for index in snapshots.indices { snapshots[index].kind = .operation }
        let settings: KeyValuePairs<String, String> = ["operations": "1", "operations-within": "0d"]
        #expect(try decide(snapshots, settings, clock: clock).kept == [2, 3, 4])
        // All of them.
        let early = SampleZone.utc.clock("2020-01-01T00:00Z")
        #expect(try decide(twoADay, ["last": "1", "within": "1d"], clock: early).kept == Array(0..<120))
    }

    @Test func momentsThatNoCalendarHasAreNotTooMuch() throws {
        let times = [Int64.min, Int64.min + 1, -1, 0, Int64.max].map { Timestamp(seconds: $0) }
        let settings: KeyValuePairs<String, String> = [
            "last": "1", "hourly": "2", "yearly": "unlimited", "within": "10000y", "within-weekly": "1w",
        ]
        for offset in [Int.min, 0, Int.max] {
            let clock = LocalClock(now: Timestamp(seconds: .max), offset: { _ in offset })
            #expect(try decide(someSnapshots(times), settings, clock: clock).count == 5)
        }
    }

    // MARK: Zones

    @Test func daysAreThoseOfTheZone() throws {
        // 23:30 on the 28th and 0:30 on the 29th in Berlin; the day before in St. John's.
        let snapshots = someSnapshots("2026-03-28T22:30Z", "2026-03-28T23:30Z")
        let two = RetentionReason.newest(.daily, place: 2, of: .count(2))
        let oldest = RetentionReason.oldest(.daily, place: 2, of: .count(2))
        #expect(try decide(snapshots, ["daily": "2"], clock: SampleZone.berlin.clock(now)).reasons(0) == [two])
        #expect(try decide(snapshots, ["daily": "2"], clock: SampleZone.utc.clock(now)).reasons(0) == [oldest])
        #expect(try decide(snapshots, ["daily": "2"], clock: SampleZone.stJohns.clock(now)).reasons(0) == [oldest])
    }

    @Test func anHourThatComesTwiceCountsOnce() throws {
        // 2:30, 2:30 again, 3:30 in Berlin.
        let berlin = someSnapshots("2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z")
        #expect(try decide(berlin, ["hourly": "2"], clock: SampleZone.berlin.clock(now)).kept == [1, 2])
        #expect(try decide(berlin, ["hourly": "2"]).kept == [1, 2])
        #expect(try decide(berlin, ["within-hourly": "1d"], clock: SampleZone.berlin.clock(now)).kept == [1, 2])
        #expect(try decide(berlin, ["within-hourly": "1d"]).kept == [0, 1, 2])
        // 1:15, 1:15 again, 2:15 in St. John's, where the clock goes back at 2:00.
        let stJohns = someSnapshots("2026-11-01T03:45Z", "2026-11-01T04:45Z", "2026-11-01T05:45Z")
        #expect(try decide(stJohns, ["within-hourly": "1d"], clock: SampleZone.stJohns.clock(now)).kept == [1, 2])
    }

    @Test func anHourThatIsLeftOutIsNoHour() throws {
        // 1:30, 3:30, 4:30 in Berlin.
        let snapshots = someSnapshots("2026-03-29T00:30Z", "2026-03-29T01:30Z", "2026-03-29T02:30Z")
        #expect(try decide(snapshots, ["hourly": "3"], clock: SampleZone.berlin.clock(now)).kept == [0, 1, 2])
    }

    @Test func aDayThatComesBackCountsOnce() throws {
        // At one minute past midnight the clock went back to 23:01, as it did in St. John's until 2010.
        let end = moment("2010-11-07T02:31Z").seconds
        let clock = LocalClock(now: moment(now), offset: { $0 < end ? -9000 : -12_600 })
        // 23:30, 0:00:30 the next day, 23:30 again, 0:30 again.
        let snapshots = someSnapshots(
            "2010-11-07T02:00Z", "2010-11-07T02:30:30Z", "2010-11-07T03:00Z", "2010-11-07T04:00Z")
        #expect(try decide(snapshots, ["daily": "2"], clock: clock).kept == [2, 3])
        #expect(try decide(snapshots, ["within-daily": "7d"], clock: clock).kept == [2, 3])
        #expect(try decide(snapshots, ["daily": "5"], clock: clock).kept == [0, 2, 3])
    }

    @Test func weeksAreThoseOfISO8601() throws {
        // The week of Monday, 2025-12-29, has days of two years.
        let snapshots = someSnapshots(
            "2025-12-28T12:00Z", "2025-12-29T12:00Z", "2026-01-04T12:00Z", "2026-01-05T12:00Z")
        #expect(try decide(snapshots, ["weekly": "3"]).kept == [0, 2, 3])
    }

    // MARK: Groups

    @Test func rulesAreAppliedToEachGroup() throws {
        let first = moment("2026-01-01T00:00Z").seconds
        let components: [Text?] = [nil, "web", "db", nil]
        var snapshots = someSnapshots((0..<8).map { Timestamp(seconds: first + Int64($0) * 60) })
        for index in snapshots.indices {
            snapshots[index].component = components[index % 4]
            snapshots[index].tags = index % 2 == 0 ? ["x", "y"] : ["y", "x", "x"]
        }
        snapshots[7].tags = ["x"]
        // 3 and 7 have no component, nor have 0 and 4.
        #expect(try decide(snapshots, ["last": "1"]).kept == [5, 6, 7])
        #expect(try decide(snapshots, ["last": "1", "group-by": "component"]).kept == [5, 6, 7])
        #expect(try decide(snapshots, ["last": "1", "group-by": "tag"]).kept == [6, 7])
        #expect(try decide(snapshots, ["last": "1", "group-by": "none"]).kept == [7])
        #expect(try decide(snapshots, ["within": "1h", "group-by": "none"]).kept == Array(0..<8))
        // An empty component is one.
        snapshots[4].component = ""
        #expect(try decide(snapshots, ["last": "1"]).kept == [4, 5, 6, 7])
    }

    @Test func durationsCountFromTheNewestOfTheGroup() throws {
        var snapshots = someSnapshots("2020-01-01T00:00Z", "2020-01-01T12:00Z", "2026-01-01T00:00Z")
        snapshots[0].component = "old"
        snapshots[1].component = "old"
        #expect(try decide(snapshots, ["within": "13h"]).kept == [0, 1, 2])
        #expect(try decide(snapshots, ["within": "13h", "group-by": "none"]).kept == [2])
    }
}
