// Topics are complete, fit a screen, and say what the library says where it has a list of its own.

import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct HelpTopicTests {
    private static let names = HelpTopic.all.map(\.name)

    private func topic(_ name: String) throws -> HelpTopic {
        try #require(HelpTopic.named(name))
    }

    @Test func noTopicIsThereTwice() {
        #expect(Set(Self.names).count == Self.names.count)
        #expect(Set(HelpTopic.all.map(\.manualName)).count == Self.names.count)
        #expect(Set(Self.names) == ["revisions", "store", "config", "tutorial", "safety"])
    }

    @Test(arguments: names)
    func theSummaryIsOneShortLine(_ name: String) throws {
        let summary = try topic(name).summary
        #expect((1...60).contains(summary.utf8.count))
        #expect(!summary.contains("\n") && !summary.hasSuffix("."))
    }

    @Test(arguments: names)
    func thePageFitsAScreen(_ name: String) throws {
        let topic = try topic(name)
        let page = HelpPage.page(topic)
        for line in page.split(separator: "\n") {
            #expect(line.utf8.count <= 80 && !line.hasSuffix(" "), "\(line)")
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(line)")
        }
        #expect(page.hasPrefix("\(name) - \(topic.summary)\n\n") && page.hasSuffix("\n"))
        #expect(!page.contains("\n\n\n"))
    }

    @Test(arguments: names)
    func nothingIsEmpty(_ name: String) throws {
        let topic = try topic(name)
        #expect(topic.parts.first?.title == nil, "a page starts with what it is about")
        #expect(topic.parts.dropFirst().allSatisfy { $0.title != nil })
        for part in topic.parts {
            #expect(!part.blocks.isEmpty)
            for block in part.blocks {
                switch block {
                case .paragraph(let text): #expect(text.hasSuffix(".") && !text.contains("\n"), "\(text)")
                case .entries(let entries):
                    for entry in entries {
                        #expect(!entry.term.isEmpty && !entry.meaning.isEmpty && !entry.meaning.hasSuffix("."))
                    }
                case .options(let options): #expect(!options.isEmpty)
                case .verbatim(let lines), .script(let lines): #expect(!lines.isEmpty)
                case .examples(let examples):
                    for example in examples {
                        #expect(example.line.contains("snap ") && !example.purpose.hasSuffix("."))
                    }
                }
            }
        }
    }

    @Test func everyFormOfATimeIsListed() throws {
        let page = HelpPage.page(try topic("revisions"))
        for form in TimeExpression.forms { #expect(page.contains("   \(form.text)"), "\(form.text)") }
    }

    @Test func everySettingIsListed() throws {
        let page = HelpPage.page(try topic("config"))
        for key in ConfigurationKey.all { #expect(page.contains("   \(key.name) = \(key.valueName)"), "\(key.name)") }
    }

    @Test func everythingIsListed() {
        let page = HelpPage.everything(
            commands: CommandTable.commands, topics: HelpTopic.all, aliases: [("st", "status --short")],
            externals: ["web", "odd\u{1B}[2J"])
        for name in CommandTable.entries.map(\.name) + Self.names { #expect(page.contains("   \(name) "), "\(name)") }
        #expect(page.contains("\naliases\n   st   status --short\n"))
        #expect(page.contains("\nexternal commands\n   web\n"))
        #expect(!page.contains("\u{1B}"))
        let without = HelpPage.everything(
            commands: CommandTable.commands, topics: HelpTopic.all, aliases: [], externals: [])
        #expect(!without.contains("\naliases\n") && !without.contains("\nexternal commands\n"))
    }
}
