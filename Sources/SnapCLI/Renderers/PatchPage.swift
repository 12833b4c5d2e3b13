// Patches as git writes them, so that `git apply` and `patch -p1` turn the old state into the new one.
//
// What git's patches cannot say, such as an owner, stands between them on lines that begin with `snap: `; both programs pass over these.

import SnapStore
import SnapSystem

struct PatchPage {
    /// Contents that are not text are written too, in git's binary form.
    var isBinary = false
    /// Also times, and directories.
    var hasAllMetadata = false
    var isColoured = false
    /// Words within changed lines are marked instead of the lines.
    var hasWords = false

    /// Digits of a content's id where it need not be whole.
    private static let idLength = 10

    /// The patch of one change, ready to be written.
    /// `moved`: lines of it that went elsewhere, or came from there.
    func bytes(_ comparison: FileComparison, moved: (removed: Set<Int>, added: Set<Int>) = ([], [])) -> [UInt8] {
        let change = comparison.change
        var text = PatchText(isColoured: isColoured)
        if let line = MetadataText.line(change, all: hasAllMetadata) { text.add(line, .note) }
        guard change.hasGitChange, (change.old ?? change.new)?.gitMode != nil else { return text.bytes }
        let isEqual = comparison.hasSameContent
        let modes = (old: change.old?.gitMode, new: change.new?.gitMode)
        if change.action == .modified && isEqual && modes.old == modes.new { return text.bytes }
        addHeader(comparison, isEqual: isEqual, to: &text)
        if comparison.isBinary && !isEqual {
            addBinary(comparison, to: &text)
        } else if !comparison.hunks.isEmpty {
            addNames(change, to: &text)
            addHunks(comparison, moved, to: &text)
        }
        return text.bytes
    }

    // MARK: Headers

    private func addHeader(_ comparison: FileComparison, isEqual: Bool, to text: inout PatchText) {
        let change = comparison.change
        let old = change.old?.path ?? change.path
        text.add("diff --git \(Self.headName("a/", old)) \(Self.headName("b/", change.path))", .header)
        let modes = (old: change.old?.gitMode, new: change.new?.gitMode)
        switch modes {
        case (nil, let new?): text.add("new file mode \(octalText(new))", .header)
        case (let old?, nil): text.add("deleted file mode \(octalText(old))", .header)
        case (let old?, let new?) where old != new:
            text.add("old mode \(octalText(old))", .header)
            text.add("new mode \(octalText(new))", .header)
        default: break
        }
        if change.action == .renamed {
            text.add("similarity index \(change.similarityPercent)%", .header)
            text.add("rename from \(quotedPath(old))", .header)
            text.add("rename to \(quotedPath(change.path))", .header)
        }
        let isOneSided = modes.old == nil || modes.new == nil
        if isEqual && !isOneSided { return }
        var ids = [
            change.old == nil ? GitBlob.none : GitBlob.id(of: comparison.old),
            change.new == nil ? GitBlob.none : GitBlob.id(of: comparison.new),
        ]
        if comparison.isTooLarge { return }
        if !(isBinary && comparison.isBinary) { ids = ids.map { String($0.prefix(Self.idLength)) } }
        let mode = modes.old == modes.new ? modes.old.map { " " + octalText($0) } ?? "" : ""
        text.add("index \(ids[0])..\(ids[1])\(mode)", .header)
    }

    private func addNames(_ change: FileChange, to text: inout PatchText) {
        for (mark, state, prefix) in [("---", change.old, "a/"), ("+++", change.new, "b/")] {
            guard let state else {
                text.add("\(mark) /dev/null", .header)
                continue
            }
            // Where the name ends is not clear to other programs if it has a space.
            let end = state.path.contains(0x20) ? "\t" : ""
            text.add("\(mark) \(Self.name(prefix, state.path))\(end)", .header)
        }
    }

    private func addBinary(_ comparison: FileComparison, to text: inout PatchText) {
        let change = comparison.change
        if isBinary && !comparison.isTooLarge {
            var bytes: [UInt8] = []
            BinaryPatch.append(old: comparison.old, new: comparison.new, to: &bytes)
            text.add(bytes: bytes)
            return
        }
        let old = change.old.map { Self.name("a/", $0.path) } ?? "/dev/null"
        let new = change.new.map { Self.name("b/", $0.path) } ?? "/dev/null"
        text.add("Binary files \(old) and \(new) differ", .plain)
    }

    /// Quoted also where it has a space: where no other line names the file, `patch` must find the end of the first name. git leaves that to be guessed.
    private static func headName(_ prefix: String, _ path: [UInt8]) -> String {
        let name = name(prefix, path)
        return name.hasPrefix("\"") || !path.contains(0x20) ? name : "\"\(name)\""
    }

    private static func name(_ prefix: String, _ path: [UInt8]) -> String { quotedPath(Array(prefix.utf8) + path) }

    // MARK: Hunks

    private func addHunks(
        _ comparison: FileComparison, _ moved: (removed: Set<Int>, added: Set<Int>), to text: inout PatchText
    ) {
        for hunk in comparison.hunks {
            let heading = hunk.heading.isEmpty ? [] : [0x20] + Array(hunk.heading)
            text.addHunkHeader("@@ -\(Self.range(hunk.a)) +\(Self.range(hunk.b)) @@", heading)
            if hasWords {
                WordDiff.append(hunk, comparison, to: &text)
                continue
            }
            var position = hunk.b.lowerBound
            for change in hunk.changes {
                text.add(comparison.newLines, position..<change.start.b, .context)
                let (old, new) = isColoured ? highlights(change, comparison) : ([:], [:])
                text.add(
                    comparison.oldLines, change.start.a..<(change.start.a + change.count.a), .removed,
                    moved: moved.removed, highlights: old)
                text.add(
                    comparison.newLines, change.start.b..<(change.start.b + change.count.b), .added,
                    moved: moved.added, highlights: new)
                position = change.start.b + change.count.b
            }
            text.add(comparison.newLines, position..<hunk.b.upperBound, .context)
        }
    }

    /// Where as many lines came as went, each stands for the one in its place.
    private func highlights(_ change: LineChange, _ comparison: FileComparison)
        -> (old: [Int: [Range<Int>]], new: [Int: [Range<Int>]])
    {
        var result: (old: [Int: [Range<Int>]], new: [Int: [Range<Int>]]) = ([:], [:])
        guard change.count.a == change.count.b, change.count.a <= Self.highlightLimit else { return result }
        for offset in 0..<change.count.a {
            let (a, b) = (change.start.a + offset, change.start.b + offset)
            let parts = LineHighlights.between(comparison.oldLines[a], comparison.newLines[b])
            if !parts.old.isEmpty { result.old[a] = parts.old }
            if !parts.new.isEmpty { result.new[b] = parts.new }
        }
        return result
    }

    private static let highlightLimit = 100

    /// First line and number of lines; of none, the line before.
    private static func range(_ lines: Range<Int>) -> String {
        let first = lines.isEmpty ? lines.lowerBound : lines.lowerBound + 1
        return lines.count == 1 ? "\(first)" : "\(first),\(lines.count)"
    }
}

/// Lines of a patch, coloured where asked for.
struct PatchText {
    enum Style { case plain, header, note, hunk, context, removed, added, movedAway, movedHere }

    let isColoured: Bool
    private(set) var bytes: [UInt8] = []

    init(isColoured: Bool) { self.isColoured = isColoured }

    private static let end = Array("\u{1B}[m".utf8)

    private static func start(_ style: Style) -> [UInt8] {
        switch style {
        case .plain, .context: []
        case .header: Array("\u{1B}[1m".utf8)
        case .note: Array("\u{1B}[2m".utf8)
        case .hunk: Array("\u{1B}[36m".utf8)
        case .removed: Array("\u{1B}[31m".utf8)
        case .added: Array("\u{1B}[32m".utf8)
        case .movedAway: Array("\u{1B}[35m".utf8)
        case .movedHere: Array("\u{1B}[34m".utf8)
        }
    }

    mutating func add(_ line: String, _ style: Style) {
        add(Array(line.utf8), style)
        bytes.append(0x0A)
    }

    mutating func add(bytes more: [UInt8]) { bytes += more }

    /// A part of a line.
    mutating func add(_ part: [UInt8], _ style: Style) {
        let start = isColoured ? Self.start(style) : []
        bytes += start
        bytes += part
        if !start.isEmpty { bytes += Self.end }
    }

    mutating func addHunkHeader(_ ranges: String, _ heading: [UInt8]) {
        add(Array(ranges.utf8), .hunk)
        bytes += heading
        bytes.append(0x0A)
    }

    /// Whole lines of a text, each behind its mark; in another colour if they only moved, and with the parts reversed that differ.
    mutating func add(
        _ text: TextLines, _ lines: Range<Int>, _ style: Style, moved: Set<Int> = [],
        highlights: [Int: [Range<Int>]] = [:]
    ) {
        let mark: UInt8 =
            switch style {
            case .removed: 0x2D
            case .added: 0x2B
            default: 0x20
            }
        for line in lines {
            var shown = style
            if moved.contains(line) { shown = style == .removed ? .movedAway : .movedHere }
            let start = isColoured ? Self.start(shown) : []
            let content = text[line]
            let hasEnd = content.last == 0x0A
            bytes += start
            bytes.append(mark)
            add(hasEnd ? content.dropLast() : content, reversing: start.isEmpty ? [] : highlights[line] ?? [])
            if !start.isEmpty { bytes += Self.end }
            bytes.append(0x0A)
            if !hasEnd { bytes += Array("\\ No newline at end of file\n".utf8) }
        }
    }

    private mutating func add(_ content: ArraySlice<UInt8>, reversing parts: [Range<Int>]) {
        var position = content.startIndex
        for part in parts where part.lowerBound >= position && part.upperBound <= content.endIndex {
            bytes += content[position..<part.lowerBound]
            bytes += Array("\u{1B}[7m".utf8)
            bytes += content[part]
            bytes += Array("\u{1B}[27m".utf8)
            position = part.upperBound
        }
        bytes += content[position...]
    }
}

/// A number in octal digits.
func octalText(_ number: some BinaryInteger) -> String { String(number, radix: 8) }
