// Files that a killed process did not come to give their names: `AtomicFile` writes a small file under another name first. No
// reader looks at them, and nobody but gc removes them.
//
// Nobody knows whether somebody still writes such a file; but to write one takes no day. Its age is told by the system's
// clock, whatever moment gc was told to act at: the file's time comes from that clock too.

internal import SnapSystem

extension GCOperation {
    private static let unfinishedSeconds: Int64 = 86_400
    /// Of the random digits behind the mark.
    private static let digitCount = 16

    /// Removes what is left of them in the store, in the rooms, and beside the timelines. What cannot be removed is in
    /// nobody's way.
    func removeUnfinishedFiles() throws(StoreError) {
        try removeUnfinishedFiles(in: layout.root)
        for room in rooms {
            try removeUnfinishedFiles(in: room.room.directory)
            try removeUnfinishedFiles(in: room.room.timelines)
        }
    }

    private func removeUnfinishedFiles(in directory: StoreDirectory) throws(StoreError) {
        let (latest, isEarly) = Timestamp.now.seconds.subtractingReportingOverflow(Self.unfinishedSeconds)
        if isEarly { return }
        for name in try directory.names() where Self.isUnfinished(name) {
            do throws(SystemError) {
                guard let (facts, _) = try directory.descriptor.factsIfThere(of: name) else { continue }
                guard facts.type == .regular, facts.mtime_seconds <= latest else { continue }
                try directory.descriptor.remove(name)
            } catch {
                continue
            }
        }
    }

    /// `name` ends as `AtomicFile.unfinishedName` makes names end.
    private static func isUnfinished(_ name: [UInt8]) -> Bool {
        let mark = Array(AtomicFile.unfinishedMark.utf8)
        let end = name.suffix(mark.count + digitCount)
        return name.count > end.count && end.starts(with: mark)
            && end.dropFirst(mark.count).allSatisfy { hexadecimalValue($0) != nil }
    }
}
