// Whether an object is needed is answered for every copy of it, wherever it was marked.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct NeededObjectsTests {
    @Test func anObjectIsNeededInEachPackThatHasIt() throws {
        let bed = try PackBed()
        var numbers = Numbers(3)
        let samples = (0..<60).map { _ in Sample(.chunk, numbers.noise(100)) }
        try bed.commit([try block(Array(samples[..<30]))])
        try bed.commit([try block(Array(samples[20...]))])
        let marks = PackMarks()
        marks.add(try bed.packs.packs, last: [])
        let marked = Set(samples[15..<45].map(\.key))
        for key in marked { _ = try marks.mark(key) }
        let needed = try NeededObjects(marks)
        var asked = 0
        for pack in try bed.packs.packs {
            let id = try #require(pack.id)
            for number in 0..<pack.objectCount {
                let (key, _) = try #require(try pack.object(at: number))
                #expect(try needed.contains(key, id, number) == marked.contains(key))
                asked += 1
            }
        }
        #expect(asked == 70)
        // In a pack that came since, too.
        #expect(try needed.contains(samples[15].key, someID(1), 0))
        #expect(try !needed.contains(samples[0].key, someID(1), 0))
    }

    /// What only a block needs may be asked for too: a rescue does.
    @Test func whatABlockIsMadeFromCountsWhereItIsAskedFor() throws {
        let bed = try PackBed()
        var numbers = Numbers(7)
        let base = Sample(.chunk, numbers.noise(300))
        let user = Sample(.chunk, base.bytes + Array("more".utf8))
        let dead = (0..<50).map { _ in Sample(.chunk, numbers.noise(50)) }
        try bed.commit([try block([base] + dead)])
        try bed.commit([try block([user], bases: [base], depth: 1)])
        let marks = PackMarks()
        marks.add(try bed.packs.packs, last: [])
        _ = try marks.mark(user.key)
        let needed = try NeededObjects(marks, withBases: true)
        #expect(needed.mayContain(base.key) && needed.mayContain(user.key))
        // The filter errs now and then, and never about many.
        #expect(dead.filter { needed.mayContain($0.key) }.count < 5)
        #expect(try !NeededObjects(marks).contains(base.key, someID(1), 0))
    }

    @Test func nothingIsNeededWhereNothingIsMarked() throws {
        let bed = try PackBed()
        let id = try bed.commit([try block(mixture(1))])
        let marks = PackMarks()
        marks.add(try bed.packs.packs, last: [])
        let needed = try NeededObjects(marks)
        for sample in mixture(1) { #expect(try !needed.contains(sample.key, id, 0)) }
    }
}
