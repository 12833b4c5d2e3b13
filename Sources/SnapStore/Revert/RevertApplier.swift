// Carrying out a revert's steps: each is one rename, and what came out of it is looked at and kept until all is done.
//
// The same code goes forward, back, and on after an interruption, because each step first asks what is there: what is to be there, and then it is done; what was there before, and then
// it is applied; or something else, which stays and is reported. A call that fails for no lasting reason ends the run with the journal in place.

internal import CSnapSystem
internal import SnapSystem

final class RevertApplier {
    /// What became of a step.
    enum Outcome {
        case pending
        /// It was so already.
        case already
        /// Put in place; what was there is staged.
        case applied
        case conflict(String)
    }

    let work: RevertSteps
    let live: LiveTree
    let staging: Staging
    let user = Process.effectiveUser
    /// What is staged in this direction, where the way forward left something else under the usual name.
    let isBack: Bool
    var outcomes: [Outcome]
    /// Steps that change metadata only, and make the file anew for it.
    var exchanged: Set<Int> = []
    /// The name of what is staged for each step, and is exchanged for what is there.
    var names: [[UInt8]]
    var conflicts: [RevertReport.Left] = []
    /// Sets metadata.
    let worker: RestoreWorker

    init(_ work: RevertSteps, _ live: LiveTree, _ staging: Staging, worker: RestoreWorker, isBack: Bool) {
        self.worker = worker
        self.work = work
        self.live = live
        self.staging = staging
        self.isBack = isBack
        outcomes = Array(repeating: .pending, count: work.steps.count)
        names = work.steps.map(\.stagedName)
    }

    static let againSuffix = Array(".again".utf8)
    static let backSuffix = Array(".back".utf8)
    static let formerSuffix = Array(".former".utf8)
    static let oldSuffix = Array(".old".utf8)

    func note(_ path: [UInt8], _ reason: String) {
        conflicts.append(RevertReport.Left(path: path, reason: reason))
    }

    /// The directory that the step's path is in; nil if it is not there any more.
    func parent(of step: RevertStep) throws(SystemError) -> OpenDirectory? {
        do throws(SystemError) {
            return try live.directory(parentPath(step.path))
        } catch {
            if error.isNotFound || error.isLoop { return nil }
            throw error
        }
    }

    // MARK: State

    enum State: Equatable { case absent, from, to, other }

    func state(of step: RevertStep) throws(SystemError) -> State {
        guard let parent = try parent(of: step) else { return step.to == nil ? .to : .absent }
        let name = lastName(step.path)
        guard try parent.descriptor.has(name) else {
            return step.to == nil ? .to : step.from == nil ? .from : .absent
        }
        if step.isLinkOnly { return try linkState(of: step, name, parent) }
        // Where the facts cannot tell the two apart, the bytes do.
        var areAlike = false
        if let from = step.from, let to = step.to { areAlike = isAlike(from, to) }
        let scrutiny: LiveTree.Scrutiny =
            areAlike ? [.bytes, .looseMode, .anyDirectoryTime] : [.looseMode, .anyDirectoryTime]
        if let to = step.to, try live.matches(to, name, in: parent.descriptor, scrutiny) { return .to }
        if let from = step.from, try live.matches(from, name, in: parent.descriptor, scrutiny) { return .from }
        if step.kind == .metadata, try isMixture(step, name, parent.descriptor) { return .from }
        return .other
    }

    /// Only the file itself tells which of the two it is: the former one was given another name in the staging directory before.
    func linkState(of step: RevertStep, _ name: [UInt8], _ parent: OpenDirectory) throws(SystemError) -> State {
        guard let to = step.to, try live.matches(to, name, in: parent.descriptor) else { return .other }
        var isFormer = true
        if let area = try staging.area(for: parentPath(step.path)) {
            let former = try area.open.descriptor.factsIfThere(of: step.stagedName + Self.formerSuffix)
            if let former { isFormer = try parent.descriptor.facts(of: name).0.inode == former.0.inode }
        }
        return isFormer == isBack ? .to : .from
    }

    func isAlike(_ a: TreeEntry, _ b: TreeEntry) -> Bool {
        a.type == b.type && a.size == b.size && a.seconds == b.seconds && a.nanoseconds == b.nanoseconds
            && a.mode == b.mode && a.owner == b.owner && a.group == b.group
    }

    /// Changing metadata in place was interrupted: each fact is one side's.
    func isMixture(_ step: RevertStep, _ name: [UInt8], _ parent: borrowing FileDescriptor) throws(SystemError) -> Bool
    {
        guard let from = step.from, let to = step.to, let (facts, extra) = try parent.factsIfThere(of: name) else {
            return false
        }
        var candidate = to
        for entry in [from, to] {
            if facts.permissions == entry.mode { candidate.mode = entry.mode }
            if facts.owner == entry.owner { candidate.owner = entry.owner }
            if facts.group == entry.group { candidate.group = entry.group }
            if facts.mtime_seconds == entry.seconds && facts.mtime_nanoseconds == entry.nanoseconds {
                candidate.seconds = entry.seconds
                candidate.nanoseconds = entry.nanoseconds
            }
        }
        // A change of owner takes set-id bits away before the mode is set.
        if facts.permissions == candidate.mode & 0o1777 || facts.permissions == from.mode & 0o1777 {
            candidate.mode = facts.permissions
        }
        return live.hasFacts(candidate, facts, extra)
    }

    // MARK: Steps

    /// Applies what is not done. Throws for what a repetition may mend. `onStep` is told how many steps are done.
    func apply(onStep: (Int) -> Void = { _ in }) throws(SystemError) {
        for index in work.steps.indices {
            defer { onStep(index + 1) }
            if case .pending = outcomes[index] {} else { continue }
            outcomes[index] = try apply(work.steps[index], names[index], isExchanged: exchanged.contains(index))
            if case .conflict(let reason) = outcomes[index] { note(work.steps[index].path, reason) }
        }
    }

    func apply(_ step: RevertStep, _ staged: [UInt8], isExchanged: Bool) throws(SystemError) -> Outcome {
        do throws(SystemError) {
            guard let area = try staging.area(for: parentPath(step.path)) else {
                return .conflict("nothing can be prepared on its file system")
            }
            let parent = try live.directory(parentPath(step.path))
            let name = lastName(step.path)
            switch step.kind {
            case .create: return try create(step, name, parent, staged, area)
            case .replace: return try replace(step, name, parent, staged, area)
            case .remove: return try remove(step, name, parent, staged, area)
            case .metadata:
                if isExchanged { return try replace(step, name, parent, staged, area) }
                return try setMetadata(step, name, parent)
            }
        } catch {
            if error.isRefusal { return .conflict("\(error.call): \(error.reason)") }
            // A directory could not be emptied, or a name was taken meanwhile.
            if error.isExisting { return .conflict("something else is in its place, or in it") }
            if error.isNotFound || error.isLoop { return .conflict("what it is in went away") }
            throw error
        }
    }

    func create(
        _ step: RevertStep, _ name: [UInt8], _ parent: OpenDirectory, _ staged: [UInt8], _ area: StagingArea
    ) throws(SystemError) -> Outcome {
        guard let to = step.to, try area.has(staged) else { return .conflict("it could not be made") }
        do throws(SystemError) {
            try area.open.descriptor.move(staged, to: parent.descriptor, name)
        } catch {
            guard error.isExisting else { throw error }
            if try live.matches(to, name, in: parent.descriptor, [.looseMode, .anyDirectoryTime]) { return .already }
            if to.type == .directory, try parent.descriptor.facts(of: name).0.type == .directory {
                return try merge(to, step.path, staged, area)
            }
            return .conflict("something else is in its place")
        }
        live.forget()
        try tighten(to, name, parent)
        return .applied
    }

    func replace(
        _ step: RevertStep, _ name: [UInt8], _ parent: OpenDirectory, _ staged: [UInt8], _ area: StagingArea
    ) throws(SystemError) -> Outcome {
        guard let from = step.from, let to = step.to, try area.has(staged) else {
            return .conflict("it could not be made")
        }
        guard let present = try parent.descriptor.factsIfThere(of: name) else {
            // Nothing is lost by what was removed meanwhile.
            try area.open.descriptor.move(staged, to: parent.descriptor, name)
            try tighten(to, name, parent)
            return .applied
        }
        try loosen(present.0, name, parent)
        if step.isLinkOnly && !isBack {
            let former = step.stagedName + Self.formerSuffix
            try TreeRemoval.remove(former, in: area.open.descriptor)
            try parent.descriptor.link(name, to: area.open.descriptor, former)
        }
        do throws(SystemError) {
            try area.open.descriptor.exchange(staged, with: parent.descriptor, name)
        } catch {
            if error.isCrossDevice && from.type == .directory {
                try removeEntries(of: from, step.path, area)
                try area.open.descriptor.move(staged, to: parent.descriptor, name)
                try tighten(to, name, parent)
                return .applied
            }
            guard error.isUnknownFlag else { throw error }
            let old = step.stagedName + Self.oldSuffix
            try parent.descriptor.move(name, to: area.open.descriptor, old)
            try area.open.descriptor.move(staged, to: parent.descriptor, name)
            try area.open.descriptor.move(old, to: area.open.descriptor, staged)
        }
        live.forget()
        if try live.matches(
            from, staged, in: area.open.descriptor,
            from.type == .directory ? [.shallow, .looseMode, .anyDirectoryTime] : [.looseMode])
        {
            try tighten(to, name, parent)
            return .applied
        }
        try putBack(staged, name, parent, area, isExchange: true)
        try unloosen(present.0, name, parent)
        if try live.matches(to, name, in: parent.descriptor, [.looseMode, .anyDirectoryTime]) { return .already }
        return .conflict("it was changed while the revert ran")
    }

    func remove(
        _ step: RevertStep, _ name: [UInt8], _ parent: OpenDirectory, _ staged: [UInt8], _ area: StagingArea
    ) throws(SystemError) -> Outcome {
        guard let from = step.from, let present = try parent.descriptor.factsIfThere(of: name) else {
            return .already
        }
        try discard(staged, step, area)
        try loosen(present.0, name, parent)
        do throws(SystemError) {
            try parent.descriptor.move(name, to: area.open.descriptor, staged)
        } catch {
            guard error.isCrossDevice, from.type == .directory else { throw error }
            try removeEntries(of: from, step.path, area)
            return .applied
        }
        live.forget()
        if try live.matches(
            from, staged, in: area.open.descriptor,
            from.type == .directory ? [.settled, .looseMode, .anyDirectoryTime] : [.looseMode])
        {
            return .applied
        }
        try putBack(staged, name, parent, area, isExchange: false)
        try unloosen(present.0, name, parent)
        if from.type == .directory, present.0.type == .directory {
            // Something in it is new or was changed: the rest of it goes.
            do throws(SystemError) {
                try removeEntries(of: from, step.path, area)
                return .applied
            } catch {
                guard error.isExisting else { throw error }
                return .conflict("it holds what is not saved, and stays")
            }
        }
        return .conflict("it was changed while the revert ran")
    }

    func putBack(_ staged: [UInt8], _ name: [UInt8], _ parent: OpenDirectory, _ area: StagingArea, isExchange: Bool)
        throws(SystemError)
    {
        live.forget()
        if isExchange {
            do throws(SystemError) {
                return try area.open.descriptor.exchange(staged, with: parent.descriptor, name)
            } catch {
                guard error.isUnknownFlag else { throw error }
            }
            let other = staged + Self.oldSuffix
            try parent.descriptor.move(name, to: area.open.descriptor, other)
            try area.open.descriptor.move(staged, to: parent.descriptor, name)
            return try area.open.descriptor.move(other, to: area.open.descriptor, staged)
        }
        try area.open.descriptor.move(staged, to: parent.descriptor, name)
    }
}
