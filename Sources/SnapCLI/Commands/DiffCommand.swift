// `snap diff`: what differs between two states.

import SnapStore
import SnapSystem

enum DiffCommand {
    static let patch = Option.flag("patch", short: "p", "print patches; what is printed if nothing else is asked for")
    static let unified = Option.value("unified", short: "U", "N", "N unchanged lines around each change; 3 if not said")
    static let stat = Option.flag("stat", "how many lines changed in each file")
    static let numstat = Option.flag("numstat", "the same in numbers, parted by tabs")
    static let shortstat = Option.flag("shortstat", "only the sum of --stat")
    static let summary = Option.flag("summary", "what came, went, was renamed, or got another mode")
    static let nameOnly = Option.flag("name-only", "only the paths")
    static let nameStatus = Option.flag("name-status", "the paths, each behind A, M, D, R or T")
    static let zero = Option.flag(nil, short: "z", "end paths with a zero byte, and do not quote them")
    static let exitCode = Option.flag("exit-code", "end with status 1 if there are differences")
    static let findRenames = Option.optional(
        "find-renames", short: "M", "N%", "files that are alike by N percent count as renamed; 50 if not said")
    static let noRenames = Option.flag("no-renames", "a renamed file is one that went and one that came")
    static let ignoreAllSpace = Option.flag("ignore-all-space", short: "w", "ignore white space")
    static let ignoreSpaceChange = Option.flag(
        "ignore-space-change", short: "b", "ignore how much white space there is")
    static let ignoreBlankLines = Option.flag("ignore-blank-lines", "ignore lines that are blank")
    static let binary = Option.flag("binary", "write patches of what is not text, too")
    static let wordDiff = Option.flag("word-diff", "mark words instead of lines")
    static let metadata = Option.flag("metadata", "also times, and whatever differs in directories")
    static let tool = Option.value("tool", "COMMAND", "show the files by this program, which gets two directories")

    static let command = Command(
        name: "diff",
        summary: "show what differs between two states",
        group: .look,
        synopses: ["[options] [REV [REV]] [-- PATH...]"],
        operands: [
            .optional("REV", "the old snapshot, which is the head if it is not said, and the new one"),
            .optional("REV"),
            .paths("PATH", "compare nothing but what is at or below PATH"),
        ],
        options: [
            patch, unified, stat, numstat, shortstat, summary, nameOnly, nameStatus, zero, exitCode, findRenames,
            noRenames, ignoreAllSpace, ignoreSpaceChange, ignoreBlankLines, binary, wordDiff, metadata, tool,
            .json, .quiet, .noPager, .colour,
        ],
        discussion: [
            "Without REV, what changed in the working directory since the head; with one, since that snapshot; with two, or with "
                + "A..B, from the first to the second. Nothing is recorded.",
            "Patches are git's, and 'git apply' and 'patch -p1' take them. What they cannot say, an owner or a mode, stands "
                + "between them on lines that begin with 'snap:'. With PATHs, which are relative to the current directory, only "
                + "those and all below them are compared; '*', '?' and '[...]' match as in git.",
        ],
        fields: ChangePage.fields,
        examples: [
            Example("snap diff", "see what changed since the last snapshot"),
            Example("snap diff --stat @~1 @", "see what the last snapshot changed"),
            Example("snap diff --binary @ > changes.patch", "write it down for 'git apply'"),
        ],
        statuses: [
            HelpEntry("1", "with --exit-code: there are differences"),
            HelpEntry("3", "a file went or could not be read while it was compared, and is not shown"),
        ],
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: run)

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        var options = DiffOptions()
        options.renames = meaning.renames
        options.paths = try session.pathsFromRoot(meaning.paths, of: directory)
        let ids = try session.resolve(meaning.revisions, in: directory)
        let old = ids[0]
        let new = ids.count > 1 ? ids[1] : nil
        let chosen = options
        let diff = try watching(session) { (observer) throws(StoreError) in
            try directory.diff(old, new, chosen, observer: observer)
        }
        if diff.hasSkippedRenames {
            session.messages.note("too many files were added and removed to look for all renames")
        }
        if !diff.unknown.isEmpty {
            let first = diff.unknown[0]
            session.messages.note(
                "\(counted(diff.unknown.count, "path")) cannot be compared, such as \(subject(first.path)): "
                    + safeText(first.reason))
        }
        if let command = meaning.tool {
            let shown = diff.changes.filter(\.hasGitChange)
            if shown.isEmpty { return .done }
            try session.output.flush()
            var isWhole = true
            let status = try DiffTool(command: command).run(diff, shown) { note in
                session.messages.note(note)
                isWhole = false
            }
            if status != 0 { session.messages.note("\(subject(command)) ended with status \(status)") }
            if !isWhole { return .partial }
            return meaning.hasExitCode ? .no : .done
        }
        if !meaning.isZero && !meaning.forms.contains(.json) { session.output.startPaging() }
        var page = DiffPage(meaning: meaning, output: session.output, messages: session.messages)
        for change in diff.changes where meaning.shows(change) {
            page.add(change, diff)
        }
        do throws(Failure) {
            try page.print(width: session.output.width ?? 80)
        } catch {
            // Who leaves the pager has seen that something differs.
            guard case .outputClosed = error, session.output.isPaged, meaning.hasExitCode else { throw error }
            return .no
        }
        if page.hasUnread { return .partial }
        return meaning.hasExitCode && page.hasDifferences ? .no : .done
    }
}

extension DiffCommand {
    struct Meaning: Sendable, Equatable {
        var revisions: [Revision]
        var paths: [[UInt8]]
        /// The least similarity of renamed files, of 60,000.
        var renames: Int?
        var hunks = HunkOptions()
        var forms: Set<Form>
        var isZero: Bool
        var hasExitCode: Bool
        var isBinary: Bool
        var hasWords: Bool
        var hasMetadata: Bool
        /// Another program's command line.
        var tool: [UInt8]?

        /// What is printed.
        enum Form: Sendable { case patch, stat, numstat, shortstat, summary, nameOnly, nameStatus, json }

        /// What git would not know is shown only where it can be told apart.
        func shows(_ change: FileChange) -> Bool {
            if change.hasGitChange || hasMetadata { return true }
            return change.isVisible && (forms.contains(.patch) || forms.contains(.json))
        }
    }
}

extension DiffCommand.Meaning {
    private typealias Names = DiffCommand

    init(_ typed: ParsedArguments) throws(UsageError) {
        revisions = []
        var words = typed.operands
        if words.count == 1, let (from, to) = revisionRange(words[0]) { words = [from, to] }
        for word in words { revisions.append(try parseRevision(word)) }
        if revisions.isEmpty { revisions = [.head] }
        paths = typed.paths
        renames = typed.isSet(Names.noRenames) ? nil : try Self.similarity(typed)
        if let text = typed.text(Names.unified) {
            guard let count = wholeNumber(text) else {
                throw .invalidValue(option: Names.unified.name, value: text, reason: "it must be a whole number")
            }
            hunks.context = count
        }
        try typed.exclude(Names.ignoreAllSpace, Names.ignoreSpaceChange)
        if typed.isSet(Names.ignoreAllSpace) { hunks.whiteSpace = .ignored }
        if typed.isSet(Names.ignoreSpaceChange) { hunks.whiteSpace = .amountIgnored }
        hunks.ignoresBlankLines = typed.isSet(Names.ignoreBlankLines)
        isZero = typed.isSet(Names.zero)
        hasExitCode = typed.isSet(Names.exitCode)
        isBinary = typed.isSet(Names.binary)
        hasWords = typed.isSet(Names.wordDiff)
        hasMetadata = typed.isSet(Names.metadata)
        tool = try nonEmptyPath(typed, Names.tool)
        forms = []
        let flags: [(Option, Form)] = [
            (Names.patch, .patch), (Names.stat, .stat), (Names.numstat, .numstat), (Names.shortstat, .shortstat),
            (Names.summary, .summary), (Names.nameOnly, .nameOnly), (Names.nameStatus, .nameStatus), (.json, .json),
        ]
        for (option, form) in flags where typed.isSet(option) { forms.insert(form) }
        try typed.exclude(Names.nameOnly, Names.nameStatus)
        for other in [Names.patch, Names.numstat, Names.shortstat, Names.summary, Names.nameOnly, Names.nameStatus] {
            try typed.exclude(.json, other)
        }
        if forms.isEmpty { forms = [.patch] }
        if typed.value(Names.unified) != nil && !forms.contains(.json) { forms.insert(.patch) }
    }

    /// `50%`, `50` or `0.5`, as git reads it: a number without a percent sign is what stands behind the point.
    private static func similarity(_ typed: ParsedArguments) throws(UsageError) -> Int {
        guard let occurrence = typed.occurrences.last(where: { $0.option.name == Names.findRenames.name }),
            let bytes = occurrence.value
        else { return RenameLimits.fullScore / 2 }
        let text = String(decoding: bytes, as: UTF8.self)
        let full = RenameLimits.fullScore
        if text.hasSuffix("%"), let percent = wholeNumber(String(text.dropLast())), percent <= 100 {
            return percent * full / 100
        }
        let digits = text.hasPrefix("0.") ? String(text.dropFirst(2)) : text
        if let number = wholeNumber(digits), (1...9).contains(digits.utf8.count) {
            var scale = 1
            for _ in digits.utf8 { scale *= 10 }
            return text == "1" || text == "100" ? full : number * full / scale
        }
        throw .invalidValue(option: Names.findRenames.name, value: text, reason: "it must be a share such as 50%")
    }
}
