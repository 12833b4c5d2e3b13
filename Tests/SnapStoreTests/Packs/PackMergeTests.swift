import SnapSystem
import Testing

@testable import SnapStore

@Suite struct PackMergeTests {
    private func merge(_ bed: PackBed, _ set: PackSet? = nil) throws -> Int {
        try PackMerge(set ?? bed.packs, temporary: try bed.directory("tmp")).run()
    }

    /// So many small packs, with three objects each.
    private func commit(_ count: Int, to bed: PackBed) throws -> [Sample] {
        var samples: [Sample] = []
        for seed in 0..<count {
            let some = mixture(UInt64(seed), count: 3)
            samples += some
            try bed.commit([try block(some)])
        }
        return samples
    }

    /// Everything is there, by another process's view too, and structure and bytes are right.
    private func expectAll(_ samples: [Sample], _ bed: PackBed) throws {
        let set = try bed.freshSet()
        let reader = ObjectReader(set)
        for sample in samples { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
        for pack in try set.packs { #expect(PackVerifier(set).verify(pack) == []) }
        #expect(try set.unreadable.isEmpty)
        #expect(try bed.names("tmp").isEmpty)
    }

    @Test func fourPacksOfOneSizeBecomeOne() throws {
        let bed = try PackBed()
        let samples = try commit(3, to: bed)
        #expect(try merge(bed) == 0)
        #expect(try bed.names("packs").count == 3)
        let last = mixture(99, count: 3)
        try bed.commit([try block(last)])
        #expect(try merge(bed) == 4)
        #expect(try bed.names("packs").count == 1)
        try expectAll(samples + last, bed)
        #expect(try merge(bed) == 0)
    }

    @Test func thereAreNeverMany() throws {
        let bed = try PackBed()
        var samples: [Sample] = []
        var most = 0
        for seed in 0..<300 {
            let one = Sample(.chunk, Array("content \(seed)".utf8))
            samples.append(one)
            try bed.commit([try block([one], .none)])
            _ = try merge(bed)
            most = max(most, try bed.names("packs").count)
        }
        #expect(most <= 3 * 5 + 1)
        try expectAll(samples, bed)
    }

    /// Those that are too large to be merged by size are merged only when there are many, and four at a time.
    @Test func largerOnesAreLeftUntilThereAreMany() throws {
        let bed = try PackBed()
        var samples: [Sample] = []
        var numbers = Numbers(77)
        for count in 1...70 {
            let parts = (0..<5).map { _ in Sample(.chunk, numbers.noise(240_000)) }
            samples += parts
            try bed.commit([try block(parts, .none)])
            let merged = try merge(bed)
            #expect(merged == 0 || merged == PackMerge.fan)
            if count < PackMerge.excess { #expect(merged == 0) }
            #expect(try bed.names("packs").count <= PackMerge.excess)
        }
        #expect(try bed.names("packs").count < 70)
        try expectAll(samples, bed)
    }

    /// Small ones are merged with their like, however many larger ones there are.
    @Test func manyLargerOnesAreNotCopiedForSmallOnes() throws {
        let bed = try PackBed()
        var numbers = Numbers(78)
        var samples: [Sample] = []
        for _ in 0..<62 {
            let parts = (0..<5).map { _ in Sample(.chunk, numbers.noise(240_000)) }
            samples += parts
            try bed.commit([try block(parts, .none)])
        }
        let large = Set(try bed.names("packs"))
        for seed in 0..<40 {
            let one = Sample(.chunk, Array("small \(seed)".utf8))
            samples.append(one)
            try bed.commit([try block([one], .none)])
            _ = try merge(bed)
        }
        #expect(large.isSubset(of: try bed.names("packs")))
        #expect(try bed.names("packs").count <= 62 + 3 * 3)
        try expectAll(samples, bed)
    }

    @Test func depthsAndBasesStay() throws {
        let bed = try PackBed()
        var numbers = Numbers(7)
        let first = Sample(.chunk, numbers.noise(3000))
        let second = Sample(.chunk, first.bytes + Array("second".utf8))
        let third = Sample(.chunk, first.bytes + Array("third".utf8))
        try bed.commit([try block([third], bases: [second], depth: 2)])
        try bed.commit([try block([second], bases: [first], depth: 1)])
        try bed.commit([try block([first], .none)])
        try bed.commit([try block(mixture(1, count: 4))])
        #expect(try merge(bed) == 4)
        try expectAll([first, second, third], bed)
        let set = try bed.freshSet()
        #expect(try set.chain(of: third.key).map(\.key) == [second.key, first.key])
    }

    @Test func ofTwoCopiesTheShallowerIsFound() throws {
        let bed = try PackBed()
        var numbers = Numbers(8)
        let base = Sample(.chunk, numbers.noise(2000))
        let other = Sample(.chunk, base.bytes + [1])
        try bed.commit([try block([base], .none)])
        try bed.commit([try block([other], bases: [base], depth: 1)])
        // The same object again, as it is, in a block with another.
        try bed.commit([try block([other, Sample(.chunk, [2])], .none)])
        try bed.commit([try block(mixture(1, count: 4))])
        #expect(try merge(bed) == 4)
        try expectAll([base, other], bed)
        let set = try bed.freshSet()
        #expect(try set.chain(of: other.key) == [BaseCandidate(key: other.key, depth: 0)])
    }

    /// A merge that was killed before it removed anything: what it copied is not copied again.
    @Test func whatAnInterruptedMergeLeftIsNotCopiedTwice() throws {
        let bed = try PackBed()
        let samples = try commit(4, to: bed)
        let saved = try bed.names("packs").map { ($0, try bed.bytes("packs/\($0)")) }
        #expect(try merge(bed) == 4)
        let merged = try bed.bytes("packs/\(try bed.names("packs")[0])").count
        for (name, bytes) in saved { try bed.write(bytes, "packs/\(name)") }
        #expect(try merge(bed, try bed.freshSet()) == 4)
        try expectAll(samples, bed)
        for name in try bed.names("packs") { #expect(try bed.bytes("packs/\(name)").count <= merged) }
    }

    /// Where the damage is: in a block, in an id of the index, in a place of the index.
    @Test(arguments: ["block", "ids", "locations"]) func aDamagedPackStaysAndTheOthersGo(_ what: String) throws {
        let bed = try PackBed()
        var samples: [Sample] = []
        var ids: [ObjectID] = []
        for seed in 0..<5 {
            let some = mixture(UInt64(seed), count: 3)
            samples += some
            ids.append(try bed.commit([try block(some)]))
        }
        let name = "packs/\(ids[2]).pack"
        var surgeon = PackSurgeon(try bed.bytes(name))
        let place =
            switch what {
            case "ids": try #require(surgeon.section(4)).lowerBound + 9
            case "locations": try #require(surgeon.section(5)).lowerBound + 4
            default: 120
            }
        surgeon.bytes[place] ^= 1
        try bed.write(surgeon.bytes, name)
        let merge = try PackMerge(try bed.freshSet(), temporary: try bed.directory("tmp"))
        #expect(try merge.run() == 4)
        #expect(merge.failures.count == 1)
        #expect(merge.failures.first?.reason.contains("\(ids[2])") == true)
        #expect(try bed.names("packs").count == 2)
        #expect(try bed.bytes(name) == surgeon.bytes)
        let reader = try bed.freshReader()
        for sample in samples[0..<6] + samples[9...] { #expect(try reader.read(sample.key) == sample.bytes) }
    }

    /// Two takes at once stored the same object against different bases, and one base is damaged since: the good copy must not go.
    @Test func theOnlyGoodCopyStays() throws {
        for isFirst in [true, false] {
            let bed = try PackBed()
            var numbers = Numbers(21)
            let common = numbers.noise(4000)
            let (one, two) = (Sample(.chunk, common + [1]), Sample(.chunk, common + [2]))
            let both = Sample(.chunk, common + [3])
            let damaged = isFirst ? one : two
            for base in [one, two] {
                // Large enough not to be merged with the others.
                let pack = try bed.commit([try block([base, Sample(.chunk, numbers.noise(5000))], .none)])
                guard base.key == damaged.key else { continue }
                var bytes = try bed.bytes("packs/\(pack).pack")
                bytes[1000] ^= 1
                try bed.write(bytes, "packs/\(pack).pack")
            }
            try bed.commit([try block([both], bases: [one], depth: 1)])
            try bed.commit([try block([both, Sample(.chunk, [9])], bases: [two], depth: 1)])
            for seed in 0..<4 { try bed.commit([try block(mixture(UInt64(seed), count: 2))]) }
            let set = try bed.freshSet()
            #expect(try ObjectReader(set).read(both.key, verifyID: true) == both.bytes)
            _ = try merge(bed, set)
            #expect(try bed.freshReader().read(both.key, verifyID: true) == both.bytes)
        }
    }

    /// Thread A found the merged pack for all; thread B, which had looked before, must look again too.
    @Test func whoMissedBeforeAnotherListedLooksAgain() throws {
        let bed = try PackBed()
        let early = try bed.freshSet()
        _ = try early.packs
        let generation = early.generation
        let late = Sample(.chunk, [1, 2, 3])
        try bed.commit([try block([late])])
        #expect(try early.locate(late.key) == nil)
        #expect(try early.refresh())
        #expect(try early.refreshAfterMiss(since: generation))
        #expect(try early.locate(late.key) != nil)
        #expect(try !early.refreshAfterMiss(since: early.generation))
    }

    /// Whoever listed the packs before goes on: with what it has open, and by listing again.
    @Test func readersFindWhatMoved() throws {
        let bed = try PackBed()
        let samples = try commit(4, to: bed)
        let early = try bed.freshSet()
        _ = try early.packs
        #expect(try merge(bed) == 4)
        let reader = ObjectReader(early)
        for sample in samples { #expect(try reader.read(sample.key) == sample.bytes) }
        #expect(try early.refresh())
        #expect(try early.packs.count == 1)
        for sample in samples { #expect(try reader.read(sample.key) == sample.bytes) }
    }
}
