// Everything that can go wrong in an operation, as values. The words for people are the command line's.

package import SnapSystem

public enum StoreError: Error, Sendable {
    /// No working directory here or above.
    case notAWorkingDirectory(path: [UInt8])
    /// The pointer's store is not there.
    case storeMissing(pointer: [UInt8], store: [UInt8])
    /// What is there is not a usable store: the file, and why.
    case notAStore(path: [UInt8], reason: String)
    /// Made by a newer snap: what is not known here.
    case unsupported(path: [UInt8], what: String)
    case foreignOwner(path: [UInt8], owner: UInt32)
    /// Refused without force, and why.
    case refused(path: [UInt8], reason: String)
    case alreadyExists(path: [UInt8])
    /// A file of the store is damaged: which, and what is lost.
    case damaged(file: String, what: String)
    case missingObject(type: ObjectType, id: ObjectID)
    case system(doing: String, path: [UInt8], reason: String)
    /// The disk is full or would be; `needed` is at most what the take would have written, in bytes.
    case noSpace(available: UInt64, floor: UInt64, needed: UInt64)
    case storeLimit(size: UInt64, limit: UInt64)
    /// Nothing could be read.
    case nothingCovered(path: [UInt8], reason: String)
    /// Snapshots whose names or ids are like what was asked for, the likeliest first.
    case unknownRevision(text: String, candidates: [RevisionCandidate])
    /// Some of the snapshots whose ids start so, and how many there are.
    case ambiguousRevision(text: String, candidates: [RevisionCandidate], count: Int)
    /// `nearest`: the snapshot that is as far back as there is any; nil if there is none.
    case revisionOutOfRange(text: String, reason: String, nearest: RevisionCandidate? = nil)
    case unknownTimeline(name: String, available: [String])
    /// What stands between braces is not a time.
    case invalidTime(text: String, reason: String)
    case invalidName(text: String, reason: String)
    case nameExists(name: String, target: ObjectID)
    case unknownName(name: String, candidates: [String])
    /// The directory to restore into is not empty.
    case notEmpty(path: [UInt8])
    case revertUnderWay
    /// An unfinished revert works on a file system that is not mounted there now.
    case notMounted(path: [UInt8])
    /// A revert was interrupted; only continuing or aborting it may write now.
    case revertUnfinished(UnfinishedRevert)
    /// There is no interrupted revert to continue or abort.
    case noUnfinishedRevert
    /// There are only so many steps to undo, or to redo.
    case nothingToUndo(available: Int)
    case nothingToRedo(available: Int)
    /// Redo would overwrite what was changed since.
    case changedSinceUndo
    /// The snapshot was dropped or has expired.
    case removedSnapshot(ObjectID)
    /// The snapshot was dropped or has expired, and gc has removed it from the store.
    case goneSnapshot(ObjectID)
    /// The head is what the working directory goes back to.
    case cannotDropHead(ObjectID)
    /// A named snapshot is dropped only with force.
    case cannotDropNamed(ObjectID, names: [String])
    /// A path to put back is in neither the snapshot nor the directory.
    case pathNotFound(path: [UInt8])
    /// What is to be read is no file, or was not covered, and why.
    case notAFile(path: [UInt8], kind: FileKind, gap: GapReason?)
    case notEnoughSpaceToRevert(available: UInt64, needed: UInt64)
    /// The clock is behind something that happened already.
    case clockBehind(now: Timestamp, event: Timestamp)
    case cancelled
    case invalidConfiguration(file: String, reason: String)
}

extension StoreError {
    package init(_ error: SystemError, doing: String, _ path: [UInt8]) {
        self = .system(doing: doing, path: path, reason: error.reason)
    }
}
