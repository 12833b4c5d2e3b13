// Looking into snapshots: what is there is found and given out as it was, and nothing else is needed for it. And lists:
// which snapshots they have.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct LookTests {
    private let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private func look(_ entries: [TreeEntry]) throws -> SnapshotReader {
        try fixture.directory.look(into: try fixture.snapshot(try fixture.root(entries)))
    }

    private func find(_ path: String, _ reader: SnapshotReader) throws -> SnapshotEntry? {
        try reader.entry(at: Array(path.utf8))
    }

    private func read(_ path: String, _ reader: SnapshotReader) throws -> [UInt8] {
        let entry = try #require(try find(path, reader))
        var result: [UInt8] = []
        try reader.read(entry) { bytes in
            result += bytes
            return true
        }
        return result
    }

    private func paths(_ reader: SnapshotReader, below path: String = "", isRecursive: Bool = true) throws -> [String] {
        let directory = try #require(try find(path, reader))
        var result: [String] = []
        try reader.forEachEntry(of: directory, isRecursive: isRecursive) { entry in
            result.append(String(decoding: entry.path, as: UTF8.self))
            return true
        }
        return result
    }

    @Test func everyEntryOfALargeDirectoryIsFound() throws {
        defer { fixture.remove() }
        let names = (0..<3000).map { "name \($0)" }
        var entries: [TreeEntry] = []
        for name in names { entries.append(try fixture.file(name, "")) }
        let large = try fixture.directory("large", entries)
        #expect((large.content?.level ?? 0) > 0)
        let reader = try look([large])
        for name in names {
            #expect(try find("large/\(name)", reader)?.path == Array("large/\(name)".utf8))
        }
        for missing in ["large/name", "large/name 3000", "large/a", "large/z", "small/x", "large/name 1/x"] {
            #expect(try find(missing, reader)?.path == nil, "\(missing)")
        }
        #expect(try find("large/", reader)?.kind == .directory)
        #expect(try paths(reader, below: "large") == names.map { "large/\($0)" }.sorted())
    }

    @Test func entriesComeByTheBytesOfTheirNamesAndDirectoriesBeforeWhatIsInThem() throws {
        defer { fixture.remove() }
        let inner = try fixture.directory("d", [try fixture.file("b", "x"), try fixture.directory("a", [])])
        let reader = try look([
            try fixture.file("d.c", "x"), inner, fixture.link("link", "d"), try fixture.file("A", ""),
        ])
        #expect(try paths(reader) == ["A", "d", "d/a", "d/b", "d.c", "link"])
        #expect(try paths(reader, isRecursive: false) == ["A", "d", "d.c", "link"])
        #expect(try paths(reader, below: "d") == ["d/a", "d/b"])
        #expect(try paths(reader, below: "link") == [])
        var count = 0
        try reader.forEachEntry(of: reader.root, isRecursive: true) { _ in
            count += 1
            return count < 3
        }
        #expect(count == 3)
    }

    @Test func anEntrySaysWhatItWas() throws {
        defer { fixture.remove() }
        var gap = fixture.entry(.file, "secret")
        gap.gap = (.unreadable, false, "permission denied")
        var device = fixture.entry(.blockDevice, "device")
        device.device = (8, 1)
        let reader = try look([
            try fixture.file("file", "abc", mode: 0o4755), fixture.link("link", "file"), gap, device,
        ])
        let file = try #require(try find("./file", reader))
        #expect(file.kind == .file && file.mode == 0o4755 && file.size == 3 && file.owner == fixture.owner)
        #expect(file.modified == Timestamp(seconds: 1_100_000_004, nanoseconds: 123_456_789))
        #expect(file.isCovered && file.gap == nil && file.target == nil)
        #expect(try find("link", reader)?.target == Array("file".utf8))
        let secret = try #require(try find("secret", reader))
        #expect(!secret.isCovered && secret.gap == .unreadable && secret.gapDetail == "permission denied")
        #expect(try find("device", reader)?.device?.major == 8)
        #expect(try find("", reader)?.kind == .directory)
    }

    @Test func filesOfEverySizeAreReadBack() throws {
        defer { fixture.remove() }
        let large = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 / 1000 &* 31) }
        let reader = try look([
            try fixture.file("empty", ""), try fixture.file("small", "abc"), try fixture.file("large", large),
            try fixture.file("pieces", large, chunk: 1000),
        ])
        #expect(try read("empty", reader) == [])
        #expect(try read("small", reader) == Array("abc".utf8))
        #expect(try read("large", reader) == large)
        #expect(try read("pieces", reader) == large)
    }

    @Test func holesAreZeros() throws {
        defer { fixture.remove() }
        var sparse = try fixture.file("sparse", Array("headtail".utf8), chunk: 3)
        sparse.size = 200_000
        sparse.extents = .here([Extent(offset: 10, length: 4), Extent(offset: 150_000, length: 4)])
        var hole = try fixture.file("hole", "")
        hole.size = 70_000
        hole.extents = .here([])
        let reader = try look([sparse, hole])
        var expected = [UInt8](repeating: 0, count: 200_000)
        expected.replaceSubrange(10..<14, with: "head".utf8)
        expected.replaceSubrange(150_000..<150_004, with: "tail".utf8)
        #expect(try read("sparse", reader) == expected)
        #expect(try read("hole", reader) == [UInt8](repeating: 0, count: 70_000))
    }

    @Test func whoHasEnoughEndsIt() throws {
        defer { fixture.remove() }
        let reader = try look([try fixture.file("file", [UInt8](repeating: 1, count: 5000), chunk: 1000)])
        let entry = try #require(try find("file", reader))
        var count = 0
        try reader.read(entry) { bytes in
            count += bytes.count
            return count < 2000
        }
        #expect(count == 2000)
    }

    @Test func onlyFilesAreRead() throws {
        defer { fixture.remove() }
        var gap = fixture.entry(.file, "secret")
        gap.gap = (.unreadable, false, "")
        let reader = try look([try fixture.directory("d", []), fixture.link("link", "x"), gap])
        let cases: [(path: String, kind: FileKind, gap: GapReason?)] = [
            ("d", .directory, nil), ("link", .symlink, nil), ("secret", .file, .unreadable),
        ]
        for (path, kind, reason) in cases {
            guard case .notAFile(Array(path.utf8), kind, reason) = failure({ _ = try read(path, reader) }) else {
                Issue.record("\(path) was read")
                continue
            }
        }
    }

    /// Its length says whether a file is whole, whatever its chunks are.
    @Test func contentOfAnotherLengthIsAnError() throws {
        defer { fixture.remove() }
        var short = try fixture.file("short", "abc")
        short.size = 5
        var long = try fixture.file("long", "abc")
        long.size = 2
        let reader = try look([short, long])
        #expect(failure { _ = try read("short", reader) }?.word == "damaged")
        #expect(failure { _ = try read("long", reader) }?.word == "damaged")
    }

    @Test func whatStandsBeforeTheDamageIsGivenOut() throws {
        defer { fixture.remove() }
        let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 / 300) }
        let part = Array(bytes[262_144..<524_288])
        let second = unsafe ObjectHasher().id(.chunk, part.span.bytes)
        let file = try fixture.file("file", bytes)
        let id = try fixture.snapshot(try fixture.root([file]))
        try fixture.damage(ObjectKey(.chunk, second))
        let reader = try WorkingDirectory.open(containing: Array((fixture.path + "/work").utf8)).look(into: id)
        let entry = try #require(try find("file", reader))
        var given: [UInt8] = []
        let error = failure {
            try reader.read(entry) { piece in
                given += piece
                return true
            }
        }
        guard case .damaged("file", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(given == Array(bytes[..<262_144]))
    }

    @Test func aDamagedDirectoryHurtsOnlyWhoLooksIntoIt() throws {
        defer { fixture.remove() }
        let hurt = try fixture.directory("a", [try fixture.file("x", "ax")])
        try fixture.flush()
        let whole = try fixture.directory("b", [try fixture.file("x", "bx")])
        let id = try fixture.snapshot(try fixture.root([hurt, whole]))
        try fixture.damage(ObjectKey(.tree, try #require(hurt.content?.id)))
        let reader = try WorkingDirectory.open(containing: Array((fixture.path + "/work").utf8)).look(into: id)
        #expect(try read("b/x", reader) == Array("bx".utf8))
        #expect(try paths(reader, isRecursive: false) == ["a", "b"])
        #expect(failure { _ = try find("a/x", reader) }?.word == "damaged")
        #expect(failure { _ = try paths(reader) }?.word == "damaged")
    }
}

@Suite struct ListOptionsTests {
    private let bed: CoverBed
    private let start: Int64 = 1_000_000_000

    init() throws {
        bed = try CoverBed()
    }

    private func list(_ change: (inout ListOptions) -> Void) throws -> [String] {
        var options = ListOptions()
        change(&options)
        return try bed.directory.list(options).map(\.message)
    }

    private func path(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// With a message, so that it is recorded also if nothing changed. Each is an hour after the one before.
    @discardableResult
    private func take(_ message: String, _ change: (inout TakeOptions) -> Void = { _ in }) throws -> ObjectID {
        let count = try bed.directory.list().count
        let outcome = try bed.take { (options: inout TakeOptions) in
            options.message = message
            options.time = Timestamp(seconds: start + Int64(count) * 3600)
            change(&options)
        }
        return outcome.report.id
    }

    /// Four snapshots: the first and the third change `a/x`, the second `b`, the fourth nothing.
    private func sample() throws -> [ObjectID] {
        try bed.write("a/x", "1")
        let one = try take("one") { $0.tags = ["base"] }
        try bed.write("b", "2")
        let two = try take("two") {
            $0.kind = .milestone
            $0.name = "v1"
            $0.trigger = Trigger(type: "hook", source: "ci")
        }
        try bed.write("a/x", "33")
        let three = try take("three") {
            $0.tags = ["more", "base"]
            $0.name = "release/1.2"
            $0.event = "e1"
        }
        let four = try take("four") {
            $0.component = "c1"
            $0.action = "a1"
        }
        return [one, two, three, four]
    }

    @Test func aPartOfAListIsCountedFromTheNewest() throws {
        defer { bed.remove() }
        _ = try sample()
        #expect(try list { _ in } == ["four", "three", "two", "one"])
        #expect(try list { $0.limit = 2 } == ["four", "three"])
        #expect(try list { $0.limit = 0 } == [])
        let part = try list {
            $0.offset = 1
            $0.limit = 2
        }
        #expect(part == ["three", "two"])
        let reversed = try list {
            $0.limit = 2
            $0.isReversed = true
        }
        #expect(reversed == ["three", "four"])
        #expect(try list { $0.offset = 9 } == [])
    }

    @Test func everyConditionHolds() throws {
        defer { bed.remove() }
        _ = try sample()
        #expect(try list { $0.since = Timestamp(seconds: start + 3600) } == ["four", "three", "two"])
        #expect(try list { $0.until = Timestamp(seconds: start + 3600) } == ["two", "one"])
        #expect(try list { $0.kind = .milestone } == ["two"])
        #expect(try list { $0.tags = ["base"] } == ["three", "one"])
        #expect(try list { $0.tags = ["base", "more"] } == ["three"])
        #expect(try list { $0.trigger = "hook" } == ["two"])
        #expect(try list { $0.component = "c1" } == ["four"])
        #expect(try list { $0.event = "e1" } == ["three"])
        #expect(try list { $0.action = "a1" } == ["four"])
        let both = try list {
            $0.tags = ["base"]
            $0.kind = .milestone
        }
        #expect(both == [])
    }

    @Test(
        arguments: [
            ("v*", ["two"]), ("*", ["three", "two"]), ("v?", ["two"]), ("[uv]1", ["two"]), ("v", []),
            ("*.2", ["three"]), ("release", []), ("*1*", ["three", "two"]), ("v1", ["two"]), ("v[", []), ("", []),
            ("?", []), ("v1*", ["two"]), ("*e*e*1?2", ["three"]),
        ] as [(String, [String])])
    func namesMatchAsAWhole(_ pattern: String, _ expected: [String]) throws {
        defer { bed.remove() }
        _ = try sample()
        #expect(try list { $0.name = pattern } == expected)
    }

    @Test func onlySnapshotsThatChangedSomethingThereAreListed() throws {
        defer { bed.remove() }
        _ = try sample()
        func changed(_ paths: String...) throws -> [String] {
            try list { $0.paths = paths.map { Array($0.utf8) } }
        }
        #expect(try changed("a") == ["three", "one"])
        #expect(try changed("a/x") == ["three", "one"])
        #expect(try changed("b") == ["two"])
        #expect(try changed("a", "b") == ["three", "two", "one"])
        #expect(try changed("a/*") == ["three", "one"])
        #expect(try changed("?") == ["three", "two", "one"])
        #expect(try changed("nowhere") == [])
        #expect(try changed("a/x/y") == [])
        #expect(try changed("no*") == [])
        #expect(try changed("") == ["three", "two", "one"])
        try bed.delete("b")
        try take("five")
        #expect(try changed("b") == ["five", "two"])
        #expect(try changed("[b]") == ["five", "two"])
        let last = try list {
            $0.paths = [path("b")]
            $0.limit = 1
        }
        #expect(last == ["five"])
    }

    @Test func chosenSnapshotsAreListedIfTheyLive() throws {
        defer { bed.remove() }
        let ids = try sample()
        #expect(try list { $0.selection = .snapshots([ids[0], ids[2], ids[0]]) } == ["three", "one"])
        try bed.directory.append(someEvent(.drop, ids[0]))
        #expect(failure { _ = try list { $0.selection = .snapshots([ids[0]]) } }?.word == "removedSnapshot")
        #expect(failure { _ = try list { $0.selection = .snapshots([someID(1)]) } }?.word == "unknownRevision")
    }

    @Test func aRangeIsWhatLeadsToItsEndAndNotToItsStart() throws {
        defer { bed.remove() }
        let ids = try sample()
        func range(_ from: ObjectID, _ to: ObjectID) throws -> [String] {
            try list { $0.selection = .range(from: from, to: to) }
        }
        #expect(try range(ids[1], ids[3]) == ["four", "three"])
        #expect(try range(ids[3], ids[1]) == [])
        #expect(try range(ids[2], ids[2]) == [])
        // The head goes back to the second, and another line begins there.
        try bed.directory.append(someEvent(.revert, ids[1], old: ids[3]))
        let five = try take("five")
        #expect(try range(ids[3], five) == ["five"])
        #expect(try range(five, ids[3]) == ["four", "three"])
        #expect(try range(ids[0], five) == ["five", "two"])
        // What was dropped is no part of a list, and still leads on.
        try bed.directory.append(someEvent(.drop, ids[2]))
        #expect(try range(ids[1], ids[3]) == ["four"])
    }

    @Test func whatTheTimelineKnowsNeedsNoPack() throws {
        defer { bed.remove() }
        let ids = try sample()
        let packs = bed.storePath + "/packs"
        for name in try FileManager.default.contentsOfDirectory(atPath: packs) {
            try FileManager.default.removeItem(atPath: packs + "/" + name)
        }
        let fresh = try WorkingDirectory.open(containing: Array(bed.path.utf8))
        var options = ListOptions()
        options.selection = .range(from: ids[0], to: ids[2])
        options.since = Timestamp(seconds: start)
        options.kind = .checkpoint
        options.name = "*"
        #expect(try fresh.list(options).map(\.message) == ["three"])
        options.tags = ["base"]
        #expect(failure { _ = try fresh.list(options) }?.word == "missingObject")
    }

    @Test func eachSaysWhereItWasTaken() throws {
        defer { bed.remove() }
        _ = try sample()
        var options = ListOptions()
        options.wantsDirectories = true
        for summary in try bed.directory.list(options) {
            #expect(summary.directory == bed.directory.id)
            #expect(summary.directoryPath == bed.directory.path)
        }
        #expect(try bed.directory.list(ListOptions()).allSatisfy { $0.directory == nil })
    }
}
