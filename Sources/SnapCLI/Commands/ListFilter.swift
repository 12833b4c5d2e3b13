// Which snapshots `snap list` is asked for: as it was typed, and as the library is told.

import SnapStore
import SnapSystem

/// What was typed, as far as it says which snapshots are meant. Revisions and times wait for the store and the clock.
struct ListFilter: Sendable {
    static let limit = Option.value("limit", short: "n", "N", "at most N snapshots")
    static let offset = Option.value("offset", "N", "pass over the N newest")
    static let reverse = Option.flag("reverse", "oldest first")
    static let since = Option.value("since", "TIME", "only those taken at TIME or later")
    static let until = Option.value("until", "TIME", "only those taken at TIME or earlier")
    static let name = Option.value("name", "GLOB", "only those with a name that matches")
    static let tag = Option.repeated("tag", "TAG", "only those with that tag")
    static let kind = Option.value("kind", "KIND", choices: Kind.allCases.map(\.name), "only those of that kind")
    static let trigger = Option.value("trigger", "TYPE", "only those with a trigger of that type")
    static let component = Option.value("component", "ID", "only those of that component")
    static let event = Option.value("event-id", "ID", "only those that belong to that event")
    static let action = Option.value("action-id", "ID", "only those that belong to that action")
    static let expired = Option.flag("expired", "those that were dropped or have expired, instead of the others")

    static let options: [Option] = [
        limit, offset, reverse, since, until, name, tag, kind, trigger, component, event, action,
        expired,
    ]

    /// What the operands name.
    enum Operands: Sendable, Equatable {
        case all
        case snapshots([Revision])
        case range(from: Revision, to: Revision)
    }

    var operands = Operands.all
    var since: String?
    var until: String?
    /// As they were typed.
    var paths: [[UInt8]]
    /// All that needs neither store nor clock.
    var plain = ListOptions()

    init(_ typed: ParsedArguments) throws(UsageError) {
        since = typed.text(Self.since)
        until = typed.text(Self.until)
        paths = typed.paths
        plain.limit = try parseLimit(typed, Self.limit)
        plain.offset = try parseLimit(typed, Self.offset) ?? 0
        plain.isReversed = typed.isSet(Self.reverse)
        plain.name = typed.text(Self.name)
        plain.tags = typed.texts(Self.tag)
        plain.kind = typed.text(Self.kind).flatMap { Kind(name: $0) }
        plain.trigger = typed.text(Self.trigger)
        plain.component = typed.text(Self.component)
        plain.event = typed.text(Self.event)
        plain.action = typed.text(Self.action)
        plain.listsRemoved = typed.isSet(Self.expired)
        operands = try Self.operands(typed.operands)
    }

    private static func operands(_ words: [[UInt8]]) throws(UsageError) -> Operands {
        if words.isEmpty { return .all }
        var revisions: [Revision] = []
        for word in words {
            guard let (from, to) = revisionRange(word) else {
                revisions.append(try revision(word))
                continue
            }
            // What a range leaves out, others would bring back.
            if words.count > 1 { throw .exclusive(String(decoding: word, as: UTF8.self), "REV") }
            return .range(from: try revision(from), to: try revision(to))
        }
        return .snapshots(revisions)
    }

    private static func revision(_ word: [UInt8]) throws(UsageError) -> Revision {
        try parseSnapshot(word, refusingPaths: "paths stand behind '--'")
    }

    /// Every snapshot is meant, so that none means that there are none.
    var isEverything: Bool {
        operands == .all && since == nil && until == nil && plain.offset == 0 && (plain.limit ?? 1) > 0
            && plain.name == nil && plain.kind == nil && !plain.readsManifests && paths.isEmpty && !plain.listsRemoved
    }

    /// What the library is asked for.
    func options(in directory: WorkingDirectory, _ session: Session) throws(Failure) -> ListOptions {
        var options = plain
        switch operands {
        case .all: break
        case .snapshots(let revisions):
            options.selection = .snapshots(
                try session.resolve(revisions, in: directory, prefersRemoved: plain.listsRemoved))
        case .range(let from, let to):
            options.selection = .range(
                from: try session.resolve(from, in: directory), to: try session.resolve(to, in: directory))
        }
        if let since { options.since = try session.moment(since, option: Self.since.name) }
        if let until { options.until = try session.moment(until, option: Self.until.name) }
        options.paths = try session.pathsFromRoot(paths, of: directory)
        // The root is among them: everything that changed anything.
        if !paths.isEmpty && options.paths.isEmpty { options.paths = [[]] }
        return options
    }
}

/// A revision as typed. Whether it exists is found later.
func parseRevision(_ text: String) throws(UsageError) -> Revision { try parseRevision(Array(text.utf8)) }

/// The same, whose path need not be text.
func parseRevision(_ bytes: [UInt8]) throws(UsageError) -> Revision {
    do throws(RevisionError) {
        return try Revision(parsing: bytes)
    } catch {
        throw .invalidRevision(String(decoding: bytes, as: UTF8.self), error)
    }
}

/// A whole snapshot as typed; `reason` is why a path in one is not taken.
func parseSnapshot(_ word: [UInt8], refusingPaths reason: String) throws(UsageError) -> Revision {
    let revision = try parseRevision(word)
    if case .path = revision {
        throw .invalidValue(option: "REV", value: String(decoding: word, as: UTF8.self), reason: reason)
    }
    return revision
}

/// The words around `..`; a missing one is the head, as in git. nil: it is no range. In braces two dots may be part
/// of a time, and behind a colon of a path.
func revisionRange(_ word: [UInt8]) -> (from: [UInt8], to: [UInt8])? {
    guard let dots = Revision.place(of: [0x2E, 0x2E], in: word) else { return nil }
    if let colon = Revision.place(of: [0x3A], in: word), colon < dots { return nil }
    let from = Array(word[..<dots])
    let to = Array(word[(dots + 2)...])
    return (from.isEmpty ? [0x40] : from, to.isEmpty ? [0x40] : to)
}
