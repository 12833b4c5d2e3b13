// What the trees of a revert cover, for the take that saves what is there before.
//
// A safety snapshot must have every path that the revert could change, also where today's rules leave it out. So wherever something would be left
// out, the walk asks here whether one of these trees has it. Only there: in a directory without left-out entries nothing is read, and a revert of
// one file stays as cheap as an unchanged take. What cannot be read is an error, because a snapshot that saves less would say nothing of it.

internal import SnapSystem

/// Thread-safe: workers ask one after the other, and directories that were asked for are remembered.
final class CoveredPaths: @unchecked Sendable {
    private struct State {
        var known: [[UInt8]: CoveredDirectory] = [:]
        var bytes = 0
    }

    private let roots: [ObjectID]
    /// Used under the lock only.
    private let reader: ObjectReader
    private let state = Monitor(State())

    /// Beyond it all are forgotten: a walk that goes depth first soon needs others.
    private static let limit = 64 << 20

    /// `roots` are the ids of root trees.
    init(_ packs: PackSet, roots: [ObjectID]) {
        self.roots = roots
        reader = ObjectReader(packs)
    }

    /// What the trees have in the directory at `path`, from the root.
    func directory(_ path: [UInt8]) throws(PackError) -> CoveredDirectory {
        try state.withLock { (state) throws(PackError) in
            // Up to the nearest one that is known, and down again: no recursion, because paths can be deeper than a stack.
            var ends: [Int] = []
            var end = path.count
            var found = state.known[path]
            while found == nil && end > 0 {
                ends.append(end)
                end = path[..<end].lastIndex(of: 0x2F) ?? 0
                found = state.known[Array(path[..<end])]
            }
            var above: CoveredDirectory
            if let found { above = found } else { above = remember([], try root(), &state) }
            while let next = ends.popLast() {
                let name = Array(path[(end == 0 ? 0 : end + 1)..<next])
                above = remember(Array(path[..<next]), try below(above, name), &state)
                end = next
            }
            return above
        }
    }

    private func remember(_ path: [UInt8], _ directory: CoveredDirectory, _ state: inout State) -> CoveredDirectory {
        if state.bytes > Self.limit { state = State() }
        state.known[path] = directory
        state.bytes += path.count + directory.byteCount
        return directory
    }

    private func root() throws(PackError) -> CoveredDirectory {
        var listings: [OldEntries] = []
        for id in roots {
            let entry: TreeEntry
            let bytes = try reader.read(ObjectKey(.tree, id))
            do throws(EntryError) {
                entry = try TreeEntry(decodingRootTree: bytes)
            } catch {
                throw error.ofCoveringTree
            }
            listings.append(try entries(of: entry.content))
        }
        return CoveredDirectory(listings: listings)
    }

    private func below(_ directory: CoveredDirectory, _ name: [UInt8]) throws(PackError) -> CoveredDirectory {
        var listings: [OldEntries] = []
        for listing in directory.listings {
            guard case .entry(let entry)? = try listing.covered(name.span), entry.type == .directory else { continue }
            listings.append(try entries(of: entry.content))
        }
        return CoveredDirectory(listings: listings)
    }

    private func entries(of content: ContentReference?) throws(PackError) -> OldEntries {
        var trees: [[UInt8]] = []
        var ranges: [(tree: Int, range: Range<Int>)] = []
        guard let content else { return OldEntries(trees: trees, ids: [], ranges: ranges) }
        var ids: [ObjectID] = []
        var problem: String?
        reader.forEachTree(of: content, { ids.append($0) }, onProblem: { problem = problem ?? $0 })
        if let problem { throw .damaged(file: StoreLayout.packsName, what: problem) }
        for id in ids {
            let bytes = try reader.read(ObjectKey(.tree, id))
            do throws(EntryError) {
                for range in try TreeObject.entryRanges(in: bytes) { ranges.append((trees.count, range)) }
            } catch {
                throw error.ofCoveringTree
            }
            trees.append(bytes)
        }
        let result = OldEntries(trees: trees, ids: ids, ranges: ranges)
        // Names are searched for by halves, across all trees of the directory.
        guard result.isInOrder else {
            throw .damaged(file: StoreLayout.packsName, what: "a directory's names are not in order")
        }
        return result
    }
}

/// What the covering trees have in one directory.
struct CoveredDirectory: Sendable {
    /// Of each tree that has a directory there.
    fileprivate let listings: [OldEntries]

    /// One of the trees has it as a directory.
    var isThere: Bool { !listings.isEmpty }

    fileprivate var byteCount: Int {
        listings.reduce(0) { sum, listing in
            sum + listing.trees.reduce(0) { $0 + $1.count }
                + listing.ranges.count * MemoryLayout<(Int, Range<Int>)>.stride
        }
    }

    /// One of the trees covers the entry `name`.
    func covers(_ name: Span<UInt8>) throws(PackError) -> Bool {
        for listing in listings where try listing.covered(name) != nil { return true }
        return false
    }
}

/// An entry that a tree covers.
private enum CoveredEntry {
    case entry(TreeEntry)
    /// Of a kind that a newer version wrote: what is there now is saved all the same.
    case unknown
}

extension OldEntries {
    /// The entry `name`, unless it is a gap with nothing to put back. Asked in any order.
    fileprivate func covered(_ name: Span<UInt8>) throws(PackError) -> CoveredEntry? {
        guard let place = find(name) else { return nil }
        do throws(EntryError) {
            let tree = trees[place.tree]
            let entry = unsafe try TreeEntry(decoding: tree.span.bytes.extracting(place.range))
            return entry.isGapWithoutContent ? nil : .entry(entry)
        } catch {
            if case .unsupported = error { return .unknown }
            throw error.ofCoveringTree
        }
    }

    /// Each name comes after the one before it.
    fileprivate var isInOrder: Bool {
        ranges.indices.dropFirst().allSatisfy { index in
            let (before, after) = (trees[ranges[index - 1].tree], trees[ranges[index].tree])
            let (first, second) = unsafe (before.span.bytes, after.span.bytes)
            guard let a = TreeObject.name(in: first, ranges[index - 1].range),
                let b = TreeObject.name(in: second, ranges[index].range)
            else { return false }
            return compareBytes(a, b) < 0
        }
    }
}

extension EntryError {
    fileprivate var ofCoveringTree: PackError {
        switch self {
        case .damaged(let what): .damaged(file: StoreLayout.packsName, what: what)
        case .unsupported(let what): .unsupported(file: StoreLayout.packsName, what: what)
        }
    }
}
