// Where a changed run of lines is shown, if it could stand in several places: the same lines before and behind it let it slide.
//
// First each run is moved until no other can be joined with it. Then it stands beside a change of the other text, if it can; else where the lines around look most like a border: where the indentation
// goes down, or a blank line is. The weights are those that git found by trying them on people's choices (M. Haggerty's "indent heuristic"), so that both show the same.

struct ChangeCompaction {
    /// The lines of one text as numbers, and which are changed.
    struct Side {
        let numbers: [Int32]
        fileprivate(set) var changed: [Bool]
        let text: TextLines

        fileprivate func isChanged(_ line: Int) -> Bool { line >= 0 && line < changed.count && changed[line] }

        /// Of a line: columns of white space before it, tabs to the next eighth; nil if there is nothing else.
        fileprivate func indent(_ line: Int) -> Int? {
            var result = 0
            for byte in text[line] {
                switch byte {
                case 0x20: result += 1
                case 0x09: result += 8 - result % 8
                case 0x0A, 0x0D: break
                default: return result
                }
                if result >= Self.indentLimit { return Self.indentLimit }
            }
            return nil
        }
        private static let indentLimit = 200
    }

    /// Changed lines in a row; empty where there are none between two unchanged ones.
    private struct Group {
        var start = 0
        var end = 0
    }

    private(set) var first: Side
    private(set) var second: Side

    private static let slideLimit = 100
    private static let blankLimit = 20

    init(
        _ a: [Int32], _ changedA: [Bool], _ textA: TextLines, _ b: [Int32], _ changedB: [Bool], _ textB: TextLines
    ) {
        first = Side(numbers: a, changed: changedA, text: textA)
        second = Side(numbers: b, changed: changedB, text: textB)
    }

    mutating func run() {
        Self.compact(&first, second)
        Self.compact(&second, first)
    }

    private static func compact(_ side: inout Side, _ other: Side) {
        var group = firstGroup(side)
        var partner = firstGroup(other)
        while true {
            if group.end > group.start { settle(&group, &partner, &side, other) }
            guard next(&group, side), next(&partner, other) else { return }
        }
    }

    private static func settle(_ group: inout Group, _ partner: inout Group, _ side: inout Side, _ other: Side) {
        var size: Int
        var earliest: Int
        var endBesideOther: Int?
        repeat {
            size = group.end - group.start
            endBesideOther = nil
            while slideUp(&group, &side) { _ = previous(&partner, other) }
            earliest = group.end
            if partner.end > partner.start { endBesideOther = group.end }
            while slideDown(&group, &side) {
                _ = next(&partner, other)
                if partner.end > partner.start { endBesideOther = group.end }
            }
            // It may have run into another.
        } while size != group.end - group.start
        if group.end == earliest { return }
        if endBesideOther != nil {
            while partner.end == partner.start, slideUp(&group, &side) { _ = previous(&partner, other) }
            return
        }
        let best = bestEnd(group, size, earliest, side)
        while group.end > best, slideUp(&group, &side) { _ = previous(&partner, other) }
    }

    // MARK: Groups

    private static func firstGroup(_ side: Side) -> Group {
        var group = Group()
        while side.isChanged(group.end) { group.end += 1 }
        return group
    }

    private static func next(_ group: inout Group, _ side: Side) -> Bool {
        if group.end == side.changed.count { return false }
        group.start = group.end + 1
        group.end = group.start
        while side.isChanged(group.end) { group.end += 1 }
        return true
    }

    private static func previous(_ group: inout Group, _ side: Side) -> Bool {
        if group.start == 0 { return false }
        group.end = group.start - 1
        group.start = group.end
        while side.isChanged(group.start - 1) { group.start -= 1 }
        return true
    }

    private static func slideDown(_ group: inout Group, _ side: inout Side) -> Bool {
        guard group.end < side.changed.count, side.numbers[group.start] == side.numbers[group.end] else { return false }
        side.changed[group.start] = false
        side.changed[group.end] = true
        group.start += 1
        group.end += 1
        while side.isChanged(group.end) { group.end += 1 }
        return true
    }

    private static func slideUp(_ group: inout Group, _ side: inout Side) -> Bool {
        guard group.start > 0, side.numbers[group.start - 1] == side.numbers[group.end - 1] else { return false }
        group.start -= 1
        group.end -= 1
        side.changed[group.start] = true
        side.changed[group.end] = false
        while side.isChanged(group.start - 1) { group.start -= 1 }
        return true
    }

    // MARK: Borders

    private static func bestEnd(_ group: Group, _ size: Int, _ earliest: Int, _ side: Side) -> Int {
        var best: (end: Int, score: Score)?
        let start = max(earliest, group.end - size - 1, group.end - slideLimit)
        for end in start...max(start, group.end) {
            var score = Score()
            score.add(Border(before: end, in: side, blankLimit: blankLimit))
            score.add(Border(before: end - size, in: side, blankLimit: blankLimit))
            if let known = best, score.difference(from: known.score) > 0 { continue }
            best = (end, score)
        }
        return best?.end ?? group.end
    }

    /// What stands around a border between two lines.
    private struct Border {
        var isAtEnd: Bool
        /// Of the line behind it; nil if that is blank or there is none.
        var indent: Int?
        var blanksBefore = 0
        /// Of the last line before it that is not blank.
        var indentBefore: Int?
        /// Behind the line behind it.
        var blanksAfter = 0
        var indentAfter: Int?

        init(before line: Int, in side: Side, blankLimit: Int) {
            let count = side.numbers.count
            isAtEnd = line >= count
            indent = isAtEnd ? nil : side.indent(line)
            var current = line - 1
            while current >= 0 {
                indentBefore = side.indent(current)
                if indentBefore != nil { break }
                blanksBefore += 1
                if blanksBefore == blankLimit {
                    indentBefore = 0
                    break
                }
                current -= 1
            }
            current = line + 1
            while current < count {
                indentAfter = side.indent(current)
                if indentAfter != nil { break }
                blanksAfter += 1
                if blanksAfter == blankLimit {
                    indentAfter = 0
                    break
                }
                current += 1
            }
        }
    }

    /// How bad a place is: by the indentation first, and then by what speaks against it.
    private struct Score {
        var indent = 0
        var penalty = 0

        mutating func add(_ border: Border) {
            if border.indentBefore == nil && border.blanksBefore == 0 { penalty += 1 }
            if border.isAtEnd { penalty += 21 }
            let blanksAfter = border.indent == nil ? 1 + border.blanksAfter : 0
            let blanks = border.blanksBefore + blanksAfter
            penalty += -30 * blanks + 6 * blanksAfter
            let hasBlanks = blanks != 0
            guard let present = border.indent ?? border.indentAfter else {
                indent -= 1
                return
            }
            indent += present
            guard let before = border.indentBefore, present != before else { return }
            if present > before {
                penalty += hasBlanks ? 10 : -4
            } else if let after = border.indentAfter, after > present {
                penalty += hasBlanks ? 17 : 24
            } else {
                penalty += hasBlanks ? 17 : 23
            }
        }

        /// Above zero: worse.
        func difference(from other: Score) -> Int {
            60 * (indent > other.indent ? 1 : indent < other.indent ? -1 : 0) + (penalty - other.penalty)
        }
    }
}
