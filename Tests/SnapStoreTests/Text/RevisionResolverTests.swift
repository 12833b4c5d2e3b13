// Resolving revisions against a small history: 1 – 2 – 3 – 4, the head back at 2.

import Testing

@testable import SnapStore

@Suite struct RevisionResolverTests {
    private struct Unreadable: Error, Equatable {}

    private func id(_ number: UInt64) -> ObjectID { ObjectID(number << 40, 0, 0, number) }

    private func contents(_ events: [(Event, UInt64, Text)]) -> TimelineContents {
        var contents = TimelineContents()
        for (event, new, message) in events {
            contents.append(
                TimelineEvent(
                    time: Timestamp(seconds: 0), old: nil, new: id(new), event: event, who: "me", message: message))
        }
        return contents
    }

    private func resolver(ids: [ObjectID]? = nil) -> RevisionResolver<Unreadable> {
        let living = ids ?? (1...4).map { id($0) }
        return RevisionResolver<Unreadable>(
            contents: contents([
                (.take, 1, ""), (.name, 1, "start"), (.take, 2, ""), (.take, 3, ""), (.take, 4, ""), (.revert, 2, ""),
                (.name, 3, "milestone-3"),
            ]),
            // A caller may list too many and in any order.
            livingIDs: { (_: IDPrefix) throws(Unreadable) -> [ObjectID] in living.reversed() + living },
            parents: { (child: ObjectID) throws(Unreadable) -> [ObjectID] in
                if child == id(4) { throw Unreadable() }
                return child == id(1) ? [] : [id(child.words.3 - 1), id(99)]
            })
    }

    private func resolve(_ text: String, _ resolver: RevisionResolver<Unreadable>? = nil) throws -> ObjectID {
        try (resolver ?? self.resolver()).resolve(try Revision(parsing: text))
    }

    private func failure(
        _ text: String, _ resolver: RevisionResolver<Unreadable>? = nil
    ) throws -> ResolutionError<Unreadable>? {
        let revision = try Revision(parsing: text)
        do throws(ResolutionError<Unreadable>) {
            _ = try (resolver ?? self.resolver()).resolve(revision)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("@", 2 as UInt64), ("@{0}", 2), ("@{1}", 4), ("@{2}", 3), ("@{4}", 1), ("@~1", 1), ("start", 1),
        ("milestone-3", 3), ("milestone-3~2", 1), ("@{2}~1", 2), ("@:any/path", 2), ("@~1:x", 1),
    ])
    func revisionsAreFound(text: String, expected: UInt64) throws {
        #expect(try resolve(text) == id(expected))
    }

    @Test func anIDIsFoundByEnoughDigits() throws {
        let digits = id(3).description
        for count in [6, 10, 64] {
            #expect(try resolve(String(digits.prefix(count))) == id(3))
        }
        #expect(try resolve(digits.uppercased()) == id(3))
    }

    @Test func severalIDsAreAmbiguous() throws {
        let prefix = try #require(IDPrefix("0000"))
        #expect(try failure("0000") == .ambiguous(prefix, candidates: (1...4).map { id($0) }, count: 4))
        let many = (UInt64(1)...25).map { id($0) }
        #expect(
            try failure("0000", resolver(ids: many))
                == .ambiguous(prefix, candidates: Array(many.prefix(10)), count: 25))
    }

    @Test func anUnknownIDHasItsNeighbours() throws {
        let prefix = try #require(IDPrefix("0000ffff"))
        #expect(try failure("0000ffff") == .unknownID(prefix, candidates: (1...4).map { id($0) }))
        let far = try #require(IDPrefix("ffff"))
        #expect(try failure("ffff") == .unknownID(far, candidates: []))
    }

    @Test func anUnknownNameHasItsLikes() throws {
        #expect(try failure("strat") == .unknownName("strat", candidates: ["start"]))
        #expect(try failure("Start") == .unknownName("Start", candidates: ["start"]))
        #expect(try failure("mile") == .unknownName("mile", candidates: ["milestone-3"]))
        #expect(try failure("nothing") == .unknownName("nothing", candidates: []))
    }

    @Test func whatIsBeforeTheFirstIsToldWithNumbers() throws {
        #expect(try failure("@{5}") == .beforeFirst(asked: 5, available: 5))
        #expect(try failure("@{9223372036854775807}") == .beforeFirst(asked: .max, available: 5))
        #expect(try failure("@~5") == .beyondRoot(asked: 5, available: 1, root: id(1)))
        #expect(try failure("start~1") == .beyondRoot(asked: 1, available: 0, root: id(1)))
    }

    @Test func withoutASnapshotThereIsNoHead() throws {
        let empty = RevisionResolver<Unreadable>(
            contents: TimelineContents(), livingIDs: { (_: IDPrefix) throws(Unreadable) -> [ObjectID] in [] },
            parents: { (_: ObjectID) throws(Unreadable) -> [ObjectID] in [] })
        for text in ["@", "@{0}", "@{3}", "@~2"] {
            #expect(try failure(text, empty) == .noSnapshots)
        }
    }

    @Test func errorsOfTheStorePassThrough() throws {
        #expect(try failure("@{1}~1") == .store(Unreadable()))
    }

    @Test func timesAndOtherTimelinesAreResolvedElsewhere() throws {
        #expect(try failure("@{yesterday}") == .unsupported(.time("yesterday")))
        #expect(try failure("other@{1}~1") == .unsupported(.timeline("other", at: .headEvent(1))))
    }
}
