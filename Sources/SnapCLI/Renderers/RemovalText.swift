// How a snapshot was removed, and how long it can still be had back, in words and in JSON.

import SnapStore

/// `dropped 2 hours ago, 22 hours left`.
func removalText(_ removal: Removal, now: Timestamp) -> String {
    let verb = removal.event == .drop ? "dropped" : "expired"
    return "\(verb) \(ageText(removal.time, now: now)), \(graceText(removal.graceEnd, now: now))"
}

/// Hours are not cut to their number but rounded, and a minute that has begun is one.
private func graceText(_ end: Timestamp, now: Timestamp) -> String {
    let (left, overflow) = end.seconds.subtractingReportingOverflow(now.seconds)
    guard !overflow, left > 0 else { return "kept until collected" }
    let minutes = left / 60 + (left % 60 > 0 ? 1 : 0)
    if minutes < 90 { return counted(Int(clamping: minutes), "minute") + " left" }
    return counted(Int(clamping: minutes / 60 + (minutes % 60 >= 30 ? 1 : 0)), "hour") + " left"
}

extension Removal {
    func set(in line: inout JSONLine) {
        line.set("removed_by", event.name)
        line.set("removed", time.description)
        line.set("recoverable_until", graceEnd.description)
    }
}
