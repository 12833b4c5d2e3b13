// A whole timeline: its events in order, and what follows from replaying them.
//
// Nothing in a file can make this fail. Lines that cannot be used are counted and passed over, because they may be damage
// anywhere in the file, and what stands behind them is still true.

/// What a timeline says.
package struct TimelineContents: Sendable {
    /// All events that could be read, oldest first, those of unknown words included.
    package private(set) var events: [TimelineEvent] = []
    /// Lines that are damaged, numbered from 1, and how.
    package private(set) var damagedLines: [(number: Int, damage: TimelineDamage)] = []
    /// Lines of a version that is not known, numbered from 1.
    package private(set) var unknownVersionLines: [Int] = []
    /// Names and their targets.
    package private(set) var names: [String: ObjectID] = [:]
    /// Snapshots that a drop mark names and no later recover mark.
    package private(set) var dropped: Set<ObjectID> = []
    /// Snapshots that an expire mark names and no later recover mark.
    package private(set) var expired: Set<ObjectID> = []
    /// Whether the next line can be appended as it is.
    package private(set) var endsAtLineBorder = true
    /// Where the head events are in `events`, oldest first.
    private var headIndexes: [Int] = []
    /// Where the last mark that took a snapshot away is in `events`, for those that no later mark brought back.
    private var removalIndexes: [ObjectID: Int] = [:]

    /// The timeline without lines.
    package init() {}

    package init(parsing bytes: [UInt8]) {
        self.init(parsing: bytes.span)
    }

    package init(parsing bytes: Span<UInt8>) {
        // Lines are longer than that, but for few.
        let lines = min(bytes.count / 128, 1 << 20)
        events.reserveCapacity(lines)
        headIndexes.reserveCapacity(lines)
        var reader = TimelineLineReader()
        var start = 0
        var number = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A {
                end += 1
            }
            number += 1
            switch reader.read(bytes.extracting(start..<end)) {
            case .event(let event): append(event)
            case .damaged(let damage): damagedLines.append((number, damage))
            case .unknownVersion: unknownVersionLines.append(number)
            }
            endsAtLineBorder = end < bytes.count
            start = end + 1
        }
    }

    /// Replays one more event.
    package mutating func append(_ event: TimelineEvent) {
        if event.event.isHead { headIndexes.append(events.count) }
        events.append(event)
        switch event.event {
        case .name:
            if let name = event.message.string, let target = event.new { names[name] = target }
        case .unname:
            if let name = event.message.string { names[name] = nil }
        case .drop:
            if let id = event.new {
                dropped.insert(id)
                removalIndexes[id] = events.count - 1
            }
        case .expire:
            if let id = event.new {
                expired.insert(id)
                removalIndexes[id] = events.count - 1
            }
        case .recover:
            if let id = event.new {
                dropped.remove(id)
                expired.remove(id)
                removalIndexes[id] = nil
            }
        case .take, .safety, .revert, .undo, .redo, .run, .other: break
        }
    }

    /// The covered state when the last event ended; nil before the first.
    package var head: ObjectID? { headEvent(0)?.new }

    package var headEventCount: Int { headIndexes.count }

    /// The head event that made the head of `back` head events ago; nil before the first.
    package func headEvent(_ back: Int) -> TimelineEvent? {
        guard back >= 0, back < headIndexes.count else { return nil }
        return events[headIndexes[headIndexes.count - 1 - back]]
    }

    /// The head events, most recent first.
    package var headEvents: [TimelineEvent] { headIndexes.reversed().map { events[$0] } }

    /// Whether a mark took the snapshot away and none brought it back.
    package func isRemoved(_ id: ObjectID) -> Bool { dropped.contains(id) || expired.contains(id) }

    /// The mark that took the snapshot away; nil if it is not removed. Of several the last, whose grace is the longest.
    package func removal(of id: ObjectID) -> TimelineEvent? { removalIndexes[id].map { events[$0] } }
}

extension TimelineContents {
    /// The head, from a timeline's last bytes alone; nil if no head event is wholly among them, and then the whole file has to
    /// be read. `startsAtLineBorder`: the bytes start with a line, and not perhaps within one.
    package static func lastHead(inTail bytes: Span<UInt8>, startsAtLineBorder: Bool) -> ObjectID? {
        lastHeadEvent(inTail: bytes, startsAtLineBorder: startsAtLineBorder)?.new
    }

    /// The event that made the head, found likewise.
    package static func lastHeadEvent(inTail bytes: Span<UInt8>, startsAtLineBorder: Bool) -> TimelineEvent? {
        var reader = TimelineLineReader()
        var end = bytes.count
        if end > 0, bytes[end - 1] == 0x0A { end -= 1 }
        while end > 0 {
            var start = end
            while start > 0, bytes[start - 1] != 0x0A {
                start -= 1
            }
            // The rest of a line that starts earlier would be a line of its own only by accident.
            if start == 0, !startsAtLineBorder { return nil }
            if case .event(let event) = reader.read(bytes.extracting(start..<end)), event.event.isHead {
                return event
            }
            end = start - 1
        }
        return nil
    }
}
