// What cannot be put back is named, and everything else is there.

import CSnapSystem
import Foundation
import SnapSystem
import Synchronization
import Testing

@testable import SnapStore

@Suite struct RestoreFailureTests {
    private func paths(_ report: RestoreReport) -> [String] {
        report.failures.map { String(decoding: $0.path, as: UTF8.self) }
    }

    @Test func damagedContentCostsOneFile() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let good = try fixture.file("good", "good")
        try fixture.flush()
        let bad = try fixture.file("bad", [UInt8](repeating: 1, count: 300_000))
        try fixture.flush()
        let root = try fixture.root([good, try fixture.directory("d", [bad, good])])
        try fixture.commit()
        // The second of two chunks, so that the first is written before the damage shows.
        let list = try #require(bad.content)
        let items = try ListObject.decode(
            try ObjectReader(fixture.packs).read(ObjectKey(.list, list.id)), leaves: .chunk, level: 1)
        try fixture.damage(ObjectKey(.chunk, items[1].reference.id))

        let (target, report) = try fixture.restore(root)
        #expect(paths(report) == ["d/bad"])
        #expect(report.failures[0].reason.contains("checksum"))
        #expect(report.failureCount == 1)
        #expect(report.files == 2)
        #expect(!target.isThere("d/bad"))
        #expect(try target.text("d/good") == "good")
        #expect(try target.facts("d").mtime_seconds == 1_200_000_001)
    }

    @Test func missingChunksAndWrongSizesAreReported() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var missing = try fixture.file("missing", "")
        missing.size = 3
        missing.content = ContentReference(level: 0, id: ObjectID(1, 2, 3, 4))
        var long = try fixture.file("long", "content")
        long.size = 6
        var short = try fixture.file("short", "content")
        short.size = 8
        var none = try fixture.file("none", "")
        none.size = 1
        var link = fixture.entry(.symbolicLink, "target")
        link.mode = 0o777
        let root = try fixture.root([missing, long, short, none, link, try fixture.file("zero", "")])
        try fixture.commit()
        let (target, report) = try fixture.restore(root)
        #expect(paths(report) == ["long", "missing", "none", "short", "target"])
        #expect(try target.names() == ["zero"])
    }

    @Test func aDamagedTreeCostsItsEntriesOnly() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let lost = try fixture.directory("lost", [try fixture.file("a", "a")])
        try fixture.flush()
        let root = try fixture.root([lost, try fixture.directory("whole", [try fixture.file("b", "b")])])
        try fixture.commit()
        try fixture.damage(ObjectKey(.tree, try #require(lost.content).id))
        let (target, report) = try fixture.restore(root)
        #expect(paths(report) == ["lost"])
        #expect(report.directories == 3)
        #expect(try target.open("lost").names() == [])
        #expect(try target.text("whole/b") == "b")
    }

    @Test func newerAndImpossibleEntriesArePassedOver() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let plain = try fixture.file("plain", "plain")
        var newer = try fixture.file("newer", "x").encoded()
        newer[4] = 9
        var damaged = try fixture.file("odd", "x").encoded()
        damaged[19] = 0xFF
        var dot = fixture.entry(.directory, ".")
        dot.mode = 0o700
        var gap = fixture.entry(.directory, "gap")
        gap.gap = (.cacheDirectory, false, "")
        var unstable = try fixture.file("unstable", "some")
        unstable.gap = (.unstable, true, "")
        let content = try fixture.tree(encoded: [
            (dot.name, dot.encoded()), (gap.name, gap.encoded()), (Array("newer".utf8), newer),
            (Array("odd".utf8), damaged),
            (plain.name, plain.encoded()), (unstable.name, unstable.encoded()),
        ])
        let root = try fixture.root([]) { $0.content = content }
        try fixture.commit()
        let (target, report) = try fixture.restore(root)
        #expect(paths(report) == [".", "newer", "odd"])
        #expect(report.gaps == 1)
        #expect(try target.names() == ["plain", "unstable"])
    }

    @Test func listsThatRepeatThemselvesAreRefused() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let leaf = try #require(try fixture.tree([try fixture.file("a", "a")]))
        var reference = ListReference(reference: leaf, length: 1, key: [0x61])
        // Eight levels of a thousand equal references each would be a directory without an end.
        for level: UInt8 in 1...8 {
            let items = [ListReference](repeating: reference, count: 1000)
            let id = try fixture.store(.list, ListObject.encode(items[...], leaves: .tree, level: level))
            reference = ListReference(reference: ContentReference(level: level, id: id), length: 1, key: [0x61])
        }
        let root = try fixture.root([]) { $0.content = reference.reference }
        try fixture.commit()
        let (target, report) = try fixture.restore(root)
        #expect(paths(report) == ["."])
        #expect(try target.names() == ["a"])
    }

    @Test func withoutItsRootTreeNothingIsWritten() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let tree = try #require(try fixture.tree([try fixture.file("a", "a"), try fixture.file("b", "b")])).id
        try fixture.commit()
        #expect(throws: StoreError.self) { _ = try fixture.restore(ObjectID(1, 1, 1, 1)) }
        #expect(throws: StoreError.self) { _ = try fixture.restore(tree) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.path + "/out") == [])
    }

    @Test func cancellingStopsAndKeepsWhatIsThere() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var entries: [TreeEntry] = []
        for number in 0..<2000 {
            entries.append(try fixture.directory("directory-\(number)", [try fixture.file("f", "\(number)")]))
        }
        let root = try fixture.root(entries)
        try fixture.commit()
        let files = Atomic<UInt64>(0)
        var observer = Observer()
        observer.progress = { if case .counted(let count) = $0 { files.store(count.files, ordering: .relaxed) } }
        observer.isCancelled = { files.load(ordering: .relaxed) >= 100 }
        let error = #expect(throws: StoreError.self) { _ = try fixture.restore(root, observer: observer) }
        guard case .cancelled? = error else {
            Issue.record("not cancelled but \(String(describing: error))")
            return
        }
        #expect(files.load(ordering: .relaxed) < 2000)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.path + "/out").isEmpty == false)
    }

    @Test(.enabled(if: Process.effectiveUser != 0, "needs a user that is not root"))
    func whatAUserMayNotDoIsNamed() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var foreign = try fixture.file("foreign", "f", mode: 0o4755)
        foreign.owner = 0
        var device = fixture.entry(.characterDevice, "null")
        device.device = (1, 3)
        var trusted = try fixture.file("trusted", "t", mode: 0o444)
        trusted.attributes = .here([
            ExtendedAttribute(name: Array("trusted.a".utf8), value: [1]),
            ExtendedAttribute(name: Array("user.a".utf8), value: [2]),
        ])
        // More of them than are kept open: the innermost must be closed first.
        var closed = try fixture.directory("closed", [try fixture.file("in", "in", mode: 0)], mode: 0)
        for _ in 0..<300 { closed = try fixture.directory("closed", [closed], mode: 0) }
        let root = try fixture.root([foreign, device, trusted, closed, try fixture.file("own", "own")])
        try fixture.commit()
        let (target, report) = try fixture.restore(root)
        #expect(paths(report) == ["foreign", "null", "trusted"])
        #expect(try target.text("foreign") == "f")
        // It would run as whoever restored it.
        #expect(try target.facts(foreign.name).0.permissions == 0o755)
        #expect(try target.attributes(trusted.name) == [ExtendedAttribute(name: Array("user.a".utf8), value: [2])])
        #expect(try target.facts(trusted.name).0.permissions == 0o444)
        #expect(try target.facts(closed.name).0.permissions == 0)
    }
}

@Suite struct RestoreTargetTests {
    @Test func theTargetIsMadeOrEmptyOrRefused() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let id = try fixture.snapshot(try fixture.root([try fixture.file("a", "a")]))
        func restore(_ path: String) throws -> RestoreReport {
            try fixture.directory.restore(id, into: Array((fixture.path + path).utf8), paths: [], observer: Observer())
        }
        #expect(try restore("/new/").files == 1)
        #expect(try String(contentsOfFile: fixture.path + "/new/a", encoding: .utf8) == "a")
        try FileManager.default.createDirectory(atPath: fixture.path + "/empty", withIntermediateDirectories: false)
        #expect(try restore("/empty").files == 1)
        let notEmpty = #expect(throws: StoreError.self) { _ = try restore("/empty") }
        if case .notEmpty? = notEmpty {} else { Issue.record("\(String(describing: notEmpty))") }
        for refused in ["/new/a", "/no/parent"] {
            #expect(throws: StoreError.self) { _ = try restore(refused) }
        }
        #expect(try String(contentsOfFile: fixture.path + "/new/a", encoding: .utf8) == "a")
    }
}
