// Putting a snapshot, or some of its paths, into a directory of its own: `revert --into`.
//
// Nothing is written before the snapshot is known to be readable, and never into a directory that holds anything: the
// one thing that is refused.

internal import SnapSystem

extension WorkingDirectory {
    /// Puts everything that the snapshot covers into the directory `path`, which must be empty, or new in a directory
    /// that is there. It becomes what the working directory's root was. What could not be put back, wholly or in
    /// part, is in the report.
    ///
    /// With `paths`, as in `RevertOptions.paths`, only what they select, and the directories on the way to it, with what
    /// is their own. Then `path` is a place and not the root: it keeps what it has, and is mode 0700 if it is new. Hard
    /// links stay links among what is selected. The root's path, `.` or empty, selects everything, the root with it.
    ///
    /// Throws `notEmpty`; `pathNotFound` if one of the paths selects nothing; and both before anything is made;
    /// `cancelled`, and then what was written stays; and what stops all of it, such as a full disk.
    public func restore(
        _ id: ObjectID, into path: [UInt8], paths: [[UInt8]], observer: Observer
    ) throws(StoreError) -> RestoreReport {
        let manifest = try manifest(id)
        let root = manifest.root
        let restorer = Restorer(packs: packs, observer: observer, threads: nil)
        let selection = try restorer.select(PathSelection(paths), in: root)
        let target = try openTarget(path)
        var expected = ProgressTotal()
        if paths.isEmpty {
            expected = ProgressTotal(files: manifest.statistics.files, bytes: manifest.statistics.bytes)
        }
        return try restorer.restore(selection, of: root, into: target, path: path, expecting: expected)
    }

    private func openTarget(_ path: [UInt8]) throws(StoreError) -> FileDescriptor {
        do throws(SystemError) {
            let target = try openOrMake(path)
            let scanner = DirectoryScanner()
            try scanner.readNamesAnew(of: target)
            if scanner.count == 0 { return target }
        } catch {
            throw StoreError(error, doing: "open", path)
        }
        throw .notEmpty(path: path)
    }

    private func openOrMake(_ path: [UInt8]) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try FileDescriptor.open(path, [.read, .directory])
        } catch {
            guard error.isNotFound, try !exists(path) else { throw error }
        }
        var name = path[...]
        while name.count > 1, name.last == 0x2F { name.removeLast() }
        let slash = name.lastIndex(of: 0x2F)
        let above = slash.map { Array(name[..<max($0, 1)]) } ?? [0x2E]
        let parent = try FileDescriptor.open(above, [.pathOnly, .directory])
        let last = slash.map { name[($0 + 1)...] } ?? name
        try parent.makeDirectory(last, mode: 0o700)
        return try parent.open(last, [.read, .directory])
    }

    private func exists(_ path: [UInt8]) throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try FileDescriptor.open(path, [.pathOnly])
            return true
        } catch {
            if error.isNotFound { return false }
            throw error
        }
    }
}
