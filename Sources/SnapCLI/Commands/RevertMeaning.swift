// What the words behind `snap revert` mean: one of four things, each of which takes some of the options and no others.

import SnapStore

extension RevertCommand {
    enum Meaning: Sendable {
        case inPlace(Revision, paths: [[UInt8]], InPlace)
        case dryRun(Revision, paths: [[UInt8]], InPlace, PlanForm)
        case into([UInt8], Revision, paths: [[UInt8]], isJSON: Bool)
        /// An interrupted one is continued, or aborted.
        case settle(isAbort: Bool, InPlace)
    }

    /// How a plan is printed.
    enum PlanForm: Sendable, Equatable {
        case text, json, zero
    }
}

extension RevertCommand.Meaning {
    private typealias Names = RevertCommand

    init(_ typed: ParsedArguments) throws(UsageError) {
        var options = RevertOptions()
        options.keepExtra = typed.isSet(Names.keepExtra)
        options.onlyContent = typed.isSet(Names.onlyContent)
        options.keepGit = typed.isSet(Names.keepGit)
        let change = InPlace(typed, options: options)

        for option in [Names.resume, Names.abort] where typed.isSet(option) {
            try Self.refuseAllBut(option, typed)
            self = .settle(isAbort: option == Names.abort, change)
            return
        }
        let revision = try Self.revision(typed)
        if let directory = try nonEmptyPath(typed, Names.into) {
            for other in [
                Names.dryRun, Names.keepExtra, Names.onlyContent, Names.keepGit, InPlace.force, InPlace.yes, Names.zero,
            ] where typed.isSet(other) {
                throw .exclusive(Names.into.name, other.name)
            }
            self = .into(directory, revision, paths: typed.paths, isJSON: change.isJSON)
        } else if typed.isSet(Names.dryRun) {
            try typed.exclude(.json, Names.zero)
            let form: RevertCommand.PlanForm = change.isJSON ? .json : typed.isSet(Names.zero) ? .zero : .text
            self = .dryRun(revision, paths: typed.paths, change, form)
        } else {
            if typed.isSet(Names.zero) { throw .requires(option: Names.zero.name, other: Names.dryRun.name) }
            self = .inPlace(revision, paths: typed.paths, change)
        }
    }

    /// What is to be put back is in the journal; nothing of it can be chosen now.
    private static func refuseAllBut(_ option: Option, _ typed: ParsedArguments) throws(UsageError) {
        let flags = [Names.latest, Names.dryRun, Names.keepExtra, Names.onlyContent, Names.keepGit, Names.zero]
        for other in [Names.resume, Names.abort] + flags where other != option {
            if typed.isSet(other) { throw .exclusive(option.name, other.name) }
        }
        for other in [Names.back, Names.at, Names.name, Names.into] where typed.value(other) != nil {
            throw .exclusive(option.name, other.name)
        }
        if !typed.operands.isEmpty { throw .exclusive(option.name, "REV") }
        if !typed.paths.isEmpty { throw .exclusive(option.name, "PATH") }
    }

    /// The one way in which the snapshot is named; the head if it is not.
    private static func revision(_ typed: ParsedArguments) throws(UsageError) -> Revision {
        var ways: [String] = []
        if !typed.operands.isEmpty { ways.append("REV") }
        if typed.isSet(Names.latest) { ways.append(Names.latest.name) }
        for option in [Names.back, Names.at, Names.name] where typed.value(option) != nil { ways.append(option.name) }
        if ways.count > 1 { throw .exclusive(ways[0], ways[1]) }

        if let text = typed.operandText(0) { return try parseRevision(text) }
        if let text = typed.text(Names.back) {
            guard let steps = wholeNumber(text) else {
                throw .invalidValue(option: Names.back.name, value: text, reason: "it must be a whole number")
            }
            return steps == 0 ? .head : .ancestor(.head, steps)
        }
        if let text = typed.text(Names.at) {
            // A number in braces counts head events, and braces would end where nobody sees it.
            guard !text.isEmpty, wholeNumber(text) == nil, !text.contains("{"), !text.contains("}") else {
                let reason = "it must be a time, such as 'yesterday' or '2026-11-20T10:00'"
                throw .invalidValue(option: Names.at.name, value: text, reason: reason)
            }
            return .time(text)
        }
        if let bytes = typed.value(Names.name) { return .name(try parseName(bytes)) }
        return .head
    }
}
