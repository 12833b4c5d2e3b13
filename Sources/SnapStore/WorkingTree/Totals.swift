// What lies below a directory, counted: kept in the stat cache, so that an unchanged sub-tree is counted by one addition.

package import SnapSystem

package struct Totals: Equatable, Sendable {
    package var files: UInt64 = 0
    package var directories: UInt64 = 0
    package var symbolicLinks: UInt64 = 0
    package var others: UInt64 = 0
    package var bytes: UInt64 = 0
    /// Entries that are not directories and have more than one name, in the directory itself.
    package var linkedHere: UInt64 = 0
    /// Entries that a rule left out, in the directory itself.
    package var leftOutHere: UInt64 = 0
    /// By the reason's number, 0 unused.
    package var gaps: [UInt64] = Array(repeating: 0, count: Totals.gapKinds)

    static let gapKinds = 8
    static let encodedLength = (7 + gapKinds) * 8

    package init() {}

    package var gapCount: UInt64 { gaps.reduce(0, &+) }

    /// Adds what lies below a sub-directory, without the sub-directory itself.
    package mutating func add(below other: Totals) {
        files &+= other.files
        directories &+= other.directories
        symbolicLinks &+= other.symbolicLinks
        others &+= other.others
        bytes &+= other.bytes
        for index in gaps.indices { gaps[index] &+= other.gaps[index] }
    }

    /// Counts one entry that is covered.
    package mutating func count(_ facts: FileFacts) {
        switch facts.type {
        case .regular:
            files &+= 1
            bytes &+= facts.size
        case .directory: directories &+= 1
        case .symbolicLink: symbolicLinks &+= 1
        default: others &+= 1
        }
        if facts.links > 1 && facts.type != .directory { linkedHere &+= 1 }
    }

    func encode(into buffer: ByteBuffer) {
        for value in [files, directories, symbolicLinks, others, bytes, linkedHere, leftOutHere] + gaps {
            buffer.append(integer: value)
        }
    }

    init?(decoding span: RawSpan, at offset: Int) {
        func value(_ index: Int) -> UInt64? { span.integer(at: offset + index * 8) }
        guard let files = value(0), let directories = value(1), let links = value(2), let others = value(3),
            let bytes = value(4), let linked = value(5),
            let leftOut = value(6)
        else { return nil }
        self.files = files
        self.directories = directories
        symbolicLinks = links
        self.others = others
        self.bytes = bytes
        linkedHere = linked
        leftOutHere = leftOut
        for index in 0..<Totals.gapKinds {
            guard let count = value(7 + index) else { return nil }
            gaps[index] = count
        }
    }
}
