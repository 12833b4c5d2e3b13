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
        let short = RevisionResolver<Unreadable>(
            contents: contents([(.take, 1, ""), (.name, 1, "v1")]),
            livingIDs: { (_: IDPrefix) throws(Unreadable) -> [ObjectID] in [] },
            parents: { (_: ObjectID) throws(Unreadable) -> [ObjectID] in [] })
        #expect(try failure("v2", short) == .unknownName("v2", candidates: ["v1"]))
        #expect(try failure("xy", short) == .unknownName("xy", candidates: []))
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

    @Test func withoutAClockTimesMeanNothing() throws {
        #expect(try failure("@{yesterday}") == .unsupported(.time("yesterday")))
        #expect(try failure("main@{yesterday}~1") == .unsupported(.time("yesterday")))
    }

    @Test func thereIsOneTimeline() throws {
        #expect(try resolve("main@{1}") == id(4))
        #expect(try resolve("main@{2}~1:a/b") == id(2))
        #expect(try failure("other@{1}~1") == .unknownTimeline("other", available: ["main"]))
        #expect(try failure("Main@{yesterday}") == .unknownTimeline("Main", available: ["main"]))
    }

    // MARK: By time

    /// Head events at those times, which make the snapshots 1, 2, 3 …, and a name mark behind each; read at 1,000 s.
    private func resolver(times: [Int64]) -> RevisionResolver<Unreadable> {
        var contents = TimelineContents()
        for (index, seconds) in times.enumerated() {
            let snapshot = id(UInt64(index + 1))
            for (event, time) in [(Event.take, seconds), (Event.name, 5 as Int64)] {
                contents.append(
                    TimelineEvent(
                        time: Timestamp(seconds: time), old: nil, new: snapshot, event: event, who: "me",
                        message: "name"))
            }
        }
        return RevisionResolver<Unreadable>(
            contents: contents, clock: LocalClock(now: Timestamp(seconds: 1_000), offset: { _ in 0 }),
            livingIDs: { (_: IDPrefix) throws(Unreadable) -> [ObjectID] in [] },
            parents: { (child: ObjectID) throws(Unreadable) -> [ObjectID] in [id(child.words.3 - 1)] })
    }

    @Test(arguments: [
        ("@{@100}", 1 as UInt64), ("@{@199}", 1), ("@{@200}", 2), ("@{@299}", 2), ("@{@300}", 3), ("@{now}", 3),
        ("@{10 minutes ago}", 3), ("@{701 seconds ago}", 2), ("@{1970-01-01T00:05}", 3), ("@{tomorrow}", 3),
        ("@{@250}~1", 1), ("@{00:04:59}:a:b", 2), ("main@{@150}", 1),
    ])
    func aTimeMeansTheHeadOfThen(text: String, expected: UInt64) throws {
        #expect(try resolve(text, resolver(times: [100, 200, 300])) == id(expected))
    }

    @Test(arguments: [
        ("@{@100}", 1 as UInt64), ("@{@150}", 1), ("@{@200}", 3), ("@{@250}", 3), ("@{@350}", 3), ("@{@400}", 4),
    ])
    func whereTheClockSteppedBackTheLastEventInTheFileCounts(text: String, expected: UInt64) throws {
        #expect(try resolve(text, resolver(times: [100, 300, 200, 400])) == id(expected))
    }

    @Test func beforeTheFirstEventThereIsNothing() throws {
        let resolver = resolver(times: [100, 50, 300])
        for text in ["@{@49}", "@{1 year ago}", "main@{@0}~1"] {
            guard case .beforeFirstTime(let first)? = try failure(text, resolver) else {
                Issue.record("\(text) was found")
                continue
            }
            // The first that was written, though another claims to be older.
            #expect(first.new == id(1) && first.time == Timestamp(seconds: 100))
        }
        #expect(try failure("@{now}", self.resolver(times: [])) == .noSnapshots)
    }

    @Test func whatIsNoTimeIsTold() throws {
        let resolver = resolver(times: [100])
        #expect(try failure("@{teatime}", resolver) == .invalidTime("teatime", .notATime("teatime")))
        #expect(try failure("@{-1}", resolver) == .invalidTime("-1", .notATime("-1")))
        #expect(try failure("@{9000 years ago}", resolver) == .invalidTime("9000 years ago", .outOfRange))
        #expect(try failure("@{ }~1", resolver) == .invalidTime(" ", .empty))
    }
}

/// What a person is told who asks a store for what is not there.
@Suite struct RevisionErrorTests {
    @Test func errorsNameTheSnapshotsThatAreNear() throws {
        let bed = try StoreBed()
        try bed.initialize("w")
        let directory = try bed.open("w")
        let twins = [1, 2].compactMap { ObjectID(String(repeating: "a", count: 63) + "\($0)") }
        try directory.append(
            someEvent(.take, twins[0], message: "one", seconds: 100),
            someEvent(.take, twins[1], old: twins[0], message: "two", seconds: 200),
            someEvent(.name, twins[1], message: "good"))
        let clock = LocalClock(now: Timestamp(seconds: 1_000), offset: { _ in 0 })
        #expect(try directory.resolve(Revision(parsing: "@{@150}"), clock: clock) == twins[0])
        #expect(try directory.resolve(Revision(parsing: "@{@200}"), clock: clock) == twins[1])

        func found(_ text: String) throws -> StoreError? {
            let revision = try Revision(parsing: text)
            return failure { _ = try directory.resolve(revision, clock: clock) }
        }
        func candidate(_ text: String, _ index: Int) -> RevisionCandidate {
            RevisionCandidate(
                text: text, id: twins[index], time: Timestamp(seconds: [100, 200][index]),
                message: ["one", "two"][index])
        }
        guard case .ambiguousRevision("aaaa", let both, 2)? = try found("aaaa") else {
            Issue.record("one of two was chosen")
            return
        }
        // Shorter texts would mean both.
        #expect(both == [candidate(twins[0].description, 0), candidate(twins[1].description, 1)])
        guard case .unknownRevision("goad", let near)? = try found("goad") else {
            Issue.record("an unknown name was found")
            return
        }
        #expect(near == [candidate("good", 1)])
        for text in ["@{@99}", "@{2}"] {
            guard case .revisionOutOfRange(text, _, let nearest)? = try found(text) else {
                Issue.record("\(text) was found")
                continue
            }
            #expect(nearest == candidate("@{1}", 0))
        }
        guard case .unknownTimeline("other", ["main"])? = try found("other@{1}") else {
            Issue.record("another timeline was found")
            return
        }
        guard case .invalidTime("teatime", _)? = try found("@{teatime}") else {
            Issue.record("a time was guessed")
            return
        }
    }
}
