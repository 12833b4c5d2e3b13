// A status for people, for scripts, and as JSON.

import SnapStore
import SnapSystem

enum StatusPage {
    private static let pathLimit = 10

    /// Lines are cut to `width` cells; nil: none is.
    static func lines(_ report: StatusReport, now: Timestamp, width: Int? = nil) -> [String] {
        var rows = [["head", head(report, now: now)]]
        if report.changes != nil { rows.append(["directory", difference(report)]) }
        rows += report.visibleChanges.prefix(pathLimit).map { ["", ChangePage.line($0)] }
        if report.visibleChanges.count > pathLimit {
            rows.append(["", "and \(counted(report.visibleChanges.count - pathLimit, "other"))"])
        }
        if let first = report.unknown.first {
            let paths = counted(report.unknown.count, "path")
            rows.append(["not covered", "\(paths), such as \(subject(first.path)): \(safeText(first.reason))"])
        }
        var ways: [String] = []
        if let undo = report.undo { ways.append("undo goes to \(undo.short)") }
        if let redo = report.redo { ways.append("redo to \(redo.short)") }
        if !ways.isEmpty { rows.append(["steps", ways.joined(separator: ", ")]) }
        if let unfinished = report.unfinished { rows.append(["revert", unfinished.words]) }
        rows.append(["store", store(report)])
        if let check = report.lastVerify {
            rows.append(["checked", "\(ageText(check.time, now: now)): \(safeText(check.result))"])
        } else {
            rows.append(["checked", "never: snap verify"])
        }
        if let collection = report.lastCollection {
            rows.append(["collected", "\(ageText(collection.time, now: now)): \(safeText(collection.result))"])
        }
        return columns(rows, limit: width)
    }

    /// The head in one line.
    static func head(_ report: StatusReport, now: Timestamp) -> String {
        guard let head = report.head else { return "no snapshots yet" }
        let message = head.message.isEmpty ? "" : "  " + safeText(firstLine(head.message))
        let names = head.names.isEmpty ? "" : "  [\(head.names.map { safeText($0) }.joined(separator: ", "))]"
        return "\(head.id.short)  \(ageText(head.time, now: now))\(names)\(message)"
    }

    private static func difference(_ report: StatusReport) -> String {
        let count = report.visibleChanges.count
        return count == 0
            ? "as the head has it" : "\(counted(count, "path")) \(count == 1 ? "differs" : "differ") from the head"
    }

    private static func store(_ report: StatusReport) -> String {
        let snapshots = report.snapshots.map { counted($0, "snapshot") + ", " } ?? ""
        var text = snapshots + sizeText(report.storeBytes)
        if let limit = report.maximumBytes { text += " of \(sizeText(limit))" }
        return text + " in \(counted(report.packs, "pack")); \(sizeText(report.freeBytes)) free"
    }

    static func short(_ change: FileChange, isZero: Bool) -> [UInt8] {
        if !isZero { return Array("\(ChangePage.line(change))\n".utf8) }
        let former = change.action == .renamed ? (change.old?.path ?? []) + [0] : []
        return Array("\(ChangePage.letter(change).prefix(1)) ".utf8) + former + change.path + [0]
    }

    static func json(_ report: StatusReport) -> JSONLine {
        var line = JSONLine()
        if let head = report.head { line.set("head", head.id.description) }
        if let head = report.head {
            line.set("time", head.time.description)
            line.set("message", head.message)
            line.set("names", head.names)
        }
        if let snapshots = report.snapshots { line.set("snapshots", UInt64(snapshots)) }
        if report.changes != nil {
            line.set("changed", UInt64(report.visibleChanges.count))
            line.set(
                "changes",
                report.visibleChanges.prefix(pathLimit).map { change in
                    var entry = JSONLine()
                    entry.set("action", change.action.rawValue)
                    entry.set("path", path: change.path)
                    if change.action == .renamed { entry.set("old_path", path: change.old?.path ?? []) }
                    return entry
                })
        }
        line.set("not_covered", UInt64(report.unknown.count))
        if let undo = report.undo { line.set("undo", undo.description) }
        if let redo = report.redo { line.set("redo", redo.description) }
        line.set("unfinished_revert", report.unfinished != nil)
        line.set("store", path: report.store)
        line.set("store_bytes", report.storeBytes)
        line.set("packs", UInt64(report.packs))
        if let limit = report.maximumBytes { line.set("maximum_bytes", limit) }
        line.set("free_bytes", report.freeBytes)
        line.set("minimum_free_bytes", report.minimumFreeBytes)
        if let check = report.lastVerify {
            line.set("verified", check.time.description)
            line.set("verify_result", check.result)
        }
        if let collection = report.lastCollection { line.set("collected", collection.time.description) }
        return line
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("head", "the head's id; absent if there is none"),
        HelpEntry("time, message, names", "of the head; with --no-scan: when and by what it became that"),
        HelpEntry("snapshots", "how many there are; absent with --no-scan"),
        HelpEntry("changed", "how many paths differ from the head; absent with --no-scan"),
        HelpEntry("changes", "array of the first of them: action, path, old_path"),
        HelpEntry("not_covered", "paths that cannot be compared"),
        HelpEntry("undo, redo", "the ids that a step leads to; absent if there is no step"),
        HelpEntry("unfinished_revert", "true if a revert has to be continued or aborted"),
        HelpEntry("store", "its path"),
        HelpEntry("store_bytes, packs", "what its packs take, and how many there are"),
        HelpEntry("maximum_bytes", "what it may take; absent if there is no limit"),
        HelpEntry("free_bytes, minimum_free_bytes", "of its file system: what is free, and what must stay so"),
        HelpEntry("verified, verify_result", "when it was checked last, and what came out"),
        HelpEntry("collected", "when gc ran last"),
    ]
}
