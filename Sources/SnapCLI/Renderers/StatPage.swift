// How much changed, file by file, as `git diff --stat`, `--numstat`, `--shortstat` and `--summary` say it.

import SnapStore
import SnapSystem

/// The size of one change.
struct FileStatistics {
    var change: FileChange
    var isBinary: Bool
    /// Lines; of what is binary, bytes before and after, or 0 for both if they are equal.
    var removed: UInt64
    var added: UInt64

    /// nil: of the change nothing is left to show, because all of it is ignored.
    init?(_ comparison: FileComparison) {
        change = comparison.change
        isBinary = comparison.isBinary
        if isBinary {
            let isEqual = comparison.hasSameContent
            removed = isEqual ? 0 : change.old?.size ?? 0
            added = isEqual ? 0 : change.new?.size ?? 0
        } else {
            let counts = comparison.counts
            (removed, added) = (UInt64(counts.removed), UInt64(counts.added))
        }
        let modes = (change.old?.gitMode, change.new?.gitMode)
        if change.action == .modified && removed == 0 && added == 0 && modes.0 == modes.1 { return nil }
    }

    /// The path, or both of a file that was renamed, with what they share said once.
    var name: String {
        guard change.action == .renamed, let old = change.old?.path, let new = change.new?.path else {
            return quotedPath(change.path)
        }
        return renameText(old, new)
    }
}

enum StatPage {
    /// A line a file with a graph, `width` columns in all, and the sum.
    static func lines(_ files: [FileStatistics], width available: Int) -> [String] {
        let names = files.map(\.name)
        let longest = names.map { displayWidth($0) }.max() ?? 0
        var most: UInt64 = 0
        var binaryWidth = 0
        var numberWidth = 0
        for file in files {
            if file.isBinary {
                binaryWidth = max(binaryWidth, 14 + digits(file.added) + digits(file.removed))
                // As wide as `Bin`.
                numberWidth = 3
            } else {
                most = max(most, file.added + file.removed)
            }
        }
        numberWidth = max(numberWidth, digits(most))
        let widths = widths(
            available, names: longest, numbers: numberWidth, most: Int(clamping: most), binary: binaryWidth)
        var result: [String] = []
        for (file, name) in zip(files, names) {
            let cell = shortened(name, widths.name)
            var line = " \(cell)\(spaces(widths.name - displayWidth(cell))) | "
            if file.isBinary {
                line += padded("Bin", numberWidth)
                if file.added > 0 || file.removed > 0 { line += " \(file.removed) -> \(file.added) bytes" }
            } else {
                let total = file.added + file.removed
                let (plus, minus) = graph(file, widths.graph, most)
                line += padded(String(total), numberWidth) + (total > 0 ? " " : "")
                line += String(repeating: "+", count: plus) + String(repeating: "-", count: minus)
            }
            result.append(line)
        }
        return result + [sum(files)]
    }

    /// ` 2 files changed, 3 insertions(+), 1 deletion(-)`
    static func sum(_ files: [FileStatistics]) -> String {
        if files.isEmpty { return " 0 files changed" }
        let text = files.filter { !$0.isBinary }
        let added = text.reduce(UInt64(0)) { $0 + $1.added }
        let removed = text.reduce(UInt64(0)) { $0 + $1.removed }
        var line = " \(files.count) \(files.count == 1 ? "file" : "files") changed"
        if added > 0 || removed == 0 { line += ", \(added) \(added == 1 ? "insertion" : "insertions")(+)" }
        if removed > 0 || added == 0 { line += ", \(removed) \(removed == 1 ? "deletion" : "deletions")(-)" }
        return line
    }

    /// Added, removed and name, parted by tabs; of what is binary, dashes.
    static func numbers(_ file: FileStatistics, isZero: Bool) -> [UInt8] {
        let counts = file.isBinary ? "-\t-\t" : "\(file.added)\t\(file.removed)\t"
        if !isZero { return Array("\(counts)\(file.name)\n".utf8) }
        let bytes = Array(counts.utf8)
        guard file.change.action == .renamed else { return bytes + file.change.path + [0] }
        return bytes + [0] + (file.change.old?.path ?? []) + [0] + file.change.path + [0]
    }

    /// What came, went, moved or got another mode.
    static func summary(_ change: FileChange) -> [String] {
        let (old, new) = (change.old?.gitMode, change.new?.gitMode)
        switch change.action {
        case .added: return new.map { [" create mode \(octalText($0)) \(quotedPath(change.path))"] } ?? []
        case .deleted: return old.map { [" delete mode \(octalText($0)) \(quotedPath(change.path))"] } ?? []
        case .metadata: return []
        case .typeChanged where old == nil || new == nil:
            return DirectoryDiff.parts(of: change).filter { ($0.new ?? $0.old)?.gitMode != nil }.flatMap { summary($0) }
        case .renamed, .modified, .typeChanged:
            var result: [String] = []
            let isRename = change.action == .renamed
            if isRename {
                let names = renameText(change.old?.path ?? [], change.path)
                result.append(" rename \(names) (\(change.similarityPercent)%)")
            }
            if let old, let new, old != new {
                let name = isRename ? "" : " " + quotedPath(change.path)
                result.append(" mode change \(octalText(old)) => \(octalText(new))\(name)")
            }
            return result
        }
    }

    // MARK: Widths

    /// As git shares a line out: three eighths for the graph if names need the rest.
    private static func widths(_ available: Int, names: Int, numbers: Int, most: Int, binary: Int)
        -> (name: Int, graph: Int)
    {
        let width = max(available, 16 + 6 + numbers)
        var graph = most + 4 > binary ? most : binary - 4
        var name = names
        if name + numbers + 6 + graph > width {
            if graph > width * 3 / 8 - numbers - 6 { graph = max(6, width * 3 / 8 - numbers - 6) }
            if name > width - numbers - 6 - graph {
                name = width - numbers - 6 - graph
            } else {
                graph = width - numbers - 6 - name
            }
        }
        return (name, graph)
    }

    private static func graph(_ file: FileStatistics, _ width: Int, _ most: UInt64) -> (plus: Int, minus: Int) {
        let (added, removed) = (Int(clamping: file.added), Int(clamping: file.removed))
        guard width <= Int(clamping: most) else { return (added, removed) }
        func scaled(_ number: Int) -> Int {
            number == 0 ? 0 : 1 + number * (width - 1) / Int(clamping: most)
        }
        var total = scaled(added + removed)
        if total < 2 && added > 0 && removed > 0 { total = 2 }
        if added < removed {
            let plus = scaled(added)
            return (plus, max(0, total - plus))
        }
        let minus = scaled(removed)
        return (max(0, total - minus), minus)
    }

    /// Cut at the front, at a slash where there is one.
    private static func shortened(_ name: String, _ width: Int) -> String {
        if displayWidth(name) <= width { return name }
        var rest = Substring(name)
        while !rest.isEmpty && displayWidth(String(rest)) > width - 3 { rest = rest.dropFirst() }
        if let slash = rest.firstIndex(of: "/") { rest = rest[slash...] }
        return "..." + rest
    }

    private static func digits(_ number: UInt64) -> Int { String(number).utf8.count }
    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
    private static func padded(_ text: String, _ width: Int) -> String { spaces(width - text.utf8.count) + text }
}

/// `src/{old.c => new.c}`: what both paths share stands outside of the braces.
func renameText(_ old: [UInt8], _ new: [UInt8]) -> String {
    let (quotedOld, quotedNew) = (quotedPath(old), quotedPath(new))
    if quotedOld.hasPrefix("\"") || quotedNew.hasPrefix("\"") { return "\(quotedOld) => \(quotedNew)" }
    var prefix = 0
    var index = 0
    while index < old.count && index < new.count && old[index] == new[index] {
        index += 1
        if old[index - 1] == 0x2F { prefix = index }
    }
    // From the end, up to the slash that the common beginning ends with.
    var suffix = 0
    var (i, j) = (old.count - 1, new.count - 1)
    let least = prefix > 0 ? prefix - 1 : 0
    while i >= least && j >= least && old[i] == new[j] {
        if old[i] == 0x2F { suffix = old.count - i }
        i -= 1
        j -= 1
    }
    let middleOld = old[min(prefix, old.count)..<max(prefix, old.count - suffix)]
    let middleNew = new[min(prefix, new.count)..<max(prefix, new.count - suffix)]
    func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
    if prefix + suffix == 0 { return "\(text(old)) => \(text(new))" }
    return "\(text(old[..<prefix])){\(text(middleOld)) => \(text(middleNew))}\(text(old[(old.count - suffix)...]))"
}
