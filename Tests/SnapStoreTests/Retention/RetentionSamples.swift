// Snapshots for the tests of retention: numbered, so that a test can say which ones stay.

@testable import SnapStore

/// The moment that the text spells.
func moment(_ iso8601: String) -> Timestamp { Timestamp(iso8601: iso8601) ?? .earliest }

/// An id that tells its number.
func numbered(_ number: Int) -> ObjectID { ObjectID(UInt64(number), 0, 0, 0) }

/// Snapshots numbered from 0, in the order in which they were recorded.
func someSnapshots(_ times: [Timestamp], kind: Kind? = .checkpoint) -> [RetentionSnapshot] {
    times.enumerated().map { RetentionSnapshot(id: numbered($0.offset), time: $0.element, kind: kind) }
}

func someSnapshots(_ times: String..., kind: Kind? = .checkpoint) -> [RetentionSnapshot] {
    someSnapshots(times.map { moment($0) }, kind: kind)
}

/// Rules from keys and values, as a configuration has them.
func someRules(_ settings: KeyValuePairs<String, String>) throws -> RetentionRules {
    var rules = RetentionRules()
    for (key, value) in settings {
        guard try rules.set("keep." + key, to: value) else { throw UnknownRule(key: key) }
    }
    return rules
}

struct UnknownRule: Error {
    let key: String
}

extension [RetentionDecision] {
    /// The numbers of those that stay, in order.
    var kept: [Int] { filter(\.isKept).map { Int($0.id.words.0) }.sorted() }

    /// Why the snapshot of that number stays or goes.
    func reasons(_ number: Int) -> [RetentionReason] { first { $0.id == numbered(number) }?.reasons ?? [] }
}
