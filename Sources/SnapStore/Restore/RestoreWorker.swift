// One thread of a restore: its stack of work, and what becomes of a directory and of each of its trees.

internal import SnapSystem
internal import Synchronization

/// Used by one thread at a time.
final class RestoreWorker: @unchecked Sendable {
    let run: RestoreRun
    let reader: ObjectReader
    let pool: DirectoryPool
    var report = RestoreReport()
    /// What a new entry gets from the directory at hand.
    var creation: Creation?
    private var stack: [RestoreWork] = []
    private var isBusy = false
    private var reported: (files: UInt64, bytes: UInt64) = (0, 0)
    /// Of the file being written.
    var unreportedBytes: UInt64 = 0

    init(_ run: RestoreRun) {
        self.run = run
        reader = ObjectReader(run.packs)
        pool = DirectoryPool(root: run.root, threads: run.threads)
    }

    func work() {
        while !run.isCancelled, let work = next() {
            switch work {
            case .directory(let directory): start(directory)
            case .tree(let directory, let tree):
                restoreTree(tree, of: directory)
                finishTree(of: directory)
            case .entries(let directory, let entries):
                restoreEntries(entries, of: directory)
            }
            reportProgress()
        }
    }

    private enum Answer {
        case work(RestoreWork)
        case done
    }

    private func next() -> RestoreWork? {
        if let work = stack.popLast() { return work }
        var isIdle = false
        defer { if isIdle { run.idleCount.subtract(1, ordering: .relaxed) } }
        let answer: Answer = run.shared.wait { [self] state in
            if isBusy {
                isBusy = false
                state.busy -= 1
            }
            if state.isDone { return .done }
            if let work = state.queue.popLast() {
                isBusy = true
                state.busy += 1
                return .work(work)
            }
            if state.busy == 0 {
                state.isDone = true
                run.shared.signal()
                return .done
            }
            if !isIdle {
                isIdle = true
                run.idleCount.add(1, ordering: .relaxed)
            }
            return nil
        }
        if case .work(let work) = answer { return work }
        return nil
    }

    /// Adds work, the first to be done first, and gives the oldest away while somebody is idle.
    private func push(_ work: [RestoreWork]) {
        stack.append(contentsOf: work.reversed())
        guard stack.count > 1, run.idleCount.load(ordering: .relaxed) > 0 else { return }
        let count = stack.count / 2
        let given = Array(stack[..<count])
        stack.removeFirst(count)
        run.shared.withLock { $0.queue.append(contentsOf: given) }
        run.shared.signal()
    }

    // MARK: Directories

    private func start(_ directory: RestoreDirectory) {
        if !directory.isPlace { report.directories += 1 }
        guard let content = directory.entry.content else { return finishTree(of: directory) }
        var trees: [ObjectID] = []
        reader.forEachTree(of: content) {
            trees.append($0)
        } onProblem: { reason in
            fail(directory, "some of its entries are lost: \(reason)")
        }
        if trees.count > 1 {
            directory.pendingTrees.store(trees.count, ordering: .relaxed)
            return push(trees.map { .tree(directory, $0) })
        }
        for tree in trees { restoreTree(tree, of: directory) }
        finishTree(of: directory)
    }

    private func restoreTree(_ tree: ObjectID, of directory: RestoreDirectory) {
        let read: (bytes: [UInt8], entries: [Range<Int>])
        do throws(ContentError) {
            read = try reader.readTree(tree)
        } catch {
            return fail(directory, "some of its entries are lost: \(error.reason)")
        }
        restoreAll(read.entries, of: directory) { range in
            let bytes = read.bytes
            guard let choice = choice(bytes, range, of: directory) else { return nil }
            do throws(EntryError) {
                let entry = unsafe try TreeEntry(decoding: bytes.span.bytes.extracting(range))
                return (entry, choice)
            } catch {
                report.note(directory.path(of: bytes.entryName(range)), error.reason)
                return nil
            }
        }
    }

    private func restoreEntries(_ entries: [TreeEntry], of directory: RestoreDirectory) {
        restoreAll(entries, of: directory) { ($0, .whole) }
    }

    /// Puts back what `entry` makes of each of `items`, unless that is nil.
    private func restoreAll<Item>(
        _ items: [Item], of directory: RestoreDirectory,
        _ entry: (Item) -> (entry: TreeEntry, choice: RestoreSelection.Choice)?
    ) {
        let open: OpenDirectory
        do throws(SystemError) {
            open = try pool.open(directory)
        } catch {
            run.stopIfFull(error)
            return fail(directory, "its entries cannot be put back: \(error.reason)")
        }
        creation = nil
        let members = run.links.members(in: directory)
        var below: [RestoreWork] = []
        for item in items {
            if run.isCancelled { return }
            guard let found = entry(item) else { continue }
            if let child = restore(found.entry, found.choice, in: directory, open, members) {
                below.append(.directory(child))
            }
        }
        push(below)
    }

    /// nil: the entry at `range` is not to be put back.
    private func choice(
        _ bytes: [UInt8], _ range: Range<Int>, of directory: RestoreDirectory
    ) -> RestoreSelection.Choice? {
        guard case .part(let number) = directory.choice else { return .whole }
        return run.selection.choice(of: bytes.entryName(range), in: number)
    }

    /// A directory is returned: its entries are still to be put back.
    private func restore(
        _ entry: TreeEntry, _ choice: RestoreSelection.Choice, in directory: RestoreDirectory, _ open: OpenDirectory,
        _ members: [[UInt8]: LinkGroups.Member]
    ) -> RestoreDirectory? {
        if entry.isGapWithoutContent {
            report.gaps += 1
            return nil
        }
        guard entry.type != .directory else { return makeDirectory(entry, choice, in: directory, open) }
        guard let member = members.isEmpty ? nil : members[entry.name] else {
            _ = restoreFile(entry, in: directory, open)
            return nil
        }
        if !member.isFirst {
            run.links.postpone(PendingLink(group: member.group, directory: directory, entry: entry))
        } else if restoreFile(entry, in: directory, open) {
            run.links.noteMade(member.group, RestoredPlace(directory: directory, name: entry.name))
        }
        return nil
    }

    private func makeDirectory(
        _ entry: TreeEntry, _ choice: RestoreSelection.Choice, in directory: RestoreDirectory, _ open: OpenDirectory
    ) -> RestoreDirectory? {
        do throws(SystemError) {
            try open.descriptor.makeDirectory(entry.name, mode: 0o700)
            return RestoreDirectory(entry, in: directory, choice)
        } catch {
            run.stopIfFull(error)
            report.note(directory.path(of: entry.name), "the directory cannot be made: \(error.reason)")
            return nil
        }
    }

    /// After the last tree the directory gets what is its own, or is noted to get it at the end.
    private func finishTree(of directory: RestoreDirectory) {
        guard directory.pendingTrees.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        if directory.isPlace { return }
        let isClosedToOwner = directory.entry.mode & 0o700 != 0o700
        if directory.parent == nil || isClosedToOwner || directory.getsLinks.load(ordering: .relaxed) {
            run.shared.withLock { $0.postponed.append(directory) }
        } else {
            seal(directory)
        }
    }

    /// The deepest first: once a directory is closed to its owner, nothing below it can be reached.
    func sealPostponed() {
        let postponed = run.shared.withLock { state in
            defer { state.postponed = [] }
            return state.postponed
        }
        for directory in postponed.sorted(by: { $0.depth > $1.depth }) {
            if run.isCancelled { return }
            seal(directory)
        }
    }

    func fail(_ directory: RestoreDirectory, _ reason: String) {
        report.note(directory.parent == nil ? TreeEntry.rootName : directory.path, reason)
    }

    // MARK: Links

    /// Makes each waiting entry a link to the first of its group. Where that cannot be, it becomes a file of its own,
    /// which is reported.
    func makeLinks() {
        for link in run.links.takePending() {
            if run.isCancelled { return }
            creation = nil
            let open: OpenDirectory
            do throws(SystemError) {
                open = try pool.open(link.directory)
            } catch {
                run.stopIfFull(error)
                report.note(link.directory.path(of: link.entry.name), "its directory cannot be opened: \(error.reason)")
                continue
            }
            guard let first = run.links.made(link.group) else {
                // The first could not be put back, or the table names a path that is not there.
                if restoreFile(link.entry, in: link.directory, open) {
                    let place = RestoredPlace(directory: link.directory, name: link.entry.name)
                    run.links.noteMade(link.group, place)
                }
                continue
            }
            do throws(SystemError) {
                try pool.open(first.directory).descriptor.link(first.name, to: open.descriptor, link.entry.name)
                count(link.entry)
            } catch {
                run.stopIfFull(error)
                guard restoreFile(link.entry, in: link.directory, open) else { continue }
                let text = String(decoding: first.path, as: UTF8.self)
                report.note(
                    link.directory.path(of: link.entry.name),
                    "it is a file of its own and not a link to '\(text)': \(error.reason)")
            }
        }
        reportProgress()
    }

    // MARK: Progress

    func count(_ entry: TreeEntry) {
        if entry.type == .file {
            report.files += 1
            report.bytes &+= entry.size
        } else {
            report.others += 1
        }
    }

    /// Also called while a large file is written.
    func reportProgress() {
        let bytes = report.bytes &+ unreportedBytes
        // A file that failed half-way was reported in part.
        let more = bytes > reported.bytes ? bytes - reported.bytes : 0
        run.advance(files: report.files - reported.files, bytes: more)
        reported = (report.files, reported.bytes + more)
    }
}
