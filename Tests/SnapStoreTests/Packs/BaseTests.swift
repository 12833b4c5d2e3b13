import SnapSystem
import Testing

@testable import SnapStore

@Suite struct BaseTests {
    /// Three versions of one content, each against the one before.
    private func versions() -> [Sample] {
        var numbers = Numbers(50)
        let first = numbers.noise(20_000)
        return [
            Sample(.chunk, first), Sample(.chunk, first + Array("second".utf8)),
            Sample(.chunk, first + Array("third".utf8)),
        ]
    }

    @Test func basesMakeBlocksSmallAndAreResolved() throws {
        let bed = try PackBed()
        let v = versions()
        let delta = try block([v[1]], bases: [v[0]], depth: 1)
        #expect(delta.stored.count < 200, "noise that repeats costs next to nothing")
        // Each in a pack of its own, the last one first.
        try bed.commit([try block([v[2]], bases: [v[1]], depth: 2)])
        try bed.commit([delta])
        try bed.commit([try block([v[0]])])
        let reader = try bed.freshReader()
        for sample in v.reversed() { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
        let set = try bed.freshSet()
        let depths = try set.packs.flatMap { pack throws in try (0..<pack.blockCount).map { try pack.block($0).depth } }
        #expect(depths.sorted() == [0, 1, 2])
        for pack in try set.packs { #expect(PackVerifier(set).verify(pack) == []) }
    }

    @Test func severalBasesAreOnePrefixInOrder() throws {
        let bed = try PackBed()
        var numbers = Numbers(51)
        let bases = [
            Sample(.tree, numbers.noise(3000)), Sample(.chunk, numbers.noise(5000)),
            Sample(.manifest, numbers.noise(900)),
        ]
        let both = Sample(.chunk, bases[2].bytes + bases[0].bytes + bases[1].bytes)
        let other = Sample(.tree, Array(bases[1].bytes.suffix(1000)))
        let delta = try block([both, other], bases: bases, depth: 1)
        #expect(delta.stored.count < 200)
        try bed.commit([try block([bases[0]]), try block([bases[1], bases[2]]), delta])
        let reader = try bed.freshReader()
        #expect(try reader.read(both.key, verifyID: true) == both.bytes)
        #expect(try reader.read(other.key, verifyID: true) == other.bytes)
    }

    /// A block that was decompressed in part is read on where more is asked for, and whatever the order, the bytes are the same.
    @Test(arguments: [0, 1, 5, 30]) func objectsOfOneBlockAreReadInAnyOrder(expected: Int) throws {
        let bed = try PackBed()
        var numbers = Numbers(52)
        let samples = (0..<40).map { _ in Sample(.chunk, numbers.text(9000)) }
        let changed = samples.map { Sample(.chunk, $0.bytes + Array("changed".utf8)) }
        try bed.commit([try block(samples), try block(changed, bases: samples, depth: 1)])
        for seed in 1...8 {
            var order = Numbers(UInt64(seed))
            let reader = ObjectReader(try bed.freshSet())
            reader.expect(
                (0..<expected).map { _ in (order.next() % 2 == 0 ? samples : changed)[Int(order.next() % 40)].key })
            for _ in 0..<30 {
                let sample = (order.next() % 2 == 0 ? samples : changed)[Int(order.next() % 40)]
                #expect(try reader.read(sample.key, verifyID: true) == sample.bytes)
            }
        }
    }

    @Test func aMissingBaseIsNamed() throws {
        let bed = try PackBed()
        let v = versions()
        let id = try bed.commit([try block([v[1]], bases: [v[0]], depth: 1)])
        let first = try bed.freshReader()
        do throws(PackError) {
            _ = try first.read(v[1].key)
            Issue.record("read without its base")
        } catch {
            #expect(error.file == "packs/\(id).pack")
            #expect(error.reason.contains("\(v[0].key)"))
        }
        // A base that comes later is found by the same reader.
        let reader = try bed.freshReader()
        #expect(throws: PackError.self) { try reader.read(v[1].key) }
        try bed.commit([try block([v[0]])])
        #expect(try reader.read(v[1].key, verifyID: true) == v[1].bytes)
    }

    @Test func aDamagedBaseHurtsAndAnotherCopyHeals() throws {
        let bed = try PackBed()
        let v = versions()
        let id = try bed.commit([try block([v[0]], .none)])
        try bed.commit([try block([v[1]], bases: [v[0]], depth: 1)])
        var bytes = try bed.bytes("packs/\(id).pack")
        bytes[2000] ^= 1
        try bed.write(bytes, "packs/\(id).pack")
        #expect(throws: PackError.self) { try bed.freshReader().read(v[1].key) }
        try bed.commit([try block([v[0], v[2]])])
        #expect(try bed.freshReader().read(v[1].key, verifyID: true) == v[1].bytes)
    }

    @Test func depthMustFall() throws {
        let v = versions()
        // A base of the same depth, and two blocks that name each other.
        let same = try PackBed()
        try same.commit([try block([v[0]]), try block([v[1]], bases: [v[0]], depth: 1)])
        try same.commit([try block([v[2]], bases: [v[1]], depth: 1)])
        #expect(throws: PackError.self) { try same.freshReader().read(v[2].key) }
        #expect(try same.freshReader().read(v[1].key, verifyID: true) == v[1].bytes)
        for (a, b) in [(UInt8(1), UInt8(1)), (1, 2), (2, 2)] {
            let cycle = try PackBed()
            try cycle.commit([try block([v[0]], bases: [v[1]], depth: a), try block([v[1]], bases: [v[0]], depth: b)])
            #expect(throws: PackError.self) { try cycle.freshReader().read(v[0].key) }
            #expect(throws: PackError.self) { try cycle.freshReader().read(v[1].key) }
        }
        let itself = try PackBed()
        try itself.commit([try block([v[0]], bases: [v[0]], depth: 1)])
        #expect(throws: PackError.self) { try itself.freshReader().read(v[0].key) }
    }

    @Test func basesTogetherHaveALimit() throws {
        let bed = try PackBed()
        let piece = [UInt8](repeating: 0x41, count: 256 << 10)
        let bases = (UInt8(0)..<5).map { Sample(.chunk, Array(piece.dropLast()) + [$0]) }
        let small = Sample(.tree, piece.suffix(100) + [1])
        for base in bases { try bed.commit([try block([base])]) }
        try bed.commit([try block([small], bases: bases, depth: 1)])
        #expect(throws: PackError.self) { try bed.freshReader().read(small.key) }
        try bed.commit([try block([small], bases: Array(bases.dropLast()), depth: 1)])
        #expect(try bed.freshReader().read(small.key, verifyID: true) == small.bytes)
    }

    @Test func aSmallCacheReadsTheSame() throws {
        let bed = try PackBed()
        let v = versions()
        let others = (0..<20).map { mixture(60 + $0) }
        try bed.commit(
            [try block([v[0]]), try block([v[1]], bases: [v[0]], depth: 1), try block([v[2]], bases: [v[1]], depth: 2)]
                + others.map { try block($0) })
        let reader = ObjectReader(bed.packs, cacheBytes: 1)
        for samples in others {
            for sample in samples.prefix(2) + v { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
        }
        // Reading inside a reading does not disturb the outer bytes.
        let isIntact = try reader.withObject(v[0].key) { bytes throws(PackError) in
            for sample in others[0] + others[1] + others[2] { _ = try reader.read(sample.key) }
            return bytes.array(0..<bytes.byteCount) == v[0].bytes
        }
        #expect(isIntact)
    }
}
