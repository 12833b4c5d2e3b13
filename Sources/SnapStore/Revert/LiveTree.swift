// The working directory while a revert works on it: opening what is there without following anything, and comparing it with what a snapshot says.
//
// An entry is a snapshot's if its type, mode, owner, size, time, target and attributes are. Its bytes are read only where that leaves a doubt: where the other snapshot says
// the same of it, or where its time is so close to the moment when it was read that a later write would not show.

internal import CSnapSystem
internal import SnapSystem

/// Used by one thread.
final class LiveTree {
    let root: FileDescriptor
    let source: TreeSource
    private let recency: Recency
    /// Nothing was compared with the stat cache just before, so that no time says that content is as it was.
    private let readsBytes: Bool
    private let hasher = ObjectHasher()
    private let buffer = ByteBuffer()
    private var lastPath: [UInt8]?
    private var lastOpen: OpenDirectory?
    /// What no walk sees: the store and the pointer to it.
    private let ownStores: [(inode: UInt64, device: UInt64)]

    init(
        root: consuming FileDescriptor, source: TreeSource, scanStart: (seconds: Int64, nanoseconds: UInt32),
        ownStores: [(inode: UInt64, device: UInt64)], readsBytes: Bool
    ) {
        self.root = root
        self.source = source
        self.readsBytes = readsBytes
        recency = Recency(scanStart: scanStart)
        self.ownStores = ownStores
    }

    /// The directory at `path`, never through a link. The last one stays open, because neighbours come together.
    func directory(_ path: [UInt8]) throws(SystemError) -> OpenDirectory {
        if let lastOpen, lastPath == path { return lastOpen }
        let open = OpenDirectory(owning: try openDirectory(path))
        lastPath = path
        lastOpen = open
        return open
    }

    /// That it went away is asked for twice, as in `FileDescriptor.factsIfThere`.
    private func openDirectory(_ path: [UInt8]) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try root.openBeneath(path, [.read, .directory])
        } catch {
            guard error.isNotFound || error.isLoop else { throw error }
            return try root.openBeneath(path, [.read, .directory])
        }
    }

    /// Something is at `path`, which is not the root's.
    func has(_ path: [UInt8]) throws(SystemError) -> Bool {
        guard try hasDirectory(parentPath(path)) else { return false }
        return try directory(parentPath(path)).descriptor.has(lastName(path))
    }

    /// The directory at `path` is still there.
    func hasDirectory(_ path: [UInt8]) throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try openDirectory(path)
            return true
        } catch {
            if error.isNotFound || error.isLoop { return false }
            throw error
        }
    }

    /// A file system is mounted at `path`.
    func isMountPoint(_ path: [UInt8]) -> Bool {
        do throws(SystemError) {
            return try root.openBeneath(path, [.read, .directory]).facts().1.mount_root != 0
        } catch {
            return false
        }
    }

    /// Forgets what is open: a directory of that path may be another one now.
    func forget() {
        lastPath = nil
        lastOpen = nil
    }

    func isOwnStore(_ facts: FileFacts, _ extra: FileExtra) -> Bool {
        ownStores.contains { $0.inode == facts.inode && $0.device == extra.device }
    }

    // MARK: One entry

    /// How closely to look.
    struct Scrutiny: OptionSet {
        let rawValue: Int
        /// Read the bytes even where the facts leave no doubt.
        static let bytes = Scrutiny(rawValue: 1)
        /// Do not ask for a directory's modification time: entries of it were changed.
        static let anyDirectoryTime = Scrutiny(rawValue: 2)
        /// Of a directory only what is its own.
        static let shallow = Scrutiny(rawValue: 4)
        /// A directory's mode may have been loosened.
        static let looseMode = Scrutiny(rawValue: 8)
        /// Wait a moment for those who still have the file open for writing.
        static let settled = Scrutiny(rawValue: 16)
    }

    /// `name` in `directory` is what `entry` says, with all below it.
    func matches(
        _ entry: TreeEntry, _ name: [UInt8], in directory: borrowing FileDescriptor, _ scrutiny: Scrutiny = []
    ) throws(SystemError) -> Bool {
        guard var (facts, extra) = try directory.factsIfThere(of: name) else { return false }
        if entry.type == .file && facts.type == .regular && scrutiny.contains(.settled),
            try awaitWriters(name, in: directory)
        {
            (facts, extra) = try directory.facts(of: name)
        }
        guard hasFacts(entry, facts, extra, scrutiny) else { return false }
        switch entry.type {
        case .file:
            // Its mode may forbid even its owner to read it, and then its facts have to do.
            do throws(SystemError) {
                let file = try directory.open(name, [.read, .nonBlocking])
                guard try hasAttributes(entry, try file.attributes()) else { return false }
                if readsBytes || scrutiny.contains(.bytes) || isRecent(entry) { return try hasBytes(entry, file) }
                return true
            } catch {
                if error.isPermission { return !scrutiny.contains(.bytes) }
                throw error
            }
        case .symbolicLink:
            guard try directory.readLink(name) == entry.target else { return false }
            return try hasAttributes(entry, try attributes(of: name, in: directory))
        case .directory:
            let opened = try directory.open(name, [.read, .directory])
            guard try hasAttributes(entry, try opened.attributes()) else { return false }
            if scrutiny.contains(.shallow) { return true }
            return try hasEntries(entry, opened, scrutiny)
        default: return try hasAttributes(entry, try attributes(of: name, in: directory))
        }
    }

    /// Files that somebody had open for writing to the last.
    private(set) var stillWritten: UInt64 = 0
    /// Milliseconds that all such waits together may take.
    private var patience = 200

    /// Whoever has the file open for writing writes to something that is about to go: most close it at once. True if somebody had.
    private func awaitWriters(_ name: [UInt8], in directory: borrowing FileDescriptor) throws(SystemError) -> Bool {
        guard let file = try? directory.open(name, [.read, .nonBlocking]), file.hasWriter() else { return false }
        while patience > 0 {
            patience -= 1
            Process.pause(milliseconds: 1)
            if !file.hasWriter() { return true }
        }
        stillWritten += 1
        return true
    }

    /// What a stat says is what the entry says.
    func hasFacts(_ entry: TreeEntry, _ facts: FileFacts, _ extra: FileExtra, _ scrutiny: Scrutiny = []) -> Bool {
        guard facts.type.entryType == entry.type, facts.owner == entry.owner, facts.group == entry.group else {
            return false
        }
        let isDirectory = entry.type == .directory
        if entry.type != .symbolicLink, facts.permissions != entry.mode {
            guard isDirectory, scrutiny.contains(.looseMode), facts.permissions == entry.mode | 0o700 else {
                return false
            }
        }
        if !(isDirectory && scrutiny.contains(.anyDirectoryTime)) {
            guard facts.mtime_seconds == entry.seconds, facts.mtime_nanoseconds == entry.nanoseconds else {
                return false
            }
        }
        if entry.type == .file && facts.size != entry.size { return false }
        if let device = entry.device, device.major != extra.node_major || device.minor != extra.node_minor {
            return false
        }
        return true
    }

    /// A write since the scan could have left its time as it was.
    func isRecent(_ entry: TreeEntry) -> Bool {
        var facts = FileFacts()
        facts.mtime_seconds = entry.seconds
        facts.mtime_nanoseconds = entry.nanoseconds
        return recency.isRecent(facts)
    }

    func attributes(of name: [UInt8], in directory: borrowing FileDescriptor) throws(SystemError)
        -> [ExtendedAttribute]
    {
        do throws(SystemError) {
            return try directory.attributes(of: name)
        } catch {
            if error.isNotSupported { return [] }
            guard error.isNotFound else { throw error }
        }
        do throws(SystemError) {
            return try directory.attributes(of: name)
        } catch {
            // Without /proc there is no way to ask, neither for the take nor here.
            if error.isNotFound || error.isNotSupported { return [] }
            throw error
        }
    }

    /// The attributes that an entry keeps; nil where they cannot be known.
    func keptAttributes(_ entry: TreeEntry) -> [ExtendedAttribute]? {
        try? source.reader.attributes(of: entry)
    }

    private func hasAttributes(_ entry: TreeEntry, _ present: [ExtendedAttribute]) throws(SystemError) -> Bool {
        // A gap says that they were not known.
        if entry.gap != nil && !entry.isPartlyCovered { return true }
        guard let kept = keptAttributes(entry) else { return false }
        return Self.sorted(kept) == Self.sorted(present)
    }

    private static func sorted(_ attributes: [ExtendedAttribute]) -> [ExtendedAttribute] {
        attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    // MARK: Directories

    /// The directory has exactly these entries, and each is what is said of it.
    private func hasEntries(_ entry: TreeEntry, _ directory: consuming FileDescriptor, _ scrutiny: Scrutiny)
        throws(SystemError) -> Bool
    {
        var pending: [(entry: TreeEntry, path: [UInt8])] = [(entry, [])]
        let inner = scrutiny.subtracting(.anyDirectoryTime).union(.shallow)
        let scanner = DirectoryScanner()
        while let (entry, path) = pending.popLast() {
            guard let expected = try? source.entries(of: entry) else { return false }
            let open = try directory.openBeneath(path, [.read, .directory])
            try scanner.readNames(of: open)
            guard scanner.count == expected.count else { return false }
            for (index, child) in expected.enumerated() {
                guard scanner.name(index) == child.name, !child.isGapWithoutContent,
                    try matches(child, child.name, in: open, inner)
                else { return false }
                if child.type == .directory { pending.append((child, join(path, child.name))) }
            }
        }
        return true
    }

    // MARK: Bytes

    /// The open file has the bytes that the entry refers to.
    private func hasBytes(_ entry: TreeEntry, _ file: borrowing FileDescriptor) throws(SystemError) -> Bool {
        guard let content = entry.content else { return entry.size == 0 || entry.extents != nil }
        var ranges = [Extent(offset: 0, length: entry.size)]
        if entry.extents != nil {
            guard let extents = try? source.reader.extents(of: entry) else { return false }
            ranges = extents
        }
        var failure: SystemError?
        var isSame = true
        var position = 0
        var inRange: UInt64 = 0
        do throws(PackError) {
            try source.reader.forEachLeaf(of: content, type: .chunk) { (id, length) throws(PackError) in
                var rest = length
                if rest == 0 { rest = try source.reader.withObject(ObjectKey(.chunk, id)) { UInt64($0.byteCount) } }
                buffer.truncate(to: 0)
                do throws(SystemError) {
                    while rest > 0, position < ranges.count {
                        let range = ranges[position]
                        let part = min(rest, range.length - inRange)
                        let got = try file.read(
                            appendingTo: buffer, limit: Int(part), at: range.offset + inRange)
                        if got == 0 { break }
                        rest -= UInt64(got)
                        inRange += UInt64(got)
                        if inRange == range.length {
                            position += 1
                            inRange = 0
                        }
                    }
                } catch {
                    failure = error
                    throw PackError.cancelled
                }
                guard rest == 0, buffer.withBytes({ hasher.id(.chunk, $0) }) == id else {
                    isSame = false
                    throw PackError.cancelled
                }
            }
        } catch {
            if let failure { throw failure }
            return false
        }
        return isSame && position == ranges.count
    }
}
