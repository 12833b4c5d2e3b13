// Making the store fit: the oldest snapshots go until what the others need is small enough.
//
// What each of them alone takes says little, because they share nearly everything. So all that must stay is marked first,
// and then the others are marked in turn, the most precious first, as long as the packs with nothing but marked blocks
// would fit. The first that makes them too large is taken back, and goes with all that were to go before it.

internal import SnapSystem

extension GCOperation {
    /// A snapshot that may go.
    private struct Candidate {
        enum Rank: Int { case removed, operation, checkpoint }

        var id: ObjectID
        /// The place of its room.
        var room: Int
        var rank: Rank
        /// When it was taken, or removed.
        var time: Timestamp
    }

    /// What the packs may take; nil: as much as they need.
    func findSizeLimit() throws(StoreError) -> UInt64? {
        var limit = options.size
        if let wanted = options.free, !report.freesNothing {
            let available = try readFreeBytes().addingSaturated(fitting.pending)
            if available < wanted {
                let size = try packBytes()
                let lack = wanted - available
                limit = min(limit ?? .max, size > lack ? size - lack : 0)
            }
        }
        return limit
    }

    /// Marks what stays, and lets go what does not fit.
    func markFitting(_ limit: UInt64) throws(StoreError) {
        let candidates = try candidates()
        try followRoots(without: Set(candidates.map(\.id)))
        let limit = max(limit, fitting.leastSize)
        if marks.liveSize > limit {
            // All history would go, and it would still be too much.
            for candidate in candidates { try follow(candidate) }
            fitting.isHopeless = true
            if options.isDryRun { report.fits = false }
            say("what has to stay takes more" + (fitting.wasShort ? " as long as it is not compacted" : ""))
            return
        }
        var count = candidates.count
        while count > 0 {
            marks.beginAttempt()
            try follow(candidates[count - 1])
            if marks.liveSize > limit {
                marks.takeBackAttempt()
                walk.forget()
                break
            }
            marks.keepAttempt()
            count -= 1
        }
        try letGo(candidates.prefix(count))
    }

    private func follow(_ candidate: Candidate) throws(StoreError) {
        if candidate.rank == .removed {
            try followIfThere(candidate.id)
        } else {
            try walk.follow(candidate.id, mustBeWhole: true)
        }
    }

    /// In the order in which they go.
    private func candidates() throws(StoreError) -> [Candidate] {
        var result: [Candidate] = []
        // What must stay in one directory is no use to expire in another.
        var fixed: Set<ObjectID> = []
        let recoverable = Set(roots.recoverable)
        for (place, room) in rooms.enumerated() {
            let snapshots = try directory.retentionSnapshots(
                room.contents, for: RetentionRules(), isCancelled: { self.isCancelled })
            // In a dry run what expires by the rules is in the list all the same.
            let expiring = Set(
                report.decisions.filter { !$0.isKept && $0.directory == room.room.id }.map(\.id))
            // What it says may not be all: nothing of it goes.
            if room.contents.isDoubtful {
                fixed.formUnion(snapshots.map(\.id) + room.contents.removed.map(\.id))
                continue
            }
            fixed.formUnion(room.journal)
            for contents in room.others { fixed.formUnion(contents.living.map(\.id)) }
            for snapshot in snapshots {
                let isFree =
                    isChosen(room) && !snapshot.isHead && snapshot.names.isEmpty && snapshot.id != room.newestSafety
                    && snapshot.time <= time
                let rank: Candidate.Rank
                if expiring.contains(snapshot.id) {
                    rank = .removed
                } else if isFree, snapshot.kind == .operation {
                    rank = .operation
                } else if isFree, snapshot.kind == .checkpoint {
                    rank = .checkpoint
                } else {
                    fixed.insert(snapshot.id)
                    continue
                }
                result.append(Candidate(id: snapshot.id, room: place, rank: rank, time: snapshot.time))
            }
            // What can be had back in a directory that was not meant stays for that.
            if !isChosen(room) {
                fixed.formUnion(room.contents.removed.map(\.id).filter { !room.removals.gone.contains($0) })
                continue
            }
            for (id, event) in room.contents.removed where recoverable.contains(id) {
                let time = room.contents.removal(of: id)?.time ?? event.time
                result.append(Candidate(id: id, room: place, rank: .removed, time: time))
            }
        }
        return result.filter { !fixed.contains($0.id) }.sorted { a, b in
            if a.rank != b.rank { return a.rank.rawValue < b.rank.rawValue }
            return a.time == b.time ? a.id < b.id : a.time < b.time
        }
    }

    /// Ends the grace of the removed ones, and marks the others as expired.
    private func letGo(_ candidates: ArraySlice<Candidate>) throws(StoreError) {
        for candidate in candidates where candidate.rank == .removed { ended.insert(candidate.id) }
        for (place, room) in rooms.enumerated() {
            let expired = candidates.filter { $0.room == place && $0.rank != .removed }.map(\.id)
            if expired.isEmpty { continue }
            var count = expired.count
            if !options.isDryRun { count = try appendIfFree(expired, to: room) }
            note(Array(expired.prefix(count)), in: room)
            ended.formUnion(expired.prefix(count))
            for id in expired.dropFirst(count) { try walk.follow(id, mustBeWhole: true) }
        }
    }

    /// Appends the marks although the timeline may have grown, as long as all of them may still expire. How many of them it
    /// has then, the first ones.
    private func appendIfFree(_ expired: [ObjectID], to room: CollectedRoom) throws(StoreError) -> Int {
        var present = room
        for _ in 0..<100 {
            switch try append(expired, to: present) {
            case .done(let count): return count
            case .refused: return 0
            case .changed: present = try CollectedRoom(room.room)
            }
            let living = Set(present.contents.living.map(\.id))
            let bound = Set(present.contents.names.values).union(present.contents.head.map { [$0] } ?? [])
            for id in expired where !living.contains(id) || bound.contains(id) { return 0 }
        }
        return 0
    }

    /// Corrects what was decided on them by the rules.
    private func note(_ expired: [ObjectID], in room: CollectedRoom) {
        let gone = Set(expired)
        for index in report.decisions.indices
        where report.decisions[index].directory == room.room.id && gone.contains(report.decisions[index].id) {
            if report.decisions[index].isKept { report.expired += 1 }
            report.decisions[index].isKept = false
            report.decisions[index].reasons = [.toSaveSpace]
        }
    }
}
