// The quick way through a directory: where its own times say that its names are those of the cache, each entry is asked for its facts by the
// name in the mapped record. This is what an unchanged take spends its time in.

internal import SnapSystem

extension TakeWorker {
    /// Handles a directory whose times say that its names are those of the cache, and whose entries all have the facts of the cache: nothing is listed, and nothing
    /// allocated for an entry. False if it must be scanned.
    func isKnown(_ node: DirectoryNode, _ directory: borrowing FileDescriptor) throws(PackError) -> Bool {
        // A record says nothing about what the covering trees have.
        guard take.options.trustsCache, !take.options.rehash, node.hasCachedFacts, node.hasCachedRules,
            !node.isLimited, let cached = node.cached
        else { return false }
        let fd = directory.raw
        let known: KnownDirectory? =
            take.cache.withRecord(cached) { record -> KnownDirectory? in
                let totals = record.totals
                guard record.traits.contains(.isSettled), totals.leftOutHere == 0 else { return nil }
                var result = KnownDirectory(hasIgnoreFile: record.traits.contains(.hasIgnoreFile))
                let region = record.entries
                var cursor = StatEntryCursor(region)
                while cursor.isAtEntry {
                    let place = cursor.namePlace
                    guard cursor.flags == 0,
                        FileDescriptor.hasFacts(
                            fd, region, at: cursor.offset, nameAt: place.offset, nameLength: place.length)
                    else { return nil }
                    let facts = cursor.facts
                    if facts.type == .directory {
                        result.directories.append(
                            (
                                array(cursor.name), facts,
                                RecordLocation(raw: record.child(result.directories.count) ?? 0)
                            ))
                    } else if facts.links > 1 {
                        result.linked.append((array(cursor.name), facts))
                    }
                    cursor.advance()
                }
                result.fileCount = record.entryCount - result.directories.count
                return result
            } ?? nil
        guard let known else { return false }
        var extras: [FileExtra] = []
        for (name, _) in known.linked {
            guard let extra = try? directory.facts(of: name).1 else { return false }
            extras.append(extra)
        }
        for (linked, extra) in zip(known.linked, extras) { noteLink(node, linked.facts, extra, linked.name) }
        advance(files: UInt64(max(0, known.fileCount)), bytes: 0)
        node.isSame = true
        node.hasIgnoreFile = known.hasIgnoreFile
        let rules = known.hasIgnoreFile ? enter(node, directory) : node.rules
        var children: [DirectoryNode] = []
        children.reserveCapacity(known.directories.count)
        for (name, facts, location) in known.directories {
            children.append(
                DirectoryNode(
                    parent: node, ordinal: children.count, path: node.path(of: name), name: name, facts: facts,
                    hasCachedFacts: true, rules: rules,
                    hasCachedRules: true, cached: location))
        }
        node.pending.add(children.count, ordering: .relaxed)
        push(children)
        if node.complete() { try finish(node) }
        return true
    }

    private struct KnownDirectory {
        var hasIgnoreFile: Bool
        /// Entries that are no directories.
        var fileCount = 0
        var directories: [(name: [UInt8], facts: FileFacts, record: RecordLocation)] = []
        var linked: [(name: [UInt8], facts: FileFacts)] = []
    }
}
