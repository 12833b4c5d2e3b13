// Compaction by what it promises: nothing that lives is lost or changed, nothing dead stays that could go, a second one has nothing to do.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct CompactionTests {
    /// A history of edits, moves, copies and removals, some of whose snapshots are gone, compacted in three generations.
    @Test(arguments: [UInt64(1), 2, 3, 4]) func whatLivesReadsTheSame(seed: UInt64) throws {
        let bed = try CompactionBed(seed: seed)
        try bed.write("large.bin", bed.numbers.text(600_000))
        try bed.fill(30)
        for generation in 0..<3 {
            for round in 0..<12 {
                try bed.edits(1, of: 30)
                let tag = "\(generation)-\(round)"
                switch bed.numbers.next() % 5 {
                case 0: try bed.edit("large.bin")
                case 1: try bed.write("new-\(tag).txt", bed.numbers.text(3000))
                case 2:
                    try bed.write("moved-\(tag)/a.c", bed.numbers.text(4000))
                    try bed.take()
                    try bed.move("moved-\(tag)", to: "there-\(tag)")
                    try bed.edit("there-\(tag)/a.c")
                case 3: try bed.write("copy-\(tag).c", try bed.read("dir-0/file-0.c"))
                default:
                    try bed.write("short-\(tag)", bed.numbers.text(700))
                    try bed.take()
                    try bed.remove("short-\(tag)")
                }
            }
            // Every third is gone, but for the newest.
            let kept = bed.snapshots.enumerated().filter { $0.offset % 3 != 1 || $0.element == bed.snapshots.last }
            let living = kept.map(\.element)
            let expected = try bed.objects(of: living)
            var options = CompactionOptions()
            options.threads = 1 + generation
            let result = try bed.compact(living, options)
            #expect(!result.written.isEmpty && result.damages.isEmpty)
            try bed.expectWhole(expected)
            if generation == 0 { #expect(try bed.allKeys() == Set(expected.keys)) }
            #expect(try bed.compaction(of: living).plan().isEmpty)
        }
    }

    @Test func aHistoryTakesLess() throws {
        let bed = try CompactionBed()
        try bed.fill(40, bytes: 12_000)
        try bed.edits(80, of: 40)
        let expected = try bed.objects(of: bed.snapshots)
        let before = try bed.stored
        let result = try bed.compact(bed.snapshots)
        #expect(result.basedBlocks > 0)
        #expect(try bed.stored < before)
        #expect(result.storedBytes < before)
        #expect(result.plainBytes == expected.values.reduce(0) { $0 + UInt64($1.count) })
        #expect(result.objects == expected.count)
        try bed.expectWhole(expected)
    }

    @Test func aSecondOneDoesNothing() throws {
        let bed = try CompactionBed()
        try bed.fill(20)
        try bed.edits(10, of: 20)
        try bed.compact(bed.snapshots)
        let packs = try bed.names("packs")
        #expect(try bed.compaction(of: bed.snapshots).plan() == CompactionPlan())
        let again = try bed.compact(bed.snapshots)
        #expect(again.replaced.isEmpty && again.written.isEmpty && again.objects == 0)
        #expect(try bed.names("packs") == packs)
        var options = CompactionOptions()
        options.effort = .most
        let most = try bed.compact(bed.snapshots, options)
        #expect(!most.written.isEmpty)
        #expect(try bed.compaction(of: bed.snapshots, options).plan().isEmpty)
        #expect(try bed.compaction(of: bed.snapshots).plan().isEmpty)
        try bed.expectWhole(try bed.objects(of: bed.snapshots))
    }

    /// What was compacted stays, and the new is written against it.
    @Test func aGenerationCostsWhatIsNew() throws {
        let bed = try CompactionBed()
        for number in 0..<20 { try bed.write("noise-\(number)", bed.numbers.noise(30_000)) }
        try bed.take()
        try bed.compact(bed.snapshots)
        let former = Set(try bed.names("packs"))
        for round in 0..<6 {
            try bed.edit("noise-\(round % 3)")
            try bed.take()
        }
        let second = try bed.compact(bed.snapshots)
        #expect(former.isSubset(of: try bed.names("packs")))
        #expect(second.storedBytes < 20_000, "three files of noise would be 90,000")
        #expect(second.basedBlocks > 0)
        // A file that changed in one generation after another is still written against the first.
        try bed.edit("noise-0")
        try bed.take()
        let third = try bed.compact(bed.snapshots)
        #expect(third.storedBytes < 20_000)
        try bed.expectWhole(try bed.objects(of: bed.snapshots))
    }

    @Test func aPackIsWrittenAnewWhenAQuarterOfItIsDead() throws {
        let bed = try CompactionBed()
        for number in 0..<20 { try bed.write("noise-\(number)", bed.numbers.text(30_000)) }
        try bed.take()
        let first = try bed.compact(bed.snapshots)
        for number in 0..<3 { try bed.remove("noise-\(number)") }
        try bed.take()
        let few = try bed.compact([try #require(bed.snapshots.last)])
        #expect(Set(few.replaced).isDisjoint(with: first.written))
        for number in 3..<8 { try bed.remove("noise-\(number)") }
        try bed.take()
        let living = [try #require(bed.snapshots.last)]
        let expected = try bed.objects(of: living)
        let many = try bed.compact(living)
        #expect(!Set(many.replaced).isDisjoint(with: first.written))
        try bed.expectWhole(expected)
    }

    /// A moved directory's older versions are versions of what it became.
    @Test func whatWasMovedIsStoredOnce() throws {
        let bed = try CompactionBed()
        for number in 0..<10 { try bed.write("old/file-\(number)", bed.numbers.noise(20_000)) }
        try bed.take()
        for number in 0..<10 { try bed.edit("old/file-\(number)") }
        try bed.take()
        try bed.move("old", to: "new")
        try bed.take()
        for number in 0..<10 { try bed.edit("new/file-\(number)") }
        try bed.take()
        let expected = try bed.objects(of: bed.snapshots)
        try bed.compact(bed.snapshots)
        #expect(try bed.stored < 260_000, "the noise once is 200,000")
        try bed.expectWhole(expected)
    }

    @Test(arguments: [Compression.lz4, .none]) func otherCodecsUseNoBases(_ compression: Compression) throws {
        let bed = try CompactionBed()
        try bed.fill(10)
        try bed.edits(10, of: 10)
        let expected = try bed.objects(of: bed.snapshots)
        var options = CompactionOptions()
        options.compression = compression
        let result = try bed.compact(bed.snapshots, options)
        #expect(result.basedBlocks == 0 && result.blocks > 0)
        try bed.expectWhole(expected)
    }

    /// Cancelled at any moment, it leaves everything as it was, or there twice; the next one goes through.
    @Test func interruptedItLosesNothing() throws {
        let bed = try CompactionBed()
        try bed.fill(12)
        try bed.edits(12, of: 12)
        let expected = try bed.objects(of: bed.snapshots)
        var limit = 0
        var isDone = false
        while !isDone {
            let asked = Monitor<Int>(0)
            let last = limit
            var observer = Observer()
            observer.isCancelled = {
                asked.withLock { count in
                    count += 1
                    return count > last
                }
            }
            let compaction = try bed.compaction(of: bed.snapshots, observer: observer)
            do throws(PackError) {
                let result = try compaction.run(temporary: bed.directory.layout.tmp.descriptor)
                for id in result.replaced { try bed.directory.packs.remove(id) }
                isDone = true
            } catch {
                #expect(error == .cancelled)
            }
            try bed.expectWhole(expected)
            limit += 1 + limit / 4
        }
        #expect(limit > 5)
        #expect(try bed.allKeys() == Set(expected.keys))
    }

    @Test func aByteLimitIsKept() throws {
        let bed = try CompactionBed()
        try bed.fill(20)
        var options = CompactionOptions()
        options.byteLimit = 10
        #expect(try bed.compaction(of: bed.snapshots, options).plan().isEmpty)
        options.byteLimit = nil
        #expect(try !bed.compaction(of: bed.snapshots, options).plan().isEmpty)
    }

    /// Versions of many files do not make one block that opens them all.
    @Test func aBlockWithBasesOpensFewOthers() throws {
        let bed = try CompactionBed()
        try bed.fill(400, bytes: 10_000)
        for number in 0..<400 { try bed.edit("dir-\(number % 5)/file-\(number).c") }
        try bed.take()
        for number in stride(from: 0, to: 400, by: 30) { try bed.edit("dir-\(number % 5)/file-\(number).c") }
        try bed.take()
        let result = try bed.compact(bed.snapshots)
        #expect(result.basedBlocks >= 4)
        try bed.expectWhole(try bed.objects(of: bed.snapshots))
    }

    /// The next take finds what it builds on: the newest state names its bases as a take's own blocks do.
    @Test func takesGoOnAgainstWhatWasCompacted() throws {
        let bed = try CompactionBed()
        for number in 0..<5 { try bed.write("noise-\(number)", bed.numbers.noise(40_000)) }
        try bed.take()
        try bed.compact(bed.snapshots)
        try bed.edit("noise-1")
        try bed.take()
        try bed.compact(bed.snapshots)
        let before = try bed.stored
        try bed.edit("noise-1")
        try bed.take()
        #expect(try bed.stored < before + 8000)
        try bed.expectWhole(try bed.objects(of: bed.snapshots))
    }
}
