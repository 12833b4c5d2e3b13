// From packs that are not needed any more to fewer packs: retire, wait, rescue, unlink. Each step is a method, so that
// tests can do something in between.

internal import SnapSystem

extension GCOperation {
    // MARK: Retire

    enum Retiring {
        /// There is nothing to retire.
        case nothing
        case done
        /// Takes of an earlier epoch still run.
        case abandoned
    }

    /// Tells all takes to come that these packs do not count.
    func retire() throws(StoreError) -> Retiring {
        if retired.isEmpty {
            if !left.isEmpty { try RetiredPacks.clear(in: layout.root) }
            packs.setRetired([])
            return .nothing
        }
        try checkIndexes()
        formerEpoch = try layout.epoch.read()
        // A gc that was killed may have left takes that are older still, under the lock of the epoch to come.
        if try !waitForTakes(of: formerEpoch &+ 1) {
            // What was retired before stays so: it may be half gone.
            retired = left
            return .abandoned
        }
        try RetiredPacks.write(retired, in: layout.root)
        packs.setRetired(retired)
        marks.add([], last: retired)
        _ = try layout.epoch.raise()
        return .done
    }

    /// What an index says of a pack that goes has to be what it said at first: else something might be needed that nobody
    /// finds in it.
    private func checkIndexes() throws(StoreError) {
        try using { () throws(PackError) in
            for id in retired {
                guard let place = marks.place(of: id) else { continue }
                try marks.marks[place].pack.requireID()
            }
        }
    }

    // MARK: Wait

    /// Waits until no take of an epoch's parity runs any more. False if they take longer than gc has patience.
    func waitForTakes(of epoch: UInt64) throws(StoreError) -> Bool {
        let start = Process.monotonicNanoseconds
        var isTold = false
        while true {
            if let lock = try layout.locks.epoch(epoch, exclusive: true, waiting: false) {
                lock.release()
                return true
            }
            if isCancelled { throw .cancelled }
            if Process.monotonicNanoseconds &- start >= options.takePatience { return false }
            if !isTold { observer.progress?(.note("waiting for takes that are under way")) }
            isTold = true
            Process.pause(milliseconds: 20)
        }
    }

    // MARK: What was recorded meanwhile

    /// Marks what timelines say now, and finds the packs that came since. What takes left that died is taken in or
    /// removed, as long as it can be looked at.
    func markAgain() throws(StoreError) {
        try sweep()
        marks.isThorough = true
        try readRoots()
        try followRoots()
    }

    /// Copies out of the retired packs what is needed and lies nowhere else; a pack of which that is most stays.
    func rescue() throws(StoreError) {
        if retired.isEmpty { return }
        let rescue = Rescue(
            marks, going: Set(retired.compactMap { marks.place(of: $0) }),
            fresh: Set(fresh.compactMap { marks.place(of: $0) }), observer)
        try using { () throws(PackError) in try rescue.plan() }
        retired = Set(rescue.going.map { marks.marks[$0].id })
        if rescue.blocks.isEmpty { return }
        try write { (writer) throws(PackError) in try rescue.write(to: writer) }
    }

    // MARK: Unlink

    /// Writes down which removals this gc has seen, and which snapshots are gone from now on: before anything is removed.
    func noteRemovals() throws(StoreError) {
        for room in rooms {
            var record = RemovalRecord()
            for (id, _) in room.contents.removed {
                var isGone = room.removals.gone.contains(id)
                if !isGone, !report.isUnfinished, !roots.contains(id) {
                    // It may live in another directory.
                    let key = ObjectKey(.manifest, id)
                    isGone = try using { () throws(PackError) in try !marks.isNeeded(key) }
                    if isGone, try using({ () throws(PackError) in try packs.locate(key) != nil }) { report.gone += 1 }
                }
                if isGone {
                    record.gone.insert(id)
                } else if let mark = room.contents.removal(of: id) {
                    record.seen[id] = mark.time
                }
            }
            try record.write(in: room.room.directory)
        }
    }

    /// Removes the retired packs, and then the list of them.
    func unlink() throws(StoreError) {
        noteFreeBytes()
        try using { () throws(PackError) in
            for id in retired.sorted() {
                guard let place = marks.place(of: id) else { continue }
                try packs.remove(id)
                removedBytes = removedBytes.addingSaturated(marks.marks[place].pack.length)
                report.removedPacks += 1
            }
            if !retired.isEmpty { try packs.syncDirectory() }
        }
        try RetiredPacks.clear(in: layout.root)
        packs.setRetired([])
    }
}
