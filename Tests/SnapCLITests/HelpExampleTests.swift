// Every example that help prints is run with the real program, and does what somebody who tries it would expect: it
// ends well and says nothing of an error.

import Testing

@testable import SnapCLI

@Suite struct HelpExampleTests {
    struct Line: Sendable, CustomTestStringConvertible {
        let command: String
        let text: String
        var testDescription: String { text }
    }

    private static let lines: [Line] = CommandTable.commands.flatMap { command in
        command.examples.map { Line(command: command.name, text: $0.line) }
    }

    private static let topics = HelpTopic.all.map(\.name)

    /// A directory with a history that goes back some days, and something to name by each kind of revision.
    private static let project = """
        mkdir src
        printf 'int main(void) { return 0; }\\n' | tee src/main.c > main.c
        printf 'read me\\n' > README.md
        export SNAP_NOW=2026-11-15T09:00:00Z
        snap init -q && snap take -q -m 'the first state' --name release-1.2
        printf 'more\\n' >> README.md
        SNAP_NOW=2026-11-18T12:00:00Z snap take -q --name works
        printf 'int main(void) { return 1; }\\n' > src/main.c
        SNAP_NOW=2026-11-19T15:00:00Z snap take -q --kind milestone
        printf 'and more\\n' >> README.md
        SNAP_NOW=2026-11-20T07:00:00Z snap take -q --name good
        printf 'int main(void) { return 2; }\\n' > main.c
        SNAP_NOW=2026-11-20T07:30:00Z snap take -q -m 'the last state'
        export SNAP_NOW=2026-11-20T10:00:00Z
        """

    /// What the examples of a command need besides.
    private static let preparations = [
        "drop": "snap name -q -d works && snap name -q draft @~2",
        "init": "mkdir ../fresh && cd ../fresh",
        "name": "snap name -q -d release-1.2",
        "recover": "snap drop -q -f good",
        "redo": "snap undo -q",
    ]

    @Test(arguments: lines)
    func theExampleOfACommandRuns(_ line: Line) throws {
        var steps = [Transcript.Step(command: Self.project)]
        if let preparation = Self.preparations[line.command] { steps.append(Transcript.Step(command: preparation)) }
        steps.append(Transcript.Step(command: line.text))
        let session = try run(steps)
        for step in session.dropLast() { #expect(step.status == 0, "\(step.command)\n\(step.output)") }
        for step in session { #expect(!hasError(step), "\(step.command)\n\(step.output)") }
        // Some ask a question, and the answer may be no.
        let last = try #require(session.last)
        #expect([0, 1].contains(last.status), "\(last.output)")
    }

    /// In one session, in the order of the page.
    @Test(arguments: topics)
    func thePageOfATopicRuns(_ name: String) throws {
        let topic = try #require(HelpTopic.named(name))
        var steps: [Transcript.Step] = []
        // The tutorial makes all that it needs.
        if topic != TutorialTopic.topic { steps.append(Transcript.Step(command: Self.project)) }
        for block in topic.parts.flatMap(\.blocks) {
            switch block {
            case .script(let lines): steps.append(Transcript.Step(command: lines.joined(separator: "\n")))
            case .examples(let examples): steps += examples.map { Transcript.Step(command: $0.line) }
            case .paragraph, .entries, .options, .verbatim: break
            }
        }
        if steps.isEmpty { return }
        for step in try run(steps) {
            #expect(step.status == 0, "\(step.command)\n\(step.output)")
            #expect(!hasError(step), "\(step.command)\n\(step.output)")
        }
    }

    @Test func theTutorialShowsWhatIsNeededEveryDay() {
        let blocks = TutorialTopic.topic.parts.flatMap(\.blocks)
        let commands = blocks.flatMap { (block) -> [Example] in
            if case .examples(let examples) = block { examples } else { [] }
        }
        for name in ["init", "take", "status", "diff", "list", "undo", "redo", "revert", "log"] {
            #expect(commands.contains { $0.line.hasPrefix("snap \(name)") }, "\(name)")
        }
    }

    private func run(_ steps: [Transcript.Step]) throws -> [Transcript.Step] {
        var transcript = Transcript(parsing: "")
        transcript.steps = steps
        return try TranscriptTests().run(transcript).steps
    }

    private func hasError(_ step: Transcript.Step) -> Bool {
        step.output.contains { $0.hasPrefix("snap: ") }
    }
}
