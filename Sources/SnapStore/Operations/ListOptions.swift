// Which snapshots a list shows, and finding them.
//
// A list is made from the timeline, which knows each snapshot's time, kind, message, names and parent: no pack is
// opened. Only what stands in manifests alone is looked for there, and only for snapshots that everything else selects;
// and trees are opened only along the paths that were asked for, as far as they differ from the parent's.

/// Which snapshots are listed. Everything that is set must hold.
public struct ListOptions: Sendable {
    public enum Selection: Sendable, Equatable {
        /// Every living snapshot.
        case all
        /// These.
        case snapshots([ObjectID])
        /// `to` and its ancestors, without `from` and its ancestors; by first parents.
        case range(from: ObjectID, to: ObjectID)
    }

    public var selection = Selection.all
    /// Taken then or later.
    public var since: Timestamp?
    /// Taken then or earlier.
    public var until: Timestamp?
    /// One of its names matches: `*`, `?` and `[…]` as in git, also across slashes.
    public var name: String?
    public var kind: Kind?
    /// It has all of them.
    public var tags: [String] = []
    /// The type of its trigger.
    public var trigger: String?
    /// The id of its component.
    public var component: String?
    public var event: String?
    public var action: String?
    /// Something at or below one of these paths, from the root, is not as in the parent. `*`, `?` and `[…]` match as
    /// in git's pathspecs, across slashes. A first snapshot changes everything that is in it.
    public var paths: [[UInt8]] = []
    /// Those that were dropped or have expired and can be recovered, instead of the living ones.
    public var listsRemoved = false
    /// So many of the newest are passed over.
    public var offset = 0
    /// At most so many; nil: all.
    public var limit: Int?
    /// The same snapshots, oldest first.
    public var isReversed = false
    /// Say of each in which working directory it was taken: in a copy, the original's are among them.
    public var wantsDirectories = false

    public init() {}

    /// Whether packs are read, which can take long.
    public var readsPacks: Bool { readsManifests || !paths.isEmpty || wantsDirectories || listsRemoved }

    /// Something is asked that only manifests tell.
    public var readsManifests: Bool {
        !tags.isEmpty || trigger != nil || component != nil || event != nil || action != nil
    }
}

extension WorkingDirectory {
    /// The living snapshots that `options` select, or the removed ones, newest first.
    ///
    /// Throws `removedSnapshot` or `unknownRevision` for a chosen snapshot that does not live, if living ones are asked
    /// for, `goneSnapshot` for a removed one that the store has no more, if removed ones are, and `cancelled`.
    public func list(_ options: ListOptions, observer: Observer = Observer()) throws(StoreError) -> [SnapshotSummary] {
        let contents = try room.timeline.read()
        return try ListSearch(self, contents, options, observer).run()
    }
}

/// One list being made.
private final class ListSearch {
    private let directory: WorkingDirectory
    private let contents: TimelineContents
    private let options: ListOptions
    private let pattern: NamePattern?
    private lazy var reader = ObjectReader(directory.packs)
    private lazy var source = TreeSource(reader)
    /// What stands in manifests that were read; nil: the store has it no more.
    private var known: [ObjectID: Manifest?] = [:]
    private static let knownLimit = 1000
    /// By snapshot, the head when it was taken, which is its parent. Made when it is needed.
    private lazy var former: [ObjectID: ObjectID?] = parentsOfTimeline()
    private var labels: [String: [UInt8]?] = [:]
    private let isCancelled: () -> Bool

    init(_ directory: WorkingDirectory, _ contents: TimelineContents, _ options: ListOptions, _ observer: Observer) {
        self.directory = directory
        self.contents = contents
        self.options = options
        isCancelled = observer.isCancelled ?? { false }
        pattern = options.name.map { NamePattern($0) }
    }

    func run() throws(StoreError) -> [SnapshotSummary] {
        var chosen: Set<ObjectID>?
        switch options.selection {
        case .all: break
        case .snapshots(let ids): chosen = Set(ids)
        case .range(let from, let to): chosen = try ancestry(of: to, without: from)
        }
        let present =
            try options.listsRemoved ? directory.removedSummaries(contents) : contents.summaries(contents.living)
        if case .snapshots(let ids) = options.selection { try requirePresent(ids, present) }
        var found: [SnapshotSummary] = []
        var passed = 0
        for summary in present {
            if let limit = options.limit, found.count >= limit { break }
            if let chosen, !chosen.contains(summary.id) { continue }
            if isCancelled() { throw .cancelled }
            guard try isSelected(summary) else { continue }
            if passed < options.offset {
                passed += 1
                continue
            }
            found.append(summary)
        }
        if options.wantsDirectories {
            for index in found.indices { try addDirectory(&found[index]) }
        }
        return options.isReversed ? found.reversed() : found
    }

    private func requirePresent(_ ids: [ObjectID], _ summaries: [SnapshotSummary]) throws(StoreError) {
        let present = Set(summaries.map(\.id))
        for id in ids where !present.contains(id) {
            if contents.isRemoved(id) {
                throw options.listsRemoved ? StoreError.goneSnapshot(id) : StoreError.removedSnapshot(id)
            }
            // That it lives is an answer.
            if options.listsRemoved { continue }
            throw .unknownRevision(text: id.short, candidates: [])
        }
    }

    // MARK: One snapshot

    private func isSelected(_ summary: SnapshotSummary) throws(StoreError) -> Bool {
        if let since = options.since, summary.time < since { return false }
        if let until = options.until, until < summary.time { return false }
        if let pattern, !summary.names.contains(where: { pattern.matches($0) }) { return false }
        if let kind = options.kind {
            // Of what was put back or recovered the line does not say it.
            if let known = summary.kind, known != kind { return false }
            if summary.kind == nil, try manifest(summary.id).kind != kind { return false }
        }
        if options.readsManifests, !isSelected(try manifest(summary.id)) { return false }
        return options.paths.isEmpty ? true : try isChange(summary.id)
    }

    private func isSelected(_ manifest: Manifest) -> Bool {
        for tag in options.tags where !manifest.tags.contains(Text(tag)) { return false }
        if let trigger = options.trigger, manifest.trigger?.type != Text(trigger) { return false }
        if let component = options.component, manifest.component?.id != Text(component) { return false }
        if let event = options.event, manifest.event != Text(event) { return false }
        if let action = options.action, manifest.action != Text(action) { return false }
        return true
    }

    private func addDirectory(_ summary: inout SnapshotSummary) throws(StoreError) {
        let id = try manifest(summary.id).directory
        summary.directory = id
        summary.directoryPath = try label(id)
    }

    /// Where a working directory of this store is, as far as its store knows.
    private func label(_ id: String) throws(StoreError) -> [UInt8]? {
        if id == directory.id { return directory.path }
        if let known = labels[id] { return known }
        var path: [UInt8]?
        if DirectoryID.parse(Array(id.utf8)) != nil, let room = try directory.layout.directories.directory(id) {
            path = try About.read(in: room)?.path
        }
        labels.updateValue(path, forKey: id)
        return path
    }

    // MARK: Manifests and parents

    private func manifest(_ id: ObjectID) throws(StoreError) -> Manifest {
        if let manifest = try manifestIfThere(id) { return manifest }
        throw .missingObject(type: .manifest, id: id)
    }

    /// nil: the store has it no more.
    private func manifestIfThere(_ id: ObjectID) throws(StoreError) -> Manifest? {
        if let found = known[id] { return found }
        var manifest: Manifest?
        do throws(StoreError) {
            manifest = try directory.readManifest(id, with: reader)
        } catch {
            guard case .missingObject = error else { throw error }
        }
        if known.count >= Self.knownLimit { known = [:] }
        known.updateValue(manifest, forKey: id)
        return manifest
    }

    /// As the lines that made snapshots say it.
    private func parentsOfTimeline() -> [ObjectID: ObjectID?] {
        var result: [ObjectID: ObjectID?] = [:]
        for event in contents.events {
            guard let new = event.new else { continue }
            switch event.event {
            case .take, .safety, .run: result.updateValue(event.old, forKey: new)
            default: break
            }
        }
        return result
    }

    /// The first parent; nil for a first snapshot, and where nothing tells it any more.
    private func parent(of id: ObjectID) throws(StoreError) -> ObjectID? {
        if let parent = former[id] { return parent }
        return try manifestIfThere(id)?.parents.first
    }

    /// `to` and its ancestors, up to the first that is `from` or an ancestor of it.
    ///
    /// Both lines of ancestors are followed by turns, so that the cost is the longer way to where they meet, and not
    /// the length of the history. What was met before ends a line: files from elsewhere could say anything.
    private func ancestry(of to: ObjectID, without from: ObjectID) throws(StoreError) -> Set<ObjectID> {
        var wanted: [ObjectID] = []
        var isWanted: Set<ObjectID> = []
        var isUnwanted: Set<ObjectID> = []
        var next: ObjectID? = to
        var nextUnwanted: ObjectID? = from
        while next != nil || nextUnwanted != nil {
            if let id = nextUnwanted {
                if isWanted.contains(id) { return Set(wanted.prefix { $0 != id }) }
                nextUnwanted = isUnwanted.insert(id).inserted ? try parent(of: id) : nil
            }
            if let id = next {
                if isUnwanted.contains(id) { return isWanted }
                guard isWanted.insert(id).inserted else {
                    next = nil
                    continue
                }
                wanted.append(id)
                next = try parent(of: id)
            }
        }
        return isWanted
    }

    // MARK: Paths

    /// Whether anything at or below the paths is not as in the parent.
    private func isChange(_ id: ObjectID) throws(StoreError) -> Bool {
        let root = try manifest(id).root
        var old: TreeEntry?
        if let formerRoot = try rootOfParent(id) {
            if formerRoot == root { return false }
            old = try source.root(formerRoot)
        }
        let new = try source.root(root)
        var patterns: [[UInt8]] = []
        for path in options.paths {
            if path.contains(where: { Self.special.contains($0) }) {
                patterns.append(path)
            } else if try differs(at: path, old, new) {
                return true
            }
        }
        if patterns.isEmpty { return false }
        let comparison = TreeComparison(
            oldSource: source, newSource: source, selection: PathSelection(patterns), isCancelled: isCancelled)
        return try !comparison.run(old ?? Self.nothing, new).isEmpty
    }

    private static let special = Array("*?[\\".utf8)
    /// A root that nothing is in.
    private static let nothing = TreeEntry(type: .directory, name: TreeEntry.rootName)

    /// The root tree of the nearest ancestor that the store still has; nil if there is none.
    private func rootOfParent(_ id: ObjectID) throws(StoreError) -> ObjectID? {
        var ancestor = try parent(of: id)
        for _ in contents.events {
            guard let id = ancestor else { return nil }
            if let manifest = try manifestIfThere(id) { return manifest.root }
            ancestor = try parent(of: id)
        }
        return nil
    }

    /// Whether what is at a path, or anything below it, differs. Opens the trees on the way, and none below it.
    private func differs(at path: [UInt8], _ old: TreeEntry?, _ new: TreeEntry) throws(StoreError) -> Bool {
        var before = old
        var after: TreeEntry? = new
        for name in path.split(separator: 0x2F) where name != [0x2E] {
            if let before, let after, before.type == after.type, before.content == after.content { return false }
            before = try child(Array(name), of: before)
            after = try child(Array(name), of: after)
            if before == nil && after == nil { return false }
        }
        return before != after
    }

    private func child(_ name: [UInt8], of directory: TreeEntry?) throws(StoreError) -> TreeEntry? {
        guard let directory else { return nil }
        return try reader.entry(name, of: directory)
    }
}

/// A pattern for whole names.
private struct NamePattern {
    private let literal: [UInt8]
    /// nil: it is malformed, and matches only what is called so.
    private let wildcards: Wildmatch?

    init(_ text: String) {
        literal = Array(text.utf8)
        wildcards = Wildmatch(literal[...], crossesDirectories: false, setsHoldSlashes: true)
    }

    func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        if name == literal { return true }
        guard let wildcards else { return false }
        let tokens = wildcards.tokens
        var token = 0
        var place = 0
        // Where to go on after the last `*`, if it takes one byte more.
        var star: (token: Int, place: Int)?
        while place < name.count {
            if token < tokens.count, tokens[token] == .star {
                token += 1
                star = (token, place)
            } else if token < tokens.count, wildcards.takes(name[place], at: token) {
                token += 1
                place += 1
            } else if let last = star {
                token = last.token
                place = last.place + 1
                star = (token, place)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .star }
    }
}

extension Wildmatch {
    /// Whether the token for one byte takes this one.
    fileprivate func takes(_ byte: UInt8, at token: Int) -> Bool {
        switch tokens[token] {
        case .byte(let wanted): wanted == byte
        case .any: true
        case .set(let set): sets[set].contains(byte)
        case .star, .directories, .anything: false
        }
    }
}
