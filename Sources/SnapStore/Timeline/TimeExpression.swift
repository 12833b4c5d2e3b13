// Times as people type them: "2 hours ago", "yesterday 14:00", "2026-11-20T10:00+01:00".
//
// Reading has two halves. TimePhrase.swift finds what the text says, or that it says nothing that is known; here a
// clock turns that into a moment. Units of a day and longer are counted on the calendar and leave the time of day as
// it is, also where the clock was put forward or back in between; shorter ones are lengths of time. All is plain
// arithmetic with numbers that were checked, so that no text and no clock can overflow it.

/// Why text is not a time.
package enum TimeExpressionError: Error, Equatable {
    case empty
    /// The text, of which something is not understood.
    case notATime(String)
    /// Not in the years 0 to 9999.
    case outOfRange

    /// To stand behind the text.
    package var reason: String {
        switch self {
        case .empty: "a time is not empty"
        case .notATime: "it is not a time such as 'yesterday 14:00', '2 hours ago' or '2026-11-20T10:00'"
        case .outOfRange: "it is not in the years 0 to 9999"
        }
    }
}

package enum TimeExpression {
    /// The most bytes that a text may have.
    private static let lengthLimit = 200

    /// What can be written, by examples.
    package static let forms: [(text: String, meaning: String)] = [
        ("now", "this moment"),
        ("2 hours ago", "that long ago; also seconds, minutes, days, weeks, months, years"),
        ("1 day 2 hours ago", "that long ago, summed up"),
        ("1d2h ago", "the same; also s, m, w, mo, y"),
        ("2 days ago 14:00", "that day, at that time"),
        ("today", "the midnight at which today began"),
        ("yesterday 14:00", "that day, at that time; midnight if there is none"),
        ("noon", "the last time that it was noon; likewise '14:00', '9am', 'midnight'"),
        ("last week", "one week ago; likewise every other unit"),
        ("monday at 9am", "on the last Monday before today"),
        ("20 nov", "the last such date that has come"),
        ("nov 20 2026 10:00", "a date by the month's name, with a time or without"),
        ("2026-11-20", "a date, at its midnight"),
        ("2026-11-20T10:00:30+01:00", "a date and time as ISO 8601 has them; local without a zone"),
        ("@1795168800", "seconds since 1970-01-01 UTC"),
    ]

    /// The moment that `text` means, by that clock. Upper case is as lower case.
    package static func parse(_ text: String, clock: LocalClock) throws(TimeExpressionError) -> Timestamp {
        // One byte more than there may be, to know.
        let bytes = text.utf8.prefix(lengthLimit + 1).map { (byte: UInt8) -> UInt8 in
            byte >= 0x41 && byte <= 0x5A ? byte + 0x20 : byte
        }
        guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { throw .empty }
        guard bytes.count <= lengthLimit, let tokens = TimeLexer.tokens(of: bytes) else { throw .notATime(text) }
        guard isInRange(clock.now) else { throw .outOfRange }
        guard let found = try moment(of: tokens, clock) else { throw .notATime(text) }
        guard isInRange(found) else { throw .outOfRange }
        return found
    }

    private static func isInRange(_ moment: Timestamp) -> Bool {
        moment >= Timestamp.earliest && moment <= Timestamp.latest
    }

    /// nil if the pieces say no time.
    private static func moment(
        of tokens: [TimeToken], _ clock: LocalClock
    ) throws(TimeExpressionError) -> Timestamp? {
        if tokens.count == 1 {
            switch tokens[0] {
            case .count(let seconds): return try moment(secondsSince1970: seconds)
            // So many digits alone are neither a year nor a date.
            case .number(let seconds, let digits) where digits >= 9: return try moment(secondsSince1970: seconds)
            default: break
            }
        }
        var reader = TimePhraseReader(tokens)
        guard let phrase = try reader.read() else { return nil }
        return try moment(of: phrase, clock)
    }

    private static func moment(secondsSince1970 seconds: Int64?) throws(TimeExpressionError) -> Timestamp {
        guard let seconds else { throw .outOfRange }
        return Timestamp(seconds: seconds)
    }

    // MARK: By the clock

    /// nil if there is no such time.
    private static func moment(
        of phrase: TimePhrase, _ clock: LocalClock
    ) throws(TimeExpressionError) -> Timestamp? {
        let today = dayShown(by: clock.reading(at: clock.now.seconds))
        let time: TimeOfDay = phrase.time ?? .midnight
        switch phrase.day {
        case nil:
            let moment = clock.moment(today, time)
            return moment <= clock.now ? moment : clock.moment(today - 1, time)
        case .now?:
            return phrase.time == nil ? clock.now : clock.moment(today, time)
        case .date(let day)?:
            guard let zone = phrase.zone else { return clock.moment(day, time) }
            return Timestamp(seconds: day * 86_400 + time.seconds - zone, nanoseconds: time.nanoseconds)
        case .daysAgo(let days)?:
            return clock.moment(today - days, time)
        case .weekday(let wanted)?:
            // From one to seven days back.
            let days = (weekday(of: today) - wanted + 6) % 7 + 1
            return clock.moment(today - days, time)
        case .yearless(let month, let day)?:
            return lastDate(month: month, day: day, time, today: today, clock)
        case .ago(let age)?:
            return try moment(age, phrase.time, clock)
        }
    }

    /// The number of the day on which a wall clock shows `reading`.
    private static func dayShown(by reading: Int64) -> Int64 {
        let day = reading / 86_400
        return reading % 86_400 < 0 ? day - 1 : day
    }

    /// From 0, a Monday, to 6. Day 0 was a Thursday.
    private static func weekday(of day: Int64) -> Int64 { ((day + 3) % 7 + 7) % 7 }

    /// The last such date that is not in the future; a leap day may be eight years back.
    private static func lastDate(
        month: Int64, day: Int64, _ time: TimeOfDay, today: Int64, _ clock: LocalClock
    ) -> Timestamp? {
        let thisYear = civilDate(day: today).year
        for yearsAgo: Int64 in 0...8 {
            guard let number = existingDay(year: thisYear - yearsAgo, month: month, day: day) else { continue }
            let moment = clock.moment(number, time)
            if moment <= clock.now { return moment }
        }
        return nil
    }

    /// nil if a time of day is asked for together with units that change it.
    private static func moment(
        _ age: TimePhrase.Age, _ time: TimeOfDay?, _ clock: LocalClock
    ) throws(TimeExpressionError) -> Timestamp? {
        if time != nil, age.seconds != nil { return nil }
        let seconds = age.seconds ?? 0
        // Ten thousand years of each, and a little more.
        guard age.months <= 120_000, age.days <= 3_700_000, seconds <= 320_000_000_000 else { throw .outOfRange }
        let reading = clock.reading(at: clock.now.seconds)
        let today = dayShown(by: reading)
        var day = today
        if age.months > 0 {
            let date = civilDate(day: today)
            let months = date.year * 12 + date.month - 1 - age.months
            guard months >= 0 else { throw .outOfRange }
            let year = months / 12
            let month = months % 12 + 1
            let lastDay = daysInMonth(month, year: year)
            day = dayNumber(year: year, month: month, day: min(date.day, lastDay))
        }
        day -= age.days
        if let time { return clock.moment(day, time) }
        // Only a step on the calendar looks at the wall clock, which may show the present reading twice.
        let base = day == today ? clock.now.seconds : clock.moment(ofReading: reading + (day - today) * 86_400)
        return Timestamp(seconds: base - seconds, nanoseconds: clock.now.nanoseconds)
    }
}

extension LocalClock {
    /// A time of day on the day of that number.
    fileprivate func moment(_ day: Int64, _ time: TimeOfDay) -> Timestamp {
        Timestamp(seconds: moment(ofReading: day * 86_400 + time.seconds), nanoseconds: time.nanoseconds)
    }
}
