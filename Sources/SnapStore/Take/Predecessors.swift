// Which objects of a take are new versions of which: a file's content of what its entry named before, a directory's trees of those that they replace.
//
// Only what is likely to be stored against its predecessor is noted, and only so much of it: a take that changes thousands of files stores them as they are.

internal import SnapSystem
internal import Synchronization

final class Predecessors: Sendable {
    private let former = Mutex<[ObjectKey: ObjectKey]>([:])
    /// How many are noted.
    private let count = Atomic<Int>(0)
    private static let limit = 4096

    /// Bytes that may still be read to compare new versions with their predecessors.
    private let triable = Atomic<Int>(32 << 20)

    /// Comparing takes several times as long as storing, so no take compares more than this.
    func mayTry(_ bytes: Int) -> Bool {
        triable.subtract(bytes, ordering: .relaxed).newValue >= 0
    }

    /// More may be noted.
    var isOpen: Bool { count.load(ordering: .relaxed) < Self.limit }

    /// `new` replaces `former`. Of several former versions the first counts.
    func note(_ new: ObjectKey, after former: ObjectKey) {
        if new == former { return }
        self.former.withLock { known in
            guard known.count < Self.limit, known[new] == nil else { return }
            known[new] = former
            count.store(known.count, ordering: .relaxed)
        }
    }

    var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    func former(of new: ObjectKey) -> ObjectKey? {
        isEmpty ? nil : former.withLock { $0[new] }
    }
}

extension TakeWorker {
    /// Stores a tree or list of `node`, and notes which one it takes the place of.
    func emit(_ type: ObjectType, _ bytes: [UInt8], after node: DirectoryNode) throws(PackError) -> ObjectID {
        var former: ObjectKey?
        if type == .tree, let old = node.oldEntries, let first = TreeObject.firstEntry(in: bytes) {
            let name = unsafe TreeObject.name(in: bytes.span.bytes, first)
            if let name { former = old.tree(for: name).map { ObjectKey(.tree, $0) } }
        }
        return try emit(type, bytes, after: former)
    }

    /// Notes what a part of a file that was read takes the place of: what the old entry has at the same offset.
    func note(_ id: ObjectID, at offset: UInt64, of job: FileJob) {
        var (low, high) = (0, job.former.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if job.former[middle].end > offset { high = middle } else { low = middle + 1 }
        }
        guard job.former.indices.contains(low) else { return }
        let leaf = job.former[low]
        take.predecessors.note(ObjectKey(.chunk, id), after: ObjectKey(.chunk, leaf.id))
    }

    /// The chunks of a file's old entry, and where each ends. None if they do not matter.
    func formerChunks(_ node: DirectoryNode, _ name: [UInt8]) -> [(id: ObjectID, end: UInt64)] {
        guard take.predecessors.isOpen, let old = node.oldEntries, let place = old.find(name.span) else { return [] }
        let tree = old.trees[place.tree]
        guard let entry = unsafe try? TreeEntry(decoding: tree.span.bytes.extracting(place.range)),
            entry.type == .file, let content = entry.content
        else { return [] }
        if content.level == 0 { return [(content.id, entry.size)] }
        var leaves: [(id: ObjectID, end: UInt64)] = []
        var end: UInt64 = 0
        let isRead: Void? = try? reader.forEachLeaf(of: content, type: .chunk) { (id, length) throws(PackError) in
            end &+= length
            leaves.append((id, end))
            // A store may say anything.
            if end > entry.size || length == 0 || take.isCancelled { throw .cancelled }
        }
        return isRead == nil ? [] : leaves
    }
}
