// A transcript: a shell session as text, and what it printed. The files under Tests/Transcripts are read, run and rewritten
// with this.
//
//     # A comment; the first lines say what the transcript shows.
//     $ a command            run by one bash for the whole file, so that `cd` and variables stay
//     > its next line
//     what it printed        standard output and standard error together
//     ? 3                    its status, if it is not 0
//
// Blank lines at the end of what a command printed do not count.

import Foundation

struct Transcript {
    struct Step: Equatable {
        var comments: [String] = []
        var command = ""
        var output: [String] = []
        var status = 0
    }

    var steps: [Step] = []
    /// Comments behind the last command.
    var trailer: [String] = []

    init(parsing text: String) {
        var step: Step?
        var comments: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("# ") || line == "#" {
                comments.append(line)
            } else if line.hasPrefix("$ ") {
                if let step { steps.append(step) }
                step = Step(comments: comments, command: String(line.dropFirst(2)))
                comments = []
            } else if line.hasPrefix("> "), let command = step?.command, step?.output.isEmpty == true {
                step?.command = command + "\n" + line.dropFirst(2)
            } else if line.hasPrefix("? "), let status = Int(line.dropFirst(2)) {
                step?.status = status
            } else {
                step?.output.append(line)
            }
        }
        if let step { steps.append(step) }
        trailer = comments
        for index in steps.indices { steps[index].output = trimmed(steps[index].output) }
    }

    /// The file, with blank lines between the commands' blocks where comments stand.
    var text: String {
        var lines: [String] = []
        for (index, step) in steps.enumerated() {
            if index > 0, !step.comments.isEmpty { lines.append("") }
            lines += step.comments
            for (number, line) in step.command.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                lines.append((number == 0 ? "$ " : "> ") + line)
            }
            lines += step.output
            if step.status != 0 { lines.append("? \(step.status)") }
        }
        return (lines + trailer).joined(separator: "\n") + "\n"
    }
}

/// Without the blank lines at the end.
func trimmed(_ lines: [String]) -> [String] {
    Array(lines.prefix((lines.lastIndex { !$0.isEmpty } ?? -1) + 1))
}

/// Replaces what differs from run to run. Ids keep which is which: `[ID1]` is the first that was printed in full, `[id1]` its
/// first ten digits.
struct TranscriptNormalizer {
    private let temporary: String
    private var ids: [String] = []

    init(temporary: String) {
        self.temporary = temporary
    }

    /// Learns the ids of a whole session first, so that a short id is known also where it comes before the full one.
    mutating func learn(_ text: String) {
        for match in text.matches(of: #/\b[0-9a-f]{64}\b/#) {
            let id = String(match.output)
            if !ids.contains(id) { ids.append(id) }
        }
    }

    func normalize(_ text: String) -> String {
        var text = text.replacing(temporary, with: "[TMP]")
        for (index, id) in ids.enumerated() {
            text = text.replacing(id, with: "[ID\(index + 1)]")
            text = text.replacing(id.prefix(10), with: "[id\(index + 1)]")
        }
        text = text.replacing(#/\b[0-9a-f]{32}\b/#, with: "[DIRECTORY]")
        text = text.replacing(#/\b(\d+ ms|\d+\.\d s|\d+ min \d+ s)(?=$|[\n;,)])/#, with: "[TIME]")
        text = text.replacing(#/"milliseconds":\d+/#, with: "\"milliseconds\":[N]")
        text = text.replacing(#/"stored_bytes":\d+/#, with: "\"stored_bytes\":[N]")
        text = text.replacing(#/stored in [0-9.]+ [KMG]?i?B/#, with: "stored in [SIZE]")
        return text
    }
}
