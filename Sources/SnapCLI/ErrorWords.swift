// Every failure in words: the one place where errors become text.
//
// The form is git's: `snap: ` and what is wrong, lower case, no full stop; then hints, each a line that can be pasted where
// that is possible; for mistakes in what was typed, the usage. Paths and typed words are quoted, so that no file name can
// write to the terminal as it likes.

import SnapStore
import SnapSystem

/// A failure as it is printed.
struct ErrorWords {
    private(set) var message: String
    private(set) var hints: [String] = []
    /// The command's forms, after a mistake in what was typed.
    private(set) var usage: [String] = []

    /// What there is instead, each on a line.
    private(set) var details: [String] = []
    /// For ages; nil: times are printed.
    private let now: Timestamp?

    init(_ failure: Failure, command: Command?, now: Timestamp? = nil) {
        self.now = now
        message = ""
        let name = command?.name
        switch failure {
        case .usage(let error):
            describe(error, name)
            if case .invalidEnvironment = error { break }
            usage = HelpPage.usage(command)
        case .store(let error):
            describe(error, name ?? "COMMAND")
            // What was typed cannot be meant, though it took the store to know.
            if failure.status(signal: 0) == .usage { usage = HelpPage.usage(command) }
        case .system(let doing, let path, let error):
            message = "cannot \(doing) \(subject(path)): \(error.reason)"
            hints = Self.hints(for: error.reason)
        case .currentDirectory(let error): message = "cannot find the current directory: \(error.reason)"
        case .output(let error): message = "cannot write to standard output: \(error.reason)"
        case .outputClosed: message = "standard output is closed"
        case .manifestUnreadable(let id):
            message = "the manifest of \(id.short) cannot be read"
            hints = ["snap verify --full"]
        case .outside(let path, let root):
            message = "\(subject(path)) is outside of the working directory \(subject(root))"
        case .notInSnapshot(let id, let path, let candidates):
            message = "\(subject(path)) is not in the snapshot \(id.short)"
            let meant = candidates.map { subject($0) }.joined(separator: " or ")
            if !meant.isEmpty { hints = ["did you mean \(meant)?"] }
        case .aliasLoop(let names):
            message =
                "the alias \(subject(names.last ?? "")) leads back to itself: "
                + names.map { safeText($0) }.joined(separator: ", ")
            hints = names.last.map { ["snap config unset \(shellWord("alias." + $0))"] } ?? []
        case .noPlaceForSettings:
            message = "there is no place for your settings: neither XDG_CONFIG_HOME nor HOME is an absolute path"
        case .editorMissing:
            message = "neither VISUAL nor EDITOR is set, and there is no terminal to edit on"
            hints = ["snap config set KEY VALUE"]
        case .editorFailed(let command, let status):
            message = "\(subject(command)) ended with status \(status): nothing was changed"
        case .changedMeanwhile(let path):
            message = "\(subject(path)) was changed by somebody else meanwhile: nothing was changed"
        case .declined: message = "the answer was not yes: nothing was changed"
        case .endedPartWay(let error):
            describe(error, name ?? "COMMAND")
            hints = UnfinishedRevert.waysOut
        }
    }

    /// The lines, each with its end.
    var text: String {
        let lines = ["snap: " + message] + details.map { "  " + $0 } + hints.map { "hint: " + $0 } + usage
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: What was typed

    private mutating func describe(_ error: UsageError, _ command: String?) {
        let ofCommand = command.map { "'\($0)' has" } ?? "there is"
        switch error {
        case .unknownCommand(let name, let suggestions):
            message = "there is no command \(subject(name))"
            hints = suggestions.map { "snap \(shellWord($0))" }
            if hints.isEmpty { hints = ["snap help"] }
        case .unknownTopic(let name, let suggestions):
            message = "there is no command or topic \(subject(name))"
            hints = suggestions.map { "snap help \($0)" }
            if hints.isEmpty { hints = ["snap help --all"] }
        case .unknownOption(let option, let suggestions):
            message = "\(ofCommand) no option \(subject(option))"
            if let meant = alternatives(suggestions) { hints = ["did you mean \(meant)?"] }
            if hints.isEmpty, command == "config" { hints = ["values that begin with '-' stand behind '--'"] }
        case .missingValue(let option, let valueName):
            message = "'\(option)' needs a value: \(option) \(valueName)"
        case .unexpectedValue(let option):
            message = "'\(option)' takes no value"
        case .notAChoice(let option, let value, let choices, let suggestions):
            message = "'\(option)' cannot be \(subject(value)): it is one of \(choices.joined(separator: ", "))"
            if let meant = alternatives(suggestions) { hints = ["did you mean \(meant)?"] }
        case .invalidValue(let option, let value, let reason):
            message = "'\(option)' cannot be \(subject(value)): \(reason)"
        case .missingOperand(let operand):
            message = "'\(command ?? "snap")' needs \(operand)"
        case .extraOperand(let word):
            message = "'\(command ?? "snap")' has no use for \(subject(word))"
            if command == "revert" { hints = ["paths stand behind '--'"] }
        case .exclusive(let a, let b):
            message = "'\(a)' and '\(b)' do not go together"
        case .requires(let option, let other):
            message = "'\(option)' means something only with '\(other)'"
        case .notApplicable(let option):
            message = "\(ofCommand) no option '\(option)'"
        case .notPassedOn(let option, let program):
            message = "'\(option)' cannot be passed on to \(subject(program))"
        case .unknownSetting(let name, let suggestions):
            message = "there is no setting \(subject(name))"
            if let meant = alternatives(suggestions) { hints = ["did you mean \(meant)?"] }
        case .invalidRevision(let text, let error):
            message = "\(subject(text)) is not a revision: \(error.reason)"
            hints = ["snap list"]
            if command == "revert", !text.hasPrefix("@") { hints.append("snap revert -- \(shellWord(text))") }
        case .invalidName(let text, let error):
            message = "\(subject(text)) cannot be a name: \(error.reason)"
        case .invalidEnvironment(let variable, let value, let reason):
            message = "the environment's \(variable) cannot be \(subject(value)): \(reason)"
            hints = ["unset \(variable)"]
        }
    }

    private func alternatives(_ words: [String]) -> String? {
        words.isEmpty ? nil : words.map { subject($0) }.joined(separator: " or ")
    }

    // MARK: What the library found

    private mutating func describe(_ error: StoreError, _ command: String) {
        switch error {
        case .notAWorkingDirectory, .storeMissing, .notAStore, .unsupported, .foreignOwner, .refused, .revertUnderWay:
            describePlace(error, command)
        case .unknownRevision, .ambiguousRevision, .revisionOutOfRange, .unknownTimeline, .invalidTime, .invalidName,
            .nameExists, .unknownName:
            describeRevision(error, command)
        case .revertUnfinished, .notMounted, .noUnfinishedRevert, .nothingToUndo, .nothingToRedo, .changedSinceUndo,
            .removedSnapshot, .pathNotFound, .notEnoughSpaceToRevert:
            describeRevert(error)
        case .goneSnapshot, .cannotDropHead, .cannotDropNamed: describeRemoval(error)
        case .notAFile(let path, let kind, let gap):
            if let gap {
                message = "\(subject(path)) was there and is not covered: \(gap.words)"
            } else {
                message = "\(subject(path)) is \(kind.words) and not a file"
            }
        case .alreadyExists(let path):
            message = "\(subject(path)) is there already"
        case .damaged(let file, let what):
            message = "\(subject(file)) is damaged: \(safeText(what))"
            if command != "verify" { hints = ["snap verify --full"] }
        case .missingObject(let type, let id):
            message = "\(type) \(id) is not in the store"
            if command != "verify" { hints = ["snap verify --full"] }
        case .system(let doing, let path, let reason):
            message = "cannot \(doing) \(subject(path)): \(safeText(reason))"
            hints = Self.hints(for: reason)
        case .noSpace(let available, let floor, let needed):
            message = "not enough space: \(sizeText(available)) free"
            // 0: the file system took no more.
            if needed > 0 {
                message +=
                    ", of which \(sizeText(floor)) are to stay free; up to \(sizeText(needed)) are needed"
            }
            hints = command == "gc" ? [] : ["snap gc"]
        case .storeLimit(let size, let limit):
            message = "the store would pass its limit of \(sizeText(limit)): it has \(sizeText(size))"
            hints = ["snap gc"]
        case .clockBehind(let now, let event):
            message = "the clock says \(clockText(now)), which is before the last event at \(clockText(event))"
            hints = ["date"]
        case .nothingCovered(let path, let reason):
            message = "nothing of \(subject(path)) could be covered: \(safeText(reason))"
            hints = ["ls -la \(shellWord(path))"]
        case .notEmpty(let path):
            message = "\(subject(path)) is not empty"
            hints = ["name a directory that is new or empty"]
        case .cancelled:
            message = "interrupted"
        case .invalidConfiguration(let file, let reason):
            message = "the configuration \(subject(file)) cannot be used: \(safeText(reason))"
            hints = [editing(Array(file.utf8))]
        }
    }

    /// What helps where the system refused something.
    private static func hints(for reason: String) -> [String] {
        reason == SystemError.tooManyOpenFiles.reason ? ["snap doctor"] : []
    }

    private mutating func describePlace(_ error: StoreError, _ command: String) {
        switch error {
        case .notAWorkingDirectory(let path):
            message = "no store in \(subject(path)) or a directory above it"
            hints = ["snap init"]
        case .storeMissing(let pointer, let store):
            message = "the store \(subject(store)), which \(subject(pointer)) names, is not there"
            // It was moved, or its file system is not mounted.
            hints = ["echo DIR > \(shellWord(pointer + Array("/store".utf8)))"]
        case .notAStore(let path, let reason):
            message = "\(subject(path)) is not a store that can be used: \(safeText(reason))"
            hints = ["ls -la \(shellWord(path))"]
        case .unsupported(let path, let what):
            message = "\(subject(path)) needs a newer snap than \(SnapVersion.text): \(safeText(what))"
        case .foreignOwner(let path, let owner):
            message = "\(subject(path)) belongs to another user (number \(owner))"
            hints = ["sudo -u '#\(owner)' snap \(command)"]
        case .refused(let path, let reason):
            message = "refused for \(subject(path)): \(safeText(reason))"
            hints = ["snap \(command) --force"]
        case .revertUnderWay:
            message = "a revert is under way here"
            hints = ["snap revert --continue", "snap revert --abort"]
        default: break
        }
    }

    private mutating func describeRevision(_ error: StoreError, _ command: String) {
        switch error {
        case .unknownRevision(let text, let candidates):
            message = "no snapshot \(subject(text))"
            list(candidates)
            // It may have been meant as a path.
            if candidates.isEmpty, command == "revert" { hints.append("snap revert -- \(shellWord(text))") }
        case .ambiguousRevision(let text, let candidates, let count):
            message = "\(subject(text)) is the start of \(counted(count, "snapshot id"))"
            list(candidates)
        case .revisionOutOfRange(let text, let reason, let nearest):
            message = "no snapshot \(subject(text)): \(safeText(reason))"
            list(nearest.map { [$0] } ?? [])
        case .unknownTimeline(let name, let available):
            message = "no timeline \(subject(name))"
            hints = available.map { "snap show \(shellWord($0 + "@{0}"))" }
        case .invalidTime(let text, let reason):
            message = "\(subject(text)) cannot be used: \(safeText(reason))"
            hints = ["snap log"]
        case .invalidName(let text, let reason):
            message = "\(subject(text)) cannot be a name: \(safeText(reason))"
        case .nameExists(let name, let target):
            message = "the name \(subject(name)) is taken by \(target.short)"
            hints = ["snap name -f \(shellWord(name)) REV"]
        case .unknownName(let name, let candidates):
            message = "no name \(subject(name))"
            hints = candidates.isEmpty ? ["snap name"] : candidates.map { "snap name -d \(shellWord($0))" }
        default: break
        }
    }

    /// A line for each snapshot: what can be typed for it, its id, its age and its message.
    private mutating func list(_ candidates: [RevisionCandidate]) {
        let rows = candidates.map { candidate in
            let age = candidate.time.map { time in now.map { ageText(time, now: $0) } ?? clockText(time) }
            let id = candidate.id.description.hasPrefix(candidate.text) ? "" : candidate.id.short
            return [safeText(candidate.text), id, age ?? "", safeText(firstLine(candidate.message))]
        }
        details = columns(rows)
        hints = [candidates.first.map { "snap show \(shellWord($0.text))" } ?? "snap list"]
    }

    private mutating func describeRevert(_ error: StoreError) {
        switch error {
        case .notMounted(let path):
            message = "an unfinished revert works on a file system that is not mounted at \(subject(path)) now"
        case .revertUnfinished(let unfinished):
            message = unfinished.words
            hints = UnfinishedRevert.waysOut
        case .noUnfinishedRevert:
            message = "no revert is unfinished"
            hints = ["snap status", "snap undo"]
        case .nothingToUndo(let available): describeSteps("undo", available)
        case .nothingToRedo(let available): describeSteps("redo", available)
        case .changedSinceUndo:
            message = "cannot redo: the directory has changed since"
            hints = ["snap take", "snap log"]
        case .removedSnapshot(let id):
            message = "the snapshot \(id.short) was dropped or has expired"
            hints = ["snap recover \(id.short)"]
        case .pathNotFound(let path):
            message = "\(subject(path)) is neither in the snapshot nor in the working directory"
        case .notEnoughSpaceToRevert(let available, let needed):
            message = "not enough space to revert: \(sizeText(available)) free, up to \(sizeText(needed)) are needed"
        default: break
        }
    }

    private mutating func describeRemoval(_ error: StoreError) {
        switch error {
        case .goneSnapshot(let id):
            message = "the snapshot \(id.short) was removed, and the store has it no more"
            hints = ["snap list --expired"]
        case .cannotDropHead(let id):
            message = "cannot drop \(id.short): it is the head, the last state that was recorded"
        case .cannotDropNamed(let id, let names):
            message = "cannot drop \(id.short): it is named \(names.map { subject($0) }.joined(separator: ", "))"
            hints = names.map { "snap name -d \(shellWord($0))" } + ["snap drop --force \(id.short)"]
        default: break
        }
    }

    private mutating func describeSteps(_ command: String, _ available: Int) {
        if available > 0 {
            message = "only \(counted(available, "step")) to \(command)"
            hints = ["snap \(command) \(available)", "snap log"]
        } else {
            message = "nothing to \(command)"
            hints = ["snap log"]
        }
    }
}
