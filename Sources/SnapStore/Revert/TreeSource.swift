// Reading the trees of the two snapshots between which a revert goes.
//
// A revert must know all of both: unlike putting a snapshot into a new directory, it goes on with nothing that it could not read.

internal import SnapSystem

/// One per thread.
final class TreeSource {
    let reader: ObjectReader

    /// Directories whose entries were asked for by name, and how many entries that are.
    private var known: [ContentReference: [[UInt8]: TreeEntry]] = [:]
    private var knownCount = 0
    private static let knownLimit = 200_000

    init(_ reader: ObjectReader) {
        self.reader = reader
    }

    /// The entries of a directory by name. Those asked for last are kept, because neighbours are asked for together.
    func names(of directory: TreeEntry, _ content: ContentReference) throws(StoreError) -> [[UInt8]: TreeEntry] {
        if let found = known[content] { return found }
        var names: [[UInt8]: TreeEntry] = [:]
        for entry in try entries(of: directory) { names[entry.name] = entry }
        // Never on account of the one that was asked for: it will be asked again.
        if knownCount > Self.knownLimit {
            known = [:]
            knownCount = 0
        }
        known[content] = names
        knownCount += names.count
        return names
    }

    /// The entry that stands for the working directory itself in the root tree `id`.
    func root(_ id: ObjectID) throws(StoreError) -> TreeEntry {
        let bytes: [UInt8]
        do throws(PackError) {
            bytes = try reader.read(ObjectKey(.tree, id))
        } catch {
            throw StoreError(error)
        }
        do throws(EntryError) {
            return try TreeEntry(decodingRootTree: bytes)
        } catch {
            throw .damaged(file: "tree \(id)", what: error.reason)
        }
    }

    /// The entries of a directory, sorted by name.
    func entries(of directory: TreeEntry) throws(StoreError) -> [TreeEntry] {
        var result: [TreeEntry] = []
        for id in try reader.trees(of: directory) { result += try reader.entries(ofTree: id) }
        return result
    }

    /// The entry at `path` in a tree; nil if there is none.
    func entry(at path: [UInt8], below root: TreeEntry) throws(StoreError) -> TreeEntry? {
        var current = root
        for name in path.split(separator: 0x2F) {
            guard current.type == .directory, let content = current.content else { return nil }
            guard let next = try names(of: current, content)[Array(name)] else { return nil }
            current = next
        }
        return current
    }

    /// The whole content of a small file.
    func content(of entry: TreeEntry, limit: UInt64) throws(StoreError) -> [UInt8]? {
        guard entry.type == .file, entry.size <= limit, entry.extents == nil else { return nil }
        guard let content = entry.content else { return [] }
        do throws(ContentError) {
            return try reader.read(SizedReference(content: content, length: entry.size))
        } catch {
            throw .damaged(file: String(decoding: entry.name, as: UTF8.self), what: error.reason)
        }
    }

    /// The paths that are one file, by group.
    func links(of root: TreeEntry) throws(StoreError) -> [[[UInt8]]] {
        guard let links = root.links else { return [] }
        do throws(ContentError) {
            return try reader.readLinkTable(links)
        } catch {
            throw .damaged(file: "the link table", what: error.reason)
        }
    }
}

extension TreeEntry {
    /// The same file, whatever it is called and whoever owns it: type, content, target, device.
    func hasContent(of other: TreeEntry) -> Bool {
        type == other.type && size == other.size && content == other.content && target == other.target
            && device?.major == other.device?.major && device?.minor == other.device?.minor
            && extents == other.extents
    }

    /// Some paths below are covered and the others are unknown.
    var isPartlyCovered: Bool { type == .directory && gap?.reason == .cacheDirectory && gap?.hasContent == true }
}

/// `directory`, a path from the root, and a name in it.
func join(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
    directory.isEmpty ? name : directory + [0x2F] + name
}

/// The directory that the path is in; empty: the root.
func parentPath(_ path: [UInt8]) -> [UInt8] {
    path.lastIndex(of: 0x2F).map { Array(path[..<$0]) } ?? []
}

func lastName(_ path: [UInt8]) -> [UInt8] {
    path.lastIndex(of: 0x2F).map { Array(path[($0 + 1)...]) } ?? path
}
