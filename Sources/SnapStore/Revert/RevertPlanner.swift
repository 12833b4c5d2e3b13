// Comparing two snapshots to find what a revert must do: `from`, which the directory is now, and `to`.
//
// Equal sub-trees are not opened. A path is touched only if the target covers it, or if the target's rules and gaps prove that it would have been covered and was absent; and only if
// the safety snapshot has it. A directory that goes is listed before, because what is not covered stands in no snapshot: where there is any, the directory stays and its covered entries go one by one.

internal import SnapSystem

final class RevertPlanner {
    let source: TreeSource
    let live: LiveTree
    let selection: PathSelection
    let options: RevertOptions
    let observer: Observer
    let targetRules: TargetRules
    /// Whoever may not give files away cannot make another's file again.
    let user = Process.effectiveUser
    let ownGroups = Process.groups
    var result: RevertSteps
    private var pending: [Frame] = []
    /// Directories that were found not to be removable as a whole, with all that they are in.
    var staying: Set<[UInt8]> = []

    /// A directory to compare. With one side only, its entries are created or removed one by one.
    private struct Frame {
        var path: [UInt8]
        var from: TreeEntry?
        var to: TreeEntry?
    }

    init(
        source: TreeSource, live: LiveTree, options: RevertOptions, selection: PathSelection, target: ObjectID,
        rules: Rules, observer: Observer
    ) {
        self.observer = observer
        self.source = source
        self.live = live
        self.options = options
        self.selection = selection
        targetRules = TargetRules(rules, source)
        result = RevertSteps(plan: RevertPlan(target: target))
    }

    /// What leads from the tree with root entry `from` to `to`.
    func plan(from: TreeEntry, to: TreeEntry) throws(StoreError) -> RevertSteps {
        if from.content != to.content || from.encoded() != to.encoded() {
            pending = [Frame(path: [], from: from, to: to)]
        }
        while let frame = pending.popLast() { try compare(frame) }
        try planLinks(from: from, to: to)
        result.steps.sort { $0.path.lexicographicallyPrecedes($1.path) }
        let changed = Set(result.steps.lazy.map { parentPath($0.path) })
        result.directories.removeAll { touch in
            var same = touch.to
            same.content = touch.from.content
            same.links = touch.from.links
            return same == touch.from && !changed.contains(touch.path)
        }
        result.directories.sort { $0.path.lexicographicallyPrecedes($1.path) }
        result.plan.changes.sort { $0.path.lexicographicallyPrecedes($1.path) }
        return result
    }

    private func compare(_ frame: Frame) throws(StoreError) {
        if observer.isCancelled?() ?? false { throw .cancelled }
        if let from = frame.from, let to = frame.to {
            touch(frame.path, from, to)
            if from.content == to.content { return }
        }
        let old = try frame.from.map { (entry) throws(StoreError) in try source.entries(of: entry) } ?? []
        let new = try frame.to.map { (entry) throws(StoreError) in try source.entries(of: entry) } ?? []
        if let to = frame.to { targetRules.enter(frame.path, to, new) }
        var i = 0
        var j = 0
        while i < old.count || j < new.count {
            let order: Int
            if i == old.count {
                order = 1
            } else if j == new.count {
                order = -1
            } else {
                let (a, b) = (old[i].name, new[j].name)
                order = a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
            }
            let s = order <= 0 ? old[i] : nil
            let t = order >= 0 ? new[j] : nil
            if order <= 0 { i += 1 }
            if order >= 0 { j += 1 }
            try compare(s, t, in: frame)
        }
    }

    /// Both sides have the directory: what is its own may differ, and its time will, if anything in it changes. One that was not asked for gets its own time back.
    private func touch(_ path: [UInt8], _ from: TreeEntry, _ to: TreeEntry) {
        var wanted = to
        // What the snapshot could not read it cannot take away.
        if to.gap != nil && !to.isPartlyCovered { wanted.attributes = from.attributes }
        if options.onlyContent || !selection.contains(path) { wanted = from }
        let isVisible =
            from.mode != wanted.mode || from.owner != wanted.owner || from.group != wanted.group
            || from.attributes != wanted.attributes
        if isVisible {
            if let reason = unrepeatable(from, wanted) ?? unsaved(from) {
                conflict(path, true, reason)
                wanted = from
            } else {
                note(.metadata, path, isDirectory: true)
            }
        }
        result.directories.append(DirectoryTouch(path: path, from: from, to: wanted))
    }

    // MARK: One name

    private func compare(_ s: TreeEntry?, _ t: TreeEntry?, in frame: Frame) throws(StoreError) {
        let name = (s ?? t)?.name ?? []
        let path = join(frame.path, name)
        if let s, let t, s == t { return }
        // A snapshot may speak of a gap that went away since, which to a revert is no change.
        if let gap = s, gap.isLeftAlone, isGone(path) { return try compare(nil, t, in: frame) }
        if options.keepGit && name == Self.gitName { return }
        let isSelected = selection.contains(path)
        let isAboveSelected = !isSelected && selection.mayContain(below: path)
        guard isSelected || isAboveSelected, s != nil || t != nil else { return }
        if let t, t.isGapWithoutContent {
            // It was there, and the target cannot say what it was.
            if s.map({ !$0.isGapWithoutContent }) ?? false {
                leave(path, s?.type == .directory, "the snapshot does not cover it: \(t.gap?.reason.name ?? "")")
            }
            return
        }
        switch (s, t) {
        case (let s?, let t?) where s.type == .directory && t.type == .directory && !s.isGapWithoutContent:
            pending.append(Frame(path: path, from: s, to: t))
        case (let s?, nil): try planRemoval(s, path, in: frame, isSelected)
        case (nil, let t?): try planCreation(t, path, isSelected)
        case (let s?, let t?): try planReplacement(s, t, path, isSelected, frame)
        case (nil, nil): break
        }
    }

    static let gitName = Array(".git".utf8)

    private func isGone(_ path: [UInt8]) -> Bool {
        guard let parent = try? live.root.openBeneath(parentPath(path), [.read, .directory]) else { return false }
        do throws(SystemError) {
            return try !parent.has(lastName(path))
        } catch {
            return false
        }
    }

    private func planRemoval(_ s: TreeEntry, _ path: [UInt8], in frame: Frame, _ isSelected: Bool)
        throws(StoreError)
    {
        if options.keepExtra { return }
        let isDirectory = s.type == .directory
        // Of a directory that the target does not have, nothing was there.
        if frame.to != nil, let excuse = targetRules.excuse(s.name, isDirectory: isDirectory, in: frame.path) {
            return leave(path, isDirectory, "the snapshot does not cover it: \(excuse)")
        }
        if s.isGapWithoutContent {
            // Left out by a rule, or within a directory that stays for its sake: nobody expected it to go.
            switch s.gap?.reason {
            case .cacheDirectory, .mountBoundary, .nestedStore: return leave(path, isDirectory, unsaved(s) ?? "")
            default: return frame.to == nil ? () : conflict(path, isDirectory, unsaved(s) ?? "it is not saved")
            }
        }
        if isDirectory {
            if isSelected, try isRemovable(s, path) {
                add(.remove, path, s, nil)
            } else {
                try descend(s, path, frame, isSelected)
            }
            return
        }
        guard isSelected else { return }
        if let reason = unsaved(s) ?? unrepeatable(s, nil) { return conflict(path, false, reason) }
        note(.remove, path, isDirectory: false)
        add(.remove, path, s, nil)
    }

    /// A directory that cannot go as a whole: what of it can go goes.
    private func descend(_ s: TreeEntry, _ path: [UInt8], _ frame: Frame, _ isSelected: Bool) throws(StoreError) {
        if isSelected {
            conflict(path, true, "it holds what is not saved, and stays")
        }
        // It keeps its time, whatever goes from it.
        result.directories.append(DirectoryTouch(path: path, from: s, to: s))
        pending.append(Frame(path: path, from: s, to: nil))
    }

    private func planCreation(_ t: TreeEntry, _ path: [UInt8], _ isSelected: Bool) throws(StoreError) {
        if let reason = unrepeatable(nil, t) { return conflict(path, t.type == .directory, reason) }
        guard t.type == .directory else {
            guard isSelected else { return }
            note(.create, path, isDirectory: false)
            add(.create, path, nil, t, newBytes: t.plannedBytes)
            return
        }
        guard isSelected, let newBytes = try countCreation(t, path) else {
            // Only a part of it is asked for: the directory first, then what is in it.
            if !isSelected, try !hasSelected(t, path) { return }
            var empty = t
            empty.content = nil
            note(.create, path, isDirectory: true)
            add(.create, path, nil, empty)
            pending.append(Frame(path: path, from: nil, to: t))
            result.directories.append(DirectoryTouch(path: path, from: empty, to: t))
            return
        }
        add(.create, path, nil, t, newBytes: newBytes)
    }

    private func planReplacement(
        _ s: TreeEntry, _ t: TreeEntry, _ path: [UInt8], _ isSelected: Bool, _ frame: Frame
    ) throws(StoreError) {
        if let reason = unsaved(s) { return conflict(path, s.type == .directory, reason) }
        if s.type == .directory {
            // It becomes something else.
            guard isSelected, !options.keepExtra, try isRemovable(s, path) else {
                if options.keepExtra { return conflict(path, true, "a directory is in its place") }
                return try descend(s, path, frame, isSelected)
            }
        }
        guard isSelected else {
            if t.type == .directory, try hasSelected(t, path) { conflict(path, false, "it is not a directory now") }
            return
        }
        if let reason = unrepeatable(s, t) { return conflict(path, t.type == .directory, reason) }
        if t.type == .directory {
            guard let newBytes = try countCreation(t, path, .replace) else {
                return conflict(path, true, "a part of the directory cannot be put back in its place")
            }
            add(.replace, path, s, t, newBytes: newBytes)
            return
        }
        if s.hasContent(of: t) {
            if options.onlyContent { return }
            note(.metadata, path, isDirectory: false)
            add(.metadata, path, s, t)
            return
        }
        var wanted = t
        if options.onlyContent && s.type == t.type {
            wanted.mode = s.mode
            wanted.owner = s.owner
            wanted.group = s.group
            wanted.attributes = s.attributes
            wanted.seconds = options.time?.seconds ?? 0
            wanted.nanoseconds = options.time?.nanoseconds ?? 0
        }
        note(.replace, path, isDirectory: s.type == .directory)
        add(.replace, path, s, wanted, newBytes: t.plannedBytes)
    }

    // MARK: Notes

    func add(_ kind: RevertStep.Kind, _ path: [UInt8], _ from: TreeEntry?, _ to: TreeEntry?, newBytes: UInt64 = 0) {
        result.steps.append(RevertStep(kind: kind, path: path, from: from, to: to, newBytes: newBytes))
    }

    func note(_ action: RevertAction, _ path: [UInt8], isDirectory: Bool) {
        result.plan.changes.append(
            PlannedChange(action: action, path: path, isDirectory: isDirectory, reason: "", isConflict: false))
        noteGit(path)
    }

    /// Remembers the `.git` that the path is, or is in.
    private func noteGit(_ path: [UInt8]) {
        var start = 0
        while start < path.count {
            let end = path[start...].firstIndex(of: 0x2F) ?? path.count
            if path[start..<end] == Self.gitName[...] {
                let directory = Array(path[..<end])
                if result.plan.gitDirectories.last != directory && !result.plan.gitDirectories.contains(directory) {
                    result.plan.gitDirectories.append(directory)
                }
                return
            }
            start = end + 1
        }
    }

    func leave(_ path: [UInt8], _ isDirectory: Bool, _ reason: String) {
        result.notCovered += 1
        result.plan.changes.append(
            PlannedChange(action: .leave, path: path, isDirectory: isDirectory, reason: reason, isConflict: false))
    }

    func conflict(_ path: [UInt8], _ isDirectory: Bool, _ reason: String) {
        result.conflicts.append(RevertReport.Left(path: path, reason: reason))
        result.plan.changes.append(
            PlannedChange(action: .leave, path: path, isDirectory: isDirectory, reason: reason, isConflict: true))
    }
}
