// What gc must keep, by what all timelines of a store say at one moment.
//
// - Living snapshots; the targets of names; both snapshots of a revert's journal.
// - Removed ones whose grace has not ended: a day since the last mark, and a gc in between that has seen it.
// - Where a line is damaged, or of a newer version, nobody knows what it names: then every manifest of the store that no
//   line names may be it. So is what an unknown event names, and what timelines of another name than `main` say.
//
// The rooms are listed under the lock `identity`: a copy of a working directory reads the original's timeline and makes
// its room under that lock, so whatever it has read, either the room is listed here, or it reads what is there now.

internal import SnapSystem

/// A working directory's room, as gc reads it.
struct CollectedRoom {
    let room: Room
    /// Of the timeline.
    var length: Int
    var contents: TimelineContents
    var removals: RemovalRecord
    /// The snapshots that a revert under way goes from and to.
    var journal: [ObjectID]
    /// Timelines besides the one that this version knows.
    var others: [TimelineContents]

    /// Where the working directory is, as far as the store knows.
    var path: [UInt8]? { (try? About.read(in: room.directory))?.path }

    init(_ room: Room) throws(StoreError) {
        self.room = room
        let bytes = try room.timeline.readBytes() ?? []
        length = bytes.count
        contents = TimelineContents(parsing: bytes)
        removals = try RemovalRecord.read(in: room.directory)
        journal = []
        if let found = try RevertJournal.read(in: room.directory) { journal = [found.target, found.former] }
        others = []
        for name in try Self.otherTimelines(room) {
            guard let bytes = try room.timelines.read(name, limit: 1 << 31) else { continue }
            others.append(TimelineContents(parsing: bytes))
        }
    }

    private static func otherTimelines(_ room: Room) throws(StoreError) -> [String] {
        let scanner = DirectoryScanner()
        do throws(SystemError) {
            // A descriptor of its own, because a listing has a position.
            try scanner.readNames(of: try room.timelines.descriptor.open([0x2E], [.read, .directory]))
        } catch {
            throw StoreError(error, doing: "list", room.timelines.path)
        }
        let names = (0..<scanner.count).map { String(decoding: scanner.name($0), as: UTF8.self) }
        return names.filter { $0 != TimelineStore.main && !$0.contains(AtomicFile.unfinishedMark) }
    }

    /// Every room of the store, under the lock that keeps new ones from being made.
    static func all(_ layout: StoreLayout) throws(StoreError) -> [CollectedRoom] {
        let lock = try layout.locks.identity()
        let rooms = try allNow(layout)
        lock.release()
        return rooms
    }

    /// Every room that is there at the moment. For those who only look: nothing is locked.
    static func allNow(_ layout: StoreLayout) throws(StoreError) -> [CollectedRoom] {
        var result: [CollectedRoom] = []
        for id in try layout.roomIDs() {
            guard let room = try layout.findRoom(id) else { continue }
            result.append(try CollectedRoom(room))
        }
        return result
    }

    /// The latest moment that any event names.
    var latest: Timestamp? { contents.events.map(\.time).max() }

    /// The snapshot that the last revert, undo or run took by itself.
    var newestSafety: ObjectID? { contents.living.last { $0.event.event == .safety }?.id }
}

extension TimelineContents {
    /// It has lines that nobody can read.
    var isDoubtful: Bool { !damagedLines.isEmpty || !unknownVersionLines.isEmpty }
}

/// What must stay.
struct CollectionRoots {
    /// These and all that they need.
    private(set) var whole: [ObjectID] = []
    /// Likewise, unless the store has them no more.
    private(set) var recoverable: [ObjectID] = []
    /// Those of them that have been kept for their day, and stay because no gc has seen them go: as far as they are there.
    private(set) var overdue: Set<ObjectID> = []
    /// These as far as they are there.
    private(set) var partial: [ObjectID] = []
    /// Some manifest that no line names may be one of them.
    private(set) var hasUnknown = false
    /// What any line names.
    private(set) var named: Set<ObjectID> = []
    private var known: Set<ObjectID> = []

    /// `time`: now. `ungraced`: the ids of the directories of which no removed snapshot is kept. `ended`: snapshots whose grace was
    /// ended to save space.
    init(
        _ rooms: [CollectedRoom], at time: Timestamp, ungraced: Set<String> = [], ended: Set<ObjectID> = []
    ) {
        // What lives anywhere first: it must be there.
        for room in rooms {
            for contents in [room.contents] + room.others {
                for id in Self.living(contents) where known.insert(id).inserted { whole.append(id) }
            }
            for id in room.journal where known.insert(id).inserted { whole.append(id) }
        }
        for room in rooms {
            // What brought one of them back, or named it, may be a line that nobody can read.
            if room.contents.isDoubtful {
                for (id, _) in room.contents.removed where !room.removals.gone.contains(id) { keepPart(id) }
            }
            if ungraced.contains(room.room.id) { continue }
            for (id, _) in room.contents.removed where !ended.contains(id) {
                guard let isOverdue = Self.isOverdue(id, room, at: time) else { continue }
                if known.insert(id).inserted {
                    recoverable.append(id)
                    if isOverdue { overdue.insert(id) }
                } else if !isOverdue {
                    overdue.remove(id)
                }
            }
        }
        for room in rooms {
            for contents in [room.contents] + room.others { note(contents) }
            for (id, _) in room.others.flatMap(\.removed) { keepPart(id) }
        }
    }

    func contains(_ id: ObjectID) -> Bool { known.contains(id) }

    /// All of them, the newest first: those that stay, then those that stay for their grace, then those that may be whole
    /// or not. `rooms`: those that they were made from.
    func newestFirst(_ rooms: [CollectedRoom]) -> [ObjectID] {
        var times: [ObjectID: Timestamp] = [:]
        for contents in rooms.flatMap({ [$0.contents] + $0.others }) {
            for (id, event) in contents.living + contents.removed {
                times[id] = max(times[id] ?? event.time, event.time)
            }
        }
        func isNewer(_ a: ObjectID, _ b: ObjectID) -> Bool {
            let (x, y) = (times[a] ?? .earliest, times[b] ?? .earliest)
            return x == y ? a < b : x > y
        }
        return whole.sorted(by: isNewer) + recoverable.sorted(by: isNewer) + partial.sorted(by: isNewer)
    }

    private static func living(_ contents: TimelineContents) -> [ObjectID] {
        contents.living.map(\.id) + contents.names.values.sorted() + (contents.head.map { [$0] } ?? [])
    }

    /// Of a removed snapshot that can still be recovered, whether its day is over; nil: its grace has ended.
    private static func isOverdue(_ id: ObjectID, _ room: CollectedRoom, at time: Timestamp) -> Bool? {
        if room.removals.gone.contains(id) { return nil }
        guard let mark = room.contents.removal(of: id), time >= Grace.end(ofRemovalAt: mark.time) else { return false }
        return room.removals.hasSeen(id, removedBy: mark) ? nil : true
    }

    private mutating func keepPart(_ id: ObjectID) {
        if known.insert(id).inserted { partial.append(id) }
    }

    private mutating func note(_ contents: TimelineContents) {
        if contents.isDoubtful { hasUnknown = true }
        for event in contents.events {
            if let new = event.new { named.insert(new) }
            guard case .other = event.event else { continue }
            for id in [event.old, event.new] {
                if let id, !contents.isRemoved(id) { keepPart(id) }
            }
        }
    }
}
