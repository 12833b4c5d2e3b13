// The take, from its locks to its line in the timeline.
//
// 1 share the directory's lock and the epoch's; adopt or sweep what killed takes left   2 walk, until no directory changed meanwhile   3 under the timeline's lock:
// settle the parent, finish the manifest, make the pack durable, append the line   4 write the stat cache, which nothing depends on.

internal import SnapSystem
internal import Synchronization

extension WorkingDirectory {
    /// Records the working directory's state, unless nothing has changed.
    ///
    /// Throws `noSpace` and `storeLimit` with nothing recorded, `nothingCovered` if nothing could be read, `cancelled` if the observer says so.
    public func take(_ options: TakeOptions, observer: Observer) throws(StoreError) -> TakeReport {
        try TakeOperation(self, options, observer).run()
    }
}

private final class TakeOperation {
    private let directory: WorkingDirectory
    private let options: TakeOptions
    private let observer: Observer
    private var notes: [String] = []
    /// What was not covered and is no gap in the tree.
    private var missed: UInt64 = 0
    private let start = Process.monotonicNanoseconds
    private var current: Take?

    init(_ directory: WorkingDirectory, _ options: TakeOptions, _ observer: Observer) {
        self.directory = directory
        self.options = options
        self.observer = observer
    }

    func run() throws(StoreError) -> TakeReport {
        try directory.requireWritable()
        let layout = directory.layout
        if !options.force,
            let reason = try Guards.reasonAgainst(keeping: directory.path, homeDirectory: options.homeDirectory)
        {
            throw .refused(path: directory.path, reason: reason)
        }
        if let name = options.name { try check(name) }
        let configuration = try directory.configuration()
        notes += directory.notes + configuration.notes
        let locks = layout.locks
        guard let directoryLock = try locks.directory(directory.id, exclusive: false) else { throw .revertUnderWay }
        let epochLock = try layout.epoch.enter()
        try sweep()

        let cache = openCache()
        let formerHead = try directory.room.timeline.head()
        let baseRules = try Self.rules(configuration)
        let manifestRules = manifestRules(configuration)
        let rulesDigest = unsafe ObjectHasher().id(.manifest, manifestRules.canonicalBytes.span.bytes)
        let root = try openRoot()
        let session = try wrap { () throws(PackError) in
            try PackSession(
                store: directory.packs, temporary: layout.tmp.descriptor, spaceCheck: try spaceCheck(configuration))
        }
        var isCommitted = false
        defer { if !isCommitted { session.abort(keepingComplete: observer.isCancelled?() ?? false) } }

        let take = Take(
            root: root, session: session, packs: directory.packs, cache: cache,
            options: try takeOptions(
                configuration, isTrusted: try isTrusted(cache, formerHead, epochLock.epoch),
                hasCachedRules: cache.header?.rules == rulesDigest),
            observer: observer,
            workerCount: min(options.threads ?? Workers.coreCount, 16))
        current = take
        let workers = (0..<take.workerCount).map { _ in TakeWorker(take: take) }
        let walked = try walk(take, workers, baseRules)

        let links = LinkTable.encode(take.tally.withLock { $0.links })
        let rootTree = try rootTree(walked, links, cache, workers[0])
        let tail = OpenBlock()
        for worker in workers {
            try wrap { () throws(PackError) in try worker.gather(into: tail) }
        }
        let totals = walked.totals
        if totals.files + totals.directories + totals.symbolicLinks + totals.others == 0, totals.gapCount > 0 {
            throw .nothingCovered(path: directory.path, reason: take.tally.withLock { $0.gaps.first?.detail ?? "" })
        }

        var statistics = Statistics()
        statistics.files = totals.files
        statistics.directories = totals.directories
        statistics.symlinks = totals.symbolicLinks
        statistics.others = totals.others
        statistics.bytes = totals.bytes
        let tally = take.tally.withLock { $0 }
        statistics.readFiles = tally.readFiles
        statistics.readBytes = tally.readBytes
        statistics.leftOut = tally.leftOut.values.reduce(0, +)
        statistics.newObjects = session.objectCount + UInt64(tail.objects.count)
        statistics.newBytes = take.newBytes.load(ordering: .relaxed) + UInt64(tail.plain.count)
        statistics.storedBytes =
            session.storedBytes + (try wrap { () throws(PackError) in try workers[0].storedLength(of: tail) })
        var coverage = Coverage()
        for reason in GapReason.allCases where totals.gaps[Int(reason.rawValue)] > 0 {
            coverage.gaps[reason] = totals.gaps[Int(reason.rawValue)]
        }

        // What is large is written back before the timeline is locked, so that others wait for little.
        if session.storedBytes > 4 << 20 { try wrap { () throws(PackError) in try session.flushData() } }
        let timelineLock = try locks.timeline(directory.id)
        let head = try directory.room.timeline.head()
        var report = TakeReport(
            id: .zero, isNew: true, isFirst: head == nil, statistics: statistics,
            gaps: tally.sortedGaps, gapCount: totals.gapCount,
            leftOut: tally.leftOutByRule,
            largestDirectories: head == nil ? cache.largestDirectories(below: walked.record) : [],
            withInodeFlags: tally.withInodeFlags, notes: notes, seconds: 0,
            partialCount: [GapReason.unreadable, .unstable, .unsupported].reduce(missed) {
                $0 + totals.gaps[Int($1.rawValue)]
            })
        if let head, try isUnchanged(since: head, cache, rootTree, manifestRules, rulesDigest) {
            session.abort(keepingComplete: false)
            isCommitted = true
            report.id = head
            report.isNew = false
            if let mark = try nameMark(head) { try directory.room.timeline.append(mark, under: timelineLock) }
        } else {
            var manifest = Manifest(
                directory: directory.id, timeline: Text(TimelineStore.main), kind: options.kind ?? .checkpoint,
                time: options.time ?? .now, root: rootTree, versions: Versions(snap: SnapVersion.text))
            manifest.parents = head.map { [$0] } ?? []
            manifest.rules = manifestRules
            manifest.coverage = coverage
            manifest.statistics = statistics
            describe(&manifest)
            let bytes = manifest.encoded()
            let id = unsafe ObjectHasher().id(.manifest, bytes.span.bytes)
            try wrap { () throws(PackError) in
                if try session.claim([ObjectKey(.manifest, id)])[0] { tail.add(ObjectKey(.manifest, id), bytes) }
                try workers[0].write(tail)
                _ = try session.commit()
            }
            isCommitted = true
            report.statistics.storedBytes = session.storedBytes
            var events = [
                TimelineEvent(
                    time: manifest.time, old: head, new: id, event: .take, kind: manifest.kind, who: options.who,
                    message: manifest.message ?? Text(""))
            ]
            if let mark = try nameMark(id) { events.append(mark) }
            try directory.room.timeline.append(events, under: timelineLock)
            report.id = id
        }
        timelineLock.release()
        commit(
            cache, walked, report.id, rootTree, rulesDigest, Self.digest(links), epochLock.epoch)
        epochLock.release()
        directoryLock.release()
        report.notes = notes
        report.seconds = Double(Process.monotonicNanoseconds - start) / 1e9
        return report
    }

    // MARK: Before the walk

    /// Says early that a name cannot be given, or that it is another snapshot's.
    private func check(_ name: String) throws(StoreError) {
        do throws(NameError) {
            try SnapshotName.validate(name)
        } catch {
            throw .invalidName(text: name, reason: error.reason)
        }
        guard let target = try directory.room.timeline.read().names[name] else { return }
        if try directory.room.timeline.head() != target { throw .nameExists(name: name, target: target) }
    }

    private func sweep() throws(StoreError) {
        try wrap { () throws(PackError) in
            let swept = try Adoption.sweep(directory.layout.tmp.descriptor, into: directory.packs)
            if !swept.adopted.isEmpty {
                notes.append("adopted \(swept.adopted.count) pack(s) that an interrupted take had completed")
            }
        }
    }

    private func openCache() -> StatCache {
        let room = directory.room.directory
        let tmp = directory.layout.tmp
        return StatCache(
            directory: { () throws(SystemError) in try room.descriptor.duplicate() },
            temporaries: { () throws(SystemError) in try tmp.descriptor.duplicate() },
            ownership: directory.layout.ownership)
    }

    private func openRoot() throws(StoreError) -> FileDescriptor {
        do throws(SystemError) {
            return try directory.place.directory.open([0x2E], [.read, .directory])
        } catch {
            throw .nothingCovered(path: directory.path, reason: error.reason)
        }
    }

    /// The cache's ids can be used without looking them up.
    private func isTrusted(_ cache: StatCache, _ head: ObjectID?, _ epoch: UInt64) throws(StoreError) -> Bool {
        guard let header = cache.header, header.epoch == epoch else { return false }
        if head == header.snapshot { return true }
        return try directory.room.timeline.read().living.contains { $0.id == header.snapshot }
    }

    private static func rules(_ configuration: StoreConfiguration) throws(StoreError) -> RuleSet {
        configuration.exclude.isEmpty
            ? RuleSet() : RuleSet(base: IgnoreFile(source: Array("take.exclude".utf8), lines: configuration.exclude))
    }

    private func manifestRules(_ configuration: StoreConfiguration) -> Rules {
        var rules = Rules()
        rules.ignoreFiles = [Text(bytes: RuleSet.ignoreFileName)]
        rules.exclude = configuration.exclude.map { Text(bytes: $0) }
        rules.oneFileSystem = options.oneFileSystem || configuration.oneFileSystem
        rules.cacheTags = true
        return rules
    }

    private func takeOptions(_ configuration: StoreConfiguration, isTrusted: Bool, hasCachedRules: Bool)
        throws(StoreError) -> Take.Options
    {
        var result = Take.Options()
        result.rehash = options.rehash
        result.oneFileSystem = options.oneFileSystem || configuration.oneFileSystem
        result.trustsCache = isTrusted
        result.compression = options.compression ?? configuration.compression
        result.hasCachedRules = hasCachedRules
        result.chunker = try directory.layout.format.chunker(of: directory.store)
        result.ownStores = try directory.ownStores()
        result.rootDevice = directory.place.device
        return result
    }

    /// Asks for the file system's free space now and then while blocks are written. Never for a safety snapshot.
    private func spaceCheck(_ configuration: StoreConfiguration) throws(PackError) -> (
        @Sendable (Int) throws(PackError) -> Void
    )? {
        SpaceGuard(layout: directory.layout, configuration: configuration).check
    }

    // MARK: The walk

    private struct Walked {
        var content: ContentReference?
        var totals: Totals
        var record: RecordLocation
        var facts: FileFacts
    }

    private func walk(_ take: Take, _ workers: [TakeWorker], _ rules: RuleSet) throws(StoreError) -> Walked {
        var cached = take.cache.header.map { (record: $0.root, facts: $0.rootFacts) }
        var result: Walked?
        for pass in 1...3 {
            let facts: FileFacts
            do throws(SystemError) {
                facts = try take.root.facts().0
            } catch {
                throw .nothingCovered(path: directory.path, reason: error.reason)
            }
            let outcome = try take.walk(rules: rules, facts: facts, from: cached, workers: workers)
            switch outcome {
            case .rebuilt(let content, _, let record, let totals):
                result = Walked(content: content, totals: totals, record: record, facts: facts)
            case .unchanged:
                guard let cached,
                    let known = take.cache.withRecord(cached.record, { (content: $0.content, totals: $0.totals) })
                else {
                    throw .nothingCovered(path: directory.path, reason: "its cache went away")
                }
                // Every name that the cache knows was found in its place, and no directory had another: whatever moved while the walk ran was seen before it did.
                return Walked(content: known.content, totals: known.totals, record: cached.record, facts: facts)
            case .gap(_, let detail): throw .nothingCovered(path: directory.path, reason: detail)
            case .vanished: throw .nothingCovered(path: directory.path, reason: "it went away")
            }
            guard let walked = result else { break }
            guard let changed = take.changedDirectory(walked.record, walked.facts) else { return walked }
            if pass == 3 {
                missed += 1
                notes.append(
                    "'\(String(decoding: changed.isEmpty ? directory.path : changed, as: UTF8.self))' kept changing while it was read"
                )
            }
            cached = (walked.record, walked.facts)
        }
        guard let result else { throw .nothingCovered(path: directory.path, reason: "it kept changing") }
        return result
    }

    // MARK: After the walk

    private static func digest(_ links: [UInt8]) -> ObjectID {
        unsafe links.isEmpty ? .zero : ObjectHasher().id(.chunk, links.span.bytes)
    }

    /// The id of the tree whose one entry is the working directory itself. As the cache has it, if nothing at all has changed.
    private func rootTree(_ walked: Walked, _ links: [UInt8], _ cache: StatCache, _ worker: TakeWorker)
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
    private func nameMark(_ id: ObjectID) throws(StoreError) -> TimelineEvent? {
        guard let name = options.name else { return nil }
        let former = try directory.room.timeline.read().names[name]
        if former == id { return nil }
        if let former { throw .nameExists(name: name, target: former) }
        return TimelineEvent(
            time: options.time ?? .now, old: nil, new: id, event: .name, who: options.who, message: Text(name))
    }

    private func isUnchanged(
        since head: ObjectID, _ cache: StatCache, _ rootTree: ObjectID, _ rules: Rules, _ digest: ObjectID
    ) throws(StoreError) -> Bool {
        if options.always || options.message != nil || !options.tags.isEmpty || options.event != nil
            || options.action != nil
        {
            return false
        }
        if let kind = options.kind {
            let event = try directory.room.timeline.read().living.last { $0.id == head }?.event
            if kind > event?.kind ?? .operation { return false }
        }
        // Gaps are entries of trees, so equal trees have equal coverage.
        if let header = cache.header, header.snapshot == head {
            return header.rootTree == rootTree && header.rules == digest
        }
        let manifest = try directory.manifest(head)
        return manifest.root == rootTree && manifest.rules == rules
    }

    private func describe(_ manifest: inout Manifest) {
        manifest.message = options.message.map { Text($0) }
        manifest.tags = Set(options.tags).map { Text($0) }.sorted()
        manifest.trigger = options.trigger
        manifest.event = options.event.map { Text($0) }
        manifest.action = options.action.map { Text($0) }
        if let component = options.component { manifest.component = Component(id: component) }
    }

    private func commit(
        _ cache: StatCache, _ walked: Walked, _ snapshot: ObjectID, _ rootTree: ObjectID, _ rules: ObjectID,
        _ links: ObjectID, _ epoch: UInt64
    ) {
        var header = StatCacheHeader()
        header.root = walked.record
        header.rootFacts = walked.facts
        header.snapshot = snapshot
        header.rootTree = rootTree
        header.rules = rules
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

    /// Turns errors of packs into the store's. A full disk says how much the whole take would have needed at most.
    private func wrap<R>(_ body: () throws(PackError) -> R) throws(StoreError) -> R {
        do throws(PackError) {
            return try body()
        } catch {
            let needed = current?.neededBytes.load(ordering: .relaxed) ?? 0
            switch error {
            case .noSpace(let available, let floor, let bytes):
                throw .noSpace(available: available, floor: floor, needed: max(needed, bytes))
            case .system(_, let cause) where cause.isNoSpace:
                let available = (try? directory.layout.root.descriptor.freeSpace().available) ?? 0
                throw .noSpace(available: available, floor: 0, needed: needed)
            default: throw StoreError(error)
            }
        }
    }
}
