// Puts a snapshot's whole tree, or selected paths of it, into an empty directory.
//
// A directory's entries are made while it is open to its owner alone, and only then does it get its own mode,
// attributes and time: so a default ACL or a set-group-id bit does not reach its entries, and nothing below it moves
// its time again. Directories that their owner may not enter or change, and those that get hard links, wait until
// everything else is there. The root waits in any case: while the restore runs, nobody else can look inside. Where only
// some paths are put back, the root is a place for them, and stays as it is.
//
// What cannot be put back is reported with its path and the rest goes on; a file is either whole or not there.

internal import SnapSystem
internal import Synchronization

package final class Restorer: Sendable {
    private let packs: PackSet
    private let observer: Observer
    private let threads: Int

    /// `threads` nil: one a core.
    package init(packs: PackSet, observer: Observer, threads: Int?) {
        self.packs = packs
        self.observer = observer
        self.threads = min(max(threads ?? Workers.coreCount, 1), 64)
    }

    /// Finds what is selected in the tree whose root tree is `rootTree`. Throws `pathNotFound`, and what is thrown if
    /// the root cannot be read.
    func select(_ paths: PathSelection, in rootTree: ObjectID) throws(StoreError) -> RestoreSelection {
        let reader = ObjectReader(packs)
        return try RestoreSelection(paths, in: try readRoot(rootTree, reader), reader, observer)
    }

    /// Puts the tree whose root tree is `rootTree` into `target`, an open, empty directory, which becomes what the
    /// snapshot's root was; with a selection only what is selected, and `target` keeps its metadata. `path` is for messages.
    /// When it is cancelled, or the disk is full, what was written stays. Nothing is synced.
    func restore(
        _ selection: RestoreSelection = .everything, of rootTree: ObjectID, into target: borrowing FileDescriptor,
        path: [UInt8], expecting expected: ProgressTotal = ProgressTotal()
    ) throws(StoreError) -> RestoreReport {
        let start = Process.monotonicNanoseconds
        let reader = ObjectReader(packs)
        let entry = try readRoot(rootTree, reader)
        let root = RestoreDirectory(entry, in: nil, selection.root)
        let open: OpenDirectory
        do throws(SystemError) {
            open = OpenDirectory(owning: try target.duplicate())
        } catch {
            throw StoreError(error, doing: "open", path)
        }

        var report = RestoreReport()
        let links = readLinks(entry, reader, &report)
        let run = RestoreRun(
            packs: packs, observer: observer, links: links, selection: selection, root: open, target: path,
            threads: threads, expecting: expected)
        let workers = (0..<threads).map { _ in RestoreWorker(run) }
        run.shared.withLock { $0.queue.append(.directory(root)) }
        if root.isPlace {
            let inherited = workers[0].withholdInheritance(root)
            defer { workers[0].giveBack(inherited, to: root) }
            try finish(run, workers)
        } else {
            workers[0].prepare(root)
            try finish(run, workers)
        }

        for worker in workers { report.add(worker.report) }
        report.failures.sort { $0.path.lexicographicallyPrecedes($1.path) }
        report.seconds = Double(Process.monotonicNanoseconds &- start) / 1e9
        return report
    }

    private func finish(_ run: RestoreRun, _ workers: [RestoreWorker]) throws(StoreError) {
        Workers.run(threads) { workers[$0].work() }
        try run.check()
        workers[0].makeLinks()
        try run.check()
        workers[0].sealPostponed()
        try run.check()
    }

    /// The one entry of the root tree.
    private func readRoot(_ id: ObjectID, _ reader: ObjectReader) throws(StoreError) -> TreeEntry {
        let key = ObjectKey(.tree, id)
        let bytes: [UInt8]
        do throws(PackError) {
            bytes = try reader.read(key)
        } catch {
            throw StoreError(error)
        }
        do throws(EntryError) {
            return try TreeEntry(decodingRootTree: bytes)
        } catch {
            if case .unsupported(let what) = error { throw .unsupported(path: Array("\(key)".utf8), what: what) }
            throw .damaged(file: "\(key)", what: error.reason)
        }
    }

    /// Without its link table a snapshot can be put back, with a file of its own for each name.
    private func readLinks(_ root: TreeEntry, _ reader: ObjectReader, _ report: inout RestoreReport) -> LinkGroups {
        guard let links = root.links else { return LinkGroups() }
        do throws(ContentError) {
            return LinkGroups(try reader.readLinkTable(links))
        } catch {
            report.note(TreeEntry.rootName, "hard links are separate files: the link table: \(error.reason)")
            return LinkGroups()
        }
    }
}

extension RestoreReport {
    mutating func note(_ path: @autoclosure () -> [UInt8], _ reason: String) {
        failureCount += 1
        if failures.count < Self.failureLimit { failures.append(Failure(path: path(), reason: reason)) }
    }

    mutating func add(_ other: RestoreReport) {
        files += other.files
        directories += other.directories
        others += other.others
        bytes &+= other.bytes
        gaps += other.gaps
        failureCount += other.failureCount
        failures += other.failures.prefix(Self.failureLimit - failures.count)
    }
}
