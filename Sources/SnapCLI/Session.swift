// What a running command has besides its own options: where output goes, what the environment says, the working directory.

import SnapStore
import SnapSystem

struct Session {
    let output: Output
    let messages: Messages

    /// The directory that snap was started in, or that `-C` names.
    func currentDirectory() throws(Failure) -> [UInt8] {
        do throws(SystemError) {
            return try Process.currentDirectory()
        } catch {
            throw .currentDirectory(error)
        }
    }

    /// What a command wants the working directory for.
    enum Purpose {
        /// To read what is kept.
        case look
        /// To write; where a revert is unfinished the library refuses that.
        case change
        /// To write, with a receipt that has the directory's notes.
        case changeWithReceipt
    }

    /// The working directory around the current directory. What has to be said about it is said, unless a receipt will;
    /// so is, to those who only look, that a revert left it between two states.
    func workingDirectory(for purpose: Purpose) throws(Failure) -> WorkingDirectory {
        let here = try currentDirectory()
        let files = UserConfiguration.files
        let directory = try storing { () throws(StoreError) in
            try WorkingDirectory.open(containing: here, configurationFiles: files)
        }
        if purpose != .changeWithReceipt {
            for note in directory.notes { messages.note(note) }
        }
        if purpose == .look, !messages.isQuiet { noteUnfinishedRevert(directory) }
        return directory
    }

    /// Looking must stay possible whatever the journal is like.
    private func noteUnfinishedRevert(_ directory: WorkingDirectory) {
        do throws(StoreError) {
            guard let unfinished = try directory.unfinishedRevert() else { return }
            messages.note(unfinished.words)
        } catch {
            messages.note("a revert is unfinished: \(ErrorWords(.store(error), command: nil).message)")
        }
        for way in UnfinishedRevert.waysOut { messages.hint(way) }
    }

    /// The user's home directory, which is refused as a working directory.
    var homeDirectory: [UInt8]? {
        Process.environment("HOME").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An operand as an absolute path.
    func absolute(_ path: [UInt8]) throws(Failure) -> [UInt8] {
        if path.first == 0x2F { return path }
        var result = try currentDirectory()
        if result.last != 0x2F { result.append(0x2F) }
        return result + path
    }

    /// Path operands as paths from the root of `directory`. The root itself among them means all: then there are none.
    func pathsFromRoot(_ typed: [[UInt8]], of directory: WorkingDirectory) throws(Failure) -> [[UInt8]] {
        guard !typed.isEmpty else { return [] }
        let here = try currentDirectory()
        var result: [[UInt8]] = []
        for path in typed {
            guard
                let inside = pathFromRoot(
                    path, here: here, root: directory.path, realPath: { try? Process.realPath($0) })
            else { throw .outside(path: path, root: directory.path) }
            result.append(inside)
        }
        return result.contains([]) ? [] : result
    }

    /// The moment that SNAP_NOW fixes, for tests; nil: the clock's.
    func fixedTime() throws(Failure) -> Timestamp? {
        guard let value = Process.environment("SNAP_NOW"), !value.isEmpty else { return nil }
        guard let time = Timestamp(iso8601: String(decoding: value, as: UTF8.self)) else {
            let reason = "it must be a time such as 2026-11-20T10:00:00Z"
            throw .usage(.invalidEnvironment(variable: "SNAP_NOW", value: value, reason: reason))
        }
        return time
    }

    /// Now, for the ages of snapshots.
    func now() throws(Failure) -> Timestamp {
        if let time = try fixedTime() { return time }
        let clock = Process.clock
        return Timestamp(seconds: clock.seconds, nanoseconds: clock.nanoseconds)
    }

    /// The present and the local zone, which times that somebody types are read by.
    func clock() throws(Failure) -> LocalClock {
        LocalClock(now: try now()) { LocalTime.offset(at: $0) }
    }

    /// The snapshot that is meant; of two, with `prefersRemoved`, the removed one.
    func resolve(
        _ revision: Revision, in directory: WorkingDirectory, prefersRemoved: Bool = false
    ) throws(Failure) -> ObjectID {
        let clock = try clock()
        return try storing { () throws(StoreError) in
            try directory.resolve(revision, clock: clock, prefersRemoved: prefersRemoved)
        }
    }

    /// The same for several, in their order.
    func resolve(
        _ revisions: [Revision], in directory: WorkingDirectory, prefersRemoved: Bool = false
    ) throws(Failure) -> [ObjectID] {
        var ids: [ObjectID] = []
        for revision in revisions {
            ids.append(try resolve(revision, in: directory, prefersRemoved: prefersRemoved))
        }
        return ids
    }

    /// The moment that the value of an option names.
    func moment(_ text: String, option: String) throws(Failure) -> Timestamp {
        let clock = try clock()
        do throws(TimeExpressionError) {
            return try TimeExpression.parse(text, clock: clock)
        } catch {
            throw .usage(.invalidValue(option: option, value: text, reason: error.reason))
        }
    }

    /// `user@host/process`, which timelines record.
    var who: String {
        let names = [Process.environment("USER"), Process.environment("LOGNAME")]
        let user = names.compactMap { $0 }.first { !$0.isEmpty }
        return whoText(
            user: user ?? Array(String(Process.effectiveUser).utf8), host: Process.hostName, process: Process.id)
    }
}

/// The parts of a `who` with what would end or split the field replaced.
func whoText(user: [UInt8], host: String, process: Int32) -> String {
    func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isPlain = scalar.properties.generalCategory != .control && !scalar.properties.isWhitespace
            scalars.append(isPlain && scalar != "@" && scalar != "/" ? scalar : "_")
        }
        return String(scalars)
    }
    return "\(clean(String(decoding: user, as: UTF8.self)))@\(clean(host))/\(process)"
}
