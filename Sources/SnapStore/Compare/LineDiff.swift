// Which lines of two texts differ: Myers' algorithm, with the bounds that git puts on it, so that both say the same.
//
// After E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), linear space refinement: the middle of the shortest way from one text to the other is found
// from both ends at once, and then both halves. Lines that are nowhere in the other text are set aside first, and lines that are in it very often where they stand among such. Where the
// way is long, the search ends at a long run of equal lines that lies well ahead, or in the end at the point that went furthest: so no input takes more than a bounded number of steps a line.

/// One place where lines differ: `count` lines from `start` on, of the first text and of the second.
package struct LineChange: Equatable, Sendable {
    package var start: (a: Int, b: Int)
    package var count: (a: Int, b: Int)
    /// Only lines that the caller asked to ignore.
    package var isIgnorable = false

    package init(start: (a: Int, b: Int), count: (a: Int, b: Int), isIgnorable: Bool = false) {
        self.start = start
        self.count = count
        self.isIgnorable = isIgnorable
    }

    package static func == (x: LineChange, y: LineChange) -> Bool {
        x.start == y.start && x.count == y.count && x.isIgnorable == y.isIgnorable
    }
}

/// The comparison of two texts, line by line.
struct LineDiff {
    /// Lines that occur more often than this may be set aside.
    private static let frequencyLimit = 1024
    private static let window = 100

    private let lines: LineNumbers
    private(set) var changedA: [Bool]
    private(set) var changedB: [Bool]

    init(_ a: TextLines, _ b: TextLines, _ whiteSpace: WhiteSpace = .counts) {
        lines = LineNumbers(a, b, whiteSpace)
        changedA = Array(repeating: false, count: a.count)
        changedB = Array(repeating: false, count: b.count)
        compare()
        var compaction = ChangeCompaction(lines.a, changedA, a, lines.b, changedB, b)
        compaction.run()
        (changedA, changedB) = (compaction.first.changed, compaction.second.changed)
    }

    /// The places that differ, in order.
    var changes: [LineChange] {
        var result: [LineChange] = []
        var (i, j) = (0, 0)
        while i < changedA.count || j < changedB.count {
            let start = (a: i, b: j)
            while i < changedA.count && changedA[i] { i += 1 }
            while j < changedB.count && changedB[j] { j += 1 }
            if i > start.a || j > start.b {
                result.append(LineChange(start: start, count: (i - start.a, j - start.b)))
            }
            i += 1
            j += 1
        }
        return result
    }

    /// About the square root, a power of two.
    static func roughRoot(_ number: Int) -> Int {
        var (result, rest) = (1, number)
        while rest > 0 {
            result <<= 1
            rest >>= 2
        }
        return result
    }

    // MARK: Setting aside

    private mutating func compare() {
        let (a, b) = (lines.a, lines.b)
        let common = min(a.count, b.count)
        var start = 0
        while start < common && a[start] == b[start] { start += 1 }
        var tail = 0
        while tail < common - start && a[a.count - 1 - tail] == b[b.count - 1 - tail] { tail += 1 }

        let keptA = Self.candidates(a, start..<(a.count - tail), occurring: lines.countsInB, &changedA)
        let keptB = Self.candidates(b, start..<(b.count - tail), occurring: lines.countsInA, &changedB)
        var search = MiddleSearch(keptA.map { a[$0] }, keptB.map { b[$0] })
        search.run()
        for (index, isChanged) in search.changedA.enumerated() where isChanged { changedA[keptA[index]] = true }
        for (index, isChanged) in search.changedB.enumerated() where isChanged { changedB[keptB[index]] = true }
    }

    /// How a line is seen before the search.
    private enum Frequency { case none, some, many }

    /// The lines worth searching for; the others are marked as changed.
    private static func candidates(
        _ numbers: [Int32], _ range: Range<Int>, occurring counts: [Int32], _ changed: inout [Bool]
    ) -> [Int] {
        let limit = min(roughRoot(numbers.count), frequencyLimit)
        let frequencies: [Frequency] = range.map { index in
            let count = Int(counts[Int(numbers[index])])
            return count == 0 ? .none : count >= limit ? .many : .some
        }
        var kept: [Int] = []
        kept.reserveCapacity(frequencies.count)
        for (position, frequency) in frequencies.enumerated() {
            let isKept =
                switch frequency {
                case .some: true
                case .none: false
                case .many: !standsAlone(frequencies, position)
                }
            if isKept { kept.append(range.lowerBound + position) } else { changed[range.lowerBound + position] = true }
        }
        return kept
    }

    /// A frequent line among lines that are nowhere in the other text.
    private static func standsAlone(_ frequencies: [Frequency], _ position: Int) -> Bool {
        let before = surroundings(frequencies, position, -1)
        if before.none == 0 { return false }
        let after = surroundings(frequencies, position, 1)
        if after.none == 0 { return false }
        let none = before.none + after.none
        let many = before.many + after.many
        return many * 4 < many + none
    }

    /// How many lines on one side are nowhere in the other text, and how many are frequent, up to one that is neither. The line itself counts as frequent on both sides.
    private static func surroundings(_ frequencies: [Frequency], _ position: Int, _ step: Int)
        -> (none: Int, many: Int)
    {
        var result = (none: 0, many: 1)
        var current = position + step
        while frequencies.indices.contains(current), abs(current - position) <= window {
            switch frequencies[current] {
            case .none: result.none += 1
            case .many: result.many += 1
            case .some: return result
            }
            current += step
        }
        return result
    }
}
