// How long a removed snapshot can be had back. A mark in the timeline is all that a removal is; until the grace has
// ended gc treats the snapshot as one that lives, unless it is told not to.

package enum Grace {
    /// One day.
    package static let seconds: Int64 = 86_400

    /// When the grace of what was dropped or expired at `time` ends, at the earliest: it stays until a gc finds that.
    package static func end(ofRemovalAt time: Timestamp) -> Timestamp {
        let (sum, isTooLarge) = time.seconds.addingReportingOverflow(seconds)
        return isTooLarge ? .latest : min(Timestamp(seconds: sum, nanoseconds: time.nanoseconds), .latest)
    }
}

/// How a snapshot was removed, and until when it can be recovered.
public struct Removal: Sendable, Equatable {
    /// `drop` by a person, or `expire` by a rule.
    public var event: Event
    public var time: Timestamp
    /// Until then gc leaves it in the store, unless it is told otherwise.
    public var graceEnd: Timestamp

    package init(_ mark: TimelineEvent) {
        event = mark.event
        time = mark.time
        graceEnd = Grace.end(ofRemovalAt: mark.time)
    }
}
