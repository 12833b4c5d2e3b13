// What one line and one file mean, stated case by case. The comparison with git's own answers is in
// GitComparisonTests.swift; these are the cases that a reader wants to see written down.

import Testing

@testable import SnapStore

/// Whether one ignore file at the root excludes the entry at `path`, its parents not considered.
private func excludes(_ contents: String, _ path: String, isDirectory: Bool = false) -> Bool {
    excludes(Array(contents.utf8), Array(path.utf8), isDirectory: isDirectory)
}

private func excludes(_ contents: [UInt8], _ path: [UInt8], isDirectory: Bool = false) -> Bool {
    let rules = RuleSet().entering(directoryPath: [], file: IgnoreFile(source: [], contents: contents))
    let slash = path.lastIndex(of: PatternByte.slash)
    let directory = slash.map { Array(path[..<$0]) } ?? []
    let name = slash.map { Array(path[($0 + 1)...]) } ?? path
    return rules.excludes(name: name.span, isDirectory: isDirectory, in: directory) != nil
}

@Suite struct IgnoreFileTests {
    @Test(arguments: [
        ("foo", "foo"), ("foo", "a/b/foo"), ("/foo", "foo"), ("a/foo", "a/foo"), ("*.o", "x.o"), ("*.o", ".o"),
        ("foo*", "foo"), ("foo*", "foobar"), ("f*o*r", "foobar"), ("?", "a"), ("[a-c]x", "bx"), ("[!a]x", "bx"),
        ("[^a]x", "bx"), ("[]-]", "]"), ("[]-]", "-"), ("[a-]", "-"), ("[--0]", "."), ("[a\\-c]", "-"),
        ("[\\]]", "]"), ("[[:digit:][:upper:]]", "Q"), ("[[:digit:]-z]", "-"), ("[a-c-e]", "-"), ("[[:]", ":"),
        ("\\#x", "#x"), ("\\!x", "!x"), ("x\\ ", "x "), ("x  ", "x"), ("x\\\\ ", "x\\"), ("\\a\\*", "a*"),
        ("**/x", "x"), ("**/x", "a/b/x"), ("a/**", "a/b/c"), ("a/**/x", "a/x"), ("a/**/x", "a/b/c/x"),
        ("**/a/**/x", "q/a/r/x"), ("a/*/x", "a/b/x"), ("**/*/x", "a/x"), ("*/**", "a/b"), ("a/***/x", "a/b/c/x"),
        ("/a**/x", "ab/c/x"), ("a/b**/x", "a/bx"), ("a/**\\/x", "a/b/x"),
    ])
    func matches(_ pattern: String, _ path: String) {
        #expect(excludes(pattern, path))
    }

    @Test(arguments: [
        ("foo", "Foo"), ("foo", "foobar"), ("/foo", "a/foo"), ("a/foo", "b/a/foo"), ("*.o", "x.oo"), ("?", "ab"),
        ("a/?x", "a//x"), ("a[/]b", "a/b"), ("a/[!b]c", "a//c"), ("a/*", "a/b/c"), ("a/*x", "a/b/x"),
        ("a/**", "a"), ("a/**/x", "ax"), ("a/b?**/x", "a/bc/d/x"), ("x\\", "x"), ("x\\", "x\\"), ("[a", "a"),
        ("[a", "[a"), ("[[:nope:]]", "n"), ("[[:alpha:", "a"), ("[b-a]", "a"), ("#x", "#x"), ("", "x"), ("/", "x"),
        ("!", "!"), ("//x", "x"), ("[[:space:]]", "\u{0B}"), ("[[:alpha:]]", "é"),
    ])
    func doesNotMatch(_ pattern: String, _ path: String) {
        #expect(!excludes(pattern, path))
    }

    @Test func aSlashAtTheEndAsksForADirectory() {
        #expect(excludes("x/", "a/x", isDirectory: true))
        #expect(!excludes("x/", "a/x"))
        #expect(excludes("/a/*/", "a/x", isDirectory: true))
    }

    @Test func theLastPatternThatMatchesDecides() {
        #expect(!excludes("*\n!x\n", "x"))
        #expect(excludes("!x\n*\n", "x"))
        #expect(excludes("*\n!x/\n", "x"))
    }

    @Test func linesEndAsInGit() {
        #expect(excludes("a\r\nb", "a"))
        #expect(excludes("a\r\nb\r", "b"))
        #expect(excludes("a \r\n", "a"))
        #expect(excludes("a\r \n", "a\r"))
        #expect(excludes("a\0b\n", "a"))
        #expect(excludes("\u{FEFF}a\n", "a"))
        #expect(!excludes("\n\u{FEFF}a\n", "a"))
    }

    @Test func namesAreBytes() {
        #expect(excludes([0xFF, 0x2A], [0xFF, 0xFE]))
        #expect(excludes([0x5B, 0xC0, 0x2D, 0xFF, 0x5D], [0xE9]))
        #expect(!excludes("?", "é"))
        #expect(excludes("??", "é"))
    }

    @Test func aFileThatSaysNothingIsEmpty() {
        for contents in ["", "\n\n", "# x\n", "  \n", "\r\n", "[\n", "!/\n"] {
            #expect(IgnoreFile(source: [], contents: Array(contents.utf8)).isEmpty, "\(contents)")
        }
        #expect(!IgnoreFile(source: [], contents: Array("x".utf8)).isEmpty)
    }

    /// A line of many `[:` must not be searched to its end for each.
    @Test(.timeLimit(.minutes(1))) func parsingALineTakesTimeInProportionToItsLength() {
        let line = Array("[".utf8) + Array(repeatElement(Array("[:".utf8), count: 200_000).joined()) + Array("x]".utf8)
        #expect(IgnorePattern(line: line[...]) != nil)
        #expect(IgnorePattern(line: line.dropLast()) == nil)
    }

    /// The recursive form of the matcher would not end.
    @Test(.timeLimit(.minutes(1))) func matchingIsBounded() {
        let name = String(repeating: "a", count: 255)
        let stars = String(repeating: "*a", count: 120)
        #expect(!excludes(stars + "*b", name))
        #expect(excludes(stars + "*", name))
        #expect(!excludes(String(repeating: "*[a-z]", count: 120) + "*b", name))

        let path = String(repeating: "a/", count: 1_000) + "c"
        #expect(!excludes(String(repeating: "**/a*/", count: 60) + "b", path))
        #expect(excludes(String(repeating: "**/a*/", count: 60) + "**/c", path))
        #expect(
            !excludes(
                String(repeating: "**/*a/", count: 60) + "*b*/" + String(repeating: "**/?/", count: 60) + "c", path))
    }
}

@Suite struct CacheTagTests {
    private func isValid(_ bytes: [UInt8]) -> Bool { CacheTag.isValid(bytes.span) }

    @Test func onlyTheWholeSignatureIsValid() {
        let signature = Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)
        #expect(signature.count == CacheTag.signatureLength)
        #expect(isValid(signature))
        #expect(isValid(signature + [0x0A, 0x23]))
        for length in 0..<signature.count {
            #expect(!isValid(Array(signature.prefix(length))))
        }
        for index in signature.indices {
            var damaged = signature
            damaged[index] ^= 0x20
            #expect(!isValid(damaged))
        }
    }
}
