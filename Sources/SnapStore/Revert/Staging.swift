// Where new content is made before it is put in place, and where what it replaced is kept until the revert is done.
//
// A rename works within one file system only, so there is a place on each that the revert touches: `staging/` beside the store for the working directory's own, and a directory of the
// revert's own at the top of every other. Their paths are in the journal before they are used.

internal import CSnapSystem
package import SnapSystem

/// A staging directory on one file system.
final class StagingArea: Sendable {
    let open: OpenDirectory
    let device: UInt64
    /// The directory from the root that it lies in, if it was made for this revert.
    let mount: [UInt8]?

    init(_ open: OpenDirectory, device: UInt64, mount: [UInt8]?) {
        self.open = open
        self.device = device
        self.mount = mount
    }

    func has(_ name: [UInt8]) throws(SystemError) -> Bool {
        try open.descriptor.has(name)
    }
}

final class Staging {
    /// What a directory made for a revert on another file system is called, with the journal's token behind it.
    static let mountPrefix = Array(".snapstaging-".utf8)

    private let directory: WorkingDirectory
    private let live: LiveTree
    let token: String
    private(set) var areas: [StagingArea] = []

    init(_ directory: WorkingDirectory, _ live: LiveTree, token: String) throws(StoreError) {
        self.directory = directory
        self.live = live
        self.token = token
        let home = try directory.place.home.makeDirectory(StoreLayout.stagingName)
        do throws(SystemError) {
            let open = OpenDirectory(owning: try home.descriptor.open([0x2E], [.read, .directory]))
            areas = [StagingArea(open, device: try open.descriptor.facts().1.device, mount: nil)]
        } catch {
            throw StoreError(error, doing: "open", home.path)
        }
    }

    /// Removes what a revert left that was killed before it touched anything, or after its last line. The caller has the directory's lock and has seen no journal. What a take cannot
    /// remove now waits; a revert, which would forget it, is refused.
    static func sweep(_ directory: WorkingDirectory, forRevert: Bool) throws(StoreError) {
        let room = directory.room.directory
        var unbegun: RevertJournal?
        do throws(StoreError) {
            unbegun = try RevertJournal.read(in: room, RevertJournal.unfinished)
        } catch {
            // Half written: what it would have named was not made yet.
        }
        var isSwept = true
        if let unbegun {
            for mount in unbegun.mounts {
                do throws(SystemError) {
                    let root = try directory.place.directory.open([0x2E], [.read, .directory])
                    if try !sweep(mount, token: unbegun.token, in: root) { isSwept = false }
                } catch {
                    // What is left there are copies, which no take has to wait for; a revert is alone, and would forget them.
                    if forRevert { throw StoreError(error, doing: "clean up in", mount.path) }
                    isSwept = false
                }
            }
        }
        guard let home = try? directory.place.home.directory(StoreLayout.stagingName) else { return }
        // What cannot go does no harm.
        try? TreeRemoval.empty(home.descriptor, except: keptSuffix)
        if unbegun != nil && (isSwept || forRevert) { try RevertJournal.remove(in: room) }
    }

    /// False: its file system is not mounted now, so that what is staged on it, copies all of them, has to wait.
    private static func sweep(_ mount: RevertJournal.Mount, token: String, in root: borrowing FileDescriptor)
        throws(SystemError) -> Bool
    {
        let top: FileDescriptor
        do throws(SystemError) {
            top = try root.openBeneath(mount.path, [.read, .directory])
        } catch {
            // Gone with all that was in it, if it is still so when asked again.
            guard error.isNotFound || error.isLoop else { throw error }
            if try root.hasBeneath(mount.path) { throw error }
            return true
        }
        if mount.isMountPoint, try top.facts().1.mount_root == 0 { return false }
        let name = mountPrefix + Array(token.utf8)
        guard try top.has(name) else { return true }
        try TreeRemoval.remove(name, in: top)
        try top.setModificationTime(seconds: mount.seconds, nanoseconds: mount.nanoseconds)
        return true
    }

    /// The directory that a staging directory is made in is there.
    func isThere(_ mount: RevertJournal.Mount) throws(SystemError) -> Bool { try live.hasDirectory(mount.path) }

    private var mountName: [UInt8] { Self.mountPrefix + Array(token.utf8) }

    /// The area for what lies in the directory `path`, or in the nearest above it that is there. nil: there is none yet.
    func area(for path: [UInt8]) throws(SystemError) -> StagingArea? {
        let device = try device(of: path)
        return areas.first { $0.device == device }
    }

    private func device(of path: [UInt8]) throws(SystemError) -> UInt64 {
        var current = path
        while true {
            do throws(SystemError) {
                return try live.directory(current).descriptor.facts().1.device
            } catch {
                guard error.isNotFound || error.isLoop, !current.isEmpty else { throw error }
                current = parentPath(current)
            }
        }
    }

    /// The top of the file system that `path` is on.
    func mountPoint(of path: [UInt8]) throws(SystemError) -> [UInt8] {
        let device = try device(of: path)
        var current = path
        while !current.isEmpty, try self.device(of: parentPath(current)) == device { current = parentPath(current) }
        return current
    }

    /// What the journal must say before the area at the top of another file system is made.
    func mount(_ path: [UInt8]) throws(SystemError) -> RevertJournal.Mount {
        let (facts, extra) = try live.directory(path).descriptor.facts()
        return RevertJournal.Mount(
            path: path, isMountPoint: extra.mount_root != 0, seconds: facts.mtime_seconds,
            nanoseconds: facts.mtime_nanoseconds)
    }

    /// Opens the area at the top of another file system, and makes it if it is not there. The directory it is made in then has the time of `mount`.
    func openMount(_ mount: RevertJournal.Mount) throws(SystemError) {
        let path = mount.path
        if areas.contains(where: { $0.mount == path }) { return }
        let top = try live.root.openBeneath(path, [.read, .directory])
        do throws(SystemError) {
            try top.makeDirectory(mountName, mode: 0o700)
            try top.setModificationTime(seconds: mount.seconds, nanoseconds: mount.nanoseconds)
        } catch {
            if !error.isExisting { throw error }
        }
        let open = OpenDirectory(owning: try top.open(mountName, [.read, .directory]))
        areas.append(StagingArea(open, device: try open.descriptor.facts().1.device, mount: path))
    }

    /// What is made while a journal is there has this behind its name until it is whole and synced.
    static let partSuffix = Array(".part".utf8)

    /// What is behind the name of something that no later revert may remove.
    static let keptSuffix = Array(".kept".utf8)

    /// What was made on other file systems goes, with all that is staged there; where nothing may be written any more it stays.
    func clearMounts() throws(SystemError) {
        for area in areas {
            guard let mount = area.mount else { continue }
            do throws(SystemError) {
                try clear(area, in: mount)
            } catch {
                if error.isNotFound || error.isLoop, try !live.hasDirectory(mount) { continue }
                if !error.isRefusal { throw error }
            }
        }
        areas.removeAll { $0.mount != nil }
    }

    private func clear(_ area: StagingArea, in mount: [UInt8]) throws(SystemError) {
        let top = try live.root.openBeneath(mount, [.read, .directory])
        let (facts, extra) = try top.facts()
        // Something else is mounted there now, or nothing any more.
        if extra.device != area.device { return }
        try disown(area)
        try TreeRemoval.empty(area.open.descriptor, except: Self.keptSuffix)
        do throws(SystemError) {
            try top.remove(mountName, directory: true)
        } catch {
            // Something is kept in it; or it went by another hand.
            var isGone = false
            if error.isNotFound { isGone = try !top.has(mountName) }
            guard error.isExisting || isGone else { throw error }
        }
        try top.setModificationTime(seconds: facts.mtime_seconds, nanoseconds: facts.mtime_nanoseconds)
    }

    /// Renames everything staged to what is not whole: the journal is still there, and half a directory must not be put back.
    private func disown(_ area: StagingArea) throws(SystemError) {
        let scanner = DirectoryScanner()
        try scanner.readNamesAnew(of: area.open.descriptor)
        for name in (0..<scanner.count).map({ scanner.name($0) }) {
            let isPassing = [Self.keptSuffix, Self.partSuffix].contains { name.suffix($0.count) == $0[...] }
            if isPassing { continue }
            let part = name + Self.partSuffix
            try TreeRemoval.remove(part, in: area.open.descriptor)
            try area.open.descriptor.move(name, to: area.open.descriptor, part)
        }
    }

    /// Everything staged goes, and the directories made for it. What cannot go is left for the next revert.
    func clear() throws(SystemError) {
        try clearMounts()
        for area in areas { try TreeRemoval.empty(area.open.descriptor, except: Self.keptSuffix) }
    }

    func sync() throws(SystemError) {
        for area in areas { try area.open.descriptor.syncFileSystem() }
    }
}

/// Removing directories with all that is in them, of any depth.
package enum TreeRemoval {
    /// Removes everything in `directory`, except entries of its own with `suffix`.
    package static func empty(_ directory: borrowing FileDescriptor, except suffix: [UInt8] = []) throws(SystemError) {
        let scanner = DirectoryScanner()
        // Directories wait until what is in them is gone, so that depth costs no descriptors and no stack.
        var pending: [(path: [UInt8], isEmptied: Bool)] = [([], false)]
        while let (path, isEmptied) = pending.popLast() {
            if isEmptied {
                let name = lastName(path)
                try directory.openBeneath(parentPath(path), [.read, .directory]).remove(name, directory: true)
                continue
            }
            if !path.isEmpty { pending.append((path, true)) }
            let open = try openForRemoval(path, in: directory)
            // A listing has a position, and the caller's descriptor keeps its own.
            try scanner.readNames(of: open)
            for index in 0..<scanner.count {
                let name = scanner.name(index)
                if path.isEmpty && !suffix.isEmpty && name.suffix(suffix.count) == suffix[...] { continue }
                let isDirectory: Bool
                if let type = scanner.listedType(index) {
                    isDirectory = type == .directory
                } else {
                    isDirectory = try open.facts(of: name).0.type == .directory
                }
                if isDirectory { pending.append((join(path, name), false)) } else { try open.remove(name) }
            }
        }
    }

    private static func openForRemoval(_ path: [UInt8], in directory: borrowing FileDescriptor) throws(SystemError)
        -> FileDescriptor
    {
        do throws(SystemError) {
            let open = try directory.openBeneath(path, [.read, .directory])
            let facts = try open.facts().0
            if facts.permissions & 0o300 != 0o300 && Process.effectiveUser != 0 { try open.setPermissions(0o700) }
            return open
        } catch {
            guard error.isPermission, !path.isEmpty else { throw error }
            let parent = try directory.openBeneath(parentPath(path), [.read, .directory])
            try parent.setPermissions(0o700, of: lastName(path))
            return try directory.openBeneath(path, [.read, .directory])
        }
    }

    package static func remove(_ name: [UInt8], in directory: borrowing FileDescriptor) throws(SystemError) {
        guard let type = try directory.factsIfThere(of: name)?.0.type else { return }
        if type == .directory {
            let open: FileDescriptor
            do throws(SystemError) {
                open = try directory.open(name, [.read, .directory])
            } catch {
                guard error.isPermission else { throw error }
                try directory.setPermissions(0o700, of: name)
                open = try directory.open(name, [.read, .directory])
            }
            try empty(open)
        }
        try directory.remove(name, directory: type == .directory)
    }
}
