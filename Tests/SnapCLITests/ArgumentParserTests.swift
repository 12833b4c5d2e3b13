// The parser reads every way of typing an option, and refuses everything else by name.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct ArgumentParserTests {
    private static let force = Option.flag("force", short: "f", "force")
    private static let all = Option.flag("all", short: "a", negatable: true, "all")
    private static let message = Option.value("message", short: "m", "MESSAGE", "message")
    private static let tag = Option.repeated("tag", short: "t", "TAG", "tag")
    private static let kind = Option.value("kind", "KIND", choices: ["small", "large"], "kind")
    private static let options = [force, all, message, tag, kind, .shortHelp, .help]

    private func parse(_ words: String..., stopsAtOperand: Bool = false) throws(UsageError) -> ParsedArguments {
        let parser = ArgumentParser(options: Self.options, stopsAtOperand: stopsAtOperand)
        return try parser.parse(words.map { Array($0.utf8) }[...])
    }

    private func operands(_ parsed: ParsedArguments) -> [String] {
        parsed.operands.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [["--message=x"], ["--message", "x"], ["-mx"], ["-m", "x"], ["-fmx"], ["-fm", "x"]])
    func everyWayOfGivingAValueIsRead(_ words: [String]) throws {
        let parsed = try ArgumentParser(options: Self.options).parse(words.map { Array($0.utf8) }[...])
        #expect(parsed.text(Self.message) == "x")
        #expect(parsed.operands.isEmpty)
    }

    @Test func optionsMayFollowOperands() throws {
        let parsed = try parse("one", "-f", "two", "--message", "x")
        #expect(operands(parsed) == ["one", "two"])
        #expect(parsed.isSet(Self.force))
        #expect(parsed.text(Self.message) == "x")
    }

    @Test func lettersMayBeClustered() throws {
        let parsed = try parse("-fat", "red")
        #expect(parsed.isSet(Self.force))
        #expect(parsed.isSet(Self.all))
        #expect(parsed.texts(Self.tag) == ["red"])
    }

    @Test func twoDashesEndTheOptions() throws {
        let parsed = try parse("one", "--", "-f", "--", "--nonsense")
        #expect(operands(parsed) == ["one", "-f", "--", "--nonsense"])
        #expect(parsed.operandsBeforeDashes == 1)
        #expect(!parsed.isSet(Self.force))
    }

    @Test func aDashAloneIsAnOperand() throws {
        #expect(operands(try parse("-")) == ["-"])
    }

    @Test func aValueMayLookLikeAnOption() throws {
        #expect(try parse("-m", "-f").text(Self.message) == "-f")
        #expect(try parse("--message", "--").text(Self.message) == "--")
        #expect(try parse("--message=").text(Self.message) == "")
        #expect(try parse("--message=a=b").text(Self.message) == "a=b")
    }

    @Test func theLastValueCountsAndRepeatedOnesAreKept() throws {
        #expect(try parse("-m", "x", "-m", "y").text(Self.message) == "y")
        #expect(try parse("-t", "x", "--tag=y", "-tz").texts(Self.tag) == ["x", "y", "z"])
    }

    @Test func aNegatableFlagIsTakenBack() throws {
        #expect(try !parse("--all", "--no-all").isSet(Self.all))
        #expect(try parse("--no-all", "-a").isSet(Self.all))
    }

    @Test func valuesAndOperandsAreBytes() throws {
        let odd: [UInt8] = [0xFF, 0x2F, 0xC3]
        let parsed = try ArgumentParser(options: Self.options).parse([
            odd, Array("-m".utf8) + odd, Array("-t".utf8), odd,
        ])
        #expect(parsed.operands == [odd])
        #expect(parsed.value(Self.message) == odd)
        #expect(parsed.values(Self.tag) == [odd])
    }

    @Test func helpStopsReading() throws {
        #expect(try parse("--help", "--nonsense").isSet(.help))
        #expect(try parse("-fhz").isSet(.shortHelp))
        #expect(try parse("-f", "-h", "--nonsense").asksForHelp)
        #expect(try !parse("-f").asksForHelp)
    }

    @Test func theFirstOperandMayEndTheOptions() throws {
        let parsed = try parse("-f", "take", "--nonsense", stopsAtOperand: true)
        #expect(parsed.rest.map { String(decoding: $0, as: UTF8.self) } == ["take", "--nonsense"])
        #expect(parsed.operands.isEmpty)
    }

    @Test func whatIsNotKnownIsNamed() {
        func unknown(_ option: String, _ suggestions: String...) -> UsageError {
            .unknownOption(option, suggestions: suggestions)
        }
        #expect(throws: unknown("--forse", "--force")) { try parse("--forse") }
        #expect(throws: unknown("--mes", "--message")) { try parse("--mes", "x") }
        #expect(throws: unknown("--no-al", "--no-all")) { try parse("--no-al") }
        #expect(throws: unknown("--zzzzzz")) { try parse("--zzzzzz=1") }
        #expect(throws: unknown("--FORCE", "--force")) { try parse("--FORCE") }
        #expect(throws: unknown("-o", "--force")) { try parse("-forse") }
        #expect(throws: unknown("-z")) { try parse("-fz") }
        #expect(throws: unknown("-o", "--force")) { try parse("-force") }
        // The first letter of these is an option, the second is not.
        #expect(throws: unknown("-\u{FFFD}")) {
            try ArgumentParser(options: Self.options).parse([[0x2D, 0x66, 0xFF]])
        }
        #expect(throws: unknown("--no-force")) { try parse("--no-force") }
    }

    /// Or scripts would break when an option is added; but then it can be said what was meant.
    @Test func theBeginningOfANameIsNotTheName() {
        func unknown(_ option: String, _ suggestions: String...) -> UsageError {
            .unknownOption(option, suggestions: suggestions)
        }
        #expect(throws: unknown("--m", "--message")) { try parse("--m", "x") }
        let letter = Option.flag(nil, short: "z", "zero")
        #expect(throws: unknown("--z", "-z")) {
            try ArgumentParser(options: [letter]).parse([Array("--z".utf8)])
        }
        #expect(throws: unknown("--k", "--kind")) { try parse("--k=small") }
        #expect(throws: unknown("--kin", "--kind")) { try parse("--kin=small") }
        #expect(throws: unknown("--n", "--no-all")) { try parse("--n") }
        #expect(throws: unknown("--")) { try parse("--=x") }
    }

    @Test func valuesThatAreMissingOrTooManyAreErrors() {
        #expect(throws: UsageError.missingValue(option: "--message", valueName: "MESSAGE")) { try parse("--message") }
        #expect(throws: UsageError.missingValue(option: "--tag", valueName: "TAG")) { try parse("-ft") }
        #expect(throws: UsageError.unexpectedValue(option: "--force")) { try parse("--force=yes") }
        #expect(throws: UsageError.unexpectedValue(option: "--no-all")) { try parse("--no-all=yes") }
    }

    @Test func aChoiceIsOneOfThoseOffered() throws {
        #expect(try parse("--kind", "large").text(Self.kind) == "large")
        let error = UsageError.notAChoice(
            option: "--kind", value: "lagre", choices: ["small", "large"], suggestions: ["large"])
        #expect(throws: error) { try parse("--kind=lagre") }
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("take", "take", 0), ("tkae", "take", 1), ("tak", "take", 1), ("takes", "take", 1), ("fake", "take", 1),
        ("", "abc", 3),
        ("verify", "revert", 5),
    ])
    func distanceCountsEdits(_ a: String, _ b: String, _ distance: Int) {
        #expect(editDistance(a, b) == distance)
        #expect(editDistance(b, a) == distance)
    }

    @Test func theNearestWordsAreOffered() {
        let words = ["init", "take", "list", "show", "name", "revert", "verify"]
        #expect(suggestions(for: "lst", among: words) == ["list"])
        #expect(suggestions(for: "rev", among: words) == ["revert"])
        #expect(suggestions(for: "checkout", among: words).isEmpty)
        #expect(suggestions(for: "", among: words).isEmpty)
        #expect(suggestions(for: String(repeating: "x", count: 100_000), among: words).isEmpty)
    }
}
