// What a take's receipt says beyond counts: which rules left something out, and which directories are the largest.

internal import SnapSystem

extension Take.Tally {
    /// Each gap once, by path: a directory that was scanned twice has noted its own twice.
    var sortedGaps: [Gap] {
        let sorted = gaps.sorted { $0.path.lexicographicallyPrecedes($1.path) }
        return sorted.indices.filter { $0 == 0 || sorted[$0].path != sorted[$0 - 1].path }.map { sorted[$0] }
    }

    /// How many entries each rule left out, the most first.
    var leftOutByRule: [(rule: String, count: UInt64)] {
        leftOut
            .map { key, count in
                let source = String(decoding: key.source, as: UTF8.self)
                let text = String(decoding: key.text, as: UTF8.self)
                let isConfigured = key.source == Array("take.exclude".utf8)
                return (rule: isConfigured ? "\(source): \(text)" : "\(source):\(key.line): \(text)", count: count)
            }
            .sorted { ($1.count, $0.rule) < ($0.count, $1.rule) }
    }
}

extension StatCache {
    /// The five sub-directories of a directory with the most bytes below them.
    func largestDirectories(below record: RecordLocation) -> [(path: [UInt8], bytes: UInt64)] {
        let found: [(path: [UInt8], bytes: UInt64)]? = withRecord(record) { view in
            var result: [(path: [UInt8], bytes: UInt64)] = []
            var cursor = StatEntryCursor(view.entries)
            var ordinal = 0
            while cursor.isAtEntry {
                if cursor.facts.type == .directory {
                    if let child = view.child(ordinal), child != 0,
                        let totals = withRecord(RecordLocation(raw: child), { $0.totals })
                    {
                        result.append((array(cursor.name), totals.bytes))
                    }
                    ordinal += 1
                }
                cursor.advance()
            }
            return result
        }
        return Array((found ?? []).filter { $0.bytes > 0 }.sorted { $0.bytes > $1.bytes }.prefix(5))
    }
}
