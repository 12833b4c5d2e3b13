// Which paths of a snapshot are one file, as far as putting it back goes.
//
// The table comes from the store and may say anything. It is never used to open a path: a name found in the tree is
// looked up in it, and a link is made only between two places that this restore itself reached. The first path of a
// group is written, the others wait until everything else is there.

internal import SnapSystem
internal import Synchronization

/// A name in a directory that was put back.
struct RestoredPlace: Sendable {
    var directory: RestoreDirectory
    var name: [UInt8]

    var path: [UInt8] { directory.path(of: name) }
}

/// An entry that is to become a link.
struct PendingLink: Sendable {
    var group: Int
    var directory: RestoreDirectory
    var entry: TreeEntry
}

final class LinkGroups: Sendable {
    struct Member: Sendable {
        var group: Int
        var isFirst: Bool
    }

    private struct State {
        var made: [Int: RestoredPlace] = [:]
        var pending: [PendingLink] = []
    }

    /// By directory, then by name.
    private let members: [[UInt8]: [[UInt8]: Member]]
    private let state = Mutex(State())

    init(_ groups: [[[UInt8]]] = []) {
        var members: [[UInt8]: [[UInt8]: Member]] = [:]
        for (group, paths) in groups.enumerated() {
            for (index, path) in paths.enumerated() {
                let slash = path.lastIndex(of: 0x2F)
                let directory = slash.map { Array(path[..<$0]) } ?? []
                let name = slash.map { Array(path[($0 + 1)...]) } ?? path
                members[directory, default: [:]][name] = Member(group: group, isFirst: index == 0)
            }
        }
        self.members = members
    }

    /// The names in `directory` that are in a group.
    func members(in directory: RestoreDirectory) -> [[UInt8]: Member] {
        members.isEmpty ? [:] : members[directory.path] ?? [:]
    }

    func noteMade(_ group: Int, _ place: RestoredPlace) {
        state.withLock { $0.made[group] = place }
    }

    func made(_ group: Int) -> RestoredPlace? {
        state.withLock { $0.made[group] }
    }

    func postpone(_ link: PendingLink) {
        link.directory.getsLinks.store(true, ordering: .relaxed)
        state.withLock { $0.pending.append(link) }
    }

    func takePending() -> [PendingLink] {
        state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
    }
}
