// The report of a check of the store: damage first, then whom it hurts, then what was checked.

import SnapStore

enum VerifyReceipt {
    static func lines(_ report: VerifyReport, depth: VerifyOptions.Depth) -> [String] {
        var lines = report.damages.map { "damaged: \(quotedPath(Array($0.file.utf8))): \(safeText($0.what))" }
        lines += report.hurt.map { "hurt: \($0.snapshot.short):\(quotedPath($0.path)): \(safeText($0.reason))" }
        if report.hurtCount > report.hurt.count {
            lines.append("hurt: \(grouped(UInt64(report.hurtCount - report.hurt.count))) more")
        }
        lines += report.notes.map { "note: " + safeText($0) }
        let checked =
            "\(counted(report.snapshots, "snapshot")), \(counted(report.objects, "object")) in "
            + "\(counted(report.packs, "pack")), \(sizeText(report.bytes)); \(durationText(seconds: report.seconds))"
        lines.append("checked (\(depth.word)) \(checked)")
        lines.append(
            report.isClean
                ? "nothing is damaged"
                : "\(counted(report.damages.count, "damaged piece")), \(counted(report.hurtCount, "hurt path"))")
        return lines
    }

    static func json(_ report: VerifyReport, depth: VerifyOptions.Depth) -> JSONLine {
        var line = JSONLine()
        line.set("clean", report.isClean)
        line.set("depth", depth.word)
        line.set("snapshots", UInt64(max(0, report.snapshots)))
        line.set("objects", UInt64(max(0, report.objects)))
        line.set("packs", UInt64(max(0, report.packs)))
        line.set("bytes", report.bytes)
        line.set(
            "damages",
            report.damages.map { damage in
                var entry = JSONLine()
                entry.set("file", damage.file)
                entry.set("what", damage.what)
                return entry
            })
        line.set("hurt_count", UInt64(max(0, report.hurtCount)))
        line.set(
            "hurt",
            report.hurt.map { hurt in
                var entry = JSONLine()
                entry.set("snapshot", hurt.snapshot.description)
                entry.set("path", path: hurt.path)
                entry.set("reason", hurt.reason)
                return entry
            })
        line.set("notes", report.notes)
        line.set("milliseconds", milliseconds(report.seconds))
        return line
    }
}

extension VerifyOptions.Depth {
    fileprivate var word: String {
        switch self {
        case .quick: "quick"
        case .full: "full"
        }
    }
}
