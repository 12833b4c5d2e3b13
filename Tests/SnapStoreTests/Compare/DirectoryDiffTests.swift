// What differs between snapshots, and between a snapshot and the directory: every path once, with its kind of change, and nothing written.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct DirectoryDiffTests {
    private func withBed(_ body: (CoverBed) throws -> Void) throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        try body(bed)
    }

    private func diff(_ bed: CoverBed, _ old: ObjectID, _ new: ObjectID? = nil, paths: [String] = []) throws
        -> DirectoryDiff
    {
        var options = DiffOptions()
        options.threads = 2
        options.paths = paths.map { Array($0.utf8) }
        return try bed.directory.diff(old, new, options, observer: Observer())
    }

    /// `modified a`, sorted; what only has other times is not among them.
    private func lines(_ diff: DirectoryDiff) -> [String] {
        diff.changes.filter(\.isVisible).map { "\($0.action.rawValue) \(String(decoding: $0.path, as: UTF8.self))" }
    }

    @Test func everyKindOfChangeIsToldOnce() throws {
        try withBed { bed in
            for name in ["edited", "gone", "mode", "dir/same", "dir/deep/edited", "kind"] {
                try bed.write(name, "content of \(name)\n")
            }
            try bed.write("moved", (0..<30).map { "line \($0)\n" }.joined())
            let old = try bed.take().report.id
            try bed.write("edited", "something else\n")
            try bed.write("dir/deep/edited", "longer than before it was\n")
            try bed.delete("gone")
            try bed.write("new/file", "new\n")
            try bed.delete("moved")
            try bed.write("dir/there", (0..<30).map { "line \($0)\n" }.joined() + "more\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: bed.path + "/mode")
            try bed.delete("kind")
            try FileManager.default.createSymbolicLink(atPath: bed.path + "/kind", withDestinationPath: "edited")
            let expected = [
                "modified dir/deep/edited", "renamed dir/there", "modified edited", "deleted gone",
                "type-changed kind", "modified mode", "added new", "added new/file",
            ]
            #expect(lines(try diff(bed, old)) == expected)
            let new = try bed.take().report.id
            let between = try diff(bed, old, new)
            #expect(lines(between) == expected)
            let renamed = try #require(between.changes.first { $0.action == .renamed })
            #expect(renamed.old.map { $0.path } == Array("moved".utf8))
            #expect(renamed.similarityPercent > 90 && renamed.similarityPercent < 100)
            #expect(
                lines(try diff(bed, old, new, paths: ["dir/deep", "gone"])) == [
                    "modified dir/deep/edited", "deleted gone",
                ])
            #expect(try diff(bed, new).changes.isEmpty)
            #expect(try diff(bed, new, new).changes.isEmpty)
        }
    }

    @Test func contentsOfTheDirectoryAreThoseOfItsFilesNow() throws {
        try withBed { bed in
            try bed.write("file", "one\ntwo\n")
            let old = try bed.take().report.id
            try bed.write("file", "one\n2\n")
            let found = try diff(bed, old)
            let change = try #require(found.changes.first { $0.action == .modified })
            let comparison = try found.compare(change, HunkOptions())
            #expect(comparison.old == Array("one\ntwo\n".utf8) && comparison.new == Array("one\n2\n".utf8))
            #expect(comparison.counts == (1, 1))
        }
    }

    @Test func sparseContentIsReadWithItsHoles() throws {
        try withBed { bed in
            try bed.write("sparse", "start")
            let old = try bed.take().report.id
            let file = try FileDescriptor.open(Array((bed.path + "/sparse").utf8), [.write])
            try unsafe file.write(Array("end".utf8).span.bytes, at: 1 << 20)
            let new = try bed.take().report.id
            let found = try diff(bed, old, new)
            let state = try #require(found.changes.first { $0.action == .modified }?.new)
            let content = try #require(try found.content(of: state))
            #expect(content.count == 1 << 20 + 3)
            #expect(content.prefix(5) == Array("start".utf8)[...] && content.suffix(3) == Array("end".utf8)[...])
            #expect(content.dropFirst(5).dropLast(3).allSatisfy { $0 == 0 })
        }
    }

    @Test func whatIsExcludedNowButWasCoveredIsComparedAsItIs() throws {
        try withBed { bed in
            try bed.write("log", "one\n")
            let old = try bed.take().report.id
            try bed.write(".snapignore", "log\n")
            #expect(lines(try diff(bed, old)) == ["added .snapignore"])
            try bed.write("log", "two and more\n")
            #expect(lines(try diff(bed, old)) == ["added .snapignore", "modified log"])
        }
    }

    @Test func whatOneSideDoesNotCoverIsNeitherDeletedNorAdded() throws {
        try withBed { bed in
            for index in 0..<5 { try bed.write("cache/\(index)", "content\n") }
            try bed.write("file", "one\n")
            let old = try bed.take().report.id
            try bed.write("cache/CACHEDIR.TAG", CoverBed.tag)
            let new = try bed.take().report.id
            for found in [try diff(bed, old, new), try diff(bed, new, old)] {
                #expect(lines(found).isEmpty)
                #expect(found.unknown.map(\.path) == [Array("cache".utf8)])
            }
        }
    }

    @Test func aLinkInPlaceOfADirectoryIsTold() throws {
        try withBed { bed in
            try bed.write("d/file", "one\n")
            let old = try bed.take().report.id
            try bed.delete("d")
            try FileManager.default.createSymbolicLink(atPath: bed.path + "/d", withDestinationPath: "elsewhere")
            for found in [try diff(bed, old), try diff(bed, old, try bed.take().report.id)] {
                #expect(lines(found) == ["type-changed d", "deleted d/file"])
                #expect(found.changes.filter(\.hasGitChange).count == 2)
            }
        }
    }

    @Test func lookingWritesNothing() throws {
        try withBed { bed in
            try bed.write("file", "one\n")
            let old = try bed.take().report.id
            try bed.write("file", "two and more\n")
            let before = try bed.storeFiles()
            _ = try diff(bed, old)
            _ = try bed.directory.status(StatusOptions(), observer: Observer())
            #expect(try bed.storeFiles() == before)
        }
    }

    @Test func aStatusTellsWhatAStepWouldDo() throws {
        try withBed { bed in
            #expect(try bed.directory.status(StatusOptions(), observer: Observer()).head == nil)
            try bed.write("file", "one\n")
            let first = try bed.take().report.id
            try bed.write("file", "two\n")
            var report = try bed.directory.status(StatusOptions(), observer: Observer())
            #expect(report.undo == first && report.redo == nil)
            #expect(report.visibleChanges.count == 1 && report.snapshots == 1)
            let second = try bed.take().report.id
            report = try bed.directory.status(StatusOptions(), observer: Observer())
            #expect(report.head?.id == second && report.undo == first && report.visibleChanges.isEmpty)
            _ = try bed.directory.undo(1, RevertOptions(), observer: Observer())
            report = try bed.directory.status(StatusOptions(), observer: Observer())
            #expect(report.redo == second && report.undo == nil)
            var quick = StatusOptions()
            quick.scansDirectory = false
            let untold = try bed.directory.status(quick, observer: Observer())
            #expect(untold.changes == nil && untold.head?.id == first && untold.snapshots == nil)
        }
    }
}
