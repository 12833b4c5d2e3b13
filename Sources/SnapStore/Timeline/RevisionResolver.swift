// From a revision to an id, given what the store holds.
//
// Pure: the store is asked by two functions, so that what they need to read, and how, is the caller's. Their errors pass
// through as they are. Errors of the revision itself carry what a person needs to try again: near names, the candidates, how
// far back there is anything.
//
// The head at a time is what was left by the last head event, in the order of the file, whose time is not behind that
// moment. The file's order is that in which things happened, and clocks may step back: then an event counts though one
// before it tells a later time. git reads its reflog so.

/// A snapshot that may have been meant, or is the nearest to what was.
public struct RevisionCandidate: Sendable, Equatable {
    /// What can be typed for it: a name, a place in the timeline, or enough digits of the id.
    public var text: String
    public var id: ObjectID
    /// nil if nothing that could be read tells it.
    public var time: Timestamp?
    public var message: String

    package init(text: String, id: ObjectID, time: Timestamp?, message: String) {
        self.text = text
        self.id = id
        self.time = time
        self.message = message
    }
}

/// Why a revision names no snapshot.
package enum ResolutionError<Failure: Error>: Error {
    /// Nothing was taken yet.
    case noSnapshots
    /// No such name; names like it, the nearest first.
    case unknownName(String, candidates: [String])
    /// No such id; ids that start with the same four digits.
    case unknownID(IDPrefix, candidates: [ObjectID])
    /// Several ids start so: the first of them, and how many there are.
    case ambiguous(IDPrefix, candidates: [ObjectID], count: Int)
    /// More head events ago than there were.
    case beforeFirst(asked: Int, available: Int)
    /// More ancestors back than there are behind `base`.
    case beyondRoot(asked: Int, available: Int, root: ObjectID)
    /// The text is not a time.
    case invalidTime(String, TimeExpressionError)
    /// A time before the first head event, which is this.
    case beforeFirstTime(first: TimelineEvent)
    /// No such timeline; those that there are.
    case unknownTimeline(String, available: [String])
    /// A time, where there is no clock to read it by.
    case unsupported(Revision)
    /// The store could not be asked.
    case store(Failure)

    package var reason: String {
        switch self {
        case .noSnapshots: "there are no snapshots yet"
        case .unknownName(let name, _): "no snapshot is named '\(name)'"
        case .unknownID(let prefix, _): "no snapshot's id starts with '\(prefix.digits)'"
        case .ambiguous(let prefix, _, let count): "'\(prefix.digits)' starts \(count) ids"
        case .beforeFirst(let asked, let available):
            "'@{\(asked)}' is before the first event: the oldest is '@{\(available - 1)}'"
        case .beyondRoot(let asked, let available, let root):
            "it has \(available) ancestors and not \(asked); the first is \(root.short)"
        case .invalidTime(_, let error): error.reason
        case .beforeFirstTime(let first): "the first event was at \(first.time.description.prefix(19))Z"
        case .unknownTimeline(let name, _): "there is no timeline '\(name)'"
        case .unsupported(let revision): "'\(revision)' cannot be resolved here"
        case .store: "the store could not be read"
        }
    }
}

extension ResolutionError: Equatable where Failure: Equatable {}

package struct RevisionResolver<Failure: Error> {
    /// The most candidates in an error.
    package static var candidateLimit: Int { 10 }

    private let contents: TimelineContents
    private let clock: LocalClock?
    private let livingIDs: (IDPrefix) throws(Failure) -> [ObjectID]
    private let parents: (ObjectID) throws(Failure) -> [ObjectID]

    /// `clock`: what times are read by; nil: by none. `livingIDs`: the snapshots whose ids start so, in any order.
    /// `parents`: those of a snapshot, nearest first.
    package init(
        contents: TimelineContents,
        clock: LocalClock? = nil,
        livingIDs: @escaping (IDPrefix) throws(Failure) -> [ObjectID],
        parents: @escaping (ObjectID) throws(Failure) -> [ObjectID]
    ) {
        self.contents = contents
        self.clock = clock
        self.livingIDs = livingIDs
        self.parents = parents
    }

    /// The snapshot that `revision` names; of a path, the snapshot that it is in.
    package func resolve(_ revision: Revision) throws(ResolutionError<Failure>) -> ObjectID {
        switch revision {
        case .head:
            guard let head = contents.head else { throw .noSnapshots }
            return head
        case .headEvent(let count):
            guard let id = contents.headEvent(count)?.new else {
                if contents.headEventCount == 0 { throw .noSnapshots }
                throw .beforeFirst(asked: count, available: contents.headEventCount)
            }
            return id
        case .name(let name):
            guard let id = contents.names[name] else { throw .unknownName(name, candidates: names(like: name)) }
            return id
        case .id(let prefix):
            return try resolve(prefix)
        case .ancestor(let base, let steps):
            return try ancestor(of: try resolve(base), steps)
        case .path(let base, _):
            return try resolve(base)
        case .time(let text):
            guard let clock else { throw .unsupported(revision) }
            return try head(at: text, clock)
        case .timeline(let name, let point):
            guard name == TimelineStore.main else { throw .unknownTimeline(name, available: [TimelineStore.main]) }
            return try resolve(point)
        }
    }

    /// The head at the moment that `text` means.
    private func head(at text: String, _ clock: LocalClock) throws(ResolutionError<Failure>) -> ObjectID {
        let moment: Timestamp
        do throws(TimeExpressionError) {
            moment = try TimeExpression.parse(text, clock: clock)
        } catch {
            throw .invalidTime(text, error)
        }
        var first: TimelineEvent?
        for back in 0..<contents.headEventCount {
            guard let event = contents.headEvent(back), let id = event.new else { continue }
            if event.time <= moment { return id }
            first = event
        }
        guard let first else { throw .noSnapshots }
        throw .beforeFirstTime(first: first)
    }

    private func resolve(_ prefix: IDPrefix) throws(ResolutionError<Failure>) -> ObjectID {
        let ids = try living(prefix)
        if ids.count > 1 {
            throw .ambiguous(prefix, candidates: Array(ids.prefix(Self.candidateLimit)), count: ids.count)
        }
        if let id = ids.first { return id }
        var candidates: [ObjectID] = []
        if let shorter = IDPrefix(prefix.digits.prefix(IDPrefix.shortest)), shorter != prefix {
            candidates = Array(try living(shorter).prefix(Self.candidateLimit))
        }
        throw .unknownID(prefix, candidates: candidates)
    }

    /// Sorted, each once, whatever the caller lists.
    private func living(_ prefix: IDPrefix) throws(ResolutionError<Failure>) -> [ObjectID] {
        do throws(Failure) {
            return Set(try livingIDs(prefix)).filter { prefix.matches($0) }.sorted()
        } catch {
            throw .store(error)
        }
    }

    private func ancestor(of base: ObjectID, _ steps: Int) throws(ResolutionError<Failure>) -> ObjectID {
        var id = base
        var walked = 0
        while walked < steps {
            let next: ObjectID?
            do throws(Failure) {
                next = try parents(id).first
            } catch {
                throw .store(error)
            }
            guard let next else { throw .beyondRoot(asked: steps, available: walked, root: id) }
            id = next
            walked += 1
        }
        return id
    }

    /// Names that may have been meant, the nearest first.
    private func names(like name: String) -> [String] {
        let wanted = Array(name.lowercased().utf8)
        // Of two or three letters, two others make another word.
        let limit = wanted.count < 4 ? 1 : 2
        var ranked: [(distance: Int, name: String)] = []
        for candidate in contents.names.keys {
            let bytes = Array(candidate.lowercased().utf8)
            if bytes.starts(with: wanted) || wanted.starts(with: bytes) {
                ranked.append((0, candidate))
            } else if let distance = editDistance(wanted, bytes, limit: limit) {
                ranked.append((distance, candidate))
            }
        }
        ranked.sort { $0.distance == $1.distance ? $0.name < $1.name : $0.distance < $1.distance }
        return ranked.prefix(Self.candidateLimit).map(\.name)
    }
}

/// How many bytes have to be inserted, removed or replaced (Levenshtein); nil if more than `limit`.
private func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    var row = Array(0...b.count)
    for (i, left) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, right) in b.enumerated() {
            let replaced = diagonal + (left == right ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count] <= limit ? row[b.count] : nil
}
