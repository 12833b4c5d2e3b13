// Why retention keeps a snapshot or lets it expire, in words: what `gc` says of each, and what its JSON has as reasons.

import SnapStore

extension RetentionReason {
    /// The rule, as short as it can be: `daily 3 of 7`, `name release-1`, `within 7 days`.
    var words: String {
        switch self {
        case .head: "head"
        case .newestSafety: "newest safety snapshot"
        case .name(let name): "name \(safeText(name))"
        case .milestone: "milestone"
        case .unreadable: "its manifest cannot be read"
        case .future: "in the future"
        case .noRule: "no rule for checkpoints"
        case .newestOperations(.unlimited): "all operations"
        case .newestOperations(.count(let limit)): "newest \(counted(limit, "operation"))"
        case .within(let duration): "within \(duration.words)"
        case .last(let place, let limit): "last \(limit.words(after: place))"
        case .newest(let period, let place, let limit): "\(period.rawValue) \(limit.words(after: place))"
        case .oldest(let period, let place, let limit): "oldest, \(period.rawValue) \(limit.words(after: place))"
        case .newestWithin(let period, let duration): "\(period.rawValue) within \(duration.words)"
        case .tags(let tags):
            "\(tags.count == 1 ? "tag" : "tags") \(tags.map { safeText($0.displayString) }.joined(separator: ", "))"
        case .newestOfGroup: "newest of its group"
        case .beyondOperations(let limit, let duration): Self.beyond(limit, duration)
        case .beyondRules: "no rule keeps it"
        case .toSaveSpace: "to save space"
        case .notNow: "it cannot expire now"
        }
    }

    private static func beyond(_ limit: KeepCount, _ duration: KeepDuration) -> String {
        var parts: [String] = []
        if case .count(let count) = limit, count > 0 {
            parts.append("not of the newest \(counted(count, "operation"))")
        }
        if duration != KeepDuration() { parts.append("not within \(duration.words)") }
        return parts.isEmpty ? "no rule keeps it" : parts.joined(separator: ", ")
    }
}

extension KeepCount {
    /// `3 of 7`, or `3` where there is no limit.
    fileprivate func words(after place: Int) -> String {
        switch self {
        case .unlimited: "\(place)"
        case .count(let limit): "\(place) of \(limit)"
        }
    }
}

extension KeepDuration {
    /// `2 years 5 months 7 days 3 hours`.
    var words: String {
        let parts = [(years, "year"), (months, "month"), (days, "day"), (hours, "hour")].filter { $0.0 > 0 }
        if parts.isEmpty { return "no time" }
        return parts.map { counted(Int(clamping: $0.0), $0.1) }.joined(separator: " ")
    }
}
