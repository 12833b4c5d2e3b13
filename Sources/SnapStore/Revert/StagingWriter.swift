// Making what is to be put in place: every entry whole, with all its metadata, in the staging directory of its file system.
//
// It is written by the same workers that put a snapshot into a new directory. A large file of which the directory has another version shares that version's blocks, where the file system can,
// and only the chunks that differ are written.

internal import SnapSystem

/// What is to be made: the entry that belongs at `path`, under its name in an area.
struct StagedItem {
    var step: RevertStep
    var name: [UInt8]
    var area: StagingArea
}

struct StagingWriter {
    let directory: WorkingDirectory
    let live: LiveTree
    let observer: Observer
    let threads: Int
    private let cloneThreshold: UInt64 = 1 << 20
    /// Entries that one thread takes at a time.
    private let batch = 32
    /// So many are not a few of each block.
    private static let manyEntries = 200

    init(_ directory: WorkingDirectory, _ live: LiveTree, _ observer: Observer, threads: Int?) {
        self.directory = directory
        self.live = live
        self.observer = observer
        self.threads = min(max(threads ?? Workers.coreCount, 1), 64)
    }

    /// Makes all items. Answers what is not as it should be, by path; throws if the disk is full or a call fails for no lasting reason.
    func write(_ items: [StagedItem], links: [StagedLinks]) throws(StoreError) -> RestoreReport {
        var total = RestoreReport()
        var areas: [StagingArea] = []
        for item in items where !areas.contains(where: { $0 === item.area }) { areas.append(item.area) }
        for area in areas {
            let own = items.filter { $0.area === area }
            var report = try write(own, links, in: area)
            for index in report.failures.indices {
                report.failures[index].path = path(report.failures[index].path, own)
            }
            total.add(report)
        }
        return total
    }

    private func write(
        _ items: [StagedItem], _ links: [StagedLinks], in area: StagingArea
    ) throws(StoreError) -> RestoreReport {
        var keepers: [[UInt8]] = []
        var unlinked: [(staged: [UInt8], keeper: [UInt8])] = []
        let groups = try linkGroups(items, links, in: area, &keepers, &unlinked)
        let bytes = items.reduce(UInt64(0)) { $0.addingSaturated($1.step.newBytes) }
        let run = RestoreRun(
            packs: directory.packs, observer: observer, links: groups.groups, root: area.open,
            target: directory.path, threads: threads, isStrict: true, expecting: ProgressTotal(bytes: bytes))
        let root = RestoreDirectory(TreeEntry(type: .directory, name: TreeEntry.rootName), in: nil)
        for (group, name) in groups.made { run.links.noteMade(group, RestoredPlace(directory: root, name: name)) }
        let workers = (0..<threads).map { _ in RestoreWorker(run) }
        var entries: [TreeEntry] = []
        for item in items {
            guard var entry = item.step.to else { continue }
            entry.name = item.name
            // A directory is renamed only by who may write in it.
            if entry.type == .directory && entry.mode & 0o700 != 0o700 && Process.effectiveUser != 0 {
                entry.mode |= 0o700
            }
            if try clone(item, entry, workers[0], groups.names) { continue }
            entries.append(entry)
        }
        let batch = min(max(1, entries.count / threads), batch)
        let work = stride(from: 0, to: entries.count, by: batch).map {
            RestoreWork.entries(root, Array(entries[$0..<min($0 + batch, entries.count)]))
        }
        run.shared.withLock { $0.queue = work.reversed() }
        if entries.count < Self.manyEntries {
            let contents = entries.compactMap { $0.content?.level == 0 ? $0.content?.id : nil }
            for worker in workers { worker.reader.expect(contents.map { ObjectKey(.chunk, $0) }) }
        }
        Workers.run(work.isEmpty ? 1 : min(threads, max(1, entries.count))) { workers[$0].work() }
        try run.check()
        workers[0].makeLinks()
        try run.check()
        workers[0].sealPostponed()
        try run.check()
        var report = RestoreReport()
        for worker in workers { report.add(worker.report) }
        for (staged, keeper) in unlinked {
            report.note(
                staged, "it is a file of its own and not a link to '\(String(decoding: keeper, as: UTF8.self))'")
        }
        do throws(SystemError) {
            for name in keepers { try area.open.descriptor.remove(name) }
        } catch {
            throw StoreError(error, doing: "write into", directory.place.home.path)
        }
        return report
    }

    /// The path that a staged path stands for.
    private func path(_ staged: [UInt8], _ items: [StagedItem]) -> [UInt8] {
        let end = staged.firstIndex(of: 0x2F) ?? staged.count
        guard let item = items.first(where: { $0.name[...] == staged[..<end] }) else { return staged }
        return item.step.path + staged[end...]
    }

    // MARK: Links

    private struct Groups {
        var groups: LinkGroups
        /// Groups that a file that stays belongs to, and the name it has in the area meanwhile.
        var made: [(group: Int, name: [UInt8])]
        /// Names in the area that are in a group.
        var names: Set<[UInt8]>
    }

    private func linkGroups(
        _ items: [StagedItem], _ links: [StagedLinks], in area: StagingArea,
        _ keepers: inout [[UInt8]], _ unlinked: inout [(staged: [UInt8], keeper: [UInt8])]
    ) throws(StoreError) -> Groups {
        if links.isEmpty { return Groups(groups: LinkGroups(), made: [], names: []) }
        var stagedNames: [[UInt8]: [UInt8]] = [:]
        for item in items { stagedNames[item.step.path] = item.name }
        func staged(_ path: [UInt8]) -> [UInt8]? {
            var above = path
            while !above.isEmpty {
                if let name = stagedNames[above] { return name + path[above.count...] }
                above = parentPath(above)
            }
            return nil
        }
        var groups: [[[UInt8]]] = []
        var made: [(group: Int, name: [UInt8])] = []
        var names: Set<[UInt8]> = []
        for link in links {
            var paths = link.paths.compactMap(staged)
            if paths.isEmpty { continue }
            if let keeper = link.keeper {
                if let name = try linkKeeper(keeper, link.entry, in: area) {
                    keepers.append(name)
                    made.append((groups.count, name))
                    paths.insert(name, at: 0)
                } else {
                    unlinked.append((paths[0], keeper))
                }
            }
            names.formUnion(paths)
            groups.append(paths)
        }
        return Groups(groups: LinkGroups(groups), made: made, names: names)
    }

    /// Gives a file that stays a name in the area; nil where that cannot be, and then its links become a file of their own.
    private func linkKeeper(_ path: [UInt8], _ entry: TreeEntry?, in area: StagingArea) throws(StoreError) -> [UInt8]? {
        guard let entry else { return nil }
        let name = RevertStep.stagedName(path) + Array(".link".utf8)
        do throws(SystemError) {
            try TreeRemoval.remove(name, in: area.open.descriptor)
            let parent = try live.directory(parentPath(path))
            guard try parent.descriptor.facts(of: lastName(path)).0.type != .directory else { return nil }
            try parent.descriptor.link(lastName(path), to: area.open.descriptor, name)
            // It may have been changed since the directory was read.
            if try live.matches(entry, name, in: area.open.descriptor) { return name }
            try area.open.descriptor.remove(name)
            return nil
        } catch {
            if error.isRefusal || error.isLoop { return nil }
            if error.isNotFound, (try? live.has(path)) == false { return nil }
            throw StoreError(error, doing: "link", path)
        }
    }

    // MARK: Shared blocks

    /// Makes a large file from the version that is in the directory. False where that cannot be.
    private func clone(_ item: StagedItem, _ entry: TreeEntry, _ worker: RestoreWorker, _ linked: Set<[UInt8]>)
        throws(StoreError) -> Bool
    {
        guard entry.type == .file, entry.size >= cloneThreshold, entry.extents == nil, !linked.contains(item.name),
            let old = item.step.from, old.type == .file, old.size >= cloneThreshold, old.extents == nil,
            old.gap == nil, let oldContent = old.content, let content = entry.content
        else { return false }
        let staging = item.area.open
        do throws(SystemError) {
            let source: FileDescriptor
            do throws(SystemError) {
                let parent = try live.directory(parentPath(item.step.path))
                source = try parent.descriptor.open(lastName(item.step.path), [.read, .nonBlocking])
            } catch {
                return false
            }
            let before = try source.facts()
            // What could have changed without a trace is not built upon.
            guard live.hasFacts(old, before.0, before.1), !live.isRecent(old) else { return false }
            let file = try staging.descriptor.open(entry.name, [.readWrite, .create, .exclusive], mode: 0o600)
            var isMade = false
            defer { if !isMade { try? staging.descriptor.remove(entry.name) } }
            guard try file.clone(source) else { return false }
            guard let present = leaves(oldContent, old.size), let wanted = leaves(content, entry.size) else {
                return false
            }
            // Whoever writes to it meanwhile moves its times.
            guard try source.facts().0 == before.0 else { return false }
            let known = Dictionary(present.map { ($0.offset, $0.id) }, uniquingKeysWith: { a, _ in a })
            try file.truncate(to: entry.size)
            for leaf in wanted where known[leaf.offset] != leaf.id || leaf.offset + leaf.length > old.size {
                guard try write(leaf, to: file) else { return false }
            }
            let problems = worker.apply(entry, to: file, nil, Present(try file.facts().0))
            for problem in problems { worker.report.note(item.name, problem) }
            worker.count(entry)
            try file.close()
            isMade = true
            return true
        } catch {
            throw StoreError(error, doing: "write", item.step.path)
        }
    }

    private struct Leaf {
        var offset: UInt64
        var length: UInt64
        var id: ObjectID
    }

    private func leaves(_ content: ContentReference, _ size: UInt64) -> [Leaf]? {
        var result: [Leaf] = []
        var offset: UInt64 = 0
        let isRead: Void? = try? live.source.reader.forEachLeaf(of: content, type: .chunk) { (id, length) in
            result.append(Leaf(offset: offset, length: length, id: id))
            offset &+= length
        }
        return isRead != nil && offset == size ? result : nil
    }

    /// False if the store cannot give the chunk.
    private func write(_ leaf: Leaf, to file: borrowing FileDescriptor) throws(SystemError) -> Bool {
        let bytes: [UInt8]
        do throws(PackError) {
            bytes = try live.source.reader.read(ObjectKey(.chunk, leaf.id))
        } catch {
            return false
        }
        unsafe try file.write(bytes.span.bytes, at: leaf.offset)
        return true
    }
}
