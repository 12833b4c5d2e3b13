// The paths that somebody asked for, as git's pathspecs are: a path stands for itself and all below it; `*`, `?` and
// `[…]` match slashes too; a backslash takes a byte as it is. What is literally called so is meant in any case, so that
// names that a shell put there need no escapes.
//
// Why its cost is bounded. A pattern is a row of pieces with a `*` between. A piece matches as many bytes as it has
// tokens, and taking each at its first place leaves the most room for those behind it; so one pass over the path
// settles all but the last piece, and that one is tried wherever a name ends. This answers for the path and for all
// directories above it at once, in at most (bytes of the pattern) × (bytes of the path) steps. Literal paths are
// looked up, however many there are.

package struct PathSelection: Sendable {
    /// What was asked for, as it was.
    package let patterns: [[UInt8]]
    /// Nothing is left out.
    package let isEverything: Bool

    /// Literal paths, each with the patterns that it stands for.
    private let literals: [[UInt8]: [Int]]
    /// The same, sorted by bytes, so that those below a directory stand together.
    private let sortedLiterals: [[UInt8]]
    private let literalLengths: Set<Int>
    private let wildcards: [(pattern: Int, match: PathWildcard)]
    /// By pattern: a slash at its end, so that it means directories.
    private let isForDirectories: [Bool]
    /// By pattern: the root itself.
    private let isRoot: [Bool]

    /// `patterns` are paths from the root; none: everything. An empty one, or `.`, is the root.
    package init(_ patterns: [[UInt8]]) {
        var literals: [[UInt8]: [Int]] = [:]
        var wildcards: [(pattern: Int, match: PathWildcard)] = []
        var isForDirectories: [Bool] = []
        var isRoot: [Bool] = []
        for (index, pattern) in patterns.enumerated() {
            let isAbsolute = pattern.first == PatternByte.slash
            let literal = Self.normalized(pattern)
            isForDirectories.append(pattern.last == PatternByte.slash)
            isRoot.append(literal.isEmpty && !isAbsolute)
            // Paths are from the root: nothing is called so.
            if literal.isEmpty || isAbsolute { continue }
            literals[literal, default: []].append(index)
            if let match = PathWildcard(literal) { wildcards.append((index, match)) }
        }
        self.patterns = patterns
        self.literals = literals
        self.wildcards = wildcards
        self.isForDirectories = isForDirectories
        self.isRoot = isRoot
        sortedLiterals = literals.keys.sorted { $0.lexicographicallyPrecedes($1) }
        literalLengths = Set(literals.keys.map(\.count))
        isEverything = patterns.isEmpty || isRoot.contains(true)
    }

    /// Without slashes that say nothing, and names that are `.`. Slashes within brackets stay: `[//]` is one name.
    private static func normalized(_ pattern: [UInt8]) -> [UInt8] {
        if pattern.contains(PatternByte.openBracket) {
            var rest = pattern[...]
            while rest.starts(with: [0x2E, PatternByte.slash]) { rest.removeFirst(2) }
            while rest.last == PatternByte.slash { rest.removeLast() }
            return Array(rest)
        }
        return Array(pattern.split(separator: PatternByte.slash).filter { $0 != [0x2E] }.joined(separator: [0x2F]))
    }

    /// Whether the path or a directory above it is selected.
    /// - Parameter isDirectory: what is at `path`; a pattern with a slash at its end selects no file.
    package func contains(_ path: [UInt8], isDirectory: Bool = true) -> Bool {
        if isEverything { return true }
        var isFound = false
        forEachMatch(path, isDirectory) { _ in
            isFound = true
            return false
        }
        return isFound
    }

    /// Whether something below the directory could be selected: if not, a walk need not enter it. The root is empty.
    package func mayContain(below directory: [UInt8]) -> Bool {
        if isEverything || mayMatch(below: directory, isWanted: { _ in true }) { return true }
        return contains(directory)
    }

    /// Calls `body` with each pattern that selects the path, until it answers false.
    private func forEachMatch(_ path: [UInt8], _ isDirectory: Bool, _ body: (Int) -> Bool) {
        for index in isRoot.indices where isRoot[index] {
            if !body(index) { return }
        }
        if path.isEmpty { return }
        for end in literalLengths where end <= path.count {
            guard end == path.count || path[end] == PatternByte.slash else { continue }
            for index in literals[Array(path[..<end])] ?? []
            where end < path.count || isDirectory || !isForDirectories[index] {
                if !body(index) { return }
            }
        }
        for (index, match) in wildcards where match.matches(path, atEnd: isDirectory || !isForDirectories[index]) {
            if !body(index) { return }
        }
    }

    /// Whether one of the patterns that are wanted could select something below the directory, and does not select it.
    private func mayMatch(below directory: [UInt8], isWanted: (Int) -> Bool) -> Bool {
        let start = directory.isEmpty ? [] : directory + [PatternByte.slash]
        var low = 0
        var high = sortedLiterals.count
        while low < high {
            let middle = (low + high) / 2
            if sortedLiterals[middle].lexicographicallyPrecedes(start) { low = middle + 1 } else { high = middle }
        }
        while low < sortedLiterals.count, sortedLiterals[low].starts(with: start) {
            if let indexes = literals[sortedLiterals[low]], indexes.contains(where: isWanted) { return true }
            low += 1
        }
        return wildcards.contains { isWanted($0.pattern) && $0.match.mayMatch(after: start) }
    }
}

extension PathSelection {
    /// Which patterns selected something, noted path by path as a walk comes by them.
    package struct Findings: Sendable {
        private let selection: PathSelection
        private var isFound: [Bool]
        private var missing: Int

        package init(_ selection: PathSelection) {
            self.selection = selection
            isFound = selection.isRoot
            missing = isFound.count { !$0 }
        }

        /// Notes a path that is there.
        package mutating func note(_ path: [UInt8], isDirectory: Bool = true) {
            if missing == 0 { return }
            var matches: [Int] = []
            selection.forEachMatch(path, isDirectory) { index in
                matches.append(index)
                return true
            }
            find(matches)
        }

        /// Notes a directory that could not be looked into: what may be below it cannot be said to be missing.
        package mutating func noteUnreadable(_ directory: [UInt8]) {
            if missing == 0 { return }
            find(
                isFound.indices.filter { index in
                    !isFound[index] && selection.mayMatch(below: directory) { $0 == index }
                })
        }

        private mutating func find(_ indexes: [Int]) {
            for index in indexes where !isFound[index] {
                isFound[index] = true
                missing -= 1
            }
        }

        /// Whether a pattern that selected nothing so far could select something below the directory.
        package func areOpen(below directory: [UInt8]) -> Bool {
            missing > 0 && selection.mayMatch(below: directory) { !isFound[$0] }
        }

        /// What selected nothing, in the order it was asked for.
        package var unmatched: [[UInt8]] {
            isFound.indices.filter { !isFound[$0] }.map { selection.patterns[$0] }
        }
    }
}

/// A pattern with wildcards, cut at each `*`.
private struct PathWildcard: Sendable {
    private let pieces: [ArraySlice<WildToken>]
    private let sets: [ByteSet]

    /// nil: it has none, or is malformed, and then nothing can match it.
    init?(_ pattern: [UInt8]) {
        let special = [PatternByte.star, PatternByte.question, PatternByte.openBracket, PatternByte.backslash]
        guard pattern.contains(where: special.contains),
            let compiled = Wildmatch(pattern[...], crossesDirectories: false, setsHoldSlashes: true)
        else { return nil }
        pieces = compiled.tokens.split(separator: .star, omittingEmptySubsequences: false)
        sets = compiled.sets
    }

    /// Whether it matches a directory above `path`, or the path itself if `atEnd`.
    func matches(_ path: [UInt8], atEnd: Bool) -> Bool {
        let path = path.span
        guard holds(pieces[0], path, at: 0) else { return false }
        var place = pieces[0].count
        if pieces.count == 1 { return isBorder(path, place, atEnd) }
        for piece in pieces[1..<(pieces.count - 1)] {
            while !holds(piece, path, at: place) {
                place += 1
                if place > path.count { return false }
            }
            place += piece.count
        }
        let last = pieces[pieces.count - 1]
        while place + last.count <= path.count {
            if isBorder(path, place + last.count, atEnd), holds(last, path, at: place) { return true }
            place += 1
        }
        return false
    }

    /// Whether it could match something that starts with `start`.
    func mayMatch(after start: [UInt8]) -> Bool {
        let first = pieces[0]
        if pieces.count == 1, first.count <= start.count { return false }
        let count = min(first.count, start.count)
        return holds(first.prefix(count), start.span, at: 0)
    }

    private func isBorder(_ path: Span<UInt8>, _ place: Int, _ atEnd: Bool) -> Bool {
        place < path.count ? place > 0 && path[place] == PatternByte.slash : place == path.count && atEnd
    }

    private func holds(_ piece: ArraySlice<WildToken>, _ path: Span<UInt8>, at start: Int) -> Bool {
        guard piece.count <= path.count - start else { return false }
        var place = start
        for token in piece {
            switch token {
            case .byte(let byte): if path[place] != byte { return false }
            case .any: break
            case .set(let set): if !sets[set].contains(path[place]) { return false }
            case .star, .directories, .anything: return false
            }
            place += 1
        }
        return true
    }
}
