// Binary patches: deltas that make what they say, the form of the patch, and that git applies it both ways.

import Foundation
import Testing

@testable import SnapStore

@Suite struct CopyDeltaTests {
    /// Does what a delta says, and nothing that the format does not know.
    private func apply(_ delta: [UInt8], to source: [UInt8]) throws -> [UInt8] {
        var place = 0
        func next() throws -> Int {
            try #require(place < delta.count)
            place += 1
            return Int(delta[place - 1])
        }
        func size() throws -> Int {
            var (result, shift) = (0, 0)
            while true {
                let byte = try next()
                result |= (byte & 0x7F) << shift
                if byte < 0x80 { return result }
                shift += 7
            }
        }
        let sourceLength = try size()
        #expect(sourceLength == source.count)
        let length = try size()
        var result: [UInt8] = []
        while place < delta.count {
            let operation = try next()
            try #require(operation != 0)
            if operation < 0x80 {
                for _ in 0..<operation { result.append(UInt8(try next())) }
                continue
            }
            var (offset, count) = (0, 0)
            for bit in 0..<4 where operation & (0x01 << bit) != 0 {
                let byte = try next()
                offset |= byte << (8 * bit)
            }
            for bit in 0..<3 where operation & (0x10 << bit) != 0 {
                let byte = try next()
                count |= byte << (8 * bit)
            }
            if count == 0 { count = 0x10000 }
            try #require(offset + count <= source.count)
            result += source[offset..<(offset + count)]
        }
        #expect(result.count == length)
        return result
    }

    /// Pieces of the source and others, in any order.
    @Test(arguments: UInt64(0)..<60) func aDeltaMakesItsTarget(seed: UInt64) throws {
        var numbers = TextSamples(seed: seed)
        let letters = [2, 4, 256][Int(seed % 3)]
        let source = numbers.content(length: 1 + numbers.below(2000), letters: letters)
        var target: [UInt8] = []
        for _ in 0..<(1 + numbers.below(12)) {
            if numbers.below(3) == 0 {
                target += numbers.content(length: 1 + numbers.below(300), letters: letters)
            } else {
                let start = numbers.below(source.count)
                target += source[start..<(start + 1 + numbers.below(source.count - start))]
            }
        }
        let delta = try #require(CopyDelta.make(from: source, to: target, limit: .max))
        #expect(try apply(delta, to: source) == target)
    }

    @Test func aSmallChangeOfMuchIsASmallDelta() throws {
        var numbers = TextSamples(seed: 1)
        let source = numbers.content(length: 300_000, letters: 256)
        var target = source
        target[150_000] ^= 1
        target.insert(contentsOf: [1, 2, 3], at: 70_000)
        target.removeSubrange(200_000..<200_100)
        let delta = try #require(CopyDelta.make(from: source, to: target, limit: .max))
        #expect(delta.count < 100)
        #expect(try apply(delta, to: source) == target)
    }

    /// All blocks are the same: the worst for an index of blocks.
    @Test(arguments: [1, 15, 16, 17, 65_535, 65_536, 65_537, 200_000]) func runsOfOneByte(length: Int) throws {
        let source = [UInt8](repeating: 0, count: length)
        for target in [source, source + [1], [1] + source, source + source] {
            let delta = try #require(CopyDelta.make(from: source, to: target, limit: .max))
            #expect(try apply(delta, to: source) == target)
        }
    }

    @Test func whatIsNotWorthItIsNotMade() {
        var numbers = TextSamples(seed: 2)
        let source = numbers.content(length: 1000, letters: 256)
        let other = numbers.content(length: 1000, letters: 256)
        #expect(CopyDelta.make(from: [], to: source, limit: .max) == nil)
        #expect(CopyDelta.make(from: source, to: [], limit: .max) == nil)
        #expect(CopyDelta.make(from: source, to: other, limit: 999) == nil)
        // Two sizes of two bytes each, and a copy of two bytes of length from the beginning.
        #expect(CopyDelta.make(from: source, to: source, limit: 7)?.count == 7)
        #expect(CopyDelta.make(from: source, to: source, limit: 6) == nil)
    }
}

@Suite struct BinaryPatchTests {
    private func lines(_ old: [UInt8], _ new: [UInt8]) -> [String] {
        var output: [UInt8] = []
        BinaryPatch.append(old: old, new: new, to: &output)
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.hasSuffix("\n\n"))
        return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    /// Known bytes: git has the same for a file without content.
    @Test func nothingIsSpelledAsGitSpellsIt() {
        let empty = ["literal 0", "HcmV?d00001", ""]
        #expect(lines([], []) == ["GIT binary patch"] + empty + empty)
    }

    @Test func linesHaveALetterForTheirLength() throws {
        var numbers = TextSamples(seed: 3)
        for length in [1, 3, 4, 5, 30, 41, 42, 100, 1000] {
            let content = numbers.content(length: length, letters: 256)
            let patch = lines([], content)
            #expect(patch[1] == "literal \(length)")
            let end = try #require(patch.dropFirst(2).firstIndex(of: ""))
            for (index, line) in patch[2..<end].enumerated() {
                let letter = try #require(line.utf8.first)
                let bytes = letter >= 0x61 ? Int(letter) - 0x60 + 26 : Int(letter) - 0x40
                #expect((1...52).contains(bytes))
                // All but the last are full.
                #expect(bytes == 52 || index == end - 3)
                #expect(line.utf8.count == 1 + (bytes + 3) / 4 * 5)
            }
        }
    }

    @Test func theSmallerFormIsTaken() {
        var numbers = TextSamples(seed: 4)
        let old = numbers.content(length: 4000, letters: 256)
        var new = old
        new[2000] ^= 1
        let deltas = lines(old, new).filter { $0.hasPrefix("delta ") }
        #expect(deltas.count == 2)
        let other = numbers.content(length: 4000, letters: 256)
        let literals = lines(old, other).filter { $0.hasPrefix("literal ") }
        #expect(literals == ["literal 4000", "literal 4000"])
        // What compresses to less than any delta.
        #expect(lines(old, [UInt8](repeating: 0, count: 4000))[1] == "literal 4000")
    }

    /// What stands in for compression where there is no memory for it.
    @Test func storedBlocksAreThoseOfZlib() {
        #expect(BinaryPatch.stored([]) == [0x78, 1, 1, 0, 0, 0xFF, 0xFF, 0, 0, 0, 1])
        // The sums of the checksum are 1 + 97 and 98 + 0.
        #expect(BinaryPatch.stored([97]) == [0x78, 1, 1, 1, 0, 0xFE, 0xFF, 97, 0, 98, 0, 98])
        let long = BinaryPatch.stored([UInt8](repeating: 0, count: 65_536))
        #expect(Array(long[..<7]) == [0x78, 1, 0, 0xFF, 0xFF, 0, 0])
        #expect(Array(long[(7 + 65_535)...]) == [1, 1, 0, 0xFE, 0xFF, 0, 0, 15, 0, 1])
    }

    /// Contents, and the same changed.
    private static let changes: [([UInt8], [UInt8])] = {
        var numbers = TextSamples(seed: 5)
        let small = numbers.content(length: 700, letters: 256)
        let large = numbers.content(length: 300_000, letters: 256)
        let plain = numbers.content(length: 5000, letters: 3)
        let moved = Array(large[100_000...]) + Array(large[..<100_000])
        let changed = Array(small.dropFirst(100)) + Array("end".utf8)
        let reversed = Array(plain.reversed())
        let (text, longer) = (Array("text\n".utf8), Array("text\nmore\n".utf8))
        let run = [UInt8](repeating: 7, count: 100_000)
        return [
            (small, changed), (large, moved), (plain, reversed), ([], small), (small, []), (small, large),
            (text, longer), (run, run + [7]),
        ]
    }()

    @Test(.enabled(if: GitSandbox.isAvailable), arguments: changes.indices)
    func gitAppliesItBothWays(index: Int) throws {
        let (old, new) = Self.changes[index]
        let git = try GitSandbox()
        let (oldID, newID) = try (git.id(of: old), git.id(of: new))
        var patch = Array("diff --git a/x b/x\nindex \(oldID)..\(newID) 100644\n".utf8)
        BinaryPatch.append(old: old, new: new, to: &patch)
        try git.write("x", old)
        try git.write("patch", patch)
        try git.run(["apply", "patch"])
        #expect(try git.read("x") == new)
        try git.run(["apply", "--reverse", "patch"])
        #expect(try git.read("x") == old)
    }
}

extension TextSamples {
    /// Bytes of so many different values.
    fileprivate mutating func content(length: Int, letters: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(length)
        for _ in 0..<length { result.append(UInt8(truncatingIfNeeded: below(letters))) }
        return result
    }
}

/// A directory that goes at the end, with a git repository in it that knows no configuration but git's own defaults.
final class GitSandbox {
    struct Failure: Error {
        let what: String
    }

    static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/git")

    let root: URL
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("snap-git-\(UUID().uuidString)")
        root = directory.appendingPathComponent("tree")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try run(["init", "--quiet", "--template="])
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// What git prints.
    @discardableResult
    func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        // Files, not pipes: nothing can wait for the other side.
        let inputFile = directory.appendingPathComponent("input")
        let outputFile = directory.appendingPathComponent("output")
        let errorFile = directory.appendingPathComponent("errors")
        try Data(input).write(to: inputFile)
        try Data().write(to: outputFile)
        try Data().write(to: errorFile)
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/git")
        process.arguments = arguments
        process.currentDirectoryURL = root
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": directory.path, "XDG_CONFIG_HOME": directory.path, "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        ]
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit && process.terminationStatus == 0 else {
            let errors = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
            throw Failure(what: "git \(arguments): \(process.terminationStatus): \(errors)")
        }
        return [UInt8](try Data(contentsOf: outputFile))
    }

    func write(_ path: String, _ content: [UInt8]) throws {
        try Data(content).write(to: root.appendingPathComponent(path))
    }

    func read(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appendingPathComponent(path)))
    }

    /// The id that git has for a content.
    func id(of content: [UInt8]) throws -> String {
        let output = try run(["hash-object", "--stdin"], input: content)
        return String(decoding: output.dropLast(), as: UTF8.self)
    }

    /// Replaces the files by these, and answers the id of their tree.
    func writeTree(_ tree: RandomTrees.Tree) throws -> String {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: root.path) where name != ".git" {
            try manager.removeItem(at: root.appendingPathComponent(name))
        }
        // Without what git remembers of files that were there before.
        try? manager.removeItem(at: root.appendingPathComponent(".git/index"))
        for (path, entry) in tree {
            let place = root.appendingPathComponent(String(decoding: path, as: UTF8.self))
            try manager.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            if entry.isLink {
                let target = String(decoding: entry.content, as: UTF8.self)
                try manager.createSymbolicLink(atPath: place.path, withDestinationPath: target)
            } else {
                try Data(entry.content).write(to: place)
                let mode = entry.isExecutable ? 0o755 : 0o644
                try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path)
            }
        }
        try run(["add", "--all"])
        return String(decoding: try run(["write-tree"]).dropLast(), as: UTF8.self)
    }

    /// What `git diff --raw -z` with these arguments prints.
    func changes(_ arguments: [String]) throws -> [GitChange] {
        var fields: [[UInt8]] = []
        for field in try run(arguments).split(separator: 0) { fields.append(Array(field)) }
        var result: [GitChange] = []
        var place = 0
        while place < fields.count {
            // The first begins with a colon.
            let line = String(decoding: fields[place].dropFirst(), as: UTF8.self)
            let header = line.split(separator: " ").map { String($0) }
            guard header.count == 5, place + 1 < fields.count else { throw Failure(what: "a record: \(header)") }
            let status = String(header[4].prefix(1))
            let isPair = status == "R" || status == "C"
            guard let oldMode = UInt32(header[0], radix: 8), let newMode = UInt32(header[1], radix: 8),
                !isPair || place + 2 < fields.count
            else { throw Failure(what: "a record: \(header)") }
            result.append(
                GitChange(
                    oldMode: oldMode, newMode: newMode, oldID: Array(header[2].utf8), newID: Array(header[3].utf8),
                    status: status, percent: Int(header[4].dropFirst()) ?? 0, oldPath: fields[place + 1],
                    newPath: fields[isPair ? place + 2 : place + 1]))
            place += isPair ? 3 : 2
        }
        return result
    }
}

/// One record of `git diff --raw -z`.
struct GitChange {
    struct Rename: Hashable {
        let old: [UInt8]
        let new: [UInt8]
        let percent: Int
    }

    let oldMode: UInt32
    let newMode: UInt32
    let oldID: [UInt8]
    let newID: [UInt8]
    let status: String
    let percent: Int
    let oldPath: [UInt8]
    let newPath: [UInt8]

    var rename: Rename { Rename(old: oldPath, new: newPath, percent: percent) }
}
