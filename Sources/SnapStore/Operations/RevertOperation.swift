// A revert in place, from its locks to its line in the timeline.
//
// 1 the directory's lock alone   2 the safety snapshot, if the directory differs from the head   3 the plan: what differs between that and the target   4 new content, staged and synced; then the
// journal   5 one rename a step   6 directories' own metadata, a last look at what came out, a sync   7 the line; the journal goes, then what came out.
//
// Until the journal is there nothing is touched. From then on the revert is continued or aborted, by this process or a later one.

internal import SnapSystem

final class RevertOperation {
    let directory: WorkingDirectory
    let observer: Observer
    var options: RevertOptions
    let start = Process.monotonicNanoseconds
    var notes: [String]

    init(_ directory: WorkingDirectory, _ options: RevertOptions, _ observer: Observer) {
        self.directory = directory
        self.options = options
        self.observer = observer
        if self.options.time == nil { self.options.time = .now }
        notes = directory.notes
    }

    /// The lock, and the certainty that no other revert is half done.
    func lock() throws(StoreError) -> StoreLock {
        try directory.requireWritable()
        guard let lock = try directory.layout.locks.directory(directory.id, exclusive: true) else {
            throw .revertUnderWay
        }
        try directory.requireNoJournal()
        try Staging.sweep(directory, forRevert: true)
        return lock
    }

    // MARK: The whole

    /// Puts the directory back to `target`. The caller has the lock.
    func run(to target: ObjectID, event: Event, message: Text = Text(""), from known: TakeOutcome? = nil)
        throws(StoreError) -> RevertReport
    {
        let manifest = try self.manifest(target)
        let taken: TakeOutcome
        if let known {
            taken = known
        } else {
            taken = try takeSafety(covering: [manifest.root], isDry: false)
        }
        var report = RevertReport(target: target, former: taken.report.id)
        report.tookSafety = taken.report.isNew
        if taken.report.isPartial { notes += taken.report.notes }
        let live = try liveTree(taken)
        let planned = try plan(live, from: taken.rootTree, to: manifest, target)
        if taken.rootTree == manifest.root || (planned.steps.isEmpty && planned.directories.isEmpty) {
            return try finishWithoutChange(&report, planned, taken, event, message)
        }
        if let confirm = options.confirm, !confirm(planned.plan) { throw .cancelled }

        var journal = try RevertJournal(
            event: event, message: message, target: target, former: report.former, time: options.time ?? .now,
            scanStart: taken.scanStart, options: options)
        let run = try RevertRun(
            directory, planned, live, try Staging(directory, live, token: journal.token), isBack: false)
        do throws(StoreError) {
            journal.mounts = try mounts(planned, run.staging)
            try journal.prepare(in: directory.room.directory)
            try openMounts(journal, run.staging)
            try checkSpace(planned, run.staging)
            try stage(run.applier.begin(), run)
            if observer.isCancelled?() ?? false { throw .cancelled }
            try sync(run.staging)
        } catch {
            // Nothing was touched.
            try? run.staging.clear()
            try? RevertJournal.remove(in: directory.room.directory)
            throw error
        }
        try RevertJournal.publish(in: directory.room.directory)
        try apply(run)
        try record(run, journal, &report)
        return report
    }

    /// What a revert would do. Writes nothing.
    func plan(to target: ObjectID) throws(StoreError) -> RevertPlan {
        let manifest = try self.manifest(target)
        let taken = try takeSafety(covering: [manifest.root], isDry: true)
        let live = try liveTree(taken)
        return try plan(live, from: taken.rootTree, to: manifest, target).plan
    }

    /// Goes on with an interrupted revert, forward or back.
    func resume(isBack: Bool) throws(StoreError) -> RevertReport {
        try directory.requireWritable()
        guard let lock = try directory.layout.locks.directory(directory.id, exclusive: true) else {
            throw .revertUnderWay
        }
        guard var journal = try RevertJournal.read(in: directory.room.directory) else { throw .noUnfinishedRevert }
        options = journal.options
        let manifest = try directory.manifest(journal.target)
        var report = RevertReport(target: isBack ? journal.former : journal.target, former: journal.former)
        let live = try liveTree(ObjectReader(directory.packs), journal.scanStart, readsBytes: true)
        let staging = try Staging(directory, live, token: journal.token)
        try requireMounts(journal, live)
        // A revert begins from a head: that there is none now is damage, or an answer that is not to be believed.
        guard let head = try directory.room.timeline.head() else {
            throw directory.room.timelines.damage(TimelineStore.main, "it has no head, and a revert began from one")
        }
        let isRecorded = head != journal.former
        if isRecorded { try correctTimes(of: &journal.mounts, head, live.source) }
        try openMounts(journal, staging)
        if isRecorded && !isBack {
            // The line was written: all that was left to do is to clean up.
            report.head = head
            if head != journal.target { noteRest(live, from: head, to: manifest, journal, &report) }
            try cleanUp(staging)
            lock.release()
            return finished(&report)
        }
        let former = try directory.manifest(journal.former)
        let forward = try plan(live, from: former.root, to: manifest, journal.target, requiresMatches: false)
        let run = try RevertRun(directory, isBack ? forward.inverted : forward, live, staging, isBack: isBack)
        try prepare(run)
        let needed = try self.system("examine", { () throws(SystemError) in try run.applier.survey() })
        try stage(needed, run, suffix: Staging.partSuffix)
        try sync(staging)
        try system("rename") { () throws(SystemError) in try run.applier.complete(needed) }
        try apply(run)
        if isRecorded {
            // It takes back what was already told, on the stack that it was put on.
            journal.event = head == journal.target && journal.event == .undo ? .redo : .undo
            journal.message = Text("")
            swap(&journal.target, &journal.former)
            journal.former = head
        }
        try record(run, journal, isRecorded: isRecorded, &report)
        lock.release()
        return report
    }

    /// What a revert that was recorded did not put back is what is still to do from what came out.
    private func noteRest(
        _ live: LiveTree, from head: ObjectID, to manifest: Manifest, _ journal: RevertJournal,
        _ report: inout RevertReport
    ) {
        // It is over, whatever can be told of it.
        guard let root = try? directory.manifest(head).root,
            let rest = try? plan(live, from: root, to: manifest, journal.target, requiresMatches: false)
        else {
            let reason = "what was not put back could not be told; 'snap diff \(journal.target.short)' shows it"
            return report.note(left: [RevertReport.Left(path: [], reason: reason)])
        }
        let missed = rest.plan.changes.filter { $0.action != .leave }.map {
            RevertReport.Left(path: $0.path, reason: "it was not put back")
        }
        report.note(left: rest.conflicts + missed)
        report.notCovered = rest.notCovered
    }

    // MARK: Parts

    private func manifest(_ id: ObjectID) throws(StoreError) -> Manifest {
        if try directory.room.timeline.read().isRemoved(id) { throw .removedSnapshot(id) }
        return try directory.manifest(id)
    }

    /// What `roots` cover is covered, whatever the rules say. `tellsWidening`: of an unchanged directory the line says that it is one.
    func takeSafety(covering roots: [ObjectID], isDry: Bool, tellsWidening: Bool = false) throws(StoreError)
        -> TakeOutcome
    {
        var take = TakeOptions()
        take.who = options.who
        take.time = options.time
        take.threads = options.threads
        take.homeDirectory = options.homeDirectory
        // What was allowed once is not refused when it is to be saved.
        take.force = true
        var purpose = TakePurpose(event: .safety, covering: roots, isDry: isDry, hasLock: true)
        purpose.tellsWidening = tellsWidening
        return try directory.take(take, for: purpose, observer: observer)
    }

    func liveTree(_ taken: TakeOutcome) throws(StoreError) -> LiveTree {
        try liveTree(ObjectReader(directory.packs, overlay: taken.overlay), taken.scanStart, readsBytes: false)
    }

    private func liveTree(
        _ reader: ObjectReader, _ scanStart: (seconds: Int64, nanoseconds: UInt32), readsBytes: Bool
    ) throws(StoreError) -> LiveTree {
        let root: FileDescriptor
        do throws(SystemError) {
            root = try directory.place.directory.open([0x2E], [.read, .directory])
        } catch {
            throw StoreError(error, doing: "open", directory.path)
        }
        return LiveTree(
            root: root, source: TreeSource(reader), scanStart: scanStart, ownStores: try directory.ownStores(),
            readsBytes: readsBytes)
    }

    private func plan(
        _ live: LiveTree, from root: ObjectID, to manifest: Manifest, _ target: ObjectID, requiresMatches: Bool = true
    ) throws(StoreError) -> RevertSteps {
        let source = live.source
        let selection = PathSelection(options.paths)
        let planner = RevertPlanner(
            source: source, live: live, options: options, selection: selection, target: target, rules: manifest.rules,
            observer: observer)
        let from = try source.root(root)
        let to = try source.root(manifest.root)
        var planned = try planner.plan(from: from, to: to)
        if requiresMatches { try requireMatches(from, to, selection, source) }
        planned.plan.presentCount = try presentCount(from, source, planned)
        planned.plan.bytes = planned.newBytes
        return planned
    }

    /// A path that was asked for and is nowhere is a mistake.
    private func requireMatches(_ from: TreeEntry, _ to: TreeEntry, _ selection: PathSelection, _ source: TreeSource)
        throws(StoreError)
    {
        if selection.isEverything { return }
        var findings = PathSelection.Findings(selection)
        for root in [from, to] {
            var pending: [(entry: TreeEntry, path: [UInt8])] = [(root, [])]
            while let (entry, path) = pending.popLast() {
                if observer.isCancelled?() ?? false { throw .cancelled }
                for child in try source.entries(of: entry) {
                    let childPath = join(path, child.name)
                    findings.note(childPath, isDirectory: child.type == .directory)
                    if child.type == .directory && findings.areOpen(below: childPath) {
                        pending.append((child, childPath))
                    }
                }
            }
        }
        if let path = findings.unmatched.first { throw .pathNotFound(path: path) }
    }

    /// How many paths the directory has: only asked for where something is to be removed.
    private func presentCount(_ from: TreeEntry, _ source: TreeSource, _ planned: RevertSteps) throws(StoreError)
        -> UInt64
    {
        guard options.confirm != nil, planned.plan.count(.remove) > 0 else { return 0 }
        var count: UInt64 = 0
        var pending = [from]
        while let entry = pending.popLast() {
            for child in try source.entries(of: entry) {
                count += 1
                if child.type == .directory { pending.append(child) }
            }
        }
        return count
    }

    /// New and old lie side by side until the end.
    private func checkSpace(_ planned: RevertSteps, _ staging: Staging) throws(StoreError) {
        if planned.newBytes <= 1 << 20 { return }
        var needed: [UInt64: UInt64] = [:]
        try system("examine") { () throws(SystemError) in
            for step in planned.steps where step.newBytes > 0 {
                guard let area = try staging.area(for: parentPath(step.path)) else { continue }
                needed[area.device] = (needed[area.device] ?? 0).addingSaturated(step.newBytes)
            }
        }
        for area in staging.areas {
            guard let bytes = needed[area.device] else { continue }
            let space = try system("examine") { () throws(SystemError) in try area.open.descriptor.freeSpace() }
            let all = bytes.addingSaturated(bytes / 64)
            if space.available < all { throw .notEnoughSpaceToRevert(available: space.available, needed: all) }
        }
    }

    private func mounts(_ planned: RevertSteps, _ staging: Staging) throws(StoreError) -> [RevertJournal.Mount] {
        var known: Set<[UInt8]> = []
        var result: [RevertJournal.Mount] = []
        for step in planned.steps where known.insert(parentPath(step.path)).inserted {
            let parent = parentPath(step.path)
            let isKnown = try system("examine") { () throws(SystemError) in try staging.area(for: parent) != nil }
            if isKnown { continue }
            let mount = try system("examine") { () throws(SystemError) in try staging.mountPoint(of: parent) }
            if result.contains(where: { $0.path == mount }) { continue }
            result.append(try system("examine") { () throws(SystemError) in try staging.mount(mount) })
        }
        return result
    }

    /// What is staged on a file system is there only while that is mounted, and what it covers is not what was changed.
    private func requireMounts(_ journal: RevertJournal, _ live: LiveTree) throws(StoreError) {
        for mount in journal.mounts where mount.isMountPoint {
            if live.isMountPoint(mount.path) { continue }
            throw .notMounted(path: mount.path)
        }
    }

    /// The directories that staging directories were made in have the times by now that the head says, even if their removal was interrupted.
    private func correctTimes(of mounts: inout [RevertJournal.Mount], _ head: ObjectID, _ source: TreeSource)
        throws(StoreError)
    {
        if mounts.isEmpty { return }
        let root = try source.root(try directory.manifest(head).root)
        for index in mounts.indices {
            guard let entry = try source.entry(at: mounts[index].path, below: root) else { continue }
            mounts[index].seconds = entry.seconds
            mounts[index].nanoseconds = entry.nanoseconds
        }
    }

    private func openMounts(_ journal: RevertJournal, _ staging: Staging) throws(StoreError) {
        for mount in journal.mounts {
            do throws(SystemError) {
                try staging.openMount(mount)
            } catch {
                // Its steps are conflicts then.
                let isGone = (error.isNotFound || error.isLoop) && (try? staging.isThere(mount)) == false
                if error.isRefusal || isGone { continue }
                throw StoreError(error, doing: "make a directory in", mount.path)
            }
        }
    }

    /// What came out on the way is opened to its owner, so that it can be looked at.
    private func prepare(_ run: RevertRun) throws(StoreError) {
        try system("change") { () throws(SystemError) in try run.applier.loosenDirectories() }
    }

    private func stage(_ needed: [Int], _ run: RevertRun, suffix: [UInt8] = []) throws(StoreError) {
        var items: [StagedItem] = []
        for index in needed {
            let step = run.work.steps[index]
            guard step.to != nil else { continue }
            let area = try system("examine") { () throws(SystemError) in
                try run.staging.area(for: parentPath(step.path))
            }
            guard let area else { continue }
            let name = run.applier.names[index] + suffix
            if !suffix.isEmpty {
                try system("remove") { () throws(SystemError) in
                    try TreeRemoval.remove(name, in: area.open.descriptor)
                }
            }
            items.append(StagedItem(step: step, name: name, area: area))
        }
        let writer = StagingWriter(directory, run.live, observer, threads: options.threads)
        let report = try writer.write(items, links: run.applier.links)
        run.bytes = report.bytes
        run.left += report.failures.map { RevertReport.Left(path: $0.path, reason: $0.reason) }
    }

    private func sync(_ staging: Staging) throws(StoreError) {
        try system("sync") { () throws(SystemError) in try staging.sync() }
    }

    private func apply(_ run: RevertRun) throws(StoreError) {
        let counts = observer.counter
        let total = ProgressTotal(files: UInt64(run.work.steps.count))
        try system("change") { () throws(SystemError) in
            try run.applier.loosenDirectories()
            try run.applier.apply { done in
                counts?(ProgressCount(phase: .applying, files: UInt64(done), bytes: 0, total: total))
            }
            try run.applier.settle()
            try run.applier.rescue()
            try run.applier.finishDirectories()
            try run.staging.sync()
        }
    }

    func system<R: ~Copyable>(_ doing: String, _ body: () throws(SystemError) -> R) throws(StoreError) -> R {
        do throws(SystemError) {
            return try body()
        } catch {
            if error.isNoSpace { throw directory.layout.root.noSpace }
            throw StoreError(error, doing: doing, directory.path)
        }
    }
}
