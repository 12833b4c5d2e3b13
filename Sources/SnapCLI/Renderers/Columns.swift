// Tables: cells in columns that line up, without spaces at the ends of lines, and without columns that hold nothing.

/// The rows as lines. A column is as wide as its widest cell; two spaces part columns, one parts the mark in front.
func columns(_ rows: [[String]], separator: String = "  ") -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
        rows.map { $0.indices.contains(column) ? $0[column].unicodeScalars.count : 0 }.max() ?? 0
    }
    return rows.map { row in
        var line = ""
        for (column, cell) in row.enumerated() where widths[column] > 0 {
            line += cell + String(repeating: " ", count: widths[column] - cell.unicodeScalars.count) + separator
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}
