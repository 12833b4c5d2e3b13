// How many cells of a terminal a text takes: two for what East Asian writing and emoji show wide, none for marks that are
// put on the character before them.
//
// Counted code point by code point, as most terminals do: a sequence that some of them draw as one picture counts as its
// parts, so a line may turn out shorter than it was taken for, never longer. What has no width is what Unicode calls a
// mark or a format character, and emoji are known by their own property; both come from the standard library. Only which
// blocks are wide has to stand here (Unicode 16, EastAsianWidth.txt: W and F; code points that are not assigned go with
// their block).

/// The cells of a line of text without control characters.
func displayWidth(_ text: String) -> Int {
    var count = 0
    for byte in text.utf8 {
        if byte < 0x20 || byte >= 0x7F { return text.unicodeScalars.reduce(0) { $0 + cellCount($1) } }
        count += 1
    }
    return count
}

/// The text in at most `width` cells: `…` stands for what there is no room for.
func shortened(_ text: String, to width: Int) -> String {
    guard width > 0 else { return "" }
    guard displayWidth(text) > width else { return text }
    var kept = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
        let count = cellCount(scalar)
        if used + count > width - 1 { break }
        used += count
        kept.append(scalar)
    }
    return String(kept) + "…"
}

/// The cells of one code point.
private func cellCount(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x20 || (0x7F..<0xA0).contains(value) { return 0 }
    // The soft hyphen among them is a format character that terminals show.
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if hangulParts.contains(where: { $0.contains(value) }) { return 0 }
    // Each half of a flag is one cell, and a flag two.
    if (0x1F1E6...0x1F1FF).contains(value) { return 1 }
    return isWide(value) || scalar.properties.isEmojiPresentation ? 2 : 1
}

/// Vowels and final consonants of Hangul, which are drawn into the consonant before them.
private let hangulParts: [ClosedRange<UInt32>] = [0x1160...0x11FF, 0xD7B0...0xD7FF]

/// Ascending.
private let wideBlocks: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2630...0x2637, 0x268A...0x268F, 0x2E80...0x303E, 0x3041...0x3247,
    0x3250...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
    0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1D300...0x1D356, 0x1D360...0x1D376,
    0x1F200...0x1F2FF, 0x20000...0x3FFFD,
]

private func isWide(_ value: UInt32) -> Bool {
    var low = 0
    var high = wideBlocks.count
    while low < high {
        let middle = (low + high) / 2
        if wideBlocks[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < wideBlocks.count && wideBlocks[low].contains(value)
}
