// The take, from its locks to its line in the timeline.
//
// 1 share the directory's lock and the epoch's; adopt or sweep what killed takes left   2 walk, until no directory changed meanwhile   3 under the timeline's lock:
// settle the parent, finish the manifest, make the pack durable, append the line   4 write the stat cache, which nothing depends on.

internal import SnapSystem
internal import Synchronization

final class TakeOperation {
    let directory: WorkingDirectory
    let options: TakeOptions
    let purpose: TakePurpose
    private let observer: Observer
    /// The snapshot has what the head has, and only the covering trees make a difference.
    private(set) var isWidening = false
    var notes: [String] = []
    /// What was not covered and is no gap in the tree.
    var missed: UInt64 = 0
    private let start = Process.monotonicNanoseconds
    private var current: Take?
    /// What the take runs under, for its stat cache.
    private var epoch: UInt64 = 0

    init(_ directory: WorkingDirectory, _ options: TakeOptions, _ purpose: TakePurpose, _ observer: Observer) {
        self.directory = directory
        self.options = options
        self.purpose = purpose
        self.observer = observer
    }

    func run() throws(StoreError) -> TakeOutcome {
        if !purpose.isLook { try directory.requireWritable() }
        let layout = directory.layout
        if !options.force,
            let reason = try Guards.reasonAgainst(keeping: directory.path, homeDirectory: options.homeDirectory)
        {
            throw .refused(path: directory.path, reason: reason)
        }
        if let name = options.name { try check(name) }
        let configuration = try directory.configuration()
        notes += directory.notes + configuration.notes
        let directoryLock = try purpose.hasLock || purpose.isLook ? nil : share()
        if purpose.event == .take && !purpose.isLook { try directory.requireNoJournal() }
        let epochLock = try enterEpoch()
        if !purpose.isDry {
            try directory.passOverRetiredPacks()
            try sweep()
        }

        let cache = openCache()
        let formerHead = try directory.room.timeline.head()
        let baseRules = try Self.rules(configuration)
        let manifestRules = manifestRules(configuration)
        let rulesDigest = unsafe ObjectHasher().id(.manifest, manifestRules.canonicalBytes.span.bytes)
        let root = try openRoot()
        let session = try wrap { () throws(PackError) in
            try PackSession(
                store: directory.packs, temporary: layout.tmp.descriptor, spaceCheck: spaceCheck(configuration))
        }
        // After a commit there is nothing to remove.
        var isEnded = false
        defer { if !isEnded { session.abort(keepingComplete: observer.isCancelled?() ?? false) } }

        let take = Take(
            root: root, session: session, packs: directory.packs, cache: cache,
            options: try takeOptions(
                configuration, isTrusted: try isTrusted(cache, formerHead, epoch),
                hasCachedRules: cache.header?.rules == rulesDigest),
            covered: purpose.covering.isEmpty ? nil : CoveredPaths(directory.packs, roots: purpose.covering),
            observer: observer,
            workerCount: min(options.threads ?? Workers.coreCount, 16))
        current = take
        let workers = (0..<take.workerCount).map { _ in TakeWorker(take: take) }
        if take.counts != nil { take.expected = expected(cache, formerHead) }
        let walked = try walk(take, workers, baseRules)
        take.advance(files: 0, bytes: 0)

        let links = LinkTable.encode(take.tally.withLock { $0.links })
        let rootTree = try rootTree(walked, links, cache, workers[0])
        let tail = OpenBlock()
        for worker in workers {
            try wrap { () throws(PackError) in try worker.gather(into: tail) }
        }
        let totals = walked.totals
        // A revert must be possible where only gaps are left: it changes nothing that its safety snapshot lacks.
        if purpose.event == .take, totals.files + totals.directories + totals.symbolicLinks + totals.others == 0,
            totals.gapCount > 0
        {
            throw .nothingCovered(path: directory.path, reason: take.tally.withLock { $0.gaps.first?.detail ?? "" })
        }

        let statistics = try statistics(of: take, totals, tail, workers[0])
        let content = TakeContent(
            rootTree: rootTree, rules: manifestRules, rulesDigest: rulesDigest, totals: totals, statistics: statistics)
        if purpose.tellsWidening, take.hasCoveredMore.load(ordering: .relaxed),
            try isAsHead(rootTree)
        {
            isWidening = true
        }
        // What is large is written back before the timeline is locked, so that others wait for little.
        if session.storedBytes > 4 << 20 { try wrap { () throws(PackError) in try session.flushData() } }
        var report: TakeReport
        var difference = Difference.some
        if purpose.isDry {
            let head = try directory.room.timeline.head()
            report = self.report(content, take, walked, head)
            if let head { difference = try self.difference(since: head, cache, content, take) }
            if let head, difference != .some {
                report.id = head
                report.isNew = false
            }
        } else {
            let timelineLock = try layout.locks.timeline(directory.id)
            let head = try directory.room.timeline.head()
            report = self.report(content, take, walked, head)
            if let head { difference = try self.difference(since: head, cache, content, take) }
            if let head, difference != .some {
                report.id = head
                report.isNew = false
                if let mark = try nameMark(head) { try directory.room.timeline.append(mark, under: timelineLock) }
            } else {
                let (id, events) = try record(content, head, tail, workers[0])
                isEnded = true
                report.statistics.storedBytes = session.storedBytes
                try directory.room.timeline.append(events, under: timelineLock)
                report.id = id
            }
            timelineLock.release()
            // The trees of gaps that are passed over are in no pack, so nothing may be built upon them.
            if difference != .gapsOnly {
                commit(cache, walked, report.id, content, Self.digest(links), epoch)
            }
        }
        if !isEnded { session.abort(keepingComplete: false) }
        isEnded = true
        epochLock?.release()
        directoryLock?.release()
        if report.isNew && purpose.event == .take { merge(configuration) }
        report.notes = notes
        report.seconds = Double(Process.monotonicNanoseconds - start) / 1e9
        return TakeOutcome(
            report: report, rootTree: difference == .gapsOnly ? try directory.manifest(report.id).root : rootTree,
            scanStart: take.scanStart,
            overlay: purpose.isDry ? try take.emittedObjects() : [:])
    }

    /// Without what only the covering trees cover, there is nothing new.
    private func isAsHead(_ rootTree: ObjectID) throws(StoreError) -> Bool {
        guard let head = try directory.room.timeline.head() else { return false }
        let root = try directory.manifest(head).root
        // Then nothing is recorded.
        if root == rootTree { return false }
        let purpose = TakePurpose(event: .safety, covering: [root], isDry: true, hasLock: true)
        return try !directory.take(options, for: purpose, observer: observer).report.isNew
    }

    // MARK: Before the walk

    private func share() throws(StoreError) -> StoreLock {
        guard let lock = try directory.layout.locks.directory(directory.id, exclusive: false) else {
            throw .revertUnderWay
        }
        return lock
    }

    /// Who only looks may not be able to lock anything; what gc then removes under it is an error of reading.
    private func enterEpoch() throws(StoreError) -> EpochLock? {
        do throws(StoreError) {
            let lock = try directory.layout.epoch.enter()
            epoch = lock.epoch
            return lock
        } catch {
            guard purpose.isLook else { throw error }
            epoch = try directory.layout.epoch.read()
            return nil
        }
    }

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
        // Under its lock no revert is under way: what is staged is left from one that ended without cleaning up.
        if purpose.event == .take && !purpose.isDry { try Staging.sweep(directory, forRevert: false) }
    }

    /// Few packs for the takes to come. The snapshot is safe whatever becomes of it.
    private func merge(_ configuration: StoreConfiguration) {
        do throws(PackError) {
            // Whoever has the lock does more than this.
            guard try PackMerge.isDue(directory.packs), let lock = (try? directory.layout.locks.gc()) ?? nil
            else { return }
            // The epoch was left: gc may have been at work since.
            guard (try? directory.passOverRetiredPacks()) != nil else { return }
            let merge = try PackMerge(
                directory.packs, temporary: directory.layout.tmp.descriptor, spaceCheck: spaceCheck(configuration),
                isCancelled: { self.observer.isCancelled?() ?? false })
            _ = try merge.run()
            lock.release()
            for failure in merge.failures { notes.append("a pack cannot be merged with others: \(failure.reason)") }
        } catch {
            switch error {
            case .cancelled, .noSpace, .storeLimit: break
            default: notes.append("small packs could not be merged: \(error.reason)")
            }
        }
    }

    /// What there is to look at and to read, going by the last snapshot. How much of what the cache knows has changed, nobody knows.
    private func expected(_ cache: StatCache, _ head: ObjectID?) -> ProgressTotal {
        if let header = cache.header, let known = cache.withRecord(header.root, { $0.totals }) {
            let files = known.files.addingSaturated(known.symbolicLinks).addingSaturated(known.others)
            return ProgressTotal(files: files, bytes: options.rehash ? known.bytes : nil)
        }
        guard let head, let known = try? directory.manifest(head).statistics else { return ProgressTotal() }
        let files = known.files.addingSaturated(known.symlinks).addingSaturated(known.others)
        return ProgressTotal(files: files, bytes: known.bytes)
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
        result.isDry = purpose.isDry
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

    /// Asks for the file system's free space now and then while blocks are written. Never for a part of a revert.
    private func spaceCheck(_ configuration: StoreConfiguration) -> (@Sendable (Int) throws(PackError) -> Void)? {
        purpose.isGuarded ? SpaceGuard(layout: directory.layout, configuration: configuration).check : nil
    }

    // MARK: The walk

    struct Walked {
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
                result = Walked(content: known.content, totals: known.totals, record: cached.record, facts: facts)
            case .gap(_, let detail): throw .nothingCovered(path: directory.path, reason: detail)
            case .vanished: throw .nothingCovered(path: directory.path, reason: "it went away")
            }
            guard let walked = result else { break }
            // Every name that the cache knows was found in its place, and no directory had another: whatever moved while the walk ran was seen before it did.
            if !take.hasOtherNames.load(ordering: .relaxed) { return walked }
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

    // MARK: Errors

    /// Turns errors of packs into the store's. A full disk says how much the whole take would have needed at most.
    func wrap<R>(_ body: () throws(PackError) -> R) throws(StoreError) -> R {
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
