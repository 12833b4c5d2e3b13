// A line is in the timeline whole or not at all, and what a crash left harms neither what was before nor what comes
// after.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct TimelineStoreTests {
    private func prepare() throws -> (StoreBed, WorkingDirectory, file: String) {
        let bed = try StoreBed()
        try bed.initialize("w")
        let directory = try bed.open("w")
        return (bed, directory, "w/.snapstore/directories/\(directory.id)/timelines/main")
    }

    @Test func isEmptyBeforeTheFirstLine() throws {
        let (bed, directory, file) = try prepare()
        #expect(try directory.room.timeline.head() == nil)
        #expect(try directory.room.timeline.read().events.isEmpty)
        #expect(try directory.room.timeline.isEmpty)
        #expect(!bed.exists(file))
        try directory.append(someEvent(.take, someID(1)))
        #expect(try directory.room.timeline.head() == someID(1))
        #expect(try !directory.room.timeline.isEmpty)
        #expect(try bed.mode(file) == 0o600)
    }

    @Test func aTornLastLineStaysAloneOnItsLine() throws {
        let (bed, directory, file) = try prepare()
        try directory.append(someEvent(.take, someID(1)))
        let first = try bed.read(file)
        try directory.append(someEvent(.take, someID(2), old: someID(1)))
        let whole = try bed.read(file)
        for length in (first.count + 1)..<(whole.count - 1) {
            let torn = Array(whole.prefix(length))
            try bed.write(torn, file)
            #expect(try directory.room.timeline.head() == someID(1), "\(length) bytes")
            try directory.append(someEvent(.take, someID(3), old: someID(1)))
            let contents = try directory.room.timeline.read()
            #expect(contents.events.map(\.new) == [someID(1), someID(3)], "\(length) bytes")
            #expect(contents.damagedLines.map(\.number) == [2], "\(length) bytes")
            #expect(try bed.read(file).starts(with: torn), "\(length) bytes")
        }
    }

    @Test func aLineWithoutItsNewlineCountsAndIsEnded() throws {
        let (bed, directory, file) = try prepare()
        try directory.append(someEvent(.take, someID(1)))
        try bed.write(try bed.read(file).dropLast(), file)
        #expect(try directory.room.timeline.head() == someID(1))
        try directory.append(someEvent(.take, someID(2), old: someID(1)))
        #expect(try directory.room.timeline.read().events.count == 2)
    }

    @Test func theHeadIsFoundBehindAnyNumberOfMarks() throws {
        let (_, directory, _) = try prepare()
        let lock = try directory.layout.locks.timeline(directory.id)
        try directory.room.timeline.append(someEvent(.take, someID(1)), under: lock)
        for count in [1, 10, 40, 400] {
            let marks = (0..<count).map { someEvent(.name, someID(1), message: "name\($0)") }
            try directory.room.timeline.append(marks, under: lock)
            #expect(try directory.room.timeline.head() == someID(1))
        }
        lock.release()
    }

    /// Lines of every length pass over the border of what is read at first.
    @Test func theHeadIsFoundAtTheBorderOfTheTail() throws {
        let (bed, directory, file) = try prepare()
        try directory.append(someEvent(.take, someID(1)), someEvent(.take, someID(2), old: someID(1)))
        let start = try bed.read(file)
        for length in 3500...4500 {
            let mark = someEvent(.name, someID(2), message: String(repeating: "x", count: length))
            try bed.write(start + mark.encoded(), file)
            #expect(try directory.room.timeline.head() == someID(2), "a message of \(length) bytes")
        }
    }

    @Test func writersAtOnceLoseNothing() throws {
        let (_, directory, _) = try prepare()
        Workers.run(5) { number in
            for count in 0..<20 {
                try? directory.append(someEvent(.take, someID(UInt8(number * 20 + count))))
            }
        }
        let contents = try directory.room.timeline.read()
        #expect(Set(contents.events.compactMap(\.new)).count == 100)
        #expect(contents.damagedLines.isEmpty)
    }

    @Test func somethingElseInItsPlaceIsDamage() throws {
        for command in ["mkfifo", "mkdir", "ln -s /etc/passwd"] {
            let (bed, directory, file) = try prepare()
            try bed.shell("\(command) \(file)")
            #expect(failure { _ = try directory.room.timeline.read() }?.word == "damaged")
            #expect(failure { _ = try directory.room.timeline.head() }?.word == "damaged")
            #expect(failure { try directory.append(someEvent(.take, someID(1))) } != nil)
        }
    }
}
