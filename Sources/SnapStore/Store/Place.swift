// Where a working directory is: the nearest ancestor with an entry `.snapstore`, whatever that entry is.
//
// A broken entry ends the search with an error. To look further up would act on another directory than the user
// believes, and `take` would report success for something that was not protected.

internal import CSnapSystem
package import SnapSystem

/// A directory with a `.snapstore`.
package final class Place: Sendable {
    package enum Form: Sendable, Equatable {
        /// The store is `.snapstore` itself.
        case inner
        /// `.snapstore` says where the store is.
        case pointer(store: [UInt8])
    }

    package static let name = ".snapstore"
    package static let idName = "id"
    package static let storeName = "store"

    /// Absolute, without symbolic links.
    package let path: [UInt8]
    /// The directory itself, opened without the right to read it: that is asked for where it is needed.
    package let directory: FileDescriptor
    package let facts: FileFacts
    package let device: UInt64
    /// The `.snapstore`.
    package let home: StoreDirectory
    package let form: Form

    /// The nearest at or above `start`.
    package static func find(above start: [UInt8]) throws(StoreError) -> Place {
        let real: [UInt8]
        do throws(SystemError) {
            real = try Process.realPath(start)
        } catch {
            throw StoreError(error, doing: "find", start)
        }
        for ancestor in ancestors(of: real) {
            if let place = try at(ancestor) { return place }
        }
        throw .notAWorkingDirectory(path: start)
    }

    /// The one at `path`, which has no symbolic links; nil if there is no `.snapstore`.
    package static func at(_ path: [UInt8]) throws(StoreError) -> Place? {
        let homePath = join(path, name)
        guard let directory = try openDirectory(path) else { return nil }
        let type: FileType
        let facts: (FileFacts, FileExtra)
        do throws(SystemError) {
            facts = try directory.facts()
            type = try directory.facts(of: Array(name.utf8)).0.type
        } catch {
            if error.isNotFound { return nil }
            throw StoreError(error, doing: "examine", homePath)
        }
        switch type {
        case .directory: break
        case .symbolicLink: throw .notAStore(path: homePath, reason: "it is a symbolic link")
        default: throw .notAStore(path: homePath, reason: "it is not a directory")
        }
        let (home, form) = try openHome(homePath)
        return Place(path: path, directory: directory, facts: facts, home: home, form: form)
    }

    private init(
        path: [UInt8], directory: consuming FileDescriptor, facts: (FileFacts, FileExtra), home: StoreDirectory,
        form: Form
    ) {
        self.path = path
        self.directory = directory
        self.facts = facts.0
        device = facts.1.device
        self.home = home
        self.form = form
    }

    private static func openDirectory(_ path: [UInt8]) throws(StoreError) -> FileDescriptor? {
        do throws(SystemError) {
            return try FileDescriptor.open(path, [.pathOnly, .directory])
        } catch {
            if error.isNotFound { return nil }
            throw StoreError(error, doing: "open", path)
        }
    }

    private static func openHome(_ path: [UInt8]) throws(StoreError) -> (StoreDirectory, Form) {
        guard let home = try StoreLayout.openDirectory(path) else {
            throw .notAStore(path: path, reason: "it went away")
        }
        if try holds(StoreFormat.file, home) { return (home, .inner) }
        // Not a store: its files are named in full in messages.
        let label = String(decoding: path, as: UTF8.self) + "/"
        guard let pointer = try StoreLayout.openDirectory(path, label: label),
            let content = try pointer.read(storeName, limit: StoreDirectory.smallFileLimit)
        else { throw .notAStore(path: path, reason: "it has neither 'format' nor 'store'") }
        guard content.last == 0x0A, let store = Escaping.unescape(Array(content.dropLast()).span), store.first == 0x2F,
            !store.contains(0)
        else { throw pointer.damage(storeName, "it is not one absolute path") }
        return (pointer, .pointer(store: store))
    }

    private static func holds(_ name: String, _ home: StoreDirectory) throws(StoreError) -> Bool {
        do throws(SystemError) {
            _ = try home.descriptor.facts(of: Array(name.utf8))
            return true
        } catch {
            if error.isNotFound { return false }
            throw home.failure(error, "examine", name)
        }
    }

    /// The id of this working directory.
    package func readID() throws(StoreError) -> String {
        guard let content = try home.read(Self.idName, limit: StoreDirectory.smallFileLimit) else {
            throw home.damage(Self.idName, "it is missing, so nobody knows which timeline is this directory's")
        }
        guard let id = DirectoryID.parse(file: content) else {
            throw home.damage(Self.idName, "it is not 32 hexadecimal digits and a newline")
        }
        return id
    }

    /// The store: this one's own, or the one that is pointed to.
    package func openStore(makesMissing: Bool = true) throws(StoreError) -> StoreLayout {
        guard case .pointer(let path) = form else { return try StoreLayout(home, makesMissing: makesMissing) }
        guard let layout = try StoreLayout.open(path, makesMissing: makesMissing) else {
            throw .storeMissing(pointer: home.path, store: path)
        }
        // Only root gets here with two owners. A pointer that somebody else made must not lead root into a store of his
        // choice.
        guard layout.ownership.owner == home.ownership.owner else {
            throw .foreignOwner(path: home.path, owner: home.ownership.owner)
        }
        return layout
    }
}

// MARK: Paths as bytes

/// `path` and everything above it, nearest first. `path` is absolute and without a slash at its end.
func ancestors(of path: [UInt8]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var rest = path[...]
    while rest.count > 1 {
        result.append(Array(rest))
        guard let slash = rest.lastIndex(of: 0x2F) else { break }
        rest = rest[..<slash]
    }
    result.append([0x2F])
    return result
}

/// The path of `name` in the directory `path`.
func join(_ path: [UInt8], _ name: String) -> [UInt8] {
    (path == [0x2F] ? [] : path) + [0x2F] + Array(name.utf8)
}
