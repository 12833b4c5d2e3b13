// How the rules of a configuration and of ignore files at several depths work together.

import Testing

@testable import SnapStore

private func file(_ source: String, _ contents: String) -> IgnoreFile {
    IgnoreFile(source: Array(source.utf8), contents: Array(contents.utf8))
}

extension RuleSet {
    fileprivate func match(_ name: String, isDirectory: Bool = false, in directory: String = "") -> Match? {
        let bytes = Array(name.utf8)
        return excludes(name: bytes.span, isDirectory: isDirectory, in: Array(directory.utf8))
    }

    fileprivate func entering(_ path: String, _ contents: String) -> RuleSet {
        entering(directoryPath: Array(path.utf8), file: file(path + "/.snapignore", contents))
    }
}

@Suite struct RuleSetTests {
    @Test func nothingIsExcludedWithoutRules() {
        #expect(RuleSet().isEmpty)
        #expect(RuleSet(base: file("", "# only a comment\n")).isEmpty)
        #expect(RuleSet().entering(directoryPath: [], file: nil).isEmpty)
        #expect(RuleSet().match("x") == nil)
    }

    @Test func aMatchNamesItsPattern() throws {
        let rules = RuleSet().entering("a", "# first\n\n*.o  \nx/\n")
        let object = try #require(rules.match("y.o", in: "a/b"))
        #expect(object.source == Array("a/.snapignore".utf8))
        #expect(object.line == 3)
        #expect(object.text == Array("*.o".utf8))
        let directory = try #require(rules.match("x", isDirectory: true, in: "a"))
        #expect(directory.line == 4)
        #expect(directory.text == Array("x/".utf8))

        let base = RuleSet(base: IgnoreFile(source: Array("take.exclude".utf8), lines: [[0x61], [0x62]]))
        #expect(try #require(base.match("b")).line == 2)
        #expect(try #require(base.match("b")).source == Array("take.exclude".utf8))
    }

    @Test func deeperFilesWinAndTheConfigurationYields() {
        let base = RuleSet(base: file("take.exclude", "*.log\n!keep\n/top\n"))
        #expect(base.match("a.log") != nil)
        #expect(base.match("top", in: "sub") == nil)
        let root = base.entering("", "!a.log\nkeep\n")
        #expect(root.match("a.log") == nil)
        #expect(root.match("b.log") != nil)
        #expect(root.match("keep") != nil)
        let deep = root.entering("sub", "a.log\n")
        #expect(deep.match("a.log", in: "sub/x") != nil)
        #expect(root.match("a.log", in: "sub/x") == nil)
    }

    @Test func anchoredPatternsBeginAtTheirFile() {
        let rules = RuleSet().entering("a/b", "/x\nc/y\n**/z/w\n")
        #expect(rules.match("x", in: "a/b") != nil)
        #expect(rules.match("x", in: "a/b/c") == nil)
        #expect(rules.match("y", in: "a/b/c") != nil)
        #expect(rules.match("y", in: "a/b/d/c") == nil)
        #expect(rules.match("w", in: "a/b/q/r/z") != nil)
        #expect(rules.match("w", in: "a/b/z") != nil)
    }

    @Test func aFileThatSaysNothingChangesNothing() {
        let rules = RuleSet().entering("", "x\n").entering("a", "\n#\n").entering(directoryPath: [0x61], file: nil)
        #expect(rules.match("x", in: "a") != nil)
    }

    @Test func ignoreFilesAreNeverExcluded() {
        let rules = RuleSet().entering("", "*\n.snapignore\n")
        #expect(rules.match(".snapignore") == nil)
        #expect(rules.match(".snapignore", in: "a/b") == nil)
        #expect(rules.match(".snapignore", isDirectory: true) != nil)
        #expect(rules.match(".snapignore2") != nil)
        #expect(rules.match(".snapignor3") != nil)
    }

    /// Levels move to links of their own as they grow many: order and independence must not change.
    @Test func manyLevelsKeepTheirOrder() {
        var all: [RuleSet] = [RuleSet(base: file("take.exclude", "base\n"))]
        for level in 0..<300 {
            all.append(all[level].entering("", "n\(level)\n\(level % 2 == 0 ? "" : "!")flip\n"))
        }
        for level in [1, 63, 64, 65, 128, 129, 300] {
            #expect((all[level].match("flip") != nil) == (level % 2 == 1))
            #expect(all[level].match("base") != nil)
            #expect(all[level].match("n0") != nil)
            #expect(all[level].match("n\(level - 1)") != nil)
            #expect(all[level].match("n\(level)") == nil)
        }
    }

    /// A chain as long as this would overflow the stack if its links were released one within another.
    @Test func aVeryDeepChainIsReleased() {
        var rules = RuleSet()
        for _ in 0..<300_000 { rules = rules.entering("", "x\n") }
        #expect(rules.match("x") != nil)
        rules = RuleSet()
        #expect(rules.isEmpty)
    }

    /// A directory path that is not below the file's is a mistake of the caller; it must not trap.
    @Test func aForeignDirectoryDoesNotTrap() {
        let rules = RuleSet().entering("a/b/c/d", "/x\na/*\n**/y\n")
        #expect(rules.match("q", in: "a") == nil)
        #expect(rules.match("q", in: "") == nil)
        #expect(rules.match("", in: "a/b/c/d") == nil)
    }
}
