// Times as people type them: what each form means, in three zones and across steps of the clock, and what is no time.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

private func seconds(_ iso8601: String) -> Int64 { Timestamp(iso8601: iso8601)?.seconds ?? .min }

/// Zones as the year 2026 has them, without the system's tables.
enum SampleZone: Sendable, CaseIterable {
    case utc, berlin, stJohns

    private static let berlinSummer = seconds("2026-03-29T01:00Z")..<seconds("2026-10-25T01:00Z")
    private static let stJohnsSummer = seconds("2026-03-08T05:30Z")..<seconds("2026-11-01T04:30Z")

    func clock(_ now: String) -> LocalClock {
        let moment = Timestamp(iso8601: now) ?? .earliest
        switch self {
        case .utc: return LocalClock(now: moment, offset: { _ in 0 })
        case .berlin:
            let summer = Self.berlinSummer
            return LocalClock(now: moment, offset: { summer.contains($0) ? 7200 : 3600 })
        case .stJohns:
            let summer = Self.stJohnsSummer
            return LocalClock(now: moment, offset: { summer.contains($0) ? -9000 : -12_600 })
        }
    }
}

/// A Friday: 11:00 in Berlin, 6:30 in St. John's.
private let friday = "2026-11-20T10:00Z"

private func parse(_ text: String, _ zone: SampleZone = .utc, now: String = friday) throws -> Timestamp {
    try TimeExpression.parse(text, clock: zone.clock(now))
}

private func failure(_ text: String, _ clock: LocalClock) -> TimeExpressionError? {
    do throws(TimeExpressionError) {
        _ = try TimeExpression.parse(text, clock: clock)
        return nil
    } catch {
        return error
    }
}

@Suite struct TimeExpressionTests {
    /// What each of `TimeExpression.forms` means in UTC, Berlin and St. John's.
    private static let meanings: [String: [String]] = [
        "now": ["2026-11-20T10:00Z", "2026-11-20T10:00Z", "2026-11-20T10:00Z"],
        "2 hours ago": ["2026-11-20T08:00Z", "2026-11-20T08:00Z", "2026-11-20T08:00Z"],
        "1 day 2 hours ago": ["2026-11-19T08:00Z", "2026-11-19T08:00Z", "2026-11-19T08:00Z"],
        "1d2h ago": ["2026-11-19T08:00Z", "2026-11-19T08:00Z", "2026-11-19T08:00Z"],
        "2 days ago 14:00": ["2026-11-18T14:00Z", "2026-11-18T13:00Z", "2026-11-18T17:30Z"],
        "today": ["2026-11-20T00:00Z", "2026-11-19T23:00Z", "2026-11-20T03:30Z"],
        "yesterday 14:00": ["2026-11-19T14:00Z", "2026-11-19T13:00Z", "2026-11-19T17:30Z"],
        "noon": ["2026-11-19T12:00Z", "2026-11-19T11:00Z", "2026-11-19T15:30Z"],
        "last week": ["2026-11-13T10:00Z", "2026-11-13T10:00Z", "2026-11-13T10:00Z"],
        "monday at 9am": ["2026-11-16T09:00Z", "2026-11-16T08:00Z", "2026-11-16T12:30Z"],
        "20 nov": ["2026-11-20T00:00Z", "2026-11-19T23:00Z", "2026-11-20T03:30Z"],
        "nov 20 2026 10:00": ["2026-11-20T10:00Z", "2026-11-20T09:00Z", "2026-11-20T13:30Z"],
        "2026-11-20": ["2026-11-20T00:00Z", "2026-11-19T23:00Z", "2026-11-20T03:30Z"],
        "2026-11-20T10:00:30+01:00": ["2026-11-20T09:00:30Z", "2026-11-20T09:00:30Z", "2026-11-20T09:00:30Z"],
        "@1795168800": ["2026-11-20T10:00Z", "2026-11-20T10:00Z", "2026-11-20T10:00Z"],
    ]

    @Test func everyFormThatHelpShowsHasItsMeaning() throws {
        #expect(Set(TimeExpression.forms.map(\.text)) == Set(Self.meanings.keys))
        for form in TimeExpression.forms {
            let expected = try #require(Self.meanings[form.text])
            for (zone, moment) in zip(SampleZone.allCases, expected) {
                #expect(try parse(form.text, zone) == Timestamp(iso8601: moment), "\(form.text) in \(zone)")
            }
            #expect(!form.meaning.isEmpty)
        }
    }

    @Test(arguments: [
        ("2.hours.ago", "2026-11-20T08:00Z"), ("2_hours_ago", "2026-11-20T08:00Z"),
        ("2-hours-ago", "2026-11-20T08:00Z"), ("  2\thours  AGO ", "2026-11-20T08:00Z"),
        ("two hours ago", "2026-11-20T08:00Z"), ("an hour ago", "2026-11-20T09:00Z"),
        ("A minute ago", "2026-11-20T09:59Z"), ("ten seconds ago", "2026-11-20T09:59:50Z"),
        ("90m ago", "2026-11-20T08:30Z"), ("90 min ago", "2026-11-20T08:30Z"), ("30s ago", "2026-11-20T09:59:30Z"),
        ("3h ago", "2026-11-20T07:00Z"), ("3d ago", "2026-11-17T10:00Z"), ("2w ago", "2026-11-06T10:00Z"),
        ("a fortnight ago", "2026-11-06T10:00Z"), ("1mo ago", "2026-10-20T10:00Z"), ("1y ago", "2025-11-20T10:00Z"),
        ("1 year 1 month 1 day 1 hour ago", "2025-10-19T09:00Z"), ("1 day, 2 hours ago", "2026-11-19T08:00Z"),
        ("0 days ago", "2026-11-20T10:00Z"), ("0 days ago 09:00", "2026-11-20T09:00Z"),
        ("12345678 seconds ago", "2026-06-30T12:38:42Z"),
    ])
    func agesHaveManySpellings(text: String, expected: String) throws {
        #expect(try parse(text) == Timestamp(iso8601: expected))
    }

    @Test(arguments: [
        ("yesterday", "2026-11-19T00:00Z"), ("Tomorrow", "2026-11-21T00:00Z"), ("today noon", "2026-11-20T12:00Z"),
        ("14:00 yesterday", "2026-11-19T14:00Z"), ("yesterday.14:00", "2026-11-19T14:00Z"),
        ("yesterday at 2pm", "2026-11-19T14:00Z"), ("2 pm yesterday", "2026-11-19T14:00Z"),
        ("at noon yesterday", "2026-11-19T12:00Z"), ("yesterday midnight", "2026-11-19T00:00Z"),
        ("now 09:30", "2026-11-20T09:30Z"), ("tomorrow 9:30:15am", "2026-11-21T09:30:15Z"),
        ("12am", "2026-11-20T00:00Z"), ("12pm", "2026-11-19T12:00Z"), ("12:30am", "2026-11-20T00:30Z"),
        ("9am", "2026-11-20T09:00Z"), ("9:30", "2026-11-20T09:30Z"), ("09:30pm", "2026-11-19T21:30Z"),
        ("10:00", "2026-11-20T10:00Z"), ("10:00:01", "2026-11-19T10:00:01Z"), ("midnight", "2026-11-20T00:00Z"),
        ("10:00:00.000000001", "2026-11-19T10:00:00.000000001Z"),
        ("last day", "2026-11-19T10:00Z"), ("last hour", "2026-11-20T09:00Z"), ("last month", "2026-10-20T10:00Z"),
        ("last-year", "2025-11-20T10:00Z"), ("last week 14:00", "2026-11-13T14:00Z"),
    ])
    func daysAndTimesOfDay(text: String, expected: String) throws {
        #expect(try parse(text) == Timestamp(iso8601: expected))
    }

    @Test(arguments: [
        ("monday", "2026-11-16T00:00Z"), ("tue", "2026-11-17T00:00Z"), ("Wednesday", "2026-11-18T00:00Z"),
        ("thu", "2026-11-19T00:00Z"), ("friday", "2026-11-13T00:00Z"), ("sat", "2026-11-14T00:00Z"),
        ("sunday", "2026-11-15T00:00Z"), ("last friday", "2026-11-13T00:00Z"), ("fri 14:00", "2026-11-13T14:00Z"),
        ("monday at noon", "2026-11-16T12:00Z"), ("9am last thursday", "2026-11-19T09:00Z"),
    ])
    func aWeekdayIsTheLastOneBeforeToday(text: String, expected: String) throws {
        #expect(try parse(text) == Timestamp(iso8601: expected))
    }

    @Test(arguments: [
        ("20 nov 2026", "2026-11-20T00:00Z"), ("november 20 2026 10:00", "2026-11-20T10:00Z"),
        ("20-nov-2026", "2026-11-20T00:00Z"), ("nov-20-2026", "2026-11-20T00:00Z"),
        ("Nov 20, 2026", "2026-11-20T00:00Z"), ("20.nov", "2026-11-20T00:00Z"), ("nov20", "2026-11-20T00:00Z"),
        ("nov 20 10:00", "2026-11-20T10:00Z"), ("nov 20 10:01", "2025-11-20T10:01Z"),
        ("9 am nov 20", "2026-11-20T09:00Z"), ("nov 20 9 am", "2026-11-20T09:00Z"), ("21 nov", "2025-11-21T00:00Z"),
        ("sept 1", "2026-09-01T00:00Z"), ("1 sep", "2026-09-01T00:00Z"), ("2 may 2025", "2025-05-02T00:00Z"),
        ("feb 29", "2024-02-29T00:00Z"), ("31 dec 9999 23:59", "9999-12-31T23:59Z"),
        ("20 nov 2026 10:00 +0100", "2026-11-20T09:00Z"),
    ])
    func datesByTheNameOfTheirMonth(text: String, expected: String) throws {
        #expect(try parse(text) == Timestamp(iso8601: expected))
    }

    @Test(arguments: [
        ("2026-11-20t10:00z", "2026-11-20T10:00Z"), ("2026-11-20 10:00:30.5", "2026-11-20T10:00:30.5Z"),
        ("2026-11-20T10:00:30,25Z", "2026-11-20T10:00:30.25Z"), ("2026-11-20T10:00-05", "2026-11-20T15:00Z"),
        ("2026-11-20T10:00-0530", "2026-11-20T15:30Z"), ("2026-11-20 10:00 +0100", "2026-11-20T09:00Z"),
        ("2026-11-20 10:00:00 UTC", "2026-11-20T10:00Z"), ("20261120T100000Z", "2026-11-20T10:00Z"),
        ("20261120T1000+0100", "2026-11-20T09:00Z"), ("20261120T100030.5", "2026-11-20T10:00:30.5Z"),
        ("20261120", "2026-11-20T00:00Z"), ("20261120 10:00", "2026-11-20T10:00Z"),
        ("2026-11-20_10:00", "2026-11-20T10:00Z"), ("2026-11-20 noon", "2026-11-20T12:00Z"),
        ("14:00 2026-11-19", "2026-11-19T14:00Z"), ("14:00Z 2026-11-19", "2026-11-19T14:00Z"),
        ("0000-01-01T00:00Z", "0000-01-01T00:00Z"), ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("1795168800", "2026-11-20T10:00Z"), ("100000000", "1973-03-03T09:46:40Z"), (" @0 ", "1970-01-01T00:00Z"),
    ])
    func datesAsISO8601HasThem(text: String, expected: String) throws {
        #expect(try parse(text) == Timestamp(iso8601: expected))
    }

    @Test func lengthsOfTimeKeepTheFractionAndDatesHaveNone() throws {
        let now = "2026-11-20T10:00:00.75Z"
        for text in ["now", "2 hours ago", "1 day ago", "last month"] {
            #expect(try parse(text, now: now).nanoseconds == 750_000_000)
        }
        for text in ["today", "yesterday", "09:00", "1 day ago 09:00", "monday", "20 nov", "2026-11-20"] {
            #expect(try parse(text, now: now).nanoseconds == 0)
        }
    }

    // MARK: The calendar

    @Test(arguments: [
        ("2026-03-31T10:00Z", "1 month ago", "2026-02-28T10:00Z"),
        ("2024-03-31T10:00Z", "1 month ago", "2024-02-29T10:00Z"),
        ("2024-02-29T10:00Z", "1 year ago", "2023-02-28T10:00Z"),
        ("2024-02-29T10:00Z", "4 years ago", "2020-02-29T10:00Z"),
        ("2026-01-31T10:00Z", "13 months ago", "2024-12-31T10:00Z"),
        ("2026-05-31T10:00Z", "last month", "2026-04-30T10:00Z"),
        ("2026-03-31T10:00Z", "1 month 1 day ago", "2026-02-27T10:00Z"),
        ("2026-03-01T10:00Z", "1 day ago", "2026-02-28T10:00Z"),
        ("2103-02-28T10:00Z", "29 feb", "2096-02-29T00:00Z"), ("2026-01-01T00:00Z", "31 dec", "2025-12-31T00:00Z"),
        ("1969-12-31T10:00Z", "yesterday", "1969-12-30T00:00Z"), ("1969-12-31T10:00Z", "tue", "1969-12-30T00:00Z"),
    ])
    func monthsEndWithTheirLastDay(now: String, text: String, expected: String) throws {
        #expect(try parse(text, now: now) == Timestamp(iso8601: expected))
    }

    @Test func everyDayAndMonthBackIsADateOfTheCalendar() throws {
        // Every day of four years, which have a leap day; the reading's date is that of the text.
        for day in stride(from: seconds("2024-01-01T12:00Z"), to: seconds("2028-01-01T12:00Z"), by: 86_400) {
            let clock = LocalClock(now: Timestamp(seconds: day), offset: { _ in 0 })
            #expect(try TimeExpression.parse("1 day ago", clock: clock).seconds == day - 86_400)
            let month = try TimeExpression.parse("1 month ago", clock: clock)
            #expect((28...31).contains((day - month.seconds) / 86_400))
            let date = clock.now.description.prefix(10)
            #expect(try TimeExpression.parse(String(date), clock: clock).seconds == day - 43_200)
        }
    }

    // MARK: Steps of the clock

    @Test(arguments: [
        (SampleZone.berlin, "2026-03-29T12:00Z", "1 day ago", "2026-03-28T13:00Z"),
        (.berlin, "2026-03-29T12:00Z", "24 hours ago", "2026-03-28T12:00Z"),
        (.berlin, "2026-03-29T12:00Z", "1 day 1 hour ago", "2026-03-28T12:00Z"),
        (.berlin, "2026-03-29T12:00Z", "today", "2026-03-28T23:00Z"),
        (.berlin, "2026-03-29T12:00Z", "tomorrow", "2026-03-29T22:00Z"),
        (.berlin, "2026-03-29T12:00Z", "yesterday 02:30", "2026-03-28T01:30Z"),
        (.berlin, "2026-03-29T12:00Z", "14:00", "2026-03-29T12:00Z"),
        (.berlin, friday, "1 month ago", "2026-10-20T09:00Z"), (.berlin, friday, "20 jul", "2026-07-19T22:00Z"),
        (.stJohns, friday, "1 month ago", "2026-10-20T09:00Z"), (.stJohns, friday, "4 jul 12:00", "2026-07-04T14:30Z"),
        (.stJohns, "2026-11-20T02:00Z", "today", "2026-11-19T03:30Z"),
        (.berlin, "2026-11-20T23:30Z", "today", "2026-11-20T23:00Z"),
    ])
    func theTimeOfDayStaysAcrossAStep(zone: SampleZone, now: String, text: String, expected: String) throws {
        #expect(try parse(text, zone, now: now) == Timestamp(iso8601: expected))
    }

    @Test(arguments: [
        (SampleZone.berlin, "2026-03-29 01:59:59", "2026-03-29T00:59:59Z"),
        (.berlin, "2026-03-29 02:00", "2026-03-29T01:00Z"), (.berlin, "2026-03-29 02:30", "2026-03-29T01:30Z"),
        (.berlin, "2026-03-29 02:59:59", "2026-03-29T01:59:59Z"), (.berlin, "2026-03-29 03:00", "2026-03-29T01:00Z"),
        (.stJohns, "2026-03-08 01:59", "2026-03-08T05:29Z"), (.stJohns, "2026-03-08 02:30", "2026-03-08T06:00Z"),
        (.stJohns, "2026-03-08 03:00", "2026-03-08T05:30Z"),
    ])
    func aTimeThatIsLeftOutIsMovedForward(zone: SampleZone, text: String, expected: String) throws {
        #expect(try parse(text, zone) == Timestamp(iso8601: expected))
    }

    @Test(arguments: [
        (SampleZone.berlin, "2026-10-25 01:59:59", "2026-10-24T23:59:59Z"),
        (.berlin, "2026-10-25 02:00", "2026-10-25T00:00Z"), (.berlin, "2026-10-25 02:59:59", "2026-10-25T00:59:59Z"),
        (.berlin, "2026-10-25 03:00", "2026-10-25T02:00Z"), (.berlin, "2026-10-25T02:30+01:00", "2026-10-25T01:30Z"),
        (.stJohns, "2026-11-01 00:59", "2026-11-01T03:29Z"), (.stJohns, "2026-11-01 01:30", "2026-11-01T04:00Z"),
        (.stJohns, "2026-11-01 02:00", "2026-11-01T05:30Z"),
    ])
    func ofATimeThatComesTwiceTheFirstIsMeant(zone: SampleZone, text: String, expected: String) throws {
        #expect(try parse(text, zone) == Timestamp(iso8601: expected))
    }

    @Test func agesThatEndInAStepAreMovedLikewise() throws {
        #expect(
            try parse("1 day ago", .berlin, now: "2026-03-30T00:30Z") == Timestamp(iso8601: "2026-03-29T01:30Z"))
        #expect(
            try parse("1 day ago", .berlin, now: "2026-10-26T01:30Z") == Timestamp(iso8601: "2026-10-25T00:30Z"))
        // The second 02:30: what is not counted on the calendar leaves it where it is.
        for text in ["now", "0 days ago", "0 months 0 hours ago"] {
            #expect(try parse(text, .berlin, now: "2026-10-25T01:30Z") == Timestamp(iso8601: "2026-10-25T01:30Z"))
        }
    }

    @Test func aZoneMayLeaveOutADay() throws {
        // As Samoa did with the 30th of December 2011.
        let step = seconds("2011-12-30T10:00Z")
        let now = try #require(Timestamp(iso8601: "2012-01-02T00:00Z"))
        let clock = LocalClock(now: now, offset: { $0 < step ? -36_000 : 50_400 })
        for (text, expected) in [
            ("2011-12-29 23:59", "2011-12-30T09:59Z"), ("2011-12-31 00:00", "2011-12-30T10:00Z"),
            ("2011-12-30 12:00", "2011-12-30T22:00Z"),
        ] {
            #expect(try TimeExpression.parse(text, clock: clock) == Timestamp(iso8601: expected))
        }
    }

    @Test func readingsAndMomentsAgree() {
        for zone in SampleZone.allCases {
            let clock = zone.clock(friday)
            for moment in stride(from: seconds("2026-01-01T00:00Z"), to: seconds("2027-01-01T00:00Z"), by: 1800) {
                let found = clock.moment(ofReading: clock.reading(at: moment))
                // Less only where the reading comes a second time.
                #expect(found == moment || found == moment - 3600)
                #expect(clock.reading(at: found) == clock.reading(at: moment))
            }
        }
    }

    // MARK: What is no time

    @Test(arguments: [
        "x", "tea", "never", "2 hours", "hours ago", "ago", "2 ago", "2 hours ago ago", "2 hours 3 ago", "-1",
        "-1 day ago", "1.5 hours ago", "yesterday today", "yesterday 2 days ago", "14:00 15:00", "24:00", "10:60",
        "10:00:60", "10:00:", "100:00", "1:0", "13pm", "0am", "13:00pm", "9", "14", "at 9", "at", "at yesterday",
        "yesterday at", "at at noon", "2026", "2026-11", "2026-11-20T", "2026-11-20T10", "2026-11-20T25:00",
        "2026-11-20Z", "2026-02-30", "2026-13-01", "2026-00-10", "2026-11-00", "12345678", "20261340",
        "20261340T1000", "20261120T10", "20261120T10000", "30 feb", "30 feb 2026", "30 feb 2026 10:00", "nov",
        "nov 2026", "0 nov", "32 nov", "nov 20 26", "yesterday 14:00Z", "14:00+01:00", "now Z",
        "2026-11-20T10:00+24:00", "2026-11-20T10:00+1", "2026-11-20T10:00+01:60", "2026-11-20T10:00+01000",
        "2 hours ago 14:00", "1 day 2 hours ago 14:00", "last hour 14:00", "last", "last 2 days", "last hours",
        "last nov", "monday tuesday", "next monday", "in 2 hours", "@", "@x", "@-5", "@5.5", "@5 days ago", "5 @5",
        "yesterday.", ".yesterday", "2..hours.ago", "2. hours ago", "yesterday,", "yesterday,noon", "2026/11/20",
        "20.11.2026", "20-11-2026", "10:00.5", "10:00:30.1234567890", "2026-11-20-10:00", "14:00-05", "é",
        "2 höurs ago", "yesterday\n14:00", "2 hours ago\0", "\0", "2 hours ago;", "1795168800 14:00",
    ])
    func whatIsNotUnderstoodIsNotGuessed(text: String) {
        #expect(failure(text, SampleZone.utc.clock(friday)) == .notATime(text))
        #expect(failure(text, SampleZone.stJohns.clock(friday)) == .notATime(text))
    }

    @Test func aTextHasAnEnd() throws {
        let long = String(repeating: "1 hour ", count: 27) + "ago"
        #expect(try parse(long) == Timestamp(iso8601: "2026-11-19T07:00Z"))
        let tooLong = String(repeating: "1 hour ", count: 100_000) + "ago"
        #expect(failure(tooLong, SampleZone.utc.clock(friday)) == .notATime(tooLong))
    }

    @Test(arguments: ["", " ", "\t  "])
    func nothingIsEmpty(text: String) {
        #expect(failure(text, SampleZone.utc.clock(friday)) == .empty)
    }

    @Test(arguments: [
        "99999999999999 years ago", "99999999999999999999999 years ago", "3000 years ago", "400000000000 years ago",
        "999999999999999999 seconds ago", "1 day 99999999999999999999 hours ago", "5000000 days ago",
        "9223372036854775807 weeks ago", "@253402300800", "@99999999999999999999", "999999999999999",
        "0000-01-01T00:00+14:00", "9999-12-31T23:59:59-01:00",
    ])
    func whatIsBeyondTheCalendarIsOutOfRange(text: String) {
        #expect(failure(text, SampleZone.utc.clock(friday)) == .outOfRange)
    }

    @Test func noClockOverflows() {
        let texts = TimeExpression.forms.map(\.text) + ["9:30", "feb 29", "tomorrow", "2025 years ago", "sun"]
        for now in [Timestamp(seconds: .min), Timestamp(seconds: .max), Timestamp.earliest, Timestamp.latest] {
            for offset in [Int.min, -86_400, 0, 86_400, Int.max] {
                let clock = LocalClock(now: now, offset: { _ in offset })
                for text in texts {
                    if let moment = try? TimeExpression.parse(text, clock: clock) {
                        #expect(moment >= Timestamp.earliest && moment <= Timestamp.latest)
                    }
                }
                _ = clock.moment(ofReading: clock.reading(at: now.seconds))
            }
        }
    }

    @Test(arguments: UInt64(0)..<300) func anyTextIsATimeInRangeOrAnError(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let pieces = [
            " ", " ", "-", ".", ":", "+", "@", ",", "_", "1", "20", "09", "2026", "20261120", "99999999999", "t", "z",
            "am", "pm", "at", "ago", "last", "now", "yesterday", "monday", "nov", "feb", "day", "hours", "mo", "noon",
            "2026-11-20", "14:00", "+01:00", "é",
        ]
        let clock = SampleZone.allCases[samples.below(3)].clock(friday)
        for _ in 0..<50 {
            let text = (0..<samples.below(9)).map { _ in pieces[samples.below(pieces.count)] }.joined()
            guard let moment = try? TimeExpression.parse(text, clock: clock) else { continue }
            #expect(moment >= Timestamp.earliest && moment <= Timestamp.latest, "\(text)")
        }
    }
}

@Suite struct LocalTimeTests {
    @Test func theZoneIsThatOfTheSystem() {
        for moment in stride(from: Int64(0), to: seconds("2100-01-01T00:00Z"), by: 37 * 86_400 + 11_111) {
            let expected = TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment)))
            #expect(LocalTime.offset(at: moment) == expected, "\(moment)")
        }
    }

    @Test func noMomentIsTooFar() {
        #expect(LocalTime.offset(at: .max) == 0)
        #expect(LocalTime.offset(at: .min) == 0)
        for moment in [Int64(-1), 1 << 33, -1 << 40, 1 << 50] {
            #expect(abs(LocalTime.offset(at: moment)) < 172_800)
        }
    }
}
