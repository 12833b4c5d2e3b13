// Why a command ended without doing its work, as values. ErrorWords.swift turns them into text.

import SnapStore
import SnapSystem

enum Failure: Error, Sendable {
    case usage(UsageError)
    case store(StoreError)
    /// The command line's own system calls.
    case system(doing: String, path: [UInt8], SystemError)
    case currentDirectory(SystemError)
    /// Standard output took no more.
    case output(SystemError)
    /// The reader of standard output has gone; nobody is left to tell.
    case outputClosed
    /// A stored manifest that is no JSON.
    case manifestUnreadable(ObjectID)
    /// A path to put back that is not in the working directory.
    case outside(path: [UInt8], root: [UInt8])
    /// A path that the snapshot does not have, and what may have been meant.
    case notInSnapshot(ObjectID, path: [UInt8], candidates: [[UInt8]])
    /// Names that stand for each other, in the order in which they do.
    case aliasLoop([String])
    /// No variable says where the user's settings are.
    case noPlaceForSettings
    /// Neither variable names an editor, and there is no terminal for the usual one.
    case editorMissing
    case editorFailed(command: [UInt8], status: Int32)
    /// Somebody else changed the file while it was edited.
    case changedMeanwhile(path: [UInt8])
    /// The answer to a question was not yes.
    case declined
    /// A revert ended part-way, and has to be continued or aborted.
    case endedPartWay(StoreError)

    /// Standard output is what failed, and is not to be tried again.
    var isOfOutput: Bool {
        switch self {
        case .output, .outputClosed: true
        default: false
        }
    }

    /// Nobody is left to be told.
    var isSilent: Bool {
        if case .outputClosed = self { true } else { false }
    }

    /// The status to end with, given the signal that has arrived, or 0.
    func status(signal: Int32) -> ExitStatus {
        switch self {
        case .usage, .store(.invalidName), .store(.invalidTime): .usage
        case .store(.cancelled) where signal != 0, .endedPartWay(.cancelled) where signal != 0: .signal(signal)
        case .outputClosed: .brokenPipe
        default: .failed
        }
    }
}

/// Runs a call of the library, and makes its error one of the command line's.
func storing<Result>(_ body: () throws(StoreError) -> Result) throws(Failure) -> Result {
    do throws(StoreError) {
        return try body()
    } catch {
        throw .store(error)
    }
}
