// gc that compacts: what takes do meanwhile stays readable, wherever it ends nothing is lost, and it comes to an end.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct CompactingGCTests {
    private let bed: CollectBed

    init() throws { bed = try CollectBed() }

    // MARK: A take under way

    /// The first version is in a pack that stays; the second is stored as it is, because its codec knows no bases, and
    /// compaction writes it against the first. A third one, made from the second meanwhile, cannot be made from that.
    private struct Versions {
        var second: ObjectID
        var third: ObjectID
        var secondText: [UInt8]
        var thirdText: [UInt8]
        /// The pack that the third take has written.
        var pack: String
    }

    private func edited(_ text: [UInt8], at place: Int) -> [UInt8] {
        var text = text
        text.replaceSubrange(place..<place + 20, with: Array("here is what changed".utf8))
        return text
    }

    /// Until the third take, which `operation` does not know of. With `isMostOfItsPack` there is little else in the pack
    /// of the second.
    private func takeVersions(isMostOfItsPack: Bool) throws -> (versions: Versions, operation: GCOperation) {
        let first = bed.text(40_000)
        try bed.take(["a": first, "noise": bed.noise(9_000_000)])
        try bed.collect()
        let secondText = edited(first, at: 500)
        var files = ["a": secondText]
        if !isMostOfItsPack {
            for number in 0..<16 { files["other-\(number)"] = bed.text(250_000) }
        }
        let second = try bed.take(files, compression: .lz4)
        let operation = try bed.operation()
        try operation.begin()
        try operation.expire()
        try operation.look()
        try operation.mark()
        let before = Set(try bed.packs())
        let thirdText = edited(secondText, at: 900)
        let third = try bed.take(["a": thirdText])
        let pack = try #require(try bed.packs().first { !before.contains($0) })
        let versions = Versions(
            second: second, third: third, secondText: secondText, thirdText: thirdText, pack: pack)
        return (versions, operation)
    }

    /// How deep the second version lies in packs that stay, but for that of the third take.
    private func depths(_ versions: Versions, _ operation: GCOperation) throws -> [UInt8] {
        var result: [UInt8] = []
        for (pack, location) in try operation.packs.copies(of: Sample(.chunk, versions.secondText).key) {
            if let id = pack.id, !operation.retired.contains(id) { result.append(try pack.block(location.block).depth) }
        }
        return result
    }

    /// The third version is stored against the second, which a block of depth 1 needs at depth 0.
    private func expectBased(_ versions: Versions) throws {
        let key = Sample(.chunk, versions.secondText).key
        let set = try bed.open().packs
        let pack = try #require(try set.packs.first { $0.label.hasSuffix(versions.pack) })
        var depth: UInt8?
        for number in 0..<pack.blockCount {
            let block = try pack.block(number)
            if try pack.bases(of: block).contains(key) { depth = block.depth }
        }
        #expect(depth == 1)
    }

    private func expectReadable(_ versions: Versions) throws {
        try bed.expectWhole()
        #expect(try bed.content(versions.second, "a") == versions.secondText)
        #expect(try bed.content(versions.third, "a") == versions.thirdText)
        #expect(!bed.hasFile("retired"))
        #expect(try bed.bed.names("w/.snapstore/tmp").isEmpty)
    }

    @Test(arguments: [false, true]) func whatATakeUnderWayIsMadeFromStays(isMostOfItsPack: Bool) throws {
        let (versions, operation) = try takeVersions(isMostOfItsPack: isMostOfItsPack)
        try expectBased(versions)
        // The take has not come to its end when compaction looks, nor when that has written its packs.
        let place = "w/.snapstore/packs/\(versions.pack)"
        try bed.bed.shell("mv \(place) held")
        try operation.compact()
        #expect(try depths(versions, operation) == [1])
        try bed.bed.shell("mv held \(place)")
        #expect(try operation.retire() == .done)
        #expect(try operation.waitForTakes(of: operation.formerEpoch))
        try operation.complete()
        try expectReadable(versions)
        // Either the block of it is copied, or the pack stays, where that is most of it.
        #expect(operation.report.removedPacks == (isMostOfItsPack ? 0 : 1))
        #expect(try depths(versions, operation).contains(0))
        try bed.collect { $0.endsGrace = true }
        try expectReadable(versions)
    }

    /// A take that came to its end before compaction looks: what it is made from is written as little deep as it needs it.
    @Test func whatWasTakenSinceTheMarkingKeepsItsBases() throws {
        let (versions, operation) = try takeVersions(isMostOfItsPack: true)
        try expectBased(versions)
        try operation.compact()
        #expect(try depths(versions, operation) == [0])
        #expect(try operation.retire() == .done)
        try operation.complete()
        try expectReadable(versions)
        #expect(operation.report.removedPacks == 1)
        #expect(try bed.packs().contains(versions.pack))
    }

    // MARK: A gc that ends somewhere

    /// Takes a history, and drops some of it. Snapshots that live, each with what its file `text` had.
    private func makeHistory() throws -> [ObjectID: [UInt8]] {
        var taken: [(id: ObjectID, text: [UInt8])] = []
        var text = bed.text(30_000)
        for number in 0..<10 {
            text = edited(text, at: 2500 * number)
            var files = ["text": text, "small-\(number % 3)": Array("content \(number)\n".utf8)]
            if number % 4 == 0 { files["noise"] = bed.noise(300_000) }
            taken.append((try bed.take(files), text))
        }
        var living: [ObjectID: [UInt8]] = [:]
        for (number, state) in taken.enumerated() {
            if [1, 2, 4, 7].contains(number) {
                try bed.drop(state.id)
            } else {
                living[state.id] = state.text
            }
        }
        return living
    }

    private func expectLiving(_ living: [ObjectID: [UInt8]], _ comment: Comment? = nil) throws {
        try bed.expectWhole(comment)
        #expect(try Set(bed.living()).isSuperset(of: living.keys), comment)
        for (id, text) in living { #expect(try bed.content(id, "text") == text, comment) }
    }

    /// Whatever was left is settled by the next gc, and the one after that finds nothing to do.
    private func expectSettled(_ living: [ObjectID: [UInt8]]) throws {
        try bed.collect { $0.endsGrace = true }
        try expectLiving(living)
        #expect(!bed.hasFile("retired"))
        #expect(try bed.bed.names("w/.snapstore/tmp").isEmpty)
        let packs = try bed.packs()
        let again = try bed.collect { $0.endsGrace = true }
        #expect(again.removedPacks == 0 && again.writtenBytes == 0 && again.freedBytes == 0)
        #expect(try bed.packs() == packs)
    }

    @Test func aHistoryTakesLessAndReadsTheSame() throws {
        let living = try makeHistory()
        let before = try bed.packs()
        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.removedPacks > 0 && report.writtenBytes > 0 && report.freedBytes > 0)
        #expect(report.packs < before.count && report.notes.isEmpty)
        try expectLiving(living)
        try expectSettled(living)
    }

    /// It ends behind each step, and while packs are removed.
    @Test(arguments: 0..<7) func whereverItEndsNothingIsLost(step: Int) throws {
        var living = try makeHistory()
        let killed = try bed.operation()
        try killed.prepare()
        if step >= 1 { #expect(try killed.retire() == .done) }
        if step >= 2 {
            try killed.markAgain()
            try killed.rescue()
        }
        if step >= 3 { try killed.noteRemovals() }
        let going = killed.retired.sorted()
        #expect(going.count > 3)
        let removed = [0, 0, 0, 0, 1, going.count / 2, going.count][step]
        for id in going.prefix(removed) { try killed.packs.remove(id) }
        try expectLiving(living)
        // A take builds upon what is left.
        let newest = try #require(try bed.living().first)
        let text = edited(try #require(living[newest]), at: 27_000)
        let next = try bed.take(["text": text])
        living[next] = text
        try expectLiving(living)
        try expectSettled(living)
    }

    /// Told to stop at the n-th question, and then at a later one, until it comes to its end.
    @Test func interruptedAnywhereItLosesNothing() throws {
        let living = try makeHistory()
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
            let options = bed.options { $0.endsGrace = true }
            let directory = try bed.open()
            let error = failure { isDone = try !directory.collect(options, observer: observer).isUnfinished }
            if let error { #expect(error.word == "cancelled") }
            try expectLiving(living)
            limit += 1 + limit / 2
        }
        #expect(limit > 10)
        try expectSettled(living)
    }

    // MARK: How it is written

    @Test func writtenAsSmallAsCanBeItIsWrittenOnceMore() throws {
        let living = try makeHistory()
        try bed.collect { $0.endsGrace = true }
        let most = try bed.collect { $0.compactsFully = true }
        #expect(most.writtenBytes > 0 && most.removedPacks > 0)
        let packs = try bed.packs()
        #expect(try bed.collect { $0.compactsFully = true }.writtenBytes == 0)
        #expect(try bed.packs() == packs)
        try expectLiving(living)
        try expectSettled(living)
    }

    @Test func inTheBackgroundItDoesTheSame() throws {
        let living = try makeHistory()
        let report = try bed.collect { options in
            options.endsGrace = true
            options.isPaced = true
        }
        #expect(report.removedPacks > 0 && report.writtenBytes > 0)
        try expectLiving(living)
        try expectSettled(living)
    }

    @Test func withoutCompactionOnlyWholePacksGo() throws {
        let first = try bed.take(["a": bed.noise(300_000)])
        let second = try bed.take(["b": bed.text(50_000)])
        try bed.drop(first)
        let packs = try bed.packs()
        let report = try bed.collect { options in
            options.endsGrace = true
            options.compacts = false
        }
        #expect(report.writtenBytes == 0 && report.gone == 1)
        #expect(try Set(packs).isSuperset(of: bed.packs()))
        try bed.expectWhole()
        #expect(try bed.content(second, "b").count == 50_000)
    }

    /// Versions stand in blocks longer than those of what is new, which everything that reads can read, and takes can build upon.
    @Test func oldVersionsStandInLongBlocks() throws {
        var text = bed.text(60_000)
        var versions: [(id: ObjectID, text: [UInt8])] = []
        for number in 0..<60 {
            text = edited(text, at: 900 * number)
            versions.append((try bed.take(["text": text]), text))
        }
        try bed.collect { $0.compactsFully = true }
        let packs = try bed.open().packs
        var longest = 0
        for pack in try packs.packs {
            for number in 0..<pack.blockCount {
                let block = try pack.block(number)
                if block.baseCount > 0 { longest = max(longest, block.plainLength) }
            }
        }
        #expect(longest > 1 << 20 && longest <= PackFormat.maximumBasedLength)
        try bed.expectWhole()
        for version in versions { #expect(try bed.content(version.id, "text") == version.text) }
        // An old version comes back, and goes on.
        try bed.bed.write(edited(versions[3].text, at: 10), "w/text")
        let last = try bed.take()
        try bed.collect()
        #expect(try bed.content(last, "text") == edited(versions[3].text, at: 10))
        try bed.expectWhole()
    }

    /// What is there is compacted before anything goes to save space.
    @Test func noHistoryGoesWhereCompactingIsEnough() throws {
        let living = try makeHistory()
        let size = try bed.collect { $0.compacts = false }.storeBytes
        let fitting = size - 1
        let report = try bed.collect { $0.size = fitting }
        #expect(report.fits && report.storeBytes <= fitting && report.expired == 0)
        try expectLiving(living)
        // Now that is all it takes, so something has to go.
        let more = try bed.collect { $0.size = report.storeBytes / 2 }
        #expect(more.expired > 0)
        try bed.expectWhole()
    }

    /// What one pass has freed is room for the next one.
    @Test func noHistoryGoesWhereCompactingLackedRoomAtFirst() throws {
        let other = try CollectBed()
        for bed in [bed, other] {
            for number in 0..<6 { try bed.take(["f\(number)": bed.text(200_000)], compression: .lz4) }
        }
        let living = try bed.living()
        let loose = try bed.packBytes()
        let least = try other.collect().storeBytes
        #expect(least < loose)
        // Two packs of the six at once: the first pass does a third of what there is to do.
        let fitting = least + (loose - least) / 4
        let report = try bed.collect { options in
            options.size = fitting
            options.writingRoom = loose / 6 * 5 / 2
        }
        #expect(report.fits && report.storeBytes <= fitting && report.expired == 0)
        #expect(try bed.living() == living)
        try bed.expectWhole()
    }
}
