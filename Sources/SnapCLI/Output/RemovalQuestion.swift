// Whether a person is asked before many paths are removed. A revert to the wrong snapshot shows in what it removes, and
// everything removed can come back by an undo: so a question is for the large mistake, not for every revert.

enum RemovalQuestion {
    /// Whether so many removals, of so many paths, deserve a question.
    static func isDue(removals: UInt64, of present: UInt64) -> Bool {
        removals >= 1000 || (removals >= 10 && removals >= present - present / 2)
    }

    static func text(removals: UInt64, of present: UInt64) -> String {
        "remove \(grouped(removals)) of \(counted(present, "path"))? [y/N] "
    }

    /// The end of the input, and all that is not a clear yes, is a no.
    static func isYes(_ answer: String?) -> Bool {
        guard let answer else { return false }
        return ["y", "yes"].contains(answer.filter { !$0.isWhitespace }.lowercased())
    }
}
