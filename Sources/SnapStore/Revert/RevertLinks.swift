// Hard links: which paths must become one file, and which must stop being one.
//
// A file that stays keeps its inode for one group of the target: the first that has a path of it. Its other names that stay although the target has them elsewhere are made anew; so content and
// metadata of a file with several names are never changed in place. Changed paths of a group become names of the file that stays, or of the first of them that is written.

internal import SnapSystem

extension RevertPlanner {
    func planLinks(from: TreeEntry, to: TreeEntry) throws(StoreError) {
        let old = try source.links(of: from)
        let new = from.links == to.links ? old : try source.links(of: to)
        if old.isEmpty && new.isEmpty { return }
        var left = Set(result.plan.changes.lazy.filter { $0.action == .leave }.map(\.path))
        if options.isPartial || !left.isEmpty {
            // What differs and stays is not what the target means, so nothing becomes a name of it.
            let changed = Set(result.steps.lazy.map(\.path))
            for path in Set((old + new).joined()).sorted(by: { $0.lexicographicallyPrecedes($1) })
            where !left.contains(path) && !isChanged(path, changed) {
                if observer.isCancelled?() ?? false { throw .cancelled }
                if try source.entry(at: path, below: from) != source.entry(at: path, below: to) { left.insert(path) }
            }
        }
        var links = LinkPlan(old: old, new: new, result.steps, left)
        links.run()
        var places: [[UInt8]: Int] = [:]
        for (index, step) in result.steps.enumerated() { places[step.path] = index }
        var touched = Set(result.directories.lazy.map(\.path))
        for path in links.forced.sorted(by: { $0.lexicographicallyPrecedes($1) }) where selection.contains(path) {
            guard let s = try source.entry(at: path, below: from), let t = try source.entry(at: path, below: to) else {
                continue
            }
            if options.onlyContent || unsaved(s) != nil || unrepeatable(s, t) != nil { continue }
            if let index = places[path] {
                result.steps[index].kind = .replace
            } else {
                note(.replace, path, isDirectory: false)
                add(.replace, path, s, t)
                if touched.insert(parentPath(path)).inserted { try touchParent(of: path, from, to) }
            }
        }
        result.links = try links.stagedGroups.map { (group) throws(StoreError) in
            var group = group
            if let path = group.paths.first {
                let made = places[path].flatMap { result.steps[$0].to }
                group.entry = if let made { made } else { try source.entry(at: path, below: to) }
            }
            return group
        }
    }

    /// By a step of its own, or with a directory that it is in.
    private func isChanged(_ path: [UInt8], _ steps: Set<[UInt8]>) -> Bool {
        var current = path
        while !current.isEmpty {
            if steps.contains(current) { return true }
            current = parentPath(current)
        }
        return false
    }

    /// A directory in which only links change gets its time back too.
    private func touchParent(of path: [UInt8], _ from: TreeEntry, _ to: TreeEntry) throws(StoreError) {
        let parent = parentPath(path)
        guard let old = try source.entry(at: parent, below: from), let new = try source.entry(at: parent, below: to)
        else { return }
        result.directories.append(DirectoryTouch(path: parent, from: old, to: selection.contains(parent) ? new : old))
    }
}

/// Assigns inodes that stay to groups of the target.
private struct LinkPlan {
    private let old: [[[UInt8]]]
    private let new: [[[UInt8]]]
    private var oldGroup: [[UInt8]: Int] = [:]
    private var newGroup: [[UInt8]: Int] = [:]
    private var stepKinds: [[UInt8]: RevertStep.Kind] = [:]
    private let left: Set<[UInt8]>
    /// Paths that look alike in both snapshots and must be made anew all the same.
    private(set) var forced: Set<[UInt8]> = []
    /// Groups of the target of which something is written.
    private(set) var stagedGroups: [StagedLinks] = []

    init(old: [[[UInt8]]], new: [[[UInt8]]], _ steps: [RevertStep], _ left: Set<[UInt8]>) {
        self.old = old
        self.new = new
        self.left = left
        for (index, group) in old.enumerated() { for path in group { oldGroup[path] = index } }
        for (index, group) in new.enumerated() { for path in group { newGroup[path] = index } }
        for step in steps { stepKinds[step.path] = step.kind }
    }

    /// What happens to a path: by a step of its own, or with a directory that it is in. nil: it stays.
    private func change(_ path: [UInt8]) -> RevertStep.Kind? {
        if let kind = stepKinds[path] { return kind }
        var above = parentPath(path)
        while !above.isEmpty {
            if let kind = stepKinds[above], kind != .metadata { return kind }
            above = parentPath(above)
        }
        return nil
    }

    mutating func run() {
        // Who keeps the file that the old group with this number is; single files are their own.
        var owners: [Int: Int] = [:]
        for (number, group) in new.enumerated() { assign(group, number, &owners) }
        // Paths that were links and are files of their own now: numbers above all groups.
        var number = new.count
        for group in old {
            for path in group where newGroup[path] == nil {
                assign([path], number, &owners)
                number += 1
            }
        }
    }

    private mutating func assign(_ group: [[UInt8]], _ number: Int, _ owners: inout [Int: Int]) {
        var keeper: [UInt8]?
        var keeperOld: Int?
        var staged: [[UInt8]] = []
        for path in group where !left.contains(path) {
            switch change(path) {
            case .create?, .replace?: staged.append(path)
            case .remove?: break
            case .metadata?:
                // In place it would change whoever else has the file.
                if group.count > 1 || oldGroup[path] != nil {
                    forced.insert(path)
                    staged.append(path)
                }
            case nil:
                let oldNumber = oldGroup[path]
                if keeper == nil, oldNumber.map({ owners[$0] == nil }) ?? true {
                    keeper = path
                    keeperOld = oldNumber
                    if let oldNumber { owners[oldNumber] = number }
                } else if keeper != nil, let oldNumber, oldNumber == keeperOld {
                    // Another name of the file that stays.
                } else {
                    forced.insert(path)
                    staged.append(path)
                }
            }
        }
        if group.count > 1 && !staged.isEmpty { stagedGroups.append(StagedLinks(keeper: keeper, paths: staged)) }
    }
}
