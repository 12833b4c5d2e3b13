// What gc did, in words and in JSON, and with --dry-run what it would decide on each snapshot.

import SnapStore

enum GCReceipt {
    /// The lines for people.
    static func lines(_ report: GCReport) -> [String] {
        if report.isOverlapping { return ["note: another gc is under way: nothing was done"] }
        var lines: [String] = []
        if report.isDryRun {
            lines.append("\(counted(report.expired, "snapshot")) would expire")
        } else {
            let gone = "; \(counted(report.gone, "removed snapshot")) cannot be recovered any more"
            lines.append("expired \(counted(report.expired, "snapshot"))\(report.gone > 0 ? gone : "")")
            let written = report.writtenBytes > 0 ? ", written anew \(sizeText(report.writtenBytes))" : ""
            lines.append(
                "removed \(counted(report.removedPacks, "pack"))\(written), freed \(sizeText(report.freedBytes)); "
                    + durationText(seconds: report.seconds))
            let dead = report.deadBytes > 0 ? ", of which nothing needs \(sizeText(report.deadBytes))" : ""
            lines.append("the store has \(sizeText(report.storeBytes)) in \(counted(report.packs, "pack"))\(dead)")
        }
        if report.isUnfinished {
            lines.append("note: a take that began before was still running: the next gc removes what is not needed")
        }
        if !report.fits { lines.append("note: the store does not fit yet") }
        return lines + report.notes.map { "note: " + safeText($0) }
    }

    /// A line for each snapshot: what is done with it, and why.
    static func lines(_ decisions: [GCReport.Decision], now: Timestamp, width: Int?) -> [String] {
        let rows = decisions.map { decision in
            [
                decision.isKept ? "keep" : "expire", decision.id.short, ageText(decision.time, now: now),
                decision.reasons.map(\.words).joined(separator: "; "), safeText(firstLine(decision.message)),
            ]
        }
        return columns(rows, limit: width)
    }

    /// Told with `--quiet` too: it is damage.
    static let missing = "snap: pieces of files are missing from the store\nhint: snap verify\n"

    static func json(_ decision: GCReport.Decision) -> JSONLine {
        var line = JSONLine()
        line.set("id", decision.id.description)
        line.set("directory", decision.directory)
        line.set("time", decision.time.description)
        line.set("message", decision.message)
        line.set("decision", decision.isKept ? "keep" : "expire")
        line.set("reasons", decision.reasons.map(\.words))
        return line
    }

    static let decisionFields: [HelpEntry] = [
        HelpEntry("id, time, message", "of the snapshot"),
        HelpEntry("directory", "the id of its working directory"),
        HelpEntry("decision", "keep or expire"),
        HelpEntry("reasons", "array of the rules that keep it, or why none does"),
    ]

    static func json(_ report: GCReport) -> JSONLine {
        var line = JSONLine()
        line.set("dry_run", report.isDryRun)
        line.set("overlapping", report.isOverlapping)
        line.set("expired", UInt64(max(0, report.expired)))
        line.set("gone", UInt64(max(0, report.gone)))
        line.set("removed_packs", UInt64(max(0, report.removedPacks)))
        line.set("freed_bytes", report.freedBytes)
        line.set("written_bytes", report.writtenBytes)
        line.set("dead_bytes", report.deadBytes)
        line.set("store_bytes", report.storeBytes)
        line.set("packs", UInt64(max(0, report.packs)))
        line.set("missing_chunks", report.missingChunks)
        line.set("fits", report.fits)
        line.set("frees_nothing", report.freesNothing)
        line.set("unfinished", report.isUnfinished)
        line.set("notes", report.notes)
        line.set("milliseconds", milliseconds(report.seconds))
        return line
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("dry_run", "true if nothing was done, but only decided"),
        HelpEntry("overlapping", "true if another gc is under way, and nothing was done"),
        HelpEntry("expired", "how many snapshots left the list"),
        HelpEntry("gone", "how many removed snapshots cannot be recovered any more"),
        HelpEntry("removed_packs", "how many packs were removed"),
        HelpEntry("freed_bytes, written_bytes", "what the store lost, and what of packs was written anew"),
        HelpEntry("dead_bytes", "what nothing needs and is still there"),
        HelpEntry("store_bytes, packs", "what the store takes now"),
        HelpEntry("missing_chunks", "how often snapshots refer to a piece of a file that the store lacks"),
        HelpEntry("fits", "false if the store still takes more than --to-size or --min-free ask for"),
        HelpEntry(
            "frees_nothing", "true if what was removed did not become free: then hardly any history goes for that"),
        HelpEntry("unfinished", "true if a take was still running, so that not all was removed"),
        HelpEntry("notes", "array of texts"),
        HelpEntry("milliseconds", "how long it took"),
    ]
}
