// What gc removes, and above all what it does not.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct GCTests {
    private let bed: CollectBed

    init() throws { bed = try CollectBed() }

    // MARK: Grace

    @Test func whatNothingNeedsGoesAndIsGone() throws {
        let first = try bed.take(["a": bed.noise(300_000)])
        let kept = bed.noise(300_000)
        let second = try bed.take(["a": kept])
        try bed.drop(first)
        let before = Set(try bed.packs())
        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.gone == 1 && report.expired == 0 && report.removedPacks == 1)
        #expect(report.freedBytes > 300_000)
        // What the second is made from of the first may be written anew.
        #expect(try before.subtracting(bed.packs()).count == 1)
        #expect(!bed.hasFile("retired"))
        try bed.expectWhole()
        #expect(try bed.content(second, "a") == kept)
        #expect(try bed.open().expired().isEmpty)
        #expect(failure { try bed.recover(first) }?.word == "goneSnapshot")
        let status = try bed.open().status(StatusOptions(), observer: Observer())
        #expect(status.lastCollection != nil)
    }

    @Test func aGraceEndsAfterADayAndNotBeforeALaterGC() throws {
        let first = try bed.take(["a": bed.noise(300_000)])
        try bed.take(["a": bed.noise(300_000)])
        try bed.drop(first)
        let packs = try bed.packs()
        // No gc has seen the drop before this one, whatever the clock says.
        #expect(try bed.collect(hoursLater: 30).removedPacks == 0)
        try bed.recover(first)
        #expect(try bed.living().contains(first))
        try bed.drop(first)
        // This drop is another one.
        #expect(try bed.collect(hoursLater: 1).removedPacks == 0)
        #expect(try bed.collect(hoursLater: 1).removedPacks == 0)
        #expect(try bed.open().expired().map(\.id) == [first])
        #expect(try bed.packs() == packs)
        #expect(try bed.collect(hoursLater: 24).gone == 1)
        #expect(try Set(packs).subtracting(bed.packs()).count == 1)
        try bed.expectWhole()
    }

    @Test func whatIsGoneInOneDirectoryMayLiveInAnother() throws {
        let first = try bed.take(["a": bed.noise(100_000)])
        try bed.take(["a": bed.noise(100_000)])
        // A timeline of another directory in the same store.
        let other = String(repeating: "ab", count: 16)
        let directory = try bed.open()
        let about = About(
            path: Array("/gone".utf8), facts: directory.place.facts, device: 0, created: bed.now)
        let line = TimelineEvent(time: bed.now, old: nil, new: first, event: .take, kind: .checkpoint, who: "a@b/1")
        try StoreBuilder.buildRoom(other, in: directory.layout.directories, about, timeline: line.encoded())
        try bed.drop(first)
        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.removedPacks == 0 && report.gone == 0)
        try bed.recover(first)
        try bed.expectWhole()
    }

    // MARK: Packs of which a part is needed

    @Test func aPackThatIsMostlyDeadIsWrittenAnew() throws {
        let kept = bed.noise(1_200_000)
        let first = try bed.take([
            "a": bed.noise(3_000_000), "b": bed.noise(3_000_000), "c": kept, "d": bed.noise(3_000_000),
        ])
        let second = try bed.take(["a": bed.noise(10), "b": bed.noise(10), "d": bed.noise(10)])
        try bed.drop(first)
        let plain = try bed.collect { options in
            options.endsGrace = true
            options.compacts = false
        }
        #expect(plain.removedPacks == 0 && plain.deadBytes > 5_000_000)
        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.removedPacks >= 1 && report.writtenBytes >= 1_200_000 && report.freedBytes > 5_000_000)
        #expect(report.deadBytes == 0)
        try bed.expectWhole()
        #expect(try bed.content(second, "c") == kept)
        // What is written anew is dense: another gc finds nothing to do.
        let packs = try bed.packs()
        #expect(try bed.collect { $0.endsGrace = true }.removedPacks == 0)
        #expect(try bed.packs() == packs)
    }

    @Test func noMoreIsWrittenThanThereIsRoomFor() throws {
        let first = try bed.take(["a": bed.noise(6_000_000), "c": bed.noise(1_200_000)])
        try bed.take(["a": bed.noise(10)])
        try bed.drop(first)
        let report = try bed.collect { options in
            options.endsGrace = true
            options.writingRoom = 0
        }
        #expect(report.removedPacks == 0 && report.writtenBytes == 0)
        try bed.expectWhole()
    }

    @Test func theBasesOfWhatStaysStay() throws {
        var text = bed.text(60_000)
        var ids: [ObjectID] = []
        for number in 0..<6 {
            text.insert(contentsOf: Array("edit \(number)\n".utf8), at: 1000 * number)
            ids.append(try bed.take(["a": text]))
        }
        for id in ids.dropLast() { try bed.drop(id) }
        try bed.collect { $0.endsGrace = true }
        try bed.expectWhole()
        #expect(try bed.content(ids[5], "a") == text)
        // A new version is made from what is left.
        text.append(contentsOf: "one more\n".utf8)
        let next = try bed.take(["a": text])
        try bed.expectWhole()
        #expect(try bed.content(next, "a") == text)
    }

    // MARK: Rules

    @Test func whatNoRuleKeepsExpires() throws {
        var ids: [ObjectID] = []
        for number in 0..<5 { ids.append(try bed.take(["a": Array("\(number)".utf8)])) }
        let kept = ids[1]
        try bed.open().setName("keep", to: kept, force: false, who: "")
        let report = try bed.collect { $0.rules.last = .count(2) }
        #expect(report.expired == 2)
        #expect(report.decisions.filter { !$0.isKept }.map(\.id) == [ids[2], ids[0]])
        #expect(try bed.living() == [ids[4], ids[3], kept])
        #expect(try bed.open().expired().map(\.id) == [ids[2], ids[0]])
        let mark = try #require(try bed.open().room.timeline.read().removal(of: ids[0]))
        #expect(mark.event == .expire)
        try bed.recover(ids[0])
        try bed.expectWhole()
    }

    @Test func aDryRunWritesNothing() throws {
        for number in 0..<3 { try bed.take(["a": Array("\(number)".utf8)]) }
        let files = try bed.bed.allFiles("w/.snapstore")
        let line = try bed.open().room.timeline.readBytes()
        let report = try bed.collect { options in
            options.isDryRun = true
            options.rules.last = .count(1)
            options.size = 1
        }
        #expect(report.isDryRun && report.expired == 2 && report.decisions.count == 3)
        #expect(try bed.bed.allFiles("w/.snapstore") == files)
        #expect(try bed.open().room.timeline.readBytes() == line)
    }

    @Test func onlyChosenDirectoriesExpire() throws {
        for number in 0..<3 { try bed.take(["a": Array("\(number)".utf8)]) }
        let report = try bed.collect { options in
            options.rules.last = .count(1)
            options.directories = [String(repeating: "0", count: 32)]
        }
        #expect(report.expired == 0 && report.decisions.isEmpty)
        #expect(try bed.living().count == 3)
    }

    // MARK: Size

    @Test func theOldestGoUntilItFits() throws {
        var ids: [ObjectID] = []
        for _ in 0..<4 { ids.append(try bed.take(["a": bed.noise(1_000_000)])) }
        let operation = try bed.take(["a": bed.noise(1_000_000)], kind: .operation)
        let head = try bed.take(["a": bed.noise(1_000_000)])
        let report = try bed.collect { $0.size = 3_500_000 }
        // The operation first, then the oldest checkpoints.
        #expect(report.fits && report.storeBytes <= 3_500_000)
        #expect(try bed.living() == [head, ids[3], ids[2]])
        #expect(report.expired == 3 && report.gone == 3)
        let expired = report.decisions.filter { !$0.isKept }
        #expect(Set(expired.map(\.id)) == [ids[0], ids[1], operation])
        #expect(expired.allSatisfy { $0.reasons == [.toSaveSpace] })
        try bed.expectWhole()
    }

    @Test func whatCannotFitCostsNoHistory() throws {
        let first = try bed.take(["a": bed.noise(500_000)])
        try bed.take(["b": bed.noise(500_000)])
        let report = try bed.collect { $0.size = 1000 }
        #expect(!report.fits && report.isPartial && report.expired == 0)
        #expect(try bed.living().contains(first))
        try bed.expectWhole()
    }

    @Test func whatWasRemovedGoesBeforeWhatLives() throws {
        let first = try bed.take(["a": bed.noise(1_000_000)])
        let second = try bed.take(["a": bed.noise(1_000_000)])
        let third = try bed.take(["a": bed.noise(1_000_000)])
        try bed.drop(second)
        let report = try bed.collect { $0.size = 2_500_000 }
        #expect(report.fits && report.expired == 0 && report.gone == 1)
        #expect(try bed.living() == [third, first])
        try bed.expectWhole()
    }

    // MARK: Refusals

    @Test func aClockThatIsBehindIsRefused() throws {
        try bed.take(["a": [1]])
        #expect(failure { try bed.collect(hoursLater: -1) }?.word == "clockBehind")
    }

    @Test func aClockThatIsTrustedRemovesNothingOfTheFuture() throws {
        let first = try bed.take(["a": bed.noise(10_000)])
        let second = try bed.take(["a": bed.noise(10_000)])
        bed.hours += 9000
        let future = try bed.take(["a": bed.noise(10_000)])
        try bed.drop(second)
        bed.hours -= 9000
        let third = try bed.take(["a": bed.noise(10_000)])
        #expect(failure { try bed.collect() }?.word == "clockBehind")
        let report = try bed.collect {
            $0.trustsClock = true
            $0.rules.within = KeepDuration(days: 30)
            $0.rules.last = .count(1)
        }
        // What the future holds takes nobody's place, and what was dropped then can be had back for long.
        #expect(report.decisions.first { $0.id == future }?.reasons == [.future])
        #expect(report.expired == 0)
        #expect(Set(try bed.living()) == [first, third, future])
        try bed.collect { $0.trustsClock = true }
        try bed.recover(second)
        try bed.expectWhole()
        // By its own rules the past goes.
        let last = try bed.collect {
            $0.trustsClock = true
            $0.rules.last = .count(1)
        }
        #expect(last.expired == 2)
        #expect(Set(try bed.living()) == [third, future])
        try bed.expectWhole()
    }

    @Test func twoDoNotRunAtOnce() throws {
        try bed.take(["a": [1]])
        let lock = try bed.open().layout.locks.gc()
        let report = try bed.collect()
        #expect(report.isOverlapping && !report.isPartial)
        lock?.release()
        #expect(try !bed.collect().isOverlapping)
    }

    @Test func nothingIsRemovedWhileSomethingThatMustStayCannotBeRead() throws {
        let first = try bed.take(["a": bed.noise(200_000)])
        let second = try bed.take(["a": bed.noise(200_000)])
        try bed.drop(first)
        try damage(ObjectKey(.tree, bed.open().manifest(second).root))
        let packs = try bed.packs()
        #expect(failure { try bed.collect { $0.endsGrace = true } }?.word == "damaged")
        #expect(try bed.packs() == packs)
    }

    /// Of a removed one that is so for its day; after that gc must come to an end, or nothing would ever go.
    @Test func aRemovedSnapshotThatCannotBeReadIsInNobodysWayForLong() throws {
        // This codec knows no bases: the second is made from nothing that is damaged.
        let first = try bed.take(["a": bed.noise(200_000)], compression: .lz4)
        let second = try bed.take(["a": bed.noise(200_000)], compression: .lz4)
        try bed.drop(first)
        try damage(ObjectKey(.manifest, first))
        #expect(failure { try bed.collect() }?.word == "damaged")
        #expect(try bed.collect(hoursLater: 24).gone == 0)
        #expect(try bed.collect().gone == 1)
        try bed.expectWhole()
        #expect(try bed.content(second, "a").count == 200_000)
    }

    /// Changes a byte of the block that has the object.
    private func damage(_ key: ObjectKey) throws {
        let (pack, location) = try #require(try bed.open().packs.locate(key))
        let id = try #require(pack.id)
        let path = "w/.snapstore/packs/\(id).pack"
        var bytes = try bed.bed.read(path)
        let offset = Int(try pack.block(location.block).offset)
        bytes[offset] ^= 0x55
        try bed.bed.write(bytes, path)
    }

    @Test func nothingIsRemovedWhileAPackCannotBeRead() throws {
        let first = try bed.take(["a": bed.noise(200_000)])
        try bed.take(["a": bed.noise(200_000)])
        try bed.drop(first)
        try bed.bed.write("no pack", "w/.snapstore/packs/\(someID(5)).pack")
        let packs = try bed.packs()
        #expect(failure { try bed.collect { $0.endsGrace = true } }?.word == "damaged")
        #expect(try bed.packs() == packs)
    }

    @Test func whatADamagedLineMayNameIsKept() throws {
        let first = try bed.take(["a": bed.noise(200_000)])
        try bed.take(["a": bed.noise(200_000)])
        let room = try bed.open().id
        let path = "w/.snapstore/directories/\(room)/timelines/main"
        var bytes = try bed.bed.read(path)
        bytes[40] ^= 1
        try bed.bed.write(bytes, path)
        #expect(try !bed.living().contains(first))
        #expect(try bed.collect { $0.endsGrace = true }.removedPacks == 0)
        #expect(try bed.content(first, "a").count == 200_000)
    }

    // MARK: Timelines that say less than they should

    private func timeline() throws -> String { "w/.snapstore/directories/\(try bed.open().id)/timelines/main" }

    /// One that was lost, cut short or put back from an older copy says of what is not in it neither that it lives nor that it may go.
    @Test(arguments: [0, 1]) func whatALostLineNamedIsKept(linesLeft: Int) throws {
        let first = try bed.take(["a": bed.noise(200_000)])
        let second = try bed.take(["a": bed.noise(200_000)])
        let path = try timeline()
        let whole = try bed.bed.read(path)
        let end = try #require(whole.firstIndex(of: 0x0A))
        try bed.bed.write(linesLeft == 0 ? [] : Array(whole[...end]), path)
        let report = try bed.collect(hoursLater: 100) { $0.endsGrace = true }
        #expect(report.removedPacks == 0)
        #expect(report.notes.contains { $0.contains("no list names") })
        try bed.bed.write(whole, path)
        for id in [first, second] { #expect(try bed.content(id, "a").count == 200_000) }
    }

    /// An event of the future tells nothing about what was recorded since.
    @Test func whatALostLineNamedIsKeptWhereTheClockWasAhead() throws {
        try bed.take(["a": bed.noise(200_000)])
        bed.hours += 9000
        try bed.take(["a": bed.noise(200_000)])
        bed.hours -= 9000
        let former = try bed.bed.read(try timeline())
        let lost = try bed.take(["a": bed.noise(200_000)])
        let whole = try bed.bed.read(try timeline())
        try bed.bed.write(former, try timeline())
        let report = try bed.collect {
            $0.trustsClock = true
            $0.endsGrace = true
        }
        #expect(report.notes.contains { $0.contains("no list names") })
        try bed.bed.write(whole, try timeline())
        #expect(try bed.content(lost, "a").count == 200_000)
    }

    @Test func whatADamagedLineBroughtBackIsKept() throws {
        let first = try bed.take(["a": bed.noise(200_000)])
        try bed.take(["a": bed.noise(200_000)])
        try bed.drop(first)
        try bed.recover(first)
        var bytes = try bed.bed.read(try timeline())
        bytes[bytes.count - 12] ^= 1
        try bed.bed.write(bytes, try timeline())
        #expect(try !bed.living().contains(first))
        for _ in 0..<3 { try bed.collect(hoursLater: 100) { $0.endsGrace = true } }
        #expect(try bed.content(first, "a").count == 200_000)
    }

    @Test func theGraceEndsOnlyWhereItWasAskedFor() throws {
        let first = try bed.take(["a": bed.noise(200_000)])
        try bed.take(["a": bed.noise(200_000)])
        try bed.drop(first)
        try bed.collect {
            $0.endsGrace = true
            $0.directories = ["another"]
        }
        try bed.recover(first)
        #expect(try bed.content(first, "a").count == 200_000)
    }

    /// A copy of a directory has the same snapshots in a list of its own, and was not meant.
    @Test func spaceIsNotMadeOfWhatAnotherDirectoryCanRecover() throws {
        let first = try bed.take(["a": bed.noise(3_000_000)])
        try bed.take(["a": bed.noise(3_000_000)])
        try bed.drop(first)
        let id = try bed.open().id
        let copy = String(id.reversed())
        try bed.bed.shell("cp -a w/.snapstore/directories/\(id) w/.snapstore/directories/\(copy)")
        func collect(in directories: [String]) throws -> GCReport {
            try bed.collect {
                $0.directories = Set(directories)
                $0.size = 4_500_000
            }
        }
        let report = try collect(in: [id])
        #expect(!report.fits && report.gone == 0)
        #expect(try bed.content(first, "a").count == 3_000_000)
        let both = try collect(in: [id, copy])
        #expect(both.fits && both.gone > 0)
        try bed.expectWhole()
    }

    @Test func aReserveIsMade() throws {
        try bed.take(["a": [1]])
        try bed.collect()
        #expect(try bed.bed.read("w/.snapstore/reserve").count == 512 << 10)
        #expect(try bed.open().verify(VerifyOptions(), observer: Observer()).isClean)
    }
}
