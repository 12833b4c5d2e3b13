// What the text of a time says, before any clock is asked: its pieces, and how they go together.
//
//     PHRASE = DAY [ TIME ] | TIME [ DAY ]            a ZONE may follow the TIME where DAY is a DATE
//     DAY    = "now" | "today" | "yesterday" | "tomorrow" | [ "last" ] WEEKDAY | "last" UNIT
//            | COUNT UNIT { COUNT UNIT } "ago" | DATE | MONTH dd [ yyyy ] | dd MONTH [ yyyy ]
//     DATE   = yyyy-mm-dd | yyyymmdd                  with ISO 8601's "T" before a TIME, if one follows
//     TIME   = [ "at" ] ( hh:mm [ :ss [ .fraction ] ] | hh:mm "pm" | hh "am" | "noon" | "midnight" | … )
//     ZONE   = "Z" | "UTC" | "GMT" | ±hh:mm | ±hhmm | ±hh
//
// TimeTokens.swift says how pieces are parted. Whatever does not fit is no time: nothing is passed over, and nothing
// guessed.

/// What is counted in "2 hours ago".
enum TimeUnit: String {
    case second, minute, hour, day, week, fortnight, month, year

    /// A word in lower case: singular, plural or short form.
    init?(_ word: String?) {
        guard let word else { return nil }
        switch word {
        case "s", "sec", "secs", "seconds": self = .second
        case "m", "min", "mins", "minutes": self = .minute
        case "h", "hr", "hrs", "hours": self = .hour
        case "d", "days": self = .day
        case "w", "weeks": self = .week
        case "fortnights": self = .fortnight
        case "mo", "months": self = .month
        case "y", "years": self = .year
        default:
            guard let unit = TimeUnit(rawValue: word) else { return nil }
            self = unit
        }
    }
}

/// What a text says.
struct TimePhrase {
    /// A length of time: what is counted on the calendar, and what with a stopwatch.
    struct Age {
        var months: Int64 = 0
        var days: Int64 = 0
        /// nil if no unit below the day was named.
        var seconds: Int64?

        mutating func add(_ count: Int64, _ unit: TimeUnit) {
            switch unit {
            case .second: seconds = (seconds ?? 0) + count
            case .minute: seconds = (seconds ?? 0) + count * 60
            case .hour: seconds = (seconds ?? 0) + count * 3600
            case .day: days += count
            case .week: days += count * 7
            case .fortnight: days += count * 14
            case .month: months += count
            case .year: months += count * 12
            }
        }
    }

    enum Day {
        case now
        /// Days since 1970-01-01.
        case date(Int64)
        /// Before today; negative behind it.
        case daysAgo(Int64)
        /// The last such day before today; Monday is 0.
        case weekday(Int64)
        /// Without a year.
        case yearless(month: Int64, day: Int64)
        case ago(Age)
    }

    /// There is a day, or a time, or both.
    var day: Day?
    var time: TimeOfDay?
    /// Seconds east of UTC; only where the day is a date.
    var zone: Int64?
}

// MARK: Reading

/// Reads a phrase from its pieces.
struct TimePhraseReader {
    /// More seconds than ten thousand years have; and so few that no sum of a text's numbers overflows.
    private static let countLimit: Int64 = 400_000_000_000
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]
    private static let counts = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

    private let tokens: [TimeToken]
    private var position = 0

    init(_ tokens: [TimeToken]) {
        self.tokens = tokens
    }

    /// nil if the pieces say no time. A number that is too large for any time is an error of its own.
    mutating func read() throws(TimeExpressionError) -> TimePhrase? {
        var phrase = TimePhrase()
        while position < tokens.count {
            if phrase.day == nil, let day = try readDay() {
                phrase.day = day
            } else if phrase.time == nil, let time = readTime() {
                phrase.time = time
                if case .zone(let zone)? = token(at: position) {
                    phrase.zone = zone
                    position += 1
                }
            } else {
                return nil
            }
        }
        if phrase.day == nil, phrase.time == nil { return nil }
        if phrase.zone != nil {
            guard case .date? = phrase.day else { return nil }
        }
        return phrase
    }

    private func token(at place: Int) -> TimeToken? { place < tokens.count ? tokens[place] : nil }

    /// nil if there is no word.
    private func word(at place: Int) -> String? {
        if case .word(let word)? = token(at: place) { word } else { nil }
    }

    // MARK: Days

    // None of these moves the position unless it finds what it is for.

    private mutating func readDay() throws(TimeExpressionError) -> TimePhrase.Day? {
        switch token(at: position) {
        case .date(let day)?:
            position += 1
            return .date(day)
        case .number(let number, let digits)?:
            if TimeUnit(word(at: position + 1)) != nil { return try readAge() }
            if let month = month(at: position + 1), digits <= 2 {
                return readDate(month: month, day: number, end: position + 2)
            }
            guard digits == 8, let number, let day = existingDay(digits: number) else { return nil }
            position += 1
            return .date(day)
        case .word(let word)?:
            return try readNamedDay(word)
        case .count?, .time?, .zone?, nil:
            return nil
        }
    }

    private mutating func readNamedDay(_ word: String) throws(TimeExpressionError) -> TimePhrase.Day? {
        if let day = Self.simpleDay(word) {
            position += 1
            return day
        }
        if word == "last" { return readLast() }
        if let month = month(at: position) {
            guard case .number(let day, let digits)? = token(at: position + 1), digits <= 2 else { return nil }
            return readDate(month: month, day: day, end: position + 2)
        }
        return try readAge()
    }

    private static func simpleDay(_ word: String) -> TimePhrase.Day? {
        switch word {
        case "now": return .now
        case "today": return .daysAgo(0)
        case "yesterday": return .daysAgo(1)
        case "tomorrow": return .daysAgo(-1)
        default:
            guard let weekday = number(of: word, in: weekdays) else { return nil }
            return .weekday(weekday)
        }
    }

    /// `last monday`, `last week`.
    private mutating func readLast() -> TimePhrase.Day? {
        guard let word = word(at: position + 1) else { return nil }
        var day: TimePhrase.Day?
        if let weekday = Self.number(of: word, in: Self.weekdays) {
            day = .weekday(weekday)
        } else if let unit = TimeUnit(rawValue: word) {
            var age = TimePhrase.Age()
            age.add(1, unit)
            day = .ago(age)
        }
        if day != nil { position += 2 }
        return day
    }

    /// A day of a month that stands in front of `end`, with the year if it stands there.
    private mutating func readDate(month: Int64, day: Int64?, end: Int) -> TimePhrase.Day? {
        guard let day, (1...31).contains(day) else { return nil }
        guard case .number(let year?, digits: 4)? = token(at: end) else {
            position = end
            return .yearless(month: month, day: day)
        }
        guard let date = existingDay(year: year, month: month, day: day) else { return nil }
        position = end + 1
        return .date(date)
    }

    /// `2 hours ago`, `1 day 2 hours ago`.
    private mutating func readAge() throws(TimeExpressionError) -> TimePhrase.Day? {
        var age = TimePhrase.Age()
        var place = position
        while word(at: place) != "ago" {
            guard let count = count(at: place), let unit = TimeUnit(word(at: place + 1)) else { return nil }
            guard count <= Self.countLimit else { throw .outOfRange }
            age.add(count, unit)
            place += 2
        }
        if place == position { return nil }
        position = place + 1
        return .ago(age)
    }

    /// A number, in digits or as a word. One that is too large for a number is the largest.
    private func count(at place: Int) -> Int64? {
        switch token(at: place) {
        case .number(let number, _)?: return number ?? .max
        case .word("a")?, .word("an")?: return 1
        case .word(let word)?:
            for (index, name) in Self.counts.enumerated() where word == name {
                return Int64(index + 1)
            }
            return nil
        default: return nil
        }
    }

    /// From 1 to 12.
    private func month(at place: Int) -> Int64? {
        guard let word = word(at: place) else { return nil }
        return Self.number(of: word == "sept" ? "sep" : word, in: Self.months).map { $0 + 1 }
    }

    /// The place of a name, counted from 0: `word` is the name or its first three letters.
    private static func number(of word: String, in names: [String]) -> Int64? {
        for (index, name) in names.enumerated() where word == name || word == String(name.prefix(3)) {
            return Int64(index)
        }
        return nil
    }

    // MARK: Times of day

    private mutating func readTime() -> TimeOfDay? {
        let place = word(at: position) == "at" ? position + 1 : position
        let time: TimeOfDay?
        var end = place + 1
        switch token(at: place) {
        case .time(let clock)?:
            if let isAfternoon = isAfternoon(at: end) {
                time = clock.onTwelveHourClock(isAfternoon: isAfternoon)
                end += 1
            } else {
                time = clock
            }
        case .number(let hour?, let digits)?:
            guard digits <= 2, hour < 24, let isAfternoon = isAfternoon(at: end) else { return nil }
            time = TimeOfDay(seconds: hour * 3600).onTwelveHourClock(isAfternoon: isAfternoon)
            end += 1
        case .word("noon")?: time = .noon
        case .word("midnight")?: time = .midnight
        default: time = nil
        }
        if time != nil { position = end }
        return time
    }

    /// Whether "pm" stands there, and not "am"; nil if neither does.
    private func isAfternoon(at place: Int) -> Bool? {
        switch word(at: place) {
        case "am"?: false
        case "pm"?: true
        default: nil
        }
    }
}
