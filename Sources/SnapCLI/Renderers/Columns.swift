// Tables: cells in columns that line up, without spaces at the ends of lines, and without columns that hold nothing.
//
// What lines up is what a terminal shows, so widths are counted in its cells (DisplayWidth.swift). A list of ten
// thousand snapshots passes through here, so lines are put together from bytes.

/// The rows as lines. A column is as wide as its widest cell; two spaces part columns. A line that is longer than
/// `limit` cells is cut; nil: none is. So that something of the last column is seen all the same, columns of `dispensable` are made
/// narrower, or left out, one after the other.
func columns(
    _ rows: [[String]], separator: String = "  ", limit: Int? = nil, dispensable: [Int] = []
) -> [String] {
    var widths: [Int] = []
    for row in rows {
        for (column, cell) in row.enumerated() {
            let width = displayWidth(cell)
            if column < widths.count {
                widths[column] = max(widths[column], width)
            } else {
                widths.append(width)
            }
        }
    }
    if let limit, let last = widths.last {
        let least = min(last, leastOfLast)
        for column in dispensable where column < widths.count - 1 {
            let others = widths.dropLast().reduce(0) { $1 == 0 ? $0 : $0 + $1 + separator.utf8.count }
            if least == 0 || others + least <= limit { break }
            let room = widths[column] - (others + least - limit)
            widths[column] = room < leastOfOthers ? 0 : room
        }
    }
    return rows.map { row in
        var line: [UInt8] = []
        for (column, cell) in row.enumerated() where widths[column] > 0 {
            let width = displayWidth(cell)
            let shown = width > widths[column] ? shortened(cell, to: widths[column]) : cell
            line.append(contentsOf: shown.utf8)
            let padding = widths[column] - (width > widths[column] ? displayWidth(shown) : width)
            line.append(contentsOf: repeatElement(UInt8(0x20), count: max(padding, 0)))
            line.append(contentsOf: separator.utf8)
        }
        while line.last == 0x20 { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        guard let limit else { return text }
        return shortened(text, to: limit)
    }
}

/// Cells of the last column below which others give way.
private let leastOfLast = 20
/// A column with fewer says nothing.
private let leastOfOthers = 8
