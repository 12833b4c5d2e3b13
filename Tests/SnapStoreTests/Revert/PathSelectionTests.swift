// Which paths a selection takes: literal paths, wildcards across slashes, escapes, and what a walk may skip.

import Foundation
import Testing

@testable import SnapStore

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private func selection(_ patterns: String...) -> PathSelection { PathSelection(patterns.map(bytes)) }

@Suite struct PathSelectionTests {
    @Test(
        arguments: [
            // A path, and all below it.
            ("a", "a", true), ("a", "a/b", true), ("a", "a/b/c", true), ("a", "ab", false), ("a", "b/a", false),
            ("a/b", "a", false), ("a/b", "a/b", true), ("a/b", "a/b/c", true), ("a/b", "a/bc", false),
            ("./a", "a", true), ("a/./b//c", "a/b/c", true), ("a/", "a/b", true), ("a/..", "a", false),
            ("/a", "a", false), ("/", "a", false), ("..", "a", false),
            // Wildcards match slashes.
            ("*.o", "x.o", true), ("*.o", "a/b/x.o", true), ("*.o", "x.c", false), ("*.o", ".o", true),
            ("a*c", "a/b/c", true), ("a*c", "abd", false), ("src/*.c", "src/x.c", true), ("src/*.c", "src/d/x.c", true),
            ("src/*.c", "x.c", false), ("?", "a", true), ("a?b", "a/b", true), ("a?b", "ab", false),
            ("a[/x]b", "a/b", true), ("a[^x]b", "a/b", true), ("a[^x]b", "axb", false), ("[a-c]", "b", true),
            ("[[:digit:]]x", "7x", true), ("[]-a]x", "]x", true), ("**", "a/b", true), ("**/x", "a/x", true),
            ("a**b", "a/c/b", true),
            // A directory that matches is selected with all below it.
            ("*.d", "x.d/in", true), ("*.d", "a/x.d/b/c", true), ("*.d", "x.da/in", false), ("[ab]", "a/x", true),
            ("[ab]", "ab", false), ("a*b", "axb/c", true), ("?", "a/b", true), ("*a", "xxa/b/c", true),
            ("*", "a/b", true), ("*x", "xx/y", true), ("*xyx", "xyxyx", true), ("*ab*ba*", "aba", false),
            ("*ab*ba*", "abba", true), ("a*b*c", "a/b/c/d", true), ("a*b*c", "a/c/b/d", false),
            // Backslashes.
            (#"\*"#, "*", true), (#"\*"#, "x", false), (#"a\*b*"#, "a*bc", true), (#"a\*b*"#, "axbc", false),
            (#"\[a]"#, "[a]", true), (#"\\"#, #"\"#, true), (#"\a"#, "a", true), (#"\?x"#, "?x", true),
            // What is literally called so is meant too, also where the pattern is malformed.
            ("a[1]", "a[1]", true), ("a[1]", "a1", true), ("a[1]/", "a[1]/b", true), ("[a", "[a", true),
            ("[a", "a", false),
            (#"a\"#, #"a\"#, true), (#"\*"#, #"\*"#, true), ("*", "*", true), ("[[:no:]]", "n", false),
            ("[//]", "a", false),
        ] as [(String, String, Bool)])
    func pathsAreSelected(pattern: String, path: String, isSelected: Bool) {
        #expect(selection(pattern).contains(bytes(path)) == isSelected)
        #expect(selection("other", pattern, "more*than").contains(bytes(path)) == isSelected)
    }

    @Test func nothingAskedIsEverything() {
        for everything in [PathSelection([]), selection("."), selection(""), selection("./"), selection("a", "./.")] {
            #expect(everything.isEverything)
            #expect(everything.contains(bytes("x/y")))
            #expect(everything.mayContain(below: []))
            #expect(everything.mayContain(below: bytes("x")))
        }
        for some in [selection("*"), selection("/"), selection("a")] {
            #expect(!some.isEverything)
            #expect(!some.contains([]))
        }
    }

    @Test func aSlashAtTheEndMeansADirectory() {
        for pattern in ["a/", "a//", "?/", "*/", "[a]/"] {
            let selection = selection(pattern)
            #expect(!selection.contains(bytes("a"), isDirectory: false), "\(pattern)")
            #expect(selection.contains(bytes("a"), isDirectory: true), "\(pattern)")
            #expect(selection.contains(bytes("a/b"), isDirectory: false), "\(pattern)")
        }
        #expect(selection("a/", "a").contains(bytes("a"), isDirectory: false))
        #expect(!selection("*.d/").contains(bytes("x/y.d"), isDirectory: false))
    }

    @Test func namesAreBytes() {
        let selection = PathSelection([[0xFF, 0x2F, 0xFE], [0x2A, 0xC3]])
        #expect(selection.contains([0xFF, 0x2F, 0xFE, 0x2F, 0x61]))
        #expect(selection.contains([0x61, 0x2F, 0xC3]))
        #expect(!selection.contains([0xFF]))
        #expect(PathSelection([[0x3F]]).contains([0xFE]))
    }

    @Test(
        arguments: [
            ("a/b/c", "", true), ("a/b/c", "a", true), ("a/b/c", "a/b", true), ("a/b/c", "a/b/c", true),
            ("a/b/c", "a/b/c/d", true), ("a/b/c", "b", false), ("a/b/c", "a/bb", false), ("a/b", "a/b/c", true),
            ("a/bc", "a/b", false), ("a", "b", false),
            ("*.o", "x/y", true), ("src/*.o", "src/a", true), ("src/*.o", "s", false), ("src/*.o", "doc", false),
            ("src/?", "src", true), ("src/?", "src/a", true), ("src/?", "src/ab", false), ("?", "b", true),
            ("?", "bb", false), ("a?c", "a", true), ("a?c", "b", false), ("[ab]/x", "a", true), ("[ab]/x", "c", false),
            (#"\*/x"#, "*", true), (#"\*/x"#, "y", false),
        ] as [(String, String, Bool)])
    func walksSkipWhatCannotBeSelected(pattern: String, directory: String, isOpen: Bool) {
        #expect(selection(pattern).mayContain(below: bytes(directory)) == isOpen)
    }

    /// All strings of up to five of a few bytes, against patterns of the same: what is selected has only directories
    /// above it that may contain something, and the answer is that of a matcher that tries everything.
    @Test(arguments: UInt64(0)..<6) func everythingAgreesWithTryingEverything(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        var paths: [[UInt8]] = []
        for length in 1...5 {
            let all = (0..<Int(pow(3, Double(length)))).map { number in
                (0..<length).map { [0x61, 0x62, 0x2F][number / Int(pow(3, Double($0))) % 3] as UInt8 }
            }
            paths += all.filter { $0.first != 0x2F && $0.last != 0x2F && !$0.joinedSlashes }
        }
        for _ in 0..<40 {
            let pattern = (0..<(1 + samples.below(6))).map { _ in bytes("ab/**?")[samples.below(6)] }
            guard pattern.first != 0x2F, pattern.last != 0x2F, !pattern.joinedSlashes else { continue }
            let selection = PathSelection([pattern])
            for path in paths {
                let borders = path.indices.filter { path[$0] == 0x2F } + [path.count]
                let expected = borders.contains { matches(pattern[...], path[..<$0]) }
                #expect(selection.contains(path) == expected, "\(pattern) \(path)")
                if !expected { continue }
                for border in borders.dropLast() {
                    #expect(selection.mayContain(below: Array(path[..<border])), "\(pattern) \(path)")
                }
            }
        }
    }

    private func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == 0x2A { return matches(rest, text) || !text.isEmpty && matches(pattern, text.dropFirst()) }
        guard let byte = text.first, first == 0x3F || first == byte else { return false }
        return matches(rest, text.dropFirst())
    }

    @Test(.timeLimit(.minutes(1))) func hostilePatternsEnd() {
        let path = bytes(String(repeating: "a", count: 1000) + String(repeating: "/aa", count: 100))
        let pattern = String(repeating: "*a", count: 200)
        #expect(!selection(pattern + "b").contains(path))
        #expect(selection(pattern).contains(path))
        #expect(!selection(pattern + "*aaab").contains(path))
        #expect(!selection(String(repeating: "?", count: 20_000)).contains(path))
        #expect(!selection(String(repeating: "[", count: 20_000)).contains(path))
        #expect(selection(String(repeating: "*", count: 20_000)).contains(path))
        #expect(selection(String(repeating: "a/", count: 10_000)).mayContain(below: bytes("a/a/a")))
        let many = PathSelection((0..<5_000).map { bytes("directory/file-\($0)") })
        for number in stride(from: 0, to: 10_000, by: 7) {
            #expect(many.contains(bytes("directory/file-\(number)")) == (number < 5_000))
        }
    }

    // MARK: What selected nothing

    @Test func patternsThatMatchNothingAreNamed() {
        let selection = selection("a", "b/c/", "*.o", "no", ".", "b/", "a[1]")
        var findings = PathSelection.Findings(selection)
        #expect(
            findings.unmatched.map { String(decoding: $0, as: UTF8.self) } == ["a", "b/c/", "*.o", "no", "b/", "a[1]"])
        findings.note(bytes("b"), isDirectory: false)
        findings.note(bytes("b/c"), isDirectory: false)
        #expect(findings.areOpen(below: bytes("x")))
        findings.note(bytes("x/y.o/z"))
        // `*.o` was the only one that could be anywhere.
        #expect(!findings.areOpen(below: bytes("x")))
        #expect(findings.areOpen(below: bytes("b")))
        #expect(!findings.areOpen(below: bytes("b/c")))
        findings.note(bytes("a[1]"))
        #expect(findings.unmatched.map { String(decoding: $0, as: UTF8.self) } == ["a", "b/c/", "no"])
        findings.noteUnreadable(bytes("b"))
        #expect(findings.unmatched.map { String(decoding: $0, as: UTF8.self) } == ["a", "no"])
        findings.note(bytes("a/deep/below"))
        findings.note(bytes("no"))
        #expect(findings.unmatched.isEmpty)
        #expect(!findings.areOpen(below: []))
        #expect(PathSelection.Findings(PathSelection([])).unmatched.isEmpty)
    }
}

extension [UInt8] {
    fileprivate var joinedSlashes: Bool { zip(self, dropFirst()).contains { $0 == 0x2F && $1 == 0x2F } }
}
