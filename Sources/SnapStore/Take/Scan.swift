// Scanning one directory: read its names, leave out what the rules leave out, compare what is there with the cache, and read what differs.

internal import SnapSystem

extension TakeWorker {
    /// An entry that could be seen and not be asked for its facts.
    private struct Refusal {
        var index: Int
        var reason: GapReason
        var detail: String
    }

    func scan(_ node: DirectoryNode) throws(PackError) {
        if !node.hasCachedFacts || node.cached == nil { take.hasOtherNames.store(true, ordering: .relaxed) }
        let directory: FileDescriptor
        do throws(SystemError) {
            directory = try take.root.openBeneath(node.path, [.read, .directory])
        } catch {
            try resolve(node, isGone(node, error) ? .vanished : .gap(.unreadable, error.reason))
            return
        }
        if try isKnown(node, directory) { return }
        do throws(SystemError) {
            try scanner.readNames(of: directory)
        } catch {
            // Gone, or no longer a directory: its parent's times tell the next pass. Anything else is a gap.
            try resolve(node, isGone(node, error) ? .vanished : .gap(.unreadable, error.reason))
            return
        }
        if node.parent != nil, let gap = special(directory) {
            guard case .gap(.cacheDirectory, _) = gap, try take.covered?.directory(node.path).isThere == true else {
                try resolve(node, gap)
                return
            }
            node.becomeCacheDirectory()
            take.hasCoveredMore.store(true, ordering: .relaxed)
        }
        node.hasIgnoreFile = scanner.index(of: RuleSet.ignoreFileName) != nil
        let rules = node.hasIgnoreFile && !node.isCoveredInPart ? enter(node, directory) : node.rules
        try examine(node, directory, rules)
    }

    /// The directory still has the times with which it was found: a name that it lists and that is not there is no sign of change, but of a file system that
    /// does not answer.
    func isAsScanned(_ node: DirectoryNode, _ directory: borrowing FileDescriptor) -> Bool {
        guard let now = try? directory.facts().0 else { return false }
        return now.isSameDirectory(as: node.facts)
    }

    /// A directory that cannot be opened went away, or became something else; its parent's times tell.
    private func isGone(_ node: DirectoryNode, _ error: SystemError) -> Bool {
        guard error.isNotFound || error.isLoop else { return false }
        guard let parent = node.parent, let directory = try? take.root.openBeneath(parent.path, [.read, .directory])
        else { return true }
        return !isAsScanned(parent, directory)
    }

    /// A nested store, or a directory tagged as a cache.
    private func special(_ directory: borrowing FileDescriptor) -> DirectoryOutcome? {
        if scanner.index(of: Array("format".utf8)) != nil && scanner.index(of: Array("packs".utf8)) != nil
            && StoreMark.isStore(directory)
        {
            return .gap(.nestedStore, "")
        }
        if take.options.cacheTags && scanner.index(of: CacheTag.fileName) != nil,
            let file = try? directory.open(CacheTag.fileName, [.read, .nonBlocking]),
            let bytes = try? file.read(at: 0, count: CacheTag.signatureLength), CacheTag.isValid(bytes.span)
        {
            return .gap(.cacheDirectory, "")
        }
        return nil
    }

    /// The rules inside the directory.
    func enter(_ node: DirectoryNode, _ directory: borrowing FileDescriptor) -> RuleSet {
        guard let type = try? directory.facts(of: RuleSet.ignoreFileName).0.type, type == .regular,
            let file = try? directory.open(RuleSet.ignoreFileName, [.read, .nonBlocking]),
            let contents = try? file.readAll(limit: 1 << 24)
        else {
            return node.rules
        }
        return node.rules.entering(
            directoryPath: node.path,
            file: IgnoreFile(source: node.path(of: RuleSet.ignoreFileName), contents: contents))
    }

    private func examine(_ node: DirectoryNode, _ directory: borrowing FileDescriptor, _ rules: RuleSet)
        throws(PackError)
    {
        let options = take.options
        scratch.truncate(to: 0)
        var scanned: [Int] = []  // for each entry in the region, its place in the scanner
        var extras: [FileExtra] = []
        var refusals: [Refusal] = []
        var directoryCount = 0
        var covered: CoveredDirectory?
        var limited: Set<Int> = []
        node.leftOutHere = 0
        scanned.reserveCapacity(scanner.count)
        extras.reserveCapacity(scanner.count)
        for index in 0..<scanner.count {
            var facts = FileFacts()
            var extra = FileExtra()
            var isKnown = false
            var isLimited = false
            if node.isCoveredInPart {
                node.leftOutHere += 1
                guard try isCovered(index, in: node, &covered) else { continue }
                isLimited = true
            } else if !rules.isEmpty {
                var isDirectory = scanner.listedType(index).map { $0 == .directory }
                if isDirectory == nil, (try? scanner.readFacts(index, of: directory, &facts, &extra)) != nil {
                    isKnown = true
                    isDirectory = facts.type == .directory
                }
                let match = scanner.withName(index) {
                    rules.excludes(name: $0, isDirectory: isDirectory ?? false, in: node.path)
                }
                if let match {
                    node.leftOutHere += 1
                    guard try isCovered(index, in: node, &covered) else {
                        tally.leftOut[
                            Take.LeftOutKey(source: match.source, line: match.line, text: match.text), default: 0] += 1
                        continue
                    }
                    isLimited = true
                }
            }
            if !isKnown {
                do throws(SystemError) {
                    try scanner.readFacts(index, of: directory, &facts, &extra)
                } catch {
                    if error.isNotFound && !isAsScanned(node, directory) {
                        node.hasVanished = true
                        take.hasOtherNames.store(true, ordering: .relaxed)
                        continue
                    }
                    facts = FileFacts()
                    facts.mode = (scanner.listedType(index) ?? .unknown).modeBits
                    refusals.append(Refusal(index: scanned.count, reason: .unreadable, detail: error.reason))
                }
            }
            if facts.type == .directory {
                if options.ownStores.contains(where: { $0.inode == facts.inode && $0.device == extra.device }) {
                    continue
                }
                directoryCount += 1
            }
            if options.oneFileSystem && (extra.mount_root != 0 || extra.device != options.rootDevice)
                && facts.inode != 0
            {
                let type = facts.type
                facts = FileFacts()
                facts.mode = type.modeBits
                refusals.append(Refusal(index: scanned.count, reason: .mountBoundary, detail: ""))
            }
            let flags = refusals.last?.index == scanned.count ? RecordFlag.incomplete : 0
            scanner.withName(index) { StatRecord.appendEntry(facts, flags: flags, name: $0, to: scratch) }
            if isLimited { limited.insert(scanned.count) }
            scanned.append(index)
            extras.append(extra)
        }
        if refusals.isEmpty, try examineUnchanged(node, rules, extras, limited, directoryCount: directoryCount) {
            return
        }
        try examineChanged(node, directory, rules, scanned, extras, limited, refusals)
    }

    /// A covering tree has the entry, which is left out otherwise. The trees are read only now: where nothing is left out they are not needed.
    private func isCovered(_ index: Int, in node: DirectoryNode, _ covered: inout CoveredDirectory?) throws(PackError)
        -> Bool
    {
        guard let trees = take.covered else { return false }
        let here: CoveredDirectory
        if let covered { here = covered } else { here = try trees.directory(node.path) }
        covered = here
        let isCovered = try scanner.withName(index) { (name) throws(PackError) in try here.covers(name) }
        if isCovered { take.hasCoveredMore.store(true, ordering: .relaxed) }
        return isCovered
    }

    /// Handles a directory whose entries are those of the cache. False if they are not.
    private func examineUnchanged(
        _ node: DirectoryNode, _ rules: RuleSet, _ extras: [FileExtra], _ limited: Set<Int>, directoryCount: Int
    ) throws(PackError) -> Bool {
        guard take.options.trustsCache, !take.options.rehash, let cached = node.cached else { return false }
        let compared: (isSame: Bool, children: [RecordLocation], linked: UInt64)? = take.cache.withRecord(cached) {
            record in
            guard scratch.withBytes({ equalBytes($0, record.entries) }), record.childCount == directoryCount else {
                return (false, [], 0)
            }
            let children = (0..<record.childCount).map { RecordLocation(raw: record.child($0) ?? 0) }
            return (true, children, record.totals.linkedHere)
        }
        guard let compared, compared.isSame else { return false }
        node.isSame = true
        advance(files: UInt64(max(0, extras.count - directoryCount)), bytes: 0)
        if !node.hasCachedFacts { readAttributes(of: node) }
        guard directoryCount > 0 || compared.linked > 0 else {
            if node.complete() { try finish(node) }
            return true
        }
        var children: [DirectoryNode] = []
        scratch.withBytes { region in
            var cursor = StatEntryCursor(region)
            var index = 0
            while cursor.isAtEntry {
                let facts = cursor.facts
                if facts.type == .directory {
                    let name = array(cursor.name)
                    children.append(
                        DirectoryNode(
                            parent: node, ordinal: children.count, path: node.path(of: name), name: name, facts: facts,
                            hasCachedFacts: true, rules: rules,
                            hasCachedRules: node.hasCachedRules, cached: compared.children[children.count],
                            isLimited: limited.contains(index)))
                } else if facts.links > 1 {
                    noteLink(node, facts, extras[index], array(cursor.name))
                }
                cursor.advance()
                index += 1
            }
        }
        node.pending.add(children.count, ordering: .relaxed)
        push(children)
        if node.complete() { try finish(node) }
        return true
    }

    /// Merges the scanned entries with the cache's, and reads what differs.
    private func examineChanged(
        _ node: DirectoryNode, _ directory: borrowing FileDescriptor, _ rules: RuleSet, _ scanned: [Int],
        _ extras: [FileExtra], _ limited: Set<Int>, _ refusals: [Refusal]
    ) throws(PackError) {
        node.region = scratch.array
        if !node.hasCachedFacts { node.readAttributes(of: directory) }
        if node.cached != nil {
            // Entries that stay come from the old tree. If it cannot be read, or lacks something, everything is read.
            node.oldEntries = oldEntries(node)
            if node.oldEntries == nil { node.cached = nil }
        }
        var found = Comparison()
        let region = node.region
        if let cached = node.cached {
            let isRead: Void? = take.cache.withRecord(cached) { record in
                found = unsafe compare(node, region.span.bytes, with: record.entries, rules, scanned, extras, limited) {
                    record.child($0).map { RecordLocation(raw: $0) }
                }
            }
            if isRead == nil {
                node.cached = nil
                node.oldEntries = nil
            }
        }
        if node.cached == nil {
            found = unsafe compare(node, region.span.bytes, with: RawSpan(), rules, scanned, extras, limited) { _ in
                nil
            }
        }
        if found.hasOtherNames { take.hasOtherNames.store(true, ordering: .relaxed) }
        let (children, differences) = (found.children, found.differences)
        node.pending.add(children.count + differences.count, ordering: .relaxed)
        advance(files: UInt64(max(0, scanned.count - children.count - differences.count)), bytes: 0)
        for refusal in refusals {
            record(
                refusal, node, scanner.name(scanned[refusal.index]),
                scanner.listedType(scanned[refusal.index]) ?? .unknown)
        }
        push(children)
        for difference in differences {
            if take.isCancelled { return }
            let facts = unsafe region.span.bytes.facts(at: difference.offset) ?? FileFacts()
            // Files count themselves once they are read.
            if facts.type != .regular { advance(files: 1, bytes: 0) }
            try read(
                node, directory, index: difference.index, name: scanner.name(difference.scanned), facts,
                difference.extra, difference.reason)
        }
        if node.complete() { try finish(node) }
    }

    /// The old tree has an entry of this name, with content that is there. Asked in the order of names.
    func hasOldEntry(_ node: DirectoryNode, _ name: Span<UInt8>, _ position: inout Int) -> Bool {
        guard let old = node.oldEntries, let found = old.find(name, from: &position) else { return false }
        if take.options.trustsCache { return true }
        let bytes = Array(old.trees[found.tree][found.range])
        guard let entry = unsafe try? TreeEntry(decoding: bytes.span.bytes) else { return false }
        return entry.type == .directory || isPresent(entry)
    }

    func noteLink(_ node: DirectoryNode, _ facts: FileFacts, _ extra: FileExtra, _ name: [UInt8]) {
        tally.links.append(LinkedName(device: extra.device, inode: facts.inode, path: node.path(of: name)))
    }

    private func record(_ refusal: Refusal, _ node: DirectoryNode, _ name: [UInt8], _ type: FileType) {
        let entry = gapEntry(name: name, type: type.entryType, refusal.reason, refusal.detail)
        noteGap(node.path(of: name), refusal.reason, refusal.detail)
        let outcome = EntryOutcome.recorded(entry.encoded(), flags: RecordFlag.incomplete)
        node.outcomes.withLock { $0.entries[refusal.index] = outcome }
    }

    func noteGap(_ path: [UInt8], _ reason: GapReason, _ detail: String) {
        if tally.gaps.count < TakeReport.gapLimit { tally.gaps.append(Gap(path: path, reason: reason, detail: detail)) }
    }

    /// A gap says only that something was there: its times and owner may change without anybody caring.
    func gapEntry(name: [UInt8], type: EntryType, _ reason: GapReason, _ detail: String) -> TreeEntry {
        var entry = TreeEntry(type: type, name: name)
        entry.gap = (reason, false, detail)
        return entry
    }

    private func readAttributes(of node: DirectoryNode) {
        do throws(SystemError) {
            node.readAttributes(of: try take.root.openBeneath(node.path, [.read, .directory]))
        } catch {
            node.attributeFailure = error.reason
        }
    }
}

func array(_ span: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(span.count)
    for index in span.indices { result.append(span[index]) }
    return result
}

extension FileType {
    var entryType: EntryType {
        switch self {
        case .regular: .file
        case .directory: .directory
        case .symbolicLink: .symbolicLink
        case .fifo: .fifo
        case .socket: .socket
        case .characterDevice: .characterDevice
        case .blockDevice: .blockDevice
        case .unknown: .unknown
        }
    }

    /// The type as it stands in a mode.
    var modeBits: UInt32 {
        switch self {
        case .regular: 0o100000
        case .directory: 0o040000
        case .symbolicLink: 0o120000
        case .fifo: 0o010000
        case .socket: 0o140000
        case .characterDevice: 0o020000
        case .blockDevice: 0o060000
        case .unknown: 0
        }
    }
}
