// Directories that cannot be moved as a whole: merged entry by entry, or emptied. And the modes and times that moving one takes.

internal import CSnapSystem
internal import SnapSystem

extension RevertApplier {
    // MARK: Directories in the way

    /// Moves what is staged of a directory into one that is there, entry by entry; nothing that is there is touched.
    func merge(_ directory: TreeEntry, _ path: [UInt8], _ staged: [UInt8], _ area: StagingArea)
        throws(SystemError) -> Outcome
    {
        var isWhole = true
        var pending: [(entry: TreeEntry, path: [UInt8], staged: [UInt8])] = [(directory, path, staged)]
        var emptied: [[UInt8]] = []
        while let (entry, path, staged) = pending.popLast() {
            emptied.append(staged)
            guard let children = try? live.source.entries(of: entry) else {
                return .conflict("it cannot be read from the store")
            }
            let from = try area.open.descriptor.openBeneath(staged, [.read, .directory])
            let target = try live.root.openBeneath(path, [.read, .directory])
            for child in children where !child.isGapWithoutContent {
                do throws(SystemError) {
                    try from.move(child.name, to: target, child.name)
                } catch {
                    if error.isNotFound { continue }
                    guard error.isExisting else { throw error }
                    if try live.matches(child, child.name, in: target, [.looseMode]) {
                        // There twice, and both are what the snapshot has.
                        if try live.matches(child, child.name, in: from, [.looseMode]) {
                            try TreeRemoval.remove(child.name, in: from)
                        }
                        continue
                    }
                    if child.type == .directory, try target.facts(of: child.name).0.type == .directory {
                        pending.append((child, join(path, child.name), join(staged, child.name)))
                    } else {
                        note(join(path, child.name), "something else is in its place")
                        isWhole = false
                    }
                }
            }
        }
        live.forget()
        // What is left of it are directories without entries, or something that is looked at in the end.
        for shell in emptied.reversed() {
            do throws(SystemError) {
                let above = try area.open.descriptor.openBeneath(parentPath(shell), [.read, .directory])
                try above.remove(lastName(shell), directory: true)
            } catch {
                if !error.isExisting && !error.isNotFound { throw error }
            }
        }
        let parent = try live.directory(parentPath(path))
        try tighten(directory, lastName(path), parent)
        if isWhole, try live.matches(directory, lastName(path), in: parent.descriptor, [.looseMode, .anyDirectoryTime])
        {
            return .applied
        }
        return .conflict("a directory came to be in its place, and is not all that was there")
    }

    /// Removes a directory's entries one by one, as far as they are what the snapshot says, and then the directory. ENOTEMPTY if something else is in it.
    func removeEntries(of directory: TreeEntry, _ path: [UInt8], _ area: StagingArea) throws(SystemError) {
        var pending: [(entry: TreeEntry, path: [UInt8], isEmptied: Bool)] = [(directory, path, false)]
        var stays: SystemError?
        while let (entry, path, isEmptied) = pending.popLast() {
            if isEmptied {
                let parent = try live.root.openBeneath(parentPath(path), [.read, .directory])
                do throws(SystemError) {
                    try parent.remove(lastName(path), directory: true)
                } catch {
                    guard error.isExisting else { throw error }
                    stays = error
                    // Its time is that of the last change to it.
                    if let (facts, _) = try parent.factsIfThere(of: lastName(path)), facts.type == .directory,
                        facts.permissions != entry.mode, facts.permissions == entry.mode | 0o700
                    {
                        try parent.setPermissions(entry.mode, of: lastName(path))
                    }
                }
                continue
            }
            pending.append((entry, path, true))
            guard let children = try? live.source.entries(of: entry) else { continue }
            let open = try live.root.openBeneath(path, [.read, .directory])
            try loosenOpen(open)
            for child in children {
                let childPath = join(path, child.name)
                if child.type == .directory {
                    if try open.factsIfThere(of: child.name)?.0.type == .directory {
                        pending.append((child, childPath, false))
                    }
                    continue
                }
                guard try live.matches(child, child.name, in: open) else { continue }
                let staged = RevertStep.stagedName(childPath)
                if try area.has(staged) { try keep(staged, childPath, area) }
                try open.move(child.name, to: area.open.descriptor, staged)
                if try !live.matches(child, staged, in: area.open.descriptor, [.settled]) {
                    try area.open.descriptor.move(staged, to: open, child.name)
                }
            }
        }
        live.forget()
        if let stays { throw stays }
    }

    // MARK: Modes

    /// Only who may write in a directory may move it to another.
    func loosen(_ facts: FileFacts, _ name: [UInt8], _ parent: OpenDirectory) throws(SystemError) {
        guard user != 0, facts.type == .directory, facts.permissions & 0o700 != 0o700 else { return }
        try parent.descriptor.setPermissions(facts.permissions | 0o700, of: name)
    }

    /// What came out and went back has the mode and the time that it had, if it is still that directory.
    func unloosen(_ former: FileFacts, _ name: [UInt8], _ parent: OpenDirectory) throws(SystemError) {
        guard former.type == .directory, let (facts, _) = try parent.descriptor.factsIfThere(of: name),
            facts.inode == former.inode, facts.type == .directory
        else { return }
        if facts.permissions != former.permissions, facts.permissions == former.permissions | 0o700 {
            try parent.descriptor.setPermissions(former.permissions, of: name)
        }
        try parent.descriptor.setModificationTime(
            seconds: former.mtime_seconds, nanoseconds: former.mtime_nanoseconds, of: name)
    }

    func loosenOpen(_ directory: borrowing FileDescriptor) throws(SystemError) {
        let facts = try directory.facts().0
        guard user != 0, facts.permissions & 0o700 != 0o700 else { return }
        try directory.setPermissions(facts.permissions | 0o700)
    }

    /// A directory that was put in place has its own mode and time: it was opened to be moved, and some file systems touch what an exchange moves.
    func tighten(_ entry: TreeEntry, _ name: [UInt8], _ parent: OpenDirectory) throws(SystemError) {
        guard entry.type == .directory, let (facts, _) = try parent.descriptor.factsIfThere(of: name),
            facts.type == .directory
        else { return }
        if facts.permissions != entry.mode, facts.permissions == entry.mode | 0o700 {
            try parent.descriptor.setPermissions(entry.mode, of: name)
        }
        if facts.mtime_seconds != entry.seconds || facts.mtime_nanoseconds != entry.nanoseconds {
            try parent.descriptor.setModificationTime(
                seconds: entry.seconds, nanoseconds: entry.nanoseconds, of: name)
        }
    }
}
