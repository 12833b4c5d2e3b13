// Dropping and recovering: what goes, what must not, until when it can be had back; and what retention is told of the
// rest.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct DropTests {
    private let bed: StoreBed
    private let directory: WorkingDirectory
    /// Three snapshots, an hour apart; the last is the head.
    private let ids: [ObjectID]

    init() throws {
        bed = try StoreBed()
        try bed.initialize("w")
        directory = try bed.open("w")
        var ids: [ObjectID] = []
        for hour in 1...3 {
            var manifest = Manifest(
                directory: directory.id, timeline: "main", kind: .checkpoint,
                time: Timestamp(seconds: Int64(hour) * 3600), root: someID(9), versions: Versions(snap: "1"))
            manifest.parents = ids.last.map { [$0] } ?? []
            manifest.tags = ["t\(hour)"]
            manifest.component = Component(id: "c")
            let id = try directory.store(manifest)
            try directory.append(someEvent(.take, id, old: ids.last, message: "\(hour)", seconds: Int64(hour) * 3600))
            ids.append(id)
        }
        self.ids = ids
    }

    @discardableResult
    private func drop(_ ids: ObjectID..., force: Bool = false, at seconds: Int64 = 100_000) throws -> DropReport {
        var options = DropOptions()
        options.force = force
        options.who = "x@y/z"
        options.time = Timestamp(seconds: seconds)
        return try directory.drop(ids, options)
    }

    @discardableResult
    private func recover(_ ids: ObjectID...) throws -> RecoverReport {
        var options = RecoverOptions()
        options.who = "x@y/z"
        options.time = Timestamp(seconds: 200_000)
        return try directory.recover(ids, options)
    }

    private func marks() throws -> [Event] { try directory.room.timeline.read().events.dropFirst(3).map(\.event) }

    @Test func whatIsDroppedIsInNoListUntilItIsRecovered() throws {
        let report = try drop(ids[0])
        #expect(report.dropped == [DropReport.Dropped(id: ids[0], names: [])])
        #expect(report.graceEnd == Timestamp(seconds: 186_400))
        #expect(try directory.list().map(\.id) == [ids[2], ids[1]])
        let gone = try directory.expired()
        #expect(gone.map(\.id) == [ids[0]])
        #expect(gone[0].message == "1" && gone[0].time == Timestamp(seconds: 3600) && !gone[0].isHead)
        let removal = try #require(gone[0].removal)
        #expect(removal.event == .drop && removal.time == Timestamp(seconds: 100_000))
        #expect(removal.graceEnd == report.graceEnd)

        let mark = try #require(try directory.room.timeline.read().events.last)
        #expect(mark.event == .drop && mark.new == ids[0] && mark.old == nil && mark.who == "x@y/z")

        let recovered = try recover(ids[0])
        #expect(recovered.recovered.map(\.id) == [ids[0]])
        #expect(try directory.list().map(\.id) == [ids[2], ids[1], ids[0]])
        #expect(try directory.list().allSatisfy { $0.removal == nil })
        #expect(try directory.expired().isEmpty)
        #expect(try directory.room.timeline.read().head == ids[2])
        #expect(try marks() == [.drop, .recover])
    }

    @Test func theHeadIsNotDropped() throws {
        #expect(failure { try drop(ids[2], force: true) }?.word == "cannotDropHead")
        // What was the head may go.
        try directory.append(someEvent(.undo, ids[1], old: ids[2]))
        try drop(ids[2])
        #expect(try directory.list().map(\.id) == [ids[1], ids[0]])
    }

    @Test func aNamedSnapshotGoesOnlyByForceAndItsNamesGoWithIt() throws {
        try directory.setName("one", to: ids[0], force: false, who: "")
        try directory.setName("another", to: ids[0], force: false, who: "")
        try directory.setName("third", to: ids[1], force: false, who: "")
        guard case .cannotDropNamed(ids[0], ["another", "one"]) = failure({ try drop(ids[0]) }) else {
            Issue.record("a named snapshot was dropped without force")
            return
        }
        #expect(try drop(ids[0], force: true).dropped == [DropReport.Dropped(id: ids[0], names: ["another", "one"])])
        #expect(try directory.names().map(\.name) == ["third"])
        try recover(ids[0])
        #expect(try directory.names().map(\.name) == ["third"])
    }

    @Test func allAreDroppedOrNone() throws {
        #expect(failure { try drop(ids[0], ids[2]) }?.word == "cannotDropHead")
        #expect(failure { try drop(ids[0], someID(7)) }?.word == "unknownRevision")
        #expect(try marks().isEmpty)
        try drop(ids[0], ids[1], ids[0])
        #expect(try marks() == [.drop, .drop])
        #expect(failure { try drop(ids[0]) }?.word == "removedSnapshot")
        try drop()
        #expect(try marks() == [.drop, .drop])
    }

    @Test func allAreRecoveredOrNone() throws {
        try drop(ids[0])
        #expect(failure { try recover(ids[0], someID(7)) }?.word == "unknownRevision")
        #expect(try marks() == [.drop])
        let report = try recover(ids[0], ids[1], ids[0])
        #expect(report.recovered.map(\.id) == [ids[0]])
        #expect(report.living == [ids[1]])
        try recover(ids[0])
        #expect(try marks() == [.drop, .recover])
    }

    @Test func whatGCRemovedIsToldAsGone() throws {
        let gone = someID(7)
        try directory.append(
            someEvent(.take, gone, old: ids[2]), someEvent(.undo, ids[2], old: gone), someEvent(.expire, gone))
        #expect(try directory.expired().isEmpty)
        guard case .goneSnapshot(gone) = failure({ try recover(gone) }) else {
            Issue.record("what is not there was recovered")
            return
        }
        var options = ListOptions()
        options.listsRemoved = true
        options.selection = .snapshots([gone])
        #expect(failure { _ = try directory.list(options) }?.word == "goneSnapshot")
    }

    @Test func whatIsLostIsSaidAndTheRestComesBack() throws {
        // None of the manifests' root trees is in the store.
        try drop(ids[0])
        let report = try recover(ids[0])
        #expect(report.isPartial)
        #expect(report.recovered == [RecoverReport.Recovered(id: ids[0], hurtCount: 1)])
        #expect(try directory.list().count == 3)
    }

    @Test func whatIsWholeIsNotCalledHurt() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let first = try fixture.snapshot(try fixture.root([try fixture.file("a", "1")]))
        let again = try fixture.another()
        _ = try again.snapshot(try again.root([try again.file("a", "2")]))
        _ = try fixture.directory.drop([first], DropOptions())
        let report = try fixture.directory.recover([first], RecoverOptions())
        #expect(!report.isPartial && report.recovered.map(\.id) == [first])
    }

    @Test func listsOfRemovedSnapshotsAreFilteredLikeOthers() throws {
        try drop(ids[0])
        try directory.append(someEvent(.expire, ids[1], seconds: 90_000))
        func listed(_ change: (inout ListOptions) -> Void) throws -> [String] {
            var options = ListOptions()
            options.listsRemoved = true
            change(&options)
            return try directory.list(options).map(\.message)
        }
        #expect(try listed { _ in } == ["2", "1"])
        #expect(try listed { $0.tags = ["t1"] } == ["1"])
        #expect(try listed { $0.until = Timestamp(seconds: 3600) } == ["1"])
        #expect(try listed { $0.limit = 1 } == ["2"])
        #expect(try listed { $0.isReversed = true } == ["1", "2"])
        // One that lives is not among them, which is no mistake.
        #expect(try listed { $0.selection = .snapshots([ids[1], ids[2]]) } == ["2"])
        #expect(try directory.expired().map { $0.removal?.event } == [.expire, .drop])
        #expect(try directory.list().map(\.message) == ["3"])
    }

    @Test func theLastOfSeveralMarksSaysWhenTheGraceEnds() {
        var contents = TimelineContents()
        let id = someID(1)
        contents.append(someEvent(.take, id))
        #expect(contents.removal(of: id) == nil)
        contents.append(someEvent(.drop, id, seconds: 10))
        contents.append(someEvent(.expire, id, seconds: 20))
        #expect(contents.removal(of: id)?.time == Timestamp(seconds: 20))
        #expect(contents.removed.map(\.id) == [id] && contents.living.isEmpty)
        contents.append(someEvent(.recover, id))
        #expect(contents.removal(of: id) == nil && contents.removed.isEmpty)
        contents.append(someEvent(.drop, id, seconds: 30))
        #expect(contents.removal(of: id)?.time == Timestamp(seconds: 30))
    }

    @Test func aGraceEndsADayLaterWhateverTheTime() {
        let end = Grace.end(ofRemovalAt: Timestamp(seconds: 5, nanoseconds: 7))
        #expect(end == Timestamp(seconds: 86_405, nanoseconds: 7))
        #expect(Grace.end(ofRemovalAt: Timestamp(seconds: .max)) == .latest)
        #expect(Grace.end(ofRemovalAt: .latest) == .latest)
    }

    @Test func theStartOfAnIDMeansARemovedSnapshotWhereOneIsAskedFor() throws {
        let twins = [1, 2].compactMap { ObjectID(String(repeating: "a", count: 63) + "\($0)") }
        try directory.append(
            someEvent(.take, twins[0], old: ids[2]), someEvent(.take, twins[1], old: twins[0]),
            someEvent(.drop, twins[0]))
        let prefix = try Revision(parsing: "aaaa")
        #expect(try directory.resolve(prefix) == twins[1])
        #expect(try directory.resolve(prefix, prefersRemoved: true) == twins[0])
        let living = try Revision(parsing: ids[0].description)
        #expect(try directory.resolve(living, prefersRemoved: true) == ids[0])
    }

    // MARK: What retention is told

    @Test func retentionKnowsWhatTheTimelineAndManifestsSay() throws {
        try directory.setName("v1", to: ids[0], force: false, who: "")
        let unread = someID(7)
        var safety = someEvent(.safety, unread, old: ids[2])
        safety.kind = .operation
        try directory.append(safety, someEvent(.drop, ids[1]), someEvent(.undo, ids[2], old: unread))
        let contents = try directory.room.timeline.read()
        let plain = try directory.retentionSnapshots(contents, for: RetentionRules())
        #expect(plain.map(\.id) == [ids[0], ids[2], unread])
        #expect(plain.map(\.names) == [["v1"], [], []])
        #expect(plain.map(\.isHead) == [false, true, false])
        #expect(plain.map(\.isSafety) == [false, false, true])
        #expect(plain.map(\.kind) == [.checkpoint, .checkpoint, .operation])
        #expect(plain.allSatisfy { $0.tags.isEmpty })
        var rules = RetentionRules()
        rules.last = .count(1)
        let full = try directory.retentionSnapshots(contents, for: rules)
        #expect(full.map(\.tags) == [["t1"], ["t3"], []])
        #expect(full.map(\.component) == ["c", "c", nil])
    }

    @Test func retentionLeavesWhatItCannotRead() throws {
        var event = someEvent(.take, someID(7), old: ids[2])
        try directory.append(event)
        var rules = RetentionRules()
        rules.last = .count(1)
        let contents = try directory.room.timeline.read()
        let damaged = try directory.retentionSnapshots(contents, for: rules)
        #expect(damaged.map(\.kind) == [.checkpoint, .checkpoint, .checkpoint, nil])
        // A line that a revert wrote tells no kind: then the manifest does, and its time with it.
        event = someEvent(.revert, ids[2], old: someID(7), seconds: 99)
        event.kind = nil
        var recovered = TimelineContents()
        recovered.append(event)
        let read = try directory.retentionSnapshots(recovered, for: RetentionRules())
        #expect(read.map(\.kind) == [.checkpoint] && read.map(\.time.seconds) == [3 * 3600])
    }
}
