// Numbers, times and paths as people and programs read them.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct RendererTests {
    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (10_188, "9.9 KiB"), (10_189, "10 KiB"),
        (10_240, "10 KiB"), (1_048_063, "1023 KiB"), (1_048_064, "1.0 MiB"), (1_048_576, "1.0 MiB"),
        (325_058_560, "310 MiB"), (1_073_741_824, "1.0 GiB"), (1_099_511_627_776, "1.0 TiB"), (UInt64.max, "16 EiB"),
    ])
    func sizesAreInBinaryUnits(_ bytes: UInt64, _ text: String) {
        #expect(sizeText(bytes) == text)
    }

    @Test func countsHaveCommasAndPlurals() {
        #expect(grouped(0) == "0")
        #expect(grouped(999) == "999")
        #expect(grouped(1000) == "1,000")
        #expect(grouped(UInt64.max) == "18,446,744,073,709,551,615")
        #expect(counted(1 as UInt64, "directory") == "1 directory")
        #expect(counted(2 as UInt64, "directory") == "2 directories")
        #expect(counted(0, "file") == "0 files")
        #expect(counted(-1, "file") == "0 files")
    }

    @Test(arguments: [
        (0.0, "0 ms"), (0.0012, "1 ms"), (0.9996, "1.0 s"), (1.25, "1.2 s"), (59.99, "59.9 s"), (125, "2 min 5 s"),
        (-1, "0 ms"), (.infinity, "0 ms"), (.nan, "0 ms"), (1e300, "16,666,666,666 min 40 s"),
    ])
    func durationsAreShort(_ seconds: Double, _ text: String) {
        #expect(durationText(seconds: seconds) == text)
    }

    @Test(arguments: [
        (0, "0 seconds ago"), (1, "1 second ago"), (89, "89 seconds ago"), (90, "2 minutes ago"),
        (5369, "89 minutes ago"),
        (5370, "2 hours ago"), (127_769, "35 hours ago"), (129_600, "2 days ago"), (1_123_199, "13 days ago"),
        (1_209_600, "2 weeks ago"), (6_048_000, "2 months ago"), (31_536_000, "1 year ago"),
        (39_744_000, "1 year, 3 months ago"), (157_680_000, "5 years ago"), (-1, "in the future"),
    ])
    func agesAreGits(_ seconds: Int64, _ text: String) {
        let then = Timestamp(seconds: 1_000_000_000)
        #expect(ageText(then, now: Timestamp(seconds: 1_000_000_000 + seconds)) == text)
    }

    @Test func agesDoNotOverflow() {
        let text = ageText(Timestamp(seconds: .min), now: Timestamp(seconds: .max))
        #expect(text == "in the future")
        #expect(ageText(Timestamp(seconds: 0), now: Timestamp(seconds: .max)).hasSuffix("years ago"))
    }

    @Test func timesAreUTC() {
        let time = Timestamp(seconds: 0, nanoseconds: 5)
        #expect(clockText(time) { _ in 0 } == "1970-01-01 00:00:00 +0000")
        #expect(clockText(time) { _ in -12_600 } == "1969-12-31 20:30:00 -0330")
        #expect(clockText(time) { _ in 3600 } == "1970-01-01 01:00:00 +0100")
    }

    @Test(arguments: [
        ("plain name", "plain name"), ("größe", "größe"), ("a\tb\n", #""a\tb\n""#), (#"say "hi""#, #""say \"hi\"""#),
        (#"a\b"#, #""a\\b""#), ("\u{1B}[2J", #""\033[2J""#), ("a\u{202E}b", #""a\342\200\256b""#), ("it's", "it's"),
    ])
    func pathsAreQuotedAsGitDoes(_ path: String, _ text: String) {
        #expect(quotedPath(Array(path.utf8)) == text)
    }

    @Test func bytesThatAreNotTextAreOctal() {
        #expect(quotedPath([0x61, 0xFF, 0xC3]) == #""a\377\303""#)
        #expect(quotedPath([0xE2, 0x82, 0x41]) == #""\342\202A""#)
        #expect(subject([0x61]) == "'a'")
        #expect(subject([0x0A]) == #""\n""#)
    }

    @Test func foreignTextStaysOnItsLine() {
        #expect(safeText("a\nb\u{1B}") == #"a\nb\033"#)
        #expect(safeText(#"say "hi" \o/"#) == #"say "hi" \o/"#)
    }

    @Test func hintsCanBePasted() {
        #expect(shellWord("@~1") == "@~1")
        #expect(shellWord("@{2 hours ago}") == "'@{2 hours ago}'")
        #expect(shellWord("it's") == #"'it'\''s'"#)
        #expect(shellWord("") == "''")
        #expect(shellWord("~x") == "'~x'")
        #expect(shellWord("{a,b}") == "'{a,b}'")
    }

    @Test func columnsLineUp() {
        let lines = columns([["a", "", "long", "x"], ["bbb", "", "s", ""]])
        #expect(lines == ["a    long  x", "bbb  s"])
        #expect(columns([]).isEmpty)
    }

    @Test func jsonIsOneSortedLine() {
        var line = JSONLine()
        line.set("z", true)
        line.set("path", path: [0xFF])
        line.set("a", "x\n\"y\"")
        line.set("n", UInt64.max)
        line.set("list", ["p", "q"])
        line.set("empty", [JSONLine]())
        let expected =
            #"{"a":"x\n\"y\"","empty":[],"list":["p","q"],"n":"18446744073709551615","path_base64":"/w==","z":true}"#
        #expect(line.text == expected + "\n")
    }

    @Test func progressWaitsAndThenKeepsItsPace() {
        var pace = ProgressPace(start: 1000)
        let due = [1000, 400_000_000, 500_001_000, 550_000_000, 600_000_999, 600_001_000].map { pace.isDue($0) }
        #expect(due == [false, false, true, false, false, true])
    }

    @Test func longTextIsWrappedBetweenWords() {
        let words = String(repeating: "word ", count: 40)
        let lines = HelpPage.wrapped(words, indent: 10)
        #expect(lines.allSatisfy { $0.utf8.count <= 80 && $0.hasPrefix("          w") })
        #expect(lines.joined(separator: " ").split(separator: " ").count == 40)
        #expect(HelpPage.wrapped("", indent: 4).isEmpty)
    }
}
