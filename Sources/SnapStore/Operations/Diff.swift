// Comparing two states: two snapshots, or a snapshot and the working directory as it is now.

internal import SnapSystem

public struct DiffOptions: Sendable {
    /// Only these paths, from the root, as in `RevertOptions`. Empty: everything.
    public var paths: [[UInt8]] = []
    /// The least similarity of a file that was renamed, of 60,000; nil: renames are an addition and a deletion.
    public var renames: Int? = 30_000
    /// Threads for the look at the directory; nil: one a core.
    public var threads: Int?
    public init() {}
}

/// Two states, and what differs. Contents are read when they are asked for; of the working directory, from its files.
public final class DirectoryDiff {
    /// Sorted by path; of a renamed file, by where it is now.
    public private(set) var changes: [FileChange] = []
    /// Paths that one of the two states does not cover, and so nobody knows whether they differ: with the reason.
    public private(set) var unknown: [RevertReport.Left] = []
    /// So many files were added and deleted that only equal ones were looked at for renames.
    public private(set) var hasSkippedRenames = false

    private let oldSource: TreeSource
    private let newSource: TreeSource
    /// The working directory; nil: the new state is a snapshot.
    private let live: OpenDirectory?

    /// The new state is the working directory, whose files may change while they are compared.
    public var isOfDirectory: Bool { live != nil }

    /// The most bytes of a file that is compared by content.
    public static let contentLimit: UInt64 = 512 << 20

    init(
        _ differences: [TreeDifference], _ oldSource: TreeSource, _ newSource: TreeSource,
        live: OpenDirectory?, _ options: DiffOptions, observer: Observer
    ) throws(StoreError) {
        self.oldSource = oldSource
        self.newSource = newSource
        self.live = live
        for difference in differences {
            if let gap = [difference.old, difference.new].compactMap({ $0 }).first(where: \.isGapWithoutContent) {
                // Gaps on both sides, or a gap that came or went: nothing is known to differ.
                let isKnownElsewhere = [difference.old, difference.new].contains { $0?.isGapWithoutContent == false }
                if isKnownElsewhere {
                    unknown.append(
                        RevertReport.Left(path: difference.path, reason: gap.gap?.reason.name ?? "it is not covered"))
                }
                continue
            }
            if let change = FileChange(difference) { changes.append(change) }
        }
        if let least = options.renames { try findRenames(least, observer) }
    }

    /// What a program that compares files reads: a file's bytes, holes as zeros, or a symbolic link's target; nil if that is too large, or something else stands there.
    public func content(of state: FileState) throws(StoreError) -> [UInt8]? {
        let entry = state.entry
        if let target = entry.target { return target }
        guard entry.type == .file, entry.size <= Self.contentLimit else { return nil }
        if state.isNew, let live { return try read(state, live.descriptor) }
        return try read(state, state.isNew ? newSource : oldSource)
    }

    private func read(_ state: FileState, _ source: TreeSource) throws(StoreError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(ContentError) {
            bytes = try source.reader.content(of: state.entry)
        } catch {
            throw .damaged(file: String(decoding: state.path, as: UTF8.self), what: error.reason)
        }
        return bytes
    }

    /// As it is now, which may be later than the look at the directory.
    private func read(_ state: FileState, _ root: borrowing FileDescriptor) throws(StoreError) -> [UInt8] {
        do throws(SystemError) {
            let file = try root.openBeneath(state.path, [.read, .nonBlocking])
            let buffer = ByteBuffer(capacity: Int(truncatingIfNeeded: state.entry.size) + 1)
            while true {
                let got = try file.read(appendingTo: buffer, limit: 1 << 20, at: UInt64(buffer.count))
                if got == 0 || UInt64(buffer.count) > Self.contentLimit { break }
            }
            return buffer.array
        } catch {
            throw StoreError(error, doing: "read", state.path)
        }
    }

    // MARK: Renames

    private func findRenames(_ least: Int, _ observer: Observer) throws(StoreError) {
        var removed: [Int] = []
        var added: [Int] = []
        for (index, change) in changes.enumerated() where (change.new ?? change.old)?.gitMode != nil {
            if change.action == .deleted { removed.append(index) }
            if change.action == .added { added.append(index) }
        }
        if removed.isEmpty || added.isEmpty { return }
        var options = RenameDetection.Options()
        options.minimumScore = least
        // The same path is never on both sides.
        var states: [[UInt8]: FileState] = [:]
        for index in removed + added { states[changes[index].path] = changes[index].new ?? changes[index].old }
        let detection = RenameDetection(
            removed: removed.compactMap { changes[$0].old.map { Self.candidate($0) } },
            added: added.compactMap { changes[$0].new.map { Self.candidate($0) } }, options, observer: observer)
        let found = try detection.find { (file) throws(StoreError) in
            guard let state = states[file.path] else { return nil }
            // What cannot be read is no candidate; whoever shows it will say why.
            return try? self.content(of: state)
        }
        hasSkippedRenames = found.neededLimit != nil
        var gone: Set<Int> = []
        for pair in found.pairs {
            let (from, to) = (removed[pair.removedIndex], added[pair.addedIndex])
            guard let old = changes[from].old, let new = changes[to].new else { continue }
            changes[to] = FileChange(
                action: .renamed, old: old, new: new, similarity: pair.score,
                metadata: FileChange.metadata(old.entry, new.entry))
            gone.insert(from)
        }
        changes = changes.indices.filter { !gone.contains($0) }.map { changes[$0] }
    }

    private static func candidate(_ state: FileState) -> RenameDetection.File {
        let entry = state.entry
        var identity = entry.content?.encoded ?? []
        identity += entry.target ?? []
        identity += littleEndian(entry.size)
        return RenameDetection.File(
            path: state.path, isRegular: entry.type == .file, mode: state.gitMode ?? 0, size: state.size,
            identity: identity)
    }
}

extension WorkingDirectory {
    /// What is different in `new`, or in the working directory as it is now, from `old`. Writes nothing, and works on a store that cannot be written.
    public func diff(_ old: ObjectID, _ new: ObjectID?, _ options: DiffOptions, observer: Observer) throws(StoreError)
        -> DirectoryDiff
    {
        let selection = PathSelection(options.paths)
        let oldRoot = try manifest(old).root
        let oldSource = TreeSource(ObjectReader(packs))
        let newSource: TreeSource
        let newRoot: ObjectID
        var live: OpenDirectory?
        if let new {
            newSource = TreeSource(ObjectReader(packs))
            newRoot = try manifest(new).root
        } else {
            let outcome = try look(covering: [oldRoot], threads: options.threads, observer: observer)
            newRoot = outcome.rootTree
            newSource = TreeSource(ObjectReader(packs, overlay: outcome.overlay))
            do throws(SystemError) {
                live = OpenDirectory(owning: try place.directory.open([0x2E], [.read, .directory]))
            } catch {
                throw StoreError(error, doing: "open", path)
            }
        }
        var differences: [TreeDifference] = []
        if oldRoot != newRoot {
            let comparison = TreeComparison(
                oldSource: oldSource, newSource: newSource, selection: selection,
                isCancelled: { observer.isCancelled?() ?? false })
            differences = try comparison.run(try oldSource.root(oldRoot), try newSource.root(newRoot))
        }
        return try DirectoryDiff(differences, oldSource, newSource, live: live, options, observer: observer)
    }

    /// A walk that records nothing. What `roots` cover is looked at whatever the rules say now.
    func look(covering roots: [ObjectID], threads: Int?, observer: Observer) throws(StoreError) -> TakeOutcome {
        var take = TakeOptions()
        take.threads = threads
        take.force = true
        return try self.take(take, for: TakePurpose(covering: roots, isDry: true, isLook: true), observer: observer)
    }
}
