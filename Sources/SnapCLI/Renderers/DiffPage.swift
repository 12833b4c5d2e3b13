// A comparison in the forms that were asked for, in git's order: names, statistics, the summary, then patches.
//
// Patches are written file by file, so that a large comparison needs little memory, unless they are coloured; what stands before them needs the sizes of all changes first, and they are then read twice.

import SnapStore
import SnapSystem

struct DiffPage {
    let meaning: DiffCommand.Meaning
    let output: Output
    let messages: Messages
    private var changes: [(FileChange, DirectoryDiff)] = []
    private(set) var hasDifferences = false
    /// Something differs that could not be read any more, and so is not shown.
    private(set) var hasUnread = false

    init(meaning: DiffCommand.Meaning, output: Output, messages: Messages) {
        self.meaning = meaning
        self.output = output
        self.messages = messages
    }

    mutating func add(_ change: FileChange, _ diff: DirectoryDiff) {
        changes.append((change, diff))
    }

    mutating func print(width: Int) throws(Failure) {
        let forms = meaning.forms
        var statistics: [FileStatistics?] = Array(repeating: nil, count: changes.count)
        let countsLines = forms.contains(.stat) || forms.contains(.numstat) || forms.contains(.shortstat)
        if countsLines {
            for (index, (change, diff)) in changes.enumerated() where change.hasGitChange {
                statistics[index] = try compare(change, diff).flatMap { FileStatistics($0) }
            }
        }
        hasDifferences = !changes.isEmpty
        if countsLines && meaning.ignoresSomething { hasDifferences = hasUnread || statistics.contains { $0 != nil } }
        for (index, (change, _)) in changes.enumerated() {
            if forms.contains(.json) { try output.print(ChangePage.json(change, statistics[index])) }
            if forms.contains(.nameOnly) { try output.write(bytes: ChangePage.name(change, isZero: meaning.isZero)) }
            if forms.contains(.nameStatus) {
                try output.write(bytes: ChangePage.status(change, isZero: meaning.isZero))
            }
        }
        let known = statistics.compactMap { $0 }
        if forms.contains(.numstat) {
            for file in known { try output.write(bytes: StatPage.numbers(file, isZero: meaning.isZero)) }
        }
        if !forms.contains(.json), !known.isEmpty {
            if forms.contains(.stat) {
                for line in StatPage.lines(known, width: width) { try output.print(line) }
            } else if forms.contains(.shortstat) {
                try output.print(StatPage.sum(known))
            }
        }
        if forms.contains(.summary) {
            for (change, _) in changes { for line in StatPage.summary(change) { try output.print(line) } }
        }
        guard forms.contains(.patch) else { return }
        if forms.count > 1 && !changes.isEmpty { try output.print("") }
        try printPatches()
    }

    /// Bytes on both sides up to which moved lines are looked for: all must be in memory for that.
    private static let movesLimit: UInt64 = 64 << 20

    private mutating func printPatches() throws(Failure) {
        let page = PatchPage(
            isBinary: meaning.isBinary, hasAllMetadata: meaning.hasMetadata,
            isColoured: output.wantsColour, hasWords: meaning.hasWords)
        var isAnything = false
        let size = changes.reduce(UInt64(0)) { $0 &+ ($1.0.old?.size ?? 0) &+ ($1.0.new?.size ?? 0) }
        if page.isColoured && size <= Self.movesLimit {
            // What moved from one file to another is known when all are.
            var comparisons: [FileComparison] = []
            for (change, diff) in changes {
                for part in DirectoryDiff.parts(of: change) {
                    if let comparison = try compare(part, diff) { comparisons.append(comparison) }
                }
            }
            let moved = MovedLines(comparisons)
            for (index, comparison) in comparisons.enumerated() {
                let bytes = page.bytes(comparison, moved: (moved.removed[index], moved.added[index]))
                isAnything = isAnything || !bytes.isEmpty
                try output.write(bytes: bytes)
            }
        } else {
            for (change, diff) in changes {
                for part in DirectoryDiff.parts(of: change) {
                    guard let comparison = try compare(part, diff) else { continue }
                    let bytes = page.bytes(comparison)
                    isAnything = isAnything || !bytes.isEmpty
                    try output.write(bytes: bytes)
                }
            }
        }
        if meaning.ignoresSomething { hasDifferences = hasUnread || isAnything }
    }

    /// nil: a file of the working directory can be read no more, and that has been said.
    private mutating func compare(_ change: FileChange, _ diff: DirectoryDiff) throws(Failure) -> FileComparison? {
        // In a pager an interrupt is for the pager.
        if Interrupts.signal != 0, !output.isPaged { throw .store(.cancelled) }
        do throws(StoreError) {
            return try diff.compare(change, meaning.hunks)
        } catch {
            guard diff.isOfDirectory, change.new != nil, case .system = error else { throw .store(error) }
            messages.note(ErrorWords(.store(error), command: nil).message)
            hasUnread = true
            return nil
        }
    }
}

extension DiffCommand.Meaning {
    /// Files may differ in nothing that is shown.
    var ignoresSomething: Bool { hunks.whiteSpace != .counts || hunks.ignoresBlankLines }
}
