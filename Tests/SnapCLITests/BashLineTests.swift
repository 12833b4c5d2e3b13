// A line of bash is read as bash reads it, and what goes into it means there what it is.

import Testing

@testable import SnapCLI

@Suite struct BashLineTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static let lines: [(String, [String], String)] = [
        ("snap ", [], ""), ("snap", [], "snap"), ("snap sh", [], "sh"), ("snap show @:a", ["show"], "@:a"),
        ("snap  show\t x ", ["show", "x"], ""), (#"snap cat @:my\ fi"#, ["cat"], "@:my fi"),
        (#"snap cat "@:my fi"#, ["cat"], "@:my fi"), (#"snap cat '@:my "fi"#, ["cat"], #"@:my "fi"#),
        (#"snap take -m "a \" b" --"#, ["take", "-m", #"a " b"#], "--"),
        (#"snap take -m '' -"#, ["take", "-m", ""], "-"), (#"snap cat @:'a'b"c"d"#, ["cat"], "@:abcd"),
        (#"snap cat "a\b"#, ["cat"], #"a\b"#), (#"snap cat a\"#, ["cat"], "a"), ("", [], ""),
    ]

    @Test(arguments: lines)
    func wordsAreThoseOfTheShell(_ line: String, _ words: [String], _ current: String) {
        let read = BashLine(Array(line.utf8))
        #expect(read.words.map { text($0) } == words)
        #expect(text(read.current) == current)
    }

    private func put(_ value: String, isOpen: Bool = false, in line: String, replacing replaced: String) -> String {
        let completion = Completion(candidates: [Candidate(value, isOpen: isOpen)])
        let read = BashLine(Array(line.utf8))
        let answer = read.answer(completion, replaced: Array(replaced.utf8), for: .insertion, columns: nil)
        return String(line.dropLast(replaced.count)) + text(answer.first ?? [])
    }

    /// bash parts words at `:`, `=` and `@`, or where its user says.
    @Test(arguments: [
        ("snap cat @:sr", "sr"), ("snap cat @:sr", "@:sr"), ("snap cat @:sr", ":sr"), ("snap cat @:", ""),
        ("snap cat @:", "@:"),
    ])
    func whatStandsInFrontOfTheReplacedEndStays(_ line: String, _ replaced: String) {
        #expect(put("@:src/", isOpen: true, in: line, replacing: replaced) == "snap cat @:src/")
    }

    @Test func aWholeWordHasASpaceBehindIt() {
        #expect(put("--kind=milestone", in: "snap take --kind=mi", replacing: "mi") == "snap take --kind=milestone ")
        #expect(put("--kind=milestone", in: "snap take --kind=", replacing: "") == "snap take --kind=milestone ")
        #expect(put("take", in: "snap ", replacing: "") == "snap take ")
    }

    @Test func whatTheShellWouldReadOtherwiseIsQuoted() {
        #expect(put("@:my file", in: "snap cat @:my", replacing: "my") == #"snap cat @:my\ file "#)
        #expect(put("@:my file", in: #"snap cat @:my\ f"#, replacing: #"my\ f"#) == #"snap cat @:my\ file "#)
        #expect(put("@:it's $5", in: "snap cat @:", replacing: "") == #"snap cat @:it\'s\ \$5 "#)
        #expect(put("@{2 hours ago}", in: "snap show @{2", replacing: "@{2") == #"snap show @{2\ hours\ ago} "#)
        #expect(put("@:{a,b}", in: "snap cat @:", replacing: "") == #"snap cat @:\{a\,b\} "#)
        #expect(put("~x", in: "snap show ", replacing: "") == #"snap show \~x "#)
        #expect(put("@~1", in: "snap show @", replacing: "@") == "snap show @~1 ")
    }

    /// bash closes an open quotation itself.
    @Test func inQuotesTheyAreKept() {
        #expect(put("@:my file", in: #"snap cat "@:my"#, replacing: "@:my") == #"snap cat "@:my file"#)
        #expect(put(#"@:a"b$"#, in: #"snap cat "@:a"#, replacing: "@:a") == #"snap cat "@:a\"b\$"#)
        #expect(put("@:it's", in: "snap cat '@:it", replacing: "@:it") == #"snap cat '@:it'\''s"#)
    }

    @Test func aListSaysWhatTheCandidatesMean() {
        let candidates = [Candidate("v1", "1 hour ago: first"), Candidate("v1.2", "2 hours ago: a long message here")]
        let line = BashLine(Array("snap show v".utf8))
        func answer(_ candidates: [Candidate], _ type: String) -> [String] {
            let purpose = BashLine.Purpose(type: Array(type.utf8))
            return line.answer(
                Completion(candidates: candidates), replaced: Array("v".utf8), for: purpose, columns: 30
            ).map { text($0) }
        }
        #expect(answer(candidates, "63") == ["v1     1 hour ago: first", "v1.2   2 hours ago: a long m…"])
        #expect(answer(candidates, "9") == ["v1 ", "v1.2 "])
        #expect(answer([candidates[0]], "63") == ["v1 "])
        #expect(answer([Candidate("v1"), Candidate("v2")], "63") == ["v1 ", "v2 "])
        // Words are never cut, for bash may take what they have in common.
        let long = [Candidate("v-of-more-than-20-cells-a", "1 hour ago"), Candidate("v-of-more-than-20-cells-b", "x")]
        #expect(answer(long, "33") == ["v-of-more-than-20-cells-a ", "v-of-more-than-20-cells-b "])
    }
}
