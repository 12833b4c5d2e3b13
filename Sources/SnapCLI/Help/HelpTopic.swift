// Subjects of their own, which `snap help TOPIC` explains beside the commands. A topic is known by standing here and
// nowhere else.

/// A subject that belongs to no single command.
struct HelpTopic: Sendable, Equatable {
    /// What `snap help` knows it by.
    let name: String
    /// What the manual knows it by.
    let manualName: String
    let manualSection: Int
    /// One line of at most 60 characters, without a full stop.
    let summary: String
    let parts: [HelpPart]

    /// In the order that help lists them.
    static var all: [HelpTopic] {
        [
            TutorialTopic.topic, RevisionsTopic.topic, SafetyTopic.topic, ConfigurationTopic.topic, StoreTopic.topic,
        ]
    }

    /// nil if there is none of that name.
    static func named(_ name: String) -> HelpTopic? {
        all.first { $0.name == name }
    }
}
