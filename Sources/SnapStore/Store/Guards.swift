// Places that nobody means to keep as a whole: `/`, a home directory, a store. They are refused unless forced, because
// the usual reason to ask for them is a command given in the wrong place.

internal import SnapSystem

package enum Guards {
    /// Why the directory `path`, absolute and without symbolic links, should not be kept; nil if nothing is wrong with
    /// it.
    package static func reasonAgainst(keeping path: [UInt8], homeDirectory: [UInt8]?) throws(StoreError) -> String? {
        if path == [0x2F] { return "it is the whole file system" }
        if let homeDirectory, path == realPath(homeDirectory) { return "it is a home directory" }
        if let store = try storeAround(path) {
            return store == path
                ? "it is a store" : "it is inside the store '\(String(decoding: store, as: UTF8.self))'"
        }
        return nil
    }

    /// The directory at or above `path` that is a store or a pointer to one; nil if there is none.
    package static func storeAround(_ path: [UInt8]) throws(StoreError) -> [UInt8]? {
        for ancestor in ancestors(of: path) where try isStore(ancestor) {
            return ancestor
        }
        return nil
    }

    /// Whether a git working tree is at or above `path`.
    package static func isInsideGit(_ path: [UInt8]) -> Bool {
        ancestors(of: path).contains { exists(join($0, ".git")) }
    }

    private static func isStore(_ path: [UInt8]) throws(StoreError) -> Bool {
        if path.suffix(Place.name.utf8.count + 1).elementsEqual(("/" + Place.name).utf8),
            exists(join(path, Place.storeName)), exists(join(path, Place.idName))
        {
            return true
        }
        let format = join(path, StoreFormat.file)
        do throws(SystemError) {
            let file = try FileDescriptor.open(format, [.read, .noFollow, .nonBlocking])
            guard try file.facts().0.type == .regular else { return false }
            return StoreFormat.isStore(try file.read(at: 0, count: 64))
        } catch {
            // A file that cannot be read is no store of this user's.
            if error.isNotFound || error.isLoop || error.isPermission { return false }
            throw StoreError(error, doing: "examine", format)
        }
    }

    private static func exists(_ path: [UInt8]) -> Bool {
        do throws(SystemError) {
            _ = try FileDescriptor.open(path, [.pathOnly, .noFollow])
            return true
        } catch {
            return false
        }
    }

    private static func realPath(_ path: [UInt8]) -> [UInt8] {
        do throws(SystemError) {
            return try Process.realPath(path)
        } catch {
            return path
        }
    }
}
