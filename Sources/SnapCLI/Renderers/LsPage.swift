// Entries of a snapshot: their names, their lines as `ls -l` has them, and as JSON.
//
// An entry is printed when it is found, because a listing may be longer than memory: so the columns of the long form
// have fixed widths, which what hardly ever occurs may exceed.

import SnapStore

enum LsPage {
    /// The name, and why there is nothing to put back where that is so. `name` is what it is called in this listing.
    static func line(_ entry: SnapshotEntry, name: [UInt8]) -> String {
        quotedPath(marked(name, entry)) + remark(entry)
    }

    /// The name as it is, for a list whose entries end in a zero byte.
    static func bytes(_ entry: SnapshotEntry, name: [UInt8]) -> [UInt8] {
        marked(name, entry) + [0]
    }

    /// Mode, owner, group, size, local time and name; `offset` is the zone's at that time, in seconds east of UTC. Of
    /// what is not covered nothing is known but its type.
    static func longLine(_ entry: SnapshotEntry, name: [UInt8], offset: Int) -> String {
        let isKnown = entry.isCovered
        let fields = [
            modeText(entry), rightAligned(isKnown ? String(entry.owner) : "?", 5),
            rightAligned(isKnown ? String(entry.group) : "?", 5), rightAligned(isKnown ? extent(entry) : "?", 8),
            rightAligned(isKnown ? timeText(entry.modified, offset: offset) : "?", 16),
            quotedPath(marked(name, entry)),
        ]
        let target = entry.target.map { " -> " + quotedPath($0) } ?? ""
        return fields.joined(separator: "  ") + target + remark(entry)
    }

    /// A directory's name ends in a slash; the root's is `./`.
    private static func marked(_ name: [UInt8], _ entry: SnapshotEntry) -> [UInt8] {
        if entry.kind != .directory { return name }
        return name.isEmpty ? [0x2E, 0x2F] : name.last == 0x2F ? name : name + [0x2F]
    }

    /// What is not covered, or not wholly, is said.
    private static func remark(_ entry: SnapshotEntry) -> String {
        guard let gap = entry.gap else { return "" }
        var words = gap.words
        if !entry.gapDetail.isEmpty, entry.gapDetail != words { words += ", " + safeText(entry.gapDetail) }
        return entry.isCovered ? " (\(words))" : " (not covered: \(words))"
    }

    /// `drwxr-xr-x`, as POSIX has `ls` write it; `d?????????` if it is not known.
    static func modeText(_ entry: SnapshotEntry) -> String {
        let type: String
        switch entry.kind {
        case .file: type = "-"
        case .directory: type = "d"
        case .symlink: type = "l"
        case .fifo: type = "p"
        case .socket: type = "s"
        case .characterDevice: type = "c"
        case .blockDevice: type = "b"
        case .unknown: type = "?"
        }
        if !entry.isCovered { return type + String(repeating: "?", count: 9) }
        let mode = entry.mode
        func triple(_ shift: UInt16, special: UInt16, letter: String) -> String {
            let bits = mode >> shift
            let isExecutable = bits & 1 != 0
            let read = bits & 4 != 0 ? "r" : "-"
            let write = bits & 2 != 0 ? "w" : "-"
            if mode & special == 0 { return read + write + (isExecutable ? "x" : "-") }
            return read + write + (isExecutable ? letter : letter.uppercased())
        }
        let owner = triple(6, special: 0o4000, letter: "s")
        let group = triple(3, special: 0o2000, letter: "s")
        let others = triple(0, special: 0o1000, letter: "t")
        return "\(type)\(owner)\(group)\(others)"
    }

    /// A file's size, a device's number.
    private static func extent(_ entry: SnapshotEntry) -> String {
        if let device = entry.device { return "\(device.major), \(device.minor)" }
        return entry.kind == .file ? sizeText(entry.size) : "-"
    }

    /// `2026-11-20 10:00` by a clock that is `offset` seconds ahead of UTC.
    private static func timeText(_ time: Timestamp, offset: Int) -> String {
        let (seconds, overflow) = time.seconds.addingReportingOverflow(Int64(offset))
        let text = Timestamp(seconds: overflow ? time.seconds : seconds).description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }

    private static func rightAligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }

    static func json(_ entry: SnapshotEntry) -> JSONLine {
        var line = JSONLine()
        line.set("path", path: entry.path)
        line.set("kind", entry.kind.rawValue)
        if entry.isCovered {
            line.set("mode", MetadataText.modeText(entry.mode))
            line.set("owner", UInt64(entry.owner))
            line.set("group", UInt64(entry.group))
            line.set("size", entry.size)
            line.set("modified", entry.modified.description)
        }
        if let target = entry.target { line.set("target", path: target) }
        if let device = entry.device {
            line.set("major", UInt64(device.major))
            line.set("minor", UInt64(device.minor))
        }
        line.set("covered", entry.isCovered)
        if let gap = entry.gap {
            line.set("gap", gap.name)
            if !entry.gapDetail.isEmpty { line.set("detail", entry.gapDetail) }
        }
        return line
    }

    /// The fields of `json`, for help.
    static let fields: [HelpEntry] = [
        HelpEntry("path", "the path from the working directory's root, or path_base64"),
        HelpEntry("kind", FileKind.allCases.map(\.rawValue).joined(separator: ", ")),
        HelpEntry("mode", "the mode in octal digits; it and all up to 'modified' are absent if 'covered' is false"),
        HelpEntry("owner, group", "numbers"),
        HelpEntry("size", "bytes"),
        HelpEntry("modified", "the time of the last change of the content"),
        HelpEntry("target", "where a symbolic link leads, or target_base64; absent for anything else"),
        HelpEntry("major, minor", "the number of a device; absent for anything else"),
        HelpEntry("covered", "false if it was there and cannot be put back"),
        HelpEntry("gap, detail", "why it is not covered, or not wholly, and what the system said; absent if it is"),
    ]
}

extension FileKind {
    /// With its article.
    var words: String {
        switch self {
        case .file: "a file"
        case .directory: "a directory"
        case .symlink: "a symbolic link"
        case .fifo: "a FIFO"
        case .socket: "a socket"
        case .characterDevice: "a character device"
        case .blockDevice: "a block device"
        case .unknown: "of a kind that is not known"
        }
    }
}
