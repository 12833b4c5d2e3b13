// Which words of two texts differ: the same search as for lines.

package enum WordChanges {
    /// Words hold no line feed.
    package static func between(_ old: [[UInt8]], _ new: [[UInt8]]) -> [LineChange] {
        LineDiff(lines(old), lines(new)).changes
    }

    private static func lines(_ words: [[UInt8]]) -> TextLines {
        var bytes: [UInt8] = []
        for word in words {
            bytes += word
            bytes.append(0x0A)
        }
        return TextLines(bytes)
    }
}
