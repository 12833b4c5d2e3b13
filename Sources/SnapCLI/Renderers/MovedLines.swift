// Lines that went in one place and came in another, and the parts of a line that differ: shown in colours of their own.
//
// A run of lines counts as moved if it has twenty letters or digits, as in git: fewer are equal by chance.

import SnapStore
import SnapSystem

/// Which lines of a comparison of many files only moved.
struct MovedLines {
    /// By the place of the file among the comparisons.
    private(set) var removed: [Set<Int>]
    private(set) var added: [Set<Int>]

    private static let leastLetters = 20
    /// Places that one line is looked for in, and lines in all: moves among very many lines are not looked for.
    private static let candidateLimit = 16
    private static let lineLimit = 400_000

    private struct Place: Hashable {
        var file: Int
        var line: Int
    }

    init(_ comparisons: [FileComparison]) {
        removed = Array(repeating: [], count: comparisons.count)
        added = removed
        var places: [ArraySlice<UInt8>: [Place]] = [:]
        var isAdded: Set<Place> = []
        var count = 0
        for (file, comparison) in comparisons.enumerated() {
            for change in comparison.hunks.flatMap(\.changes) {
                for line in change.start.b..<(change.start.b + change.count.b) {
                    let place = Place(file: file, line: line)
                    isAdded.insert(place)
                    places[comparison.newLines[line], default: []].append(place)
                    count += 1
                    if count > Self.lineLimit { return }
                }
            }
        }
        for (file, comparison) in comparisons.enumerated() {
            for change in comparison.hunks.flatMap(\.changes) {
                var line = change.start.a
                let end = change.start.a + change.count.a
                while line < end {
                    let run = longestRun(line..<end, comparison, places, isAdded, comparisons)
                    if let run, Self.letters(comparison.oldLines, line..<(line + run.length)) >= Self.leastLetters {
                        for offset in 0..<run.length {
                            removed[file].insert(line + offset)
                            added[run.start.file].insert(run.start.line + offset)
                        }
                        line += run.length
                    } else {
                        // A part of what is too short is too short.
                        line += max(1, run?.length ?? 1)
                    }
                }
            }
        }
    }

    /// The added lines that go on longest as the removed ones do.
    private func longestRun(
        _ lines: Range<Int>, _ comparison: FileComparison, _ places: [ArraySlice<UInt8>: [Place]],
        _ isAdded: Set<Place>, _ comparisons: [FileComparison]
    ) -> (start: Place, length: Int)? {
        var best: (start: Place, length: Int)?
        for start in (places[comparison.oldLines[lines.lowerBound]] ?? []).prefix(Self.candidateLimit) {
            let text = comparisons[start.file].newLines
            var length = 1
            while length < lines.count, isAdded.contains(Place(file: start.file, line: start.line + length)),
                text[start.line + length] == comparison.oldLines[lines.lowerBound + length]
            {
                length += 1
            }
            if length > best?.length ?? 0 { best = (start, length) }
        }
        return best
    }

    private static func letters(_ text: TextLines, _ lines: Range<Int>) -> Int {
        var count = 0
        for line in lines {
            for byte in text[line] {
                let isLetter =
                    byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
                if isLetter || byte >= 0x80 { count += 1 }
            }
            if count >= leastLetters { break }
        }
        return count
    }
}

/// The parts of two lines that stand for each other and differ, as ranges of their bytes.
enum LineHighlights {
    /// Empty where most of the line differs: then marking parts says nothing.
    static func between(_ old: ArraySlice<UInt8>, _ new: ArraySlice<UInt8>) -> (old: [Range<Int>], new: [Range<Int>]) {
        guard old.count <= lengthLimit, new.count <= lengthLimit else { return ([], []) }
        let (a, b) = (words(old), words(new))
        let changes = WordChanges.between(a.map { Array(old[$0]) }, b.map { Array(new[$0]) })
        var result: (old: [Range<Int>], new: [Range<Int>]) = ([], [])
        for change in changes {
            if change.count.a > 0 {
                result.old.append(a[change.start.a].lowerBound..<a[change.start.a + change.count.a - 1].upperBound)
            }
            if change.count.b > 0 {
                result.new.append(b[change.start.b].lowerBound..<b[change.start.b + change.count.b - 1].upperBound)
            }
        }
        let changed = result.old.reduce(0) { $0 + $1.count } + result.new.reduce(0) { $0 + $1.count }
        return changed * 2 > old.count + new.count ? ([], []) : result
    }

    /// Bytes of a line that parts are looked for in.
    private static let lengthLimit = 4096

    /// Runs of letters and digits; every other byte by itself.
    private static func words(_ line: ArraySlice<UInt8>) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = line.startIndex
        while start < line.endIndex {
            var end = start + 1
            if isWord(line[start]) {
                while end < line.endIndex, isWord(line[end]) { end += 1 }
            }
            if line[start] != 0x0A { result.append(start..<end) }
            start = end
        }
        return result
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A || byte == 0x5F
            || byte >= 0x80
    }
}
