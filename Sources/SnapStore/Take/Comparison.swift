// Comparing a directory's scanned entries with the cache's, side by side, to find what must be read and what must be walked.

internal import SnapSystem

extension TakeWorker {
    /// One entry that differs from the cache, or has nothing to be compared with.
    struct Difference {
        var index: Int
        var offset: Int
        var scanned: Int
        var reason: ReadReason
        var extra: FileExtra
    }

    struct Comparison {
        var differences: [Difference] = []
        var children: [DirectoryNode] = []
        /// A name is new, or one that the cache knows is missing.
        var hasOtherNames = false
    }

    /// Goes through scanned and cached entries side by side; both are sorted by name.
    func compare(
        _ node: DirectoryNode, _ region: RawSpan, with record: RawSpan, _ rules: RuleSet, _ scanned: [Int],
        _ extras: [FileExtra], _ limited: Set<Int>,
        _ childLocation: (Int) -> RecordLocation?
    ) -> Comparison {
        var result = Comparison()
        let hasCachedRules = node.hasCachedRules && ignoreFacts(region) == ignoreFacts(record)
        var position = 0
        var old = StatEntryCursor(record)
        var oldDirectories = 0
        // The cached entry at hand has been found among the scanned ones.
        var isMatched = false
        var cursor = StatEntryCursor(region)
        var index = 0
        while cursor.isAtEntry {
            var isFound = false
            while old.isAtEntry {
                let order = compareBytes(old.name, cursor.name)
                if order > 0 { break }
                if order == 0 {
                    isFound = true
                    break
                }
                if !isMatched { result.hasOtherNames = true }
                isMatched = false
                if old.facts.type == .directory { oldDirectories += 1 }
                old.advance()
            }
            if isFound { isMatched = true } else { result.hasOtherNames = true }
            let facts = cursor.facts
            let isRefused = cursor.flags != 0
            let oldFacts = isFound ? old.facts : FileFacts()
            // Another file under a known name may have come from a directory that was not looked at yet.
            if oldFacts.inode != facts.inode || oldFacts.type != facts.type { result.hasOtherNames = true }
            if facts.type == .directory && !isRefused {
                let wasDirectory = isFound && oldFacts.type == .directory
                let isSame =
                    wasDirectory && oldFacts == facts && old.flags == 0 && hasOldEntry(node, cursor.name, &position)
                let name = array(cursor.name)
                result.children.append(
                    DirectoryNode(
                        parent: node, ordinal: result.children.count, path: node.path(of: name), name: name,
                        facts: facts, hasCachedFacts: isSame,
                        rules: rules, hasCachedRules: hasCachedRules,
                        cached: wasDirectory ? childLocation(oldDirectories) : nil,
                        isLimited: limited.contains(index)))
            } else if !isRefused {
                if facts.links > 1 { noteLink(node, facts, extras[index], array(cursor.name)) }
                let reason = isFound ? difference(facts, oldFacts, old.flags) : .new
                if !reason.isEmpty || !hasOldEntry(node, cursor.name, &position) {
                    result.differences.append(
                        Difference(
                            index: index, offset: cursor.offset, scanned: scanned[index],
                            reason: reason.isEmpty ? .incomplete : reason, extra: extras[index]))
                }
            }
            cursor.advance()
            index += 1
        }
        if isMatched { old.advance() }
        if old.isAtEntry { result.hasOtherNames = true }
        return result
    }

    /// The facts of the ignore file among the entries, if it is there.
    private func ignoreFacts(_ region: RawSpan) -> FileFacts? {
        let wanted = RuleSet.ignoreFileName
        var cursor = StatEntryCursor(region)
        while cursor.isAtEntry {
            let order = compareBytes(cursor.name, wanted.span)
            if order == 0 && cursor.flags == 0 { return cursor.facts }
            if order >= 0 { return nil }
            cursor.advance()
        }
        return nil
    }

    /// Why an entry must be read; empty if it need not be.
    private func difference(_ new: FileFacts, _ old: FileFacts, _ oldFlags: UInt32) -> ReadReason {
        var reason: ReadReason = []
        if new.type != old.type { return .new }
        if new.inode != old.inode { reason.insert(.inode) }
        if new.size != old.size { reason.insert(.size) }
        if new.mtime_seconds != old.mtime_seconds || new.mtime_nanoseconds != old.mtime_nanoseconds {
            reason.insert(.modificationTime)
        }
        if new.ctime_seconds != old.ctime_seconds || new.ctime_nanoseconds != old.ctime_nanoseconds {
            reason.insert(.changeTime)
        }
        if new.mode != old.mode { reason.insert(.mode) }
        if new.owner != old.owner || new.group != old.group { reason.insert(.owner) }
        if new.links != old.links { reason.insert(.links) }
        if oldFlags & RecordFlag.recent != 0 { reason.insert(.recent) }
        if oldFlags & RecordFlag.incomplete != 0 { reason.insert(.incomplete) }
        if take.options.rehash { reason.insert(.asked) }
        return reason
    }
}
