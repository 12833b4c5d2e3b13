// The zone of the machine's clock, as the C library knows it: from TZ, or from the system's configuration.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

package enum LocalTime {
    /// Reads the zone, once: `localtime_r` alone need not do it.
    private static let zone: Void = tzset()

    /// Seconds east of UTC at a moment, given in seconds since 1970; 0 for moments whose year the C library cannot count.
    package static func offset(at seconds: Int64) -> Int {
        _ = zone
        var time = time_t(seconds)
        var fields = unsafe tm()
        guard unsafe localtime_r(&time, &fields) != nil else { return 0 }
        return unsafe fields.tm_gmtoff
    }
}
