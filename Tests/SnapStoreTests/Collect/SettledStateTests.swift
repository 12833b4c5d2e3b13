// What a gc that left nothing to do has written down is believed only as long as nothing has changed.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct SettledStateTests {
    private let bed: CollectBed

    init() throws {
        bed = try CollectBed()
        for number in 0..<4 { try bed.take(["a": bed.text(20_000), "b\(number)": bed.text(3000)]) }
        try bed.collect()
    }

    private func isSettled(hoursLater: Int64 = 1, _ change: (inout GCOptions) -> Void = { _ in }) throws -> Bool {
        let operation = GCOperation(try bed.open(), bed.options(hoursLater: hoursLater, change), Observer())
        try operation.begin()
        try operation.expire()
        try operation.look()
        return operation.isSettled()
    }

    @Test func aStoreThatWasCollectedIsSettled() throws {
        #expect(try isSettled())
        #expect(try isSettled(hoursLater: 10_000))
        let report = try bed.collectAgain()
        #expect(report.removedPacks == 0 && report.writtenBytes == 0 && report.decisions.count == 4)
    }

    @Test func anotherWishUnsettlesIt() throws {
        #expect(try !isSettled { $0.compactsFully = true })
        #expect(try !isSettled { $0.compacts = false })
        #expect(try !isSettled { $0.size = 1 << 30 })
        #expect(try !isSettled { $0.free = 1 })
        #expect(try !isSettled { $0.rules.last = .count(2) })
    }

    @Test func aTakeUnsettlesIt() throws {
        try bed.take(["a": bed.text(100)])
        #expect(try !isSettled())
        try bed.collect()
        #expect(try isSettled())
    }

    @Test func aDropUnsettlesItUntilNothingIsLeftOfIt() throws {
        let id = try bed.living()[2]
        try bed.drop(id)
        #expect(try !isSettled())
        // The grace ends later.
        try bed.collect()
        let packs = try bed.packs()
        #expect(try !isSettled(hoursLater: 30))
        try bed.collect(hoursLater: 1)
        try bed.collect()
        #expect(try isSettled())
        #expect(try bed.packs() != packs)
        try bed.expectWhole()
    }

    @Test func aRecoveredSnapshotUnsettlesIt() throws {
        let id = try bed.living()[2]
        try bed.drop(id)
        try bed.collect()
        try bed.collect()
        #expect(try isSettled())
        try bed.recover(id)
        #expect(try !isSettled())
    }

    @Test func aLostTimelineUnsettlesIt() throws {
        let file = "w/.snapstore/directories/\(try bed.open().id)/timelines/main"
        let lines = try bed.bed.read(file)
        try bed.bed.shell("rm \(file)")
        #expect(try !isSettled())
        // One that lacks its end.
        try bed.bed.write(Array(lines.prefix(lines.count / 2)), file)
        #expect(try !isSettled())
        try bed.bed.write(lines, file)
        #expect(try isSettled())
    }

    @Test func aLostOrForeignPackUnsettlesIt() throws {
        let name = "w/.snapstore/packs/\(try bed.packs()[0])"
        try bed.bed.shell("mv \(name) kept")
        #expect(try !isSettled())
        try bed.bed.shell("mv kept \(name)")
        #expect(try isSettled())
        let other = try CollectBed()
        try other.take(["x": [1]])
        let foreign = try other.packs()[0]
        try bed.bed.write(try other.bed.read("w/.snapstore/packs/\(foreign)"), "w/.snapstore/packs/\(foreign)")
        #expect(try !isSettled())
    }

    @Test func damageOfTheRecordIsNoAnswer() throws {
        let file = "w/.snapstore/settled"
        var bytes = try bed.bed.read(file)
        bytes[10] ^= 1
        try bed.bed.write(bytes, file)
        #expect(try !isSettled())
        try bed.bed.shell("rm \(file)")
        #expect(try !isSettled())
        try bed.collect()
        #expect(try isSettled())
    }
}
