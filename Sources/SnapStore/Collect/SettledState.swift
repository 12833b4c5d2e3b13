// What the last gc went by, if it left nothing to do: the file `settled` in the store.
//
// To walk all snapshots costs every night as much as it did the first time. But what a walk comes to follows from what must
// stay and what packs there are, and what compaction does also from what it is asked for. Where all of that is as a gc has
// left it, the next one has nothing to do, and does not walk. A mistake here keeps something for longer, and removes nothing.
//
// A gc that leaves a store so writes it down: one that saw everything, met nothing that was new or gone meanwhile, lacked
// neither room nor time, and has nothing to tell. Without the file, or if it is damaged, the snapshots are walked.

internal import SnapSystem

struct SettledState {
    static let file = "settled"

    /// Of everything that a gc goes by.
    var digest: ObjectID
    /// What nothing needs and stays.
    var deadBytes: UInt64

    /// nil: nothing is known.
    static func read(in store: StoreDirectory) -> SettledState? {
        guard let values = try? store.readKeyValues(file), let text = values["state"],
            let digest = ObjectID(lowerCaseDigits: text.span),
            let dead = values["dead"].flatMap({ UInt64(String(decoding: $0, as: UTF8.self)) })
        else { return nil }
        return SettledState(digest: digest, deadBytes: dead)
    }

    /// Writes it down; where that cannot be, the next gc walks.
    func write(in store: StoreDirectory) {
        var values = KeyValueFile()
        values.append("state", digest.description)
        values.append("dead", String(deadBytes))
        try? store.replace(Self.file, with: values.encoded(checksummed: true))
    }
}

extension GCOperation {
    /// What one pass of gc goes by.
    struct Settling {
        /// Of what must stay, and of what is asked for.
        var wishes: [UInt8]
        var packs: Set<ObjectID>
        /// Snapshots that were let go before.
        var gone: Int

        var digest: ObjectID {
            var bytes = wishes
            for id in packs.sorted() { id.append(to: &bytes) }
            return unsafe ObjectHasher().id(.chunk, bytes.span.bytes)
        }
    }

    /// Changes with what compaction makes of the same objects.
    private static let compactionVersion: UInt8 = 1

    /// Whether everything is as a gc has left it. To be asked after a look, before anything is marked.
    func isSettled() -> Bool {
        settling = nil
        // How much is free changes, and packs on the list are to be looked at.
        guard sizeLimit == nil, options.free == nil, left.isEmpty, report.notes.isEmpty, let wishes else {
            return false
        }
        let present = Settling(wishes: wishes, packs: Set(marks.marks.map(\.id)), gone: report.gone)
        settling = present
        guard let last = SettledState.read(in: layout.root), last.digest == present.digest else { return false }
        report.deadBytes = last.deadBytes
        return true
    }

    /// Writes down what there is now, if there is nothing left to do.
    func settle() {
        guard var state = settling, !report.isUnfinished, !isShortOfRoom, !fitting.isCut, report.notes.isEmpty,
            report.gone == state.gone,
            report.missingChunks == 0, walk.missingCount == 0, let wishes, wishes == state.wishes
        else { return }
        let known = Set(marks.marks.map(\.id))
        // What takes have added since was not looked at.
        guard known.isSubset(of: state.packs.union(fresh)) else { return }
        state.packs = known.subtracting(retired)
        SettledState(digest: state.digest, deadBytes: report.deadBytes).write(in: layout.root)
    }

    /// What must stay, by the last look, and what is asked for; nil if the configuration cannot be read.
    private var wishes: [UInt8]? {
        guard let compression = try? directory.configuration().compression else { return nil }
        let form = "\(Self.compactionVersion) \(options.compacts) \(options.compactsFully) \(compression)"
        var bytes = Array(form.utf8)
        let gone = rooms.reduce(into: Set<ObjectID>()) { $0.formUnion($1.removals.gone) }
        let lists = [
            roots.whole, roots.recoverable, Array(roots.overdue), roots.partial, Array(roots.named), Array(gone),
        ]
        for list in lists {
            bytes += Array("\n\(list.count) ".utf8)
            for id in list.sorted() { id.append(to: &bytes) }
        }
        // Whether a snapshot that no line names may have lost its line.
        bytes += Array("\n\(roots.hasUnknown)".utf8)
        for room in rooms {
            let latest = room.latest.map { "\($0)" } ?? "-"
            bytes += Array("\n\(room.room.id) \(latest) \(room.contents.head == nil)".utf8)
        }
        return bytes
    }
}
