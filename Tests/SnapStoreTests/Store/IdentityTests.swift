// A working directory keeps its id when it moves, and a copy gets one of its own.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct IdentityTests {
    /// A working directory with one event, inside or with its store elsewhere.
    private func prepare(_ store: String?) throws -> (StoreBed, WorkingDirectory) {
        let bed = try StoreBed()
        try bed.initialize("a", store: store)
        let directory = try bed.open("a")
        try directory.append(someEvent(.take, someID(1)))
        return (bed, directory)
    }

    private func label(_ directory: WorkingDirectory) throws -> [UInt8]? {
        try About.read(in: directory.room.directory)?.path
    }

    @Test(arguments: [nil, "s"]) func aMovedDirectoryKeepsItsID(_ store: String?) throws {
        let (bed, original) = try prepare(store)
        try bed.shell("mv a b")
        let moved = try bed.open("b")
        #expect(moved.id == original.id)
        #expect(moved.notes.isEmpty)
        #expect(try label(moved) == bed.bytes("b"))
        #expect(try moved.list().count == 1)
    }

    @Test(arguments: [nil, "s"]) func aCopyGetsAnIDAndATimelineOfItsOwn(_ store: String?) throws {
        let (bed, original) = try prepare(store)
        try bed.shell("cp -a a b")
        let copy = try bed.open("b")
        #expect(copy.id != original.id)
        #expect(copy.notes.count == 1 && copy.notes[0].contains("'\(bed.path)/a'"))
        #expect(try copy.list().map(\.id) == [someID(1)])
        try copy.append(someEvent(.take, someID(2), old: someID(1)))
        #expect(try copy.list().map(\.id) == [someID(2), someID(1)])
        #expect(try bed.open("a").list().map(\.id) == [someID(1)])
        #expect(try bed.open("a").id == original.id)
        #expect(try bed.open("a").notes.isEmpty)
        // Once is enough.
        #expect(try bed.open("b").id == copy.id)
        #expect(try bed.open("b").notes.isEmpty)
        #expect(!bed.exists("b/.snapstore/id.new"))
    }

    @Test func aStoreThatWasCopiedIsACopyAlsoWhenTheOriginalWentAway() throws {
        let (bed, original) = try prepare(nil)
        try bed.shell("cp -a a b; mv a c")
        let copy = try bed.open("b")
        #expect(copy.id != original.id)
        #expect(try bed.open("c").id == original.id)
    }

    @Test func aPointerWhoseOldPlaceIsGoneWasMovedWhateverItsInode() throws {
        let (bed, original) = try prepare("s")
        try bed.shell("cp -a a b; rm -r a")
        #expect(try bed.open("b").id == original.id)
        #expect(try bed.open("b").notes.isEmpty)
    }

    @Test func anOldPlaceWithAnotherIDIsNoOriginal() throws {
        let (bed, original) = try prepare("s")
        try bed.shell("mv a b")
        try bed.initialize("a", store: "s")
        #expect(try bed.open("b").id == original.id)
    }

    @Test func aRestoredDirectoryKeepsItsIDAndMayMoveAgain() throws {
        let (bed, original) = try prepare(nil)
        // As from a backup: the same path, another inode.
        try bed.shell("cp -a a b; rm -r a; mkdir x; cp -a b a; rm -r b")
        let restored = try bed.open("a")
        #expect(restored.id == original.id && restored.notes.isEmpty)
        try bed.shell("mv a c")
        #expect(try bed.open("c").id == original.id)
    }

    @Test func theSameDirectoryAtTwoPathsIsNoCopy() throws {
        let (bed, original) = try prepare("s")
        // As a bind mount shows it: the label names another path, where the very same directory is.
        let room = original.room.directory
        try bed.shell("ln -s a alias")
        var values = try KeyValueFile(parsing: try bed.read("s/directories/\(original.id)/about"), checksummed: true)
        values["path"] = bed.bytes("alias")
        try room.replace(About.file, with: values.encoded(checksummed: true))
        #expect(try bed.open("a").id == original.id)
        #expect(try label(bed.open("a")) == bed.bytes("alias"))
    }

    @Test func aDamagedLabelIsWrittenAnewAndNothingIsLost() throws {
        let (bed, original) = try prepare(nil)
        let about = "a/.snapstore/directories/\(original.id)/about"
        for damage in ["rm \(about)", ": > \(about)", "sed -i 's/path = ./path = x/' \(about)"] {
            try bed.shell(damage)
            let opened = try bed.open("a")
            #expect(opened.id == original.id && opened.notes.count == 1)
            #expect(try label(opened) == bed.bytes("a"))
            #expect(try opened.list().count == 1)
            #expect(try bed.open("a").notes.isEmpty)
        }
    }

    @Test func whatANewerVersionAddsToALabelStays() throws {
        let (bed, original) = try prepare(nil)
        let about = "directories/\(original.id)/about"
        var values = try KeyValueFile(parsing: try bed.read("a/.snapstore/\(about)"), checksummed: true)
        values.append("colour", "green")
        try bed.write(values.encoded(checksummed: true), "a/.snapstore/\(about)")
        try bed.shell("mv a b")
        _ = try bed.open("b")
        let text = try bed.text("b/.snapstore/\(about)")
        #expect(text.contains("colour = green\n") && text.contains("path = \(bed.path)/b\n"))
    }

    @Test(arguments: [nil, "s"]) func manyOpensOfACopyAtOnceAgree(_ store: String?) throws {
        let (bed, original) = try prepare(store)
        try bed.shell("cp -a a b")
        let ids = Monitor<[String]>([])
        Workers.run(8) { _ in
            let id = (try? bed.open("b").id) ?? "failed"
            ids.withLock { $0.append(id) }
        }
        let all = Set(ids.withLock { $0 })
        #expect(all.count == 1 && !all.contains("failed") && !all.contains(original.id))
        #expect(try bed.open("b").layout.roomIDs().count == 2)
    }

    @Test func aCopyOfAHalfMadeCopyTakesAnotherID() throws {
        let (bed, _) = try prepare("s")
        try bed.shell("cp -a a b")
        // b was killed after it had written down its next id.
        let pending = String(repeating: "7", count: 32)
        try bed.write("\(pending)\n", "b/.snapstore/id.new")
        try bed.shell("cp -a b c")
        #expect(try bed.open("b").id == pending)
        let third = try bed.open("c").id
        #expect(try Set([bed.open("a").id, pending, third]).count == 3)
    }
}

@Suite(.enabled(if: geteuid() == 0, "only root can be refused by a read-only mount and by modes at will"))
struct ReadOnlyTests {
    @Test func readersGoOnWhereNothingCanBeWritten() async {
        await #expect(processExitsWith: .success) {
            let bed = try StoreBed()
            try bed.initialize("a", store: "s")
            try bed.open("a").append(someEvent(.take, someID(1)))
            try bed.shell(
                "cp -a a copy; mv a moved; cp -a copy a; chown -R 65534 .; chmod -R a-w s a moved copy; chmod 755 . ..")
            try #require(seteuid(65534) == 0)
            // Root again, who can remove what was made.
            defer { _ = seteuid(0) }
            let copy = try bed.open("copy")
            try #require(try copy.list().map(\.id) == [someID(1)])
            // It is a copy still, and must not write into the original's timeline.
            try #require(failure { try copy.requireWritable() }?.word == "system")
            try #require(try bed.open("a").list().count == 1)
        }
    }
}
