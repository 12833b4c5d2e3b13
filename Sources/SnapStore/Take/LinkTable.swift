// The link table: which paths of a snapshot are one file (docs/format.md, section 3).
//
// It is made anew by each take from the names that the walk noted, and kept as content outside the trees, so that a tree's id depends on no inode number. Names
// are noted only where a file's link count says that there are others.

internal import SnapSystem

package enum LinkTable {
    /// The table's bytes; empty where no two covered paths are one file.
    static func encode(_ names: [LinkedName]) -> [UInt8] {
        struct FileKey: Hashable {
            var device: UInt64
            var inode: UInt64
        }
        let groups = Dictionary(grouping: names) { FileKey(device: $0.device, inode: $0.inode) }.values
            .map { Set($0.map(\.path)).sorted { $0.lexicographicallyPrecedes($1) } }
            .filter { $0.count > 1 }
            .sorted { $0[0].lexicographicallyPrecedes($1[0]) }
        var result: [UInt8] = []
        for group in groups {
            result += littleEndian(UInt32(truncatingIfNeeded: group.count))
            for path in group { result += littleEndian(UInt32(truncatingIfNeeded: path.count)) + path }
        }
        return result
    }

    /// Groups of paths, each at least two.
    package static func decode(_ bytes: [UInt8]) throws(EntryError) -> [[[UInt8]]] {
        let span = unsafe bytes.span.bytes
        var result: [[[UInt8]]] = []
        var at = 0
        while at < bytes.count {
            guard let count: UInt32 = span.integer(at: at), count >= 2, Int(count) <= bytes.count / 5 else {
                throw .damaged("the link table is cut short")
            }
            at += 4
            var group: [[UInt8]] = []
            for _ in 0..<count {
                guard let length: UInt32 = span.integer(at: at), length > 0, Int(length) <= bytes.count - at - 4 else {
                    throw .damaged("the link table is cut short")
                }
                let path = span.array(at + 4..<at + 4 + Int(length))
                guard isPath(path) else { throw .damaged("the link table holds what is not a path") }
                group.append(path)
                at += 4 + Int(length)
            }
            result.append(group)
        }
        return result
    }

    /// Components that can be names, from the root.
    private static func isPath(_ path: [UInt8]) -> Bool {
        !path.contains(0)
            && path.split(separator: 0x2F, omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0 != [0x2E] && $0 != [0x2E, 0x2E]
            }
    }
}
