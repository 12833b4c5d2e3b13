// Trees deeper than a stack, a path or the table of open files.

import CSnapSystem
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct RestoreDepthTests {
    /// `levels` directories in one another, each with a file behind the next directory in order, so that it is made
    /// on the way back.
    private func nested(_ fixture: StoreFixture, _ levels: Int, _ name: String, mode: UInt16) throws -> TreeEntry {
        var inner = try fixture.directory(name, [try fixture.file("z", "bottom")], mode: mode)
        for level in 1..<levels {
            inner = try fixture.directory(name, [inner, try fixture.file("z", "\(level)")], mode: mode)
        }
        return inner
    }

    private func check(_ target: SeenDirectory, _ levels: Int, _ name: String, mode: UInt16) throws {
        var current = target
        for level in (0..<levels).reversed() {
            current = try current.open(name)
            let facts = try current.facts()
            guard facts.permissions == mode, facts.mtime_seconds == 1_200_000_000 + Int64(name.utf8.count),
                try current.text("z") == (level == 0 ? "bottom" : "\(level)")
            else {
                Issue.record("level \(level) is not as it was")
                return
            }
        }
        #expect(try current.names() == ["z"])
    }

    @Test(
        arguments: [(5000, "d", 0o755), (300, String(repeating: "n", count: 200), 0o755), (300, "read-only", 0o555)]
            as [(Int, String, UInt16)])
    func deepTreesComeBack(levels: Int, name: String, mode: UInt16) throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let root = try fixture.root([try nested(fixture, levels, name, mode: mode)])
        try fixture.commit()
        let (target, report) = try fixture.restore(root, threads: 3)
        #expect(report.directories == UInt64(levels) + 1)
        #expect(report.files == UInt64(levels))
        try check(target, levels, name, mode: mode)
    }

    @Test func linksReachTheDepth() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let name = String(repeating: "k", count: 100)
        let root = try fixture.root(
            [try nested(fixture, 200, name, mode: 0o500), try fixture.file("z", "bottom")],
            links: [[Array(repeating: name, count: 200).joined(separator: "/") + "/z", "z"]])
        try fixture.commit()
        let (target, _) = try fixture.restore(root)
        try check(target, 200, name, mode: 0o500)
        #expect(try target.facts("z").links == 2)
    }
}
