// A directory that is being put back, and how it is opened again when it is no longer open.
//
// Trees can be deeper than there are descriptors and longer than a path may be, so a directory knows its parent and
// its name, and only the directories used last stay open. One that was closed is reached from the nearest ancestor
// that is open, in one call.

internal import SnapSystem
internal import Synchronization

/// An open directory that several threads may use at once; closed when nobody does.
final class OpenDirectory: Sendable {
    let descriptor: FileDescriptor

    init(owning descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }
}

final class RestoreDirectory: @unchecked Sendable {
    /// Changed by `deinit` alone.
    private var above: RestoreDirectory?
    let entry: TreeEntry
    let depth: Int
    /// What is put back of it.
    let choice: RestoreSelection.Choice
    /// nil: not now. The root's is kept by the pools.
    let opened = Mutex<OpenDirectory?>(nil)
    /// Trees whose entries are not put back yet.
    let pendingTrees = Atomic<Int>(1)
    /// Links are made in it when all else is there, which moves its modification time.
    let getsLinks = Atomic<Bool>(false)

    init(_ entry: TreeEntry, in parent: RestoreDirectory?, _ choice: RestoreSelection.Choice = .whole) {
        self.entry = entry
        self.choice = choice
        above = parent
        depth = parent.map { $0.depth + 1 } ?? 0
    }

    /// Lets go of the ancestors one by one: letting go of the nearest only would free a deep tree by recursion.
    deinit {
        var next = above
        above = nil
        while isKnownUniquelyReferenced(&next) {
            let parent = next?.above
            next?.above = nil
            next = parent
        }
    }

    var parent: RestoreDirectory? { above }

    /// It is where paths are put and not one of them: it stays as it is.
    var isPlace: Bool { above == nil && choice != .whole }

    /// Bytes from the root; empty for the root.
    var path: [UInt8] {
        var names: [[UInt8]] = []
        var current = self
        while let parent = current.above {
            names.append(current.entry.name)
            current = parent
        }
        return Array(names.reversed().joined(separator: [0x2F]))
    }

    func path(of name: [UInt8]) -> [UInt8] {
        above == nil ? name : path + [0x2F] + name
    }
}

/// The directories that one thread has open.
final class DirectoryPool {
    private let root: OpenDirectory
    private let limit: Int
    private var kept: [RestoreDirectory] = []
    private var oldest = 0

    /// All threads together stay far below the descriptors that a process is given.
    init(root: OpenDirectory, threads: Int) {
        self.root = root
        limit = max(4, 256 / max(threads, 1))
        kept.reserveCapacity(limit)
    }

    func open(_ directory: RestoreDirectory) throws(SystemError) -> OpenDirectory {
        var names: [[UInt8]] = []
        var base = root
        var current = directory
        while let parent = current.parent {
            if let open = current.opened.withLock({ $0 }) {
                base = open
                break
            }
            names.append(current.entry.name)
            current = parent
        }
        if names.isEmpty { return base }
        let fresh: FileDescriptor
        if names.count == 1 {
            fresh = try base.descriptor.open(names[0], [.read, .directory])
        } else {
            fresh = try base.descriptor.openBeneath(
                Array(names.reversed().joined(separator: [0x2F])), [.read, .directory])
        }
        let result = OpenDirectory(owning: fresh)
        keep(directory, result)
        return result
    }

    private func keep(_ directory: RestoreDirectory, _ open: OpenDirectory) {
        directory.opened.withLock { $0 = open }
        if kept.count < limit {
            kept.append(directory)
            return
        }
        kept[oldest].opened.withLock { $0 = nil }
        kept[oldest] = directory
        oldest = (oldest + 1) % limit
    }
}
