// Which history goes for free space, and what else takes up room.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct GCSpaceTests {
    private let bed: CollectBed

    init() throws { bed = try CollectBed() }

    private static let disk: UInt64 = 1_000_000_000

    /// Three states, of which the second was dropped.
    private func takeThree() throws -> [ObjectID] {
        var ids: [ObjectID] = []
        // This codec knows no bases: none is made from the one before.
        for _ in 0..<3 { ids.append(try bed.take(["a": bed.noise(1_000_000)], compression: .lz4)) }
        try bed.drop(ids[1])
        return ids
    }

    /// A disk on which nothing is but the packs.
    private var freeBesidePacks: @Sendable () -> UInt64 {
        let place = bed.bed
        return {
            let names = (try? place.names("w/.snapstore/packs")) ?? []
            let sizes = names.map { (try? place.read("w/.snapstore/packs/\($0)").count) ?? 0 }
            return Self.disk - UInt64(sizes.reduce(0, +))
        }
    }

    @Test(arguments: [true, false]) func theOldestGoUntilEnoughIsFree(compacts: Bool) throws {
        let ids = try takeThree()
        let report = try bed.collect { options in
            options.endsGrace = true
            options.compacts = compacts
            options.free = Self.disk - 1_500_000
            options.freeBytes = freeBesidePacks
        }
        #expect(report.fits && report.expired == 1 && report.gone == 2)
        #expect(try bed.living() == [ids[2]])
        try bed.expectWhole()
    }

    /// Others have the packs open, or snapshots of the file system keep them: no history makes up for that. What is wanted is
    /// less than what was removed, or more.
    @Test(arguments: [(500_000, true), (1_500_000, true), (1_500_000, false)])
    func noHistoryGoesWhereNothingBecomesFree(lack: Int, compacts: Bool) throws {
        let ids = try takeThree()
        let report = try bed.collect { options in
            options.endsGrace = true
            options.compacts = compacts
            options.free = Self.disk + UInt64(lack)
            options.freeBytes = { Self.disk }
        }
        #expect(!report.fits && report.expired == 0 && report.gone == 1 && report.removedPacks > 0)
        #expect(report.notes.contains { $0.contains("something else keeps them") })
        #expect(try bed.living() == [ids[2], ids[0]])
        try bed.expectWhole()
    }

    /// Where nothing was removed before, nobody knows what becomes free: then a little history goes and it is looked, and not
    /// again for a week.
    @Test func littleHistoryGoesWhereNobodyKnowsWhatBecomesFree() throws {
        for _ in 0..<5 { try bed.take(["a": bed.noise(1_000_000)], compression: .lz4) }
        func collect(hoursLater: Int64) throws -> GCReport {
            try bed.collect(hoursLater: hoursLater) { options in
                options.compacts = false
                options.endsGrace = true
                options.free = Self.disk + 2_500_000
                options.freeBytes = { Self.disk }
            }
        }
        let first = try collect(hoursLater: 1)
        #expect(!first.fits && first.freesNothing && first.expired == 1)
        for _ in 0..<3 {
            let next = try collect(hoursLater: 24)
            #expect(!next.fits && next.freesNothing && next.expired == 0)
        }
        let weekLater = try collect(hoursLater: 8 * 24)
        #expect(!weekLater.fits && weekLater.freesNothing && weekLater.expired == 1)
        #expect(try bed.living().count == 3)
        try bed.expectWhole()
    }

    /// Once it was seen to become free all that is too much goes.
    @Test func whatIsSeenToBecomeFreeIsEnough() throws {
        for _ in 0..<6 { try bed.take(["a": bed.noise(1_000_000)], compression: .lz4) }
        let report = try bed.collect { options in
            options.compacts = false
            options.endsGrace = true
            options.free = Self.disk - 2_500_000
            options.freeBytes = freeBesidePacks
        }
        #expect(report.fits && !report.freesNothing && report.expired == 4)
        try bed.expectWhole()
    }

    /// Of two wishes the larger one counts, and the one that cannot be had takes nothing beyond the other.
    @Test(arguments: [(4_500_000, 2_500_000, true), (2_500_000, 4_500_000, true), (2_500_000, 0, false)])
    func whatTheStoreMayTakeAndWhatIsToBeFreeAreBothKept(size: Int, lack: Int, isFreeing: Bool) throws {
        for _ in 0..<6 { try bed.take(["a": bed.noise(1_000_000)], compression: .lz4) }
        let report = try bed.collect { options in
            options.compacts = false
            options.size = UInt64(size)
            options.free = Self.disk - UInt64(lack)
            options.freeBytes = isFreeing ? freeBesidePacks : { Self.disk / 2 }
        }
        #expect(report.fits == isFreeing && report.freesNothing != isFreeing)
        #expect(report.storeBytes <= 2_500_000)
        #expect(try bed.living().count == 2)
        try bed.expectWhole()
    }

    /// With no room to compact at all history goes in parts, and it comes to an end.
    @Test func withoutRoomToCompactItFitsAllTheSame() throws {
        for number in 0..<6 { try bed.take(["f": bed.noise(400_000 + number)], compression: .lz4) }
        let report = try bed.collect { options in
            options.size = 1_300_000
            options.writingRoom = 1
        }
        #expect(report.fits && report.storeBytes <= 1_300_000)
        #expect(try bed.living().count == 3)
        try bed.expectWhole()
    }

    /// A store that was compacted, and of which a part shall go that cannot be written anew: it comes to an end and says why.
    @Test func whereNothingCanBeWrittenAnewThatIsSaid() throws {
        for number in 0..<6 { try bed.take(["f\(number)": bed.text(300_000)]) }
        let full = try bed.collect().storeBytes
        #expect(try bed.packs().count <= 2)
        try bed.take(["f0": [], "f1": [], "f2": [], "f3": []])
        let report = try bed.collect { options in
            options.size = full / 2
            options.writingRoom = full / 20
        }
        #expect(!report.fits && report.notes.contains { $0.contains("room enough to compact") })
        try bed.expectWhole()
        let roomy = try bed.collect { $0.size = full / 2 }
        #expect(roomy.fits && roomy.storeBytes <= full / 2)
        try bed.expectWhole()
    }

    /// Of a timeline with a line that nobody can read nothing goes to save space either.
    @Test func nothingGoesOfADoubtfulTimeline() throws {
        for _ in 0..<4 { try bed.take(["f": bed.noise(300_000)]) }
        let file = "w/.snapstore/directories/\(try bed.open().id)/timelines/main"
        try bed.bed.write(try bed.bed.read(file) + Array("1 no line\n".utf8), file)
        let living = try bed.living()
        let report = try bed.collect { $0.size = 500_000 }
        #expect(!report.fits && report.expired == 0)
        #expect(report.notes.contains { $0.contains("lines that cannot be read") })
        #expect(try bed.living() == living)
        for id in living { #expect(try bed.content(id, "f").count == 300_000) }
    }

    /// What finds no room for its mark stays, and is told so; what is dead goes all the same.
    @Test func withoutRoomForMarksNothingExpires() throws {
        for number in 0..<4 { try bed.take(["f": [UInt8(number)]]) }
        let dropped = try bed.take(["f": bed.noise(100_000)])
        try bed.take(["f": [4]])
        try bed.drop(dropped)
        let living = try bed.living()
        let report = try bed.collect { options in
            options.endsGrace = true
            options.rules.last = .count(1)
            options.freeBytes = { 50_000 }
        }
        #expect(report.expired == 0 && report.decisions.count == 5 && report.decisions.allSatisfy(\.isKept))
        #expect(report.decisions.count { $0.reasons == [.notNow] } == 4)
        #expect(report.gone == 1 && report.removedPacks > 0)
        #expect(report.notes.contains { $0.contains("no room to mark") })
        #expect(try bed.living() == living)
    }

    // MARK: Unfinished files

    @Test func whatAKilledWriterLeftIsRemovedAfterADay() throws {
        try bed.take(["a": [1]])
        let room = "directories/\(try bed.open().id)"
        let places = ["w/.snapstore", "w/.snapstore/\(room)", "w/.snapstore/\(room)/timelines"]
        let (old, young, other) = ("old.new-0123456789abcdef", "young.new-0123456789abcdef", "other.new-0123")
        for place in places {
            for name in [old, young, other] { try bed.bed.write("half", "\(place)/\(name)") }
            try bed.bed.shell("touch -t 202001010000 \(place)/\(old) \(place)/\(other)")
        }
        try bed.collect()
        for place in places {
            #expect(!bed.bed.exists("\(place)/\(old)"))
            #expect(bed.bed.exists("\(place)/\(young)"))
            // The digits are not those of a file that was being written.
            #expect(bed.bed.exists("\(place)/\(other)"))
        }
        try bed.expectWhole()
    }
}
