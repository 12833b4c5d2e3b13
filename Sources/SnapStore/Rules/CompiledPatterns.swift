// The patterns of one ignore file, laid out for the walk, and the matcher.
//
// Every entry of every directory below is held against every pattern until one matches, so the patterns lie in flat
// arrays: the byte that a name must end with, which mostly says no; a head each; the literal bytes, wildcard tokens
// and sets of all patterns behind one another. Nothing is allocated while matching.
//
// Why the wildcard matcher may forget. It keeps two places to go back to: the last `*` of the current path segment,
// and the last `**`. An earlier `*` needs no place: in the same segment the later one can reach whatever the earlier
// could by taking more, and across a slash the text between `*` and the slash is fixed. An earlier `**` needs none
// either: the later one stands at the start of a segment and can take every later start.
//
// Why its cost is bounded. Between two `**`, a try that begins one segment later pairs each part of the pattern with
// the next segment, so a pair (part, segment) is tried once; within a pair, each run of bytes after a `*` is looked
// for by shifting along the segment. So a match takes at most about (bytes of the pattern + 1) × (bytes of the path
// + 1) steps, whatever the two are, and no memory. The plain recursive form is exponential for `*a*a*a*b`.

/// What is compared first, and where the rest is.
struct PatternHead: Sendable {
    enum Shape: UInt8, Sendable {
        /// The name is the literal: `foo`.
        case name
        /// The name begins with the literal: `foo*`.
        case namePrefix
        /// The name ends with the literal: `*.o`, and `*`.
        case nameSuffix
        /// The name begins with the literal and the tokens match what follows.
        case nameWild
        /// The path below the file's directory is the literal: `/foo/bar`.
        case path
        /// That path begins with the literal and the tokens match what follows.
        case pathWild
    }

    let shape: Shape
    let isNegated: Bool
    let isDirectoryOnly: Bool
    let literalCount: Int
    let literalStart: Int
    let tokenStart: Int
    let tokenEnd: Int
    let setStart: Int
}

/// The storage of an ignore file, shared by all rule sets that it is in.
final class CompiledPatterns: Sendable {
    private static let anyByte: UInt16 = 256

    let source: [UInt8]
    /// For each pattern the last byte of all names that it matches, or `anyByte`.
    private let lastBytes: [UInt16]
    let heads: [PatternHead]
    private let literals: [UInt8]
    private let tokens: [WildToken]
    private let sets: [ByteSet]
    let origins: [(text: [UInt8], line: Int)]

    init(_ patterns: [(pattern: IgnorePattern, line: Int)], source: [UInt8]) {
        var lastBytes: [UInt16] = []
        var heads: [PatternHead] = []
        var literals: [UInt8] = []
        var tokens: [WildToken] = []
        var sets: [ByteSet] = []
        heads.reserveCapacity(patterns.count)
        for (pattern, _) in patterns {
            var literal = pattern.literal
            var rest = pattern.tokens[...]
            // `**/foo` asks for the name alone, and is written often.
            let isNameOnly =
                literal.isEmpty && rest.first == .directories && !rest.dropFirst().contains(where: \.crossesDirectories)
            if isNameOnly {
                rest.removeFirst()
                literal = rest.removeLeadingBytes()
            }
            let shape: PatternHead.Shape
            if pattern.isAnchored, !isNameOnly {
                shape = rest.isEmpty ? .path : .pathWild
            } else if rest.isEmpty {
                shape = .name
            } else if rest == [.star], !literal.isEmpty {
                shape = .namePrefix
            } else if literal.isEmpty, rest.first == .star, rest.dropFirst().allSatisfy(\.isByte) {
                shape = .nameSuffix
                rest.removeFirst()
                literal = rest.removeLeadingBytes()
            } else {
                shape = .nameWild
            }
            if case .byte(let byte)? = rest.last {
                lastBytes.append(UInt16(byte))
            } else {
                lastBytes.append(rest.isEmpty ? literal.last.map { UInt16($0) } ?? Self.anyByte : Self.anyByte)
            }
            heads.append(
                PatternHead(
                    shape: shape, isNegated: pattern.isNegated, isDirectoryOnly: pattern.isDirectoryOnly,
                    literalCount: literal.count, literalStart: literals.count,
                    tokenStart: tokens.count, tokenEnd: tokens.count + rest.count, setStart: sets.count))
            literals += literal
            tokens += rest
            sets += pattern.sets
        }
        self.source = source
        self.lastBytes = lastBytes
        self.heads = heads
        self.literals = literals
        self.tokens = tokens
        self.sets = sets
        origins = patterns.map { ($0.pattern.text, $0.line) }
    }

    /// The last pattern that matches, by its place.
    /// - Parameters:
    ///   - name: an entry's name.
    ///   - directory: the path of the directory it is in, from the root.
    ///   - base: how many bytes of `directory` are the path of this file's own directory.
    func lastMatch(name: Span<UInt8>, isDirectory: Bool, directory: Span<UInt8>, base: Int) -> Int? {
        let text = BelowBase(directoryCount: directory.count, base: base)
        // A span needs an owner in this scope; the owners are taken once for all patterns.
        let (ownedLastBytes, ownedHeads, ownedLiterals) = (lastBytes, heads, literals)
        let lastBytes = ownedLastBytes.span
        let heads = ownedHeads.span
        let literals = ownedLiterals.span
        guard !name.isEmpty else { return nil }
        let lastByte = UInt16(name[name.count - 1])
        var index = lastBytes.count
        while index > 0 {
            index -= 1
            let wanted = lastBytes[index]
            if wanted != lastByte, wanted != Self.anyByte { continue }
            let head = heads[index]
            if head.isDirectoryOnly, !isDirectory { continue }
            let isMatch =
                switch head.shape {
                case .name:
                    head.literalCount == name.count && hasLiteral(head, of: literals, name, at: 0)
                case .namePrefix:
                    head.literalCount <= name.count && hasLiteral(head, of: literals, name, at: 0)
                case .nameSuffix:
                    head.literalCount <= name.count
                        && hasLiteral(head, of: literals, name, at: name.count - head.literalCount)
                case .nameWild:
                    head.literalCount <= name.count && hasLiteral(head, of: literals, name, at: 0)
                        && matchesTokens(head, name: name, directory: directory, text: BelowBase.nameOnly)
                case .path:
                    head.literalCount == text.prefixCount + name.count
                        && hasLiteral(head, of: literals, name: name, directory: directory, text: text)
                case .pathWild:
                    head.literalCount <= text.prefixCount + name.count
                        && hasLiteral(head, of: literals, name: name, directory: directory, text: text)
                        && matchesTokens(head, name: name, directory: directory, text: text)
                }
            if isMatch { return index }
        }
        return nil
    }

    private func hasLiteral(
        _ head: PatternHead, of literals: Span<UInt8>, _ name: Span<UInt8>, at start: Int
    ) -> Bool {
        // From the end, where names that share a prefix differ.
        var index = head.literalCount
        while index > 0 {
            index -= 1
            if literals[head.literalStart + index] != name[start + index] { return false }
        }
        return true
    }

    private func hasLiteral(
        _ head: PatternHead, of literals: Span<UInt8>, name: Span<UInt8>, directory: Span<UInt8>, text: BelowBase
    ) -> Bool {
        var index = 0
        while index < head.literalCount {
            if literals[head.literalStart + index] != text.byte(at: index, name: name, directory: directory) {
                return false
            }
            index += 1
        }
        return true
    }

    /// Whether the head's tokens match the text after its literal.
    private func matchesTokens(
        _ head: PatternHead, name: Span<UInt8>, directory: Span<UInt8>, text: BelowBase
    ) -> Bool {
        let (ownedTokens, ownedSets) = (tokens, sets)
        let tokens = ownedTokens.span
        let sets = ownedSets.span
        let end = text.prefixCount + name.count

        // What stands after the last `*` is compared with the end first: most texts fail there.
        var tail = head.tokenEnd
        var tailPlace = end
        while tail > head.tokenStart, !tokens[tail - 1].isVariable {
            tail -= 1
            tailPlace -= 1
            guard tailPlace >= head.literalCount,
                holds(
                    tokens[tail], text.byte(at: tailPlace, name: name, directory: directory), sets, from: head.setStart)
            else { return false }
        }

        var token = head.tokenStart
        var place = head.literalCount
        // Where to go on after a mismatch: the token after the last `*` or `**`, and how far that reaches so far.
        var starToken = -1
        var starPlace = 0
        var deepToken = -1
        var deepPlace = 0

        while true {
            if token == head.tokenEnd {
                if place == end { return true }
            } else if tokens[token].isVariable {
                token += 1
                if tokens[token - 1] == .star {
                    starToken = token
                    starPlace = place
                } else {
                    if token == head.tokenEnd, tokens[token - 1] == .anything { return true }
                    starToken = -1
                    deepToken = token
                    deepPlace = place
                }
                continue
            } else if place < end,
                holds(
                    tokens[token], text.byte(at: place, name: name, directory: directory), sets, from: head.setStart)
            {
                token += 1
                place += 1
                continue
            }
            if starToken >= 0 {
                // The star takes one more byte, and at once all up to where the pattern can go on.
                var wanted: UInt8?
                if starToken < head.tokenEnd, case .byte(let byte) = tokens[starToken] { wanted = byte }
                var canGoOn = false
                while !canGoOn, starPlace < end,
                    text.byte(at: starPlace, name: name, directory: directory) != PatternByte.slash
                {
                    starPlace += 1
                    canGoOn =
                        wanted == nil
                        || starPlace < end && text.byte(at: starPlace, name: name, directory: directory) == wanted
                }
                if canGoOn {
                    token = starToken
                    place = starPlace
                    continue
                }
            }
            guard deepToken >= 0 else { return false }
            // `**/` goes on behind the next slash, `**` before an escaped slash at it.
            let stopsAtSlash = tokens[deepToken - 1] == .anything
            var slash = stopsAtSlash ? deepPlace + 1 : deepPlace
            while slash < end, text.byte(at: slash, name: name, directory: directory) != PatternByte.slash {
                slash += 1
            }
            guard slash < end else { return false }
            deepPlace = stopsAtSlash ? slash : slash + 1
            starToken = -1
            token = deepToken
            place = deepPlace
        }
    }

    /// Whether a token that takes one byte takes this one.
    @inline(__always)
    private func holds(_ token: WildToken, _ byte: UInt8, _ sets: Span<ByteSet>, from setStart: Int) -> Bool {
        switch token {
        case .byte(let wanted): byte == wanted
        case .any: byte != PatternByte.slash
        case .set(let index): sets[setStart + index].contains(byte)
        case .star, .directories, .anything: false
        }
    }
}

/// The path of an entry below an ignore file's directory, without putting it together: the rest of the directory's path, a
/// slash, the name.
struct BelowBase {
    /// Where the rest of the directory's path begins.
    private let start: Int
    /// The bytes in front of the name, its slash included; 0 for an entry of the file's own directory.
    let prefixCount: Int

    /// The name alone.
    static var nameOnly: BelowBase { BelowBase(directoryCount: 0, base: 0) }

    init(directoryCount: Int, base: Int) {
        start = base == 0 ? 0 : base + 1
        prefixCount = directoryCount > base ? directoryCount - start + 1 : 0
    }

    @inline(__always)
    func byte(at index: Int, name: Span<UInt8>, directory: Span<UInt8>) -> UInt8 {
        if index >= prefixCount { return name[index - prefixCount] }
        return index == prefixCount - 1 ? PatternByte.slash : directory[start + index]
    }
}
