// Looking into a snapshot: its entries by path or directory by directory, and what its files hold.
//
// Nothing is read that was not asked for. A path is followed through the one run of entries that each of its names can
// be in, so one file of a large store costs a few blocks; a listing goes run by run and a file chunk by chunk, so
// neither is ever whole in memory. What is damaged ends it with an error, and what was given out before is as it was.

internal import SnapSystem

/// One entry of a snapshot: what was at a path.
public struct SnapshotEntry: Sendable {
    /// From the root; empty for the root itself.
    public let path: [UInt8]
    let entry: TreeEntry

    public var kind: FileKind { FileKind(entry.type) }
    /// Set-id bits, sticky bit and permissions.
    public var mode: UInt16 { entry.mode }
    public var owner: UInt32 { entry.owner }
    public var group: UInt32 { entry.group }
    /// When its content was changed last.
    public var modified: Timestamp { Timestamp(seconds: entry.seconds, nanoseconds: entry.nanoseconds) }
    /// Bytes; of a symbolic link, those of its target.
    public var size: UInt64 { entry.target.map { UInt64($0.count) } ?? entry.size }
    /// Where a symbolic link leads.
    public var target: [UInt8]? { entry.target }
    /// The number of a device.
    public var device: (major: UInt32, minor: UInt32)? { entry.device }
    /// Why it is not covered, or not wholly; nil if it is.
    public var gap: GapReason? { entry.gap?.reason }
    /// What the system said about that, or an empty text.
    public var gapDetail: String { entry.gap?.detail ?? "" }
    /// False: it was there, and there is nothing to put back.
    public var isCovered: Bool { !entry.isGapWithoutContent }
}

/// A snapshot that is looked into. Keeps what it read last; for one thread at a time.
public final class SnapshotReader {
    /// The snapshot.
    public let id: ObjectID
    /// The working directory itself.
    public let root: SnapshotEntry
    private let reader: ObjectReader

    fileprivate init(_ directory: WorkingDirectory, _ id: ObjectID) throws(StoreError) {
        let reader = ObjectReader(directory.packs)
        let manifest = try directory.readManifest(id, with: reader)
        self.id = id
        self.reader = reader
        root = SnapshotEntry(path: [], entry: try TreeSource(reader).root(manifest.root))
    }

    /// The entry at a path from the root; nil if there is none.
    public func entry(at path: [UInt8]) throws(StoreError) -> SnapshotEntry? {
        var found = root
        for name in path.split(separator: 0x2F) where name != [0x2E] {
            guard let next = try reader.entry(Array(name), of: found.entry) else { return nil }
            found = SnapshotEntry(path: join(found.path, next.name), entry: next)
        }
        return found
    }

    /// A directory whose entries are being given out; what comes next is at the end.
    private struct Frame {
        var path: [UInt8]
        var trees: [ObjectID]
        var entries: [TreeEntry] = []
    }

    /// Calls `body` with each entry of a directory, sorted by the bytes of the names; with `isRecursive`, all that is
    /// below a directory follows it. Ends early when `body` answers false. There are none in anything but a directory.
    public func forEachEntry(
        of directory: SnapshotEntry, isRecursive: Bool = false, _ body: (SnapshotEntry) -> Bool
    ) throws(StoreError) {
        var frames = [Frame(path: directory.path, trees: try reader.trees(of: directory.entry).reversed())]
        while let top = frames.indices.last {
            if let entry = frames[top].entries.popLast() {
                let found = SnapshotEntry(path: join(frames[top].path, entry.name), entry: entry)
                guard body(found) else { return }
                if isRecursive, entry.type == .directory {
                    frames.append(Frame(path: found.path, trees: try reader.trees(of: entry).reversed()))
                }
            } else if let tree = frames[top].trees.popLast() {
                frames[top].entries = try reader.entries(ofTree: tree).reversed()
            } else {
                frames.removeLast()
            }
        }
    }

    /// Calls `body` with a file's bytes, piece by piece in order; the holes of a sparse file are zeros. Ends early when
    /// `body` answers false.
    ///
    /// Throws `notAFile` for anything else, and for a file that was not covered.
    public func read(_ file: SnapshotEntry, _ body: ([UInt8]) -> Bool) throws(StoreError) {
        guard file.kind == .file, file.isCovered else {
            throw .notAFile(path: file.path, kind: file.kind, gap: file.isCovered ? nil : file.gap)
        }
        do throws(ContentError) {
            try reader.forEachPiece(of: file.entry, body)
        } catch {
            if case .store(let cause) = error, cause.isFromSystem { throw StoreError(cause) }
            throw .damaged(file: Text(bytes: file.path).displayString, what: error.reason)
        }
    }
}

extension WorkingDirectory {
    /// Opens a snapshot to look into it.
    public func look(into id: ObjectID) throws(StoreError) -> SnapshotReader {
        try SnapshotReader(self, id)
    }

    /// The manifest of a snapshot, by a reader that is kept for more.
    func readManifest(_ id: ObjectID, with reader: ObjectReader) throws(StoreError) -> Manifest {
        let bytes: [UInt8]
        reader.expect([ObjectKey(.manifest, id)])
        do throws(PackError) {
            bytes = try reader.read(ObjectKey(.manifest, id))
        } catch {
            throw StoreError(error)
        }
        do throws(ManifestError) {
            return try Manifest(decoding: bytes)
        } catch {
            if case .newerSchema = error {
                throw .unsupported(path: store, what: "manifest \(id.short): \(error.reason)")
            }
            throw .damaged(file: "manifest \(id)", what: error.reason)
        }
    }
}

extension ObjectReader {
    /// The trees that hold a directory's entries, in order.
    func trees(of directory: TreeEntry) throws(StoreError) -> [ObjectID] {
        guard directory.type == .directory, let content = directory.content else { return [] }
        var ids: [ObjectID] = []
        var problem: String?
        forEachTree(of: content) {
            ids.append($0)
        } onProblem: {
            problem = problem ?? $0
        }
        if let problem { throw .damaged(file: "the list of a directory's trees", what: problem) }
        return ids
    }

    /// The entries of one tree, sorted by name.
    func entries(ofTree id: ObjectID) throws(StoreError) -> [TreeEntry] {
        let tree = try ranges(ofTree: id)
        var result: [TreeEntry] = []
        result.reserveCapacity(tree.entries.count)
        for range in tree.entries { result.append(try decode(tree.bytes, range, ofTree: id)) }
        return result
    }

    /// The entry `name` of a directory, from the one tree that it can be in; nil if there is none.
    func entry(_ name: [UInt8], of directory: TreeEntry) throws(StoreError) -> TreeEntry? {
        guard directory.type == .directory, var reference = directory.content else { return nil }
        while reference.level > 0 {
            let items: [ListReference]
            do throws(ContentError) {
                items = try readList(reference, leaves: .tree)
            } catch {
                throw StoreError(error, readingFrom: "list \(reference.id)")
            }
            // A key is the first name below it.
            guard let item = items.last(where: { !name.lexicographicallyPrecedes($0.key) }) else { return nil }
            reference = item.reference
        }
        expect([ObjectKey(.tree, reference.id)])
        let tree = try ranges(ofTree: reference.id)
        guard let range = tree.entries.first(where: { tree.bytes.entryName($0) == name }) else { return nil }
        return try decode(tree.bytes, range, ofTree: reference.id)
    }

    private func ranges(ofTree id: ObjectID) throws(StoreError) -> (bytes: [UInt8], entries: [Range<Int>]) {
        do throws(ContentError) {
            return try readTree(id)
        } catch {
            throw StoreError(error, readingFrom: "tree \(id)")
        }
    }

    private func decode(_ bytes: [UInt8], _ range: Range<Int>, ofTree id: ObjectID) throws(StoreError) -> TreeEntry {
        do throws(EntryError) {
            return unsafe try TreeEntry(decoding: bytes.span.bytes.extracting(range))
        } catch {
            throw .damaged(file: "tree \(id)", what: error.reason)
        }
    }

    /// Calls `body` with the bytes of a regular file, until it answers false.
    func forEachPiece(of entry: TreeEntry, _ body: ([UInt8]) -> Bool) throws(ContentError) {
        var layout = FileLayout(size: entry.size, extents: try extents(of: entry))
        var isStopped = false
        var isTooLong = false
        if let content = entry.content {
            if content.level == 0 { expect([ObjectKey(.chunk, content.id)]) }
            do throws(PackError) {
                try forEachLeaf(of: content, type: .chunk) { (id, _) throws(PackError) in
                    try withObject(ObjectKey(.chunk, id)) { (bytes) throws(PackError) in
                        guard layout.accepts(bytes.byteCount) else {
                            isTooLong = true
                            throw .cancelled
                        }
                        guard layout.place(bytes, body) else {
                            isStopped = true
                            throw .cancelled
                        }
                    }
                }
            } catch {
                if isStopped { return }
                if isTooLong { throw .damaged("its content is longer than it was") }
                throw .store(error)
            }
        }
        guard layout.isComplete else { throw .damaged("its content is shorter than it was") }
        _ = layout.fill(upTo: entry.size, body)
    }
}

/// Where the bytes of a file's content stand in the file: one behind the other, or in the extents of a sparse one.
private struct FileLayout {
    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    private let extents: [Extent]?
    /// The bytes of the content.
    private let length: UInt64
    /// How many of them were placed.
    private var placed: UInt64 = 0
    /// How far the file was given out.
    private var position: UInt64 = 0
    private var current = 0
    private var placedInCurrent: UInt64 = 0

    init(size: UInt64, extents: [Extent]?) {
        // Extents are ascending and within the size, so the sum is too.
        length = extents.map { $0.reduce(0) { $0 &+ $1.length } } ?? size
        self.extents = extents
    }

    var isComplete: Bool { placed == length }

    func accepts(_ count: Int) -> Bool { UInt64(count) <= length - placed }

    /// Gives out the next bytes of the content, after `accepts`, and the hole in front of them. False: `body` wants no
    /// more.
    mutating func place(_ bytes: RawSpan, _ body: ([UInt8]) -> Bool) -> Bool {
        placed += UInt64(bytes.byteCount)
        guard let extents else {
            position += UInt64(bytes.byteCount)
            return bytes.byteCount == 0 || body(bytes.array(0..<bytes.byteCount))
        }
        var done = 0
        while done < bytes.byteCount, current < extents.count {
            let extent = extents[current]
            guard fill(upTo: extent.offset + placedInCurrent, body) else { return false }
            let count = Int(min(extent.length - placedInCurrent, UInt64(bytes.byteCount - done)))
            guard body(bytes.array(done..<done + count)) else { return false }
            done += count
            position += UInt64(count)
            placedInCurrent += UInt64(count)
            if placedInCurrent == extent.length {
                current += 1
                placedInCurrent = 0
            }
        }
        return true
    }

    /// Gives out zeros up to a place in the file. False: `body` wants no more.
    mutating func fill(upTo end: UInt64, _ body: ([UInt8]) -> Bool) -> Bool {
        while position < end {
            let count = Int(min(end - position, UInt64(Self.zeros.count)))
            let piece = count == Self.zeros.count ? Self.zeros : [UInt8](repeating: 0, count: count)
            guard body(piece) else { return false }
            position += UInt64(count)
        }
        return true
    }
}

extension StoreError {
    fileprivate init(_ error: ContentError, readingFrom object: String) {
        switch error {
        case .store(let cause): self = StoreError(cause)
        case .damaged(let what): self = .damaged(file: object, what: what)
        }
    }
}
