// Changed paths without what changed in them: names, names with a letter, JSON.

import SnapStore
import SnapSystem

enum ChangePage {
    /// As in git: A, D, M, R, T; and P, which git has not, for properties only.
    static func letter(_ change: FileChange) -> String {
        // As git, which knows files only: what is in the directory is told of by its own paths.
        if change.action == .typeChanged, change.old?.kind == .directory { return "A" }
        if change.action == .typeChanged, change.new?.kind == .directory { return "D" }
        return switch change.action {
        case .added: "A"
        case .deleted: "D"
        case .modified: "M"
        case .typeChanged: "T"
        case .metadata: "P"
        case .renamed:
            "R" + String(repeating: "0", count: 3 - String(change.similarityPercent).utf8.count)
                + "\(change.similarityPercent)"
        }
    }

    /// `3 added, 1 renamed`
    static func word(_ action: FileChange.Action) -> String {
        switch action {
        case .typeChanged: "of another type"
        case .metadata: "with other properties"
        default: action.rawValue
        }
    }

    /// The letter and the path, directories with a slash; of a renamed file, both paths.
    static func line(_ change: FileChange) -> String {
        let letter = letter(change).prefix(1)
        if change.action == .renamed { return "\(letter) \(renameText(change.old?.path ?? [], change.path))" }
        if change.path.isEmpty { return "\(letter) ./" }
        let isDirectory = (change.new ?? change.old)?.kind == .directory
        return "\(letter) \(quotedPath(change.path + (isDirectory ? [0x2F] : [])))"
    }

    static func name(_ change: FileChange, isZero: Bool) -> [UInt8] {
        isZero ? change.path + [0] : Array("\(quotedPath(change.path))\n".utf8)
    }

    static func status(_ change: FileChange, isZero: Bool) -> [UInt8] {
        var paths = [change.path]
        if change.action == .renamed, let old = change.old?.path { paths.insert(old, at: 0) }
        if isZero { return Array(letter(change).utf8) + [0] + paths.flatMap { $0 + [0] } }
        return Array("\(letter(change))\t\(paths.map { quotedPath($0) }.joined(separator: "\t"))\n".utf8)
    }

    static func json(_ change: FileChange, _ statistics: FileStatistics?) -> JSONLine {
        var line = JSONLine()
        line.set("action", change.action.rawValue)
        line.set("path", path: change.path)
        if change.action == .renamed, let old = change.old {
            line.set("old_path", path: old.path)
            line.set("similarity", UInt64(change.similarityPercent))
        }
        for (side, state) in [("old", change.old), ("new", change.new)] {
            guard let state else { continue }
            line.set("\(side)_kind", state.kind.rawValue)
            line.set("\(side)_mode", MetadataText.modeText(state.mode))
            line.set("\(side)_owner", UInt64(state.owner))
            line.set("\(side)_group", UInt64(state.group))
            line.set("\(side)_size", state.size)
            line.set("\(side)_modified", state.modified.description)
        }
        line.set("metadata", change.metadata.map(\.rawValue))
        if let statistics {
            line.set("binary", statistics.isBinary)
            if !statistics.isBinary {
                line.set("added", statistics.added)
                line.set("removed", statistics.removed)
            }
        }
        return line
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("action", FileChange.Action.allCases.map(\.rawValue).joined(separator: ", ")),
        HelpEntry("path", "the path, or path_base64; of a renamed file, where it is now"),
        HelpEntry("old_path, similarity", "where it was, and how much of it stayed, in percent; of a renamed file"),
        HelpEntry("old_kind, new_kind", FileKind.allCases.map(\.rawValue).joined(separator: ", ")),
        HelpEntry("old_mode, new_mode", "the mode in octal digits"),
        HelpEntry("old_owner, new_owner, old_group, new_group", "numbers"),
        HelpEntry("old_size, new_size", "bytes"),
        HelpEntry("old_modified, new_modified", "the time of the last change of the content"),
        HelpEntry("metadata", MetadataKind.allCases.map(\.rawValue).joined(separator: ", ") + ": those that differ"),
        HelpEntry("binary", "true if it is not compared line by line; with --stat"),
        HelpEntry("added, removed", "lines; with --stat"),
    ]
}
