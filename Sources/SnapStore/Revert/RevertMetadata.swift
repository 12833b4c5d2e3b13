// Metadata of what stays: files of which nothing else differs, and the directories in which something was changed. And the last look at what came out, before it goes.

internal import CSnapSystem
internal import SnapSystem

extension RevertApplier {
    func setMetadata(_ step: RevertStep, _ name: [UInt8], _ parent: OpenDirectory) throws(SystemError) -> Outcome {
        guard let from = step.from, let to = step.to else { return .already }
        let isBefore = try live.matches(from, name, in: parent.descriptor)
        if !isBefore {
            if try live.matches(to, name, in: parent.descriptor) { return .already }
            guard try isMixture(step, name, parent.descriptor) else {
                return .conflict("it was changed while the revert ran")
            }
        }
        let present = Present(try parent.descriptor.facts(of: name).0)
        var problems: [String]
        if let file = to.type == .file ? try openFile(name, parent) : nil {
            try removeAttributes(notOf: to, file)
            problems = worker.apply(to, to: file, nil, present)
        } else {
            try removeAttributes(notOf: to, name, parent)
            problems = worker.apply(to, to: parent.descriptor, name, present)
        }
        try checkWorker()
        if problems.isEmpty { return .applied }
        problems.sort()
        return .conflict(problems.joined(separator: "; "))
    }

    private func openFile(_ name: [UInt8], _ parent: OpenDirectory) throws(SystemError) -> FileDescriptor? {
        do throws(SystemError) {
            return try parent.descriptor.open(name, [.read, .nonBlocking])
        } catch {
            if error.isPermission { return nil }
            throw error
        }
    }

    private func removeAttributes(notOf entry: TreeEntry, _ file: borrowing FileDescriptor) throws(SystemError) {
        guard entry.gap == nil || entry.isPartlyCovered, let kept = live.keptAttributes(entry) else { return }
        for attribute in try file.attributes() where !kept.contains(where: { $0.name == attribute.name }) {
            try file.removeAttribute(attribute.name)
        }
    }

    /// Of what is not opened: links, FIFOs, devices.
    private func removeAttributes(notOf entry: TreeEntry, _ name: [UInt8], _ parent: OpenDirectory)
        throws(SystemError)
    {
        guard entry.type != .file, entry.gap == nil, let kept = live.keptAttributes(entry) else { return }
        for attribute in try live.attributes(of: name, in: parent.descriptor)
        where !kept.contains(where: { $0.name == attribute.name }) {
            try parent.descriptor.removeAttribute(attribute.name, of: name)
        }
    }

    /// A call that failed for no lasting reason.
    private func checkWorker() throws(SystemError) {
        if let error = worker.run.takeFailure() { throw error }
    }

    // MARK: Directories

    /// Before anything in them changes: directories that their owner may not write in are opened to him.
    func loosenDirectories() throws(SystemError) {
        guard user != 0 else { return }
        for touch in work.directories {
            do throws(SystemError) {
                try loosenOpen(try live.directory(touch.path).descriptor)
            } catch {
                if !error.isNotFound && !error.isLoop && !error.isRefusal { throw error }
            }
        }
    }

    /// After everything in them is done, the deepest first.
    func finishDirectories() throws(SystemError) {
        for (index, step) in work.steps.enumerated() {
            guard let to = step.to, to.type == .directory, step.kind != .metadata else { continue }
            switch outcomes[index] {
            case .applied, .already:
                guard let parent = try parent(of: step) else { continue }
                try tighten(to, lastName(step.path), parent)
            case .pending, .conflict: continue
            }
        }
        for touch in work.directories.reversed() {
            do throws(SystemError) {
                try finish(touch)
            } catch {
                // Whoever removed it, or put something else in its place, need not hear of its mode and time.
                if error.isNotFound || error.isLoop, try !live.hasDirectory(touch.path) { continue }
                guard error.isRefusal || error.isNotFound || error.isLoop else { throw error }
                note(touch.path, "\(error.call): \(error.reason)")
            }
        }
    }

    private func finish(_ touch: DirectoryTouch) throws(SystemError) {
        let directory = try live.directory(touch.path)
        let (facts, extra) = try directory.descriptor.facts()
        let attributes = try directory.descriptor.attributes()
        if live.hasFacts(touch.to, facts, extra), hasAttributes(touch.to, attributes) { return }
        let scrutiny: LiveTree.Scrutiny = [.anyDirectoryTime, .looseMode]
        let isKnown =
            [touch.from, touch.to].contains { live.hasFacts($0, facts, extra, scrutiny) } || isMixture(touch, facts)
        guard isKnown else { return note(touch.path, "its mode or owner was changed while the revert ran") }
        try removeAttributes(notOf: touch.to, directory.descriptor)
        let problems = worker.apply(touch.to, to: directory.descriptor, nil, Present(facts))
        try checkWorker()
        if !problems.isEmpty { note(touch.path, problems.joined(separator: "; ")) }
    }

    private func isMixture(_ touch: DirectoryTouch, _ facts: FileFacts) -> Bool {
        let (a, b) = (touch.from, touch.to)
        let modes = [a.mode, b.mode, a.mode | 0o700, b.mode | 0o700, a.mode & 0o1777, b.mode & 0o1777]
        return facts.type == .directory && [a.owner, b.owner].contains(facts.owner)
            && [a.group, b.group].contains(facts.group) && modes.contains(facts.permissions)
    }

    private func hasAttributes(_ entry: TreeEntry, _ present: [ExtendedAttribute]) -> Bool {
        guard let kept = live.keptAttributes(entry) else { return false }
        return kept.count == present.count && present.allSatisfy { attribute in kept.contains(attribute) }
    }

    // MARK: What came out

    /// Looks once more at everything that came out, when whoever was writing to it has had the time to close it. What is not in the snapshot goes back.
    func settle() throws(SystemError) {
        for index in work.steps.indices {
            let step = work.steps[index]
            guard let from = step.from, step.kind != .metadata || exchanged.contains(index) else { continue }
            var isApplied = false
            switch outcomes[index] {
            case .applied: isApplied = true
            case .already: break
            case .pending, .conflict: continue
            }
            guard let area = try staging.area(for: parentPath(step.path)) else { continue }
            // A directory was looked at as a whole when it came out.
            if isApplied && from.type == .directory && step.kind == .remove { continue }
            for name in isApplied ? [names[index]] : stagedNames(of: step) where try area.has(name) {
                if try live.matches(from, name, in: area.open.descriptor, [.settled, .looseMode, .anyDirectoryTime]) {
                    continue
                }
                if !isApplied, let to = step.to,
                    try live.matches(to, name, in: area.open.descriptor, [.looseMode, .anyDirectoryTime])
                {
                    continue
                }
                // Where there is nothing to put it back into, the last look keeps it.
                guard let parent = try parent(of: step) else { continue }
                let isThere = try parent.descriptor.has(lastName(step.path))
                try putBack(name, lastName(step.path), parent, area, isExchange: isThere)
                outcomes[index] = .conflict("it was changed while the revert ran")
                note(step.path, "it was changed while the revert ran")
                break
            }
        }
    }
}
