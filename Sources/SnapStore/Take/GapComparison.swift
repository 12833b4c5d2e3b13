// Whether two trees differ only in what neither could cover: a cache directory, a nested store or a mount that came or went.
//
// A revert leaves these alone, so a directory that has one more is, to a revert, what it was. Equal sub-trees are not opened, and the first other difference ends it.

enum GapComparison {
    /// `old` and `new` are root trees.
    static func differOnlyByGaps(_ old: ObjectID, _ new: ObjectID, _ source: TreeSource) throws(StoreError) -> Bool {
        var pending = [(old: try source.root(old), new: try source.root(new))]
        while let pair = pending.popLast() {
            var same = pair.new
            same.content = pair.old.content
            guard same == pair.old else { return false }
            if pair.old.content == pair.new.content { continue }
            let (a, b) = (try source.entries(of: pair.old), try source.entries(of: pair.new))
            var (i, j) = (0, 0)
            while i < a.count || j < b.count {
                if j == b.count || (i < a.count && a[i].name.lexicographicallyPrecedes(b[j].name)) {
                    guard a[i].isLeftAlone else { return false }
                    i += 1
                } else if i == a.count || b[j].name.lexicographicallyPrecedes(a[i].name) {
                    guard b[j].isLeftAlone else { return false }
                    j += 1
                } else {
                    if a[i] != b[j] && !(a[i].isLeftAlone && b[j].isLeftAlone) {
                        guard a[i].type == .directory, b[j].type == .directory, a[i].gap == nil, b[j].gap == nil else {
                            return false
                        }
                        pending.append((a[i], b[j]))
                    }
                    i += 1
                    j += 1
                }
            }
        }
        return true
    }
}

extension TreeEntry {
    /// A gap that no revert touches.
    var isLeftAlone: Bool {
        guard let gap, !gap.hasContent else { return false }
        return [.cacheDirectory, .nestedStore, .mountBoundary].contains(gap.reason)
    }
}
