// Random trees with ignore files, made so that patterns and names often meet.
//
// Most patterns are a path of the tree, spoilt: bytes become `?`, brackets or escapes, runs become `*`, components
// `**`. The rest are words of the pattern language in any order, mostly malformed. Names are short and of few
// bytes, among them all that patterns give a meaning to, and bytes that are not UTF-8.

@testable import SnapStore

struct RandomTree {
    private static let commonBytes = Array("aaabbc.".utf8)
    private static let rareBytes: [UInt8] =
        Array("ABz019-_][\\*?!#^: ~\t\r\n".utf8) + [0xC3, 0xA9, 0xFF, 0x80, 0x01, 0x7F]
    private static let words = [
        "a", "b", "c", "ab", ".", "/", "/", "*", "*", "**", "**/", "/**", "/**/", "***", "?", "[", "]", "[ab]", "[!a]",
        "[^b]", "[a-c]", "[]-]", "[a-]", "[--.]", "[\\]]", "[a\\-z]", "[c-a]", "[[:alpha:]]", "[^[:alpha:]]",
        "[[:digit:]a]",
        "[[:punct:][:space:]]", "[[:cntrl:]]", "[[:graph:]-z]", "[[:]", "[[:a]", "[[:bogus:]]", "[[:xdigit:]",
        "[[:lower:]",
        "\\", "\\*", "\\/", "\\\\", "\\ ", "\\a", " ", "  ", "!", "#", "\\!", "\\#", "-", ":", "^", "é", "\t", "\r",
        "[a/b]",
        "[!/]", "[[:upper:][:print:]]", "[[:blank:]", "[\\", "[a-", "[a-\\", "[!", "[!]", "[!]a]", "[\\a-\\c]",
        "[[:alnum:]",
    ].map { Array($0.utf8) }

    private var generator: Generator
    private(set) var entries: [Entry] = []
    /// The ignore files' contents, by their directory's path.
    private(set) var files: [[UInt8]: [UInt8]] = [:]

    /// Makes a tree below `root`, which is itself the first entry.
    init(root: [UInt8], seed: UInt64) {
        generator = Generator(seed: seed)
        var paths: [[UInt8]] = []
        entries.append(Entry(path: root, kind: .directory))
        fill(root, depth: 0, paths: &paths)
        for directory in entries where directory.isDirectory {
            guard directory.path == root || generator.chance(25) else { continue }
            let below = paths.filter { $0.starts(with: directory.path + [PatternByte.slash]) }
                .map { Array($0.dropFirst(directory.path.count + 1)) }
            files[directory.path] = contents(matching: below)
        }
        for (directory, contents) in files {
            entries.append(Entry(path: directory + Array("/.gitignore".utf8), kind: .file(contents)))
        }
    }

    private mutating func fill(_ directory: [UInt8], depth: Int, paths: inout [[UInt8]]) {
        var names: Set<[UInt8]> = []
        for _ in 0..<Int.random(in: 2...6, using: &generator) { names.insert(name()) }
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let path = directory + [PatternByte.slash] + name
            paths.append(path)
            if depth < 4, generator.chance(depth == 0 ? 70 : 40) {
                entries.append(Entry(path: path, kind: .directory))
                fill(path, depth: depth + 1, paths: &paths)
            } else {
                entries.append(Entry(path: path, kind: generator.chance(10) ? .symbolicLink : .file([])))
            }
        }
    }

    private mutating func name() -> [UInt8] {
        while true {
            let name = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                generator.pick(generator.chance(80) ? Self.commonBytes : Self.rareBytes)
            }
            if !name.allSatisfy({ $0 == 0x2E }) { return name }
        }
    }

    private mutating func contents(matching paths: [[UInt8]]) -> [UInt8] {
        var result: [UInt8] = generator.chance(5) ? [0xEF, 0xBB, 0xBF] : []
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            result += line(matching: paths)
            if generator.chance(3) { result.append(0) }
            if generator.chance(10) {
                result += generator.pick([[0x20], [0x20, 0x20], [0x5C], [0x5C, 0x20], [0x09]])
            }
            result += generator.chance(8) ? [0x0D, 0x0A] : [0x0A]
        }
        if generator.chance(20) { result.removeLast() }
        return result
    }

    private mutating func line(matching paths: [[UInt8]]) -> [UInt8] {
        var result: [UInt8] =
            generator.chance(25) ? [PatternByte.exclamation] : generator.chance(3) ? [PatternByte.hash] : []
        if paths.isEmpty || generator.chance(25) {
            for _ in 0..<Int.random(in: 0...5, using: &generator) { result += generator.pick(Self.words) }
            return result
        }
        var components = generator.pick(paths).split(separator: PatternByte.slash).map { Array($0) }
        if generator.chance(45), let last = components.last { components = [last] }
        var spoilt = components.map { spoil($0) }
        if generator.chance(25) {
            spoilt.replaceSubrange(
                0..<Int.random(in: 0...spoilt.count, using: &generator), with: [generator.pick(Self.words)])
        }
        if generator.chance(20) {
            let start = Int.random(in: 0...spoilt.count, using: &generator)
            let end = Int.random(in: start...spoilt.count, using: &generator)
            spoilt.replaceSubrange(start..<end, with: [Array("**".utf8)])
        }
        if generator.chance(20) { result.append(PatternByte.slash) }
        result += Array(spoilt.joined(separator: generator.chance(3) ? Array("\\/".utf8) : [PatternByte.slash]))
        if generator.chance(5) { result += generator.pick(Self.words) }
        if generator.chance(25) { result.append(PatternByte.slash) }
        return result
    }

    /// A pattern for one name that matches it more often than not.
    private mutating func spoil(_ name: [UInt8]) -> [UInt8] {
        if generator.chance(12) { return generator.pick([[0x2A], [0x2A, 0x2A], [0x2A, 0x2A, 0x2A], [0x3F]]) }
        var result: [UInt8] = []
        for byte in name {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: result.append(PatternByte.star)
            case 1: result += [PatternByte.star, byte]
            case 2: result.append(PatternByte.question)
            case 3: result += [PatternByte.openBracket, byte, PatternByte.closeBracket]
            case 4:
                result += [PatternByte.openBracket, byte &- 1, PatternByte.minus, byte &+ 1, PatternByte.closeBracket]
            case 5:
                result += [
                    PatternByte.openBracket, PatternByte.caret, PatternByte.backslash, byte, PatternByte.closeBracket,
                ]
            case 6: result += [PatternByte.backslash, byte]
            case 7: result += generator.pick(Self.words)
            case 8: result += [PatternByte.star, PatternByte.star, byte]
            default: result += byte == PatternByte.newline ? [PatternByte.question] : [byte]
            }
        }
        return result
    }
}

extension RandomTree {
    /// One entry of a tree to be made. Paths are from the root and come after those of their parents.
    struct Entry {
        enum Kind {
            case file([UInt8])
            case directory
            /// To a directory: it must not count as one.
            case symbolicLink
        }

        let path: [UInt8]
        let kind: Kind

        var isDirectory: Bool { if case .directory = kind { true } else { false } }
    }

    /// SplitMix64: small, and the same for a seed on every machine.
    struct Generator: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

        mutating func pick<Element>(_ choices: [Element]) -> Element {
            choices[Int.random(in: choices.indices, using: &self)]
        }
    }
}
