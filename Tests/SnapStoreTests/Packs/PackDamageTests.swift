// A pack with any byte changed, cut off at any length, or made by someone who means harm: never a trap, never bytes
// that are not the object's, and verify always notices.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct PackDamageTests {
    private let samples = mixture(21, count: 6)

    /// A pack with a depth-0 and a depth-1 block, and all objects in it.
    private func makePack(_ bed: PackBed) throws -> (id: ObjectID, all: [Sample]) {
        var numbers = Numbers(22)
        let base = Sample(.chunk, numbers.text(700))
        let changed = Sample(.tree, base.bytes + Array("changed".utf8))
        let id = try bed.commit([
            try block(samples), try block([base], .lz4), try block([changed], bases: [base], depth: 1),
        ])
        return (id, samples + [base, changed])
    }

    /// Reads all objects; each gives its bytes or an error. Returns how many were read.
    private func readAll(_ bed: PackBed, _ all: [Sample], _ note: String) throws -> Int {
        let reader = try bed.freshReader()
        var count = 0
        for sample in all {
            do throws(PackError) {
                let isRight = try reader.read(sample.key, verifyID: true) == sample.bytes
                #expect(isRight, "wrong bytes: \(note)")
                count += 1
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
        return count
    }

    /// Damage was noticed: the pack cannot be opened, or verifying it finds something.
    private func isNoticed(_ bed: PackBed) throws -> Bool {
        let set = try bed.freshSet()
        guard let pack = try set.packs.first else { return try !set.unreadable.isEmpty }
        return !PackVerifier(set).verify(pack).isEmpty
    }

    @Test func everyChangedByteIsNoticed() throws {
        let bed = try PackBed()
        let (id, all) = try makePack(bed)
        let good = try bed.bytes("packs/\(id).pack")
        #expect(try readAll(bed, all, "unchanged") == all.count)
        #expect(try !isNoticed(bed))
        for position in good.indices {
            // One bit, or all of them.
            let mask: UInt8 = position % 3 == 0 ? 0xFF : 1 << UInt8(position % 8)
            var bytes = good
            bytes[position] ^= mask
            try bed.write(bytes, "packs/\(id).pack")
            _ = try readAll(bed, all, "byte \(position) of \(good.count)")
            #expect(try isNoticed(bed), "byte \(position) of \(good.count), mask \(mask)")
        }
    }

    /// Of a base there are copies that are not what they say, with right checksums: the good one is found, also for content, which is
    /// not compared with its id otherwise.
    @Test(arguments: [ObjectType.chunk, .tree])
    func wrongCopiesOfABaseAreNoticed(_ type: ObjectType) throws {
        let bed = try PackBed()
        var numbers = Numbers(23)
        let base = Sample(.chunk, numbers.text(3000))
        let changed = Sample(type, base.bytes + Array("changed".utf8))
        for number in 0..<8 {
            var copy = base
            // Which copy is asked first depends on the packs' names.
            if number != 4 { copy.bytes[number * 100] ^= 1 }
            try bed.commit([try block([copy, Sample(.chunk, [UInt8(number)])])])
        }
        try bed.commit([try block([changed], bases: [base], depth: 1)])
        #expect(try bed.freshReader().read(changed.key, verifyID: false) == changed.bytes)
        #expect(try bed.freshReader().read(changed.key) == changed.bytes)
    }

    @Test func everyTruncationIsNoticed() throws {
        let bed = try PackBed()
        let (id, all) = try makePack(bed)
        let good = try bed.bytes("packs/\(id).pack")
        for length in 0..<good.count {
            try bed.write(Array(good.prefix(length)), "packs/\(id).pack")
            #expect(try readAll(bed, all, "length \(length)") == 0)
            let unreadable = try bed.freshSet().unreadable
            #expect(unreadable.count == 1)
            #expect(unreadable.first?.error.file == "packs/\(id).pack")
        }
        try bed.write(good + [0], "packs/\(id).pack")
        #expect(try readAll(bed, all, "one byte more") == 0)
    }

    /// All checksums are right and the values are not: only bounds stand between them and the reader.
    @Test(arguments: [1, 2, 3, 4, 5])
    func hostileIndexesAreSurvived(section: Int) throws {
        let bed = try PackBed()
        let (id, all) = try makePack(bed)
        let good = try bed.bytes("packs/\(id).pack")
        var numbers = Numbers(UInt64(section))
        let range = try #require(PackSurgeon(good).section(section))
        let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
        for round in 0..<200 {
            var surgeon = PackSurgeon(good)
            if round % 2 == 0 {
                for _ in 0...numbers.next() % 4 {
                    surgeon.bytes[Int.random(in: range, using: &numbers)] = extremes[Int(numbers.next() % 5)]
                }
            } else {
                let at = range.lowerBound + Int(numbers.next() % UInt64(range.count / 4)) * 4
                surgeon.set(at, [UInt32.max, 0x7FFF_FFFF, 0x8000_0000, 0, 1, 0x0100_0001][Int(numbers.next() % 6)])
            }
            surgeon.reseal()
            try bed.write(surgeon.bytes, "packs/\(id).pack")
            _ = try readAll(bed, all, "section \(section), round \(round)")
            if surgeon.bytes != good { #expect(try isNoticed(bed), "section \(section), round \(round)") }
        }
    }

    @Test func hostileSectionRecordsAreSurvived() throws {
        let bed = try PackBed()
        let (id, all) = try makePack(bed)
        let good = try bed.bytes("packs/\(id).pack")
        let offset = PackSurgeon(good).indexOffset
        var numbers = Numbers(30)
        for round in 0..<300 {
            var surgeon = PackSurgeon(good)
            let head = offset..<offset + 24 + 32 * surgeon.sections.count
            let at = head.lowerBound + Int(numbers.next() % UInt64(head.count / 4)) * 4
            surgeon.set(at, [UInt32.max, 0x7FFF_FFFF, 0x8000_0000, 0, 1, 6, 8][Int(numbers.next() % 7)])
            surgeon.set(good.count - 24, checksum(of: Array(surgeon.bytes[head])))
            surgeon.resealTrailer()
            try bed.write(surgeon.bytes, "packs/\(id).pack")
            _ = try readAll(bed, all, "round \(round)")
        }
        for position in stride(from: good.count - 48, to: good.count - 20, by: 4) {
            for value: UInt32 in [.max, 0x7FFF_FFFF, 0x8000_0000, 0, 64] {
                var surgeon = PackSurgeon(good)
                surgeon.set(position, value)
                surgeon.resealTrailer()
                try bed.write(surgeon.bytes, "packs/\(id).pack")
                _ = try readAll(bed, all, "trailer \(position)")
            }
        }
    }

    @Test(arguments: [
        (16, "pack version 2"), (24, "pack features 0x2"), (40, "hash 2"), (41, "checksum 2"),
    ])
    func whatIsNotKnownIsNamed(offset: Int, what: String) throws {
        let bed = try PackBed()
        let (id, all) = try makePack(bed)
        var surgeon = PackSurgeon(try bed.bytes("packs/\(id).pack"))
        surgeon.bytes[offset] = 2
        surgeon.reseal()
        try bed.write(surgeon.bytes, "packs/\(id).pack")
        let set = try bed.freshSet()
        #expect(try set.unreadable.map(\.error) == [.unsupported(file: "packs/\(id).pack", what: what)])
        do throws(PackError) {
            _ = try ObjectReader(set).read(all[0].key)
            Issue.record("read")
        } catch {
            #expect(error.reason.contains("packs/\(id).pack") && error.reason.contains(what))
        }
    }

    @Test func sectionsOfTheFutureAreSkippedUnlessRequired() throws {
        let bed = try PackBed()
        let id = try bed.commit([try block(samples)])
        let good = try bed.bytes("packs/\(id).pack")
        // A section that is there, under a number that is not known.
        for (flags, expected) in [
            (UInt32(1), PackError.unsupported(file: "packs/\(id).pack", what: "index section 77")),
            (0, .damaged(file: "packs/\(id).pack", what: "the index lacks a section")),
        ] {
            var surgeon = PackSurgeon(good)
            let record = try #require(surgeon.sections[1])
            surgeon.set(record, UInt32(77))
            surgeon.set(record + 4, flags)
            surgeon.reseal()
            try bed.write(surgeon.bytes, "packs/\(id).pack")
            #expect(try bed.freshSet().unreadable.map(\.error) == [expected])
        }
    }

    @Test func aFanoutIsOptionalAndChecked() throws {
        let bed = try PackBed()
        let many = (0..<1500).map { Sample(.chunk, Array("number \($0)".utf8)) }
        let id = try bed.commit([try block(many)])
        let good = try bed.bytes("packs/\(id).pack")
        let record = try #require(PackSurgeon(good).sections[6])
        var without = PackSurgeon(good)
        without.set(record, UInt32(99))
        without.reseal()
        try bed.write(without.bytes, "packs/\(id).pack")
        #expect(try bed.freshSet().contains(many.map(\.key)).allSatisfy { $0 })
        var wrong = PackSurgeon(good)
        let range = try #require(wrong.section(6))
        for position in range { wrong.bytes[position] = 0xFF }
        wrong.reseal()
        try bed.write(wrong.bytes, "packs/\(id).pack")
        let set = try bed.freshSet()
        #expect(try set.contains(many.prefix(3).map(\.key)) == [false, false, false])
        #expect(
            try set.unreadable.map(\.error) == [.damaged(file: "packs/\(id).pack", what: "the fanout is impossible")])
    }

    @Test func anotherCopyIsRead() throws {
        let bed = try PackBed()
        let sample = samples[0]
        let one = try bed.commit([try block([sample])])
        let two = try bed.commit([try block(samples)])
        for (damaged, whole) in [(one, two), (two, one)] {
            let good = try bed.bytes("packs/\(damaged).pack")
            var bytes = good
            // In the block's data.
            bytes[PackSurgeon(good).indexOffset - 3] ^= 0xFF
            try bed.write(bytes, "packs/\(damaged).pack")
            #expect(try bed.freshReader().read(sample.key, verifyID: true) == sample.bytes)
            let keep = try bed.bytes("packs/\(whole).pack")
            try bed.remove("packs/\(whole).pack")
            #expect(
                throws: PackError.unreadable(
                    sample.key, file: "packs/\(damaged).pack", what: "the checksum of block 0 is wrong")
            ) {
                try bed.freshReader().read(sample.key)
            }
            try bed.write(keep, "packs/\(whole).pack")
            try bed.write(good, "packs/\(damaged).pack")
        }
    }

    @Test func verifyNamesEachHurtBlockAndGoesOn() throws {
        let bed = try PackBed()
        let blocks = (0..<4).map { mixture(40 + $0) }
        let id = try bed.commit(try blocks.map { try block($0, .none) })
        var surgeon = PackSurgeon(try bed.bytes("packs/\(id).pack"))
        let table = try #require(surgeon.section(1))
        for number in [1, 3] {
            let offset = Int(surgeon.integer(table.lowerBound + 40 * number, UInt64.self))
            surgeon.bytes[offset + 5] ^= 1
        }
        try bed.write(surgeon.bytes, "packs/\(id).pack")
        let set = try bed.freshSet()
        let damages = PackVerifier(set).verify(try #require(try set.packs.first))
        #expect(damages.map(\.block) == [1, 3])
        for damage in damages {
            let hurt = try #require(damage.block)
            #expect(Set(damage.objects) == Set(blocks[hurt].map(\.key)))
            #expect(damage.file == "packs/\(id).pack")
        }
        for number in [0, 2] {
            for sample in blocks[number] { #expect(try ObjectReader(set).read(sample.key) == sample.bytes) }
        }
    }

    @Test func verifyFindsAnIdThatIsNotTheBytes() throws {
        let bed = try PackBed()
        var wrong = samples
        wrong[2].key.id.words.0 ^= 1
        try bed.commit([try block(wrong)])
        let set = try bed.freshSet()
        let damages = PackVerifier(set).verify(try #require(try set.packs.first))
        #expect(damages.map(\.objects) == [[wrong[2].key]])
        #expect(throws: PackError.self) { try ObjectReader(set).read(wrong[2].key, verifyID: true) }
    }
}
