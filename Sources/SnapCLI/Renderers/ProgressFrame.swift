// One frame of progress: a line for people, or an object for programs.

import SnapStore

enum ProgressFrame {
    /// What matters most stands first: the line may be cut.
    static func line(_ meter: ProgressMeter, at now: UInt64) -> String {
        guard let count = meter.count else { return "" }
        var parts: [String] = []
        if let noun = count.phase.noun { parts.append(counted(count.files, noun)) }
        if count.bytes > 0 { parts.append(sizeText(count.bytes)) }
        if let rate = meter.rate(at: now), let text = rateText(rate, count) { parts.append(text) }
        if let left = meter.secondsLeft(at: now), let text = leftText(left) { parts.append(text) }
        let percent = meter.fraction.map { " \(Int($0 * 100))%" } ?? ""
        let text = parts.joined(separator: ", ")
        return "\(count.phase.rawValue)\(percent)" + (text.isEmpty ? "" : ": \(text)")
    }

    private static func rateText(_ rate: ProgressMeter.Rate, _ count: ProgressCount) -> String? {
        if count.bytes > 0 { return "\(sizeText(counting(rate.bytes)))/s" }
        guard let noun = count.phase.noun, rate.files >= 1 else { return nil }
        return "\(counted(counting(rate.files), noun))/s"
    }

    /// A number that came from a division, without a trap.
    private static func counting(_ value: Double) -> UInt64 {
        value.isFinite && value > 0 ? UInt64(min(value, 1e18)) : 0
    }

    /// A time to wait: `42 s left`, `3 min 5 s left`, `2 h 10 min left`; nil for one that nobody waits for.
    static func leftText(_ seconds: Double) -> String? {
        guard seconds.isFinite, seconds >= 0, seconds < 1_000_000 else { return nil }
        let whole = UInt64(seconds.rounded(.up))
        switch whole {
        case ..<60: return "\(whole) s left"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s left"
        default: return "\(whole / 3600) h \(whole / 60 % 60) min left"
        }
    }

    /// With its end.
    static func json(_ meter: ProgressMeter, at now: UInt64) -> String {
        guard let count = meter.count else { return "" }
        var inner = JSONLine()
        inner.set("phase", count.phase.rawValue)
        inner.set("files", count.files)
        inner.set("bytes", count.bytes)
        if let total = count.total.files { inner.set("total_files", total) }
        if let total = count.total.bytes { inner.set("total_bytes", total) }
        inner.set("seconds", meter.seconds(at: now))
        var outer = JSONObject()
        outer["progress"] = .object(inner.object)
        return JSONLine(outer).text
    }

    /// Where help lists the fields.
    static let condition = "on standard error, with --progress=json"

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("progress", "an object with these fields:"),
        HelpEntry("phase", "what is done: reading, writing, applying, checking or walking"),
        HelpEntry("files, bytes", "how much of it is done"),
        HelpEntry("total_files, total_bytes", "how much there is, as far as that is known"),
        HelpEntry("seconds", "since it began"),
    ]
}

extension ProgressPhase {
    /// What is counted as files; nil: nothing.
    fileprivate var noun: String? {
        switch self {
        case .reading, .writing: "file"
        case .applying: "change"
        case .walking: "entry"
        case .checking: nil
        }
    }
}
