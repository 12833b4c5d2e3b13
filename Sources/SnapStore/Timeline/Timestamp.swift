// Moments as the store writes them: UTC, to the nanosecond, and computed without a time zone or a C library.
//
// Day numbers and civil dates by Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years start in March, so that
// the leap day is the last of the year and months need no table.

/// A moment, without leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01 UTC; negative before.
    public let seconds: Int64
    /// From 0 to 999,999,999, counted forward also before 1970.
    public let nanoseconds: UInt32

    /// Nanoseconds above the range become its end.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = min(nanoseconds, 999_999_999)
    }

    /// 0000-01-01T00:00:00Z: text does not go before it.
    package static let earliest = Timestamp(seconds: -62_167_219_200)
    /// The last nanosecond of the year 9999: text does not go beyond it.
    package static let latest = Timestamp(seconds: 253_402_300_799, nanoseconds: 999_999_999)

    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.seconds == b.seconds ? a.nanoseconds < b.nanoseconds : a.seconds < b.seconds
    }
}

extension Timestamp: CustomStringConvertible {
    /// The bytes of the text form.
    package static let textLength = 30

    /// `2026-11-20T10:00:00.123456789Z`. What is outside of the years 0000 to 9999 is written as the nearest moment inside.
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text form.
    package func append(to buffer: inout [UInt8]) {
        let moment = min(max(self, .earliest), .latest)
        var days = moment.seconds / 86_400
        var second = moment.seconds % 86_400
        if second < 0 {
            days -= 1
            second += 86_400
        }
        let date = civilDate(day: days)
        appendDigits(date.year, 4, to: &buffer)
        buffer.append(0x2D)
        appendDigits(date.month, 2, to: &buffer)
        buffer.append(0x2D)
        appendDigits(date.day, 2, to: &buffer)
        buffer.append(0x54)
        appendDigits(second / 3600, 2, to: &buffer)
        buffer.append(0x3A)
        appendDigits(second / 60 % 60, 2, to: &buffer)
        buffer.append(0x3A)
        appendDigits(second % 60, 2, to: &buffer)
        buffer.append(0x2E)
        appendDigits(Int64(moment.nanoseconds), 9, to: &buffer)
        buffer.append(0x5A)
    }

    /// The moment that the text form spells, all 30 bytes of it; nil for any other text and for dates that do not exist.
    package init?(text: Span<UInt8>) {
        guard text.count == Self.textLength, text[19] == 0x2E else { return nil }
        self.init(iso8601: text)
    }
}

extension Timestamp {
    /// The moment that `2026-11-20T10:00Z` spells, with seconds and up to nine digits of a fraction if they are there.
    package init?(iso8601 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        self.init(iso8601: bytes.span)
    }

    package init?(iso8601 text: Span<UInt8>) {
        guard text.count >= 17, text[4] == 0x2D, text[7] == 0x2D, text[10] == 0x54, text[13] == 0x3A,
            text[text.count - 1] == 0x5A,
            let year = number(text, 0..<4), let month = number(text, 5..<7), let day = number(text, 8..<10),
            let hour = number(text, 11..<13), let minute = number(text, 14..<16),
            (1...12).contains(month), day >= 1, day <= daysInMonth(month, year: year), hour < 24, minute < 60
        else { return nil }
        var second: Int64 = 0
        var nanoseconds: Int64 = 0
        if text.count > 17 {
            guard text.count >= 20, text[16] == 0x3A, let value = number(text, 17..<19), value < 60 else { return nil }
            second = value
        }
        if text.count > 20 {
            let digits = text.count - 21
            guard (1...9).contains(digits), text[19] == 0x2E, let value = number(text, 20..<(20 + digits)) else {
                return nil
            }
            nanoseconds = value
            for _ in digits..<9 {
                nanoseconds *= 10
            }
        }
        let days = dayNumber(year: year, month: month, day: day)
        self.init(
            seconds: days * 86_400 + hour * 3600 + minute * 60 + second,
            nanoseconds: UInt32(truncatingIfNeeded: nanoseconds))
    }
}

/// The decimal number in `range`, which the caller has checked; at most nine digits, so that nothing overflows.
private func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    var result: Int64 = 0
    for index in range {
        let byte = text[index]
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        result = result * 10 + Int64(byte - 0x30)
    }
    return result
}

private func appendDigits(_ value: Int64, _ count: Int, to buffer: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<count {
        divisor *= 10
    }
    while divisor > 0 {
        buffer.append(0x30 + UInt8(truncatingIfNeeded: value / divisor % 10))
        divisor /= 10
    }
}

/// How many days the month has; months are counted from 1.
func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}

/// The date that is `day` days after 1970-01-01.
func civilDate(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = day + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}
