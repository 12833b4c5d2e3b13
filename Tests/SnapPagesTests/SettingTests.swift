// Help's words come out on the page as they were meant: nothing is taken for a macro, and what can be copied can be
// pasted.

import Testing

@testable import SnapPages

@Suite struct SettingTests {
    // MARK: Quotes

    @Test func quotesAreToldFromApostrophes() {
        let runs = quotedRuns("the snapshot's 'a b', users' and '-x'")
        #expect(runs.map(\.text) == ["the snapshot's ", "a b", ", users' and ", "-x"])
        #expect(runs.map(\.isQuoted) == [false, true, false, true])
        #expect(quotedRuns("it is 'open").map(\.text) == ["it is ", "'open"])
        #expect(!quotedRuns("it is 'open").contains { $0.isQuoted })
        #expect(quotedRuns("").isEmpty)
    }

    // MARK: mdoc

    @Test func eachSentenceStartsALine() {
        #expect(MdocText.lines("One two. Three, 'a b'. Four") == ["One two.", "Three, \\(aqa b\\(aq.", "Four"])
        #expect(MdocText.lines("PATH... and more") == ["PATH... and more"])
        let long = String(repeating: "word ", count: 40)
        #expect(MdocText.lines(long).allSatisfy { $0.utf8.count <= 78 })
    }

    @Test func noLineOfTextIsARequest() {
        #expect(MdocText.lines(".snapstore is it") == ["\\&.snapstore is it"])
        #expect(MdocText.literal(".snapstore") == "\\&.snapstore")
        #expect(MdocText.literal("echo '\\n'") == "echo \\(aq\\en\\(aq")
    }

    @Test func whatCanBeTypedIsASCII() {
        #expect(MdocText.escaped("re-use --one-file, 'a-b'") == "re-use \\-\\-one\\-file, \\(aqa\\-b\\(aq")
        #expect(MdocText.escaped("~^`") == "\\(ti\\(ha\\(ga")
    }

    @Test func argumentsAreNoMacros() {
        #expect(MdocText.arguments("Ar it | . -x \"y\"") == "\\&Ar it \\&| \\&. \\-x \\(dqy\\(dq")
    }

    @Test func aFormBecomesMacros() {
        #expect(
            MdocSynopsis.lines("[--init] [-m MESSAGE] [options]") == [
                ".Op Fl \\-init", ".Op Fl m Ar MESSAGE", ".Op Ar options",
            ])
        #expect(
            MdocSynopsis.lines("[-C DIR] [-q|-v] COMMAND") == [".Op Fl C Ar DIR", ".Op Fl q | Fl v", ".Ar COMMAND"])
        #expect(MdocSynopsis.lines("--continue | --abort") == [".Fl \\-continue | Fl \\-abort"])
        #expect(
            MdocSynopsis.lines("[REV [REV]] [-- PATH...]") == [".Op Ar REV Oo Ar REV Oc", ".Op Fl \\- Ar PATH ..."])
        #expect(MdocSynopsis.lines("REV:PATH...") == [".Ar REV:PATH ..."])
        #expect(MdocSynopsis.lines("set KEY VALUE [-M[N]]") == [".Cm set Ar KEY Ar VALUE", ".Op Fl M Ns Oo Ar N Oc"])
        #expect(MdocSynopsis.lines("[A] | [B]") == [".Oo Ar A Oc | Oo Ar B Oc"])
        #expect(MdocSynopsis.lines("").isEmpty)
    }

    /// What is not balanced is set all the same, and nothing is lost.
    @Test(arguments: ["[A", "A]", "]]]", "[[[[A"])
    func aFormThatIsNoneIsNoTrap(_ form: String) {
        let text = MdocSynopsis.lines(form).joined(separator: "\n")
        #expect(text.contains("Ar A") == form.contains("A"))
    }

    // MARK: Markdown

    @Test func whatIsQuotedIsCode() {
        #expect(ReferencePage.prose("see 'snap take' and path_base64") == "see `snap take` and path\\_base64")
        #expect(ReferencePage.code("a`b") == "`` a`b ``")
    }
}
