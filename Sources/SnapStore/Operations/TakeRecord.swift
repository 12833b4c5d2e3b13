// What a take does with what its walk found: the root tree, the receipt, and, unless nothing has changed, manifest, line and stat cache.

internal import SnapSystem
internal import Synchronization

/// What a walk found, in the words of a manifest.
struct TakeContent {
    var rootTree: ObjectID
    var rules: Rules
    /// Of the rules, for the stat cache.
    var rulesDigest: ObjectID
    var totals: Totals
    var statistics: Statistics

    /// Gaps, by their reasons.
    var coverage: Coverage {
        var coverage = Coverage()
        for reason in GapReason.allCases where totals.gaps[Int(reason.rawValue)] > 0 {
            coverage.gaps[reason] = totals.gaps[Int(reason.rawValue)]
        }
        return coverage
    }
}

extension TakeOperation {
    /// `tail` is what is not written yet.
    func statistics(of take: Take, _ totals: Totals, _ tail: OpenBlock, _ worker: TakeWorker) throws(StoreError)
        -> Statistics
    {
        let session = take.session
        let tally = take.tally.withLock { $0 }
        var statistics = Statistics()
        statistics.files = totals.files
        statistics.directories = totals.directories
        statistics.symlinks = totals.symbolicLinks
        statistics.others = totals.others
        statistics.bytes = totals.bytes
        statistics.readFiles = tally.readFiles
        statistics.readBytes = tally.readBytes
        statistics.leftOut = tally.leftOut.values.reduce(0, +)
        statistics.newObjects = session.objectCount + UInt64(tail.objects.count)
        statistics.newBytes = take.newBytes.load(ordering: .relaxed) + UInt64(tail.plain.count)
        if !purpose.isDry {
            statistics.storedBytes =
                session.storedBytes + (try wrap { () throws(PackError) in try worker.storedLength(of: tail) })
        }
        return statistics
    }

    /// The receipt of a new snapshot whose id is not known yet.
    func report(_ content: TakeContent, _ take: Take, _ walked: Walked, _ head: ObjectID?) -> TakeReport {
        let tally = take.tally.withLock { $0 }
        let totals = content.totals
        return TakeReport(
            id: .zero, isNew: true, isFirst: head == nil, statistics: content.statistics,
            gaps: tally.sortedGaps, gapCount: totals.gapCount,
            leftOut: tally.leftOutByRule,
            largestDirectories: head == nil ? take.cache.largestDirectories(below: walked.record) : [],
            withInodeFlags: tally.withInodeFlags, notes: notes, seconds: 0,
            partialCount: [GapReason.unreadable, .unstable, .unsupported].reduce(missed) {
                $0 + totals.gaps[Int($1.rawValue)]
            })
    }

    /// Writes the manifest behind the last objects and makes all of it durable. Answers the snapshot and the lines to append now. Under the timeline's lock,
    /// because the head is the parent.
    func record(_ content: TakeContent, _ head: ObjectID?, _ tail: OpenBlock, _ worker: TakeWorker) throws(StoreError)
        -> (id: ObjectID, events: [TimelineEvent])
    {
        var manifest = Manifest(
            directory: directory.id, timeline: Text(TimelineStore.main), kind: options.kind ?? purpose.kind,
            time: options.time ?? .now, root: content.rootTree, versions: Versions(snap: SnapVersion.text))
        manifest.parents = head.map { [$0] } ?? []
        manifest.rules = content.rules
        manifest.coverage = content.coverage
        manifest.statistics = content.statistics
        describe(&manifest)
        let bytes = manifest.encoded()
        let id = unsafe ObjectHasher().id(.manifest, bytes.span.bytes)
        let session = worker.take.session
        try wrap { () throws(PackError) in
            if try session.claim([ObjectKey(.manifest, id)])[0] {
                tail.add(ObjectKey(.manifest, id), bytes)
                if let head {
                    worker.take.predecessors.note(ObjectKey(.manifest, id), after: ObjectKey(.manifest, head))
                }
            }
            try worker.write(tail)
            _ = try session.commit()
        }
        var events = [
            TimelineEvent(
                time: manifest.time, old: head, new: id, event: purpose.event, kind: manifest.kind, who: options.who,
                message: manifest.message ?? (isWidening ? UndoStack.widening : ""))
        ]
        if let mark = try nameMark(id) { events.append(mark) }
        return (id, events)
    }

    static func digest(_ links: [UInt8]) -> ObjectID {
        unsafe links.isEmpty ? .zero : ObjectHasher().id(.chunk, links.span.bytes)
    }

    /// The id of the tree whose one entry is the working directory itself. As the cache has it, if nothing at all has changed.
    func rootTree(_ walked: Walked, _ links: [UInt8], _ cache: StatCache, _ worker: TakeWorker)
        throws(StoreError) -> ObjectID
    {
        if let header = cache.header, worker.take.options.trustsCache, header.root == walked.record,
            header.rootFacts == walked.facts,
            header.links == Self.digest(links)
        {
            return header.rootTree
        }
        var entry = TreeEntry(type: .directory, name: TreeEntry.rootName)
        entry.take(walked.facts)
        entry.content = walked.content
        var attributes: [ExtendedAttribute] = []
        do throws(SystemError) {
            attributes = try worker.take.root.attributes()
        } catch {
            entry.gap = (.unreadable, true, "attributes: \(error.reason)")
            notes.append("the attributes of the working directory itself cannot be read: \(error.reason)")
            missed += 1
        }
        return try wrap { () throws(PackError) in
            entry.attributes = try worker.keep(attributes)
            if !links.isEmpty { entry.links = try worker.storeContent(links) }
            let bytes = entry.encoded()
            return try worker.emit(.tree, [1, 0, 0, 0, 1, 0, 0, 0] + bytes)
        }
    }

    /// The mark that names the snapshot as asked; nil if nothing was asked, or it is named so already.
    func nameMark(_ id: ObjectID) throws(StoreError) -> TimelineEvent? {
        guard let name = options.name else { return nil }
        let former = try directory.room.timeline.read().names[name]
        if former == id { return nil }
        if let former { throw .nameExists(name: name, target: former) }
        return TimelineEvent(
            time: options.time ?? .now, old: nil, new: id, event: .name, who: options.who, message: Text(name))
    }

    /// Equal tree and rules, and nothing asked for that the head has not.
    /// What the directory is, beside its head.
    enum Difference {
        case none, some
        /// What a later snapshot could not cover either: a cache directory, a nested store. To a revert that is no change, because it touches neither.
        case gapsOnly
    }

    func difference(since head: ObjectID, _ cache: StatCache, _ content: TakeContent, _ take: Take)
        throws(StoreError) -> Difference
    {
        if try asksForMore(than: head) { return .some }
        if purpose.event == .take || purpose.event == .revert {
            return try isUnchanged(since: head, cache, content) ? .none : .some
        }
        let root = try directory.manifest(head).root
        if root == content.rootTree { return .none }
        let source = TreeSource(ObjectReader(directory.packs, overlay: try take.emittedObjects()))
        return try GapComparison.differOnlyByGaps(root, content.rootTree, source) ? .gapsOnly : .some
    }

    /// Something is asked for that only a new snapshot can say.
    private func asksForMore(than head: ObjectID) throws(StoreError) -> Bool {
        if options.always || options.message != nil || !options.tags.isEmpty || options.event != nil
            || options.action != nil
        {
            return true
        }
        guard let kind = options.kind else { return false }
        let event = try directory.room.timeline.read().living.last { $0.id == head }?.event
        return kind > event?.kind ?? .operation
    }

    private func isUnchanged(since head: ObjectID, _ cache: StatCache, _ content: TakeContent) throws(StoreError)
        -> Bool
    {
        // Gaps are entries of trees, so equal trees have equal coverage.
        if let header = cache.header, header.snapshot == head {
            return header.rootTree == content.rootTree && header.rules == content.rulesDigest
        }
        let manifest = try directory.manifest(head)
        return manifest.root == content.rootTree && manifest.rules == content.rules
    }

    private func describe(_ manifest: inout Manifest) {
        manifest.message = options.message.map { Text($0) }
        manifest.tags = Set(options.tags).map { Text($0) }.sorted()
        manifest.trigger = options.trigger
        manifest.event = options.event.map { Text($0) }
        manifest.action = options.action.map { Text($0) }
        if let component = options.component { manifest.component = Component(id: component) }
    }

    /// Writes the stat cache. Without it the next take only reads more.
    func commit(
        _ cache: StatCache, _ walked: Walked, _ snapshot: ObjectID, _ content: TakeContent, _ links: ObjectID,
        _ epoch: UInt64
    ) {
        var header = StatCacheHeader()
        header.root = walked.record
        header.rootFacts = walked.facts
        header.snapshot = snapshot
        header.rootTree = content.rootTree
        header.rules = content.rulesDigest
        header.links = links
        header.epoch = epoch
        if cache.log.count == 0, let old = cache.header {
            header.length = old.length
            header.live = old.live
            if header == old { return }
        }
        do throws(SystemError) {
            try cache.commit(header)
        } catch {
            notes.append("the stat cache could not be written: \(error.reason); the next take reads more")
        }
    }
}
