// The pieces of a time's text: words, numbers, dates, times of day and zones.
//
// Pieces are parted by blanks, or by nothing where a number and a word meet; also by '.', '_' or '-', as in
// "2.hours.ago", unless that could be part of a number, a date or a time. A comma may stand before a blank. What is no
// piece makes the whole text none: nothing is passed over.

/// A time of day, as a wall clock shows it.
struct TimeOfDay: Equatable {
    /// From 0 to 86,399.
    var seconds: Int64
    var nanoseconds: UInt32 = 0

    static let midnight = TimeOfDay(seconds: 0)
    static let noon = TimeOfDay(seconds: 43_200)

    /// The same on a clock of twelve hours; nil if such a clock does not show it.
    func onTwelveHourClock(isAfternoon: Bool) -> TimeOfDay? {
        let hour = seconds / 3600
        guard (1...12).contains(hour) else { return nil }
        var result = self
        if hour == 12 { result.seconds -= 43_200 }
        if isAfternoon { result.seconds += 43_200 }
        return result
    }
}

/// The day's number; nil if there is no such date in the years 0 to 9999.
func existingDay(year: Int64, month: Int64, day: Int64) -> Int64? {
    guard (0...9999).contains(year), (1...12).contains(month), day >= 1, day <= daysInMonth(month, year: year) else {
        return nil
    }
    return dayNumber(year: year, month: month, day: day)
}

/// The same from eight digits, as in 20261120.
func existingDay(digits: Int64) -> Int64? {
    existingDay(year: digits / 10_000, month: digits / 100 % 100, day: digits % 100)
}

enum TimeToken {
    /// In lower case.
    case word(String)
    /// nil if it is too large.
    case number(Int64?, digits: Int)
    /// `@` and a number.
    case count(Int64?)
    /// Days since 1970-01-01.
    case date(Int64)
    case time(TimeOfDay)
    /// Seconds east of UTC.
    case zone(Int64)
}

struct TimeLexer {
    private let bytes: [UInt8]
    private var position = 0
    private var tokens: [TimeToken] = []

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The pieces of text in lower case; nil if some of it is none.
    static func tokens(of bytes: [UInt8]) -> [TimeToken]? {
        var lexer = TimeLexer(bytes)
        lexer.skipBlanks()
        while lexer.position < bytes.count {
            guard let token = lexer.next() else { return nil }
            lexer.tokens.append(token)
            guard lexer.skipSeparator() else { return nil }
        }
        return lexer.tokens
    }

    /// 0 behind the end.
    private func byte(at index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private func isDigit(at index: Int) -> Bool { byte(at: index) >= 0x30 && byte(at: index) <= 0x39 }

    private func isLetter(at index: Int) -> Bool { byte(at: index) >= 0x61 && byte(at: index) <= 0x7A }

    private func isBlank(at index: Int) -> Bool { byte(at: index) == 0x20 || byte(at: index) == 0x09 }

    private var isBehindTime: Bool {
        if case .time? = tokens.last { true } else { false }
    }

    private var isBehindDate: Bool {
        if case .date? = tokens.last { true } else { false }
    }

    private var isBehindNumber: Bool {
        if case .number? = tokens.last { true } else { false }
    }

    // MARK: Between pieces

    private mutating func skipBlanks() {
        while isBlank(at: position) {
            position += 1
        }
    }

    /// Passes over what parts the last piece from the next; false if that is none of what may.
    private mutating func skipSeparator() -> Bool {
        switch byte(at: position) {
        case 0x20, 0x09:
            skipBlanks()
            return true
        case 0x2C:
            // A comma only in front of a blank.
            guard isBlank(at: position + 1) else { return false }
            position += 1
            skipBlanks()
            return true
        case 0x2B:
            return isBehindTime
        case 0x2D where isBehindTime && isDigit(at: position + 1):
            // Both signs are the zone's.
            return true
        case 0x2D, 0x2E, 0x5F:
            guard separates(byte(at: position)) else { return false }
            position += 1
            return true
        default:
            return position == bytes.count || isDigit(at: position) || isLetter(at: position)
        }
    }

    /// Whether the point, line or hyphen at the position can be nothing but a blank's substitute.
    private func separates(_ separator: UInt8) -> Bool {
        let next = position + 1
        guard isDigit(at: next) || isLetter(at: next) else { return false }
        if separator == 0x5F || isLetter(at: next) || isLetter(at: position - 1) { return true }
        return separator == 0x2D && isBehindNumber
    }

    // MARK: A piece

    private mutating func next() -> TimeToken? {
        if isDigit(at: position) {
            if let date = date() { return date }
            if let time = time(isCompact: false) { return time }
            let start = position
            let value = number()
            return .number(value, digits: position - start)
        }
        switch byte(at: position) {
        case 0x40:
            guard tokens.isEmpty, isDigit(at: position + 1) else { return nil }
            position += 1
            return .count(number())
        case 0x2B, 0x2D:
            return isBehindTime ? zone() : nil
        case 0x74 where isBehindDate && isDigit(at: position - 1) && isDigit(at: position + 1):
            // The T of ISO 8601.
            position += 1
            if let time = time(isCompact: false) { return time }
            return time(isCompact: true)
        default:
            return word()
        }
    }

    private mutating func word() -> TimeToken? {
        let start = position
        while isLetter(at: position) {
            position += 1
        }
        guard position > start else { return nil }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        if isBehindTime, word == "z" || word == "utc" || word == "gmt" { return .zone(0) }
        return .word(word)
    }

    /// All digits from the position on; nil if they are too many.
    private mutating func number() -> Int64? {
        var value: Int64 = 0
        var isTooLarge = false
        while isDigit(at: position) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowOfSum) = product.addingReportingOverflow(Int64(byte(at: position) - 0x30))
            if overflow || overflowOfSum { isTooLarge = true }
            value = sum
            position += 1
        }
        return isTooLarge ? nil : value
    }

    /// `2026-11-20`; `20261120` only with a time behind it, for by itself it is a number too.
    private mutating func date() -> TimeToken? {
        let end: Int
        let day: Int64?
        if let digits = digits(8, at: position) {
            guard byte(at: position + 8) == 0x74, isDigit(at: position + 9) else { return nil }
            end = position + 8
            day = existingDay(digits: digits)
        } else {
            guard let year = digits(4, at: position), byte(at: position + 4) == 0x2D,
                let month = digits(2, at: position + 5), byte(at: position + 7) == 0x2D,
                let number = digits(2, at: position + 8), !isDigit(at: position + 10)
            else { return nil }
            end = position + 10
            day = existingDay(year: year, month: month, day: number)
        }
        guard let day else { return nil }
        position = end
        return .date(day)
    }

    /// `9:30`, `14:00`, `14:00:30`, `14:00:30.5`; compact `1400`, `140030`, `140030.5`.
    private mutating func time(isCompact: Bool) -> TimeToken? {
        let hourDigits = isCompact || isDigit(at: position + 1) ? 2 : 1
        let colons = isCompact ? 0 : 1
        guard let hour = digits(hourDigits, at: position), hour < 24,
            isCompact || byte(at: position + hourDigits) == 0x3A,
            let minute = digits(2, at: position + hourDigits + colons), minute < 60
        else { return nil }
        var result = TimeOfDay(seconds: hour * 3600 + minute * 60)
        var end = position + hourDigits + colons + 2
        if isCompact ? isDigit(at: end) : byte(at: end) == 0x3A {
            guard let second = digits(2, at: end + colons), second < 60,
                let fraction = fraction(at: end + colons + 2)
            else { return nil }
            result.seconds += second
            result.nanoseconds = fraction.nanoseconds
            end += colons + 2 + fraction.length
        }
        guard !isDigit(at: end), byte(at: end) != 0x3A else { return nil }
        position = end
        return .time(result)
    }

    /// A point or comma and up to nine digits; of length 0 if there is none; nil if there are more digits.
    private func fraction(at start: Int) -> (nanoseconds: UInt32, length: Int)? {
        guard byte(at: start) == 0x2E || byte(at: start) == 0x2C, isDigit(at: start + 1) else { return (0, 0) }
        var value: UInt32 = 0
        var count = 0
        while isDigit(at: start + 1 + count) {
            guard count < 9 else { return nil }
            value = value * 10 + UInt32(byte(at: start + 1 + count) - 0x30)
            count += 1
        }
        for _ in count..<9 {
            value *= 10
        }
        return (value, count + 1)
    }

    /// `+01:00`, `+0100`, `+01`.
    private mutating func zone() -> TimeToken? {
        guard let hours = digits(2, at: position + 1), hours < 24 else { return nil }
        var end = position + 3
        var minutes: Int64 = 0
        let hasColon = byte(at: end) == 0x3A
        if hasColon || isDigit(at: end) {
            guard let value = digits(2, at: hasColon ? end + 1 : end), value < 60 else { return nil }
            minutes = value
            end += hasColon ? 3 : 2
        }
        guard !isDigit(at: end) else { return nil }
        let offset = hours * 3600 + minutes * 60
        let isWest = byte(at: position) == 0x2D
        position = end
        return .zone(isWest ? -offset : offset)
    }

    /// That many digits, at most nine, as a number; nil if there are other characters among them.
    private func digits(_ count: Int, at start: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<(start + count) {
            guard isDigit(at: index) else { return nil }
            value = value * 10 + Int64(byte(at: index) - 0x30)
        }
        return value
    }
}
