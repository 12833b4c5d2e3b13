// A timeline that is written anew says what it said, but for what is gone.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct TimelineRewriteTests {
    private func lines(_ events: [TimelineEvent]) -> [UInt8] { events.flatMap { $0.encoded() } }

    private func rewrite(_ events: [TimelineEvent], without gone: ObjectID...) -> [TimelineEvent]? {
        TimelineRewrite.bytes(of: lines(events), without: Set(gone), leastLines: 1).map {
            TimelineContents(parsing: $0).events
        }
    }

    private let a = someID(1)
    private let b = someID(2)
    private let c = someID(3)

    @Test func whatIsGoneLeavesAndTheRestIsLinked() throws {
        let kept = try #require(
            rewrite(
                [
                    someEvent(.take, a), someEvent(.take, b, old: a), someEvent(.name, b, message: "x"),
                    someEvent(.unname, nil, old: b, message: "x"), someEvent(.take, c, old: b), someEvent(.drop, b),
                ], without: b))
        #expect(kept.map(\.event) == [.take, .take])
        #expect(kept.map(\.new) == [a, c])
        #expect(kept.map(\.old) == [nil, a])
    }

    @Test func theFirstThatIsLeftHasNoHeadBeforeIt() throws {
        let kept = try #require(
            rewrite(
                [
                    someEvent(.take, a), someEvent(.take, b, old: a), someEvent(.drop, a), someEvent(.recover, a),
                    someEvent(.expire, a),
                ], without: a))
        #expect(kept.map(\.new) == [b] && kept.map(\.old) == [nil])
    }

    @Test func aTimelineThatIsMostlyAliveIsLeftAlone() {
        let events = [
            someEvent(.take, a), someEvent(.take, b, old: a), someEvent(.take, c, old: b), someEvent(.drop, b),
        ]
        #expect(rewrite(events, without: b) == nil)
        #expect(TimelineRewrite.bytes(of: lines([someEvent(.take, a)]), without: [a]) == nil)
    }

    @Test func whatLivesIsNeverDropped() {
        // Nobody should say so of the head, or of what is in the list.
        let events = [someEvent(.take, a), someEvent(.drop, a), someEvent(.take, b, old: a)]
        #expect(rewrite(events, without: a, b) == nil)
    }

    @Test func linesThatNobodyCanReadStay() throws {
        var bytes = lines([someEvent(.take, a)])
        bytes += Array("torn line\n2 of a later version\n".utf8)
        var unknown = someEvent(.take, b, old: a)
        unknown.event = .other("merge")
        bytes += unknown.encoded()
        let gone = (10..<30).map { someID($0) }
        for id in gone { bytes += someEvent(.safety, id, old: a).encoded() + someEvent(.expire, id).encoded() }
        bytes += someEvent(.take, c, old: gone[19]).encoded()
        let result = try #require(TimelineRewrite.bytes(of: bytes, without: Set(gone), leastLines: 1))
        let contents = TimelineContents(parsing: result)
        #expect(contents.damagedLines.count == 1 && contents.unknownVersionLines.count == 1)
        #expect(contents.events.map(\.event) == [.take, .other("merge"), .take])
        #expect(contents.head == c && contents.events.last?.old == a)
    }

    @Test func gcWritesATimelineAnewAndAncestorsAreFound() throws {
        let bed = try CollectBed()
        var ids: [ObjectID] = []
        for number in 0..<40 { ids.append(try bed.take(["a": Array("\(number)".utf8)])) }
        let head = ids[39]
        for id in ids[1..<39] { try bed.drop(id) }
        // Before anything is gone, and after: the nearest ancestor that lives.
        #expect(try bed.open().resolve(Revision(parsing: "@~1")) == ids[0])
        let before = try bed.open().room.timeline.length
        let report = try bed.collect { $0.endsGrace = true }
        #expect(report.gone == 38)
        let directory = try bed.open()
        #expect(try directory.room.timeline.length < before / 4)
        #expect(try directory.list().map(\.id) == [head, ids[0]])
        #expect(try directory.resolve(Revision(parsing: "@~1")) == ids[0])
        #expect(failure { _ = try directory.resolve(Revision(parsing: "@~2")) }?.word == "revisionOutOfRange")
        #expect(try directory.goneSnapshots().isEmpty)
        try bed.expectWhole()
        // The next line goes to the new file.
        let next = try bed.take(["a": [0]])
        #expect(try bed.living() == [next, head, ids[0]])
    }
}

@Suite struct RemovalRecordTests {
    @Test func whatIsWrittenIsReadAndDamageMeansNothing() throws {
        let bed = try StoreBed()
        try bed.initialize("w")
        let room = try bed.open("w").room
        var record = RemovalRecord()
        record.seen[someID(1)] = Timestamp(seconds: 5, nanoseconds: 7)
        record.gone = [someID(2), someID(3)]
        try record.write(in: room.directory)
        #expect(try RemovalRecord.read(in: room.directory) == record)
        let mark = someEvent(.drop, someID(1), seconds: 5)
        #expect(!record.hasSeen(someID(1), removedBy: mark))
        let path = "w/.snapstore/directories/\(room.id)/removals"
        var bytes = try bed.read(path)
        bytes[10] ^= 1
        try bed.write(bytes, path)
        #expect(try RemovalRecord.read(in: room.directory) == RemovalRecord())
    }
}

@Suite struct BitsTests {
    @Test func whatIsSetIsFound() {
        var bits = Bits(count: 200)
        #expect(bits.isEmpty && bits.next(from: 0) == nil)
        for number in [0, 63, 64, 199] {
            let isNew = bits.insert(number)
            #expect(isNew)
        }
        for number in [63, 200, -1] {
            let isNew = bits.insert(number)
            #expect(!isNew)
        }
        #expect(bits.numbers == [0, 63, 64, 199] && bits.setCount == 4)
        #expect(bits.contains(64) && !bits.contains(65) && !bits.contains(200) && !bits.contains(-1))
        bits.remove(64)
        #expect(bits.next(from: 64) == 199 && bits.next(from: 200) == nil)
        #expect(Bits(count: 0).numbers.isEmpty)
    }
}
