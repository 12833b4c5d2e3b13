// What `snap` alone proposes can be typed as it stands, in every situation.

import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct FirstPageTests {
    @Test(arguments: FirstPage.Situation.allCases)
    func whatIsProposedCanBeTyped(_ situation: FirstPage.Situation) throws {
        #expect(situation.next.count == 5)
        for entry in situation.next {
            let words = entry.term.split(separator: " ").map { Array($0.utf8) }
            try #require(words.count >= 2 && words[0] == Array("snap".utf8))
            let command = try CommandTable.command(named: String(decoding: words[1], as: UTF8.self))
            _ = try command.interpret(try command.parse(words.dropFirst(2), after: ParsedArguments()))
            #expect(!entry.meaning.isEmpty && !entry.meaning.hasSuffix("."))
        }
    }

    @Test func anUnfinishedRevertComesFirst() {
        var report = StatusReport()
        #expect(FirstPage.Situation(report) == .noSnapshot)
        report.unfinished = UnfinishedRevertSample.value
        #expect(FirstPage.Situation(report) == .unfinishedRevert)
        let terms = FirstPage.Situation.unfinishedRevert.next.map(\.term)
        #expect(Array(terms.prefix(2)) == UnfinishedRevert.waysOut)
        let lines = FirstPage.state(report, directory: Array("/w".utf8), now: Timestamp(seconds: 0))
        #expect(
            lines == [
                "directory  '/w'", "head       no snapshots yet", "revert     a revert to 0000000000 is unfinished",
            ])
    }

    @Test func thePageEndsInWhereThereIsMore() {
        let text = FirstPage.text(FirstPage.introduction, .noStore)
        #expect(text.hasSuffix("\n\n'snap help' lists all commands, 'snap help COMMAND' explains one.\n"))
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 80 })
    }
}
