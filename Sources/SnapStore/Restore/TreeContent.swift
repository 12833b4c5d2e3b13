// Reading what trees and entries refer to, for those who must go on when a part of it is damaged.
//
// Lists are read with care for stores that somebody made up: a list of trees says the first name below each
// reference, and these names must ascend through all levels, so no reference can come up again and a small store
// cannot stand for an endless directory.

internal import SnapSystem

/// Why content could not be read.
enum ContentError: Error {
    case store(PackError)
    case damaged(String)

    var reason: String {
        switch self {
        case .store(let error): error.reason
        case .damaged(let what): what
        }
    }

    init(_ error: EntryError) {
        self = .damaged(error.reason)
    }
}

extension TreeEntry {
    /// The one entry of a root tree.
    init(decodingRootTree bytes: [UInt8]) throws(EntryError) {
        let ranges = try TreeObject.entryRanges(in: bytes)
        guard ranges.count == 1 else { throw .damaged("a root tree has \(ranges.count) entries") }
        unsafe try self.init(decoding: bytes.span.bytes.extracting(ranges[0]))
        guard type == .directory, name == Self.rootName else { throw .damaged("it is not a root tree") }
    }
}

extension ObjectReader {
    /// Calls `body` with the id of each tree of a directory, in order, and `onProblem` for each part that cannot be
    /// read.
    func forEachTree(
        of content: ContentReference, _ body: (ObjectID) -> Void, onProblem: (String) -> Void
    ) {
        var stack = [ListReference(reference: content, length: 0, key: [])]
        var last: [UInt8]?
        var isTop = true
        while let item = stack.popLast() {
            defer { isTop = false }
            if let last, !last.lexicographicallyPrecedes(item.key) {
                onProblem("a list's names are not in order")
                return
            }
            guard item.reference.level > 0 else {
                last = item.key
                body(item.reference.id)
                continue
            }
            do throws(ContentError) {
                let items = try readList(item.reference, leaves: .tree)
                guard isTop || items.first?.key == item.key else {
                    throw .damaged("a list does not start with the name that is said of it")
                }
                stack.append(contentsOf: items.reversed())
            } catch {
                onProblem(error.reason)
            }
        }
    }

    func readList(_ reference: ContentReference, leaves: ObjectType) throws(ContentError) -> [ListReference] {
        let bytes: [UInt8]
        do throws(PackError) {
            bytes = try read(ObjectKey(.list, reference.id))
        } catch {
            throw .store(error)
        }
        do throws(EntryError) {
            return try ListObject.decode(bytes, leaves: leaves, level: reference.level)
        } catch {
            throw ContentError(error)
        }
    }

    /// A tree's bytes, and where its entries lie in them.
    func readTree(_ id: ObjectID) throws(ContentError) -> (bytes: [UInt8], entries: [Range<Int>]) {
        let bytes: [UInt8]
        do throws(PackError) {
            bytes = try read(ObjectKey(.tree, id))
        } catch {
            throw .store(error)
        }
        do throws(EntryError) {
            return (bytes, try TreeObject.entryRanges(in: bytes))
        } catch {
            throw ContentError(error)
        }
    }

    /// The bytes of content that an entry keeps elsewhere.
    func read(_ reference: SizedReference) throws(ContentError) -> [UInt8] {
        // No table of a real file comes near this, and memory is needed for all of it.
        guard reference.length <= 1 << 30 else { throw .damaged("\(reference.length) bytes are too many") }
        var result: [UInt8] = []
        do throws(PackError) {
            try forEachLeaf(of: reference.content, type: .chunk) { (id, _) throws(PackError) in
                try withObject(ObjectKey(.chunk, id)) { (bytes) throws(PackError) in
                    guard UInt64(result.count + bytes.byteCount) <= reference.length else { throw .cancelled }
                    result += bytes.array(0..<bytes.byteCount)
                }
            }
        } catch {
            if case .cancelled = error { throw .damaged("there are more bytes than \(reference.length)") }
            throw .store(error)
        }
        guard UInt64(result.count) == reference.length else {
            throw .damaged("there are \(result.count) bytes, not \(reference.length)")
        }
        return result
    }

    /// nil: the file is not sparse.
    func extents(of entry: TreeEntry) throws(ContentError) -> [Extent]? {
        switch entry.extents {
        case nil: return nil
        case .here(let extents): return extents
        case .elsewhere(let reference):
            let bytes = try read(reference)
            do throws(EntryError) {
                return try TreeEntry.extents(decoding: bytes, size: entry.size)
            } catch {
                throw ContentError(error)
            }
        }
    }

    func attributes(of entry: TreeEntry) throws(ContentError) -> [ExtendedAttribute] {
        switch entry.attributes {
        case nil: return []
        case .here(let attributes): return attributes
        case .elsewhere(let reference):
            let bytes = try read(reference)
            do throws(EntryError) {
                return try TreeEntry.attributes(decoding: bytes)
            } catch {
                throw ContentError(error)
            }
        }
    }

    func readLinkTable(_ reference: SizedReference) throws(ContentError) -> [[[UInt8]]] {
        let bytes = try read(reference)
        do throws(EntryError) {
            return try LinkTable.decode(bytes)
        } catch {
            throw ContentError(error)
        }
    }
}

extension Array where Element == UInt8 {
    /// Of a tree's bytes: the name in the entry at `range`; empty if it is damaged.
    func entryName(_ range: Range<Int>) -> [UInt8] {
        guard let name = unsafe TreeObject.name(in: span.bytes, range) else { return [] }
        return name.indices.map { name[$0] }
    }
}
