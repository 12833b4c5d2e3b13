// `init`: a store for a directory, in it or elsewhere.
//
// In it: the store is built complete under another name and renamed to `.snapstore`. Elsewhere: first the store, whose
// file `format` comes last; then the directory's room; then the pointer, again by a rename. What a crash leaves is no
// working directory at all, or a whole one; a store or a room that nothing points to yet is used by the next attempt.

internal import CSnapSystem
internal import SnapSystem

enum Initialization {
    static func run(at given: [UInt8], _ options: InitOptions) throws(StoreError) -> InitReport {
        let path: [UInt8]
        let directory: FileDescriptor
        do throws(SystemError) {
            path = try Process.realPath(given)
            directory = try FileDescriptor.open(path, [.read, .directory])
        } catch {
            throw StoreError(error, doing: "open", given)
        }
        let wanted = try options.store.map { (store) throws(StoreError) in try realStorePath(store) }
        if let report = try existing(at: path, wanted) { return report }
        if !options.force, let reason = try Guards.reasonAgainst(keeping: path, homeDirectory: options.homeDirectory) {
            throw .refused(path: path, reason: reason)
        }
        let isNew: Bool
        var chosen = wanted
        if chosen == nil, let usual = options.usualStore { chosen = try realStorePath(usual) }
        if let chosen {
            isNew = try point(path, directory, to: chosen, options)
        } else {
            let parent = StoreDirectory(owning: directory, path: path, label: "", ownership: .own)
            isNew = try makeInner(path, in: parent)
        }
        // Another process may have been faster; then what it made counts.
        guard var report = try existing(at: path, wanted) else { throw .notAWorkingDirectory(path: path) }
        report.isNew = isNew
        return report
    }

    /// The report on the working directory that `path` is already. If it is broken, or has another store than `wanted`,
    /// an error.
    private static func existing(at path: [UInt8], _ wanted: [UInt8]?) throws(StoreError) -> InitReport? {
        guard let place = try Place.at(path) else { return nil }
        let found = try WorkingDirectory.open(place)
        if let wanted, wanted != found.store { throw .alreadyExists(path: place.home.path) }
        return InitReport(
            path: path, store: found.store, isNew: false, isInsideGit: Guards.isInsideGit(found.store),
            notes: found.notes)
    }

    private static func makeInner(_ path: [UInt8], in parent: StoreDirectory) throws(StoreError) -> Bool {
        let id = try DirectoryID.random()
        let (facts, device) = try examine(parent)
        return try StoreBuilder.build(in: parent, as: Place.name) { (root) throws(StoreError) in
            try StoreBuilder.fillStore(root)
            let directories = try root.makeDirectory(StoreLayout.directoriesName)
            let about = About(path: path, facts: facts, device: device, created: .now)
            try StoreBuilder.buildRoom(id, in: directories, about, timeline: nil)
            try root.replace(Place.idName, with: DirectoryID.file(id))
        }
    }

    /// Makes `path` a working directory whose store is at `store`, which is made if it is not there.
    private static func point(
        _ path: [UInt8], _ directory: consuming FileDescriptor, to store: [UInt8], _ options: InitOptions
    ) throws(StoreError) -> Bool {
        let layout = try openOrMakeStore(store, besides: path, options)
        let parent = StoreDirectory(owning: directory, path: path, label: "", ownership: layout.ownership)
        // Two at once must not both find the room of an earlier attempt.
        let lock = try layout.locks.identity()
        guard try Place.at(path) == nil else { return false }
        let (facts, device) = try examine(parent)
        let about = About(path: path, facts: facts, device: device, created: .now)
        let id: String
        if let unused = try unusedRoom(for: path, layout) {
            id = unused.id
            try unused.directory.replace(About.file, with: about.encoded())
        } else {
            id = try DirectoryID.random()
            try StoreBuilder.buildRoom(id, in: layout.directories, about, timeline: nil)
        }
        let isMade = try StoreBuilder.build(in: parent, as: Place.name) { (pointer) throws(StoreError) in
            _ = try pointer.makeDirectory(StoreLayout.stagingName)
            try pointer.replace(".gitignore", with: Array("*\n".utf8))
            try pointer.replace(Place.idName, with: DirectoryID.file(id))
            try pointer.replace(Place.storeName, with: Escaping.escape(layout.path, .value) + [0x0A])
        }
        lock.release()
        return isMade
    }

    /// The room that an attempt which did not get to its end made for `path`.
    private static func unusedRoom(for path: [UInt8], _ layout: StoreLayout) throws(StoreError) -> Room? {
        for id in try layout.roomIDs() {
            guard let room = try layout.findRoom(id), try About.read(in: room.directory)?.path == path else { continue }
            if try room.timeline.isEmpty { return room }
        }
        return nil
    }

    private static func openOrMakeStore(
        _ store: [UInt8], besides path: [UInt8], _ options: InitOptions
    ) throws(StoreError) -> StoreLayout {
        let root: StoreDirectory
        if let found = try StoreLayout.openDirectory(store) {
            root = found
        } else {
            try refuseInsideStore(store, options)
            root = try makeEmptyDirectory(store)
        }
        if try hasFormat(root) { return try StoreLayout(root) }
        try refuseInsideStore(store, options)
        guard store != path, try isEmptyOrUnfinished(root) else {
            // What is in it may be a store that another process has just finished.
            if try hasFormat(root) { return try StoreLayout(root) }
            throw .notEmpty(path: store)
        }
        do throws(SystemError) {
            try root.descriptor.setPermissions(0o700)
        } catch {
            throw StoreError(error, doing: "set the mode of", store)
        }
        // Two at once fill it one after the other, and the second finds all there.
        let lock = try Locks(in: root.makeDirectory(StoreLayout.lockName)).identity()
        if try !hasFormat(root) { try StoreBuilder.fillStore(root) }
        lock.release()
        return try StoreLayout(root)
    }

    private static func hasFormat(_ root: StoreDirectory) throws(StoreError) -> Bool {
        try root.read(StoreFormat.file, limit: StoreDirectory.smallFileLimit) != nil
    }

    private static func refuseInsideStore(_ store: [UInt8], _ options: InitOptions) throws(StoreError) {
        guard !options.force, let outer = try Guards.storeAround(split(store[...]).parent) else { return }
        throw .refused(path: store, reason: "it is inside the store '\(String(decoding: outer, as: UTF8.self))'")
    }

    /// Whether nothing is in `root` but what an earlier attempt left, and no object or timeline.
    private static func isEmptyOrUnfinished(_ root: StoreDirectory) throws(StoreError) -> Bool {
        let ours: Set<String> = [
            StoreLayout.packsName, StoreLayout.directoriesName, StoreLayout.tmpName, StoreLayout.lockName,
            StoreLayout.stagingName, ".gitignore",
        ]
        let unfinished = [StoreFormat.file, ".gitignore"].map { $0 + AtomicFile.unfinishedMark }
        for bytes in try root.names() {
            let name = String(decoding: bytes, as: UTF8.self)
            if !ours.contains(name) && !unfinished.contains(where: { name.hasPrefix($0) }) { return false }
        }
        for name in [StoreLayout.packsName, StoreLayout.directoriesName, StoreLayout.tmpName, StoreLayout.stagingName] {
            if let directory = try root.directory(name), try !directory.names().isEmpty { return false }
        }
        return true
    }

    private static func examine(_ directory: StoreDirectory) throws(StoreError) -> (facts: FileFacts, device: UInt64) {
        do throws(SystemError) {
            let (facts, extra) = try directory.descriptor.facts()
            return (facts, extra.device)
        } catch {
            throw StoreError(error, doing: "examine", directory.path)
        }
    }

    // MARK: The place for a store

    /// Absolute and without symbolic links; the last component need not exist.
    private static func realStorePath(_ store: [UInt8]) throws(StoreError) -> [UInt8] {
        var trimmed = store[...]
        while trimmed.count > 1, trimmed.last == 0x2F { trimmed.removeLast() }
        do throws(SystemError) {
            do throws(SystemError) {
                return try Process.realPath(Array(trimmed))
            } catch {
                if !error.isNotFound { throw error }
            }
            let (parent, name) = split(trimmed)
            // Without a last component of its own there is nothing that could be made.
            if name.isEmpty || name == [0x2E] || name == [0x2E, 0x2E] { return try Process.realPath(Array(trimmed)) }
            let real = try Process.realPath(parent)
            return (real == [0x2F] ? [] : real) + [0x2F] + name
        } catch {
            throw StoreError(error, doing: "find", store)
        }
    }

    private static func makeEmptyDirectory(_ path: [UInt8]) throws(StoreError) -> StoreDirectory {
        do throws(SystemError) {
            let (parentPath, name) = split(path[...])
            let parent = try FileDescriptor.open(parentPath, [.read, .directory])
            do throws(SystemError) {
                _ = try Ownership.own.createDirectory(name, in: parent)
            } catch {
                // Somebody else who makes this store was faster.
                if !error.isExisting { throw error }
            }
            try parent.sync()
        } catch {
            throw StoreError(error, doing: "make", path)
        }
        guard let made = try StoreLayout.openDirectory(path) else {
            throw .notAStore(path: path, reason: "it is not a directory")
        }
        return made
    }

    /// The path up to the last slash, and what is behind it.
    private static func split(_ path: ArraySlice<UInt8>) -> (parent: [UInt8], name: [UInt8]) {
        guard let slash = path.lastIndex(of: 0x2F) else { return ([0x2E], Array(path)) }
        let parent = Array(path[..<slash])
        return (parent.isEmpty ? [0x2F] : parent, Array(path[(slash + 1)...]))
    }
}
