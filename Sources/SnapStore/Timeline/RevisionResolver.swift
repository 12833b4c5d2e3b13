// From a revision to an id, given what the store holds.
//
// Pure: the store is asked by two functions, so that what they need to read, and how, is the caller's. Their errors pass
// through as they are. Errors of the revision itself carry what a person needs to try again: near names, the candidates, how
// far back there is anything.

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
    /// Resolved elsewhere: a time, or another timeline.
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
    private let livingIDs: (IDPrefix) throws(Failure) -> [ObjectID]
    private let parents: (ObjectID) throws(Failure) -> [ObjectID]

    /// `livingIDs`: the snapshots whose ids start so, in any order. `parents`: those of a snapshot, nearest first.
    package init(
        contents: TimelineContents,
        livingIDs: @escaping (IDPrefix) throws(Failure) -> [ObjectID],
        parents: @escaping (ObjectID) throws(Failure) -> [ObjectID]
    ) {
        self.contents = contents
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
        case .time, .timeline:
            throw .unsupported(revision)
        }
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
        var ranked: [(distance: Int, name: String)] = []
        for candidate in contents.names.keys {
            let bytes = Array(candidate.lowercased().utf8)
            if bytes.starts(with: wanted) || wanted.starts(with: bytes) {
                ranked.append((0, candidate))
            } else if let distance = editDistance(wanted, bytes, limit: 2) {
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
