// Tables: cells in columns that line up, without spaces at the ends of lines, and without columns that hold nothing.
//
// What lines up is what a terminal shows, so widths are counted in its cells (DisplayWidth.swift). A list of ten
// thousand snapshots passes through here, so lines are put together from bytes.

/// The rows as lines. A column is as wide as its widest cell; two spaces part columns. A line that is longer than
/// `limit` cells is cut; nil: none is.
func columns(_ rows: [[String]], separator: String = "  ", limit: Int? = nil) -> [String] {
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
    return rows.map { row in
        var line: [UInt8] = []
        for (column, cell) in row.enumerated() where widths[column] > 0 {
            line.append(contentsOf: cell.utf8)
            line.append(contentsOf: repeatElement(UInt8(0x20), count: widths[column] - displayWidth(cell)))
            line.append(contentsOf: separator.utf8)
        }
        while line.last == 0x20 { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        guard let limit else { return text }
        return shortened(text, to: limit)
    }
}
