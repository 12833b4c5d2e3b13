// A file of settings as text that can be changed: what is not changed stays as it was written, comments, blank lines and order included.
//
// Lines are numbered from 1, as errors name them. Where a key has several lines, all of them count or the last one does;
// which of the two is the table's matter and not the text's.

package struct ConfigurationText: Equatable, Sendable {
    private struct Line: Equatable, Sendable {
        /// Without its end.
        var bytes: [UInt8]
        /// nil: a blank line or a comment.
        var entry: KeyValueFile.Entry?
    }

    private var lines: [Line] = []

    package init() {}

    package init(parsing bytes: [UInt8]) throws(KeyValueError) {
        let span = bytes.span
        var start = 0
        while start < span.count {
            var end = start
            while end < span.count, span[end] != 0x0A {
                end += 1
            }
            let entry = try KeyValueFile.editedEntry(span.extracting(start..<end), lines.count + 1)
            lines.append(Line(bytes: Array(bytes[start..<end]), entry: entry))
            start = end + 1
        }
    }

    /// The settings, each with the number of its line.
    package var entries: [(line: Int, entry: KeyValueFile.Entry)] {
        var result: [(line: Int, entry: KeyValueFile.Entry)] = []
        for (index, line) in lines.enumerated() {
            if let entry = line.entry { result.append((index + 1, entry)) }
        }
        return result
    }

    /// The file's bytes. The last line has an end too.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        for line in lines {
            result += line.bytes
            result.append(0x0A)
        }
        return result
    }

    /// Gives `key` these values and no others, where its first line is, or where a new one belongs.
    package mutating func set(_ key: String, _ values: [[UInt8]]) {
        let place: Int
        if let first = lines.firstIndex(where: { $0.entry?.key == key }) {
            lines.removeAll { $0.entry?.key == key }
            // Nothing in front of the first was removed.
            place = first
        } else {
            place = self.place(for: key)
        }
        lines.insert(contentsOf: values.map { Self.line(key, $0) }, at: place)
    }

    /// Gives `key` one value more, behind those that it has.
    package mutating func add(_ key: String, _ value: [UInt8]) {
        lines.insert(Self.line(key, value), at: place(for: key))
    }

    /// Takes away the lines of `key`, or those that give it `value`. How many there were.
    package mutating func remove(_ key: String, value: [UInt8]? = nil) -> Int {
        let before = lines.count
        lines.removeAll { line in
            guard let entry = line.entry, entry.key == key else { return false }
            return value == nil || entry.value == value
        }
        return before - lines.count
    }

    /// Behind the last line of the key, else behind the last one whose key begins with the same word, else at the end.
    private func place(for key: String) -> Int {
        if let last = lines.lastIndex(where: { $0.entry?.key == key }) { return last + 1 }
        let word = Self.firstWord(key)
        for (index, line) in lines.enumerated().reversed() {
            if let entry = line.entry, Self.firstWord(entry.key) == word { return index + 1 }
        }
        return lines.count
    }

    private static func firstWord(_ key: String) -> String {
        String(decoding: key.utf8.prefix { $0 != 0x2E }, as: UTF8.self)
    }

    private static func line(_ key: String, _ value: [UInt8]) -> Line {
        var file = KeyValueFile()
        file.append(key, value)
        let bytes = Array(file.encoded(checksummed: false).dropLast())
        return Line(bytes: bytes, entry: KeyValueFile.Entry(key: key, value: value))
    }
}
