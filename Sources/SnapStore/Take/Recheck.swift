// Examining directories again when the walk is over.
//
// A file moved during the walk from a directory that was not read yet into one that was is in neither. Both directories' times have moved then: whoever finds a directory whose facts
// are not those that were recorded walks again, with what the first walk recorded as its cache, which costs what an unchanged take costs.

internal import SnapSystem
internal import Synchronization

extension Take {
    private struct Queue {
        var items: [(record: RecordLocation, path: [UInt8])] = []
        var busy = 0
        var changed: [UInt8]?
    }

    /// The path of a directory that has changed since the walk recorded it; nil if none has.
    func changedDirectory(_ rootRecord: RecordLocation, _ rootFacts: FileFacts) -> [UInt8]? {
        guard let now = try? root.facts().0, now.isSameDirectory(as: rootFacts) else { return [] }
        let queue = Monitor(Queue(items: [(rootRecord, [])]))
        Workers.run(workerCount) { [self] _ in
            while true {
                let batch: [(record: RecordLocation, path: [UInt8])]? = queue.wait { queue in
                    if queue.changed != nil { return .some(nil) }
                    if queue.items.isEmpty { return queue.busy == 0 ? .some(nil) : nil }
                    queue.busy += 1
                    let count = min(16, (queue.items.count + 1) / 2)
                    let taken = Array(queue.items.suffix(count))
                    queue.items.removeLast(count)
                    return .some(taken)
                }
                guard let batch else {
                    queue.signal()
                    return
                }
                var found: [(record: RecordLocation, path: [UInt8])] = []
                var changed: [UInt8]?
                for item in batch where changed == nil { changed = examine(item.record, item.path, &found) }
                queue.withLock { queue in
                    queue.busy -= 1
                    queue.items.append(contentsOf: found)
                    if let changed { queue.changed = changed }
                }
                queue.signal()
            }
        }
        return queue.withLock { $0.changed }
    }

    /// Examines the sub-directories in a record; those that have sub-directories themselves go to `found`.
    private func examine(
        _ record: RecordLocation, _ path: [UInt8], _ found: inout [(record: RecordLocation, path: [UInt8])]
    ) -> [UInt8]? {
        let changed: [UInt8]?? = cache.withRecord(record) { (view) -> [UInt8]? in
            guard view.childCount > 0 else { return nil }
            var cursor = StatEntryCursor(view.entries)
            var ordinal = 0
            while cursor.isAtEntry {
                let facts = cursor.facts
                if facts.type == .directory {
                    let child = view.child(ordinal) ?? 0
                    ordinal += 1
                    if child != 0 {
                        let name = array(cursor.name)
                        let place = path.isEmpty ? name : path + [0x2F] + name
                        guard let now = currentFacts(of: place), now.isSameDirectory(as: facts) else { return place }
                        found.append((RecordLocation(raw: child), place))
                    }
                }
                cursor.advance()
            }
            return nil
        }
        return changed ?? nil
    }

    private func currentFacts(of path: [UInt8]) -> FileFacts? {
        if path.count < 4000 { return try? root.facts(of: path).0 }
        guard let directory = try? root.openBeneath(path, [.read, .directory]) else { return nil }
        return try? directory.facts().0
    }
}

extension FileFacts {
    /// Nothing was added, removed or renamed in the directory, nor were its own attributes changed.
    func isSameDirectory(as other: FileFacts) -> Bool {
        inode == other.inode && mtime_seconds == other.mtime_seconds && mtime_nanoseconds == other.mtime_nanoseconds
            && ctime_seconds == other.ctime_seconds && ctime_nanoseconds == other.ctime_nanoseconds
            && mode == other.mode
    }
}
