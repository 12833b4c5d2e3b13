// One ignore file: lines, line ends and byte order mark, as git reads them. A line that can match nothing is dropped
// here, so that a file of comments costs the walk nothing.

/// The patterns of one ignore file, or of one list in the configuration. Cheap to copy.
package struct IgnoreFile: Sendable {
    let patterns: CompiledPatterns

    /// Parses a file's bytes: one pattern a line; a UTF-8 byte order mark is skipped; lines end in LF or CR LF.
    /// - Parameter source: what a match names: the file's path.
    package init(source: [UInt8], contents: [UInt8]) {
        var patterns: [(pattern: IgnorePattern, line: Int)] = []
        var rest = contents[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
        var number = 0
        while !rest.isEmpty {
            number += 1
            let end = rest.firstIndex(of: PatternByte.newline)
            var line = rest[..<(end ?? rest.endIndex)]
            rest = end.map { rest[($0 + 1)...] } ?? []
            if line.last == PatternByte.carriageReturn { line.removeLast() }
            if let pattern = IgnorePattern(line: line) { patterns.append((pattern, number)) }
        }
        self.patterns = CompiledPatterns(patterns, source: source)
    }

    /// The patterns of a configuration entry, each written as a line of an ignore file would be. The first has number 1.
    /// - Parameter source: what a match names: the entry's key.
    package init(source: [UInt8], lines: [[UInt8]]) {
        var patterns: [(pattern: IgnorePattern, line: Int)] = []
        for (index, line) in lines.enumerated() {
            if let pattern = IgnorePattern(line: line[...]) { patterns.append((pattern, index + 1)) }
        }
        self.patterns = CompiledPatterns(patterns, source: source)
    }

    /// Whether no entry can match.
    package var isEmpty: Bool { patterns.heads.isEmpty }
}
