// What others do between two steps of gc, and gc that ends between two steps: each race of ARCHITECTURE.md, "Collecting",
// one step after the other.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct GCRaceTests {
    private let bed: CollectBed
    /// Dropped: its content is what others come back to.
    private let old: ObjectID
    private let oldContent: [UInt8]
    private let head: ObjectID

    init() throws {
        bed = try CollectBed()
        oldContent = bed.noise(1_000_000)
        old = try bed.take(["a": oldContent])
        head = try bed.take(["a": bed.noise(1_000_000)])
        try bed.drop(old)
    }

    /// Takes the old content again, through a working directory that was opened before.
    private func takeOldAgain(in directory: WorkingDirectory? = nil) throws -> ObjectID {
        try bed.take(["a": oldContent], in: directory)
    }

    /// Whether something new would rely on what only the dropped snapshot has.
    private func reliesOnOld(_ directory: WorkingDirectory) throws -> Bool {
        try directory.packs.contains(ObjectKey(.tree, directory.manifest(old).root))
    }

    private func expectOldIsThere(_ id: ObjectID) throws {
        try bed.expectWhole()
        #expect(try bed.content(id, "a") == oldContent)
    }

    // MARK: A line is appended while gc marks

    @Test func whatIsTakenWhileGCMarksIsFoundAgain() throws {
        let operation = try bed.operation()
        try operation.begin()
        try operation.expire()
        try operation.look()
        try operation.mark()
        // It finds all of its content in the pack that is about to be retired.
        let before = try bed.packs().count
        let again = try takeOldAgain()
        #expect(try bed.packs().count == before + 1)
        try operation.compact()
        #expect(try operation.retire() == .done)
        #expect(try operation.waitForTakes(of: operation.formerEpoch))
        try operation.complete()
        try expectOldIsThere(again)
    }

    @Test func whatATakeOfTheFormerEpochRecordsIsWaitedForAndRescued() throws {
        let operation = try bed.operation()
        let other = try bed.open()
        try operation.prepare()
        // A take that began now, and is not told of what is retired next.
        let lock = try other.layout.epoch.enter()
        #expect(try operation.retire() == .done)
        #expect(try !operation.waitForTakes(of: operation.formerEpoch))
        // What it does: its line names objects of retired packs.
        #expect(try reliesOnOld(other))
        try other.append(
            TimelineEvent(time: bed.now, old: head, new: old, event: .recover, who: "a@b/1"))
        lock.release()
        #expect(try operation.waitForTakes(of: operation.formerEpoch))
        try operation.complete()
        #expect(try bed.living().contains(old))
        try expectOldIsThere(old)
        #expect(!bed.hasFile("retired"))
    }

    @Test func aTakeOfTheNewEpochStoresAnewWhatIsRetired() throws {
        let operation = try bed.operation()
        try operation.prepare()
        #expect(try operation.retire() == .done)
        #expect(bed.hasFile("retired"))
        // Also by a working directory that was open before.
        let again = try takeOldAgain()
        #expect(try operation.waitForTakes(of: operation.formerEpoch))
        try operation.complete()
        #expect(operation.report.removedPacks == 1)
        try expectOldIsThere(again)
    }

    @Test func aTakeOfTheNewEpochKnowsTheListThoughItsPacksWereOpen() throws {
        let directory = try bed.open()
        #expect(try reliesOnOld(directory))
        let operation = try bed.operation()
        try operation.prepare()
        #expect(try operation.retire() == .done)
        let again = try takeOldAgain(in: directory)
        try operation.complete()
        try expectOldIsThere(again)
    }

    @Test func whatWasOpenAndIsRemovedDoesNotCount() throws {
        let directory = try bed.open()
        #expect(try reliesOnOld(directory))
        #expect(try bed.collect { $0.endsGrace = true }.removedPacks == 1)
        let again = try takeOldAgain(in: directory)
        try expectOldIsThere(again)
    }

    // MARK: The stat cache of a dropped snapshot

    @Test func aStatCacheOfAFormerEpochIsNotBelieved() throws {
        // The cache is of the head; the head is dropped, and gc removes what only it had.
        let directory = try bed.open()
        try directory.append(
            TimelineEvent(time: bed.now, old: head, new: old, event: .recover, who: ""),
            TimelineEvent(time: bed.now, old: head, new: old, event: .undo, who: ""))
        try bed.drop(head)
        let content = try bed.bed.read("w/a")
        try bed.collect { $0.endsGrace = true }
        // Nothing in the directory has changed since the cache was written.
        let again = try bed.take()
        try bed.expectWhole()
        #expect(try bed.content(again, "a") == content)
    }

    // MARK: Takes two epochs old

    @Test func aTakeOfAnEpochBeforeTheLastIsWaitedForToo() throws {
        let directory = try bed.open()
        let ancient = try directory.layout.epoch.enter()
        // A gc that was killed while it waited.
        let killed = try bed.operation()
        try killed.prepare()
        #expect(try killed.retire() == .done)
        #expect(try !killed.waitForTakes(of: killed.formerEpoch))

        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.isUnfinished && report.removedPacks == 0 && report.gone == 0)
        #expect(bed.hasFile("retired"))
        ancient.release()
        #expect(try bed.collect { $0.endsGrace = true }.removedPacks == 1)
        #expect(!bed.hasFile("retired"))
        try bed.expectWhole()
    }

    // MARK: gc is killed

    @Test func whatAKilledGCRetiredIsRemovedByTheNext() throws {
        let killed = try bed.operation()
        try killed.prepare()
        #expect(try killed.retire() == .done)
        try bed.expectWhole()
        #expect(try bed.collect { $0.endsGrace = true }.removedPacks == 1)
        #expect(!bed.hasFile("retired"))
        try bed.expectWhole()
    }

    @Test func whatAKilledGCRetiredStaysIfItIsNeededAgain() throws {
        let killed = try bed.operation()
        try killed.prepare()
        #expect(try killed.retire() == .done)
        let packs = try bed.packs()
        try bed.recover(old)
        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.removedPacks == 0)
        #expect(try bed.packs() == packs)
        #expect(!bed.hasFile("retired"))
        try expectOldIsThere(old)
    }

    @Test func aGCThatDiesWhileItRemovesLosesNothing() throws {
        // Two packs go; the second is still there when it dies.
        let more = try bed.take(["a": bed.noise(1_000_000)])
        try bed.take(["a": bed.noise(1_000_000)])
        try bed.drop(more)
        let killed = try bed.operation()
        try killed.prepare()
        #expect(try killed.retire() == .done)
        try killed.markAgain()
        try killed.rescue()
        try killed.noteRemovals()
        #expect(killed.retired.count >= 2)
        let first = try #require(killed.retired.sorted().first)
        try killed.packs.remove(first)
        try bed.expectWhole()
        // What was let go cannot come back in parts.
        #expect(failure { try bed.recover(old) }?.word == "goneSnapshot")
        let again = try takeOldAgain()
        try expectOldIsThere(again)
        try bed.collect { $0.endsGrace = true }
        #expect(!bed.hasFile("retired"))
        try expectOldIsThere(again)
    }

    @Test func aPackOfWhichMostIsNeededAgainStays() throws {
        let directory = try bed.open()
        let operation = try bed.operation(in: directory)
        try operation.prepare()
        #expect(try operation.retire() == .done)
        // Everything in the retired pack is needed again.
        try directory.append(TimelineEvent(time: bed.now, old: nil, new: old, event: .recover, who: ""))
        try operation.complete()
        #expect(operation.report.removedPacks == 0)
        try expectOldIsThere(old)
    }

    /// Nobody knows which packs were on it, so nothing relies on any of them.
    @Test func aDamagedListIsMadeAnew() throws {
        let killed = try bed.operation()
        try killed.prepare()
        #expect(try killed.retire() == .done)
        try bed.bed.write("pack = \n", "w/.snapstore/retired")
        #expect(failure { try bed.take() }?.word == "damaged")
        let operation = try bed.operation()
        try operation.begin()
        #expect(try RetiredPacks.read(in: bed.open().layout.root).count == bed.packs().count)
        let again = try takeOldAgain()
        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.removedPacks >= 1 && report.notes.isEmpty)
        #expect(!bed.hasFile("retired"))
        try expectOldIsThere(again)
    }

    // MARK: Merges, and packs of takes that died

    @Test func aRetiredPackIsNotMerged() throws {
        let small = try CollectBed()
        for number in 0..<6 { try small.take(["a": Array("content \(number)".utf8)]) }
        let directory = try small.open()
        let all = try directory.packs.packs.compactMap(\.id)
        try RetiredPacks.write(Set(all.prefix(4)), in: directory.layout.root)
        let fresh = try small.open()
        try fresh.passOverRetiredPacks()
        #expect(try PackMerge(fresh.packs, temporary: fresh.layout.tmp.descriptor).run() == 0)
        try RetiredPacks.clear(in: directory.layout.root)
        try fresh.passOverRetiredPacks()
        #expect(try PackMerge(fresh.packs, temporary: fresh.layout.tmp.descriptor).run() == PackMerge.fan)
    }

    @Test func aPackWhoseBasesAreGoneIsNotTakenIn() throws {
        let packs = try PackBed()
        let base = Sample(.chunk, Array("the version before, which is long enough to be worth it".utf8))
        let next = Sample(.chunk, base.bytes + Array(" and more".utf8))
        let id = try packs.commit([try block([base])])
        // As a writer leaves it that is killed before it renames the pack.
        let writer = try PackWriter(in: try packs.directory("tmp"))
        try writer.append(try block([next], bases: [base], depth: 1))
        _ = try writer.finish()
        let bytes = try packs.bytes("tmp/" + String(decoding: writer.name, as: UTF8.self))
        try packs.write(bytes, "tmp/left.pack")

        let set = try packs.freshSet()
        set.setRetired([id])
        let report = try Adoption.sweep(try packs.directory("tmp"), into: set)
        #expect(report.adopted.isEmpty && report.removed.contains("tmp/left.pack"))
        try packs.write(bytes, "tmp/left.pack")
        #expect(try Adoption.sweep(try packs.directory("tmp"), into: try packs.freshSet()).adopted.count == 1)
        // Its own file is busy as long as it lives.
        #expect(try packs.names("tmp") == [String(decoding: writer.name, as: UTF8.self)])
    }

    // MARK: Two copies

    @Test func theGoodOneOfTwoCopiesStays() throws {
        let directory = try bed.open()
        let root = try directory.manifest(head).root
        let key = ObjectKey(.tree, root)
        let (pack, _) = try #require(try directory.packs.locate(key))
        // A larger pack has the same block, and so would be the one that counts.
        let session = try PackSession(store: directory.packs, temporary: directory.layout.tmp.descriptor)
        let all = try PackContents(pack)
        for number in 0..<pack.blockCount {
            try session.append(try pack.encodedBlock(number, all, stored: ByteBuffer()))
        }
        try session.append(try block([Sample(.chunk, bed.noise(250_000))], .none))
        let copy = try #require(try session.commit().first)
        let other = try #require(try bed.open().packs.packs.first(where: { $0.id == copy }))
        let place = try #require(try other.find(key))
        let path = "w/.snapstore/packs/\(copy).pack"
        var bytes = try bed.bed.read(path)
        let offset = Int(try other.block(place.block).offset)
        bytes[offset] ^= 0x55
        try bed.bed.write(bytes, path)

        try bed.collect { $0.endsGrace = true }
        #expect(try bed.content(head, "a").count == 1_000_000)
    }

    // MARK: Reverts, names and copies

    @Test func nothingExpiresWhereARevertIsUnderWay() throws {
        for number in 0..<3 { try bed.take(["a": Array("\(number)".utf8)]) }
        let directory = try bed.open()
        let lock = try directory.layout.locks.directory(directory.id, exclusive: true)
        let living = try bed.living()
        let report = try bed.collect { $0.rules.last = .count(1) }
        #expect(report.expired == 0 && report.notes.contains { $0.contains("a revert is under way") })
        #expect(try bed.living() == living)
        lock?.release()
        #expect(try bed.collect { $0.rules.last = .count(1) }.expired > 0)
    }

    @Test func bothSnapshotsOfAJournalStay() throws {
        try bed.take(["b": [1]])
        let directory = try bed.open()
        let journal = try RevertJournal(
            event: .revert, message: "", target: old, former: head, time: bed.now, scanStart: (0, 0),
            options: RevertOptions())
        try journal.prepare(in: directory.room.directory)
        try RevertJournal.publish(in: directory.room.directory)
        let report = try bed.collect { options in
            options.endsGrace = true
            options.rules.last = .count(1)
        }
        #expect(report.gone == 0 && report.expired == 0)
        #expect(report.notes.contains { $0.contains("a revert is unfinished") })
        try expectOldIsThere(old)
        try RevertJournal.remove(in: directory.room.directory)
        #expect(try bed.collect { $0.endsGrace = true }.gone == 1)
    }

    @Test func whoCopiesATimelineIsSeen() throws {
        // The copy's room was made from a timeline in which the snapshot still lived.
        let directory = try bed.open()
        let lines = try #require(try directory.room.timeline.readBytes())
        let operation = try bed.operation()
        try operation.prepare()
        #expect(try operation.retire() == .done)
        let about = About(path: Array("/copy".utf8), facts: directory.place.facts, device: 0, created: bed.now)
        let former = TimelineContents(parsing: lines).events.dropLast().flatMap { $0.encoded() }
        try StoreBuilder.buildRoom(
            String(repeating: "cd", count: 16), in: directory.layout.directories, about, timeline: former)
        try operation.complete()
        try expectOldIsThere(old)
    }

    // MARK: A reader

    @Test func whoHasAPackOpenReadsOn() throws {
        let directory = try bed.open()
        _ = try directory.packs.packs
        let reader = ObjectReader(directory.packs)
        let bytes = try reader.read(ObjectKey(.manifest, old))
        #expect(try bed.collect { $0.endsGrace = true }.removedPacks == 1)
        #expect(try ObjectReader(directory.packs).read(ObjectKey(.manifest, old)) == bytes)
    }
}
