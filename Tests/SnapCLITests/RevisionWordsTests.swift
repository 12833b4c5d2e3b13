// The revisions that are offered are those that can be resolved, with what tells them apart.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct RevisionWordsTests {
    private static let now = Timestamp(seconds: 1_000_000)

    private static func id(_ digits: String) throws -> ObjectID {
        try #require(ObjectID(digits + String(repeating: "0", count: 64 - digits.utf8.count)))
    }

    /// Three takes, the second of them named, and the head back at the first.
    private func contents() throws -> TimelineContents {
        let ids = [try Self.id("abc1"), try Self.id("abd2"), try Self.id("03")]
        var contents = TimelineContents()
        func add(_ event: Event, _ new: ObjectID, old: ObjectID?, _ message: Text, _ age: Int64) {
            contents.append(
                TimelineEvent(
                    time: Timestamp(seconds: Self.now.seconds - age), old: old, new: new, event: event, who: "me",
                    message: message))
        }
        add(.take, ids[0], old: nil, "first\nand more", 7200)
        add(.take, ids[1], old: ids[0], "", 3600 * 48)
        add(.name, ids[1], old: nil, "feature", 10)
        add(.take, ids[2], old: ids[1], "third", 60)
        add(.revert, ids[0], old: ids[2], "", 30)
        return contents
    }

    private func words(_ typed: String) throws -> [(String, String)] {
        let words = RevisionWords(try contents(), now: Self.now)
        return words.candidates(Array(typed.utf8)).map { (String(decoding: $0.value, as: UTF8.self), $0.meaning) }
    }

    private func values(_ typed: String) throws -> [String] { try words(typed).map { $0.0 } }

    @Test func headsAndNamesComeFirst() throws {
        let found = try words("")
        // The first snapshot is the head, and has no parent.
        #expect(found.map { $0.0 } == ["@", "@{1}", "feature"])
        #expect(found.map { $0.1 } == ["2 hours ago: first", "take 60 seconds ago: third", "2 days ago"])
    }

    @Test func idsAreOfferedWhenOneIsBegun() throws {
        #expect(try values("ab") == ["abd2000000", "abc1000000"])
        #expect(try values("aBc") == ["aBc1000000"])
        #expect(try values("f") == ["feature"])
        #expect(try values("fe") == ["feature"])
        #expect(try values("0") == ["0300000000"])
        #expect(try values("03000000000")[0].utf8.count == 64)
        #expect(try values("x").isEmpty)
        #expect(try values(String(repeating: "0", count: 70)).isEmpty)
    }

    @Test func stepsAreCounted() throws {
        #expect(try values("@~").isEmpty)
        #expect(try values("@{").prefix(4) == ["@{0}", "@{1}", "@{2}", "@{3}"])
        #expect(try values("@{").contains("@{yesterday 14:00}"))
        #expect(try values("@{4").isEmpty)
        #expect(try values("@{3") == ["@{3}"])
        var timeline = try contents()
        timeline.append(
            TimelineEvent(
                time: Self.now, old: try Self.id("abc1"), new: try Self.id("04"), event: .take, who: "me"))
        let found = RevisionWords(timeline, now: Self.now).candidates(Array("@~".utf8))
        #expect(found == [Candidate("@~1", "2 hours ago: first")])
        // A removed one is no ancestor that can be had.
        timeline.append(
            TimelineEvent(time: Self.now, old: nil, new: try Self.id("abc1"), event: .drop, who: "me"))
        #expect(RevisionWords(timeline, now: Self.now).candidates(Array("@~".utf8)).isEmpty)
    }

    @Test func anEmptyTimelineHasNoWords() {
        #expect(RevisionWords(TimelineContents(), now: nil).candidates([]).isEmpty)
    }
}
