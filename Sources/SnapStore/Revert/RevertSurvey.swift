// Before anything is applied: which steps are done, and what of theirs is staged. After an interruption that is found by looking.

internal import SnapSystem

extension RevertApplier {
    /// After an interruption: which steps are done, and what of theirs is staged. Answers the steps for which something must be made.
    func survey() throws(SystemError) -> [Int] {
        var needed: [Int] = []
        for (index, step) in work.steps.enumerated() {
            do throws(SystemError) {
                if try survey(step, index) { needed.append(index) }
            } catch {
                // Nobody can end the revert there, and it must end.
                guard error.isRefusal else { throw error }
                outcomes[index] = .conflict(error.reason)
                note(step.path, "\(error.call): \(error.reason)")
            }
        }
        return needed
    }

    /// True if something must be made for the step.
    private func survey(_ step: RevertStep, _ index: Int) throws(SystemError) -> Bool {
        guard let area = try staging.area(for: parentPath(step.path)) else { return false }
        try restoreOld(step, area)
        let state = try state(of: step)
        if case .to = state {
            outcomes[index] = .already
            return false
        }
        let hasStaged = try area.has(step.stagedName)
        if step.kind == .metadata && (hasStaged || isShared(step)) { exchanged.insert(index) }
        guard step.needsContent || exchanged.contains(index) else { return false }
        return try !reuse(step, index, state, area)
    }

    /// Where a file system has no exchange, a step moves what is there out of the way first; an interruption may leave it there.
    func restoreOld(_ step: RevertStep, _ area: StagingArea) throws(SystemError) {
        let old = step.stagedName + Self.oldSuffix
        guard try area.has(old) else { return }
        guard let parent = try parent(of: step) else { return try keep(old, step.path, area) }
        if try !parent.descriptor.has(lastName(step.path)) {
            try area.open.descriptor.move(old, to: parent.descriptor, lastName(step.path))
        } else {
            try discard(step.stagedName, step, area)
            try area.open.descriptor.move(old, to: area.open.descriptor, step.stagedName)
        }
    }

    /// Finds what is staged already and can be put in place; else gives what must be made a name of its own. An interruption leaves only whole things under these
    /// names: what is made now has another until all of it is made.
    func reuse(_ step: RevertStep, _ index: Int, _ state: State, _ area: StagingArea) throws(SystemError) -> Bool {
        if step.isLinkOnly { return try reuseFormer(step, index, area) }
        guard let to = step.to else { return false }
        for name in stagedNames(of: step) where try area.has(name) {
            if try live.matches(to, name, in: area.open.descriptor, [.looseMode, .anyDirectoryTime]) {
                names[index] = name
                return true
            }
        }
        if isBack && state == .from, try area.has(step.stagedName) {
            let isFrom = try step.from.map { (from) throws(SystemError) in
                try live.matches(from, step.stagedName, in: area.open.descriptor, [.looseMode, .anyDirectoryTime])
            }
            // It came out in exchange for what is there now, and whoever wrote to it since meant it.
            if isFrom != true { return true }
        }
        names[index] = step.stagedName + (isBack ? Self.backSuffix : Self.againSuffix)
        try discard(names[index], step, area)
        return false
    }

    func reuseFormer(_ step: RevertStep, _ index: Int, _ area: StagingArea) throws(SystemError) -> Bool {
        names[index] = step.stagedName + (isBack ? Self.backSuffix : Self.againSuffix)
        try discard(names[index], step, area)
        let former = step.stagedName + Self.formerSuffix
        guard isBack, try area.has(former) else { return false }
        try area.open.descriptor.link(former, to: area.open.descriptor, names[index])
        return true
    }

    /// Everything that can be staged for a step and is whole.
    func stagedNames(of step: RevertStep) -> [[UInt8]] {
        [step.stagedName, step.stagedName + Self.againSuffix, step.stagedName + Self.backSuffix]
    }

    /// Removes what is staged, unless it is in neither snapshot: that came out when nobody could look at it any more, and stays in the staging directory.
    func discard(_ name: [UInt8], _ step: RevertStep, _ area: StagingArea) throws(SystemError) {
        guard try area.has(name) else { return }
        for entry in [step.from, step.to] {
            if let entry, try live.matches(entry, name, in: area.open.descriptor, [.looseMode, .anyDirectoryTime]) {
                return try TreeRemoval.remove(name, in: area.open.descriptor)
            }
        }
        try keep(name, step.path, area)
    }

    /// Gives what is in no snapshot a name that nothing removes.
    func keep(_ name: [UInt8], _ path: [UInt8], _ area: StagingArea) throws(SystemError) {
        var number = 0
        while true {
            let kept = name + (number == 0 ? [] : Array(".\(number)".utf8)) + Staging.keptSuffix
            number += 1
            do throws(SystemError) {
                try area.open.descriptor.move(name, to: area.open.descriptor, kept)
            } catch {
                if error.isExisting && number < 10_000 { continue }
                throw error
            }
            let place =
                area.mount.map { String(decoding: $0, as: UTF8.self) + "/.snapstaging-…" } ?? ".snapstore/staging"
            note(path, "another version of it was kept as '\(place)/\(String(decoding: kept, as: UTF8.self))'")
            return
        }
    }

    /// Everything that had to be made is made.
    func complete(_ indexes: [Int]) throws(SystemError) {
        for index in indexes {
            guard let area = try staging.area(for: parentPath(work.steps[index].path)) else { continue }
            let part = names[index] + Staging.partSuffix
            if try area.has(part) { try area.open.descriptor.move(part, to: area.open.descriptor, names[index]) }
        }
    }

    /// Which paths are one file: where one of them is in place already, the others become that.
    var links: [StagedLinks] {
        var done: Set<[UInt8]> = []
        for (index, step) in work.steps.enumerated() {
            if case .already = outcomes[index] { done.insert(step.path) }
        }
        if done.isEmpty { return work.links }
        return work.links.map { link in
            let inPlace = link.paths.first { path in
                var above = path
                while !above.isEmpty {
                    if done.contains(above) { return true }
                    above = parentPath(above)
                }
                return false
            }
            return StagedLinks(keeper: link.keeper ?? inPlace, paths: link.paths, entry: link.entry)
        }
    }

    /// Without an interruption before: the steps for which something must be made.
    func begin() -> [Int] {
        for (index, step) in work.steps.enumerated() where isShared(step) { exchanged.insert(index) }
        return work.steps.indices.filter { work.steps[$0].needsContent || exchanged.contains($0) }
    }

    /// What has other names, or may have, is not changed in place.
    func isShared(_ step: RevertStep) -> Bool {
        guard step.kind == .metadata, step.to?.type != .directory else { return false }
        guard let parent = try? live.directory(parentPath(step.path)),
            let facts = try? parent.descriptor.facts(of: lastName(step.path)).0
        else { return true }
        return facts.links > 1
    }
}
