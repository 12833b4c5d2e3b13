// What the timeline tells: each living snapshot once, names, and what a revision means.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct HistoryTests {
    private func prepare() throws -> (StoreBed, WorkingDirectory) {
        let bed = try StoreBed()
        try bed.initialize("w")
        return (bed, try bed.open("w"))
    }

    private func manifest(_ directory: WorkingDirectory, parents: [ObjectID] = [], seconds: Int64) throws -> ObjectID {
        var manifest = Manifest(
            directory: directory.id, timeline: "main", kind: .checkpoint, time: Timestamp(seconds: seconds),
            root: someID(9),
            versions: Versions(snap: "1"))
        manifest.parents = parents
        return try directory.store(manifest)
    }

    @Test func listsEachLivingSnapshotOnceNewestFirst() throws {
        let (_, directory) = try prepare()
        let (a, b, s, c) = (someID(1), someID(2), someID(3), someID(4))
        try directory.append(
            someEvent(.take, a, message: "first", seconds: 10), someEvent(.take, b, old: a, seconds: 20),
            someEvent(.safety, s, old: b, seconds: 30), someEvent(.revert, a, old: s, seconds: 31),
            someEvent(.undo, s, old: a, seconds: 40), someEvent(.name, a, message: "start"),
            someEvent(.name, a, message: "again"), someEvent(.drop, b), someEvent(.revert, c, old: s, seconds: 50),
            someEvent(.undo, s, old: c, seconds: 60))
        let list = try directory.list()
        #expect(list.map(\.id) == [c, s, a])
        #expect(list.map(\.time.seconds) == [50, 30, 10])
        #expect(list.map(\.event) == [.revert, .safety, .take])
        #expect(list.map(\.isHead) == [false, true, false])
        #expect(list[2].names == ["again", "start"])
        #expect(list[2].message == "first")
        try directory.append(someEvent(.recover, b), someEvent(.expire, c), someEvent(.recover, someID(5)))
        // The last one's own line is lost: verify found its manifest.
        #expect(try directory.list().map(\.id) == [someID(5), s, b, a])
    }

    @Test func listingOpensNoPack() throws {
        let (bed, directory) = try prepare()
        try directory.append(someEvent(.take, someID(1)))
        try bed.write("no pack at all", "w/.snapstore/packs/\(someID(1)).pack")
        #expect(try directory.list().count == 1)
        #expect(try directory.resolve(.head) == someID(1))
        try bed.shell("rm -r w/.snapstore/packs; touch w/.snapstore/packs")
        #expect(try directory.list().count == 1)
    }

    @Test func namesComeAndGo() throws {
        let (_, directory) = try prepare()
        let a = try manifest(directory, seconds: 1)
        let b = try manifest(directory, seconds: 2)
        try directory.append(someEvent(.take, a), someEvent(.take, b, old: a))
        try directory.setName("good", to: a, force: false, who: "x@y/z")
        try directory.setName("best", to: b, force: false, who: "x@y/z")
        #expect(try directory.names().map(\.name) == ["best", "good"])
        #expect(try directory.resolve(.name("good")) == a)

        guard case .nameExists("good", a) = failure({ try directory.setName("good", to: b, force: false, who: "") })
        else {
            Issue.record("a name was moved without force")
            return
        }
        let before = try directory.room.timeline.read().events.count
        try directory.setName("good", to: a, force: false, who: "")
        #expect(try directory.room.timeline.read().events.count == before)
        try directory.setName("good", to: b, force: true, who: "x@y/z")
        let mark = try #require(try directory.room.timeline.read().events.last)
        #expect(mark.event == .name && mark.old == a && mark.new == b && mark.who == "x@y/z" && mark.kind == nil)
        #expect(try directory.list().map(\.names) == [["best", "good"], []])
        #expect(try directory.resolve(.head) == b)

        #expect(try directory.removeName("good", who: "") == b)
        #expect(try directory.names().map(\.name) == ["best"])
        guard case .unknownName("bets", let near) = failure({ _ = try directory.removeName("bets", who: "") }) else {
            Issue.record("an unknown name was removed")
            return
        }
        #expect(near == ["best"])
    }

    @Test func namesNameWhatIsThere() throws {
        let (_, directory) = try prepare()
        let a = try manifest(directory, seconds: 1)
        try directory.append(someEvent(.take, a))
        for name in ["", "a b", "-x", "@x", "a~", "cafe", "x:y", "{", "a\nb"] {
            #expect(
                failure { try directory.setName(name, to: a, force: true, who: "") }?.word == "invalidName", "\(name)")
        }
        #expect(failure { try directory.setName("x", to: someID(1), force: true, who: "") }?.word == "missingObject")
        try directory.append(someEvent(.drop, a))
        #expect(failure { try directory.setName("x", to: a, force: true, who: "") }?.word == "removedSnapshot")
        #expect(try directory.names().isEmpty)
    }

    @Test func revisionsMeanSnapshots() throws {
        let (_, directory) = try prepare()
        #expect(failure { _ = try directory.resolve(.head) }?.word == "revisionOutOfRange")
        let a = try manifest(directory, seconds: 1)
        let b = try manifest(directory, parents: [a], seconds: 2)
        let unnamed = try manifest(directory, seconds: 3)
        try directory.append(someEvent(.take, a), someEvent(.take, b, old: a))
        #expect(try directory.resolve(Revision(parsing: "@")) == b)
        #expect(try directory.resolve(Revision(parsing: "@~1")) == a)
        #expect(try directory.resolve(Revision(parsing: "@{1}")) == a)
        #expect(try directory.resolve(Revision(parsing: a.description)) == a)
        #expect(try directory.resolve(Revision(parsing: String(a.description.prefix(12)))) == a)
        // No line knows it, but a pack does.
        #expect(try directory.resolve(Revision(parsing: unnamed.description)) == unnamed)
        #expect(failure { _ = try directory.resolve(Revision(parsing: "@~2")) }?.word == "revisionOutOfRange")
        #expect(failure { _ = try directory.resolve(Revision(parsing: "@{2}")) }?.word == "revisionOutOfRange")
        #expect(failure { _ = try directory.resolve(Revision(parsing: "nothing")) }?.word == "unknownRevision")
        #expect(try directory.manifest(b).parents == [a])
        #expect(try directory.manifestBytes(b) == directory.manifest(b).encoded())
        #expect(failure { _ = try directory.manifest(someID(1)) }?.word == "missingObject")
    }

    /// Whoever comes from git types it.
    @Test func whatGitCallsTheHeadIsNotANameButUnderstood() throws {
        let (_, directory) = try prepare()
        try directory.append(
            someEvent(.take, someID(1)), someEvent(.name, someID(1), message: "heap"),
            someEvent(.take, someID(2), old: someID(1)))
        for text in ["HEAD", "head", "HEAD~1"] {
            guard
                case .unknownRevision(text, let candidates) = failure({
                    _ = try directory.resolve(Revision(parsing: text))
                })
            else {
                Issue.record("\(text) means a snapshot")
                continue
            }
            #expect(candidates.map(\.text) == ["@", "heap"])
            #expect(candidates.first?.id == someID(2))
        }
    }

    @Test func anAmbiguousPrefixNamesItsCandidates() throws {
        let (_, directory) = try prepare()
        let twins = [1, 2].compactMap { ObjectID(String(repeating: "a", count: 63) + "\($0)") }
        try directory.append(someEvent(.take, twins[0]), someEvent(.take, twins[1], old: twins[0]))
        guard
            case .ambiguousRevision(_, let both, 2) = failure({ _ = try directory.resolve(Revision(parsing: "aaaa")) })
        else {
            Issue.record("one of two was chosen")
            return
        }
        #expect(both.map(\.id) == twins)
        try directory.append(someEvent(.drop, twins[1]))
        #expect(try directory.resolve(Revision(parsing: "aaaa")) == twins[0])
    }
}
