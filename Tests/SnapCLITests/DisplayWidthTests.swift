// Text takes the cells of a terminal that it is counted for, so columns line up and lines fit, in every writing.

import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("plain text", 10), ("größe", 5), ("gro\u{0308}ße", 5), ("日本語", 6), ("ﾊﾝｶｸ", 4), ("ＡＢ", 4),
        ("한국어", 6), ("\u{1112}\u{1161}\u{11AB}", 2), ("👍", 2), ("🇩🇪", 2), ("a\u{200B}b\u{200D}c\u{FE0F}", 3),
        ("Привет", 6), ("“x”…", 4), ("𠮷", 2), ("\u{3000}", 2), ("\u{00AD}", 1),
    ])
    func wideTakesTwoCellsAndMarksTakeNone(_ text: String, _ width: Int) {
        #expect(displayWidth(text) == width)
    }

    @Test(arguments: [
        ("plain", 5, "plain"), ("plain", 4, "pla…"), ("plain", 1, "…"), ("plain", 0, ""), ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("o\u{0308}o\u{0308}o\u{0308}", 2, "o\u{0308}…"), ("", 0, ""),
    ])
    func whatDoesNotFitIsCut(_ text: String, _ width: Int, _ expected: String) {
        let cut = shortened(text, to: width)
        #expect(Array(cut.unicodeScalars) == Array(expected.unicodeScalars))
        #expect(displayWidth(cut) <= width)
    }

    @Test func columnsLineUpInCells() {
        let lines = columns([["日本", "a"], ["x", "b"], ["o\u{0308}", "c"]])
        #expect(lines == ["日本  a", "x     b", "o\u{0308}     c"])
    }

    @Test func onlyATerminalCutsLines() {
        let rows = [["one", "a long message"], ["three", "short"]]
        #expect(columns(rows) == ["one    a long message", "three  short"])
        #expect(columns(rows, limit: 12) == ["one    a lo…", "three  short"])
        #expect(columns(rows, limit: 100) == columns(rows))
    }

    @Test func columnsThatCanBeSparedGiveWay() {
        let rows = [["a", "a middle that is long", "and a message that is longer"], ["b", "short", "two"]]
        let whole = ["a  a middle that is long  and a message that is longer", "b  short                  two"]
        #expect(columns(rows, limit: 54, dispensable: [1]) == whole)
        #expect(
            columns(rows, limit: 40, dispensable: [1])
                == ["a  a middle that …  and a message that …", "b  short            two"])
        #expect(columns(rows, limit: 30, dispensable: [1]) == ["a  and a message that is long…", "b  two"])
        // Without a last column nothing is made room for.
        #expect(columns([["a long cell", ""]], limit: 8, dispensable: [0]) == ["a long …"])
    }

    @Test func aListFitsTheTerminal() {
        let id = ObjectID(0x1A2B_3C4D_5E6F_0000, 0, 0, 0)
        let summary = SnapshotSummary(
            id: id, time: Timestamp(seconds: 0), event: .safety, kind: .operation, message: "日本語\nmore", names: [],
            isHead: true)
        let now = Timestamp(seconds: 1)
        let whole = ListCommand.lines([summary], now: now, isColoured: false)
        #expect(whole == ["@ 1a2b3c4d5e  1 second ago  operation  日本語"])
        let cut = ListCommand.lines([summary], now: now, isColoured: false, width: 43)
        // Its kind would leave too little of the message.
        #expect(cut == ["@ 1a2b3c4d5e  1 second ago  日本語"])
        let narrow = ListCommand.lines([summary], now: now, isColoured: false, width: 31)
        #expect(narrow == ["@ 1a2b3c4d5e  1 second ago  日…"])
        let dim = ListCommand.lines([summary], now: now, isColoured: true, width: 43)
        #expect(dim == ["\u{1B}[2m\(cut[0])\u{1B}[0m"])
    }

    @Test func theFirstLineIsTheOneThatSaysSomething() {
        #expect(firstLine("one") == "one")
        #expect(firstLine("\n\none\ntwo") == "one")
        #expect(firstLine("one\n") == "one")
        #expect(firstLine("\n") == "")
        #expect(firstLine("") == "")
    }
}
