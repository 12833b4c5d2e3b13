// Lines that differ: whatever is found must turn the one text into the other, and stand where people expect it.

import Testing

@testable import SnapStore

@Suite("Line diff")
struct LineDiffTests {
    private func lines(_ text: String) -> TextLines { TextLines(Array(text.utf8)) }

    private func changes(_ a: String, _ b: String, _ whiteSpace: WhiteSpace = .counts) -> [LineChange] {
        LineDiff(lines(a), lines(b), whiteSpace).changes
    }

    private func below(_ limit: Int, _ random: inout Numbers) -> Int {
        Int.random(in: 0..<max(1, limit), using: &random)
    }

    /// The first text with each change made.
    private func applied(_ changes: [LineChange], _ a: TextLines, _ b: TextLines) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        for change in changes {
            for line in position..<change.start.a { result += a[line] }
            for line in change.start.b..<(change.start.b + change.count.b) { result += b[line] }
            position = change.start.a + change.count.a
        }
        for line in position..<a.count { result += a[line] }
        return result
    }

    @Test("a text is its lines, with their ends")
    func splitting() {
        #expect(lines("").count == 0)
        #expect(lines("a").count == 1)
        #expect(lines("a\n").count == 1)
        #expect(lines("a\n\nb").count == 3)
        #expect(Array(lines("a\n\nb")[1]) == [0x0A])
        #expect(lines("a\nb").lacksFinalLineFeed)
        #expect(!lines("a\n").lacksFinalLineFeed)
        #expect(!lines("").lacksFinalLineFeed)
    }

    @Test("what is found turns one text into the other, whatever they are", arguments: 0..<60)
    func randomTexts(seed: Int) {
        var random = Numbers(UInt64(seed))
        let words = ["a", "b", "c", "}", "", "  x", "long line with words", "return"]
        func text(_ count: Int) -> [String] { (0..<count).map { _ in words[below(words.count, &random)] } }
        let first = text(below(400, &random))
        var second = first
        for _ in 0..<below(30, &random) {
            let at = below(second.count + 1, &random)
            if below(2, &random) == 0 {
                second.insert(contentsOf: text(below(6, &random)), at: at)
            } else if at < second.count {
                second.removeSubrange(at..<min(second.count, at + below(6, &random)))
            }
        }
        if seed % 10 == 0 { second = text(700) }
        let a = lines(first.map { $0 + "\n" }.joined())
        let b = lines(second.map { $0 + "\n" }.joined() + (seed % 3 == 0 ? "no end" : ""))
        #expect(applied(LineDiff(a, b).changes, a, b) == b.bytes)
    }

    @Test("nothing but the difference is found")
    func smallest() {
        #expect(changes("a\nb\nc\n", "a\nc\n") == [LineChange(start: (1, 1), count: (1, 0))])
        #expect(changes("a\nc\n", "a\nb\nc\n") == [LineChange(start: (1, 1), count: (0, 1))])
        #expect(changes("same\n", "same\n").isEmpty)
        #expect(changes("", "a\n") == [LineChange(start: (0, 0), count: (0, 1))])
    }

    @Test("a last line without an end differs from one with an end")
    func missingEnd() {
        #expect(changes("a\nb", "a\nb\n") == [LineChange(start: (1, 1), count: (1, 1))])
        #expect(changes("a\nb", "a\nb\n", .ignored).isEmpty)
    }

    @Test("white space is ignored as it is asked for")
    func whiteSpace() {
        #expect(changes("a  b\n", "a b\n", .amountIgnored).isEmpty)
        #expect(changes("a b \n", "a b\n", .amountIgnored).isEmpty)
        #expect(!changes("ab\n", "a b\n", .amountIgnored).isEmpty)
        #expect(!changes(" ab\n", "ab\n", .amountIgnored).isEmpty)
        #expect(changes("ab\n", " a b\n", .ignored).isEmpty)
    }

    @Test("an inserted function stands as a whole, not shifted by one brace")
    func indentation() {
        let a = "f() {\n    x\n}\n\ng() {\n    y\n}\n"
        let b = "f() {\n    x\n}\n\nh() {\n    z\n}\n\ng() {\n    y\n}\n"
        #expect(changes(a, b) == [LineChange(start: (4, 4), count: (0, 4))])
    }

    @Test("two unrelated texts of many lines end in bounded time")
    func unrelated() {
        let a = lines((0..<20_000).map { "a\($0 &* 7919 % 1000)\n" }.joined())
        let b = lines((0..<20_000).map { "a\($0 &* 104_729 % 1000)\n" }.joined())
        #expect(applied(LineDiff(a, b).changes, a, b) == b.bytes)
    }

    @Test("hunks have the lines around, and join where these touch")
    func hunks() throws {
        let a = lines((1...40).map { "\($0)\n" }.joined())
        let b = lines((1...40).map { $0 == 5 || $0 == 11 || $0 == 30 ? "x\n" : "\($0)\n" }.joined())
        let hunks = Hunk.all(a, b, HunkOptions())
        try #require(hunks.count == 2)
        #expect(hunks[0].a == 1..<14)
        #expect(hunks[0].changes.count == 2)
        #expect(hunks[1].b == 26..<33)
        var narrow = HunkOptions()
        narrow.context = 0
        #expect(Hunk.all(a, b, narrow).map(\.a) == [4..<5, 10..<11, 29..<30])
    }

    @Test("a hunk is headed by the last line before it that begins like a function's")
    func headings() throws {
        let body = (1...9).map { "    line \($0)\n" }.joined()
        let a = lines("int main(void)   \n" + body)
        let b = lines("int main(void)   \n" + body.replacing("line 8", with: "changed"))
        let hunk = try #require(Hunk.all(a, b, HunkOptions()).first)
        #expect(Array(hunk.heading) == Array("int main(void)".utf8))
    }

    @Test("blank lines are ignored where nothing else changes")
    func blankLines() {
        var options = HunkOptions()
        options.ignoresBlankLines = true
        let plain = lines("a\nb\nc\n")
        #expect(Hunk.all(plain, lines("a\n\nb\nc\n"), options).isEmpty)
        #expect(Hunk.all(plain, lines("a\n\nb\nx\n"), options).count == 1)
    }

    @Test("a zero byte near the start is what makes content binary")
    func binary() {
        #expect(TextLines.isBinary([0x61, 0]))
        #expect(!TextLines.isBinary(Array(repeating: 0x61, count: 8000) + [0]))
        #expect(!TextLines.isBinary([]))
    }

    @Test("git's name of a content")
    func blob() {
        #expect(GitBlob.id(of: []) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        #expect(GitBlob.id(of: Array("hello\n".utf8)) == "ce013625030ba8dba906f756967f9e9ca394464a")
        #expect(GitBlob.id(of: Array(repeating: 0x61, count: 1000)) == "a50be72b20f0e3f078d252e8e56b11b4bec67509")
    }
}
