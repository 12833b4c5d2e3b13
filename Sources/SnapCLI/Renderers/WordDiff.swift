// Changed lines word by word: the new text, with what went in `[-…-]` and what came in `{+…+}`.

import SnapStore
import SnapSystem

enum WordDiff {
    static func append(_ hunk: Hunk, _ comparison: FileComparison, to text: inout PatchText) {
        var position = hunk.b.lowerBound
        for change in hunk.changes {
            addContext(comparison.newLines, position..<change.start.b, &text)
            let old = bytes(comparison.oldLines, change.start.a, change.count.a)
            let new = bytes(comparison.newLines, change.start.b, change.count.b)
            append(old, new, to: &text)
            position = change.start.b + change.count.b
        }
        addContext(comparison.newLines, position..<hunk.b.upperBound, &text)
    }

    private static func addContext(_ lines: TextLines, _ range: Range<Int>, _ text: inout PatchText) {
        for line in range { text.add(Array(lines[line]), .context) }
        // A line feed that is not there is not told of, as the line itself is not.
        if let last = range.last, lines[last].last != 0x0A { text.add([0x0A], .context) }
    }

    private static func bytes(_ lines: TextLines, _ start: Int, _ count: Int) -> [UInt8] {
        count == 0 ? [] : Array(lines.bytes[Int(lines.starts[start])..<Int(lines.starts[start + count])])
    }

    /// Bytes on both sides of a change up to which its words are compared: each takes memory of its own.
    private static let limit = 8 << 20

    private static func append(_ old: [UInt8], _ new: [UInt8], to text: inout PatchText) {
        let isLong = old.count + new.count > limit
        let (oldWords, newWords) = isLong ? (whole(old), whole(new)) : (words(old), words(new))
        let changes =
            isLong
            ? [LineChange(start: (0, 0), count: (oldWords.count, newWords.count))]
            : WordChanges.between(oldWords.map { Array(old[$0]) }, newWords.map { Array(new[$0]) })
        var position = 0
        for change in changes {
            // What only went stands behind the word before it.
            let from = change.start.b
            let start =
                change.count.b > 0 ? newWords[from].lowerBound : from > 0 ? newWords[from - 1].upperBound : position
            if start > position { text.add(Array(new[position..<start]), .context) }
            position = max(position, start)
            if change.count.a > 0 {
                let range =
                    oldWords[change.start.a].lowerBound..<oldWords[change.start.a + change.count.a - 1].upperBound
                add(Array(old[range]), "[-", "-]", .removed, &text)
            }
            if change.count.b > 0 {
                let end = newWords[from + change.count.b - 1].upperBound
                add(Array(new[position..<end]), "{+", "+}", .added, &text)
                position = end
            }
        }
        if position < new.count { text.add(Array(new[position...]), .context) }
        if text.bytes.last != 0x0A { text.add([0x0A], .context) }
    }

    /// Marks end with each line.
    private static func add(
        _ part: [UInt8], _ open: String, _ close: String, _ style: PatchText.Style, _ text: inout PatchText
    ) {
        for (index, line) in part.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if index > 0 { text.add([0x0A], .context) }
            if !line.isEmpty { text.add(Array(open.utf8) + Array(line) + Array(close.utf8), style) }
        }
    }

    /// All as one word, but for the line's end.
    private static func whole(_ bytes: [UInt8]) -> [Range<Int>] {
        let end = bytes.last == 0x0A ? bytes.count - 1 : bytes.count
        return end == 0 ? [] : [0..<end]
    }

    /// Runs of anything but white space.
    private static func words(_ bytes: [UInt8]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        for (index, byte) in bytes.enumerated() {
            if WhiteSpace.isSpace(byte) {
                if let first = start { result.append(first..<index) }
                start = nil
            } else if start == nil {
                start = index
            }
        }
        if let first = start { result.append(first..<bytes.count) }
        return result
    }
}
