// What differs between two states, path by path. The cost follows the differences: sub-trees with equal ids are not opened.

internal import SnapSystem

/// One path that is not the same in both states, as the trees have it.
struct TreeDifference {
    var path: [UInt8]
    /// nil: it was not there.
    var old: TreeEntry?
    var new: TreeEntry?
}

struct TreeComparison {
    let oldSource: TreeSource
    let newSource: TreeSource
    let selection: PathSelection
    let isCancelled: () -> Bool

    /// Both trees from their roots down, sorted by path. A directory that is in both and is itself the same is not among them.
    func run(_ old: TreeEntry, _ new: TreeEntry) throws(StoreError) -> [TreeDifference] {
        var result: [TreeDifference] = []
        var pending = [TreeDifference(path: [], old: old, new: new)]
        while let difference = pending.popLast() {
            if isCancelled() { throw .cancelled }
            let path = difference.path
            if isOwnDifference(difference), isSelected(difference) { result.append(difference) }
            if !path.isEmpty && !selection.mayContain(below: path) { continue }
            // What one side does not cover did not go, and did not come.
            let isUnknown = [difference.old, difference.new].contains { $0?.isGapWithoutContent ?? false }
            if isUnknown { continue }
            let (a, b) = (directory(difference.old), directory(difference.new))
            if a == nil && b == nil { continue }
            if let a, let b, a.content == b.content { continue }
            pending += try children(a, b, path).reversed()
        }
        result.sort { $0.path.lexicographicallyPrecedes($1.path) }
        return result
    }

    private func isSelected(_ difference: TreeDifference) -> Bool {
        let isDirectory = (difference.new ?? difference.old)?.type == .directory
        return selection.contains(difference.path, isDirectory: isDirectory)
    }

    /// It differs, and not only something below it.
    private func isOwnDifference(_ difference: TreeDifference) -> Bool {
        guard var old = difference.old, let new = difference.new else { return true }
        if old.type == .directory && new.type == .directory { old.content = new.content }
        return old != new
    }

    private func directory(_ entry: TreeEntry?) -> TreeEntry? {
        guard let entry, entry.type == .directory, !entry.isGapWithoutContent else { return nil }
        return entry
    }

    /// Children that are not the same in both. Trees that are in both are not opened, and of the others only what differs is decoded.
    private func children(_ a: TreeEntry?, _ b: TreeEntry?, _ path: [UInt8]) throws(StoreError) -> [TreeDifference] {
        var (idsA, idsB): ([ObjectID], [ObjectID]) = ([], [])
        if let a { idsA = try oldSource.reader.trees(of: a) }
        if let b { idsB = try newSource.reader.trees(of: b) }
        let common = Set(idsA).intersection(idsB)
        let before = try EntryRow(oldSource.reader, idsA.filter { !common.contains($0) })
        let after = try EntryRow(newSource.reader, idsB.filter { !common.contains($0) })
        var result: [TreeDifference] = []
        var (i, j) = (0, 0)
        while i < before.count || j < after.count {
            if i < before.count, j < after.count, before.bytes(i) == after.bytes(j) {
                i += 1
                j += 1
                continue
            }
            let old = i < before.count ? try before.entry(i) : nil
            let new = j < after.count ? try after.entry(j) : nil
            let isOldFirst =
                new.map { (new) in old.map { $0.name.lexicographicallyPrecedes(new.name) } ?? false } ?? true
            let isNewFirst =
                old.map { (old) in new.map { $0.name.lexicographicallyPrecedes(old.name) } ?? false } ?? true
            let name = (isOldFirst ? old : new)?.name ?? []
            result.append(
                TreeDifference(
                    path: join(path, name), old: isNewFirst ? nil : old, new: isOldFirst ? nil : new))
            if !isNewFirst { i += 1 }
            if !isOldFirst { j += 1 }
        }
        return result
    }
}

/// The entries of some of a directory's trees, as they are stored.
private struct EntryRow {
    private var trees: [(id: ObjectID, bytes: [UInt8])] = []
    private var places: [(tree: Int, range: Range<Int>)] = []

    init(_ reader: ObjectReader, _ ids: [ObjectID]) throws(StoreError) {
        reader.expect(ids.map { ObjectKey(.tree, $0) })
        for id in ids {
            do throws(ContentError) {
                let (bytes, ranges) = try reader.readTree(id)
                let tree = trees.count
                trees.append((id, bytes))
                for range in ranges { places.append((tree, range)) }
            } catch {
                switch error {
                case .store(let cause): throw StoreError(cause)
                case .damaged(let what): throw .damaged(file: "tree \(id)", what: what)
                }
            }
        }
    }

    var count: Int { places.count }

    func bytes(_ index: Int) -> ArraySlice<UInt8> { trees[places[index].tree].bytes[places[index].range] }

    func entry(_ index: Int) throws(StoreError) -> TreeEntry {
        let (tree, range) = places[index]
        do throws(EntryError) {
            let bytes = trees[tree].bytes
            return unsafe try TreeEntry(decoding: bytes.span.bytes.extracting(range))
        } catch {
            throw .damaged(file: "tree \(trees[tree].id)", what: error.reason)
        }
    }
}
