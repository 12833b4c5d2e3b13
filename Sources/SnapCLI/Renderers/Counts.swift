// Numbers as people read them: `12,345 files`, `0.3 s`.

/// The number with a comma between each three digits.
func grouped(_ number: UInt64) -> String {
    let digits = Array(String(number).utf8)
    var result: [UInt8] = []
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { result.append(0x2C) }
        result.append(digit)
    }
    return String(decoding: result, as: UTF8.self)
}

/// The number and the noun, in the plural where it is due: `1 file`, `2 directories`.
func counted(_ number: UInt64, _ noun: String) -> String {
    if number == 1 { return "1 \(noun)" }
    let turnsToIES = noun.hasSuffix("y") && !"aeiou".contains(noun.dropLast().last ?? "a")
    let plural = turnsToIES ? noun.dropLast() + "ies" : noun + "s"
    return "\(grouped(number)) \(plural)"
}

func counted(_ number: Int, _ noun: String) -> String {
    counted(UInt64(max(0, number)), noun)
}

/// A duration: `3 ms`, `1.2 s`, `2 min 5 s`.
func durationText(seconds: Double) -> String {
    // A clock that was set, or a broken report, must not trap here.
    guard seconds.isFinite, seconds > 0 else { return "0 ms" }
    let milliseconds = UInt64(min(seconds, 1e12) * 1000 + 0.5)
    switch milliseconds {
    case ..<1000: return "\(milliseconds) ms"
    case ..<60_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    default: return "\(grouped(milliseconds / 60_000)) min \(milliseconds / 1000 % 60) s"
    }
}

/// Whole milliseconds, for JSON.
func milliseconds(_ seconds: Double) -> UInt64 {
    seconds.isFinite && seconds > 0 ? UInt64(min(seconds, 1e12) * 1000 + 0.5) : 0
}
