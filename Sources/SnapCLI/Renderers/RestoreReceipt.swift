// The receipt of putting a snapshot into a directory.

import SnapStore

enum RestoreReceipt {
    static func lines(_ report: RestoreReport, id: ObjectID, into path: [UInt8]) -> [String] {
        var parts = [counted(report.files, "file"), counted(report.directories, "directory")]
        if report.others > 0 { parts.append(counted(report.others, "other")) }
        parts.append(sizeText(report.bytes))
        var lines = [
            "put \(id.short) into \(subject(path)): \(parts.joined(separator: ", ")); "
                + durationText(seconds: report.seconds)
        ]
        if report.gaps > 0 {
            lines.append("not in the snapshot, because it did not cover them: \(grouped(report.gaps))")
        }
        if report.failureCount > 0 {
            lines.append("not as it was: \(grouped(report.failureCount))")
            lines += abridged(report.failures, count: report.failureCount) {
                "\(quotedPath($0.path)): \(safeText($0.reason))"
            }
        }
        return lines
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("id", "the snapshot's id"),
        HelpEntry("files, directories, others", "what was put there"),
        HelpEntry("bytes", "the sum of the files' sizes"),
        HelpEntry("gaps", "how many entries the snapshot did not cover"),
        HelpEntry("failure_count", "how many could not be put there, wholly or in part"),
        HelpEntry("failures", "array of path (or path_base64) and reason: the first 100"),
        HelpEntry("milliseconds", "how long it took"),
    ]

    static func json(_ report: RestoreReport, id: ObjectID) -> JSONLine {
        var line = JSONLine()
        line.set("id", id.description)
        line.set("files", report.files)
        line.set("directories", report.directories)
        line.set("others", report.others)
        line.set("bytes", report.bytes)
        line.set("gaps", report.gaps)
        line.set("failure_count", report.failureCount)
        line.set("failures", report.failures.map { JSONLine(path: $0.path, reason: $0.reason) })
        line.set("milliseconds", milliseconds(report.seconds))
        return line
    }
}
