// One of the files with settings, to be changed.
//
// Each change is a read and a replacement under a lock, so that of two at once none is lost. A store has a lock file for that; beside the
// other files nothing is made that nobody asked for, so there the directory itself is locked, where the file system can. A file
// that is a symbolic link stays one: what it leads to is replaced. A link to nothing is left alone, with an error.

internal import SnapSystem

package struct ConfigurationTarget: Sendable {
    package let level: ConfigurationLevel
    /// Absolute.
    package let path: [UInt8]
    /// Of the store's file only.
    private let layout: StoreLayout?

    /// The system's or the user's file.
    package init(_ level: ConfigurationLevel, path: [UInt8]) {
        self.level = level
        self.path = path
        layout = nil
    }

    /// The file of a working directory's store.
    package init(of directory: WorkingDirectory) {
        level = .store
        layout = directory.layout
        path = directory.layout.root.path(of: StoreConfiguration.file)
    }

    /// The file as it is; nil if it is not there. A file that would not be used is an error.
    package func read() throws(StoreError) -> [UInt8]? {
        if let layout { return try layout.root.read(StoreConfiguration.file, limit: StoreDirectory.smallFileLimit) }
        switch try TrustedFile.read(path) {
        case .absent: return nil
        case .bytes(let content): return content
        case .refused(let reason): throw .system(doing: "use", path: path, reason: reason)
        }
    }

    /// Changes the settings by `body`. False if that left them as they were; then nothing is written.
    package func change(_ body: (inout ConfigurationText) -> Void) throws(StoreError) -> Bool {
        try write { (current) throws(StoreError) in
            var text: ConfigurationText
            do throws(KeyValueError) {
                text = try ConfigurationText(parsing: current ?? [])
            } catch {
                throw StoreError.invalidConfiguration(
                    file: String(decoding: path, as: UTF8.self), reason: error.reason)
            }
            let before = text
            body(&text)
            return text == before ? nil : text.bytes
        }
    }

    /// Replaces the file as a whole, if it is still what it was. False if somebody else has changed it.
    package func replace(_ old: [UInt8]?, with new: [UInt8]) throws(StoreError) -> Bool {
        var isAsBefore = true
        _ = try write { (current) throws(StoreError) in
            isAsBefore = current == old
            return isAsBefore ? new : nil
        }
        return isAsBefore
    }

    // MARK: Writing

    private typealias Edit = (_ current: [UInt8]?) throws(StoreError) -> [UInt8]?

    private func write(_ edit: Edit) throws(StoreError) -> Bool {
        if let layout { return try write(edit, in: layout) }
        // Where there is nothing, and nothing to write, no directory is made.
        if try read() == nil {
            guard try edit(nil) != nil else { return false }
        }
        let real: [UInt8]
        do throws(SystemError) {
            real = try Self.target(of: path)
        } catch {
            throw StoreError(error, doing: "find", path)
        }
        guard let slash = real.lastIndex(of: 0x2F) else {
            throw .system(doing: "write", path: path, reason: "it is not an absolute path")
        }
        let name = Array(real[(slash + 1)...])
        let parent = slash == 0 ? [0x2F] : Array(real[..<slash])
        let directory: FileDescriptor
        do throws(SystemError) {
            directory = try Self.openOrMake(parent, permissions: level == .system ? 0o755 : 0o700)
        } catch {
            throw StoreError(error, doing: "make", parent)
        }
        try Self.lock(directory)
        guard let new = try edit(try read()) else { return false }
        var isLink = false
        do throws(SystemError) {
            let facts = try directory.factsIfThere(of: name)?.0
            isLink = facts?.type == .symbolicLink
            if !isLink {
                try AtomicFile.replace(
                    name, in: directory, with: new, ownership: .own,
                    permissions: facts?.permissions ?? (level == .system ? 0o644 : 0o600))
            }
        } catch {
            throw StoreError(error, doing: "write", path)
        }
        if isLink { throw .system(doing: "write", path: path, reason: "it is a symbolic link that leads to nothing") }
        return true
    }

    private func write(_ edit: Edit, in layout: StoreLayout) throws(StoreError) -> Bool {
        let lock = try layout.locks.configuration()
        let current = try layout.root.read(StoreConfiguration.file, limit: StoreDirectory.smallFileLimit)
        let new = try edit(current)
        if let new { try layout.root.replace(StoreConfiguration.file, with: new) }
        lock.release()
        return new != nil
    }

    /// Waits for others who write here. Where directories cannot be locked, the last one wins.
    private static func lock(_ directory: borrowing FileDescriptor) throws(StoreError) {
        do throws(SystemError) {
            _ = try directory.lock(exclusive: true, waiting: true, isInterruptible: true)
        } catch {
            if error.isInterruption { throw .cancelled }
        }
    }

    /// What the path leads to; the path itself if that is not there.
    private static func target(of path: [UInt8]) throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            return try Process.realPath(path)
        } catch {
            if error.isNotFound { return path }
            throw error
        }
    }

    /// The directory at `path`, made with those above it that are not there.
    private static func openOrMake(_ path: [UInt8], permissions: UInt16) throws(SystemError) -> FileDescriptor {
        var missing: [[UInt8]] = []
        for ancestor in ancestors(of: path) {
            if try isThere(ancestor) { break }
            missing.append(ancestor)
        }
        for place in missing.reversed() {
            guard let slash = place.lastIndex(of: 0x2F) else { continue }
            let parent = try FileDescriptor.open(
                slash == 0 ? [0x2F] : Array(place[..<slash]), [.pathOnly, .directory])
            do throws(SystemError) {
                let name = place[(slash + 1)...]
                try parent.makeDirectory(name, mode: UInt32(permissions))
                // The umask of an administrator may be one that would keep the settings of all from all.
                try parent.open(name, [.read, .directory]).setPermissions(permissions)
            } catch {
                // Somebody else was faster.
                if !error.isExisting { throw error }
            }
        }
        return try FileDescriptor.open(path, [.read, .directory])
    }

    private static func isThere(_ path: [UInt8]) throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try FileDescriptor.open(path, [.pathOnly, .directory])
            return true
        } catch {
            if error.isNotFound { return false }
            throw error
        }
    }
}
