// An interrupted revert in words: what readers note and writers are refused with.

import SnapStore

extension UnfinishedRevert {
    /// What is the matter.
    var words: String {
        let what =
            switch event {
            case .undo: "an undo"
            case .redo: "a redo"
            default: "a revert"
            }
        return "\(what) to \(target.short) is unfinished"
    }

    /// What can be typed about it.
    static let waysOut = ["snap revert --continue", "snap revert --abort"]
}
