// Which working directory this is: the same as before, moved, or a copy (docs/format.md, section 2).
//
// A copy that kept its id would write into the timeline of the original, and an undo in one would bring back the state
// of the other. So it gets an id of its own before anything is written. Steps of a copy, so that a crash between any
// two is made good by the next open, which finds the same copy again:
//
//   1 `id.new` holds the new id, durably;
//   2 the room of the new id, complete under another name, is renamed into `directories/`;
//   3 `id.new` is renamed to `id`.
//
// The room of step 2 is used again if it is there already and its label names this path; a copy of the half-made copy
// has another path, and takes another id. Two processes at once are kept apart by the lock `identity`, under which
// everything is looked at again.

internal import CSnapSystem
internal import SnapSystem

/// What was found out about a working directory's id, and done about it.
package struct Identity: Sendable {
    package var id: String
    /// What the user should be told.
    package var notes: [String] = []
    /// False: the directory is a copy and could not be given its own id. It can be read, but must not be written.
    package var isSettled = true

    private static let pendingName = "id.new"

    enum Verdict: Equatable {
        case same
        /// The path is right and the inode is not, or the label cannot be read.
        case staleLabel(isDamaged: Bool)
        case moved
        case copy(of: [UInt8])
    }

    /// Finds out the identity of `place`, and brings the store in line with it where it may be written.
    package static func settle(_ place: Place, _ layout: StoreLayout) throws(StoreError) -> Identity {
        let first = try place.readID()
        if try judge(place, first, layout) == .same { return Identity(id: first) }
        guard let lock = try layout.locks.identityIfWritable() else {
            let isCopy = if case .copy = try judge(place, first, layout) { true } else { false }
            return Identity(id: first, isSettled: !isCopy)
        }
        // Another process may have settled it before this one had the lock.
        let id = try place.readID()
        var identity = Identity(id: id)
        switch try judge(place, id, layout) {
        case .same: break
        case .staleLabel(let isDamaged):
            try relabel(place, layout.room(id))
            if isDamaged { identity.notes.append("the label of this directory in its store was damaged, and is new") }
        case .moved: try relabel(place, layout.room(id))
        case .copy(let original): identity = try separate(place, id, layout, original)
        }
        lock.release()
        return identity
    }

    static func judge(_ place: Place, _ id: String, _ layout: StoreLayout) throws(StoreError) -> Verdict {
        guard let about = try About.read(in: layout.room(id).directory) else { return .staleLabel(isDamaged: true) }
        // The inode alone: a file system may have another device number each time it is mounted.
        let isSameInode = about.inode == place.facts.inode
        if about.path == place.path { return isSameInode ? .same : .staleLabel(isDamaged: false) }
        if let old = try holder(of: id, at: about.path) {
            // A mount can show one directory in two places.
            let isOneDirectory = old.facts.inode == place.facts.inode && old.device == place.device
            return isOneDirectory ? .same : .copy(of: about.path)
        }
        return place.form == .inner && !isSameInode ? .copy(of: about.path) : .moved
    }

    /// The working directory at `path`, if it has this id. Others' directories are looked at here: nothing in them is
    /// believed but the id.
    private static func holder(of id: String, at path: [UInt8]) throws(StoreError) -> (
        facts: FileFacts, device: UInt64
    )? {
        do throws(SystemError) {
            let directory = try FileDescriptor.open(path, [.pathOnly, .directory])
            let home = try directory.open(Array(Place.name.utf8), [.pathOnly, .directory])
            let file = try home.open(Array(Place.idName.utf8), [.read, .nonBlocking])
            guard try file.facts().0.type == .regular, DirectoryID.parse(file: try file.read(at: 0, count: 64)) == id
            else {
                return nil
            }
            let (facts, extra) = try directory.facts()
            return (facts, extra.device)
        } catch {
            // What this user cannot reach is not in use by this user.
            if error.isNotFound || error.isPermission || error.isLoop { return nil }
            throw StoreError(error, doing: "examine", path)
        }
    }

    private static func relabel(_ place: Place, _ room: Room) throws(StoreError) {
        let about = try About.read(in: room.directory)?.moved(to: place) ?? About(at: place)
        try room.directory.replace(About.file, with: about.encoded())
    }

    /// Gives a copy an id and a timeline of its own.
    private static func separate(
        _ place: Place, _ id: String, _ layout: StoreLayout, _ original: [UInt8]
    ) throws(StoreError) -> Identity {
        guard let next = try pendingID(place, layout) else { return Identity(id: id, isSettled: false) }
        if try layout.findRoom(next) == nil {
            let room = try layout.room(id)
            let timelineLock = try layout.locks.timeline(id)
            let timeline = try room.timeline.readBytes()
            timelineLock.release()
            // What gc has let go cannot be recovered here either.
            let removals = try room.directory.read(RemovalRecord.file, limit: RemovalRecord.limit)
            try StoreBuilder.buildRoom(
                next, in: layout.directories, About(at: place), timeline: timeline, removals: removals)
        }
        do throws(SystemError) {
            try place.home.descriptor.rename(
                Array(pendingName.utf8), to: place.home.descriptor, Array(Place.idName.utf8))
            try place.home.descriptor.sync()
        } catch {
            throw place.home.failure(error, "write", Place.idName)
        }
        let name = String(decoding: original, as: UTF8.self)
        return Identity(
            id: next, notes: ["this directory is a copy of '\(name)': it has an id and timeline of its own now"])
    }

    /// The id that this copy will have, durable in `id.new`; nil if nothing can be written beside the copy's id.
    private static func pendingID(_ place: Place, _ layout: StoreLayout) throws(StoreError) -> String? {
        if let content = try place.home.read(pendingName, limit: StoreDirectory.smallFileLimit),
            let pending = DirectoryID.parse(file: content)
        {
            guard let room = try layout.findRoom(pending) else { return pending }
            if try About.read(in: room.directory)?.path == place.path { return pending }
        }
        let fresh = try DirectoryID.random()
        do throws(SystemError) {
            try AtomicFile.replace(
                Array(pendingName.utf8), in: place.home.descriptor, with: DirectoryID.file(fresh),
                ownership: place.home.ownership)
        } catch {
            if error.isReadOnly { return nil }
            throw place.home.failure(error, "write", pendingName)
        }
        return fresh
    }
}
