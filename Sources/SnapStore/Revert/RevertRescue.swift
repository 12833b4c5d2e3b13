// The last look before anything staged goes: what is in neither snapshot stays, under a name that nothing removes.
//
// After an interruption the directory may have changed so that what came out belongs to no step of the plan any more, or to one that ended as a conflict. So the staging directories
// are listed, and each entry must be what the snapshots say of the path it is called after.

internal import SnapSystem

extension RevertApplier {
    func rescue() throws(SystemError) {
        var known: [[UInt8]: RevertStep] = [:]
        for step in work.steps { for name in stagedNames(of: step) { known[name] = step } }
        var below: [[UInt8]: (path: [UInt8], entry: TreeEntry)]?
        let scanner = DirectoryScanner()
        for area in staging.areas {
            try scanner.readNamesAnew(of: area.open.descriptor)
            let names = (0..<scanner.count).map { scanner.name($0) }
            for name in names where !isPassing(name) {
                if let step = known[name] {
                    if try isKnown(name, [step.from, step.to], area) { continue }
                    try keep(name, step.path, area)
                    continue
                }
                // An entry of a directory that went one by one.
                if below == nil { below = entriesBelow() }
                let found = below?[name]
                if let found, try isKnown(name, [found.entry], area) { continue }
                try keep(name, found?.path ?? [], area)
            }
        }
    }

    /// It is not whole, only a second name, or kept already.
    private func isPassing(_ name: [UInt8]) -> Bool {
        for suffix in [Staging.partSuffix, Self.formerSuffix, Array(".link".utf8), Staging.keptSuffix]
        where name.suffix(suffix.count) == suffix[...] { return true }
        return false
    }

    private func isKnown(_ name: [UInt8], _ entries: [TreeEntry?], _ area: StagingArea) throws(SystemError) -> Bool {
        for case let entry? in entries {
            if try live.matches(entry, name, in: area.open.descriptor, [.looseMode, .anyDirectoryTime]) { return true }
        }
        return false
    }

    /// What both snapshots have below the directories that change as a whole, and below those that stay, by staged name.
    private func entriesBelow() -> [[UInt8]: (path: [UInt8], entry: TreeEntry)] {
        var result: [[UInt8]: (path: [UInt8], entry: TreeEntry)] = [:]
        var pending: [(path: [UInt8], entry: TreeEntry)] = []
        for step in work.steps {
            for case let entry? in [step.from, step.to] where entry.type == .directory {
                pending.append((step.path, entry))
            }
        }
        for touch in work.directories { pending.append((touch.path, touch.from)) }
        while let (path, entry) = pending.popLast() {
            for child in (try? live.source.entries(of: entry)) ?? [] {
                let childPath = join(path, child.name)
                if result.updateValue((childPath, child), forKey: RevertStep.stagedName(childPath)) != nil { continue }
                if child.type == .directory { pending.append((childPath, child)) }
            }
        }
        return result
    }
}
