// The table is complete and consistent: help, man pages and completions can be made from it without looking elsewhere.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct CommandTableTests {
    private static let names = CommandTable.commands.map(\.name)

    private func command(_ name: String) throws -> Command {
        try CommandTable.command(named: name)
    }

    @Test func noCommandIsThereTwice() {
        #expect(Set(Self.names).count == Self.names.count)
        #expect(!Self.names.isEmpty)
    }

    @Test func eachCommandIsFoundByItsName() {
        #expect(CommandTable.entries.map(\.name) == Self.names)
    }

    @Test(arguments: names)
    func optionsAreThereOnceAndExplained(_ name: String) throws {
        let options = try command(name).options
        let long = options.compactMap(\.long) + options.filter(\.isNegatable).compactMap { $0.long.map { "no-" + $0 } }
        let short = options.compactMap(\.short)
        #expect(Set(long).count == long.count)
        #expect(Set(short).count == short.count)
        for option in options {
            #expect(!option.help.isEmpty && !option.help.hasSuffix("."), "\(option.name)")
            #expect(option.long != nil || option.short != nil)
            #expect((option.long ?? "").utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0) }, "\(option.name)")
            #expect(option.short.map { $0.isASCII && $0.isLetter } ?? true, "\(option.name)")
            #expect(option.choices.isEmpty || option.valueName != nil, "\(option.name)")
            #expect(!option.isNegatable || option.kind == .flag, "\(option.name)")
            #expect(option.valueName.map { $0 == $0.uppercased() } ?? true, "\(option.name)")
        }
        #expect(options.contains(.help) && options.contains(.shortHelp))
    }

    /// `-q` before the command and `-q` behind it must not mean different things.
    @Test(arguments: names)
    func noOptionHidesAGlobalOne(_ name: String) throws {
        for option in try command(name).options {
            for global in Option.global where option.short == global.short && option.short != nil {
                #expect(option == global)
            }
            for global in Option.global where option.long == global.long && option.long != nil {
                #expect(option == global)
            }
        }
    }

    @Test(arguments: names)
    func theSummaryIsOneShortLine(_ name: String) throws {
        let summary = try command(name).summary
        #expect((1...60).contains(summary.utf8.count))
        #expect(!summary.contains("\n") && !summary.hasSuffix("."))
        #expect(summary.first?.isLowercase == true)
    }

    @Test(arguments: names)
    func theSynopsisSaysWhatIsAccepted(_ name: String) throws {
        let command = try command(name)
        #expect(!command.synopses.isEmpty)
        for synopsis in command.synopses {
            #expect(synopsis.filter { $0 == "[" }.count == synopsis.filter { $0 == "]" }.count)
            var expectsValue = false
            var operands: [String] = []
            for token in synopsis.split(whereSeparator: { " []|".contains($0) }) {
                if token == "--" { continue }
                if token.hasPrefix("-") {
                    let option = command.options.first {
                        $0.name == token || $0.short.map { "-\($0)" } == String(token)
                    }
                    #expect(option != nil, "\(token)")
                    expectsValue = option?.valueName != nil
                } else if expectsValue {
                    expectsValue = false
                } else if token != "options" {
                    operands.append(token.hasSuffix("...") ? String(token.dropLast(3)) : String(token))
                }
            }
            let declared = command.operands.flatMap { [$0.name] + $0.choices }
            #expect(operands.allSatisfy { declared.contains($0) }, "\(synopsis)")
            #expect(!expectsValue, "\(synopsis)")
        }
        let shown = command.synopses.joined(separator: " ")
        for operand in command.operands {
            let words = operand.choices.isEmpty ? [operand.name] : operand.choices
            let isShown = words.allSatisfy { shown.contains($0) }
            #expect(isShown, "\(operand.name)")
        }
    }

    @Test(arguments: names)
    func requiredOperandsStandFirst(_ name: String) throws {
        let optional = try command(name).operands.map(\.isOptional)
        #expect(optional == optional.sorted { !$0 && $1 })
    }

    /// Of two with one name the first one is explained.
    @Test(arguments: names)
    func operandsAreExplained(_ name: String) throws {
        let command = try command(name)
        let page = HelpPage.page(command)
        for operand in command.operands {
            let explanation = command.operands.first { $0.name == operand.name }?.explanation ?? ""
            #expect(!explanation.isEmpty && !explanation.hasSuffix("."), "\(operand.name)")
            #expect(page.contains("\n   \(operand.name) "), "\(operand.name)")
        }
    }

    @Test(arguments: names)
    func nothingIsLeftToBeSaid(_ name: String) throws {
        let command = try command(name)
        #expect(!command.discussion.isEmpty && command.discussion.allSatisfy { $0.hasSuffix(".") })
        #expect(!command.examples.isEmpty)
        #expect(command.allStatuses.map(\.term).contains("0") && command.allStatuses.map(\.term).contains("4"))
        #expect(command.topicNames.allSatisfy { HelpTopic.named($0) != nil })
    }

    @Test(arguments: names)
    func jsonIsDocumentedWhereItIsOffered(_ name: String) throws {
        let command = try command(name)
        #expect(command.options.contains(.json) == !command.fields.isEmpty)
        #expect(command.otherFields.isEmpty || !command.fields.isEmpty)
        #expect(
            command.otherFields.allSatisfy { HelpPage.page(command).contains("\nfields of --json \($0.condition)\n") })
    }

    @Test(arguments: names)
    func examplesNameTheCommand(_ name: String) throws {
        for example in try command(name).examples {
            #expect(example.line.contains("snap \(name)"))
            #expect(!example.purpose.isEmpty && !example.purpose.hasSuffix("."))
        }
    }

    /// Which is what lets scripts tell them apart.
    @Test(arguments: names)
    func statusesAreThoseOfSnap(_ name: String) throws {
        let known = [ExitStatus.done, .no, .usage, .partial, .failed].map { String($0.code) }
        #expect(try command(name).statuses.allSatisfy { known.contains($0.term) })
    }

    @Test(arguments: names)
    func helpFitsAScreenAndNamesEveryOption(_ name: String) throws {
        let command = try command(name)
        let page = HelpPage.page(command)
        #expect(page.split(separator: "\n").allSatisfy { $0.utf8.count <= 80 }, "\(page)")
        for option in command.options {
            #expect(page.contains(option.isNegatable ? "--[no-]\(option.long ?? "")" : option.name))
            #expect(page.contains(option.help.split(separator: " ")[0]))
        }
        #expect(page.hasSuffix("\n") && !page.split(separator: "\n").contains { $0.hasSuffix(" ") })
    }

    @Test(arguments: names)
    func theShortPageHasTheOptionsAndNoMore(_ name: String) throws {
        let command = try command(name)
        let page = HelpPage.shortPage(command)
        #expect(page.hasPrefix("snap \(name) - \(command.summary)\n"))
        #expect(page.hasSuffix("\n'snap help \(name)' says more\n"))
        #expect(HelpPage.usage(command).allSatisfy { page.contains($0 + "\n") })
        #expect(!page.contains("\nexamples\n") && !page.contains("\nexit status\n"))
        #expect(page.utf8.count < HelpPage.page(command).utf8.count)
        for option in command.options { #expect(page.contains(option.help.split(separator: " ")[0])) }
    }

    @Test func theOverviewListsEveryCommandOnce() {
        let lines = HelpPage.overview(CommandTable.commands).split(separator: "\n")
        for name in Self.names {
            #expect(lines.filter { $0.hasPrefix("   \(name) ") }.count == 1)
        }
    }

    @Test func anUnknownCommandIsNamedWithTheNearest() {
        let unknown = UsageError.unknownCommand("tkae", suggestions: ["take"])
        #expect(throws: unknown) { try CommandTable.command(named: "tkae") }
    }

    @Test func theChoicesOfKindAreTheLibrarys() throws {
        let kind = try command("take").options.first { $0.long == "kind" }
        #expect(kind?.choices == Kind.allCases.map(\.name))
    }
}
