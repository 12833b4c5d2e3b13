// A store's words: revisions, names, tags, and what is in a snapshot's directories.
//
// Each is read when it is asked for and not before: the timeline for revisions, manifests only for tags and for no longer
// than a person notices, trees only along the path that was typed.

import SnapStore
import SnapSystem

struct StoreWords {
    private let directories: [[UInt8]]
    private let session = Session(output: Output(), messages: Messages(verbosity: .quiet))

    private static let tagLimit = 200
    /// So many manifests are read, however long that takes.
    private static let tagMinimum = 20
    private static let tagNanoseconds: UInt64 = 6_000_000
    private static let entryLimit = 2000

    private static let colon: UInt8 = 0x3A
    private static let slash: UInt8 = 0x2F

    /// Each of the directories is relative to the one before.
    init(in directories: [[UInt8]]) {
        self.directories = directories
    }

    /// The store's words for a subject that begin with what was typed; none where there is no store.
    func candidates(for subject: WordSubject, _ typed: [UInt8]) -> [Candidate] {
        do throws(Failure) {
            switch subject {
            case .revision: return try revisions().candidates(typed)
            case .revisions: return try ends(typed)
            case .revisionPath: return try paths(typed)
            case .name: return try revisions().names
            case .tag: return try tags()
            default: return []
            }
        } catch {
            return []
        }
    }

    private func open() throws(Failure) -> WorkingDirectory {
        try SnapCLI.changeDirectory(through: directories)
        let here = try session.currentDirectory()
        return try storing { () throws(StoreError) in try WorkingDirectory.glance(containing: here) }
    }

    private func revisions() throws(Failure) -> RevisionWords {
        let directory = try open()
        let contents = try storing { () throws(StoreError) in try directory.room.timeline.read() }
        return RevisionWords(contents, now: try? session.now())
    }

    /// Revisions, or behind `A..` the other side of a range.
    private func ends(_ typed: [UInt8]) throws(Failure) -> [Candidate] {
        let dots = Array("..".utf8)
        guard let place = Revision.place(of: dots, in: typed) else { return try revisions().candidates(typed) }
        let first = typed[..<(place + dots.count)]
        var found = try revisions().candidates(Array(typed[first.endIndex...]))
        for index in found.indices { found[index].value.insert(contentsOf: first, at: 0) }
        return found
    }

    private func tags() throws(Failure) -> [Candidate] {
        let directory = try open()
        let contents = try storing { () throws(StoreError) in try directory.room.timeline.read() }
        let start = Process.monotonicNanoseconds
        let tags = directory.recentTags(contents, limit: Self.tagLimit) { count in
            count >= Self.tagMinimum && Process.monotonicNanoseconds &- start > Self.tagNanoseconds
        }
        return tags.map { Candidate($0.bytes) }
    }

    // MARK: Paths in snapshots

    /// Revisions with their colon, or behind one what is in that directory of the snapshot.
    private func paths(_ typed: [UInt8]) throws(Failure) -> [Candidate] {
        if let colon = Revision.place(of: [Self.colon], in: typed) { return try entries(typed, colon) }
        var found = try revisions().candidates(typed)
        for index in found.indices {
            found[index].value.append(Self.colon)
            found[index].isOpen = true
        }
        return found
    }

    private func entries(_ typed: [UInt8], _ colon: Int) throws(Failure) -> [Candidate] {
        let revision: Revision
        do throws(UsageError) {
            revision = try parseRevision(Array(typed[..<colon]))
        } catch {
            throw .usage(error)
        }
        // What stays as it is, and the beginning of a name.
        let nameStart = (typed.lastIndex(of: Self.slash) ?? colon).advanced(by: 1)
        let head = Array(typed[..<max(nameStart, colon + 1)])
        let begun = Array(typed[head.count...])
        let above = Text(bytes: Array(head[(colon + 1)...]))

        let directory = try open()
        let path = try session.path(behindColon: above, of: directory)
        let id = try session.resolve(revision, in: directory)
        let reader = try storing { () throws(StoreError) in try directory.look(into: id) }
        guard let parent = try storing({ () throws(StoreError) in try reader.entry(at: path) }) else { return [] }
        let skipped = parent.path.isEmpty ? 0 : parent.path.count + 1
        var found: [Candidate] = []
        try storing { () throws(StoreError) in
            try reader.forEachEntry(of: parent) { (entry) in
                let name = Array(entry.path[skipped...])
                guard entry.isCovered, name.starts(with: begun) else { return true }
                let isDirectory = entry.kind == .directory
                let end: [UInt8] = isDirectory ? [Self.slash] : []
                found.append(Candidate(head + name + end, isOpen: isDirectory))
                return found.count < Self.entryLimit
            }
        }
        return found
    }
}
