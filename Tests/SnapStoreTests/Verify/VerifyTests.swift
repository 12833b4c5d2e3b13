// A whole store is found whole; whatever is damaged is named, with the snapshots and paths that it hurts.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct VerifyTests {
    private func verify(
        _ fixture: StoreFixture, _ depth: VerifyOptions.Depth, observer: Observer = Observer()
    ) throws -> VerifyReport {
        var options = VerifyOptions()
        options.depth = depth
        // Opened anew, as a command would.
        return try fixture.another().directory.verify(options, observer: observer)
    }

    private func hurt(_ report: VerifyReport) -> [String] {
        report.hurt.map { "\($0.snapshot.short) \(String(decoding: $0.path, as: UTF8.self))" }
    }

    /// Two snapshots; `a/shared` is in both, `new` in the second only. Each file is in a block of its own.
    private struct Store {
        let fixture: StoreFixture
        let first: ObjectID
        let second: ObjectID
        let shared: ObjectKey
        let new: ObjectKey
    }

    private func twoSnapshots() throws -> Store {
        let fixture = try StoreFixture()
        let shared = try fixture.file("shared", "shared")
        try fixture.flush()
        let other = try fixture.file("other", "other")
        try fixture.flush()
        let below = try fixture.directory("a", [shared, other])
        let first = try fixture.snapshot(try fixture.root([below]))
        let later = try fixture.another()
        let new = try later.file("new", "new")
        try later.flush()
        let copy = try later.directory("a", [try later.file("shared", "shared"), try later.file("other", "other")])
        let second = try later.snapshot(try later.root([copy, new]))
        return Store(
            fixture: fixture, first: first, second: second, shared: ObjectKey(.chunk, try #require(shared.content).id),
            new: ObjectKey(.chunk, try #require(new.content).id))
    }

    @Test(arguments: [VerifyOptions.Depth.quick, .full]) func aWholeStoreIsClean(depth: VerifyOptions.Depth) throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var sparse = try fixture.file("sparse", [UInt8](repeating: 7, count: 5000), chunk: 300)
        sparse.size = 1 << 30
        sparse.extents = .elsewhere(try fixture.sized(TreeEntry.encode([Extent(offset: 10, length: 5000)])))
        var attributed = try fixture.file("attributed", "x")
        attributed.attributes = .elsewhere(
            try fixture.sized(TreeEntry.encode([ExtendedAttribute(name: Array("user.a".utf8), value: [1])])))
        var gap = TreeEntry(type: .file, name: Array("gap".utf8))
        gap.gap = (.unreadable, false, "permission denied")
        let many = try (0..<3000).map { try fixture.file("file-\($0)", "\($0)") }
        let root = try fixture.root(
            [sparse, attributed, gap, fixture.link("l", "m"), try fixture.directory("many", many)],
            links: [["many/file-1", "many/file-2"]])
        try fixture.snapshot(root)
        let report = try verify(fixture, depth)
        #expect(report.damages.map(\.what) == [])
        #expect(hurt(report) == [])
        #expect(report.isClean)
        #expect(report.notes == [])
        #expect(report.snapshots == 1)
        #expect(report.packs == 1)
        #expect(report.objects > 3000)
    }

    @Test func damagedBytesAreFoundByTheFullDepthAndTracedToPaths() throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        _ = try store.fixture.packs.refresh()
        try store.fixture.damage(store.shared)
        #expect(try verify(store.fixture, .quick).isClean)
        let report = try verify(store.fixture, .full)
        #expect(report.damages.count == 1)
        #expect(report.damages[0].file.hasSuffix(".pack"))
        #expect(report.damages[0].what.contains("block 0"))
        #expect(hurt(report) == ["\(store.second.short) a/shared", "\(store.first.short) a/shared"])
        #expect(report.hurtCount == 2)

        let later = try twoSnapshots()
        defer { later.fixture.remove() }
        _ = try later.fixture.packs.refresh()
        try later.fixture.damage(later.new)
        #expect(hurt(try verify(later.fixture, .full)) == ["\(later.second.short) new"])
    }

    @Test func aSecondCopyKeepsPathsWhole() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let twin = try fixture.another()
        _ = try twin.file("f", "content")
        _ = try twin.file("g", "another pack")
        let file = try fixture.file("f", "content")
        let packs = try fixture.commit()
        try twin.commit()
        let last = try fixture.another()
        try last.snapshot(try last.root([file]))
        let key = ObjectKey(.chunk, try #require(file.content).id)
        try fixture.flip(fixture.packPath(packs[0]), at: 64 + 37)
        let report = try verify(fixture, .full)
        #expect(report.damages.count == 1)
        #expect(report.damages[0].file == "packs/\(packs[0]).pack")
        #expect(report.hurtCount == 0)
        #expect(!report.isClean)
        #expect(try last.packs.copies(of: key).count == 2)
    }

    @Test func aMissingPackHurtsWhatItHeld() throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        _ = try store.fixture.packs.refresh()
        let (pack, _) = try #require(try store.fixture.packs.locate(store.shared))
        try FileManager.default.removeItem(atPath: store.fixture.packPath(try #require(pack.id)))
        let report = try verify(store.fixture, .quick)
        #expect(report.damages.isEmpty)
        #expect(report.snapshots == 2)
        // The first manifest was in it; of the second, the directory that both have.
        #expect(hurt(report) == ["\(store.second.short) a", "\(store.first.short) ."])
        #expect(!report.isClean)
    }

    @Test(arguments: [VerifyOptions.Depth.quick, .full], [-1, -80, -200, 3])
    func aDamagedIndexOrFrameIsFoundAtEitherDepth(depth: VerifyOptions.Depth, offset: Int) throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        _ = try store.fixture.packs.refresh()
        let (pack, _) = try #require(try store.fixture.packs.locate(store.new))
        let id = try #require(pack.id)
        try store.fixture.flip(store.fixture.packPath(id), at: offset)
        let report = try verify(store.fixture, depth)
        #expect(report.damages.contains { $0.file == "packs/\(id).pack" })
    }

    @Test func aCutPackIsDamage() throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        _ = try store.fixture.packs.refresh()
        let (pack, _) = try #require(try store.fixture.packs.locate(store.new))
        let id = try #require(pack.id)
        let handle = try #require(FileHandle(forWritingAtPath: store.fixture.packPath(id)))
        try handle.truncate(atOffset: pack.length - 10)
        try handle.close()
        let report = try verify(store.fixture, .quick)
        #expect(report.damages.map(\.file) == ["packs/\(id).pack"])
        #expect(hurt(report) == ["\(store.second.short) ."])
    }

    @Test func strangersAreNotedAndFalseNamesAreDamage() throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        _ = try store.fixture.packs.refresh()
        let (pack, _) = try #require(try store.fixture.packs.locate(store.new))
        let base = store.fixture.storePath
        let false1 = String(repeating: "ab", count: 32)
        try FileManager.default.copyItem(
            atPath: store.fixture.packPath(try #require(pack.id)), toPath: "\(base)/packs/\(false1).pack")
        try "x".write(toFile: "\(base)/packs/README", atomically: false, encoding: .utf8)
        try "x".write(toFile: "\(base)/tmp/left.pack", atomically: false, encoding: .utf8)
        let report = try verify(store.fixture, .quick)
        #expect(report.damages.count == 1)
        #expect(report.damages[0].file == "packs/\(false1).pack")
        #expect(report.damages[0].what.contains("not its name"))
        #expect(report.hurtCount == 0)
        #expect(report.notes.contains { $0.contains("'packs/README' is not a pack") })
        #expect(report.notes.contains { $0.contains("'tmp' has 1 files") })
    }

    @Test func damagedFilesOfTheStoreAreNamed() throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        let room = "directories/\(store.fixture.directory.id)"
        let base = store.fixture.storePath
        let timeline = "\(base)/\(room)/timelines/main"
        try store.fixture.flip(timeline, at: 30)
        try "9 from the future\n".appendLine(to: timeline)
        let opened = try store.fixture.another()
        try store.fixture.flip("\(base)/\(room)/about", at: 12)
        try store.fixture.flip("\(base)/id", at: 0)
        let report = try opened.directory.verify(VerifyOptions(), observer: Observer())
        #expect(
            report.damages.map { "\($0.file): \($0.what)" } == [
                "id: it is not 32 hexadecimal digits and a newline", "\(room)/about: its checksum is wrong",
                "\(room)/timelines/main: line 1: its checksum is wrong",
            ])
        #expect(report.notes.contains { $0.contains("1 lines of a newer version") })
        // The line of the first snapshot cannot be read any more.
        #expect(report.snapshots == 1)
        #expect(report.hurtCount == 0)
    }

    @Test func lengthsAndListsMustAddUp() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let list = try fixture.file("list", [UInt8](repeating: 3, count: 1000), chunk: 300)
        let items = try ListObject.decode(
            try ObjectReader(fixture.packs).readAfterFlush(fixture, list), leaves: .chunk, level: 1)
        let session = try fixture.another()
        var lie = items
        lie[0].length += 1
        var lying = list
        lying.name = Array("lying".utf8)
        lying.content?.id = try session.store(.list, ListObject.encode(lie[...], leaves: .chunk, level: 1))
        var long = list
        long.name = Array("too long".utf8)
        long.size -= 1
        var level = list
        level.name = Array("wrong level".utf8)
        level.content?.level = 2
        var empty = try session.file("empty", "")
        empty.size = 5
        try session.snapshot(try session.root([list, lying, long, level, empty]))
        let report = try verify(fixture, .quick)
        #expect(
            report.hurt.map { String(decoding: $0.path, as: UTF8.self) } == [
                "empty", "lying", "too long", "wrong level",
            ])
    }

    @Test func everyHurtSnapshotIsNamedAndEveryPathCounted() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let bad = try (0..<400).map { number in
            var entry = try fixture.file("missing-\(number)", "")
            entry.size = 1
            entry.content = ContentReference(level: 0, id: ObjectID(7, UInt64(number), 0, 0))
            return entry
        }
        try fixture.commit()
        for number in 0..<5 {
            let session = try fixture.another()
            let below = try session.directory("d", bad)
            try session.snapshot(try session.root([try session.file("n", "\(number)"), below]))
        }
        let report = try verify(fixture, .quick)
        #expect(report.snapshots == 5)
        #expect(report.hurtCount == 2000)
        #expect(report.hurt.count == VerifyReport.hurtLimit)
        #expect(Set(report.hurt.map(\.snapshot)).count == 5)
        #expect(report.hurt.allSatisfy { $0.path.starts(with: Array("d/missing-".utf8)) })
    }

    @Test func deepTreesAreWalked() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var bad = try fixture.file("bad", "")
        bad.size = 1
        bad.content = ContentReference(level: 0, id: ObjectID(1, 2, 3, 4))
        var inner = try fixture.directory("d", [bad])
        for _ in 1..<5000 { inner = try fixture.directory("d", [inner]) }
        try fixture.snapshot(try fixture.root([inner]))
        let report = try verify(fixture, .quick)
        #expect(report.hurtCount == 1)
        #expect(report.hurt.first?.path.count == 5000 * 2 + 3)
        #expect(report.damages.isEmpty)
    }

    @Test func removedSnapshotsAreNotChecked() throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        let lock = try store.fixture.directory.layout.locks.timeline(store.fixture.directory.id)
        let drop = TimelineEvent(time: .now, old: nil, new: store.first, event: .drop, who: "test@test/1")
        try store.fixture.directory.room.timeline.append(drop, under: lock)
        lock.release()
        #expect(try verify(store.fixture, .quick).snapshots == 1)
    }

    @Test(arguments: [VerifyOptions.Depth.quick, .full]) func itCanBeCancelled(depth: VerifyOptions.Depth) throws {
        let store = try twoSnapshots()
        defer { store.fixture.remove() }
        var observer = Observer()
        observer.isCancelled = { true }
        let error = #expect(throws: StoreError.self) { _ = try verify(store.fixture, depth, observer: observer) }
        if case .cancelled? = error {} else { Issue.record("\(String(describing: error))") }
    }
}

extension ObjectReader {
    /// The bytes of the list that is a file's content; what the fixture still holds is written before.
    fileprivate func readAfterFlush(_ fixture: StoreFixture, _ file: TreeEntry) throws -> [UInt8] {
        try fixture.commit()
        return try read(ObjectKey(.list, try #require(file.content).id))
    }
}

extension String {
    fileprivate func appendLine(to path: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(utf8))
        try handle.close()
    }
}
