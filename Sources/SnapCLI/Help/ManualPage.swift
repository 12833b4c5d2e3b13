// The pages of the manual, as values: one for snap, one for each command and each topic. SnapPages sets them as
// mdoc(7) and as Markdown; what they say is what help says.

import SnapStore

/// A page as others refer to it.
package struct ManualReference: Sendable, Hashable, Comparable {
    /// Such as `snap-take`.
    package let name: String
    package let section: Int

    /// By section, then by name, as pages list them.
    package static func < (a: ManualReference, b: ManualReference) -> Bool {
        a.section == b.section ? a.name < b.name : a.section < b.section
    }
}

/// A page of the manual.
package struct ManualPage: Sendable, Equatable {
    package let reference: ManualReference
    package let summary: String
    /// What is typed, such as `snap take`; nil: the page is not about a command.
    package let program: String?
    /// What may follow that, one form each.
    package let synopses: [String]
    package let parts: [HelpPart]
    /// Sorted, each once, and not the page itself.
    package let related: [ManualReference]

    private init(
        _ reference: ManualReference, summary: String, program: String? = nil, synopses: [String] = [],
        parts: [HelpPart], related: [ManualReference]
    ) {
        self.reference = reference
        self.summary = summary
        self.program = program
        self.synopses = synopses
        self.parts = parts
        self.related = Set(related).filter { $0 != reference }.sorted()
    }

    /// The date that pages carry.
    package static let date = SnapVersion.date

    /// Every page: snap's own, then the commands', then the topics'.
    package static var all: [ManualPage] {
        let commands = CommandTable.commands
        return [program(commands)] + commands.map { page($0, among: commands) } + HelpTopic.all.map { page($0) }
    }

    // MARK: What refers to what

    private static let snap = ManualReference(name: "snap", section: 1)

    private static func reference(_ command: Command) -> ManualReference {
        ManualReference(name: "snap-\(command.name)", section: 1)
    }

    private static func reference(_ topic: HelpTopic) -> ManualReference {
        ManualReference(name: topic.manualName, section: topic.manualSection)
    }

    private static func page(_ command: Command, among commands: [Command]) -> ManualPage {
        let relatives = commands.filter { $0.group == command.group }.map { reference($0) }
        let topics = command.topicNames.compactMap { HelpTopic.named($0) }.map { reference($0) }
        return ManualPage(
            reference(command), summary: command.summary, program: "snap \(command.name)", synopses: command.synopses,
            parts: command.parts, related: [snap] + relatives + topics)
    }

    private static func page(_ topic: HelpTopic) -> ManualPage {
        ManualPage(
            reference(topic), summary: topic.summary, parts: topic.parts,
            related: [snap] + HelpTopic.all.map { reference($0) })
    }

    // MARK: snap itself

    private static func program(_ commands: [Command]) -> ManualPage {
        var parts = [opening]
        for group in CommandGroup.allCases {
            let members = commands.filter { $0.group == group }
            if members.isEmpty { continue }
            parts.append(
                HelpPart(group.rawValue, [.entries(members.map { HelpEntry("snap \($0.name)", $0.summary) })]))
        }
        let topics = HelpTopic.all.map { HelpEntry("snap help \($0.name)", $0.summary) }
        parts.append(HelpPart("topics", [.entries(topics)]))
        parts.append(HelpPart("options before the command", [.options(Option.global)]))
        parts.append(HelpPart(HelpPart.environment, [.entries(ConfigurationTopic.environment)]))
        parts.append(HelpPart(HelpPart.files, [.entries(files)]))
        parts.append(HelpPart(HelpPart.exitStatus, [.entries(statuses)]))
        let examples = ["init", "take", "diff", "undo", "revert"].compactMap { name in
            commands.first { $0.name == name }?.examples.first
        }
        parts.append(HelpPart(HelpPart.examples, [.examples(examples)]))
        return ManualPage(
            snap, summary: "put a directory back exactly as it was", program: "snap",
            synopses: [HelpPage.globalSynopsis], parts: parts,
            related: commands.map { reference($0) } + HelpTopic.all.map { reference($0) })
    }

    private static let opening = HelpPart(
        nil,
        [
            .paragraph(
                """
                snap keeps the states of a directory, and puts it back exactly as it was, at any moment, after \
                anything. Each snapshot covers the whole working directory; what does not change is stored once.
                """),
            .paragraph(
                """
                The working directory is the nearest directory, from the current one upwards, that has a store, \
                '.snapstore'. Commands act on all of it from any directory in it. Paths in operands are relative to \
                the current directory. Options may follow operands; '--' ends them, and most commands take paths \
                only behind it, so that none is taken for a snapshot.
                """),
            .paragraph(
                """
                Standard output has the result of a command and nothing else. Receipts, notes, questions and errors \
                go to standard error.
                """),
        ])

    private static let files =
        [
            HelpEntry(".snapstore", "the store of the directory it is in, or where that is"),
            HelpEntry(".snapignore", "what snapshots leave out, below the directory it is in; as '.gitignore'"),
        ] + ConfigurationTopic.levelEntries

    private static let statuses = [
        HelpEntry("0", "done, or the answer is yes"),
        HelpEntry("1", "the answer is no: of commands that are asked something"),
        HelpEntry("2", "what was typed cannot be meant"),
        HelpEntry("3", "finished, but something was there and could not be covered, or not put back"),
        HelpEntry("4", "it failed"),
        HelpEntry("128 and more", "ended by a signal, whose number is added to 128"),
    ]
}
