// Putting back some paths of a snapshot: those that were asked for, the way to them, and nothing else.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct RestoreSelectionTests {
    private let fixture: StoreFixture
    private let place: String

    init() throws {
        fixture = try StoreFixture()
        place = fixture.path + "/out"
    }

    private func restore(_ id: ObjectID, _ paths: [String], observer: Observer = Observer()) throws -> RestoreReport {
        try fixture.directory.restore(
            id, into: Array(place.utf8), paths: paths.map { Array($0.utf8) }, observer: observer)
    }

    /// Every path that is there, sorted; directories end in a slash.
    private func there() throws -> [String] {
        let all = try #require(FileManager.default.enumerator(atPath: place))
        return all.compactMap { $0 as? String }.map { path in
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: place + "/" + path, isDirectory: &isDirectory)
            return isThere && isDirectory.boolValue ? path + "/" : path
        }.sorted()
    }

    private func open() throws -> SeenDirectory {
        SeenDirectory(try FileDescriptor.open(Array(place.utf8), [.read, .directory]))
    }

    /// a/{b/{x.o, y.c}, c/{}, x.c}  d/{x.o}  e  x.o/{in}
    private func sample() throws -> ObjectID {
        let b = try fixture.directory(
            "b", [try fixture.file("x.o", "abx"), try fixture.file("y.c", "aby")], mode: 0o555)
        let a = try fixture.directory(
            "a", [b, try fixture.directory("c", []), try fixture.file("x.c", "ax")], mode: 0o711)
        let d = try fixture.directory("d", [try fixture.file("x.o", "dx")])
        let object = try fixture.directory("x.o", [try fixture.file("in", "in")])
        return try fixture.snapshot(try fixture.root([a, d, try fixture.file("e", "e"), object]) { $0.mode = 0o750 })
    }

    @Test(
        arguments: [
            (["e"], ["e"], 0), (["a"], ["a/", "a/b/", "a/b/x.o", "a/b/y.c", "a/c/", "a/x.c"], 3),
            (["a/b/x.o"], ["a/", "a/b/", "a/b/x.o"], 2), (["a/c"], ["a/", "a/c/"], 2),
            (["a/b/", "e"], ["a/", "a/b/", "a/b/x.o", "a/b/y.c", "e"], 2),
            (["*.o"], ["a/", "a/b/", "a/b/x.o", "d/", "d/x.o", "x.o/", "x.o/in"], 4),
            (["*/x.?"], ["a/", "a/b/", "a/b/x.o", "a/x.c", "d/", "d/x.o"], 3),
            (["x.o/in", "x.o"], ["x.o/", "x.o/in"], 1),
            (["?"], ["a/", "a/b/", "a/b/x.o", "a/b/y.c", "a/c/", "a/x.c", "d/", "d/x.o", "e"], 4),
            (["*/"], ["a/", "a/b/", "a/b/x.o", "a/b/y.c", "a/c/", "a/x.c", "d/", "d/x.o", "x.o/", "x.o/in"], 5),
        ] as [([String], [String], UInt64)])
    func onlyWhatIsSelectedIsPut(paths: [String], expected: [String], directories: UInt64) throws {
        defer { fixture.remove() }
        let report = try restore(try sample(), paths)
        #expect(try there() == expected)
        #expect(report.failures.map(\.reason) == [])
        #expect(report.directories == directories)
        #expect(report.files == UInt64(expected.count) - directories)
        let facts = try open().facts()
        #expect(facts.permissions == 0o700)
        #expect(facts.mtime_seconds > 1_500_000_000)
    }

    @Test func directoriesOnTheWayHaveWhatIsTheirOwn() throws {
        defer { fixture.remove() }
        _ = try restore(try sample(), ["a/b/x.o"])
        let a = try open().open("a")
        #expect(try a.facts().permissions == 0o711)
        #expect(try a.facts().mtime_seconds == 1_200_000_001)
        let b = try a.open("b")
        #expect(try b.facts().permissions == 0o555)
        #expect(try b.facts().mtime_nanoseconds == 987_654_321)
        #expect(try b.text("x.o") == "abx")
        #expect(try b.facts("x.o").mtime_seconds == 1_100_000_003)
    }

    @Test(arguments: [[], ["."], ["", "e"]]) func theRootIsEverythingAndGetsItsMetadata(paths: [String]) throws {
        defer { fixture.remove() }
        let report = try restore(try sample(), paths)
        #expect(try there().count == 11)
        #expect(report.directories == 6)
        #expect(try open().facts().permissions == 0o750)
        #expect(try open().facts().mtime_seconds == 1_000_000_000)
    }

    @Test func thePlaceKeepsWhatItHas() throws {
        defer { fixture.remove() }
        let id = try sample()
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        let made = try FileDescriptor.open(Array(place.utf8), [.read, .directory])
        try made.setPermissions(0o2755)
        let attribute = ExtendedAttribute(name: Array("user.kept".utf8), value: [1, 2])
        try made.setAttribute(attribute)
        // What is made in it would inherit this.
        let entries: [(tag: UInt16, permissions: UInt16, id: UInt32)] = [
            (1, 7, .max), (2, 7, 4321), (4, 5, .max), (16, 7, .max), (32, 5, .max),
        ]
        let list = ExtendedAttribute(
            name: Array("system.posix_acl_default".utf8),
            value: littleEndian(UInt32(2))
                + entries.flatMap { littleEndian($0.tag) + littleEndian($0.permissions) + littleEndian($0.id) })
        let hasLists = (try? made.setAttribute(list)) != nil
        #expect(try restore(id, ["a/b", "e"]).failures.map(\.reason) == [])
        let place = try open()
        #expect(try place.facts().permissions == 0o2755)
        let kept = try place.attributes().filter { $0.name != Array("security.selinux".utf8) }
        #expect(kept == (hasLists ? [list, attribute] : [attribute]))
        #expect(try place.attributes(Array("e".utf8)).allSatisfy { !$0.name.starts(with: Array("system.".utf8)) })
        let a = try place.open("a")
        #expect(try a.attributes().allSatisfy { !$0.name.starts(with: Array("system.".utf8)) })
        #expect(try a.facts().permissions == 0o711)
        #expect(try place.facts("e").permissions == 0o644)
    }

    @Test(
        arguments: [
            (["no"], "no"), (["a/no"], "a/no"), (["e", "*.zip", "no"], "*.zip"), (["e/"], "e/"), (["e/x"], "e/x"),
            (["a", "a/b/no"], "a/b/no"), ([".", "no"], "no"), (["/a"], "/a"), (["a/../e"], "a/../e"), (["[a"], "[a"),
            (["x.c"], "x.c"),
        ] as [([String], String)])
    func aPathThatIsNotThereIsAnErrorBeforeAnythingIsMade(paths: [String], named: String) throws {
        defer { fixture.remove() }
        let id = try sample()
        let error = #expect(throws: StoreError.self) { _ = try restore(id, paths) }
        guard case .pathNotFound(let path)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(String(decoding: path, as: UTF8.self) == named)
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test func linksStayLinksAmongWhatIsSelected() throws {
        defer { fixture.remove() }
        func named(_ entry: TreeEntry, _ name: String) -> TreeEntry {
            var entry = entry
            entry.name = Array(name.utf8)
            return entry
        }
        let file = try fixture.file("1", "shared", mode: 0o640)
        let id = try fixture.snapshot(
            try fixture.root(
                [
                    try fixture.directory("a", [file, named(file, "2")]),
                    try fixture.directory("b", [named(file, "3"), named(file, "4")], mode: 0o555),
                    named(file, "5"),
                ], links: [["a/1", "a/2", "b/3", "b/4", "5"]]))
        // The first of the group is not among them.
        let report = try restore(id, ["b/?", "5"])
        #expect(try there() == ["5", "b/", "b/3", "b/4"])
        #expect(report.failures.map(\.reason) == [])
        #expect(report.files == 3)
        let target = try open()
        #expect(try target.facts("5").links == 3)
        #expect(try target.facts("5").inode == target.facts("b/3").inode)
        #expect(try target.facts("5").inode == target.facts("b/4").inode)
        #expect(try target.text("b/4") == "shared")
        #expect(try target.facts("b").mtime_seconds == 1_200_000_001)
    }

    @Test func wideAndDeepDirectoriesAreSearched() throws {
        defer { fixture.remove() }
        var entries: [TreeEntry] = []
        for number in 0..<3000 { entries.append(try fixture.file("file-\(number)", "\(number)")) }
        let wide = try fixture.directory("wide", entries)
        #expect(try #require(wide.content).level >= 1)
        var deep = try fixture.directory("d", [try fixture.file("bottom", "bottom")])
        for _ in 0..<2500 { deep = try fixture.directory("d", [deep, try fixture.file("z", "z")]) }
        let id = try fixture.snapshot(try fixture.root([wide, deep]))
        let report = try restore(id, ["*om", "wide/file-123?"])
        #expect(report.files == 11)
        #expect(report.directories == 2502)
        let target = try open()
        #expect(try target.open("wide").names().count == 10)
        #expect(try target.text("wide/file-1239") == "1239")
        #expect(try target.open("d").names() == ["d"])
    }

    @Test func gapsThatAreSelectedAreCounted() throws {
        defer { fixture.remove() }
        func gap(_ type: EntryType, _ name: String) -> TreeEntry {
            var entry = fixture.entry(type, name)
            entry.gap = (.unreadable, false, "")
            return entry
        }
        let id = try fixture.snapshot(
            try fixture.root([try fixture.directory("a", [gap(.file, "secret")]), gap(.directory, "shut")]))
        let report = try restore(id, ["a/secret"])
        #expect(report.gaps == 1)
        #expect(try there() == ["a/"])
        #expect(throws: StoreError.self) { _ = try restore(id, ["shut/in"]) }
    }

    @Test func whatCannotBeReadIsReportedAndNotMissing() throws {
        defer { fixture.remove() }
        let lost = try fixture.directory("lost", [try fixture.file("x", "x")])
        try fixture.flush()
        let id = try fixture.snapshot(try fixture.root([lost, try fixture.file("e", "e")]))
        try fixture.damage(ObjectKey(.tree, try #require(lost.content).id))
        let directory = try WorkingDirectory.open(containing: Array((fixture.path + "/work").utf8))
        func restore(_ paths: [String], _ place: String) throws -> RestoreReport {
            try directory.restore(
                id, into: Array((fixture.path + place).utf8), paths: paths.map { Array($0.utf8) }, observer: Observer())
        }
        let report = try restore(["lost/x", "e"], "/first")
        #expect(report.isPartial)
        #expect(report.failures.first?.path == Array("lost".utf8))
        #expect(report.files == 1)
        // What is asked for lies elsewhere.
        #expect(!(try restore(["e"], "/second").isPartial))
        #expect(throws: StoreError.self) { _ = try restore(["no"], "/third") }
    }

    @Test func aSearchCanBeCancelled() throws {
        defer { fixture.remove() }
        let id = try sample()
        var observer = Observer()
        observer.isCancelled = { true }
        let error = #expect(throws: StoreError.self) { _ = try restore(id, ["*.o"], observer: observer) }
        if case .cancelled? = error {} else { Issue.record("\(String(describing: error))") }
        #expect(!FileManager.default.fileExists(atPath: place))
    }
}
