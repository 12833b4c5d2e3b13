// Which packs are written anew, told by numbers.

import Testing

@testable import SnapStore

@Suite struct PackChoiceTests {
    private typealias Weight = PackChoice.Weight

    /// Decides as often as there is a reason to, as if nothing that goes had kept anything else.
    private func decide(_ ranks: [PackChoice.Rank], _ weights: [(needed: UInt64, all: UInt64)]) -> PackChoice {
        var choice = PackChoice(ranks, lengths: weights.map(\.all))
        choice.begin()
        while choice.add(by: weighed(weights)) {}
        return choice
    }

    private func weighed(_ weights: [(needed: UInt64, all: UInt64)]) -> [Weight] {
        weights.map { Weight(needed: $0.needed, all: $0.all) }
    }

    @Test func whatTakesWroteGoesAndWhatIsMostlyLivingStays() {
        let choice = decide(
            [.compacted, .compacted, .incompressible, .loose],
            [(76_000, 100_000), (7400, 10_000), (90_000, 90_000), (10, 10)])
        #expect(choice.isReplaced == [false, true, false, true])
    }

    @Test func halfAsMuchAsThereIsMakesOneOfBoth() {
        #expect(decide([.compacted, .loose], [(1000, 1000), (499, 499)]).isReplaced == [false, true])
        #expect(decide([.compacted, .loose], [(1000, 1000), (500, 500)]).isReplaced == [true, true])
        // One after the other, from the smallest; and none without anything new.
        let many = decide([.compacted, .compacted, .loose], [(3000, 3000), (1000, 1000), (600, 600)])
        #expect(many.isReplaced == [true, true, true])
        #expect(decide([.compacted, .compacted], [(10, 10), (10, 10)]).isReplaced == [false, false])
        let large: UInt64 = 64 << 20
        #expect(decide([.compacted, .loose], [(large, large), (large, large)]).isReplaced == [false, true])
    }

    /// What was to become one with something for which there is no room stays: it would be written for nothing.
    @Test func withoutRoomNothingIsWrittenForTheSakeOfFewer() {
        let weights: [(needed: UInt64, all: UInt64)] = [(1000, 1000), (700, 1000), (5000, 5000), (10, 10)]
        var choice = decide([.compacted, .compacted, .loose, .loose], weights)
        #expect(choice.isReplaced == [true, true, true, true])
        choice.keepLargest(beyond: 2000, by: weighed(weights))
        #expect(choice.isReplaced == [false, true, false, true])
        #expect(choice.isShortOfRoom)
    }

    @Test func whatMustStayStays() {
        var choice = PackChoice([.loose, .unknown, .compacted], lengths: [10, 10, 10])
        choice.keep(0)
        choice.begin()
        let isMore = choice.add(by: weighed([(10, 10), (0, 10), (10, 10)]))
        #expect(!isMore)
        choice.shrink(to: 0, by: weighed([(0, 10), (0, 10), (10, 10)]))
        #expect(choice.isReplaced == [false, false, false])
        #expect(choice.mustStay == [true, true, false])
    }

    @Test func aStoreThatIsTooLargeGivesUpWhatIsDead() {
        let weights: [(needed: UInt64, all: UInt64)] = [(800, 1000), (900, 1000), (999, 1000)]
        var choice = decide([.compacted, .compacted, .compacted], weights)
        choice.shrink(to: 2850, by: weighed(weights))
        #expect(choice.isReplaced == [true, false, false])
        choice.shrink(to: 0, by: weighed(weights))
        #expect(choice.isReplaced == [true, true, false])
    }

    @Test func theLargestStayWhereThereIsNoRoom() {
        let weights: [(needed: UInt64, all: UInt64)] = [(500, 500), (300, 300), (0, 900), (400, 400)]
        var choice = decide([.loose, .loose, .loose, .broken], weights)
        choice.keepLargest(beyond: 1200, by: weighed(weights))
        #expect(choice.isReplaced == [true, true, true, true] && !choice.isShortOfRoom)
        choice.keepLargest(beyond: 700, by: weighed(weights))
        #expect(choice.isReplaced == [false, true, true, true] && choice.isShortOfRoom)
        choice.keepLargest(beyond: 0, by: weighed(weights))
        // What is broken goes, and what costs nothing.
        #expect(choice.isReplaced == [false, false, true, true])
    }
}
