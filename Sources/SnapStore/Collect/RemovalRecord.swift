// What gc knows of a working directory's removed snapshots: the file `removals` in its room (docs/format.md, section 2).
//
// The grace of a removal ends only if an earlier gc has seen it: a clock that jumps ahead then ends nothing at once. And a
// snapshot whose grace has ended is gone, although some of it may still lie in packs that stay: it is written down here
// before anything is removed, so that nobody is promised what may be lost in parts.
//
// Without the file, or if it is damaged, nothing was seen and nothing is gone: that only keeps more.

internal import SnapSystem

struct RemovalRecord: Equatable {
    static let file = "removals"
    static let limit = 1 << 28

    /// Removed snapshots that a gc has seen, each with the time of its last mark.
    var seen: [ObjectID: Timestamp] = [:]
    /// Removed snapshots that cannot be recovered any more.
    var gone: Set<ObjectID> = []

    /// Whether a gc has seen this removal of the snapshot.
    func hasSeen(_ id: ObjectID, removedBy mark: TimelineEvent) -> Bool { seen[id] == mark.time }

    static func read(in room: StoreDirectory) throws(StoreError) -> RemovalRecord {
        guard let content = try room.read(file, limit: limit) else { return RemovalRecord() }
        do throws(KeyValueError) {
            return RemovalRecord(try KeyValueFile(parsing: content, checksummed: true))
        } catch {
            return RemovalRecord()
        }
    }

    init() {}

    private init(_ values: KeyValueFile) {
        for entry in values.entries {
            if entry.key == "gone", let id = ObjectID(lowerCaseDigits: entry.value.span) { gone.insert(id) }
            if entry.key == "seen", entry.value.count == Self.seenLength,
                let id = ObjectID(lowerCaseDigits: Array(entry.value.prefix(64)).span),
                let time = Timestamp(text: Array(entry.value.suffix(Timestamp.textLength)).span)
            {
                seen[id] = time
            }
        }
    }

    private static let seenLength = 64 + 1 + Timestamp.textLength

    /// Replaces the file, durably, unless that is what it says.
    func write(in room: StoreDirectory) throws(StoreError) {
        if try Self.read(in: room) == self { return }
        var values = KeyValueFile()
        for (id, time) in seen.sorted(by: { $0.key < $1.key }) { values.append("seen", "\(id) \(time)") }
        for id in gone.sorted() { values.append("gone", id.description) }
        try room.replace(Self.file, with: values.encoded(checksummed: true))
    }
}

extension WorkingDirectory {
    /// Removed snapshots that gc has found past their grace: parts of them may lie in packs still.
    func goneSnapshots() throws(StoreError) -> Set<ObjectID> { try RemovalRecord.read(in: room.directory).gone }
}
