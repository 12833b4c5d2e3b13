// A glance sees what is there, and leaves everything as it is.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct GlanceTests {
    private func tagged(_ directory: WorkingDirectory, _ tags: [Text], seconds: Int64) throws -> ObjectID {
        var manifest = Manifest(
            directory: directory.id, timeline: "main", kind: .checkpoint, time: Timestamp(seconds: seconds),
            root: someID(9), versions: Versions(snap: "1"))
        manifest.tags = tags
        return try directory.store(manifest)
    }

    @Test func itFindsTheNearestAndReadsItsTimeline() throws {
        let bed = try StoreBed()
        try bed.initialize("a", store: "s")
        try bed.directory("a/b")
        try bed.open("a").append(someEvent(.take, someID(1)), someEvent(.name, someID(1), message: "start"))
        let glance = try WorkingDirectory.glance(containing: bed.bytes("a/b"))
        #expect(glance.path == bed.bytes("a"))
        #expect(try glance.room.timeline.read().names == ["start": someID(1)])
        #expect(failure { _ = try WorkingDirectory.glance(containing: bed.bytes(".")) }?.word == "notAWorkingDirectory")
    }

    /// A copy has the original's timeline until a command gives it one of its own.
    @Test func itSettlesNothing() throws {
        let bed = try StoreBed()
        try bed.initialize("a")
        try bed.open("a").append(someEvent(.take, someID(1)))
        try bed.shell("cp -a a copy")
        let before = try bed.allFiles("copy")
        let glance = try WorkingDirectory.glance(containing: bed.bytes("copy"))
        #expect(try glance.room.timeline.head() == someID(1))
        #expect(failure { try glance.setName("x", to: someID(1), force: true, who: "") }?.word == "system")
        #expect(try bed.allFiles("copy") == before)
        #expect(try bed.open("copy").id != glance.id)
    }

    @Test(arguments: ["tmp", "lock", "directories/*/timelines"])
    func itMakesNothingThatIsMissing(_ part: String) throws {
        let bed = try StoreBed()
        try bed.initialize("a")
        try bed.shell("rm -r a/.snapstore/\(part)")
        let before = try bed.allFiles("a")
        #expect(failure { _ = try WorkingDirectory.glance(containing: bed.bytes("a")) }?.word == "damaged")
        #expect(try bed.allFiles("a") == before)
        _ = try bed.open("a")
        _ = try WorkingDirectory.glance(containing: bed.bytes("a"))
    }

    @Test func recentTagsAreThoseOfTheNewestEachOnce() throws {
        let bed = try StoreBed()
        try bed.initialize("a")
        let directory = try bed.open("a")
        let old = try tagged(directory, ["old", "x"], seconds: 1)
        let middle = try tagged(directory, ["a", "x"], seconds: 2)
        let new = try tagged(directory, ["b"], seconds: 3)
        // One of them has no manifest.
        try directory.append(
            someEvent(.take, old), someEvent(.take, middle), someEvent(.take, someID(1)), someEvent(.take, new))
        let contents = try directory.room.timeline.read()
        #expect(directory.recentTags(contents, limit: 10) { _ in false } == ["b", "a", "x", "old"])
        #expect(directory.recentTags(contents, limit: 3) { _ in false } == ["b", "a", "x"])
        #expect(directory.recentTags(contents, limit: 10) { $0 == 1 } == ["b"])
        #expect(directory.recentTags(contents, limit: 0) { _ in false }.isEmpty)
    }
}
