// Lines of snapshots that are gone for good leave the timeline, once they are more than half of it.
//
// The new file is complete and durable before it takes the old one's name, under the timeline's lock, which is a file of
// its own: whoever waits for it opens the new file. Lines that cannot be read stay as they are, byte for byte, and so does
// every line that names nothing gone. Where a line says that the head was a snapshot that is gone, it says the nearest
// head before that is left: so `@~1` and undo find it.
//
// What comes out is read before it is used: heads, names, living and removed snapshots must be what they were.

internal import SnapSystem

struct TimelineRewrite {
    /// Shorter timelines are left alone.
    static let leastLines = 64

    /// The file without the lines of `gone`; nil if that is not worth it, or not safe.
    static func bytes(
        of old: [UInt8], without gone: Set<ObjectID>, leastLines: Int = TimelineRewrite.leastLines
    ) -> [UInt8]? {
        var reader = TimelineLineReader()
        var result: [UInt8] = []
        result.reserveCapacity(old.count)
        var lines = 0
        var dropped = 0
        var head: ObjectID?
        var start = 0
        while start < old.count {
            var end = start
            while end < old.count, old[end] != 0x0A { end += 1 }
            lines += 1
            let line = old[start..<end]
            start = end + 1
            if case .event(let event) = reader.read(line.span) {
                if isOf(gone, event) {
                    dropped += 1
                    continue
                }
                if let former = event.old, gone.contains(former) {
                    var changed = event
                    changed.old = event.event.isHead ? head : nil
                    result += changed.encoded()
                } else {
                    result += line
                    result.append(0x0A)
                }
                if event.event.isHead { head = event.new }
            } else {
                result += line
                result.append(0x0A)
            }
        }
        guard lines >= leastLines, dropped > lines / 2 else { return nil }
        return isSame(TimelineContents(parsing: old), TimelineContents(parsing: result), gone) ? result : nil
    }

    /// The line is about a snapshot that is gone.
    private static func isOf(_ gone: Set<ObjectID>, _ event: TimelineEvent) -> Bool {
        // What an unknown event means, nobody here knows.
        if case .other = event.event { return false }
        if let new = event.new { return gone.contains(new) }
        return event.event == .unname && event.old.map { gone.contains($0) } ?? false
    }

    /// Nothing but what is gone is missing.
    private static func isSame(_ old: TimelineContents, _ new: TimelineContents, _ gone: Set<ObjectID>) -> Bool {
        old.head == new.head && old.names == new.names && old.living.map(\.id) == new.living.map(\.id)
            && old.removed.map(\.id).filter { !gone.contains($0) } == new.removed.map(\.id)
            && old.damagedLines.count == new.damagedLines.count
            && old.unknownVersionLines.count == new.unknownVersionLines.count
    }
}

extension GCOperation {
    /// Writes those timelines anew of which most is about what is gone. Where that cannot be done nothing is lost.
    func rewriteTimelines(leastLines: Int = TimelineRewrite.leastLines) throws(StoreError) {
        for room in rooms {
            var record = try RemovalRecord.read(in: room.room.directory)
            if record.gone.isEmpty { continue }
            let lock = try layout.locks.timeline(room.room.id)
            let old = try room.room.timeline.readBytes() ?? []
            if let new = TimelineRewrite.bytes(of: old, without: record.gone, leastLines: leastLines) {
                try room.room.timelines.replace(TimelineStore.main, with: new)
                let named = Set(TimelineContents(parsing: new).removed.map(\.id))
                record.gone.formIntersection(named)
                try record.write(in: room.room.directory)
            }
            lock.release()
        }
    }
}
