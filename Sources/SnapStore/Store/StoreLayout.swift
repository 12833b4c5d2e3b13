// An open store: its directories, each opened once, and what is read from it before anything else.
//
// A store is used by its owner and by root alone. That is checked on the open directory, so that it holds for the
// directory that is used and not for one that had its name a moment ago.

internal import SnapSystem

package final class StoreLayout: Sendable {
    /// Absolute; a label.
    package let path: [UInt8]
    package let format: StoreFormat
    package let root: StoreDirectory
    package let packs: StoreDirectory
    package let tmp: StoreDirectory
    package let lock: StoreDirectory
    package let directories: StoreDirectory
    /// False: nothing is to be written, so what is missing stays so.
    private let makesMissing: Bool

    package static let packsName = "packs"
    package static let tmpName = "tmp"
    package static let lockName = "lock"
    package static let directoriesName = "directories"
    package static let stagingName = "staging"

    /// Opens the store in `root`, whose owner is already checked.
    package init(_ root: StoreDirectory, makesMissing: Bool = true) throws(StoreError) {
        format = try StoreFormat.read(in: root)
        guard let packs = try root.directory(Self.packsName) else {
            throw root.damage(Self.packsName, "it is missing, and with it all objects")
        }
        guard let directories = try root.directory(Self.directoriesName) else {
            throw root.damage(Self.directoriesName, "it is missing, and with it all timelines")
        }
        self.root = root
        self.packs = packs
        self.directories = directories
        self.makesMissing = makesMissing
        path = root.path
        tmp = try Self.part(Self.tmpName, of: root, isMade: makesMissing)
        lock = try Self.part(Self.lockName, of: root, isMade: makesMissing)
    }

    /// A directory that may be empty, and so may have been lost on the way.
    private static func part(
        _ name: String, of directory: StoreDirectory, isMade: Bool
    ) throws(StoreError) -> StoreDirectory {
        if isMade { return try directory.makeDirectory(name) }
        guard let found = try directory.directory(name) else { throw directory.damage(name, "it is missing") }
        return found
    }

    package var locks: Locks { Locks(in: lock) }
    package var epoch: Epoch { Epoch(store: root, locks: locks) }
    package var ownership: Ownership { root.ownership }

    /// The store at `path`; nil if nothing is there.
    package static func open(_ path: [UInt8], makesMissing: Bool = true) throws(StoreError) -> StoreLayout? {
        guard let root = try openDirectory(path, isLinkAllowed: true) else { return nil }
        return try StoreLayout(root, makesMissing: makesMissing)
    }

    /// The directory at `path`, which must belong to this user, or to anyone if this is root; nil if nothing is there.
    /// With `isLinkAllowed` the path may end in a symbolic link: a store may be moved and a link left behind.
    package static func openDirectory(
        _ path: [UInt8], label: String = "", isLinkAllowed: Bool = false
    ) throws(StoreError) -> StoreDirectory? {
        let owner: UInt32
        do throws(SystemError) {
            // Its owner can be asked for without the right to read it, and is what the user should hear of first.
            let flags: OpenFlags = isLinkAllowed ? [.pathOnly, .directory] : [.pathOnly, .directory, .noFollow]
            let place = try FileDescriptor.open(path, flags)
            let ownership = Ownership(of: try place.facts().0)
            if ownership.isAllowed {
                let opened = try place.open([0x2E], [.read, .directory])
                return StoreDirectory(owning: opened, path: path, label: label, ownership: ownership)
            }
            owner = ownership.owner
        } catch {
            if error.isNotFound { return nil }
            throw StoreError(error, doing: "open", path)
        }
        throw .foreignOwner(path: path, owner: owner)
    }

    /// The room of the working directory `id`.
    package func room(_ id: String) throws(StoreError) -> Room {
        guard let room = try findRoom(id) else {
            throw directories.damage(id, "it is missing, and with it the timeline of a working directory")
        }
        return room
    }

    /// The room of the working directory `id`; nil if there is none.
    package func findRoom(_ id: String) throws(StoreError) -> Room? {
        guard let directory = try directories.directory(id) else { return nil }
        let timelines = try Self.part(Room.timelinesName, of: directory, isMade: makesMissing)
        return Room(id: id, directory: directory, timelines: timelines)
    }

    /// The ids of all working directories that have a room, sorted.
    package func roomIDs() throws(StoreError) -> [String] {
        try directories.names().compactMap { DirectoryID.parse($0) }
    }
}

/// What a store keeps for one working directory.
package final class Room: Sendable {
    package static let timelinesName = "timelines"

    package let id: String
    package let directory: StoreDirectory
    package let timelines: StoreDirectory

    package init(id: String, directory: StoreDirectory, timelines: StoreDirectory) {
        self.id = id
        self.directory = directory
        self.timelines = timelines
    }

    package var timeline: TimelineStore { TimelineStore(in: timelines, of: id) }
}

/// The ids of working directories: 16 random bytes in 32 lower-case digits.
package enum DirectoryID {
    package static func parse(_ text: some Collection<UInt8>) -> String? {
        guard text.count == Manifest.directoryLength, text.allSatisfy({ lowerCaseHexadecimalValue($0) != nil }) else {
            return nil
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The id in a file: its digits and a newline.
    package static func parse(file content: [UInt8]) -> String? {
        content.last == 0x0A ? parse(content.dropLast()) : nil
    }

    package static func file(_ id: String) -> [UInt8] { Array(id.utf8) + [0x0A] }

    package static func random() throws(StoreError) -> String {
        do throws(SystemError) {
            return hexadecimal(try Process.randomBytes(Manifest.directoryLength / 2))
        } catch {
            throw StoreError(error, doing: "get random bytes from", Array("the system".utf8))
        }
    }
}
