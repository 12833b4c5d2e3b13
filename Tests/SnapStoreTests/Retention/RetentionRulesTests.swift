// How rules are written, and how long durations are.

import Testing

@testable import SnapStore

@Suite struct RetentionRulesTests {
    private func failure(_ key: String, _ text: String) -> RetentionRuleError? {
        var rules = RetentionRules()
        do throws(RetentionRuleError) {
            _ = try rules.set(key, to: text)
            return nil
        } catch {
            return error
        }
    }

    @Test func aCountIsANumberOrUnlimited() throws {
        #expect(try KeepCount(parsing: "7") == .count(7))
        #expect(try KeepCount(parsing: "0") == .zero)
        #expect(try KeepCount(parsing: "unlimited") == .unlimited)
        for text in ["", "-1", "+1", "7d", " 7", "99999999999999999999", "Unlimited", "٣"] {
            #expect(failure("keep.daily", text) == .count, "\(text)")
        }
    }

    @Test func aDurationIsNumbersWithUnits() throws {
        #expect(try KeepDuration(parsing: "2y5m7d3h") == KeepDuration(years: 2, months: 5, days: 7, hours: 3))
        #expect(try KeepDuration(parsing: "3h7d5mo2y") == KeepDuration(years: 2, months: 5, days: 7, hours: 3))
        #expect(try KeepDuration(parsing: "2w1d") == KeepDuration(days: 15))
        #expect(try KeepDuration(parsing: "0d").isZero)
        for text in ["", "7", "d", "7x", "-7d", "7 d", "7d7d", "1m1mo", "1d2", "7D", "d7", "1.5d", "7d,"] {
            #expect(failure("keep.within", text) == .duration, "\(text)")
        }
        for text in ["10001y", "99999999999999999999h", "3700001d", "530001w"] {
            #expect(failure("keep.within", text) == .durationTooLong, "\(text)")
        }
    }

    @Test func everyKeyIsTakenAndNoOther() throws {
        let values = ["group-by": "tag", "tag": "a"]
        for key in RetentionRules.keys {
            let name = String(key.dropFirst(RetentionRules.keyPrefix.count))
            let value = values[name] ?? (name.contains("within") ? "3d" : "3")
            var rules = RetentionRules()
            let isTaken = try rules.set(key, to: value)
            #expect(isTaken, "\(key)")
            #expect(rules != RetentionRules(), "\(key)")
        }
        var rules = RetentionRules()
        for key in ["keep.", "keep.fortnightly", "keep.within-last", "keep.within-", "daily", "take.exclude"] {
            let isTaken = try rules.set(key, to: "3")
            #expect(!isTaken, "\(key)")
        }
        #expect(rules == RetentionRules())
    }

    @Test func laterSettingsReplaceAndTagsAreAdded() throws {
        let rules = try someRules([
            "daily": "7", "tag": "a,b", "daily": "3", "tag": "c", "operations": "10", "operations-within": "1d",
            "group-by": "none", "within-weekly": "1m", "last": "1",
        ])
        #expect(rules.counts == [.daily: .count(3)])
        #expect(rules.tags == [["a", "b"], ["c"]])
        #expect(rules.operations == .count(10))
        #expect(rules.operationsWithin == KeepDuration(days: 1))
        #expect(rules.grouping == RetentionGrouping.none)
        #expect(rules.periodsWithin == [.weekly: KeepDuration(months: 1)])
        #expect(rules.last == .count(1))
        for text in ["", ",", "a,", "a,,b"] {
            #expect(failure("keep.tag", text) == .tags, "\(text)")
        }
        #expect(failure("keep.group-by", "host") == .grouping)
    }

    @Test func aRuleOfNothingIsNotThere() throws {
        #expect(!RetentionRules().governsCheckpoints)
        #expect(try !someRules(["daily": "0", "last": "0", "within": "0d", "within-daily": "0h"]).governsCheckpoints)
        #expect(try !someRules(["operations": "3", "operations-within": "1d"]).governsCheckpoints)
        for key in ["last", "hourly", "yearly", "tag"] {
            #expect(try someRules(["\(key)": "1"]).governsCheckpoints, "\(key)")
        }
        for key in ["within", "within-hourly", "within-yearly"] {
            #expect(try someRules(["\(key)": "1h"]).governsCheckpoints, "\(key)")
        }
    }

    @Test func manifestsAreReadOnlyForWhatTheyAloneTell() throws {
        #expect(!RetentionRules().readsManifests)
        #expect(try someRules(["daily": "1"]).readsManifests)
        #expect(try !someRules(["daily": "1", "group-by": "none"]).readsManifests)
        #expect(try someRules(["tag": "a", "group-by": "none"]).readsManifests)
    }

    @Test func requirementsStandBehindAKey() {
        for error: RetentionRuleError in [.count, .duration, .durationTooLong, .tags, .grouping] {
            #expect(error.requirement.hasPrefix("must ") && !error.requirement.hasSuffix("."))
        }
    }

    // MARK: Lengths

    @Test(arguments: [
        ("2026-11-20T10:00Z", "7d", "2026-11-13T10:00Z"), ("2026-11-20T10:00Z", "36h", "2026-11-18T22:00Z"),
        ("2026-11-20T10:00Z", "1y2m3d4h", "2025-09-17T06:00Z"), ("2026-03-31T10:00Z", "1m", "2026-02-28T10:00Z"),
        ("2024-02-29T10:00Z", "1y", "2023-02-28T10:00Z"), ("2026-03-31T10:00Z", "1m1d", "2026-02-27T10:00Z"),
        ("2026-01-01T00:00Z", "1h", "2025-12-31T23:00Z"), ("2026-11-20T10:00Z", "0d", "2026-11-20T10:00Z"),
        ("2026-11-20T10:00Z", "10000y", "0000-01-01T00:00Z"),
    ])
    func aDurationEndsOnTheCalendar(end: String, text: String, expected: String) throws {
        let clock = SampleZone.utc.clock(end)
        #expect(try KeepDuration(parsing: text).start(before: moment(end), clock: clock) == moment(expected))
    }

    @Test func aDayIsAsLongAsItIsThere() throws {
        let end = "2026-03-29T10:00Z"
        let berlin = SampleZone.berlin.clock(end)
        let (day, hours) = (KeepDuration(days: 1), KeepDuration(hours: 24))
        #expect(day.start(before: moment(end), clock: berlin) == moment("2026-03-28T11:00Z"))
        #expect(hours.start(before: moment(end), clock: berlin) == moment("2026-03-28T10:00Z"))
        let fall = "2026-11-01T16:00Z"
        let stJohns = SampleZone.stJohns.clock(fall)
        #expect(day.start(before: moment(fall), clock: stJohns) == moment("2026-10-31T15:00Z"))
    }

    @Test func noMomentAndNoZoneIsTooFar() throws {
        let longest = try KeepDuration(parsing: "10000y120000m530000w3700000d88000000h")
        for seconds in [Int64.min, -1, 0, 1, Int64.max] {
            for offset in [Int.min, 0, Int.max] {
                let clock = LocalClock(now: .latest, offset: { _ in offset })
                _ = longest.start(before: Timestamp(seconds: seconds), clock: clock)
                for period in RetentionPeriod.allCases {
                    _ = period.number(ofReading: clock.reading(at: seconds))
                }
            }
        }
    }

    @Test func numbersOfPeriodsRiseWithTime() {
        for period in RetentionPeriod.allCases {
            var last = period.number(ofReading: -40_001 * 3600)
            var isRising = true
            for hour in Int64(-40_000)..<40_000 {
                let number = period.number(ofReading: hour * 3600)
                if number != last && number != last + 1 { isRising = false }
                last = number
            }
            #expect(isRising, "\(period)")
        }
        // Weeks begin on Monday, also where a year does within one.
        let sunday = moment("2026-01-04T23:59:59Z").seconds
        let week = RetentionPeriod.weekly.number(ofReading: sunday)
        #expect(RetentionPeriod.weekly.number(ofReading: sunday + 1) == week + 1)
        #expect(RetentionPeriod.weekly.number(ofReading: moment("2025-12-29T00:00:00Z").seconds) == week)
        #expect(RetentionPeriod.weekly.number(ofReading: moment("2025-12-28T23:59:59Z").seconds) == week - 1)
    }
}
