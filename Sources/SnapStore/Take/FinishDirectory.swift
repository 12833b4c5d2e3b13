// Finishing directories: when everything below one is known, its tree and its record in the cache are made, and its parent may be next.
//
// A directory in which nothing changed is passed up as it is. Otherwise its entries are merged in order: new ones as they were encoded, the others as bytes of the old
// tree. The way up is a loop and not a recursion, because directories can be deeper than a stack.

internal import SnapSystem

extension TakeWorker {
    /// Finishes `node`, and each directory above it that waited only for this.
    func finish(_ node: DirectoryNode) throws(PackError) {
        var current = node
        while true {
            guard let outcome = try build(current) else { return }
            guard let parent = pass(outcome, of: current) else { return }
            current = parent
        }
    }

    /// Says what became of a directory that could not be scanned.
    func resolve(_ node: DirectoryNode, _ outcome: DirectoryOutcome) throws(PackError) {
        take.hasOtherNames.store(true, ordering: .relaxed)
        if case .gap(let reason, let detail) = outcome { noteGap(node.path, reason, detail) }
        if let parent = pass(outcome, of: node) { try finish(parent) }
    }

    /// Gives the outcome to the parent; answers the parent if it is ready now.
    private func pass(_ outcome: DirectoryOutcome, of node: DirectoryNode) -> DirectoryNode? {
        guard let parent = node.parent else {
            take.shared.withLock { $0.root = outcome }
            return nil
        }
        if case .unchanged = outcome {} else { parent.outcomes.withLock { $0.directories[node.ordinal] = outcome } }
        return parent.complete() ? parent : nil
    }

    /// nil if the directory must be scanned again, because the store lacks its old tree.
    private func build(_ node: DirectoryNode) throws(PackError) -> DirectoryOutcome? {
        let outcomes = node.outcomes.withLock { $0 }
        if node.isSame && outcomes.directories.isEmpty && outcomes.entries.isEmpty, let cached = node.cached {
            let traits = traits(of: node)
            let known = take.cache.withRecord(cached) { record in
                (
                    content: record.content, totals: record.totals,
                    isCurrent: record.traits == traits && record.totals.leftOutHere == node.leftOutHere
                )
            }
            if let known, known.isCurrent {
                if node.hasCachedFacts { return .unchanged }
                return .rebuilt(
                    content: known.content, entry: try entry(of: node, known.content), record: cached,
                    totals: known.totals)
            }
            // Only its times or its rules have moved on: its record is made anew, because the next take goes by what it says.
            if known == nil { return try rescan(node) }
        }
        if node.isSame {
            node.oldEntries = oldEntries(node)
            if node.oldEntries == nil { return try rescan(node) }
            node.region =
                node.cached.flatMap { take.cache.withRecord($0) { $0.entries.array(0..<$0.entries.byteCount) } } ?? []
        }
        let region = node.region
        guard let merged = unsafe try merge(node, outcomes, region.span.bytes) else { return try rescan(node) }
        if let cached = node.cached, node.hasCachedFacts || node.parent == nil {
            let isSame = take.cache.withRecord(cached) { record in
                record.traits == traits(of: node) && record.content == merged.content
                    && record.totals.leftOutHere == node.leftOutHere
                    && record.childCount == merged.children.count
                    && merged.region.withBytes { equalBytes($0, record.entries) }
                    && (0..<record.childCount).allSatisfy { record.child($0) == merged.children[$0] }
            }
            if isSame == true && node.hasCachedFacts { return .unchanged }
        }
        let record = ByteBuffer(capacity: merged.region.count + StatRecord.headerLength + 64)
        merged.region.withBytes {
            StatRecord.encode(
                content: merged.content, traits: traits(of: node), totals: merged.totals, entries: $0,
                entryCount: merged.entryCount, children: merged.children, into: record)
        }
        let location: RecordLocation
        do throws(SystemError) {
            location = try take.cache.append(record)
        } catch {
            throw .system(file: "stat", error)
        }
        return .rebuilt(
            content: merged.content, entry: node.hasCachedFacts ? nil : try entry(of: node, merged.content),
            record: location, totals: merged.totals)
    }

    private func traits(of node: DirectoryNode) -> RecordTraits {
        var traits: RecordTraits = []
        if !isRecent(node.facts) && !node.hasVanished { traits.insert(.isSettled) }
        if node.hasIgnoreFile { traits.insert(.hasIgnoreFile) }
        return traits
    }

    /// Scans a directory again without the cache.
    private func rescan(_ node: DirectoryNode) throws(PackError) -> DirectoryOutcome? {
        take.hasOtherNames.store(true, ordering: .relaxed)
        node.cached = nil
        node.isSame = false
        node.oldEntries = nil
        node.outcomes.withLock { $0 = DirectoryNode.Outcomes() }
        node.pending.store(1, ordering: .relaxed)
        push([node])
        return nil
    }

    /// The directory's own entry in its parent's tree.
    private func entry(of node: DirectoryNode, _ content: ContentReference?) throws(PackError) -> [UInt8] {
        var entry = TreeEntry(type: .directory, name: node.name)
        entry.take(node.facts)
        entry.content = content
        let failure = node.attributeFailure.map { "attributes: \($0)" }
        if node.isCacheDirectory {
            // There is room for one reason: that not everything below is covered matters to whoever would remove the directory.
            entry.gap = (.cacheDirectory, true, failure ?? "")
            noteGap(node.path, .cacheDirectory, failure ?? "")
        } else if let failure {
            entry.gap = (.unreadable, true, failure)
            noteGap(node.path, .unreadable, failure)
        }
        if !node.attributes.isEmpty {
            entry.attributes = try keep(node.attributes)
        }
        return entry.encoded()
    }

    private struct Merged {
        var content: ContentReference?
        var totals = Totals()
        let region = ByteBuffer(capacity: 1024)
        var entryCount = 0
        var children: [UInt64] = []
    }

    private func merge(_ node: DirectoryNode, _ outcomes: DirectoryNode.Outcomes, _ region: RawSpan) throws(PackError)
        -> Merged?
    {
        var merged = Merged()
        let builder = TreeBuilder()
        var cursor = StatEntryCursor(region)
        var oldPosition = 0
        var index = 0
        var ordinal = 0
        var cachedChildren: [[UInt8]: UInt64]?
        while cursor.isAtEntry {
            defer {
                cursor.advance()
                index += 1
            }
            let facts = cursor.facts
            var flags = isRecent(facts) ? RecordFlag.recent : 0
            var bytes: [UInt8]?
            if facts.type == .directory && cursor.flags == 0 {
                let outcome = outcomes.directories[ordinal]
                ordinal += 1
                flags = 0
                switch outcome ?? .unchanged {
                case .vanished:
                    node.hasVanished = true
                    continue
                case .gap(let reason, let detail):
                    flags = RecordFlag.incomplete
                    bytes = gapEntry(name: array(cursor.name), type: .directory, reason, detail).encoded()
                    merged.totals.gaps[Int(reason.rawValue)] += 1
                    merged.children.append(0)
                case .unchanged:
                    if cachedChildren == nil { cachedChildren = childLocations(node) }
                    guard let child = cachedChildren?[array(cursor.name)],
                        let totals = take.cache.withRecord(RecordLocation(raw: child), { $0.totals })
                    else { return nil }
                    merged.children.append(child)
                    merged.totals.add(below: totals)
                    merged.totals.count(facts)
                case .rebuilt(let content, let entry, let record, let totals):
                    merged.children.append(record.raw)
                    merged.totals.add(below: totals)
                    merged.totals.count(facts)
                    if let entry {
                        bytes = entry
                        if let decoded = unsafe try? TreeEntry(decoding: entry.span.bytes), let gap = decoded.gap {
                            flags = RecordFlag.incomplete
                            merged.totals.gaps[Int(gap.reason.rawValue)] += 1
                        }
                    } else {
                        guard let old = oldEntry(node, cursor.name, &oldPosition),
                            var decoded = unsafe try? TreeEntry(decoding: old.span.bytes)
                        else { return nil }
                        decoded.content = content
                        bytes = decoded.encoded()
                    }
                }
            } else if let outcome = outcomes.entries[index] {
                if facts.type == .directory { merged.children.append(0) }
                switch outcome {
                case .vanished:
                    node.hasVanished = true
                    continue
                case .recorded(let entry, let entryFlags):
                    bytes = entry
                    flags |= entryFlags
                    count(entry, facts, into: &merged.totals)
                }
            } else {
                merged.totals.count(facts)
            }
            guard let entry = bytes ?? oldEntry(node, cursor.name, &oldPosition) else { return nil }
            unsafe try builder.add(entry.span.bytes, name: cursor.name) { (type, bytes) throws(PackError) in
                try emit(type, bytes, after: node)
            }
            StatRecord.appendEntry(facts, flags: flags, name: cursor.name, to: merged.region)
            merged.entryCount += 1
        }
        merged.totals.leftOutHere = node.leftOutHere
        merged.content = try builder.finish { (type, bytes) throws(PackError) in try emit(type, bytes, after: node) }
        return merged
    }

    /// Counts an entry that was read: as a gap, or as what it is.
    private func count(_ entry: [UInt8], _ facts: FileFacts, into totals: inout Totals) {
        if let gap = unsafe (try? TreeEntry(decoding: entry.span.bytes))?.gap {
            totals.gaps[Int(gap.reason.rawValue)] += 1
            if !gap.hasContent { return }
        }
        totals.count(facts)
    }

    private func oldEntry(_ node: DirectoryNode, _ name: Span<UInt8>, _ position: inout Int) -> [UInt8]? {
        guard let old = node.oldEntries, let found = old.find(name, from: &position) else { return nil }
        return Array(old.trees[found.tree][found.range])
    }

    /// Where the cache has the records of the directory's sub-directories.
    private func childLocations(_ node: DirectoryNode) -> [[UInt8]: UInt64] {
        guard let cached = node.cached else { return [:] }
        return take.cache.withRecord(cached) { record in
            var result: [[UInt8]: UInt64] = [:]
            var cursor = StatEntryCursor(record.entries)
            var ordinal = 0
            while cursor.isAtEntry {
                if cursor.facts.type == .directory {
                    if let child = record.child(ordinal) { result[array(cursor.name)] = child }
                    ordinal += 1
                }
                cursor.advance()
            }
            return result
        } ?? [:]
    }

    /// A change after the scan could leave the entry's facts as they are, because clocks of files tick.
    private func isRecent(_ facts: FileFacts) -> Bool {
        take.recency.isRecent(facts)
    }

    /// The entries of the tree that the node's cached record stands for; nil if they cannot be read.
    func oldEntries(_ node: DirectoryNode) -> OldEntries? {
        guard let cached = node.cached,
            let known = take.cache.withRecord(cached, { (content: $0.content, count: $0.entryCount) })
        else { return nil }
        guard let content = known.content else { return OldEntries(trees: [], ids: [], ranges: []) }
        guard let trees = try? trees(content) else { return nil }
        var ranges: [(tree: Int, range: Range<Int>)] = []
        for (index, tree) in trees.enumerated() {
            guard let found = try? TreeObject.entryRanges(in: tree.bytes) else { return nil }
            for range in found { ranges.append((index, range)) }
        }
        return OldEntries(trees: trees.map(\.bytes), ids: trees.map(\.id), ranges: ranges)
    }

    /// The bytes of a directory's trees, in order: those of this take, which no pack shows yet, or the store's.
    private func trees(_ content: ContentReference) throws(PackError) -> [(id: ObjectID, bytes: [UInt8])] {
        var result: [(id: ObjectID, bytes: [UInt8])] = []
        var stack = [content]
        while let reference = stack.popLast() {
            let key = ObjectKey(reference.level == 0 ? .tree : .list, reference.id)
            let emitted = try naming("tmp") { () throws(SystemError) in
                try take.emitted.withLock { (emitted) throws(SystemError) in try emitted.bytes(of: key) }
            }
            let bytes: [UInt8]
            if let emitted { bytes = emitted } else { bytes = try reader.read(key) }
            if reference.level == 0 {
                result.append((reference.id, bytes))
                continue
            }
            do throws(EntryError) {
                stack += try ListObject.decode(bytes, leaves: .tree, level: reference.level).reversed().map(\.reference)
            } catch {
                throw .unreadable(key, file: "", what: error.reason)
            }
        }
        return result
    }

    /// Everything that the entry's content refers to is in the store.
    func isPresent(_ entry: TreeEntry) -> Bool {
        var references: [ContentReference] = []
        if let content = entry.content { references.append(content) }
        if case .elsewhere(let extents)? = entry.extents { references.append(extents.content) }
        if case .elsewhere(let attributes)? = entry.attributes { references.append(attributes.content) }
        while let reference = references.popLast() {
            guard (try? take.packs.contains(ObjectKey(reference.level == 0 ? .chunk : .list, reference.id))) == true
            else { return false }
            guard reference.level > 0 else { continue }
            guard let bytes = try? reader.read(ObjectKey(.list, reference.id)),
                let items = try? ListObject.decode(bytes, leaves: .chunk, level: reference.level)
            else { return false }
            references.append(contentsOf: items.map(\.reference))
        }
        return true
    }
}

extension ObjectReader {
    /// Calls `body` with each leaf's id and length (0 where the reference names it directly), in order. Never deeper than the levels of the format.
    package func forEachLeaf(
        of content: ContentReference, type: ObjectType, _ body: (ObjectID, UInt64) throws(PackError) -> Void
    ) throws(PackError) {
        var stack = [ListReference(reference: content, length: 0, key: [])]
        while let item = stack.popLast() {
            guard item.reference.level > 0 else {
                try body(item.reference.id, item.length)
                continue
            }
            let key = ObjectKey(.list, item.reference.id)
            let bytes = try read(key)
            do throws(EntryError) {
                stack.append(
                    contentsOf: try ListObject.decode(bytes, leaves: type, level: item.reference.level).reversed())
            } catch {
                throw .unreadable(key, file: "", what: error.reason)
            }
        }
    }
}

extension EntryError {
    package var reason: String {
        switch self {
        case .damaged(let what): what
        case .unsupported(let what): "\(what) is not known to this version"
        }
    }
}
