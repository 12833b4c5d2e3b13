// The rules compared with git's own answers, over random trees.
//
// Two questions a tree: which line of which file decides for each entry that a walk meets, and what is left of the
// tree after a walk that does not enter what is excluded. SNAP_RULES_SEED and SNAP_RULES_TREES in the environment try
// other trees, or more.

import Foundation
import Testing

@testable import SnapStore

@Suite(.enabled(if: GitRepository.isAvailable))
struct GitComparisonTests {
    private static let treesPerRepository = 40

    @Test(.timeLimit(.minutes(60))) func randomTrees() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SNAP_RULES_SEED"].flatMap { UInt64($0) } ?? 20_260_101
        let trees = environment["SNAP_RULES_TREES"].flatMap { Int($0) } ?? 240
        print("comparison with git: seed \(seed), \(trees) trees")
        var generator = RandomTree.Generator(seed: seed)
        var count = Count()
        var done = 0
        while done < trees {
            var entries: [RandomTree.Entry] = []
            var files: [[UInt8]: [UInt8]] = [:]
            for number in 0..<min(Self.treesPerRepository, trees - done) {
                let tree = RandomTree(root: Array("\(number)".utf8), seed: generator.next())
                entries += tree.entries
                files.merge(tree.files) { first, _ in first }
            }
            // The configuration's part is played by .git/info/exclude, which is as weak.
            let base = generator.pick([
                "", "*b\n!ab\n", "/1*/a*/\n**/c/**\n", "/?/**/[ab]\n*/.*\n", "ca\n3\n/2/*\n!*a\n",
            ])
            try compare(entries, files: files, base: Array(base.utf8), "seed \(seed), tree \(done)", &count)
            done += Self.treesPerRepository
        }
        // A comparison of trees that no pattern matches would prove nothing.
        #expect(count.excluded > count.entries / 20)
        #expect(count.includedAgain > count.entries / 50)
        #expect(count.excluded + count.includedAgain < count.entries * 3 / 4)
    }

    /// Each class, plain and negated, and the odd brackets, against each byte that a name can be.
    @Test func everyByteInEveryBracket() throws {
        let brackets = [
            "[[:alnum:]]", "[[:alpha:]]", "[[:blank:]]", "[[:cntrl:]]", "[[:digit:]]", "[[:graph:]]", "[[:lower:]]",
            "[[:print:]]", "[[:punct:]]", "[[:space:]]", "[[:upper:]]", "[[:xdigit:]]", "[^[:alpha:]]", "[![:space:]]",
            "[!-~]", "[^!-~]", "[a-c-e]", "[--9]", "[\\[-\\]]", "[[:digit:]-z]", "[[:]", "[[::]]", "[[:ALPHA:]]", "[]]",
            "[^]]",
            "[a-]", "[z-a]", "[\\-]", "[a\\]b]", "[[-a]", "[[:foo]", "[.-0]", "[^/]", "?", "\\?", "[a-[:digit:]]",
            "[[.a.]]",
        ].map { Array($0.utf8) }
        let more: [[UInt8]] = [
            [0x5B, 0x80, 0x2D, 0xFF, 0x5D], [0x5B, 0x5E, 0x01, 0x2D, 0xFE, 0x5D], [0x5B, 0x7E, 0x2D, 0x80, 0x5D],
        ]
        var entries: [RandomTree.Entry] = []
        var files: [[UInt8]: [UInt8]] = [:]
        for (number, bracket) in (brackets + more).enumerated() {
            let root = Array("\(number)".utf8)
            entries.append(RandomTree.Entry(path: root, kind: .directory))
            for byte in 1...UInt8.max where byte != PatternByte.slash && byte != 0x2E {
                entries.append(RandomTree.Entry(path: root + [PatternByte.slash, byte], kind: .file([])))
            }
            let contents = bracket + [PatternByte.newline]
            files[root] = contents
            entries.append(RandomTree.Entry(path: root + Array("/.gitignore".utf8), kind: .file(contents)))
        }
        var count = Count()
        try compare(entries, files: files, base: [], "brackets", &count)
        #expect(count.excluded > 1_000)
    }

    private struct Count {
        var entries = 0
        var excluded = 0
        var includedAgain = 0
    }

    private func compare(
        _ entries: [RandomTree.Entry], files: [[UInt8]: [UInt8]], base: [UInt8], _ what: String, _ count: inout Count
    ) throws {
        let repository = try GitRepository(exclude: base)
        try repository.make(entries)

        let walk = Walk(
            entries, files: files, base: IgnoreFile(source: Array(".git/info/exclude".utf8), contents: base))
        let decisions = try repository.decisions(for: walk.met.map(\.path))
        var differences: [String] = []
        for (met, decision) in zip(walk.met, decisions) {
            count.entries += 1
            if let match = met.match {
                if match.isNegated { count.includedAgain += 1 } else { count.excluded += 1 }
            }
            let ours = met.match.map { GitRepository.Decision(source: $0.source, line: $0.line, text: $0.text) }
            if ours != decision {
                differences.append("\(readable(met.path)): \(readable(ours)), git: \(readable(decision))")
            }
        }
        #expect(
            differences.isEmpty,
            "\(what): \(differences.count) differ\n\(differences.prefix(10).joined(separator: "\n"))")

        let left = try repository.listing()
        let differing = walk.left.symmetricDifference(left).map(readable).sorted()
        #expect(differing.isEmpty, "\(what): listed by one only: \(differing.prefix(10))")
    }

    private func readable(_ bytes: [UInt8]) -> String {
        bytes.map { $0 > 0x20 && $0 < 0x7F ? String(UnicodeScalar($0)) : "<\(String($0, radix: 16))>" }.joined()
    }

    private func readable(_ decision: GitRepository.Decision?) -> String {
        decision.map { "\(readable($0.source)):\($0.line): '\(readable($0.text))'" } ?? "nothing"
    }
}

/// A walk over entries as `take` does it.
private struct Walk {
    private(set) var met: [(path: [UInt8], match: RuleSet.Match?)] = []
    /// The files and links that were not left out.
    private(set) var left: Set<[UInt8]> = []

    private let files: [[UInt8]: [UInt8]]

    init(_ entries: [RandomTree.Entry], files: [[UInt8]: [UInt8]], base: IgnoreFile) {
        self.files = files
        var children: [[UInt8]: [RandomTree.Entry]] = [:]
        for entry in entries {
            let slash = entry.path.lastIndex(of: PatternByte.slash)
            children[slash.map { Array(entry.path[..<$0]) } ?? [], default: []].append(entry)
        }
        enter([], RuleSet(base: base), children)
    }

    private mutating func enter(_ directory: [UInt8], _ parentRules: RuleSet, _ children: [[UInt8]: [RandomTree.Entry]])
    {
        let file = files[directory].map {
            IgnoreFile(source: directory + Array("/.gitignore".utf8), contents: $0)
        }
        let rules = parentRules.entering(directoryPath: directory, file: file)
        for entry in children[directory] ?? [] {
            let name = Array(entry.path.dropFirst(directory.isEmpty ? 0 : directory.count + 1))
            let match = rules.decision(name: name.span, isDirectory: entry.isDirectory, in: directory)
            met.append((entry.path, match))
            let excluding = rules.excludes(name: name.span, isDirectory: entry.isDirectory, in: directory)
            guard excluding == nil else { continue }
            if entry.isDirectory {
                enter(entry.path, rules, children)
            } else {
                left.insert(entry.path)
            }
        }
    }
}
