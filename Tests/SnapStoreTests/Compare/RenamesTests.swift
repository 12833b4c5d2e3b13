// Renames: the measure of likeness, which files become pairs, and that git names the same ones.

import Foundation
import Testing

@testable import SnapStore

@Suite struct SimilarityTests {
    private func score(_ old: String, _ new: String, unfinished: Bool = false) -> Int {
        Similarity.score(
            from: ContentFingerprint(of: Array(old.utf8), countsUnfinishedPiece: unfinished),
            to: ContentFingerprint(of: Array(new.utf8), countsUnfinishedPiece: unfinished))
    }

    @Test func linesCountByTheirBytesWhereverTheyAre() {
        #expect(score("a\nb\nc\nd\n", "a\nb\nc\nd\n") == 60_000)
        #expect(score("b\na\n", "a\nb\n") == 60_000)
        // Six bytes of eight.
        #expect(score("a\nb\nc\nd\n", "a\nX\nb\nc\n") == 45_000)
        #expect(score("a\nb\n", "c\nd\n") == 0)
    }

    /// Of a line that one side has more often, only as many count as the other has.
    @Test func repeatedLinesCountOnBothSides() {
        #expect(score("a\na\na\n", "a\n") == 20_000)
        #expect(score("a\n", "a\na\na\n") == 20_000)
    }

    @Test func longLinesAreCutAfter64Bytes() {
        let piece = String(repeating: "x", count: 64)
        #expect(score(piece + piece, piece) == 30_000)
        // One more byte in front moves each piece of a long line.
        #expect(score("y" + piece + piece + "\n", piece + piece + "y\n") < 60_000)
    }

    @Test func whatFollowsTheLastLineEndCountsIfAskedFor() {
        #expect(score("one\ntail", "one\ntail") == 30_000)
        #expect(score("one\ntail", "one\ntail", unfinished: true) == 60_000)
        #expect(score("tail", "tail") == 0)
    }

    /// Four bytes of six; what has a zero byte is no text, and then only the line with it is equal.
    @Test func lineEndsOfTextsAreTheSame() {
        #expect(score("a\r\nb\r\n", "a\nb\n") == 40_000)
        #expect(score("a\r\nb\r\n\0\n", "a\nb\n\0\n") == 15_000)
        // A carriage return anywhere else is a byte like others.
        #expect(score("a\rb\n", "ab\n") == 0)
    }

    @Test func manyPiecesAreMergedAndCountedAll() {
        let line = Array("ab\n".utf8)
        var content: [UInt8] = []
        for _ in 0..<300_000 { content += line }
        let print = ContentFingerprint(of: content, countsUnfinishedPiece: false)
        #expect(print.pieceCount == 1)
        #expect(ContentFingerprint.copied(from: print, to: print) == 900_000)
    }

    @Test func sizesThatDifferTooMuchAreNotCompared() {
        #expect(Similarity.isPossible(100, 50, minimum: 30_000))
        #expect(!Similarity.isPossible(100, 49, minimum: 30_000))
        #expect(Similarity.isPossible(7, 7, minimum: 60_000))
        #expect(!Similarity.isPossible(0, 1, minimum: 1))
        #expect(!Similarity.isPossible(.max, 0, minimum: 1))
        #expect(Similarity.isPossible(.max, .max, minimum: 60_000))
    }
}

@Suite struct RenamesTests {
    typealias File = RenameDetection.File

    /// Its identity is its content.
    private func file(_ path: String, _ text: String, mode: UInt32 = 0o100644) -> File {
        File(
            path: Array(path.utf8), isRegular: mode & 0o170000 == 0o100000, mode: mode, size: UInt64(text.utf8.count),
            identity: Array(text.utf8))
    }

    /// Ten lines of eight bytes, of which `kept` are those of every other text.
    private func text(kept: Int, _ word: String = "LINE") -> String {
        var result = ""
        for number in 0..<10 {
            result += "\(number < kept ? "line" : word) 0\(number)\n"
        }
        return result
    }

    private func found(_ removed: [File], _ added: [File], _ options: RenameDetection.Options = .init()) throws
        -> [String]
    {
        let renames = try RenameDetection(removed: removed, added: added, options).find { file in file.identity }
        return renames.pairs.map { pair in
            let old = String(decoding: removed[pair.removedIndex].path, as: UTF8.self)
            let new = String(decoding: added[pair.addedIndex].path, as: UTF8.self)
            return "\(old) -> \(new) \(pair.percent)"
        }
    }

    private func options(minimumScore: Int = 30_000, limit: Int = 1000) -> RenameDetection.Options {
        var options = RenameDetection.Options()
        options.minimumScore = minimumScore
        options.limit = limit
        return options
    }

    @Test func equalFilesArePairedByNameIfPossible() throws {
        let pairs = try found(
            [file("a/one", "same"), file("b/two", "same")], [file("c/two", "same"), file("d/three", "same")])
        #expect(pairs == ["b/two -> c/two 100", "a/one -> d/three 100"])
    }

    @Test func eachFileIsRenamedOnce() throws {
        #expect(try found([file("a", "same")], [file("b", "same"), file("c", "same")]) == ["a -> b 100"])
        #expect(try found([file("a", "same"), file("b", "same")], [file("c", "same")]) == ["a -> c 100"])
    }

    @Test func manyEqualFilesAllFindOne() throws {
        let removed = (0..<300).map { file("a/\($0)", "same") }
        let added = (0..<300).map { file("b/x\($0)", "same") }
        let renames = try RenameDetection(removed: removed, added: added).find { _ in nil }
        #expect(renames.pairs.map(\.removedIndex) == Array(0..<300))
        #expect(renames.pairs.map(\.addedIndex) == Array(0..<300))
    }

    @Test func emptyFilesAreRenamed() throws {
        #expect(try found([file("a", "")], [file("b", "")]) == ["a -> b 100"])
        #expect(try found([file("a", "")], [file("b", "text\n")]) == [])
    }

    @Test func onlyFilesOfOneKindArePaired() throws {
        let link: UInt32 = 0o120000
        #expect(try found([file("a", "to", mode: link)], [file("b", "to")]) == [])
        #expect(try found([file("a", "to", mode: link)], [file("b", "to", mode: link)]) == ["a -> b 100"])
        #expect(try found([file("a", "to")], [file("b", "to", mode: 0o100755)]) == ["a -> b 100"])
        // A link is renamed only as it is.
        let old = file("a", text(kept: 9), mode: link)
        #expect(try found([old], [file("b", text(kept: 10), mode: link)]) == [])
    }

    @Test func whatStayedMustBeEnough() throws {
        let removed = [file("a", text(kept: 10))]
        let added = [file("b", text(kept: 6))]
        #expect(try found(removed, added) == ["a -> b 60"])
        #expect(try found(removed, added, options(minimumScore: 36_000)) == ["a -> b 60"])
        #expect(try found(removed, added, options(minimumScore: 36_001)) == [])
        // Zero stands for one half.
        #expect(try found(removed, [file("b", text(kept: 4))], options(minimumScore: 0)) == [])
    }

    @Test func theMostAlikeBecomePairs() throws {
        let removed = [file("a", text(kept: 10)), file("b", text(kept: 7))]
        let added = [file("c", text(kept: 8)), file("d", text(kept: 9))]
        // c and b have seven lines of the first text and two others in common.
        #expect(try found(removed, added) == ["b -> c 90", "a -> d 90"])
    }

    /// A name that is there once on each side decides if three quarters stayed, even where another file is more alike.
    @Test func anEqualNameComesFirst() throws {
        let removed = [file("a/x.c", text(kept: 10))]
        let better = file("b/y.c", text(kept: 9))
        #expect(try found(removed, [file("b/x.c", text(kept: 8)), better]) == ["a/x.c -> b/x.c 80"])
        #expect(try found(removed, [file("b/x.c", text(kept: 7)), better]) == ["a/x.c -> b/y.c 90"])
        let namesake = file("c/x.c", text(kept: 0, "Line"))
        #expect(try found(removed + [namesake], [file("b/x.c", text(kept: 8)), better]) == ["a/x.c -> b/y.c 90"])
    }

    @Test func ofEqualScoresTheEqualNameIsBetter() throws {
        let added = [file("b/w.c", text(kept: 6)), file("b/x.c", text(kept: 6))]
        #expect(try found([file("a/x.c", text(kept: 10))], added) == ["a/x.c -> b/x.c 60"])
    }

    @Test func tooManyAreNotComparedEachWithEach() throws {
        let removed = [file("a", text(kept: 10)), file("b", "equal"), file("c/n", text(kept: 0, "Line"))]
        let added = [file("d", text(kept: 6)), file("e", "equal"), file("f", text(kept: 0, "else"))]
        func renames(limit: Int) throws -> RenameDetection.Renames {
            try RenameDetection(removed: removed, added: added, options(limit: limit)).find { file in file.identity }
        }
        let limited = try renames(limit: 1)
        #expect(limited.neededLimit == 2)
        #expect(limited.pairs.map(\.percent) == [100])
        for limit in [2, 0, Int.max] {
            let all = try renames(limit: limit)
            #expect(all.neededLimit == nil)
            #expect(all.pairs.map(\.percent) == [60, 100])
        }
    }

    @Test func contentsAreReadOnlyWhereTheyCanDecide() throws {
        var asked: [[UInt8]] = []
        func find(_ removed: File, _ added: File, minimumScore: Int = 30_000) throws -> Int {
            asked = []
            let detection = RenameDetection(removed: [removed], added: [added], options(minimumScore: minimumScore))
            let renames = try detection.find { file in
                asked.append(file.path)
                return file.identity
            }
            return renames.pairs.count
        }
        // Sizes too different, no regular file, equal contents, equal contents wanted.
        #expect(try find(file("a/x", "one\n"), file("b/x", "one\ntwo\nsix\n")) == 0)
        #expect(asked == [])
        #expect(try find(file("a/x", "one", mode: 0o120000), file("b/x", "two", mode: 0o120000)) == 0)
        #expect(asked == [])
        #expect(try find(file("a/x", "one"), file("b/x", "one")) == 1)
        #expect(asked == [])
        #expect(try find(file("a/x", text(kept: 10)), file("b/x", text(kept: 9)), minimumScore: 60_000) == 0)
        #expect(asked == [])
        #expect(try find(file("a", text(kept: 10)), file("b", text(kept: 9))) == 1)
        #expect(asked.count == 2)
    }

    @Test func whatCannotBeReadIsNotPaired() throws {
        let detection = RenameDetection(removed: [file("a", text(kept: 10))], added: [file("b", text(kept: 9))])
        #expect(try detection.find { _ in nil }.pairs == [])
        #expect(throws: StoreError.self) {
            try detection.find { (_: File) throws(StoreError) -> [UInt8]? in throw StoreError.cancelled }
        }
    }

    @Test func itCanBeCancelled() {
        var observer = Observer()
        observer.isCancelled = { true }
        let detection = RenameDetection(
            removed: [file("a", text(kept: 10))], added: [file("b", text(kept: 9))], observer: observer)
        #expect(throws: StoreError.self) { try detection.find { file in file.identity } }
    }
}

/// The same pairs and percentages as git, over random trees with all that decides: equal contents, equal names, empty
/// files, links, line ends, contents that are not text, thresholds and limits.
@Suite(.enabled(if: GitSandbox.isAvailable))
struct RenamesOfGitTests {
    @Test(arguments: UInt64(0)..<40) func gitNamesTheSamePairs(seed: UInt64) throws {
        let git = try GitSandbox()
        var trees = RandomTrees(seed: seed)
        let (before, after) = trees.make()
        let ids = try [git.writeTree(before), git.writeTree(after)]
        var options = RenameDetection.Options()
        options.minimumScore = [30_000, 18_000, 45_000, 60_000][Int(seed % 4)]
        options.limit = seed % 5 == 4 ? 2 : 1000
        options.countsUnfinishedPiece = try git.countsUnfinishedPiece()
        let compared = ["diff", "--raw", "-z", "--no-abbrev"]
        let percent = options.minimumScore * 100 / 60_000

        let plain = try git.changes(compared + ["--no-renames"] + ids)
        let told = try git.changes(compared + ["-M\(percent)%", "-l\(options.limit)"] + ids)
        let expected = told.filter { $0.status == "R" }
        let removed = try plain.filter { $0.status == "D" }.map { try $0.file(isNew: false, in: before) }
        let added = try plain.filter { $0.status == "A" }.map { try $0.file(isNew: true, in: after) }
        let renames = try RenameDetection(removed: removed, added: added, options).find { file in
            (before[file.path] ?? after[file.path])?.content
        }

        let pairs = renames.pairs.map { pair in
            GitChange.Rename(
                old: removed[pair.removedIndex].path, new: added[pair.addedIndex].path, percent: pair.percent)
        }
        #expect(Set(pairs) == Set(expected.map(\.rename)))
        #expect(pairs.count == expected.count)
    }
}

extension GitChange {
    func file(isNew: Bool, in tree: RandomTrees.Tree) throws -> RenameDetection.File {
        let (path, mode, id) = isNew ? (newPath, newMode, newID) : (oldPath, oldMode, oldID)
        let entry = try #require(tree[path])
        return RenameDetection.File(
            path: path, isRegular: mode & 0o170000 == 0o100000, mode: mode, size: UInt64(entry.content.count),
            identity: id)
    }
}

/// Two trees of which the second is the first, moved about and edited.
struct RandomTrees {
    struct Entry {
        var content: [UInt8]
        var isLink = false
        var isExecutable = false
    }
    typealias Tree = [[UInt8]: Entry]

    private var numbers: TextSamples

    init(seed: UInt64) {
        numbers = TextSamples(seed: seed &+ 7_000)
    }

    mutating func make() -> (before: Tree, after: Tree) {
        var before: Tree = [:]
        for _ in 0..<(4 + numbers.below(10)) { before[path()] = entry() }
        // One content under several paths.
        let paths = before.keys.sorted { $0.lexicographicallyPrecedes($1) }
        for _ in 0..<numbers.below(4) { before[path()] = before[paths[numbers.below(paths.count)]] }
        var after: Tree = [:]
        for (old, known) in before.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            switch numbers.below(6) {
            case 0: after[old] = known
            case 1: break
            case 2: after[path()] = known
            default: after[path()] = edited(known)
            }
            // Copies, so that there are several to choose from.
            if numbers.below(4) == 0 { after[path()] = edited(known) }
        }
        for _ in 0..<numbers.below(4) { after[path()] = entry() }
        return (before, after)
    }

    private mutating func path() -> [UInt8] {
        let directories = ["", "a/", "b/", "a/c/", "d e/"]
        let names = ["x.c", "y.c", "z.h", "Makefile", "w", "x.c~"]
        return Array((directories[numbers.below(directories.count)] + names[numbers.below(names.count)]).utf8)
    }

    private mutating func entry() -> Entry {
        switch numbers.below(10) {
        case 0: return Entry(content: [])
        case 1: return Entry(content: Array("to/\(numbers.below(3))".utf8), isLink: true)
        case 2:
            var bytes: [UInt8] = [0]
            for _ in 0..<(100 + numbers.below(900)) { bytes.append(UInt8(truncatingIfNeeded: numbers.next())) }
            return Entry(content: bytes)
        default:
            var content: [UInt8] = []
            for _ in 0..<(1 + numbers.below(24)) { content += line() }
            if numbers.below(4) == 0 { content.removeLast() }
            return Entry(content: content, isExecutable: numbers.below(6) == 0)
        }
    }

    /// Of a few that are the same in many files, or of its own.
    private mutating func line() -> [UInt8] {
        let limit = numbers.below(2) == 0 ? 8 : 100_000
        var text = "line \(numbers.below(limit))"
        if numbers.below(8) == 0 { text += String(repeating: " and so on", count: numbers.below(20)) }
        return Array((text + (numbers.below(10) == 0 ? "\r\n" : "\n")).utf8)
    }

    private mutating func edited(_ entry: Entry) -> Entry {
        guard !entry.isLink && !entry.content.isEmpty else { return entry }
        var lines: [[UInt8]] = []
        for piece in entry.content.split(separator: 0x0A, omittingEmptySubsequences: false) {
            lines.append(Array(piece))
        }
        for _ in 0..<numbers.below(1 + lines.count / 2) {
            let place = numbers.below(lines.count)
            switch numbers.below(4) {
            case 0: lines.insert(Array(line().dropLast()), at: place)
            case 1: if lines.count > 1 { lines.remove(at: place) }
            case 2: lines[place] = Array(line().dropLast())
            default: lines.swapAt(place, numbers.below(lines.count))
            }
        }
        var result = entry
        result.content = Array(lines.joined(separator: [0x0A]))
        result.isExecutable = entry.isExecutable != (numbers.below(8) == 0)
        return result
    }
}

extension GitSandbox {
    /// This git counts what follows the last line end: only that is equal in these two files.
    func countsUnfinishedPiece() throws -> Bool {
        let tail = String(repeating: "z", count: 40)
        let old = try writeTree([Array("old".utf8): RandomTrees.Entry(content: Array(("one\n" + tail).utf8))])
        let new = try writeTree([Array("new".utf8): RandomTrees.Entry(content: Array(("two\n" + tail).utf8))])
        return try changes(["diff", "--raw", "-z", "--no-abbrev", "-M", old, new]).contains { $0.status == "R" }
    }
}
