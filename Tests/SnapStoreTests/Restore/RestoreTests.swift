// What a snapshot holds comes back exactly: every kind of entry, with all that belongs to it.

import CSnapSystem
import Foundation
import SnapSystem
import Testing

@testable import SnapStore

private let isRoot = Process.effectiveUser == 0

/// Compares what is in `directory` with the entries, except for content.
private func expect(
    _ entries: [TreeEntry], in directory: SeenDirectory, location: SourceLocation = #_sourceLocation
) throws {
    for entry in entries {
        let name = Comment(rawValue: String(decoding: entry.name, as: UTF8.self))
        let (facts, extra) = try directory.facts(entry.name)
        #expect(facts.owner == entry.owner, name, sourceLocation: location)
        #expect(facts.group == entry.group, name, sourceLocation: location)
        #expect(facts.mtime_seconds == entry.seconds, name, sourceLocation: location)
        #expect(facts.mtime_nanoseconds == entry.nanoseconds, name, sourceLocation: location)
        if entry.type != .symbolicLink { #expect(facts.permissions == entry.mode, name, sourceLocation: location) }
        if entry.type == .file { #expect(facts.size == entry.size, name, sourceLocation: location) }
        if let target = entry.target {
            #expect(try directory.readLink(entry.name) == target, name, sourceLocation: location)
        }
        if let device = entry.device {
            #expect(
                extra.node_major == device.major && extra.node_minor == device.minor, name, sourceLocation: location)
        }
        let expected: FileType =
            switch entry.type {
            case .file: .regular
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            case .fifo: .fifo
            case .socket: .socket
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            case .unknown: .unknown
            }
        #expect(facts.type == expected, name, sourceLocation: location)
        if case .here(let attributes)? = entry.attributes {
            let present = try directory.attributes(entry.name).filter { $0.name != Array("security.selinux".utf8) }
            #expect(present == attributes, name, sourceLocation: location)
        }
    }
}

private func attribute(_ name: String, _ value: [UInt8]) -> ExtendedAttribute {
    ExtendedAttribute(name: Array(name.utf8), value: value)
}

/// An access-control list as the kernel has it: version 2, then tag, permissions and id.
private func acl(_ entries: [(tag: UInt16, permissions: UInt16, id: UInt32)]) -> [UInt8] {
    littleEndian(UInt32(2))
        + entries.flatMap { littleEndian($0.tag) + littleEndian($0.permissions) + littleEndian($0.id) }
}

private let accessList = acl([
    (1, 6, .max), (2, 7, 4242), (4, 4, .max), (16, 7, .max), (32, 0, .max),
])

@Suite struct RestoreTests {
    @Test(.enabled(if: isRoot)) func everyKindOfEntryComesBackExactly() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var entries: [TreeEntry] = []
        for mode: UInt16 in [0, 0o400, 0o444, 0o600, 0o644, 0o666, 0o777, 0o2755, 0o4755, 0o6711, 0o1644] {
            var entry = try fixture.file("mode-\(mode)", "mode \(mode)", mode: mode)
            entries.append(entry)
            entry.name += Array("-owned".utf8)
            entry.owner = 1234
            entry.group = 2345
            entries.append(entry)
        }
        entries.append(try fixture.file("empty", ""))
        var old = try fixture.file("before 1970", "old")
        old.seconds = -12345
        old.nanoseconds = 1
        entries.append(old)
        var strange = try fixture.file("", "strange")
        strange.name = [0xFF, 0x0A, 0x22, 0x5C, 0x01, 0x7F, 0x2A]
        entries.append(strange)
        var long = try fixture.file("", "long")
        long.name = Array(repeating: 0x78, count: 255)
        entries.append(long)
        var link = fixture.link("link", "no/such\u{1}place")
        link.owner = 77
        link.group = 88
        link.nanoseconds = 5
        entries.append(link)
        for (type, name) in [
            (EntryType.fifo, "fifo"), (.socket, "socket"), (.characterDevice, "null"), (.blockDevice, "block"),
        ] {
            var node = TreeEntry(type: type, name: Array(name.utf8))
            node.mode = 0o622
            node.owner = 9
            node.seconds = 42
            if type == .characterDevice || type == .blockDevice { node.device = (1, 300_000) }
            entries.append(node)
        }
        for mode: UInt16 in [0, 0o555, 0o700, 0o755, 0o1777, 0o2775] {
            var inner = try fixture.directory("dir-\(mode)", [try fixture.file("inside", "inside")], mode: mode)
            entries.append(inner)
            inner.name += Array("-owned".utf8)
            inner.owner = 1234
            inner.group = 2345
            entries.append(inner)
        }
        entries.append(try fixture.directory("empty-directory", []))
        let root = try fixture.root(entries) {
            $0.mode = 0o2751
            $0.owner = 55
            $0.group = 66
            $0.nanoseconds = 999_999_999
        }
        try fixture.commit()

        let (target, report) = try fixture.restore(root)
        #expect(report.failures.map { "\($0.path): \($0.reason)" } == [])
        #expect(report.failureCount == 0)
        #expect(report.files == 26 + 12)
        #expect(report.directories == 1 + 13)
        #expect(report.others == 5)
        try expect(entries, in: target)
        #expect(try target.text("mode-420") == "mode 420")
        #expect(try target.text("dir-0-owned/inside") == "inside")
        let facts = try target.facts()
        #expect(facts.permissions == 0o2751)
        #expect(facts.owner == 55 && facts.group == 66)
        #expect(facts.mtime_seconds == 1_000_000_000 && facts.mtime_nanoseconds == 999_999_999)
    }

    @Test(.enabled(if: isRoot)) func attributesListsAndCapabilitiesComeBack() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var file = try fixture.file("file", "x", mode: 0o670)
        file.owner = 1000
        file.attributes = .here([
            attribute("security.capability", [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            attribute("system.posix_acl_access", accessList),
            attribute("trusted.snap", [1, 2, 3]),
            attribute("user.empty", []),
        ])
        var readOnly = try fixture.file("read-only", "x", mode: 0o400)
        readOnly.attributes = .here([attribute("user.a", Array(repeating: 0x41, count: 1000))])
        var plain = try fixture.file("plain", "x", mode: 0o664)
        plain.attributes = .here([])
        var inner = try fixture.directory("inner", [plain], mode: 0o2755)
        inner.attributes = .here([])
        var outer = try fixture.directory("outer", [plain, inner], mode: 0o770)
        outer.attributes = .here([
            attribute(
                "system.posix_acl_access",
                acl([(1, 7, .max), (2, 7, 4242), (4, 5, .max), (16, 7, .max), (32, 0, .max)])),
            attribute("system.posix_acl_default", accessList), attribute("user.dir", [7]),
        ])
        var link = fixture.link("link", "x")
        link.attributes = .here([attribute("trusted.link", [9])])
        let entries = [file, readOnly, outer, link]
        let root = try fixture.root(entries)
        var elsewhere = try fixture.file("elsewhere", "x")
        let many = (10..<30).map { attribute("user.name\($0)", Array(repeating: UInt8($0), count: 100)) }
        elsewhere.attributes = .elsewhere(try fixture.sized(TreeEntry.encode(many)))
        let other = try fixture.root([elsewhere])
        try fixture.commit()

        let (target, report) = try fixture.restore(root)
        #expect(report.failures.map(\.reason) == [])
        try expect(entries, in: target)
        let below = try target.open("outer")
        try expect([plain, inner], in: below)
        let (second, secondReport) = try fixture.restore(other, named: "second")
        #expect(secondReport.failures.map(\.reason) == [])
        #expect(try second.attributes(elsewhere.name) == many)
    }

    @Test(.enabled(if: isRoot)) func whatTheTargetHadBeforeDoesNotReachItsEntries() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var file = try fixture.file("file", "x", mode: 0o640)
        file.attributes = .here([])
        var inner = try fixture.directory("inner", [file], mode: 0o750)
        inner.attributes = .here([])
        let root = try fixture.root([file, inner]) { $0.mode = 0o755 }
        try fixture.commit()
        let place = fixture.path + "/out"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        do {
            let before = try FileDescriptor.open(Array(place.utf8), [.read, .directory])
            try before.setAttribute(attribute("system.posix_acl_default", accessList))
            try before.setAttribute(attribute("user.before", [1]))
            try before.setOwner(0, group: 4711)
            try before.setPermissions(0o2777)
        }
        let (target, report) = try fixture.restore(root)
        #expect(report.failureCount == 0)
        try expect([file, inner], in: target)
        try expect([file], in: try target.open("inner"))
        #expect(try target.attributes() == [])
        #expect(try target.facts().permissions == 0o755)
    }

    @Test func linkedNamesBecomeOneFile() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        func named(_ entry: TreeEntry, _ name: String) -> TreeEntry {
            var entry = entry
            entry.name = Array(name.utf8)
            return entry
        }
        let file = try fixture.file("b", "shared")
        let link = fixture.link("s", "b")
        var fifo = fixture.entry(.fifo, "p")
        fifo.mode = 0o600
        let far = try fixture.directory("z", [named(file, "again"), named(link, "s2"), named(fifo, "p2")], mode: 0o555)
        let open = try fixture.directory("y", [named(file, "late")])
        let near = try fixture.directory("a", [file])
        let entries = [near, try fixture.file("alone", "shared"), named(file, "c"), fifo, link, far, open]
        let root = try fixture.root(
            entries,
            links: [["a/b", "c", "y/late", "z/again"], ["p", "z/p2"], ["s", "z/s2"]])
        try fixture.commit()

        let (target, report) = try fixture.restore(root)
        #expect(report.failures.map(\.reason) == [])
        func inode(_ path: String) throws -> UInt64 { try target.facts(path).inode }
        #expect(try inode("a/b") == inode("c"))
        #expect(try inode("a/b") == inode("z/again"))
        #expect(try inode("p") == inode("z/p2"))
        #expect(try inode("s") == inode("z/s2"))
        #expect(try inode("alone") != inode("c"))
        #expect(try target.facts("c").links == 4)
        #expect(report.files == 5)
        try expect(entries, in: target)
    }

    @Test func aLinkTableThatLiesDoesNoHarm() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        try "safe".write(toFile: fixture.path + "/outside", atomically: false, encoding: .utf8)
        let entries = [
            try fixture.file("a", "1"), try fixture.file("b", "2"),
            try fixture.directory("d", [try fixture.file("x", "3")]),
            fixture.link("out", ".."),
        ]
        let root = try fixture.root(
            entries, links: [["nowhere", "a", "b"], ["d", "d/x"], ["out/outside", "d/y"], ["out/new", "out"]])
        let escaping = try fixture.root(entries, links: [["../outside", "a"]])
        try fixture.commit()
        let (target, report) = try fixture.restore(root)
        #expect(try target.names() == ["a", "b", "d", "out"])
        #expect(try target.text("a") == "1")
        #expect(try target.text("d/x") == "3")
        #expect(try target.facts("a").inode == target.facts("b").inode)
        #expect(report.files == 3)
        #expect(try String(contentsOfFile: fixture.path + "/outside", encoding: .utf8) == "safe")
        #expect(!FileManager.default.fileExists(atPath: fixture.path + "/new"))

        let (second, secondReport) = try fixture.restore(escaping, named: "second")
        #expect(secondReport.failures.contains { $0.path == [0x2E] && $0.reason.contains("link table") })
        #expect(try second.text("a") == "1")
    }

    @Test func sparseFilesKeepTheirHoles() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let data = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var sparse = try fixture.file("sparse", data, chunk: 70_000)
        sparse.size = 5 << 30
        sparse.extents = .here([
            Extent(offset: 4096, length: 100_000), Extent(offset: 1 << 20, length: 150_000),
            Extent(offset: (5 << 30) - 50_000, length: 50_000),
        ])
        var hole = try fixture.file("hole", "")
        hole.size = 1 << 40
        hole.extents = .here([])
        var elsewhere = try fixture.file("elsewhere", "abc")
        elsewhere.size = 10
        elsewhere.extents = .elsewhere(try fixture.sized(TreeEntry.encode([Extent(offset: 2, length: 3)])))
        var short = sparse
        short.name = Array("short".utf8)
        short.extents = .here([Extent(offset: 0, length: 300_001)])
        let root = try fixture.root([sparse, hole, elsewhere, short])
        try fixture.commit()

        let (target, report) = try fixture.restore(root)
        #expect(report.failures.contains { $0.path == short.name })
        #expect(!target.isThere("short"))
        #expect(try target.facts("sparse").size == 5 << 30)
        #expect(try target.bytes("sparse", at: 4096, count: 100_000) == Array(data[..<100_000]))
        #expect(try target.bytes("sparse", at: 1 << 20, count: 150_000) == Array(data[100_000..<250_000]))
        #expect(try target.bytes("sparse", at: (5 << 30) - 50_000, count: 60_000) == Array(data[250_000...]))
        #expect(try target.bytes("sparse", at: 200_000, count: 1000) == [UInt8](repeating: 0, count: 1000))
        #expect(try target.facts(sparse.name).1.blocks < 4096)
        #expect(try target.facts(hole.name).0.size == 1 << 40)
        #expect(try target.facts(hole.name).1.blocks == 0)
        #expect(try target.bytes("elsewhere") == [0, 0, 0x61, 0x62, 0x63, 0, 0, 0, 0, 0])
    }

    @Test func largeContentsComeFromListsOfLists() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        // Some thousand chunks, so that there are two levels of lists.
        let data = (0..<600_000).map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 7) }
        let file = try fixture.file("large", data, chunk: 100)
        #expect(try #require(file.content).level >= 2)
        let root = try fixture.root([file])
        try fixture.commit()
        let (target, _) = try fixture.restore(root)
        #expect(try target.bytes("large") == data)
    }

    @Test(arguments: [1, 4]) func wideDirectoriesComeBackWhole(threads: Int) throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        var entries: [TreeEntry] = []
        for number in 0..<5000 { entries.append(try fixture.file("file-\(number)", "\(number)")) }
        for number in 0..<500 {
            entries.append(try fixture.directory("directory-\(number)", [try fixture.file("in", "\(number)")]))
        }
        let wide = try fixture.directory("wide", entries)
        #expect(try #require(wide.content).level >= 1)
        let root = try fixture.root([wide])
        try fixture.commit()
        let (target, report) = try fixture.restore(root, threads: threads)
        #expect(report.files == 5500)
        #expect(report.directories == 502)
        let open = try target.open("wide")
        #expect(try open.names().count == 5500)
        #expect(try open.text("file-4321") == "4321")
        #expect(try open.text("directory-499/in") == "499")
        #expect(try open.facts().mtime_seconds == wide.seconds)
    }
}
