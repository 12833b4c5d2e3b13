// What a revert would do, path by path: for people, for `xargs -0`, and as JSON.

import SnapStore

enum RevertPlanPage {
    /// `replace src/main.c`; why, if it is left.
    static func line(_ change: PlannedChange) -> String {
        let reason = change.reason.isEmpty ? "" : " (\(safeText(change.reason)))"
        return "\(padded(change.action.rawValue)) \(quotedPath(path(change)))\(reason)"
    }

    /// The same without a reason and with the path as it is, for a list whose entries end in a zero byte.
    static func entry(_ change: PlannedChange) -> [UInt8] {
        Array("\(change.action.rawValue) ".utf8) + path(change) + [0]
    }

    static func json(_ change: PlannedChange) -> JSONLine {
        var line = JSONLine()
        line.set("action", change.action.rawValue)
        line.set("path", path: change.path)
        line.set("directory", change.isDirectory)
        line.set("reason", change.reason)
        line.set("conflict", change.isConflict)
        return line
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("action", RevertAction.allCases.map(\.rawValue).joined(separator: ", ")),
        HelpEntry("path", "the path, or path_base64; empty for the directory itself"),
        HelpEntry("directory", "true for a directory"),
        HelpEntry("reason", "why it is left, or an empty text"),
        HelpEntry("conflict", "true if it should be changed and cannot be"),
    ]

    /// What it comes to. `target` describes the snapshot.
    static func summary(_ plan: RevertPlan, target: String) -> [String] {
        var parts: [String] = []
        for (action, words) in [
            (RevertAction.create, "to create"), (.replace, "to replace"), (.remove, "to remove"),
            (.metadata, "metadata only"), (.leave, "to leave"),
        ] {
            let count = plan.count(action)
            if count > 0 { parts.append("\(grouped(count)) \(words)") }
        }
        if plan.bytes > 0 { parts.append(sizeText(plan.bytes)) }
        if parts.isEmpty { return ["nothing to do: the directory is as \(target) already"] }
        let start = plan.isEmpty ? "nothing to do for" : "would revert to"
        let head = "\(start) \(target): \(parts.joined(separator: ", "))"
        return [head] + RevertReceipt.repositories(plan.gitDirectories, "'.git' to change")
    }

    /// Directories end in a slash; the root is `./`.
    private static func path(_ change: PlannedChange) -> [UInt8] {
        let path = change.path.isEmpty ? [0x2E] : change.path
        return change.isDirectory ? path + [0x2F] : path
    }

    /// The words of most lines are at most as long as `replace`.
    private static func padded(_ word: String) -> String {
        word + String(repeating: " ", count: max(0, "replace".utf8.count - word.utf8.count))
    }
}
