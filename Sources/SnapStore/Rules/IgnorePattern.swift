// One line of an ignore file, by the rules of gitignore(5).
//
// Names are bytes. What git does is the reference also where its manual is silent, because people bring their files
// along: the bytes before an anchored pattern's first wildcard are compared apart from the rest, so that in `/a**/b`
// the `**` opens the rest and crosses directories; a `/` inside brackets anchors too; a zero byte ends the line.

/// What one line of an ignore file says.
package struct IgnorePattern: Sendable {
    /// The line as written, without trailing spaces.
    package let text: [UInt8]
    /// `!`: what matches is not excluded.
    package let isNegated: Bool
    /// A slash at the end: only directories match.
    package let isDirectoryOnly: Bool
    /// A slash at the start or in the middle: matched against the path below the ignore file's directory, not the name.
    package let isAnchored: Bool

    /// The bytes that the name or path begins with, escapes resolved.
    let literal: [UInt8]
    /// What follows them.
    let tokens: [WildToken]
    /// The sets that the tokens mean.
    let sets: [ByteSet]

    /// Parses one line, without its newline. Nil if it says nothing: a comment, blank, or malformed so that
    /// nothing can match it.
    package init?(line: ArraySlice<UInt8>) {
        guard line.first != PatternByte.hash else { return nil }
        let trimmed = withoutTrailingSpaces(line.prefix { $0 != 0 })
        var body = trimmed
        let isNegated = body.first == PatternByte.exclamation
        if isNegated { body.removeFirst() }
        let isDirectoryOnly = body.last == PatternByte.slash
        if isDirectoryOnly { body.removeLast() }
        let isAnchored = body.contains(PatternByte.slash)
        if isAnchored, body.first == PatternByte.slash { body.removeFirst() }
        guard !body.isEmpty else { return nil }

        let compared = isAnchored ? body.prefix { !isWildcard($0) } : body.prefix(0)
        guard let rest = Wildmatch(body[compared.endIndex...], crossesDirectories: isAnchored) else { return nil }
        var tokens = rest.tokens[...]
        literal = compared + tokens.removeLeadingBytes()
        self.tokens = Array(tokens)
        sets = rest.sets

        text = Array(trimmed)
        self.isNegated = isNegated
        self.isDirectoryOnly = isDirectoryOnly
        self.isAnchored = isAnchored
    }
}

private func isWildcard(_ byte: UInt8) -> Bool {
    switch byte {
    case PatternByte.star, PatternByte.question, PatternByte.openBracket, PatternByte.backslash: true
    default: false
    }
}

/// `line` without the spaces at its end, but for one that is escaped. A lone backslash at the end keeps them all, as in git.
private func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var kept = line.startIndex
    var index = line.startIndex
    while index < line.endIndex {
        if line[index] == PatternByte.backslash {
            guard index + 1 < line.endIndex else { return line }
            index += 2
            kept = index
        } else {
            index += 1
            if line[index - 1] != PatternByte.space { kept = index }
        }
    }
    return line[..<kept]
}
