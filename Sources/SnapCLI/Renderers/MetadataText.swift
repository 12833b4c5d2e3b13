// Modes, owners, times and attributes that differ, on one line: what a patch cannot say.

import SnapStore
import SnapSystem

enum MetadataText {
    /// `snap: metadata of src/main.c: mode 0644 -> 0600`; nil if there is nothing to tell. `all`: also times, and what concerns directories.
    static func line(_ change: FileChange, all: Bool) -> String? {
        let kind = (change.new ?? change.old)?.kind ?? .unknown
        if change.action == .added || change.action == .deleted {
            // Files and links have patches of their own.
            if kind == .file || kind == .symlink || (kind == .directory && !all) { return nil }
            return "snap: \(change.action.rawValue) \(kind.rawValue) \(quotedPath(change.path))"
        }
        if kind == .directory && !all && change.action == .metadata { return nil }
        let parts = parts(change, all: all)
        if parts.isEmpty { return nil }
        return "snap: metadata of \(listedPath(change.path)): \(parts.joined(separator: ", "))"
    }

    static func parts(_ change: FileChange, all: Bool) -> [String] {
        guard let old = change.old, let new = change.new else { return [] }
        var result: [String] = []
        for kind in change.metadata {
            switch kind {
            case .mode:
                // What git says by itself is not said again.
                if !all && old.gitMode != new.gitMode && old.mode & ~0o111 == new.mode & ~0o111 { continue }
                result.append("mode \(modeText(old.mode)) -> \(modeText(new.mode))")
            case .owner: result.append("owner \(old.owner) -> \(new.owner)")
            case .group: result.append("group \(old.group) -> \(new.group)")
            case .modified: if all { result.append("modified \(old.modified) -> \(new.modified)") }
            case .attributes: result.append("extended attributes")
            case .links: if all { result.append("hard links") }
            }
        }
        return result
    }

    /// Four octal digits.
    static func modeText(_ mode: UInt16) -> String {
        let digits = octalText(mode)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
