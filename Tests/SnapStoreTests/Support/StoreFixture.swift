// A real store, filled by hand: tests say which entries a snapshot has, and need no take for it.

import CSnapSystem
import Foundation
import SnapSystem
import Testing

@testable import SnapStore

/// A temporary directory with a store in it; removed at the end.
final class StoreFixture {
    let path: String
    let directory: WorkingDirectory
    /// Of everything in the store: whoever runs the tests.
    let owner: UInt32
    let group: UInt32
    private let session: PackSession
    private let hasher = ObjectHasher()
    private var plain: [UInt8] = []
    private var objects: [BlockObject] = []
    private var isCommitted = false

    /// What the next block holds is written when it has so many bytes.
    private static let blockLength = 256 << 10

    /// With `at`, more snapshots go into the store that is there.
    init(at existing: String? = nil) throws {
        path = existing ?? NSTemporaryDirectory() + "snap-" + UUID().uuidString
        if existing == nil {
            try FileManager.default.createDirectory(atPath: path + "/work", withIntermediateDirectories: true)
            _ = try WorkingDirectory.initialize(at: Array((path + "/work").utf8), InitOptions())
        }
        directory = try WorkingDirectory.open(containing: Array((path + "/work").utf8))
        let facts = try FileDescriptor.open(Array(path.utf8), [.read, .directory]).facts().0
        owner = facts.owner
        group = facts.group
        session = try PackSession(store: directory.packs, temporary: directory.layout.tmp.descriptor)
    }

    /// Another session on the same store.
    func another() throws -> StoreFixture { try StoreFixture(at: path) }

    /// Foundation cannot remove directories that are deeper than a path is long.
    func remove() {
        let removal = Foundation.Process()
        removal.executableURL = URL(fileURLWithPath: "/bin/sh")
        removal.arguments = ["-c", "chmod -R u+rwx \"$0\" 2>/dev/null; rm -rf \"$0\"", path]
        try? removal.run()
        removal.waitUntilExit()
    }

    var packs: PackSet { directory.packs }
    var storePath: String { path + "/work/.snapstore" }

    // MARK: Objects

    func store(_ type: ObjectType, _ bytes: [UInt8]) throws -> ObjectID {
        let id = unsafe hasher.id(type, bytes.span.bytes)
        guard try session.claim([ObjectKey(type, id)])[0] else { return id }
        plain += bytes
        objects.append(BlockObject(type, id, length: UInt32(bytes.count)))
        if plain.count >= Self.blockLength { try flush() }
        return id
    }

    /// Later objects go into another block.
    func flush() throws {
        guard !objects.isEmpty else { return }
        let stored = ByteBuffer(capacity: plain.count)
        stored.append(plain)
        try session.append(EncodedBlock(stored: stored, codec: .raw, objects: objects))
        plain = []
        objects = []
    }

    /// Makes what was stored visible. Nothing can be stored afterwards.
    @discardableResult
    func commit() throws -> [ObjectID] {
        try flush()
        return try session.commit()
    }

    /// A content of chunks of at most `chunk` bytes; nil for no bytes.
    func content(_ bytes: [UInt8], chunk: Int = 256 << 10) throws -> ContentReference? {
        var leaves: [ListReference] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            let piece = Array(bytes[start..<min(start + chunk, bytes.count)])
            let reference = ContentReference(level: 0, id: try store(.chunk, piece))
            leaves.append(ListReference(reference: reference, length: UInt64(piece.count), key: []))
        }
        return try ListObject.build(leaves, type: .chunk) { try store($0, $1) }
    }

    func sized(_ bytes: [UInt8]) throws -> SizedReference {
        let content = try #require(try content(bytes))
        return SizedReference(content: content, length: UInt64(bytes.count))
    }

    /// The content of a directory.
    func tree(_ entries: [TreeEntry]) throws -> ContentReference? {
        try tree(encoded: entries.map { ($0.name, $0.encoded()) })
    }

    func tree(encoded entries: [(name: [UInt8], bytes: [UInt8])]) throws -> ContentReference? {
        let builder = TreeBuilder()
        for entry in entries.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            try unsafe builder.add(entry.bytes.span.bytes, name: entry.name.span) { try store($0, $1) }
        }
        return try builder.finish { try store($0, $1) }
    }

    /// A root tree with these entries in the root.
    func root(_ entries: [TreeEntry], links: [[String]] = [], _ change: (inout TreeEntry) -> Void = { _ in }) throws
        -> ObjectID
    {
        var root = entry(.directory, ".")
        root.mode = 0o755
        root.seconds = 1_000_000_000
        root.content = try tree(entries)
        if !links.isEmpty {
            let table = links.flatMap { group in
                littleEndian(UInt32(group.count))
                    + group.flatMap { littleEndian(UInt32($0.utf8.count)) + Array($0.utf8) }
            }
            root.links = try sized(table)
        }
        change(&root)
        return try #require(try tree([root])).id
    }

    /// A manifest for the root tree, committed, and its line in the timeline.
    @discardableResult
    func snapshot(_ root: ObjectID, message: String = "") throws -> ObjectID {
        var manifest = Manifest(
            directory: directory.id, timeline: "main", kind: .checkpoint, time: .now, root: root,
            versions: Versions(snap: "test"))
        manifest.message = Text(message)
        let id = try store(.manifest, manifest.encoded())
        try commit()
        let lock = try directory.layout.locks.timeline(directory.id)
        let event = TimelineEvent(time: .now, old: nil, new: id, event: .take, kind: .checkpoint, who: "test@test/1")
        try directory.room.timeline.append(event, under: lock)
        lock.release()
        return id
    }

    // MARK: Entries

    func entry(_ type: EntryType, _ name: String) -> TreeEntry {
        var entry = TreeEntry(type: type, name: Array(name.utf8))
        entry.owner = owner
        entry.group = group
        return entry
    }

    func file(_ name: String, _ bytes: [UInt8], mode: UInt16 = 0o644, chunk: Int = 256 << 10) throws -> TreeEntry {
        var entry = entry(.file, name)
        entry.mode = mode
        entry.size = UInt64(bytes.count)
        entry.content = try content(bytes, chunk: chunk)
        entry.seconds = 1_100_000_000 + Int64(name.utf8.count)
        entry.nanoseconds = 123_456_789
        return entry
    }

    func file(_ name: String, _ text: String, mode: UInt16 = 0o644) throws -> TreeEntry {
        try file(name, Array(text.utf8), mode: mode)
    }

    func directory(_ name: String, _ entries: [TreeEntry], mode: UInt16 = 0o755) throws -> TreeEntry {
        var entry = entry(.directory, name)
        entry.mode = mode
        entry.content = try tree(entries)
        entry.seconds = 1_200_000_000 + Int64(name.utf8.count)
        entry.nanoseconds = 987_654_321
        return entry
    }

    func link(_ name: String, _ target: String) -> TreeEntry {
        var entry = entry(.symbolicLink, name)
        entry.mode = 0o777
        entry.target = Array(target.utf8)
        entry.size = UInt64(target.utf8.count)
        entry.seconds = 1_300_000_000
        return entry
    }

    // MARK: Putting back

    /// Restores into a new directory, and answers it and the report.
    func restore(_ root: ObjectID, named name: String = "out", threads: Int = 2, observer: Observer = Observer()) throws
        -> (target: SeenDirectory, report: RestoreReport)
    {
        let place = path + "/" + name
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let target = try FileDescriptor.open(Array(place.utf8), [.read, .directory])
        let report = try Restorer(packs: packs, observer: observer, threads: threads)
            .restore(of: root, into: target, path: Array(place.utf8))
        return (SeenDirectory(target), report)
    }

    // MARK: Damage

    /// The path of a pack.
    func packPath(_ id: ObjectID) -> String { storePath + "/packs/\(id).pack" }

    /// Flips a bit of the byte at `offset` of a file; negative counts from the end.
    func flip(_ file: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let index = offset < 0 ? bytes.count + offset : offset
        bytes[index] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: file))
    }

    /// Flips a bit in the stored bytes of an object, which must be in a raw block.
    func damage(_ key: ObjectKey) throws {
        let (pack, location) = try #require(try packs.locate(key))
        let block = try pack.block(location.block)
        try flip(packPath(try #require(pack.id)), at: Int(block.offset) + location.offset)
    }
}

/// An open directory and what is in it, as the system says.
final class SeenDirectory {
    let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    func open(_ name: [UInt8]) throws -> SeenDirectory {
        SeenDirectory(try descriptor.open(name, [.read, .directory]))
    }

    func open(_ name: String) throws -> SeenDirectory { try open(Array(name.utf8)) }

    /// The content of a path below this directory.
    func bytes(_ path: String) throws -> [UInt8] {
        try descriptor.openBeneath(Array(path.utf8), .read).readAll(limit: 1 << 30)
    }

    func bytes(_ path: String, at offset: UInt64, count: Int) throws -> [UInt8] {
        try descriptor.openBeneath(Array(path.utf8), .read).read(at: offset, count: count)
    }

    func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    func isThere(_ path: String) -> Bool { (try? descriptor.facts(of: Array(path.utf8))) != nil }

    func facts() throws -> FileFacts { try descriptor.facts().0 }

    func facts(_ name: [UInt8]) throws -> (FileFacts, FileExtra) { try descriptor.facts(of: name) }

    func facts(_ path: String) throws -> FileFacts { try descriptor.facts(of: Array(path.utf8)).0 }

    func attributes(_ name: [UInt8]) throws -> [ExtendedAttribute] { try descriptor.attributes(of: name) }

    func attributes() throws -> [ExtendedAttribute] { try descriptor.attributes() }

    func readLink(_ name: [UInt8]) throws -> [UInt8] { try descriptor.readLink(name) }

    func names() throws -> [String] {
        let scanner = DirectoryScanner()
        try scanner.readNames(of: try descriptor.open([0x2E], [.read, .directory]))
        return (0..<scanner.count).map { String(decoding: scanner.name($0), as: UTF8.self) }
    }
}
