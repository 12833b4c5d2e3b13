// What a revert may not do, and whole directories: what of one is in no snapshot, and what putting one there takes.

internal import SnapSystem

extension RevertPlanner {
    /// Why the safety snapshot could not give the entry back; nil if it could.
    func unsaved(_ entry: TreeEntry) -> String? {
        guard let gap = entry.gap, !entry.isPartlyCovered else { return nil }
        return "it is not saved: " + (gap.detail.isEmpty ? gap.reason.name : gap.detail)
    }

    /// Why this user could not make one of the two again: another's file, a device. nil: could, or need not.
    func unrepeatable(_ from: TreeEntry?, _ to: TreeEntry?) -> String? {
        if user == 0 || options.force { return nil }
        for entry in [from, to] {
            guard let entry else { continue }
            if entry.type == .characterDevice || entry.type == .blockDevice { return "only root can make a device" }
            if entry.owner != user { return "it belongs to user \(entry.owner), and only root can give it to him" }
            if !ownGroups.contains(entry.group) { return "it belongs to group \(entry.group), which is not yours" }
            if let attributes = live.keptAttributes(entry),
                let privileged = attributes.first(where: { Self.isPrivileged($0.name) })
            {
                return "only root can set its attribute '\(String(decoding: privileged.name, as: UTF8.self))'"
            }
        }
        return nil
    }

    private static func isPrivileged(_ name: [UInt8]) -> Bool {
        name.starts(with: Array("trusted.".utf8)) || name == Array("security.capability".utf8)
    }

    /// Everything below is saved, asked for, and may go; then its paths are counted. Where that is not so, the walk is not made again for the directories below.
    func isRemovable(_ directory: TreeEntry, _ path: [UInt8]) throws(StoreError) -> Bool {
        if staying.contains(path) { return false }
        let isKnown = staying.contains(parentPath(path))
        let top = path
        var found: [PlannedChange] = []
        var pending: [(entry: TreeEntry, path: [UInt8])] = [(directory, path)]
        let scanner = DirectoryScanner()
        while let (entry, path) = pending.popLast() {
            if observer.isCancelled?() ?? false { throw .cancelled }
            found.append(removal(path, true))
            var children = try source.entries(of: entry)
            if !isKnown, try !mayGo(entry, path, &children, scanner) { markStaying(path, upTo: top) }
            for child in children {
                let childPath = join(path, child.name)
                if child.type == .directory {
                    pending.append((child, childPath))
                } else {
                    found.append(removal(childPath, false))
                }
            }
        }
        if staying.contains(path) { return false }
        for change in found { note(.remove, change.path, isDirectory: change.isDirectory) }
        return true
    }

    /// With the directory at `path` all those stay that it is in.
    private func markStaying(_ path: [UInt8], upTo top: [UInt8]) {
        var current = path
        while staying.insert(current).inserted, current.count > top.count { current = parentPath(current) }
    }

    /// The directory and what is in it, but not what is below that. Takes from `children` what is no longer there and need not be.
    private func mayGo(
        _ entry: TreeEntry, _ path: [UInt8], _ children: inout [TreeEntry], _ scanner: DirectoryScanner
    ) throws(StoreError) -> Bool {
        if unsaved(entry) != nil || entry.isPartlyCovered || unrepeatable(entry, nil) != nil { return false }
        do throws(SystemError) {
            let open = try live.root.openBeneath(path, [.read, .directory])
            if try open.facts().1.mount_root != 0 { return false }
            try scanner.readNames(of: open)
            // Something that the snapshot lacks.
            var there: Set<[UInt8]> = []
            var position = 0
            for index in 0..<scanner.count {
                let name = scanner.name(index)
                while position < children.count, children[position].name.lexicographicallyPrecedes(name) {
                    position += 1
                }
                guard position < children.count, children[position].name == name else { return false }
                if try open.facts(of: name).1.mount_root != 0 { return false }
                if children[position].isLeftAlone { there.insert(name) }
            }
            children.removeAll { $0.isLeftAlone && !there.contains($0.name) }
        } catch {
            // Gone already, perhaps by a run of this revert that was interrupted.
            if !error.isNotFound && !error.isLoop { return false }
        }
        return children.allSatisfy { child in
            if child.type == .directory { return !options.keepGit || child.name != Self.gitName }
            return unsaved(child) == nil && unrepeatable(child, nil) == nil
        }
    }

    private func removal(_ path: [UInt8], _ isDirectory: Bool) -> PlannedChange {
        PlannedChange(action: .remove, path: path, isDirectory: isDirectory, reason: "", isConflict: false)
    }

    /// All of the directory can be put there at once; then its paths are counted, and the bytes that takes are answered; nil if it cannot. A `replace` counts as one for the directory itself.
    func countCreation(_ directory: TreeEntry, _ path: [UInt8], _ action: RevertAction = .create)
        throws(StoreError) -> UInt64?
    {
        var found: [PlannedChange] = []
        var bytes: UInt64 = 0
        var pending: [(entry: TreeEntry, path: [UInt8])] = [(directory, path)]
        while let (entry, path) = pending.popLast() {
            found.append(
                PlannedChange(
                    action: found.isEmpty ? action : .create, path: path, isDirectory: true, reason: "",
                    isConflict: false))
            for child in try source.entries(of: entry) {
                let childPath = join(path, child.name)
                if child.isGapWithoutContent { continue }
                if unrepeatable(nil, child) != nil { return nil }
                if child.type == .directory {
                    if options.keepGit && child.name == Self.gitName { return nil }
                    pending.append((child, childPath))
                } else {
                    bytes = bytes.addingSaturated(child.plannedBytes)
                    found.append(
                        PlannedChange(
                            action: .create, path: childPath, isDirectory: false, reason: "", isConflict: false))
                }
            }
        }
        for change in found { note(change.action, change.path, isDirectory: change.isDirectory) }
        return bytes
    }

    /// Something in the directory is selected.
    func hasSelected(_ directory: TreeEntry, _ path: [UInt8]) throws(StoreError) -> Bool {
        var pending: [(entry: TreeEntry, path: [UInt8])] = [(directory, path)]
        while let (entry, path) = pending.popLast() {
            for child in try source.entries(of: entry) where !child.isGapWithoutContent {
                let childPath = join(path, child.name)
                if selection.contains(childPath) { return true }
                if child.type == .directory && selection.mayContain(below: childPath) {
                    pending.append((child, childPath))
                }
            }
        }
        return false
    }
}

extension TreeEntry {
    /// What the file takes when it is put back: holes take nothing.
    var plannedBytes: UInt64 {
        switch extents {
        case nil: type == .file ? size : 0
        case .here(let extents): extents.reduce(0) { $0.addingSaturated($1.length) }
        case .elsewhere: 0
        }
    }
}
