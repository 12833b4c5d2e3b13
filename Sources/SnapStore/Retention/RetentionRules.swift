// What is kept for how long: the rules of retention, as values, and as the configuration and options spell them.
//
// Counts and durations are those that restic's `forget` has, and so are their words: `7`, `unlimited`, `2y5m7d3h`. In
// a duration `m` is a month, because nothing shorter than an hour is asked for here; `mo` says the same, and `w` is a
// week.
// A count or a duration of nothing is a rule that is not there, so that an option can take back what is configured.

/// What a rule keeps one snapshot of. Hours, days and so on are those of the local calendar; weeks start on Monday.
public enum RetentionPeriod: String, Sendable, CaseIterable {
    case hourly, daily, weekly, monthly, yearly

    /// What it is about, in the plural.
    public var plural: String {
        switch self {
        case .hourly: "hours"
        case .daily: "days"
        case .weekly: "weeks"
        case .monthly: "months"
        case .yearly: "years"
        }
    }

    /// The number of the hour, day, week, month or year in which a wall clock shows `reading`; later ones have larger
    /// numbers.
    package func number(ofReading reading: Int64) -> Int64 {
        switch self {
        case .hourly: return Self.quotient(reading, 3600)
        case .daily: return Self.quotient(reading, 86_400)
        // Day 0 was a Thursday.
        case .weekly: return Self.quotient(Self.quotient(reading, 86_400) + 3, 7)
        case .monthly:
            let date = civilDate(day: Self.quotient(reading, 86_400))
            return date.year * 12 + date.month - 1
        case .yearly: return civilDate(day: Self.quotient(reading, 86_400)).year
        }
    }

    /// Rounded down, also below zero.
    private static func quotient(_ value: Int64, _ divisor: Int64) -> Int64 {
        value % divisor < 0 ? value / divisor - 1 : value / divisor
    }
}

/// How many snapshots a rule keeps.
public enum KeepCount: Sendable, Equatable {
    /// 0: the rule is not there.
    case count(Int)
    case unlimited

    package static let zero = KeepCount.count(0)

    package var isZero: Bool { self == Self.zero }

    /// Whether one more is kept where `kept` are already.
    package func hasRoom(after kept: Int) -> Bool {
        switch self {
        case .count(let limit): kept < limit
        case .unlimited: true
        }
    }

    /// A whole number, or `unlimited`.
    public init(parsing text: String) throws(RetentionRuleError) {
        if text == "unlimited" {
            self = .unlimited
            return
        }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text) else { throw .count }
        self = .count(count)
    }
}

/// A length of time on the calendar. No part of it is longer than a little more than ten thousand years.
public struct KeepDuration: Sendable, Equatable {
    public private(set) var years: Int64 = 0
    public private(set) var months: Int64 = 0
    public private(set) var days: Int64 = 0
    public private(set) var hours: Int64 = 0

    /// Numbers that are too large become the largest, and those below zero become zero.
    public init(years: Int64 = 0, months: Int64 = 0, days: Int64 = 0, hours: Int64 = 0) {
        self.years = min(max(years, 0), 10_000)
        self.months = min(max(months, 0), 120_000)
        self.days = min(max(days, 0), 3_700_000)
        self.hours = min(max(hours, 0), 88_000_000)
    }

    package static let zero = KeepDuration()

    package var isZero: Bool { self == Self.zero }

    /// The most of each unit that text may ask for.
    private static let limits: [String: Int64] = [
        "y": 10_000, "m": 120_000, "mo": 120_000, "w": 530_000, "d": 3_700_000, "h": 88_000_000,
    ]

    /// Numbers and units, `2y5m7d3h`: each unit at most once, in any order.
    public init(parsing text: String) throws(RetentionRuleError) {
        var rest = Array(text.utf8)[...]
        var seen: Set<String> = []
        guard !rest.isEmpty else { throw .duration }
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest[digits.endIndex...]
            let letters = rest.prefix { (0x61...0x7A).contains($0) }
            rest = rest[letters.endIndex...]
            let unit = String(decoding: letters, as: UTF8.self)
            guard !digits.isEmpty, let limit = Self.limits[unit] else { throw .duration }
            guard seen.insert(unit == "mo" ? "m" : unit).inserted else { throw .duration }
            guard let number = Int64(String(decoding: digits, as: UTF8.self)), number <= limit else {
                throw .durationTooLong
            }
            switch unit {
            case "y": years = number
            case "m", "mo": months = number
            case "w": days += number * 7
            case "d": days += number
            default: hours = number
            }
        }
    }

    /// The moment that lies so long before `moment`. Years, months and days are counted on the local calendar and leave
    /// the time of day as it is; a month that is too short ends with its last day. Hours are lengths of time.
    package func start(before moment: Timestamp, clock: LocalClock) -> Timestamp {
        let end = min(max(moment, .earliest), .latest)
        let reading = clock.reading(at: end.seconds)
        let today = RetentionPeriod.daily.number(ofReading: reading)
        var day = today
        if years > 0 || months > 0 {
            let date = civilDate(day: today)
            let month = date.year * 12 + date.month - 1 - years * 12 - months
            guard month >= 0 else { return .earliest }
            let lastDay = daysInMonth(month % 12 + 1, year: month / 12)
            day = dayNumber(year: month / 12, month: month % 12 + 1, day: min(date.day, lastDay))
        }
        day -= days
        // Only a step on the calendar looks at the wall clock, which may show the same reading twice.
        let base = day == today ? end.seconds : clock.moment(ofReading: reading + (day - today) * 86_400)
        return Timestamp(seconds: base - hours * 3600, nanoseconds: end.nanoseconds)
    }
}

/// What has rules of its own among the snapshots of a working directory.
public enum RetentionGrouping: String, Sendable, CaseIterable {
    /// Each component's snapshots; those without one are together.
    case component
    /// Those with the same tags.
    case tag
    /// All are one group.
    case none
}

/// The rules of retention. Without a keep rule, checkpoints stay.
public struct RetentionRules: Sendable, Equatable {
    /// The newest checkpoints.
    public var last = KeepCount.zero
    /// The newest checkpoint of each of so many hours, days, … that have one.
    public var counts: [RetentionPeriod: KeepCount] = [:]
    /// Every checkpoint that is not older than that, counted from the newest.
    public var within = KeepDuration.zero
    /// The newest checkpoint of each hour, day, … that is not older than that, counted from the newest.
    public var periodsWithin: [RetentionPeriod: KeepDuration] = [:]
    /// Checkpoints that have all tags of one of the lists.
    public var tags: [[Text]] = []
    /// The newest operations, and
    public var operations = KeepCount.count(50)
    /// those that are not older than that, counted from now.
    public var operationsWithin = KeepDuration(days: 7)
    /// What the rules for checkpoints are applied to, each for itself.
    public var grouping = RetentionGrouping.component

    public init() {}

    /// Whether there is a keep rule, so that checkpoints can expire.
    public var governsCheckpoints: Bool {
        !last.isZero || counts.values.contains { !$0.isZero } || !within.isZero
            || periodsWithin.values.contains { !$0.isZero } || !tags.isEmpty
    }

    /// Whether deciding needs more of checkpoints than timelines say.
    package var readsManifests: Bool { governsCheckpoints && (grouping != RetentionGrouping.none || !tags.isEmpty) }
}

// MARK: In the configuration

/// Why text is no value of a rule.
public enum RetentionRuleError: Error, Sendable, Equatable {
    case count, duration, durationTooLong, tags, grouping

    /// To stand behind the key, or behind "it".
    public var requirement: String {
        switch self {
        case .count: "must be a whole number, or 'unlimited'"
        case .duration: "must be a duration such as 2y5m7d3h, of years, months, weeks (w), days and hours"
        case .durationTooLong: "must not be longer than 10,000 years"
        case .tags: "must be a tag, or several with commas between them"
        case .grouping: "must be component, tag or none"
        }
    }
}

extension RetentionRules {
    /// What every key of a rule starts with.
    public static let keyPrefix = "keep."

    /// What stands before a period where the rule is a duration.
    private static let withinPrefix = "within-"

    /// The keys of all rules. `keep.tag` may be there several times; of the others the last one counts.
    public static var keys: [String] {
        let periods = RetentionPeriod.allCases.map(\.rawValue)
        var names = ["last", "within", "tag", "operations", "operations-within", "group-by"]
        names += periods
        names += periods.map { withinPrefix + $0 }
        return names.map { keyPrefix + $0 }
    }

    /// Takes the setting `key` over, one of `keys`; false for another key, which has no effect.
    public mutating func set(_ key: String, to text: String) throws(RetentionRuleError) -> Bool {
        guard key.hasPrefix(Self.keyPrefix) else { return false }
        let name = String(key.dropFirst(Self.keyPrefix.count))
        switch name {
        case "last": last = try KeepCount(parsing: text)
        case "within": within = try KeepDuration(parsing: text)
        case "tag": tags.append(try Self.tagList(text))
        case "operations": operations = try KeepCount(parsing: text)
        case "operations-within": operationsWithin = try KeepDuration(parsing: text)
        case "group-by":
            guard let value = RetentionGrouping(rawValue: text) else { throw .grouping }
            grouping = value
        default:
            if let period = RetentionPeriod(rawValue: name) {
                counts[period] = try KeepCount(parsing: text)
            } else if name.hasPrefix(Self.withinPrefix),
                let period = RetentionPeriod(rawValue: String(name.dropFirst(Self.withinPrefix.count)))
            {
                periodsWithin[period] = try KeepDuration(parsing: text)
            } else {
                return false
            }
        }
        return true
    }

    /// The tags between the commas, all of which a snapshot must have.
    private static func tagList(_ text: String) throws(RetentionRuleError) -> [Text] {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        if words.contains("") { throw .tags }
        return words.map { Text($0) }
    }
}
