// Small takes against what they change: what it costs, how deep it gets, and that every state comes back.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

/// A working directory of its own with a few source files.
private final class Bed {
    let path = NSTemporaryDirectory() + "snap-based-" + UUID().uuidString
    let directory: WorkingDirectory
    var numbers = Numbers(11)

    init(files: Int = 12, bytes: Int = 6000) throws {
        try FileManager.default.createDirectory(atPath: path + "/work", withIntermediateDirectories: true)
        _ = try WorkingDirectory.initialize(at: Array((path + "/work").utf8), InitOptions())
        directory = try WorkingDirectory.open(containing: Array((path + "/work").utf8))
        for number in 0..<files { try write(number, numbers.text(bytes)) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func name(_ number: Int) -> String { "\(path)/work/file-\(number).c" }
    func read(_ number: Int) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: name(number)))) }
    func write(_ number: Int, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: name(number)))
    }

    /// Replaces a few bytes somewhere.
    func edit(_ number: Int) throws {
        var bytes = try read(number)
        let at = Int(numbers.next() % UInt64(max(bytes.count - 40, 1)))
        bytes.replaceSubrange(at..<min(at + 20, bytes.count), with: "edit\(numbers.next())".utf8)
        try write(number, bytes)
    }

    func take(_ change: (inout TakeOptions) -> Void = { _ in }) throws -> TakeReport {
        var options = TakeOptions()
        options.force = true
        change(&options)
        return try directory.take(options, observer: Observer())
    }

    var stored: Int {
        let packs = path + "/work/.snapstore/packs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: packs)) ?? []
        return names.reduce(0) { sum, name in
            sum + ((try? FileManager.default.attributesOfItem(atPath: packs + "/" + name)[.size] as? Int) ?? 0)
        }
    }

    func depths() throws -> [UInt8: Int] {
        var result: [UInt8: Int] = [:]
        for pack in try WorkingDirectory.open(containing: Array((path + "/work").utf8)).packs.packs {
            for number in 0..<pack.blockCount { result[try pack.block(number).depth, default: 0] += 1 }
        }
        return result
    }

    /// The files of a snapshot, put back beside the directory.
    func restored(_ id: ObjectID) throws -> [String: [UInt8]] {
        let target = path + "/back-" + UUID().uuidString
        let fresh = try WorkingDirectory.open(containing: Array((path + "/work").utf8))
        _ = try fresh.restore(id, into: Array(target.utf8), paths: [], observer: Observer())
        var found: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: target) where name != ".snapstore" {
            found[name] = Array(try Data(contentsOf: URL(fileURLWithPath: target + "/" + name)))
        }
        return found
    }

    func present() throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path + "/work") where name != ".snapstore" {
            found[name] = Array(try Data(contentsOf: URL(fileURLWithPath: path + "/work/" + name)))
        }
        return found
    }
}

@Suite struct BasedTakeTests {
    @Test func aSmallEditCostsLittleAndEveryStateComesBack() throws {
        let bed = try Bed()
        _ = try bed.take()
        var states: [(ObjectID, [String: [UInt8]])] = []
        let before = bed.stored
        for round in 0..<60 {
            try bed.edit(Int(bed.numbers.next() % 12))
            if round % 20 == 19 {
                // Files come and go too.
                try bed.write(100 + round, bed.numbers.text(700))
                try? FileManager.default.removeItem(atPath: bed.name(100 + round - 20))
            }
            states.append((try bed.take().id, try bed.present()))
        }
        #expect(bed.stored - before < 60 * 1800)
        let depths = try bed.depths()
        #expect(Set(depths.keys).isSubset(of: [0, 1, 2]))
        #expect((depths[1] ?? 0) + (depths[2] ?? 0) >= 50)
        for (id, expected) in states { #expect(try bed.restored(id) == expected) }
        let set = try WorkingDirectory.open(containing: Array((bed.path + "/work").utf8)).packs
        for pack in try set.packs { #expect(PackVerifier(set).verify(pack) == []) }
    }

    /// The difference from one base grows with each edit, so a new base is made in time: what a take adds stays about the same.
    @Test func whatDriftsIsStoredAnew() throws {
        let bed = try Bed(files: 1, bytes: 5000)
        _ = try bed.take()
        var sizes: [Int] = []
        for _ in 0..<120 {
            let before = bed.stored
            try bed.edit(0)
            _ = try bed.take { $0.compression = .standard }
            sizes.append(bed.stored - before)
        }
        let early = sizes[0..<40].reduce(0, +)
        let late = sizes[80..<120].reduce(0, +)
        #expect(late < early * 3 / 2, "\(early) bytes for the first forty, \(late) for the last")
        #expect(try bed.depths()[0] ?? 0 > 1)
    }

    @Test func whatHasNothingInCommonIsStoredAsItIs() throws {
        let bed = try Bed(files: 2, bytes: 3000)
        _ = try bed.take()
        try bed.write(0, bed.numbers.noise(3000))
        let id = try bed.take().id
        let set = bed.directory.packs
        for pack in try set.packs {
            for number in 0..<pack.blockCount {
                let block = try pack.block(number)
                // Trees and manifest have bases, the noise has none.
                #expect(block.depth == 0 || block.plainLength < 3000)
            }
        }
        #expect(try bed.restored(id) == bed.present())
    }

    @Test(arguments: [Compression.lz4, .none]) func otherCodecsUseNoBases(_ compression: Compression) throws {
        let bed = try Bed(files: 3)
        _ = try bed.take { $0.compression = compression }
        try bed.edit(1)
        let id = try bed.take { $0.compression = compression }.id
        #expect(try bed.depths().keys.allSatisfy { $0 == 0 })
        #expect(try bed.restored(id) == bed.present())
    }

    @Test func aLargeFilesChunksAreStoredAgainstThoseThatTheyReplace() throws {
        let bed = try Bed(files: 1, bytes: 10)
        let content = bed.numbers.noise(3 << 20)
        try bed.write(0, content)
        _ = try bed.take()
        let before = bed.stored
        var changed = content
        for at in stride(from: 100_000, to: changed.count, by: 700_000) { changed[at] ^= 0xFF }
        try bed.write(0, changed)
        let id = try bed.take().id
        #expect(bed.stored - before < 20_000)
        #expect(try bed.restored(id)["file-0.c"] == changed)
    }

    /// Many changes are many blocks: a file with a byte changed in every piece takes about a byte for each.
    @Test func manyChangesAreStoredAgainstWhatTheyReplace() throws {
        let bed = try Bed(files: 1, bytes: 10)
        var content = bed.numbers.noise(6 << 20)
        try bed.write(0, content)
        _ = try bed.take()
        let before = bed.stored
        for at in stride(from: 1000, to: content.count, by: 32_768) { content[at] ^= 0xFF }
        try bed.write(0, content)
        let id = try bed.take().id
        #expect(bed.stored - before < 200_000)
        #expect(try bed.restored(id)["file-0.c"] == content)
    }

    /// What was stored far apart is not joined into one difference, which would open all of it for each object.
    @Test func aBlockWithBasesOpensFewOthers() throws {
        let bed = try Bed(files: 800, bytes: 10_000)
        _ = try bed.take()
        for round in 0..<3 {
            for number in stride(from: 0, to: 800, by: 50) {
                let bytes = try bed.read(number)
                try bed.write(number, bytes + Array("round \(round)".utf8))
            }
            let id = try bed.take().id
            #expect(try bed.restored(id) == bed.present())
        }
        let set = try WorkingDirectory.open(containing: Array((bed.path + "/work").utf8)).packs
        var based = 0
        for pack in try set.packs {
            for number in 0..<pack.blockCount {
                let block = try pack.block(number)
                var ends: [String: Int] = [:]
                for base in try pack.bases(of: block) {
                    let (other, location) = try #require(try set.locate(base))
                    let place = "\(other.label) \(location.block)"
                    ends[place] = max(ends[place] ?? 0, location.offset + location.length)
                }
                #expect(ends.count <= 1 || ends.values.reduce(0, +) <= 2 << 20)
                based += ends.isEmpty ? 0 : 1
            }
        }
        #expect(based > 3)
    }

    /// What a take stores must not rely on a base that is wrong today and right again tomorrow.
    @Test func aDamagedBaseIsNoBase() throws {
        let bed = try Bed(files: 2)
        _ = try bed.take()
        let packs = bed.path + "/work/.snapstore/packs"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: packs).first)
        let url = URL(fileURLWithPath: packs + "/" + name)
        let good = Array(try Data(contentsOf: url))
        var surgeon = PackSurgeon(good)
        let locations = try #require(surgeon.section(5))
        for at in stride(from: locations.lowerBound + 4, to: locations.upperBound, by: 12) { surgeon.bytes[at] ^= 8 }
        try Data(surgeon.bytes).write(to: url)
        try bed.edit(0)
        try bed.edit(1)
        let fresh = try WorkingDirectory.open(containing: Array((bed.path + "/work").utf8))
        var options = TakeOptions()
        options.force = true
        options.always = true
        let id = try fresh.take(options, observer: Observer()).id
        try Data(good).write(to: url)
        #expect(try bed.restored(id) == bed.present())
    }

    /// A base that is gone or damaged costs size, and nothing more.
    @Test func aStoreWithoutTheBaseTakesAllTheSame() throws {
        let bed = try Bed(files: 2)
        _ = try bed.take()
        try bed.edit(0)
        let former = ObjectKey(.chunk, ObjectID(1, 2, 3, 4))
        #expect(try bed.directory.packs.chain(of: former).isEmpty)
        let id = try bed.take().id
        #expect(try bed.restored(id) == bed.present())
    }
}
