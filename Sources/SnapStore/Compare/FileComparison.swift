// One changed file, looked into: its lines, or only that it is binary.

/// The contents of both sides of a change, and where they differ.
package struct FileComparison {
    package let change: FileChange
    /// Empty where there is nothing on that side, or where neither is needed.
    package let old: [UInt8]
    package let new: [UInt8]
    /// It is not compared line by line.
    package let isBinary: Bool
    /// It is too large to be read at once; `old` and `new` are empty.
    package let isTooLarge: Bool
    private let isSame: Bool
    package let oldLines: TextLines
    package let newLines: TextLines
    package let hunks: [Hunk]

    /// Lines removed and added.
    package var counts: (removed: Int, added: Int) {
        hunks.reduce((0, 0)) { ($0.0 + $1.counts.removed, $0.1 + $1.counts.added) }
    }
    /// Nothing of the content is to be shown: it is equal, or differs only in what is ignored.
    package var hasSameContent: Bool { isBinary ? isSame : hunks.isEmpty }

    init(_ change: FileChange, old: [UInt8]?, new: [UInt8]?, _ options: HunkOptions) {
        self.change = change
        isSame = !change.hasContentChange || (old != nil && old == new)
        isTooLarge = old == nil || new == nil
        self.old = isTooLarge ? [] : old ?? []
        self.new = isTooLarge ? [] : new ?? []
        isBinary = isTooLarge || TextLines.isBinary(self.old) || TextLines.isBinary(self.new)
        oldLines = TextLines(isBinary ? [] : self.old)
        newLines = TextLines(isBinary ? [] : self.new)
        hunks = isBinary || self.old == self.new ? [] : Hunk.all(oldLines, newLines, options)
    }
}

extension DirectoryDiff {
    /// Reads both sides of a change and compares them. Of sides that are equal by their ids one is read, to know whether it is text.
    package func compare(_ change: FileChange, _ options: HunkOptions) throws(StoreError) -> FileComparison {
        if !change.hasContentChange {
            var content: [UInt8]? = []
            if change.hasGitChange, let state = change.old { content = try self.content(of: state) }
            return FileComparison(change, old: content, new: content, options)
        }
        var (old, new): ([UInt8]?, [UInt8]?) = ([], [])
        // What is in a directory is told of by its own paths.
        if let state = change.old, state.kind != .directory { old = try content(of: state) }
        if let state = change.new, state.kind != .directory { new = try content(of: state) }
        return FileComparison(change, old: old, new: new, options)
    }

    /// As an addition of what is new and a deletion of what was: how patches tell that one kind of thing became another.
    package static func parts(of change: FileChange) -> [FileChange] {
        guard change.action == .typeChanged else { return [change] }
        return [
            FileChange(action: .deleted, old: change.old), FileChange(action: .added, new: change.new),
        ]
    }
}
