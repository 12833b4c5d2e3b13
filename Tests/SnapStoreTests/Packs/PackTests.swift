import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct PackTests {
    @Test(arguments: [Compression.zstd(level: 1), .lz4, .none])
    func objectsComeBack(compression: Compression) throws {
        let bed = try PackBed()
        let first = mixture(1)
        let second = mixture(2)
        let id = try bed.commit([try block(first, compression), try block(second, compression)])
        #expect(try bed.names("packs") == ["\(id).pack"])
        #expect(try bed.names("tmp") == [])
        // Both the set that learned of the pack and one that lists it.
        for reader in [ObjectReader(bed.packs), try bed.freshReader()] {
            for sample in first + second {
                #expect(try reader.read(sample.key, verifyID: true) == sample.bytes)
            }
        }
        #expect(throws: PackError.missing(ObjectKey(.tree, .zero), unreadable: [])) {
            try bed.freshReader().read(ObjectKey(.tree, .zero))
        }
        let pack = try #require(try bed.packs.packs.first)
        #expect(try pack.computeID() == id)
        #expect(PackVerifier(bed.packs).verify(pack) == [])
    }

    @Test func aTypeIsPartOfTheName() throws {
        let bed = try PackBed()
        let chunk = Sample(.chunk, Array("the same bytes".utf8))
        try bed.commit([try block([chunk])])
        #expect(try bed.packs.contains(chunk.key))
        #expect(try !bed.packs.contains(ObjectKey(.tree, chunk.key.id)))
    }

    @Test func everyObjectIsWalkedInOrder() throws {
        let bed = try PackBed()
        let samples = mixture(3, count: 40)
        try bed.commit([try block(samples)])
        let pack = try #require(try bed.packs.packs.first)
        var keys: [ObjectKey] = []
        try pack.forEachObject { key, location throws(PackError) in
            keys.append(key)
            #expect(samples.contains { $0.key == key && $0.bytes.count == location.length })
        }
        #expect(keys == samples.map(\.key).sorted())
        #expect(keys.indices.allSatisfy { (try? pack.object(at: $0)?.key) == keys[$0] })
    }

    /// The layout, read by offsets as docs/format.md has them and not by the code under test.
    @Test func theBytesAreThoseOfTheFormat() throws {
        let bed = try PackBed()
        let samples = [Sample(.manifest, Array("{}".utf8)), Sample(.chunk, Array("hello, world".utf8))]
        let id = try bed.commit([try block(samples, .none)])
        let pack = PackSurgeon(try bed.bytes("packs/\(id).pack"))
        let bytes = pack.bytes
        #expect(Array(bytes[0..<16]) == [0x50, 0x2A, 0x4D, 0x18, 56, 0, 0, 0] + Array("snappack".utf8))
        #expect(pack.integer(16, UInt32.self) == 1)
        #expect(Array(bytes[20..<60]) == [UInt8](repeating: 0, count: 20) + [1, 1] + [UInt8](repeating: 0, count: 18))
        #expect(pack.integer(60, UInt32.self) == checksum(of: Array(bytes[0..<60])))
        // Contents frame: 28 bytes, two objects, checksum.
        #expect(Array(bytes[64..<72]) == [0x51, 0x2A, 0x4D, 0x18, 34, 0, 0, 0])
        #expect(Array(bytes[72..<76]) == [0, 0, 0, 0])
        #expect(pack.integer(76, UInt32.self) == 14)
        #expect(pack.integer(80, UInt32.self) == 14)
        #expect(pack.integer(84, UInt32.self) == checksum(of: Array("{}hello, world".utf8)))
        #expect(pack.integer(88, UInt32.self) == 2)
        #expect(Array(bytes[92..<102]) == [4, 2, 0, 0, 0, 1, 12, 0, 0, 0])
        #expect(pack.integer(102, UInt32.self) == checksum(of: Array(bytes[64..<102])))
        #expect(Array(bytes[106..<120]) == Array("{}hello, world".utf8))
        // Index, by the trailer.
        #expect(pack.indexOffset == 120)
        #expect(Array(bytes[120..<124]) == [0x52, 0x2A, 0x4D, 0x18])
        #expect(Array(bytes[128..<136]) == Array("snapindx".utf8))
        #expect(pack.integer(136, UInt32.self) == 1)
        #expect(pack.sections.keys.sorted() == [1, 3, 4, 5])
        let ids = try #require(pack.section(4))
        #expect(Array(bytes[ids]) == samples[1].key.id.bytes + samples[0].key.id.bytes)
        let types = try #require(pack.section(3))
        #expect(Array(bytes[types]) == [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0] + [4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
        let locations = try #require(pack.section(5))
        #expect(
            Array(bytes[locations]) == [0, 0, 0, 0, 2, 0, 0, 0, 12, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0])
        let blocks = try #require(pack.section(1))
        #expect(blocks.count == 40)
        #expect(pack.integer(blocks.lowerBound, UInt64.self) == 106)
        #expect(pack.integer(blocks.lowerBound + 20, UInt32.self) == 42)
        let trailer = bytes.count - 64
        #expect(Array(bytes[trailer..<trailer + 16]) == [0x53, 0x2A, 0x4D, 0x18, 56, 0, 0, 0] + Array("snaptail".utf8))
        #expect(pack.integer(trailer + 24, UInt64.self) == UInt64(trailer - 120))
        #expect(pack.integer(trailer + 32, UInt64.self) == UInt64(bytes.count))
        #expect(Sample(.chunk, Array(bytes[120...])).key.id == id)
    }

    @Test func manyObjectsAreFoundAndOthersAreNot() throws {
        let bed = try PackBed()
        var numbers = Numbers(7)
        let session = try bed.session()
        var keys: [ObjectKey] = []
        let count = 100_000
        let plain = [UInt8](repeating: 0x61, count: 1000)
        let stored = ByteBuffer()
        let codec = unsafe try BlockCompressor().compress(plain.span.bytes, .zstd(level: 1), into: stored)
        // Ids need not be true to be found.
        for _ in 0..<count / 1000 {
            let objects = (0..<1000).map { number in
                let id = ObjectID(numbers.next(), numbers.next(), numbers.next(), numbers.next())
                return BlockObject(number % 3 == 0 ? .tree : .chunk, id, length: 1)
            }
            keys += objects.map { ObjectKey($0.type, $0.id) }
            try session.append(try EncodedBlock(stored: stored, codec: codec, objects: objects))
        }
        _ = try session.commit()
        let set = try bed.freshSet()
        let pack = try #require(try set.packs.first)
        #expect(pack.objectCount == count)
        #expect(try set.contains(keys).allSatisfy { $0 })
        let others = keys.map {
            ObjectKey($0.type, ObjectID($0.id.words.0, $0.id.words.1, $0.id.words.2, $0.id.words.3 ^ 1))
        }
        #expect(try set.contains(others).allSatisfy { !$0 })
        let (structural, _) = PackVerifier(set).verifyStructure(pack)
        #expect(structural == [])
    }

    @Test func prefixesFindTheirIds() throws {
        let bed = try PackBed()
        let samples = (0..<300).map { Sample(.manifest, Array("manifest \($0)".utf8)) } + mixture(5)
        try bed.commit([try block(samples)])
        try bed.commit([try block(Array(samples.prefix(50)) + [Sample(.manifest, [1])])])
        let ids = Set(samples.filter { $0.key.type == .manifest }.map(\.key.id) + [Sample(.manifest, [1]).key.id])
        for digits in ["", "0", "f", "7a", "7A", "abc", "ffff"] {
            let expected = ids.filter { $0.description.hasPrefix(digits.lowercased()) }.sorted()
            #expect(try bed.packs.ids(.manifest, prefix: digits) == expected)
        }
        let one = try #require(ids.first)
        #expect(try bed.packs.ids(.manifest, prefix: one.description) == [one])
        #expect(try bed.packs.ids(.manifest, prefix: "\(one)0") == [])
        #expect(try bed.packs.ids(.manifest, prefix: "xyz") == [])
        #expect(try bed.packs.ids(.list, prefix: one.description) == [])
    }

    @Test func anIdStandsOnceAndWithLeastDepth() throws {
        let bed = try PackBed()
        var numbers = Numbers(8)
        let base = Sample(.chunk, numbers.text(4000))
        let twice = Sample(.chunk, base.bytes + Array("!".utf8))
        let other = Sample(.tree, numbers.text(500))
        try bed.commit([
            try block([base]), try block([twice], bases: [base], depth: 1), try block([twice, other]),
            try block([other]),
        ])
        let pack = try #require(try bed.packs.packs.first)
        #expect(pack.objectCount == 3)
        #expect(try pack.find(twice.key)?.block == 2)
        #expect(try pack.find(other.key)?.block == 2)
        #expect(PackVerifier(bed.packs).verify(pack) == [], "a copy that the index leaves out is no damage")
        for sample in [base, twice, other] { #expect(try ObjectReader(bed.packs).read(sample.key) == sample.bytes) }
    }

    @Test func blocksAreCopiedAsTheyAre() throws {
        let bed = try PackBed()
        var numbers = Numbers(10)
        let base = Sample(.chunk, numbers.text(4000))
        let changed = Sample(.chunk, base.bytes + Array("!".utf8))
        let samples = mixture(11)
        let id = try bed.commit([
            try block([base]), try block([changed], bases: [base], depth: 1), try block(samples), try block(samples),
        ])
        let pack = try #require(try bed.packs.packs.first)
        let contents = try PackContents(pack)
        let session = try bed.session()
        for number in 0..<pack.blockCount {
            try session.append(try pack.encodedBlock(number, contents, stored: ByteBuffer()))
        }
        let copies = try session.commit()
        #expect(copies == [id], "the same blocks in the same order are the same pack")
        for sample in samples + [base, changed] {
            #expect(try bed.freshReader().read(sample.key, verifyID: true) == sample.bytes)
        }
    }

    @Test func stockToolsReadThePack() throws {
        let zstd = ["/usr/bin/zstd", "/usr/local/bin/zstd", "/opt/homebrew/bin/zstd"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        guard let zstd else { return }
        let bed = try PackBed()
        // Manifests are longest, so every type is compressible.
        let blocks = [mixture(12), mixture(13), (0..<2000).map { Sample(.chunk, Array("object \($0)".utf8)) }]
        let id = try bed.commit(try blocks.map { try block($0) })
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: zstd)
        process.arguments = ["-dc", "\(bed.path)/packs/\(id).pack"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let plain = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(Array(plain) == blocks.flatMap { $0.flatMap(\.bytes) })
    }

    @Test func whatNoPackCanHoldIsRefused() throws {
        let stored = ByteBuffer()
        stored.append([1, 2, 3])
        let key = ObjectKey(.chunk, .zero)
        func expectRefusal(_ codec: Codec, _ objects: [BlockObject], _ bases: [ObjectKey] = [], _ depth: UInt8 = 0) {
            #expect(throws: PackError.self) {
                try EncodedBlock(stored: stored, codec: codec, objects: objects, bases: bases, depth: depth)
            }
        }
        expectRefusal(.raw, [])
        expectRefusal(.raw, [BlockObject(.chunk, .zero, length: 4)])
        expectRefusal(.raw, [BlockObject(.chunk, .zero, length: 3), BlockObject(.tree, .zero, length: 0)])
        expectRefusal(.zstd, [BlockObject(.chunk, .zero, length: 256 << 10 + 1)])
        expectRefusal(.zstd, [BlockObject(.manifest, .zero, length: 16 << 20), BlockObject(.tree, .zero, length: 1)])
        expectRefusal(.zstd, [BlockObject(.chunk, .zero, length: 3)], [], 1)
        expectRefusal(.zstd, [BlockObject(.chunk, .zero, length: 3)], [key], 0)
        expectRefusal(.zstd, [BlockObject(.chunk, .zero, length: 3)], [key], 3)
        expectRefusal(.raw, [BlockObject(.chunk, .zero, length: 3)], [key], 1)
        expectRefusal(.lz4, [BlockObject(.chunk, .zero, length: 3)], [key], 1)
        expectRefusal(.zstd, [BlockObject(.manifest, .zero, length: 4 << 20 + 1)], [key], 1)
    }

    @Test(arguments: [false, true])
    func keySetsHoldEachKeyOnce(_ isSpilling: Bool) throws {
        var numbers = Numbers(14)
        let path = NSTemporaryDirectory() + "snap-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let room = try FileDescriptor.open(Array(path.utf8), [.read, .directory])
        // So short that nearly all keys are in the file.
        var set =
            isSpilling
            ? ObjectKeySet(limit: 128, segment: 64) { () throws(SystemError) in try SpillFile(in: room) }
            : ObjectKeySet()
        var expected: Set<ObjectKey> = []
        for _ in 0..<20_000 {
            // Few different values, so that many come again, and one id under several types.
            let value = numbers.next() % 5000
            let key = ObjectKey(
                ObjectType.allCases[Int(numbers.next() % 4)], ObjectID(value, value << 40, 7, value % 3))
            #expect(try set.insert(key) == expected.insert(key).inserted)
        }
        #expect(set.count == expected.count)
        for key in expected { #expect(try set.contains(key)) }
        #expect(try !set.contains(ObjectKey(.chunk, ObjectID(1, 2, 3, 4))))
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }
}
