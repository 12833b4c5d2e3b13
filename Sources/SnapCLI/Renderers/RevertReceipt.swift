// The receipt of a revert, an undo or a redo: what was changed, how to get back, and what is not as it was asked for. What
// was left is never left unsaid, and every `.git` that was changed is named, because a git that is put back surprises most.

import SnapStore

enum RevertReceipt {
    /// What was asked for, as the receipt tells it.
    enum Form: Sendable, Equatable {
        case revert, undo, redo, abort

        /// What an interrupted operation was.
        init(_ event: Event) {
            switch event {
            case .undo: self = .undo
            case .redo: self = .redo
            default: self = .revert
            }
        }
    }

    /// The lines for people. `target` describes the snapshot that was gone to; `options` say why the outcome may differ from it.
    static func lines(
        _ report: RevertReport, _ form: Form, target: String, options: RevertOptions, isVerbose: Bool = false
    ) -> [String] {
        var lines = [result(report, form, target)]
        if report.head != report.target { lines.append(differing(report, options)) }
        if report.former != report.head { lines.append(former(report, form)) }
        lines += repositories(report.gitDirectories, "'.git' changed")
        if report.leftCount > 0 {
            lines.append("left as they are: \(grouped(report.leftCount))")
            lines += abridged(report.left, count: report.leftCount, limit: isVerbose ? RevertReport.leftLimit : 10) {
                "\(listedPath($0.path)): \(safeText($0.reason))"
            }
        }
        if report.notCovered > 0 {
            lines.append(
                "kept, because \(report.target.short) does not say what they were: \(counted(report.notCovered, "path"))"
            )
        }
        return lines + report.notes.map { "note: " + safeText($0) }
    }

    private static func result(_ report: RevertReport, _ form: Form, _ target: String) -> String {
        if report.wasThereAlready { return "nothing to do: the directory is as \(target) already" }
        let done =
            switch form {
            case .revert: "reverted to"
            case .undo: "undone, back to"
            case .redo: "redone, on to"
            case .abort: "aborted, back to"
            }
        var parts: [String] = []
        for (count, word) in [
            (report.created, "created"), (report.replaced, "replaced"), (report.removed, "removed"),
            (report.metadata, "metadata only"),
        ] where count > 0 {
            parts.append("\(grouped(count)) \(word)")
        }
        if parts.isEmpty { parts.append("nothing changed") }
        if report.bytes > 0 { parts.append(sizeText(report.bytes)) }
        return "\(done) \(target): \(parts.joined(separator: ", ")); \(durationText(seconds: report.seconds))"
    }

    /// That the head is not what was asked for, and why.
    private static func differing(_ report: RevertReport, _ options: RevertOptions) -> String {
        var reasons: [String] = []
        if !options.paths.isEmpty { reasons.append("only some paths were asked for") }
        if options.keepExtra { reasons.append("nothing was to be removed") }
        if options.onlyContent { reasons.append("only contents were asked for") }
        if options.keepGit { reasons.append("'.git' was to be kept") }
        if report.leftCount > 0 { reasons.append("\(counted(report.leftCount, "path")) could not be put back") }
        let because = reasons.isEmpty ? "" : ", because " + reasons.joined(separator: " and ")
        return "what came out was taken as \(report.head.short)\(because)"
    }

    private static func former(_ report: RevertReport, _ form: Form) -> String {
        let way = form == .undo ? "snap redo" : "snap undo"
        let state = report.tookSafety ? "your state before it was taken as" : "your state before it is"
        return "\(state) \(report.former.short): \(way)"
    }

    /// Every one, however many.
    static func repositories(_ paths: [[UInt8]], _ title: String) -> [String] {
        paths.isEmpty
            ? [] : ["\(title): \(grouped(UInt64(paths.count)))"] + paths.map { "   " + quotedPath($0) }
    }

    /// A snapshot in a receipt: its id, its age and its message as far as they are known.
    static func description(of id: ObjectID, _ manifest: Manifest?, now: Timestamp) -> String {
        guard let manifest else { return id.short }
        let message = manifest.message?.displayString.split(separator: "\n").first.map {
            ", \"\(safeText(String($0)))\""
        }
        return "\(id.short) (\(ageText(manifest.time, now: now))\(message ?? ""))"
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("id", "the head after it"),
        HelpEntry("target", "the snapshot that was gone to"),
        HelpEntry("former", "the head before it, from which 'snap undo' puts back what was there"),
        HelpEntry("took_safety", "true if 'former' was taken first, because the directory differed from the head"),
        HelpEntry("unchanged", "true if there was nothing to do"),
        HelpEntry("created, replaced, removed, metadata", "how many paths were changed, and how"),
        HelpEntry("bytes", "the sum of the sizes of the files written"),
        HelpEntry("left_count", "how many paths could not be put back"),
        HelpEntry("left", "array of path (or path_base64) and reason: the first 100"),
        HelpEntry("not_covered", "how many paths differ and were kept, because the target does not say what they were"),
        HelpEntry("git", "array of path (or path_base64): every '.git' that was changed"),
        HelpEntry("notes", "array of texts"),
        HelpEntry("milliseconds", "how long it took"),
    ]

    static func json(_ report: RevertReport) -> JSONLine {
        var line = JSONLine()
        line.set("id", report.head.description)
        line.set("target", report.target.description)
        line.set("former", report.former.description)
        line.set("took_safety", report.tookSafety)
        line.set("unchanged", report.wasThereAlready)
        line.set("created", report.created)
        line.set("replaced", report.replaced)
        line.set("removed", report.removed)
        line.set("metadata", report.metadata)
        line.set("bytes", report.bytes)
        line.set("left_count", report.leftCount)
        line.set("left", report.left.map { JSONLine(path: $0.path, reason: $0.reason) })
        line.set("not_covered", report.notCovered)
        line.set(
            "git",
            report.gitDirectories.map { path in
                var entry = JSONLine()
                entry.set("path", path: path)
                return entry
            })
        line.set("notes", report.notes)
        line.set("milliseconds", milliseconds(report.seconds))
        return line
    }
}
