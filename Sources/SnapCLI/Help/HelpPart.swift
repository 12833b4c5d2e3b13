// What help says, as values: parts with a title, made of blocks. The pages on the terminal, the manual and the
// reference are all set from these, so none of them can say what the others do not.

/// A piece of a page.
package enum HelpBlock: Sendable, Equatable {
    /// Sentences.
    case paragraph(String)
    /// Words, each with its meaning.
    case entries([HelpEntry])
    case options([Option])
    /// Lines as they are.
    case verbatim([String])
    /// Lines of a shell script, which can be run as they are.
    case script([String])
    /// Command lines, each with what it is for.
    case examples([Example])
}

/// Blocks under a title.
package struct HelpPart: Sendable, Equatable {
    /// In lower case; nil: what stands before the first title.
    package let title: String?
    package let blocks: [HelpBlock]

    init(_ title: String?, _ blocks: [HelpBlock]) {
        self.title = title
        self.blocks = blocks
    }
}

extension HelpPart {
    /// Names that pages of the manual share, and readers look for.
    package static let operands = "operands"
    static let options = "options"
    package static let environment = "environment"
    package static let files = "files"
    package static let exitStatus = "exit status"
    static let examples = "examples"
}

extension Command {
    /// Everything that there is to say about it, in the order of its page. Parts that would be empty are left out.
    var parts: [HelpPart] {
        var parts: [HelpPart] = []
        if !discussion.isEmpty { parts.append(HelpPart(nil, discussion.map { .paragraph($0) })) }
        let explained = explainedOperands
        if !explained.isEmpty { parts.append(HelpPart(HelpPart.operands, [.entries(explained)])) }
        parts.append(HelpPart(HelpPart.options, [.options(options)]))
        if !fields.isEmpty { parts.append(HelpPart("fields of --json", [.entries(fields)])) }
        for group in otherFields {
            parts.append(HelpPart("fields of --json \(group.condition)", [.entries(group.fields)]))
        }
        parts.append(HelpPart(HelpPart.exitStatus, [.entries(allStatuses)]))
        if !examples.isEmpty { parts.append(HelpPart(HelpPart.examples, [.examples(examples)])) }
        return parts
    }

    /// Its operands as help lists them: two of one name are explained together.
    private var explainedOperands: [HelpEntry] {
        var result: [HelpEntry] = []
        for operand in operands where !operand.explanation.isEmpty {
            if result.contains(where: { $0.term == operand.name }) { continue }
            result.append(HelpEntry(operand.name, operand.explanation))
        }
        return result
    }

    /// What every command ends with, and what is particular to this one.
    var allStatuses: [HelpEntry] {
        let common = [
            HelpEntry("0", "done"), HelpEntry("2", "what was typed cannot be meant"), HelpEntry("4", "it failed"),
        ]
        let others = common.filter { entry in !statuses.contains { $0.term == entry.term } }
        return (statuses + others).sorted { $0.term < $1.term }
    }

    /// The topics that say more about what it does or takes, by its group and by the names of its values.
    var topicNames: [String] {
        let values = operands.map(\.name) + options.compactMap(\.valueName)
        var names: [String] = []
        if values.contains(where: { $0.hasPrefix("REV") || $0 == "TIME" }) { names.append(RevisionsTopic.topic.name) }
        if values.contains("KEY") { names.append(ConfigurationTopic.topic.name) }
        switch group {
        case .keep: names += [ConfigurationTopic.topic.name, SafetyTopic.topic.name]
        case .restore: names.append(SafetyTopic.topic.name)
        case .care: names += [SafetyTopic.topic.name, StoreTopic.topic.name]
        case .look, .about: break
        }
        return names.enumerated().filter { names.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }
}
