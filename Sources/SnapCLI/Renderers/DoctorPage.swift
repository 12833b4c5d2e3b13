// What `snap doctor` found, as lines and as JSON.

import SnapStore

/// One thing that was looked at, in words.
struct DoctorFinding: Sendable, Equatable {
    enum Level: String, Sendable {
        case ok, note, problem
    }

    var level: Level
    /// What it is about, in a word or two.
    var subject: String
    var text: String
    /// What can be typed about it.
    var hints: [String] = []

    init(_ level: Level, _ subject: String, _ text: String, hints: [String] = []) {
        self.level = level
        self.subject = subject
        self.text = text
        self.hints = hints
    }

    /// Something could not be found out.
    init(_ subject: String, _ error: StoreError) {
        let words = ErrorWords(.store(error), command: nil)
        self.init(.problem, subject, words.message, hints: words.hints)
    }
}

enum DoctorPage {
    static func lines(_ findings: [DoctorFinding]) -> [String] {
        var rows: [[String]] = []
        for finding in findings {
            rows.append([finding.level.rawValue, finding.subject, finding.text])
            rows += finding.hints.map { ["", "", "hint: " + $0] }
        }
        return columns(rows)
    }

    static func summary(_ findings: [DoctorFinding]) -> String {
        let problems = findings.filter { $0.level == .problem }.count
        let notes = findings.filter { $0.level == .note }.count
        let parts = [problems > 0 ? counted(problems, "problem") : "no problems"]
        return (parts + (notes > 0 ? [counted(notes, "note")] : [])).joined(separator: ", ")
    }

    static func json(_ finding: DoctorFinding) -> JSONLine {
        var line = JSONLine()
        line.set("check", finding.subject)
        line.set("level", finding.level.rawValue)
        line.set("text", finding.text)
        line.set("hints", finding.hints)
        return line
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("check", "what was looked at; an object for each"),
        HelpEntry("level", "ok, note or problem"),
        HelpEntry("text", "what was found"),
        HelpEntry("hints", "array of texts: what can be typed about it"),
    ]
}
