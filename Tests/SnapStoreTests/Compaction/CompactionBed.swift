// What the tests of compaction stand on: a working directory with a history, and what its snapshots refer to, found without the code under test.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

final class CompactionBed {
    let path = NSTemporaryDirectory() + "snap-compaction-" + UUID().uuidString
    let directory: WorkingDirectory
    var numbers: Numbers
    /// The oldest first.
    private(set) var snapshots: [ObjectID] = []

    init(seed: UInt64 = 11) throws {
        numbers = Numbers(seed)
        try FileManager.default.createDirectory(atPath: path + "/work", withIntermediateDirectories: true)
        _ = try WorkingDirectory.initialize(at: Array((path + "/work").utf8), InitOptions())
        directory = try WorkingDirectory.open(containing: Array((path + "/work").utf8))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    // MARK: The directory

    private func place(_ name: String) -> String { "\(path)/work/\(name)" }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: place(name)))) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let parent = URL(fileURLWithPath: place(name)).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: place(name)))
    }

    /// Replaces a few bytes somewhere.
    func edit(_ name: String) throws {
        var bytes = try read(name)
        let at = Int(numbers.next() % UInt64(max(bytes.count - 40, 1)))
        bytes.replaceSubrange(at..<min(at + 20, bytes.count), with: "edit \(numbers.next())".utf8)
        try write(name, bytes)
    }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: place(name), toPath: place(other))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: place(name)) }

    @discardableResult
    func take(_ compression: Compression = .standard) throws -> ObjectID {
        var options = TakeOptions()
        options.force = true
        options.always = true
        options.compression = compression
        let id = try directory.take(options, observer: Observer()).id
        snapshots.append(id)
        return id
    }

    /// Text files in several directories, and a snapshot.
    func fill(_ count: Int, bytes: Int = 5000) throws {
        for number in 0..<count { try write("dir-\(number % 5)/file-\(number).c", numbers.text(bytes)) }
        try take()
    }

    /// So many small edits of what `fill` made, each with a snapshot.
    func edits(_ rounds: Int, of count: Int) throws {
        for _ in 0..<rounds {
            let number = Int(numbers.next() % UInt64(count))
            try edit("dir-\(number % 5)/file-\(number).c")
            try take()
        }
    }

    // MARK: The store

    func freshPacks() throws -> PackSet {
        try WorkingDirectory.open(containing: Array((path + "/work").utf8)).packs
    }

    func names(_ part: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/work/.snapstore/\(part)").sorted()
    }

    var stored: UInt64 {
        get throws { try freshPacks().packs.reduce(0) { $0 + $1.length } }
    }

    /// What snapshots refer to, themselves included, with its bytes.
    func objects(of snapshots: [ObjectID]) throws -> [ObjectKey: [UInt8]] {
        let reader = ObjectReader(try freshPacks())
        var found: [ObjectKey: [UInt8]] = [:]
        func follow(_ content: ContentReference, _ leaves: ObjectType) throws {
            let key = ObjectKey(content.level == 0 ? leaves : .list, content.id)
            if found[key] != nil { return }
            let bytes = try reader.read(key, verifyID: true)
            found[key] = bytes
            if content.level > 0 {
                let items = try ListObject.decode(bytes, leaves: leaves, level: content.level)
                for item in items { try follow(item.reference, leaves) }
            } else if leaves == .tree {
                for entry in try TreeObject.entries(in: bytes, unsupported: { _ in }) {
                    if let content = entry.content { try follow(content, entry.type == .directory ? .tree : .chunk) }
                    if case .elsewhere(let reference)? = entry.attributes { try follow(reference.content, .chunk) }
                    if case .elsewhere(let reference)? = entry.extents { try follow(reference.content, .chunk) }
                    if let links = entry.links { try follow(links.content, .chunk) }
                }
            }
        }
        for snapshot in snapshots {
            let key = ObjectKey(.manifest, snapshot)
            let bytes = try reader.read(key)
            found[key] = bytes
            try follow(ContentReference(level: 0, id: try Manifest(decoding: bytes).root), .tree)
        }
        return found
    }

    /// For the snapshots, which are given oldest first.
    func compaction(
        of snapshots: [ObjectID], _ options: CompactionOptions = CompactionOptions(), observer: Observer = Observer()
    ) throws -> PackCompaction {
        let keys = Set(try objects(of: snapshots).keys)
        return PackCompaction(
            directory.packs, snapshots: snapshots.reversed(), options: options, observer: observer
        ) { (key, _, _) throws(PackError) in keys.contains(key) }
    }

    /// Compacts, and removes what is replaced.
    @discardableResult
    func compact(_ snapshots: [ObjectID], _ options: CompactionOptions = CompactionOptions()) throws
        -> CompactionResult
    {
        let result = try compaction(of: snapshots, options).run(temporary: directory.layout.tmp.descriptor)
        for id in result.replaced { try directory.packs.remove(id) }
        return result
    }

    /// All that is expected is there, structure and bytes are right, no block is deeper than 1 or opens too much, and nothing is left in `tmp/`.
    func expectWhole(_ expected: [ObjectKey: [UInt8]], _ location: SourceLocation = #_sourceLocation) throws {
        let packs = try freshPacks()
        let reader = ObjectReader(packs)
        for (key, bytes) in expected {
            #expect(try reader.read(key, verifyID: true) == bytes, sourceLocation: location)
        }
        for pack in try packs.packs {
            #expect(PackVerifier(packs).verify(pack) == [], sourceLocation: location)
            guard pack.features.contains(.compacted) else { continue }
            for number in 0..<pack.blockCount {
                let block = try pack.block(number)
                #expect(block.depth <= 1, sourceLocation: location)
                #expect(try opening(of: block, in: pack, packs) <= 2 << 20, sourceLocation: location)
            }
        }
        #expect(try names("tmp").isEmpty, sourceLocation: location)
    }

    /// What a block's bases make a reader decompress.
    private func opening(of block: PackBlock, in pack: Pack, _ packs: PackSet) throws -> Int {
        var ends: [String: Int] = [:]
        for base in try pack.bases(of: block) {
            var least: (place: String, end: Int)?
            for (other, location) in try packs.copies(of: base) {
                let depth = try other.block(location.block).depth
                if depth == 0 { least = ("\(other.label) \(location.block)", location.offset + location.length) }
            }
            let found = try #require(least, "a base of depth 0")
            ends[found.place] = max(ends[found.place] ?? 0, found.end)
        }
        return ends.values.reduce(0, +)
    }

    /// The keys of everything in all packs.
    func allKeys() throws -> Set<ObjectKey> {
        var keys: Set<ObjectKey> = []
        for pack in try freshPacks().packs {
            try pack.forEachObject { (key, _) throws(PackError) in keys.insert(key) }
        }
        return keys
    }
}
