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

    /// Everything below is saved, asked for, and may go; then its paths are counted.
    func isRemovable(_ directory: TreeEntry, _ path: [UInt8]) throws(StoreError) -> Bool {
        var found: [PlannedChange] = []
        var pending: [(entry: TreeEntry, path: [UInt8])] = [(directory, path)]
        let scanner = DirectoryScanner()
        while let (entry, path) = pending.popLast() {
            if unsaved(entry) != nil || entry.isPartlyCovered || unrepeatable(entry, nil) != nil { return false }
            found.append(removal(path, true))
            var expected = try source.entries(of: entry)
            do throws(SystemError) {
                let open = try live.root.openBeneath(path, [.read, .directory])
                if try open.facts().1.mount_root != 0 { return false }
                try scanner.readNames(of: open)
                // Something that the snapshot lacks.
                var there: Set<[UInt8]> = []
                var position = 0
                for index in 0..<scanner.count {
                    let name = scanner.name(index)
                    while position < expected.count, expected[position].name.lexicographicallyPrecedes(name) {
                        position += 1
                    }
                    guard position < expected.count, expected[position].name == name else { return false }
                    if try open.facts(of: name).1.mount_root != 0 { return false }
                    if expected[position].isLeftAlone { there.insert(name) }
                }
                expected.removeAll { $0.isLeftAlone && !there.contains($0.name) }
            } catch {
                // Gone already, perhaps by a run of this revert that was interrupted.
                if !error.isNotFound && !error.isLoop { return false }
            }
            for child in expected {
                let childPath = join(path, child.name)
                if child.type == .directory {
                    if options.keepGit && child.name == Array(".git".utf8) { return false }
                    pending.append((child, childPath))
                } else {
                    if unsaved(child) != nil || unrepeatable(child, nil) != nil { return false }
                    found.append(removal(childPath, false))
                }
            }
        }
        for change in found { note(.remove, change.path, isDirectory: change.isDirectory) }
        return true
    }

    private func removal(_ path: [UInt8], _ isDirectory: Bool) -> PlannedChange {
        PlannedChange(action: .remove, path: path, isDirectory: isDirectory, reason: "", isConflict: false)
    }

    /// All of the directory can be put there at once; then its paths are counted. A `replace` counts as one for the directory itself.
    func countCreation(_ directory: TreeEntry, _ path: [UInt8], _ action: RevertAction = .create)
        throws(StoreError) -> Bool
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
                if unrepeatable(nil, child) != nil { return false }
                if child.type == .directory {
                    if options.keepGit && child.name == Array(".git".utf8) { return false }
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
        result.newBytes = result.newBytes.addingSaturated(bytes)
        return true
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
