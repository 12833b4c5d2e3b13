// Making one entry that is not a directory: a regular file with its content, a symbolic link, a FIFO, a socket or a
// device.

internal import CSnapSystem
internal import SnapSystem

/// Owner, group and mode as a file has them.
struct Present {
    var owner: UInt32
    var group: UInt32
    var mode: UInt16
}

extension Present {
    init(_ facts: FileFacts) {
        self.init(owner: facts.owner, group: facts.group, mode: facts.permissions)
    }
}

/// What entries made in a directory get, learnt from those made before: who owns them, and which permissions the
/// umask lets through.
struct Creation {
    private let owner: UInt32
    private let group: UInt32
    private var known: UInt16 = 0
    private var granted: UInt16 = 0

    init(_ facts: FileFacts) {
        owner = facts.owner
        group = facts.group
    }

    mutating func learn(_ facts: FileFacts, asked: UInt16) {
        known |= asked
        granted |= facts.permissions & asked
    }

    /// nil: not known for these permissions.
    func present(asked: UInt16) -> Present? {
        asked & ~known == 0 ? Present(owner: owner, group: group, mode: asked & granted) : nil
    }
}

/// Why a file's content could not be written.
private enum WriteError: Error {
    case content(ContentError)
    case system(SystemError)
    case stopped
}

extension RestoreWorker {
    /// True if it is there, though perhaps not with all that belongs to it.
    func restoreFile(_ entry: TreeEntry, in directory: RestoreDirectory, _ open: OpenDirectory) -> Bool {
        let path = { directory.path(of: entry.name) }
        var problems: [String] = []
        do throws(WriteError) {
            switch entry.type {
            case .file: problems = try makeFile(entry, open)
            case .symbolicLink: problems = try makeSymbolicLink(entry, open)
            case .fifo, .socket, .characterDevice, .blockDevice: problems = try makeNode(entry, open)
            case .directory, .unknown: throw .content(.damaged("what it was is not known"))
            }
        } catch {
            switch error {
            case .stopped: break
            case .content(let error): report.note(path(), error.reason)
            case .system(let error):
                run.stopIfFull(error)
                report.note(path(), "\(error.call): \(error.reason)")
            }
            return false
        }
        count(entry)
        if !problems.isEmpty { report.note(path(), problems.joined(separator: "; ")) }
        return true
    }

    // MARK: Regular files

    private func makeFile(_ entry: TreeEntry, _ open: OpenDirectory) throws(WriteError) -> [String] {
        // Attributes need a file that its owner may write.
        let asked = entry.attributes == nil ? entry.mode & 0o777 : 0o600
        let file = try system { () throws(SystemError) in
            try open.descriptor.open(entry.name, [.write, .create, .exclusive], mode: UInt32(asked))
        }
        do throws(WriteError) {
            try writeContent(of: entry, to: file)
            let present = try system { () throws(SystemError) in try self.present(asked, file, nil) }
            let problems = apply(entry, to: file, nil, present)
            do throws(SystemError) { try file.close() } catch { throw .system(error) }
            return problems
        } catch {
            // Better no file than a part of one.
            do throws(SystemError) { try open.descriptor.remove(entry.name) } catch { run.stopIfFull(error) }
            throw error
        }
    }

    private func writeContent(of entry: TreeEntry, to file: borrowing FileDescriptor) throws(WriteError) {
        var extents: [Extent]?
        do throws(ContentError) {
            extents = try reader.extents(of: entry)
        } catch {
            throw .content(error)
        }
        var sink = ContentSink(size: entry.size, extents: extents)
        if let content = entry.content {
            var failure: SystemError?
            do throws(PackError) {
                try reader.forEachLeaf(of: content, type: .chunk) { (id, _) throws(PackError) in
                    if run.isCancelled { throw .cancelled }
                    try reader.withObject(ObjectKey(.chunk, id)) { (bytes) throws(PackError) in
                        guard sink.accepts(bytes.byteCount) else { throw .cancelled }
                        do throws(SystemError) {
                            try sink.write(bytes, to: file)
                        } catch {
                            failure = error
                            throw PackError.cancelled
                        }
                    }
                    noteWritten(sink.written)
                }
            } catch {
                unreportedBytes = 0
                if let failure { throw .system(failure) }
                if case .cancelled = error {
                    if run.isCancelled { throw .stopped }
                    throw .content(.damaged("its content is longer than it was"))
                }
                throw .content(.store(error))
            }
            unreportedBytes = 0
        }
        guard sink.isComplete else { throw .content(.damaged("its content is shorter than it was")) }
        if extents != nil { try system { () throws(SystemError) in try file.truncate(to: entry.size) } }
    }

    private func noteWritten(_ bytes: UInt64) {
        guard bytes - unreportedBytes >= 16 << 20 else { return }
        unreportedBytes = bytes
        reportProgress()
    }

    // MARK: Others

    private func makeSymbolicLink(_ entry: TreeEntry, _ open: OpenDirectory) throws(WriteError) -> [String] {
        guard let target = entry.target, !target.isEmpty else {
            throw .content(.damaged("the link's target is missing"))
        }
        return try system { () throws(SystemError) in
            try open.descriptor.makeSymbolicLink(entry.name, target: target)
            return apply(entry, to: open.descriptor, entry.name, try present(0, open.descriptor, entry.name))
        }
    }

    private func makeNode(_ entry: TreeEntry, _ open: OpenDirectory) throws(WriteError) -> [String] {
        let type: FileType
        switch entry.type {
        case .fifo: type = .fifo
        case .socket: type = .socket
        case .characterDevice: type = .characterDevice
        default: type = .blockDevice
        }
        let isDevice = type == .characterDevice || type == .blockDevice
        guard let device = entry.device ?? (isDevice ? nil : (0, 0)) else {
            throw .content(.damaged("the device's number is missing"))
        }
        let asked = entry.mode & 0o777
        return try system { () throws(SystemError) in
            try open.descriptor.makeNode(
                entry.name, type: type, permissions: asked, major: device.major, minor: device.minor)
            return apply(entry, to: open.descriptor, entry.name, try present(asked, open.descriptor, entry.name))
        }
    }

    /// What an entry has that was just made with the permissions `asked` for.
    private func present(
        _ asked: UInt16, _ file: borrowing FileDescriptor, _ name: [UInt8]?
    ) throws(SystemError) -> Present {
        if let known = creation?.present(asked: asked) { return known }
        let facts: FileFacts
        if let name { facts = try file.facts(of: name).0 } else { facts = try file.facts().0 }
        var creation = creation ?? Creation(facts)
        creation.learn(facts, asked: asked)
        self.creation = creation
        return Present(facts)
    }

    private func system<R: ~Copyable>(_ body: () throws(SystemError) -> R) throws(WriteError) -> R {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .system(error)
        }
    }
}

/// Where the next bytes of a file's content go, and how many there may be.
private struct ContentSink {
    private let limit: UInt64
    private let extents: [Extent]?
    private var current = 0
    private var writtenInCurrent: UInt64 = 0
    private(set) var written: UInt64 = 0

    init(size: UInt64, extents: [Extent]?) {
        // Extents are ascending and within the size, so the sum is too.
        limit = extents.map { $0.reduce(0) { $0 &+ $1.length } } ?? size
        self.extents = extents
    }

    var isComplete: Bool { written == limit }

    func accepts(_ count: Int) -> Bool { UInt64(count) <= limit - written }

    /// After `accepts`.
    mutating func write(_ bytes: RawSpan, to file: borrowing FileDescriptor) throws(SystemError) {
        let count = UInt64(bytes.byteCount)
        guard let extents else {
            try file.write(bytes)
            written += count
            return
        }
        var done = 0
        while done < bytes.byteCount, current < extents.count {
            let extent = extents[current]
            let length = Int(min(extent.length - writtenInCurrent, UInt64(bytes.byteCount - done)))
            try file.write(bytes.extracting(done..<done + length), at: extent.offset + writtenInCurrent)
            done += length
            writtenInCurrent += UInt64(length)
            if writtenInCurrent == extent.length {
                current += 1
                writtenInCurrent = 0
            }
        }
        written += count
    }
}
