// Changes with the lines around them, as patches show them.

/// Lines of both texts that are shown together: those from `a` are context or removed, those from `b` context or added.
package struct Hunk: Sendable {
    package var a: Range<Int>
    package var b: Range<Int>
    /// In order, inside both ranges.
    package var changes: [LineChange]
    /// The last line before it that begins like a function's, without its end; empty if there is none.
    package var heading: ArraySlice<UInt8>

    /// Lines that are removed and added.
    package var counts: (removed: Int, added: Int) {
        changes.reduce((0, 0)) { ($0.0 + $1.count.a, $0.1 + $1.count.b) }
    }
}

/// How changes become hunks.
package struct HunkOptions: Sendable, Equatable {
    /// Unchanged lines that are shown around each change.
    package var context = 3
    package var whiteSpace = WhiteSpace.counts
    package var ignoresBlankLines = false
    package init() {}
}

extension Hunk {
    private static let headingLimit = 80

    /// Where `a` and `b` differ.
    static func all(_ a: TextLines, _ b: TextLines, _ options: HunkOptions) -> [Hunk] {
        var changes = LineDiff(a, b, options.whiteSpace).changes
        if options.ignoresBlankLines {
            for index in changes.indices where isBlank(changes[index], a, b, options.whiteSpace) {
                changes[index].isIgnorable = true
            }
        }
        var result: [Hunk] = []
        var rest = changes[...]
        var heading: ArraySlice<UInt8> = []
        var searched = -1
        while let found = nextHunk(&rest, options.context) {
            guard let first = found.first, let last = found.last else { continue }
            let before = max(0, min(options.context, first.start.a, first.start.b))
            let start = (a: first.start.a - before, b: first.start.b - before)
            let ends = (a: last.start.a + last.count.a, b: last.start.b + last.count.b)
            let after = max(0, min(options.context, a.count - ends.a, b.count - ends.b))
            var line = start.a - 1
            while line > searched {
                if let name = functionName(a[line]) {
                    heading = name
                    break
                }
                line -= 1
            }
            searched = max(searched, start.a - 1)
            result.append(
                Hunk(
                    a: start.a..<(ends.a + after), b: start.b..<(ends.b + after), changes: Array(found),
                    heading: heading))
        }
        return result
    }

    /// The next changes that are shown together: with so few lines between that their contexts touch. Ignorable ones count only where they stand between others.
    private static func nextHunk(_ rest: inout ArraySlice<LineChange>, _ context: Int) -> ArraySlice<LineChange>? {
        let mostBetween = context.multipliedReportingOverflow(by: 2).overflow ? Int.max : context * 2
        // Ignorable ones too far before what is shown go.
        var start = rest.startIndex
        var index = rest.startIndex
        while index < rest.endIndex, rest[index].isIgnorable {
            let next = index + 1
            if next == rest.endIndex || distance(rest[index], rest[next]) >= context { start = next }
            index = next
        }
        rest = rest[start...]
        guard !rest.isEmpty else { return nil }
        var last = rest.startIndex
        var ignored = 0
        index = rest.startIndex + 1
        while index < rest.endIndex {
            let previous = index - 1
            let between = distance(rest[previous], rest[index])
            let change = rest[index]
            if between > mostBetween { break }
            if between < context, !change.isIgnorable || last == previous {
                last = index
                ignored = 0
            } else if between < context, change.isIgnorable {
                ignored += change.count.b
            } else if last != previous,
                change.start.a + ignored - (rest[last].start.a + rest[last].count.a) > mostBetween
            {
                break
            } else if !change.isIgnorable {
                last = index
                ignored = 0
            } else {
                ignored += change.count.b
            }
            index += 1
        }
        let result = rest[...last]
        rest = rest[(last + 1)...]
        return result
    }

    private static func distance(_ a: LineChange, _ b: LineChange) -> Int { b.start.a - (a.start.a + a.count.a) }

    private static func isBlank(_ change: LineChange, _ a: TextLines, _ b: TextLines, _ whiteSpace: WhiteSpace)
        -> Bool
    {
        for line in change.start.a..<(change.start.a + change.count.a) where !isBlank(a[line], whiteSpace) {
            return false
        }
        for line in change.start.b..<(change.start.b + change.count.b) where !isBlank(b[line], whiteSpace) {
            return false
        }
        return true
    }

    private static func isBlank(_ line: ArraySlice<UInt8>, _ whiteSpace: WhiteSpace) -> Bool {
        if whiteSpace == .counts { return line.count <= 1 }
        return line.allSatisfy { WhiteSpace.isSpace($0) }
    }

    private static func functionName(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let byte = line.first else { return nil }
        let isLetter = byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
        guard isLetter || byte == 0x5F || byte == 0x24 else { return nil }
        var name = line.prefix(headingLimit)
        while let last = name.last, WhiteSpace.isSpace(last) { name = name.dropLast() }
        return name
    }
}
