// Making stores, rooms and pointers: each is built complete and durable under a name that no reader looks at, and then
// renamed. A crash at any instant leaves what was there before, or the whole, and perhaps an unfinished directory.
//
// Who builds holds a `flock` on the unfinished directory. So the next one that builds in the same place can tell what a
// crash left, and removes it, from what another is building at this moment.

internal import CSnapSystem
internal import SnapSystem

package enum StoreBuilder {
    /// Fills the empty or unfinished directory `root` with a store. `format` comes last: without it this is no store.
    package static func fillStore(_ root: StoreDirectory) throws(StoreError) {
        for name in [
            StoreLayout.lockName, StoreLayout.packsName, StoreLayout.directoriesName, StoreLayout.tmpName,
            StoreLayout.stagingName,
        ] {
            _ = try root.makeDirectory(name)
        }
        try root.replace(".gitignore", with: Array("*\n".utf8))
        try root.replace(StoreFormat.file, with: StoreFormat().encoded())
    }

    /// Makes a room in `directories`. One of the same id must not be there. `removals` is what is known of what the timeline
    /// says is removed.
    package static func buildRoom(
        _ id: String, in directories: StoreDirectory, _ about: About, timeline: [UInt8]?, removals: [UInt8]? = nil
    ) throws(StoreError) {
        try build(in: directories, as: id) { (room) throws(StoreError) in
            try room.replace(About.file, with: about.encoded())
            let timelines = try room.makeDirectory(Room.timelinesName)
            if let timeline { try timelines.replace(TimelineStore.main, with: timeline) }
            if let removals { try room.replace(RemovalRecord.file, with: removals) }
        }
    }

    /// Builds the directory `name` in `parent`. False, and nothing is changed, if `name` came to be meanwhile.
    @discardableResult
    package static func build(
        in parent: StoreDirectory, as name: String, _ fill: (StoreDirectory) throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        let finalName = Array(name.utf8)
        Unfinished.removeLeftovers(of: finalName, in: parent.descriptor)
        let unfinished = try begin(in: parent, finalName)
        do throws(StoreError) {
            try fill(unfinished.directory)
            try unfinished.directory.sync()
        } catch {
            Unfinished.remove(unfinished.name, in: parent.descriptor)
            throw error
        }
        do throws(SystemError) {
            // Fails if the name is taken by anything but an empty directory.
            try parent.descriptor.rename(unfinished.name, to: parent.descriptor, finalName)
        } catch {
            Unfinished.remove(unfinished.name, in: parent.descriptor)
            if error.isExisting { return false }
            throw parent.failure(error, "make", name)
        }
        try parent.sync()
        return true
    }

    /// A new directory under an unfinished name, locked by its own descriptor.
    private static func begin(
        in parent: StoreDirectory, _ finalName: [UInt8]
    ) throws(StoreError) -> (name: [UInt8], directory: StoreDirectory) {
        let text = String(decoding: finalName, as: UTF8.self)
        for _ in 0..<100 {
            do throws(SystemError) {
                let name = try AtomicFile.unfinishedName(of: finalName)
                let made = try parent.ownership.createDirectory(name, in: parent.descriptor)
                // Somebody may have taken it for a leftover before it was locked. Where directories cannot be locked,
                // nobody removes leftovers either.
                if Unfinished.isLocked(made) ?? true, try made.facts().0.links > 0 {
                    let path = parent.path + [0x2F] + name
                    let label = parent.label + String(decoding: name, as: UTF8.self) + "/"
                    return (name, StoreDirectory(owning: made, path: path, label: label, ownership: parent.ownership))
                }
            } catch {
                if !error.isNotFound { throw parent.failure(error, "make", text) }
            }
        }
        throw .system(doing: "make", path: parent.path(of: text), reason: "others keep removing it while it is built")
    }
}

/// What a crash left of directories that were being built.
enum Unfinished {
    /// Depth and size of what is built are known; anything else is not ours to remove.
    private static let depthLimit = 4

    /// Removes what no living process is building. What cannot be removed stays: it is in nobody's way.
    static func removeLeftovers(of name: [UInt8], in parent: borrowing FileDescriptor) {
        let prefix = name + Array(AtomicFile.unfinishedMark.utf8)
        let scanner = DirectoryScanner()
        do throws(SystemError) {
            try scanner.readNamesAnew(of: parent)
        } catch {
            return
        }
        for index in 0..<scanner.count {
            let leftover = scanner.name(index)
            guard leftover.starts(with: prefix) else { continue }
            do throws(SystemError) {
                let directory = try parent.open(leftover, [.read, .directory])
                if isLocked(directory) == true { remove(leftover, in: parent) }
            } catch {
                continue
            }
        }
    }

    /// Locks an unfinished directory: true if it is this process's now, false if another has it, nil if it cannot be
    /// locked here.
    static func isLocked(_ directory: borrowing FileDescriptor) -> Bool? {
        do throws(SystemError) {
            return try directory.lock(exclusive: true, waiting: false)
        } catch {
            return nil
        }
    }

    /// Removes the directory `name` with what is in it, as far as that is possible.
    static func remove(_ name: [UInt8], in parent: borrowing FileDescriptor, depth: Int = 0) {
        guard depth < depthLimit else { return }
        do throws(SystemError) {
            let directory = try parent.open(name, [.read, .directory])
            let scanner = DirectoryScanner()
            try scanner.readNames(of: directory)
            for index in 0..<scanner.count {
                let entry = scanner.name(index)
                do throws(SystemError) {
                    try directory.remove(entry)
                } catch {
                    remove(entry, in: directory, depth: depth + 1)
                }
            }
            try parent.remove(name, directory: true)
        } catch {
            return
        }
    }
}
