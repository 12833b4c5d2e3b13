// The present moment and the local zone: what text such as "yesterday 14:00" is read by.
//
// The library asks neither the system nor the environment what time it is or where it is: whoever calls it says so, and
// a test says what it likes. A zone is one function, its offset from UTC at a moment, and everything else follows from
// it. What a wall clock shows is held as the seconds that it shows since 1970-01-01 00:00, so that days and times of
// day are plain division, and steps of the clock are gaps and repetitions among these numbers.

/// The present moment, and the local zone.
public struct LocalClock: Sendable {
    public var now: Timestamp
    /// Seconds east of UTC at a moment.
    public var offset: @Sendable (_ secondsSince1970: Int64) -> Int

    public init(now: Timestamp, offset: @escaping @Sendable (_ secondsSince1970: Int64) -> Int) {
        self.now = now
        self.offset = offset
    }
}

extension LocalClock {
    private static let day: Int64 = 86_400
    /// Far beyond every date, and far from where numbers end.
    private static let limit: Int64 = 1 << 60

    /// What the wall clock shows at a moment.
    package func reading(at seconds: Int64) -> Int64 {
        let moment = min(max(seconds, -Self.limit), Self.limit)
        return moment + zoneOffset(at: moment)
    }

    /// The moment at which the wall clock shows `reading`.
    ///
    /// Where the clock is put back a reading comes twice, and the first is meant. Where it is put forward, readings are
    /// left out: such a one is moved forward by what is left out, so 02:30 is 03:30 where 3 follows on 2.
    package func moment(ofReading reading: Int64) -> Int64 {
        let shown = min(max(reading, -Self.limit), Self.limit)
        // No zone is a whole day from UTC: one of these moments is before the wanted one and one behind it.
        let before = zoneOffset(at: shown - Self.day)
        let after = zoneOffset(at: shown + Self.day)
        var found: Int64?
        for offset in [before, after] where zoneOffset(at: shown - offset) == offset {
            found = min(found ?? shown - offset, shown - offset)
        }
        return found ?? shown - before
    }

    /// The zone's offset, and no nonsense: two days at most, to either side.
    private func zoneOffset(at seconds: Int64) -> Int64 {
        min(max(Int64(offset(seconds)), -2 * Self.day), 2 * Self.day)
    }
}
