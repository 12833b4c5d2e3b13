// Random histories: edits, rules that come and go, cache tags, ordinary takes and safety snapshots in any order, against a definition of what is covered
// that fits in one line.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct RandomCoverTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let names = ["a", "b", "c.log", "d.log", "e"]
    private static let rules = ["*.log", "a/", "b", "!d.log", "/e", "a/b", "!a", "e/*"]

    private func edit(_ bed: CoverBed, _ random: inout Generator) throws {
        let depth = Int.random(in: 1...3, using: &random)
        let path = (0..<depth).map { _ in Self.names.randomElement(using: &random) ?? "a" }.joined(separator: "/")
        let directory = path.split(separator: "/").dropLast().joined(separator: "/")
        switch Int.random(in: 0..<10, using: &random) {
        case 0...4: try? bed.write(path, "\(random.next())")
        case 5: try? bed.delete(path)
        case 6...7:
            let lines = (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in
                Self.rules.randomElement(using: &random)
            }
            let place = directory.isEmpty ? ".snapignore" : directory + "/.snapignore"
            try? bed.write(place, lines.joined(separator: "\n"))
        case 8: try? bed.write(path + "/CACHEDIR.TAG", CoverBed.tag)
        default: try? bed.write(path + "/CACHEDIR.TAG", "no tag")
        }
    }

    /// A safety snapshot covers what an ordinary take covers, and what is there now and in a covering tree; nothing else. By the cache or without it.
    @Test(arguments: 0..<8)
    func coveredIsWhatTheRulesOrTheTargetsCover(seed: UInt64) throws {
        var random = Generator(state: seed)
        let bed = try CoverBed()
        defer { bed.remove() }
        var targets: [ObjectID] = []
        for _ in 0..<12 { try edit(bed, &random) }
        targets.append(try bed.take().rootTree)
        for step in 0..<20 {
            for _ in 0..<Int.random(in: 0...4, using: &random) { try edit(bed, &random) }
            if Bool.random(using: &random) { try bed.settle() }
            let covering = (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in
                targets.randomElement(using: &random)
            }
            var wanted: Set<String> = []
            var directories: Set<String> = []
            for root in covering {
                wanted.formUnion(try bed.paths(root))
                directories.formUnion(try bed.table(root).filter { $0.value == "/" || $0.value == "part" }.keys)
            }
            // What a cache directory replaced is a gap: there is nothing of the target's in it.
            let live = try bed.livePaths().filter { directories.contains($0) || !bed.isCacheDirectory($0) }
            let first = try bed.take(.safety, covering: covering, dry: true)
            #expect(try bed.tree(covering: covering) == first.rootTree, "seed \(seed), step \(step)")
            let isSafety = Bool.random(using: &random)
            let ordinary = try bed.tree()
            let recorded = try bed.take(isSafety ? .safety : .take, covering: isSafety ? covering : [])
            targets.append(recorded.rootTree)
            #expect(recorded.rootTree == (isSafety ? first.rootTree : ordinary), "seed \(seed), step \(step)")
            let again = try bed.take(.safety, covering: covering)
            targets.append(again.rootTree)
            #expect(again.rootTree == first.rootTree, "seed \(seed), step \(step)")
            let now = try bed.take().rootTree
            #expect(now == ordinary, "seed \(seed), step \(step)")
            let expected = try bed.paths(now).union(live.intersection(wanted))
            #expect(try bed.paths(again.rootTree) == expected, "seed \(seed), step \(step)")
        }
    }
}
