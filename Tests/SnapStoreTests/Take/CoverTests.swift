// What a safety snapshot promises: it covers what today's rules cover and every path of its covering trees, no more, and the take after it is as if it
// had never been.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct CoverTests {
    /// Runs `body` in a working directory of its own.
    private func withBed(_ body: (CoverBed) throws -> Void) throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        try body(bed)
    }

    /// A safety snapshot now, recorded. Whatever the cache says, before and after, it is the same tree, and so is the next ordinary take's.
    @discardableResult
    private func safety(_ bed: CoverBed, covering: [ObjectID]) throws -> [String: String] {
        try bed.settle()
        let ordinary = try bed.tree()
        let expected = try bed.tree(covering: covering)
        let outcome = try bed.take(.safety, covering: covering)
        #expect(outcome.rootTree == expected)
        #expect(outcome.report.partialCount == 0)
        #expect(try bed.tree() == ordinary)
        #expect(try bed.tree(covering: covering) == expected)
        return try bed.table(outcome.rootTree)
    }

    @Test func rulesThatBecameStricterHideNothing() throws {
        try withBed { bed in
            try bed.write("a.log", "one")
            try bed.write("b.txt", "two")
            let target = try bed.take().rootTree
            try bed.write(".snapignore", "*.log\n")
            try bed.write("a.log", "changed")
            try bed.write("new.log", "nobody's")
            #expect(
                try safety(bed, covering: [target]) == ["a.log": "changed", "b.txt": "two", ".snapignore": "*.log\n"])
            #expect(try bed.paths(bed.take().rootTree) == ["b.txt", ".snapignore"])
        }
    }

    @Test func rulesThatBecameLooserCoverAsToday() throws {
        try withBed { bed in
            try bed.write(".snapignore", "*.log\nbuild/\n")
            try bed.write("a.log", "one")
            try bed.write("build/out", "two")
            let target = try bed.take().rootTree
            #expect(try bed.paths(target) == [".snapignore"])
            try bed.write(".snapignore", "")
            #expect(
                try safety(bed, covering: [target]) == [
                    ".snapignore": "", "a.log": "one", "build": "/", "build/out": "two",
                ])
        }
    }

    /// The configuration's rules are not in the tree; a changed one must be noticed all the same.
    @Test func aRuleOfTheConfigurationIsLikeAnyOther() throws {
        try withBed { bed in
            try bed.write("deep/er/a.log", "one")
            let target = try bed.take().rootTree
            try bed.write(".snapstore/config", "take.exclude = *.log\n")
            try bed.write("deep/er/b.log", "two")
            #expect(try safety(bed, covering: [target]).keys.sorted() == ["deep", "deep/er", "deep/er/a.log"])
            try bed.write(".snapstore/config", "")
            let ordinary = try bed.tree()
            #expect(try bed.take().rootTree == ordinary)
            #expect(try bed.paths(ordinary) == ["deep", "deep/er", "deep/er/a.log", "deep/er/b.log"])
        }
    }

    @Test func anExcludedDirectoryIsCoveredWhereTheTargetHasIt() throws {
        try withBed { bed in
            try bed.write("build/kept/file", "one")
            try bed.write("build/empty/gone", "two")
            let target = try bed.take().rootTree
            try bed.write(".snapignore", "build/\n")
            try bed.write("build/kept/file", "changed")
            try bed.write("build/kept/sibling", "nobody's")
            try bed.write("build/other/file", "nobody's")
            try bed.delete("build/empty/gone")
            #expect(
                try safety(bed, covering: [target]) == [
                    ".snapignore": "build/\n", "build": "/", "build/kept": "/", "build/kept/file": "changed",
                    "build/empty": "/",
                ])
        }
    }

    /// A directory's record from the time when everything in it was covered must not be believed when only a part is.
    @Test func aRecordOfAllEntriesDoesNotCoverTheSiblings() throws {
        try withBed { bed in
            try bed.write("build/deep/file", "one")
            let target = try bed.take().rootTree
            try bed.write("build/deep/sibling", "two")
            try bed.write(".snapignore", "")
            try bed.settle()
            try bed.take()
            try bed.write(".snapignore", "build\n")
            #expect(
                Set(try safety(bed, covering: [target]).keys) == [
                    ".snapignore", "build", "build/deep", "build/deep/file",
                ])
        }
    }

    @Test func negatedPatternsDecideAsTheyDoOtherwise() throws {
        try withBed { bed in
            try bed.write("logs/a.log", "a")
            try bed.write("logs/keep.log", "k")
            let target = try bed.take().rootTree
            try bed.write(".snapignore", "logs/*.log\n!keep.log\n")
            try bed.write("logs/b.log", "b")
            try bed.write("logs/deep/keep.log", "k")
            #expect(
                Set(try safety(bed, covering: [target]).keys) == [
                    ".snapignore", "logs", "logs/a.log", "logs/keep.log", "logs/deep", "logs/deep/keep.log",
                ])
        }
    }

    @Test func whatTheTargetHasUnderAnotherKindIsCoveredToo() throws {
        try withBed { bed in
            try bed.write("one", "a file")
            try bed.write("two/inside", "in a directory")
            let target = try bed.take().rootTree
            try bed.delete("one")
            try bed.delete("two")
            try bed.write("one/inside", "nobody's")
            try bed.write("two", "a file now")
            try bed.write(".snapignore", "one\ntwo\n")
            #expect(
                try safety(bed, covering: [target]) == [".snapignore": "one\ntwo\n", "one": "/", "two": "a file now"])
        }
    }

    @Test func aDirectoryThatBecameACacheIsCoveredInPart() throws {
        try withBed { bed in
            try bed.write("cache/deep/file", "one")
            try bed.write("cache/CACHEDIR.TAG", "not yet")
            try bed.write("file", "two")
            let target = try bed.take().rootTree
            try bed.write("cache/deep/sibling", "nobody's")
            try bed.settle()
            try bed.take()
            // In place: no directory's times move, and the record of 'deep' has the sibling.
            try bed.write("cache/CACHEDIR.TAG", CoverBed.tag)
            let seen = try safety(bed, covering: [target])
            #expect(
                seen == [
                    "cache": "part", "cache/CACHEDIR.TAG": CoverBed.tag, "cache/deep": "/", "cache/deep/file": "one",
                    "file": "two",
                ])
            let report = try bed.take(.safety, covering: [target]).report
            #expect(report.gapCount == 1 && !report.isPartial && report.gaps.map(\.path) == [Array("cache".utf8)])
            #expect(try bed.table(bed.take().rootTree) == ["cache": "gap", "file": "two"])
            try bed.take(.safety, covering: [target])
            try bed.delete("cache/CACHEDIR.TAG")
            let ordinary = try bed.tree()
            #expect(try bed.take().rootTree == ordinary)
            #expect(
                try bed.paths(ordinary) == ["cache", "cache/deep", "cache/deep/file", "cache/deep/sibling", "file"])
        }
    }

    /// What the target has as a gap it does not cover.
    @Test func aGapOfTheTargetCoversNothing() throws {
        try withBed { bed in
            try bed.write("cache/CACHEDIR.TAG", CoverBed.tag)
            try bed.write("cache/file", "one")
            try bed.write("file", "two")
            let target = try bed.take().rootTree
            #expect(try safety(bed, covering: [target]) == ["cache": "gap", "file": "two"])
            try bed.write(".snapignore", "cache\n")
            #expect(Set(try safety(bed, covering: [target]).keys) == [".snapignore", "file"])
        }
    }

    @Test func aNestedStoreStaysAGap() throws {
        try withBed { bed in
            try bed.write("inner/file", "one")
            try bed.write("file", "two")
            let target = try bed.take().rootTree
            try bed.write("inner/format", "version = snapstore 1\n")
            try bed.write("inner/packs/none", "")
            #expect(try safety(bed, covering: [target]) == ["inner": "gap", "file": "two"])
        }
    }

    /// There is nothing to save, and that is no reason not to revert.
    @Test func aDirectoryThatHoldsNothingButACacheCanBeSaved() throws {
        try withBed { bed in
            try bed.write("file", "one")
            let target = try bed.take().rootTree
            try bed.delete("file")
            try bed.write("cache/CACHEDIR.TAG", CoverBed.tag)
            #expect(throws: StoreError.self) { try bed.take() }
            #expect(try bed.table(bed.take(.safety, covering: [target]).rootTree) == ["cache": "gap"])
        }
    }

    @Test func severalTreesAreCoveredTogether() throws {
        try withBed { bed in
            try bed.write("x/one", "1")
            let first = try bed.take().rootTree
            try bed.delete("x/one")
            try bed.write("x/two", "2")
            try bed.write("y", "a file")
            let second = try bed.take().rootTree
            try bed.write("x/one", "1 again")
            try bed.write("x/three", "nobody's")
            try bed.write(".snapignore", "x\ny\n")
            #expect(Set(try safety(bed, covering: [first]).keys) == [".snapignore", "x", "x/one"])
            #expect(
                Set(try safety(bed, covering: [first, second]).keys) == [".snapignore", "x", "x/one", "x/two", "y"])
        }
    }

    // MARK: Covering trees that cannot be read

    private let missing = ObjectID(1, 2, 3, 4)

    @Test func aTreeIsReadOnlyWhereSomethingIsLeftOut() throws {
        try withBed { bed in
            try bed.write("a/b", "one")
            try bed.write("c.log", "two")
            try bed.settle()
            let former = try bed.take()
            let outcome = try bed.take(.safety, covering: [missing])
            #expect(outcome.rootTree == former.rootTree && !outcome.report.isNew)
            #expect(outcome.report.statistics.readFiles == 0)
        }
    }

    @Test func aTreeThatIsNeededAndMissingStopsTheTake() throws {
        try withBed { bed in
            try bed.write("c.log", "two")
            try bed.write(".snapignore", "*.log\n")
            try bed.take()
            let before = try bed.storeFiles()
            #expect {
                try bed.take(.safety, covering: [missing])
            } throws: { error in
                if case StoreError.missingObject(.tree, let id) = error { id == missing } else { false }
            }
            #expect(try bed.storeFiles() == before)
        }
    }

    /// Trees below the root are asked for later, by whichever thread comes there.
    @Test func aDamagedTreeFurtherDownStopsTheTake() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let lost = TreeEntry(type: .directory, name: Array("x".utf8))
        var below = lost
        below.content = ContentReference(level: 0, id: missing)
        let target = try fixture.root([below])
        // Names that are not in order could hide one from the search.
        let one = try #require(try fixture.tree([try fixture.file("b", "1")]))
        let two = try #require(try fixture.tree([try fixture.file("a", "2")]))
        let list = try #require(
            try ListObject.build(
                [one, two].map { ListReference(reference: $0, length: 1, key: Array("b".utf8)) }, type: .tree
            ) { try fixture.store($0, $1) })
        below.content = list
        let unordered = try fixture.root([below])
        try fixture.commit()
        for name in ["x/a", "x/b", ".snapignore"] {
            let place = URL(fileURLWithPath: fixture.path + "/work/" + name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("a\n".utf8).write(to: place)
        }
        for root in [target, unordered] {
            #expect(throws: StoreError.self) {
                try fixture.directory.take(
                    TakeOptions(), for: TakePurpose(event: .safety, covering: [root]), observer: Observer())
            }
        }
    }
}
