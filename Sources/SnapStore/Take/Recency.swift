// Which files may have changed without their times showing it.
//
// Times of files tick: a write in the tick in which a file was examined leaves its facts as they were (git calls such an entry racy). So an entry whose times
// are not clearly before the scan began is not trusted by the next take. Only the change time counts, which nobody can set; a modification time
// counts too while it is near the present.

package import SnapSystem

package struct Recency: Sendable {
    private let second: Int64
    private let nanosecond: Int64
    /// Two ticks of the slowest kernel clock.
    private static let tick: Int64 = 20_000_000
    /// File systems that keep whole seconds, or two, show it by zeros.
    private static let coarse: Int64 = 2

    package init(scanStart: (seconds: Int64, nanoseconds: UInt32)) {
        second = scanStart.seconds
        nanosecond = Int64(scanStart.nanoseconds)
    }

    package func isRecent(_ facts: FileFacts) -> Bool {
        if isClose(facts.ctime_seconds, facts.ctime_nanoseconds) { return true }
        return facts.mtime_seconds <= second + Self.coarse && isClose(facts.mtime_seconds, facts.mtime_nanoseconds)
    }

    private func isClose(_ seconds: Int64, _ nanoseconds: UInt32) -> Bool {
        let earliest = nanoseconds == 0 ? second - Self.coarse : second - 1
        if seconds < earliest { return false }
        if nanoseconds == 0 || seconds > second { return true }
        return (second - seconds) * 1_000_000_000 + nanosecond - Int64(nanoseconds) <= Self.tick
    }
}
