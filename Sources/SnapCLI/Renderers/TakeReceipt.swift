// The receipt of a take: what was covered, what was not, and why. The first line is what was protected; a gap is never
// left unsaid.

import SnapStore

enum TakeReceipt {
    /// The lines for people. `age` is that of the head, if nothing changed and it is known.
    static func lines(_ report: TakeReport, age: String?) -> [String] {
        var lines: [String] = []
        let statistics = report.statistics
        if report.isNew {
            lines.append("covered " + contents(statistics))
            lines.append(
                "read \(counted(statistics.readFiles, "file")), \(sizeText(statistics.readBytes)); "
                    + "\(counted(statistics.newObjects, "new object")), \(sizeText(statistics.newBytes)), "
                    + "stored in \(sizeText(statistics.storedBytes)); \(durationText(seconds: report.seconds))")
        } else {
            lines.append("nothing changed since \(report.id.short)" + (age.map { " (\($0))" } ?? ""))
        }
        if report.isFirst, !report.largestDirectories.isEmpty {
            lines.append("largest directories")
            let rows = report.largestDirectories.prefix(10).map { [sizeText($0.bytes), quotedPath($0.path)] }
            lines += columns(rows).map { "   " + $0 }
        }
        if !report.leftOut.isEmpty {
            let total = sum(report.leftOut.map(\.count))
            lines.append("left out by rule: \(counted(total, "entry"))")
            let rows = report.leftOut.prefix(10).map { [grouped($0.count), safeText($0.rule)] }
            lines += columns(rows).map { "   " + $0 }
            if report.leftOut.count > 10 { lines.append("   by \(counted(report.leftOut.count - 10, "more rule"))") }
        }
        if report.gapCount > 0 {
            lines.append("not covered: \(grouped(report.gapCount))")
            lines += abridged(report.gaps, count: report.gapCount, gapLine)
        }
        if report.withInodeFlags > 0 {
            lines.append(
                "note: inode flags and project ids are not kept; \(counted(report.withInodeFlags, "file")) had them")
        }
        return lines + report.notes.map { "note: " + safeText($0) }
    }

    /// What a tree holds, in one line.
    static func contents(_ statistics: Statistics) -> String {
        var parts = [counted(statistics.files, "file"), counted(statistics.directories, "directory")]
        if statistics.symlinks > 0 { parts.append(counted(statistics.symlinks, "symbolic link")) }
        if statistics.others > 0 { parts.append(counted(statistics.others, "special file")) }
        return (parts + [sizeText(statistics.bytes)]).joined(separator: ", ")
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("id", "the snapshot's id"),
        HelpEntry("new", "false if nothing had changed and the id is the head's"),
        HelpEntry("first", "true for a working directory's first snapshot"),
        HelpEntry("files, directories, symlinks, others", "what it holds"),
        HelpEntry("bytes", "the sum of the files' sizes"),
        HelpEntry("read_files, read_bytes", "what was read to make it"),
        HelpEntry("new_objects, new_bytes, stored_bytes", "what was added to the store, before and after compression"),
        HelpEntry("left_out", "how many entries rules left out"),
        HelpEntry("rules", "array of rule and count: which rule left out how many"),
        HelpEntry("gap_count", "how many entries were there and are not covered"),
        HelpEntry("gaps", "array of path (or path_base64), reason and detail: the first 100"),
        HelpEntry("inode_flags", "how many entries have inode flags or a project id, which are not kept"),
        HelpEntry("notes", "array of texts"),
        HelpEntry("milliseconds", "how long it took"),
    ]

    static func json(_ report: TakeReport) -> JSONLine {
        let statistics = report.statistics
        var line = JSONLine()
        line.set("id", report.id.description)
        line.set("new", report.isNew)
        line.set("first", report.isFirst)
        line.set("files", statistics.files)
        line.set("directories", statistics.directories)
        line.set("symlinks", statistics.symlinks)
        line.set("others", statistics.others)
        line.set("bytes", statistics.bytes)
        line.set("read_files", statistics.readFiles)
        line.set("read_bytes", statistics.readBytes)
        line.set("new_objects", statistics.newObjects)
        line.set("new_bytes", statistics.newBytes)
        line.set("stored_bytes", statistics.storedBytes)
        line.set("left_out", statistics.leftOut)
        line.set(
            "rules",
            report.leftOut.map { (rule, count) in
                var entry = JSONLine()
                entry.set("rule", rule)
                entry.set("count", count)
                return entry
            })
        line.set("gap_count", report.gapCount)
        line.set("gaps", report.gaps.map(gapObject))
        line.set("inode_flags", report.withInodeFlags)
        line.set("notes", report.notes)
        line.set("milliseconds", milliseconds(report.seconds))
        return line
    }

    private static func sum(_ counts: [UInt64]) -> UInt64 {
        counts.reduce(0) { $0 > .max - $1 ? .max : $0 + $1 }
    }
}
