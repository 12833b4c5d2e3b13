// Gaps in words and in JSON: what was there and was not covered.

import SnapStore

extension GapReason {
    /// What a receipt says.
    var words: String {
        switch self {
        case .unreadable: "unreadable"
        case .cacheDirectory: "cache directory"
        case .mountBoundary: "another file system"
        case .nestedStore: "a store"
        case .unstable: "changed while it was read"
        case .unsupported: "not a kind of file that can be kept"
        }
    }
}

/// One gap of a receipt: the path, why, and what the system said.
func gapLine(_ gap: Gap) -> String {
    let detail = gap.detail.isEmpty ? "" : " (\(safeText(gap.detail)))"
    return "\(listedPath(gap.path)): \(gap.reason.words)\(detail)"
}

func gapObject(_ gap: Gap) -> JSONLine {
    var line = JSONLine()
    line.set("path", path: gap.path)
    line.set("reason", gap.reason.name)
    if !gap.detail.isEmpty { line.set("detail", gap.detail) }
    return line
}

/// The first of many lines, and how many more there are.
func abridged<Item>(_ items: [Item], count: UInt64, limit: Int = 10, _ line: (Item) -> String) -> [String] {
    let shown = items.prefix(limit).map { "   " + line($0) }
    let more = count - min(count, UInt64(shown.count))
    return more == 0 ? shown : shown + ["   and \(grouped(more)) more"]
}
