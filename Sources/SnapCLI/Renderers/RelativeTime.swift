// Ages in words, with git's limits between the units (date.c, show_date_relative): a unit is used as long as its number
// says more than the next one would.

import SnapStore
import SnapSystem

/// How long ago `time` was: `3 minutes ago`.
func ageText(_ time: Timestamp, now: Timestamp) -> String {
    let (difference, overflow) = now.seconds.subtractingReportingOverflow(time.seconds)
    guard !overflow, difference >= 0 else { return "in the future" }
    var age = UInt64(difference)
    func ago(_ number: UInt64, _ unit: String) -> String { counted(number, unit) + " ago" }

    if age < 90 { return ago(age, "second") }
    age = (age + 30) / 60
    if age < 90 { return ago(age, "minute") }
    age = (age + 30) / 60
    if age < 36 { return ago(age, "hour") }
    age = (age + 12) / 24
    if age < 14 { return ago(age, "day") }
    if age < 70 { return ago((age + 3) / 7, "week") }
    if age < 365 { return ago((age + 15) / 30, "month") }
    if age < 1825 {
        let months = (age * 12 * 2 + 365) / (365 * 2)
        let years = counted(months / 12, "year")
        return months % 12 == 0 ? years + " ago" : "\(years), \(counted(months % 12, "month")) ago"
    }
    return ago((age + 183) / 365, "year")
}

/// A time for people, by the clock on their wall: `2026-11-20 11:00:00 +0100`.
func clockText(_ time: Timestamp, zone: (Int64) -> Int = LocalTime.offset) -> String {
    let offset = zone(time.seconds)
    let (local, isOutside) = time.seconds.addingReportingOverflow(Int64(offset))
    let text = isOutside ? time.description : Timestamp(seconds: local).description
    let minutes = isOutside ? 0 : abs(offset) / 60
    let digits = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) \(offset < 0 ? "-" : "+")\(digits)"
}
