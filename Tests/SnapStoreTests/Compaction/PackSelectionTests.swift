// Which packs go, told on packs made by hand.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct PackSelectionTests {
    private func compaction(_ bed: PackBed, _ living: [Sample], _ options: CompactionOptions = CompactionOptions())
        -> PackCompaction
    {
        let keys = Set(living.map(\.key))
        return PackCompaction(bed.packs, snapshots: [], options: options) { (key, _, _) throws(PackError) in
            keys.contains(key)
        }
    }

    /// A pack as compaction writes it.
    private func commitCompacted(_ blocks: [EncodedBlock], to bed: PackBed) throws -> ObjectID {
        let session = try PackSession(
            store: bed.packs, temporary: try bed.directory("tmp"), features: [.compacted])
        for block in blocks { try session.append(block) }
        return try #require(try session.commit().first)
    }

    private func expectAll(_ samples: [Sample], _ bed: PackBed) throws {
        let set = try bed.freshSet()
        let reader = ObjectReader(set)
        for sample in samples { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
        for pack in try set.packs { #expect(PackVerifier(set).verify(pack) == []) }
        #expect(try bed.names("tmp").isEmpty)
    }

    /// Objects that no snapshot leads to are written all the same, if they live.
    @Test func whatNoSnapshotLedToIsKept() throws {
        let bed = try PackBed()
        let living = (0..<6).flatMap { mixture(UInt64($0)) }
        let dead = mixture(99)
        for start in stride(from: 0, to: living.count, by: 12) {
            try bed.commit([try block(Array(living[start..<start + 12]) + (start == 0 ? dead : []))])
        }
        let old = try bed.packs.packs.compactMap(\.id)
        let result = try compaction(bed, living).run(temporary: try bed.directory("tmp"))
        #expect(Set(result.replaced) == Set(old))
        for id in result.replaced { try bed.packs.remove(id) }
        try expectAll(living, bed)
        let set = try bed.freshSet()
        for sample in dead where !living.contains(where: { $0.key == sample.key }) {
            #expect(try set.locate(sample.key) == nil)
        }
        #expect(try compaction(bed, living).plan().isEmpty)
    }

    /// A block of a pack that stays has a dead object of a pack that goes as its base.
    @Test(arguments: [false, true]) func aBaseOfWhatStaysSurvives(isUserLiving: Bool) throws {
        let bed = try PackBed()
        var numbers = Numbers(5)
        let base = Sample(.chunk, numbers.noise(3000))
        let user = Sample(.chunk, base.bytes + Array("more".utf8))
        let others = (0..<20).map { _ in Sample(.chunk, numbers.text(3000)) }
        let loose = try bed.commit([try block([base] + mixture(1))])
        let stays = try commitCompacted([try block([user], bases: [base], depth: 1), try block(others)], to: bed)
        let living = others + (isUserLiving ? [user] : [])
        let result = try compaction(bed, living).run(temporary: try bed.directory("tmp"))
        #expect(result.replaced == [loose])
        try bed.packs.remove(loose)
        #expect(try bed.names("packs").contains("\(stays).pack"))
        // Read through the block that stays, whether anybody needs it or not.
        try expectAll([user, base] + others, bed)
        let (pack, location) = try #require(try bed.freshSet().locate(base.key))
        #expect(try pack.block(location.block).depth == 0)
    }

    /// A copy that lies as deep as the block that needs it is no base for it.
    @Test func aBaseIsWrittenLessDeepThanItsUser() throws {
        let bed = try PackBed()
        var numbers = Numbers(6)
        let first = Sample(.chunk, numbers.noise(3000))
        let second = Sample(.chunk, first.bytes + Array("second".utf8))
        let third = Sample(.chunk, second.bytes + Array("third".utf8))
        let filler = (0..<20).map { _ in Sample(.chunk, numbers.text(3000)) }
        // The pack that stays has the first as it is, the second against it, and the third against the second, of which only a pack that goes has a copy of depth 0.
        _ = try commitCompacted(
            [
                try block([first] + filler), try block([second], bases: [first], depth: 1),
                try block([third], bases: [second], depth: 1),
            ], to: bed)
        // Noise alone would stay, because it cannot be compressed.
        let loose = try bed.commit([try block([second] + mixture(1))])
        let living = [first, second, third] + filler
        try expectAll(living, bed)
        let result = try compaction(bed, living).run(temporary: try bed.directory("tmp"))
        #expect(result.replaced == [loose])
        try bed.packs.remove(loose)
        try expectAll(living, bed)
    }

    @Test func aPackThatCannotBeReadStays() throws {
        let bed = try PackBed()
        let good = mixture(1)
        var numbers = Numbers(7)
        let hurt = Sample(.chunk, numbers.noise(4000))
        let whole = try bed.commit([try block(good)])
        let damaged = try bed.commit([try block([hurt] + mixture(2), .zstd(level: 1))])
        var bytes = try bed.bytes("packs/\(damaged).pack")
        bytes[1000] ^= 1
        try bed.write(bytes, "packs/\(damaged).pack")
        let set = try bed.freshSet()
        let keys = Set((good + [hurt] + mixture(2)).map(\.key))
        let compaction = PackCompaction(set, snapshots: []) { (key, _, _) throws(PackError) in keys.contains(key) }
        let result = try compaction.run(temporary: try bed.directory("tmp"))
        #expect(result.replaced == [whole])
        #expect(!result.damages.isEmpty)
        try set.remove(whole)
        let reader = try bed.freshReader()
        for sample in good { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
        #expect(try bed.names("packs").contains("\(damaged).pack"))
        #expect(try bed.names("tmp").isEmpty)
    }

    /// Damage does not get a fresh checksum: bytes that do not have their id are taken from another copy.
    @Test func wrongBytesAreNotPassedOn() throws {
        let bed = try PackBed()
        var numbers = Numbers(8)
        let samples = (0..<4).map { _ in Sample(.chunk, numbers.text(2000)) }
        // A block that is right in itself and holds other bytes under the first one's id.
        var plain = samples.flatMap(\.bytes)
        plain[10] ^= 1
        let stored = ByteBuffer()
        stored.append(plain)
        let wrong = try EncodedBlock(
            stored: stored, codec: .raw,
            objects: samples.map { BlockObject($0.key.type, $0.key.id, length: UInt32($0.bytes.count)) })
        try bed.commit([wrong])
        try bed.commit([try block(samples), try block(mixture(3))])
        let living = samples + mixture(3)
        let result = try compaction(bed, living).run(temporary: try bed.directory("tmp"))
        for id in result.replaced { try bed.packs.remove(id) }
        for id in result.written {
            let pack = try Pack(id, in: try bed.directory("packs"))
            #expect(PackVerifier(try bed.freshSet()).verify(pack) == [])
        }
        let reader = try bed.freshReader()
        for sample in living { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
    }

    /// What does not compress has nothing to gain.
    @Test func incompressibleDataStaysWhereItIs() throws {
        let bed = try PackBed()
        var numbers = Numbers(9)
        let noise = (0..<10).map { _ in Sample(.chunk, numbers.noise(20_000)) }
        try bed.commit([try block(noise, .none)])
        #expect(try compaction(bed, noise).plan().isEmpty)
        #expect(try !compaction(bed, Array(noise.prefix(7))).plan().isEmpty)
    }

    /// Small generations become one when there is as much of them as there is new.
    @Test func packsStayFew() throws {
        let bed = try PackBed()
        var numbers = Numbers(10)
        var living: [Sample] = []
        var most = 0
        for _ in 0..<40 {
            let new = Sample(.chunk, numbers.text(4000))
            living.append(new)
            try bed.commit([try block([new])])
            let result = try compaction(bed, living).run(temporary: try bed.directory("tmp"))
            for id in result.replaced { try bed.packs.remove(id) }
            most = max(most, try bed.names("packs").count)
        }
        #expect(most <= 8)
        try expectAll(living, bed)
    }

    /// Of a pack that came since nobody knows what is needed of it; what its blocks are made from stays as little deep as it must be.
    @Test func whatIsNotKnownStaysWithItsBases() throws {
        let bed = try PackBed()
        var numbers = Numbers(11)
        let old = Sample(.chunk, numbers.noise(3000))
        let base = Sample(.chunk, old.bytes + Array("second".utf8))
        let user = Sample(.chunk, base.bytes + Array("third".utf8))
        let kept = try commitCompacted([try block([old] + mixture(1, count: 40))], to: bed)
        let loose = try bed.commit([try block([base] + mixture(2))])
        let known = Set(try bed.packs.packs.compactMap(\.id))
        let late = try bed.commit([try block([user], bases: [base], depth: 1)])
        let living = [old, base] + mixture(1, count: 40)
        let keys = Set(living.map(\.key))
        let compaction = PackCompaction(bed.packs, snapshots: [], known: known) { (key, _, _) throws(PackError) in
            keys.contains(key)
        }
        let result = try compaction.run(temporary: try bed.directory("tmp"))
        #expect(result.replaced == [loose])
        try bed.packs.remove(loose)
        #expect(try Set(bed.names("packs")).isSuperset(of: ["\(kept).pack", "\(late).pack"]))
        try expectAll(living + [user], bed)
    }

    /// Packs that somebody has begun to remove: one that has lost a base goes, one that is whole stays.
    @Test func whatIsHalfRemovedGoesUnlessItIsWhole() throws {
        let bed = try PackBed()
        var numbers = Numbers(12)
        let base = Sample(.chunk, numbers.noise(3000))
        let user = Sample(.chunk, base.bytes + Array("more".utf8))
        let noise = (0..<3).map { _ in Sample(.chunk, numbers.noise(30_000)) }
        let more = (0..<8).map { _ in Sample(.chunk, numbers.noise(30_000)) }
        let gone = try bed.commit([try block([base])])
        let broken = try bed.commit([try block(noise, .none), try block([user], bases: [base], depth: 1)])
        let whole = try bed.commit([try block(more, .none)])
        try bed.packs.remove(gone)
        let keys = Set((noise + more).map(\.key))
        let compaction = PackCompaction(bed.packs, snapshots: [], leaving: [gone, broken, whole]) {
            (key, _, _) throws(PackError) in keys.contains(key)
        }
        let result = try compaction.run(temporary: try bed.directory("tmp"))
        #expect(result.replaced == [broken])
        try bed.packs.remove(broken)
        try expectAll(noise + more, bed)
    }

    /// A base that is there is of no use where what it is made from is gone.
    @Test func whatIsMadeFromSomethingHalfRemovedGoesToo() throws {
        let bed = try PackBed()
        var numbers = Numbers(14)
        let first = Sample(.chunk, numbers.noise(3000))
        let second = Sample(.chunk, first.bytes + Array("second".utf8))
        let third = Sample(.chunk, second.bytes + Array("third".utf8))
        let noise = (0..<3).map { _ in Sample(.chunk, numbers.noise(30_000)) }
        let gone = try bed.commit([try block([first])])
        let middle = try bed.commit([try block([second], bases: [first], depth: 1)])
        let last = try bed.commit([try block(noise, .none), try block([third], bases: [second], depth: 2)])
        try bed.packs.remove(gone)
        let keys = Set(noise.map(\.key))
        let compaction = PackCompaction(bed.packs, snapshots: [], leaving: [gone, middle, last]) {
            (key, _, _) throws(PackError) in keys.contains(key)
        }
        let result = try compaction.run(temporary: try bed.directory("tmp"))
        #expect(Set(result.replaced) == [middle, last])
        for id in result.replaced { try bed.packs.remove(id) }
        try expectAll(noise, bed)
    }

    /// A pack's id is that of its content: written anew as it was before, it is not named as one that goes.
    @Test func whatComesOutAsItWasStays() throws {
        let bed = try PackBed()
        var numbers = Numbers(13)
        let samples = (0..<4).map { _ in Sample(.chunk, numbers.text(3000)) }
        let id = try bed.commit([try block(samples, .lz4)])
        var options = CompactionOptions()
        options.compression = .lz4
        let result = try compaction(bed, samples, options).run(temporary: try bed.directory("tmp"))
        #expect(result.replaced.isEmpty && result.written == [id])
        try expectAll(samples, bed)
        #expect(try compaction(bed, samples, options).plan().isEmpty)
    }

    @Test func mergingPassesOverWhatWasCompacted() throws {
        let bed = try PackBed()
        for seed in 0..<4 { _ = try commitCompacted([try block(mixture(UInt64(seed), count: 3))], to: bed) }
        #expect(try !PackMerge.isDue(bed.packs))
        for seed in 4..<8 { try bed.commit([try block(mixture(UInt64(seed), count: 3))]) }
        #expect(try PackMerge(bed.packs, temporary: try bed.directory("tmp")).run() == 4)
        #expect(try bed.packs.packs.filter { $0.features.contains(.compacted) }.count == 4)
    }
}
