// The health of a store is told as it is, and telling it changes nothing.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct HealthTests {
    private func health(_ bed: CoverBed) throws -> HealthReport {
        // Opened anew, as a command would.
        let directory = try WorkingDirectory.open(containing: Array(bed.path.utf8))
        return try directory.health(HealthOptions(), observer: Observer())
    }

    /// Names, sizes, modes and times of everything in the store.
    private func listing(_ bed: CoverBed) throws -> [String] {
        let found = FileManager.default.enumerator(atPath: bed.storePath)?.compactMap { $0 as? String } ?? []
        return try found.sorted().map { name in
            let facts = try FileDescriptor.open(Array("\(bed.storePath)/\(name)".utf8), [.pathOnly]).facts().0
            return "\(name) \(facts.size) \(facts.mode) \(facts.mtime_seconds) \(facts.mtime_nanoseconds)"
        }
    }

    @Test func aHealthyStoreIsToldAndNotTouched() throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        try bed.write("file", "content\n")
        _ = try bed.take()
        let before = try listing(bed)
        let report = try health(bed)
        #expect(try listing(bed) == before)
        #expect(try report.access.get().faults.isEmpty)
        #expect(try report.leftovers.get() == HealthReport.Leftovers())
        #expect(try report.check.get().isClean)
        #expect(try report.history.get().snapshots == 1)
        #expect(try report.history.get().latest != nil)
        #expect(try report.unfinished.get() == nil)
        #expect(try report.settings.get().isEmpty)
        #expect(try report.space.get().packCount == 1)
        #expect(try report.storeFileSystem.get().device == report.directoryFileSystem.get().device)
        #expect(report.lastFullCheck == nil)
    }

    @Test func faultsAreFound() throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        try bed.write("file", "content\n")
        _ = try bed.take()
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bed.storePath)
        try Data("half a pack".utf8).write(to: URL(fileURLWithPath: bed.storePath + "/tmp/left"))
        try Data("x".utf8).write(to: URL(fileURLWithPath: bed.storePath + "/staging/left"))
        try Data("x".utf8).write(to: URL(fileURLWithPath: bed.storePath + "/staging/left.kept"))
        try Data("no.such.key = 1\n".utf8).write(to: URL(fileURLWithPath: bed.storePath + "/config"))
        let report = try health(bed)
        let access = try report.access.get()
        #expect(access.faultCount == 1)
        #expect(access.faults.first?.fault == .isOpen(0o755))
        #expect(
            try report.leftovers.get() == HealthReport.Leftovers(packs: 1, packBytes: 11, staged: 1, kept: 1))
        #expect(try report.settings.get().count == 1)
    }

    @Test func whatCannotBeToldLeavesTheRest() throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        try bed.write("file", "content\n")
        _ = try bed.take()
        try Data("store.max-size = much\n".utf8).write(to: URL(fileURLWithPath: bed.storePath + "/config"))
        let report = try health(bed)
        #expect(throws: StoreError.self) { try report.settings.get() }
        #expect(throws: StoreError.self) { try report.space.get() }
        #expect(try report.history.get().snapshots == 1)
        #expect(try !report.check.get().isClean)
    }

    @Test func aFullCheckIsRememberedWhateverFollows() throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        try bed.write("file", "content\n")
        _ = try bed.take()
        var options = VerifyOptions()
        options.depth = .full
        _ = try bed.directory.verify(options, observer: Observer())
        options.depth = .quick
        _ = try bed.directory.verify(options, observer: Observer())
        #expect(try health(bed).lastFullCheck?.result == "clean")
    }

    @Test func aTakeTellsHowFarItIs() throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        for number in 0..<100 { try bed.write("d\(number % 7)/f\(number)", "content \(number)\n") }
        let counts = Monitor<[ProgressCount]>([])
        var observer = Observer()
        observer.progress = { event in
            if case .counted(let count) = event { counts.withLock { $0.append(count) } }
        }
        let options = TakeOptions()
        _ = try bed.directory.take(options, observer: observer)
        let first = try #require(counts.withLock { $0.last })
        #expect(first.phase == .reading && first.files >= 100 && first.total == ProgressTotal())
        counts.withLock { $0 = [] }
        // What did not change is looked at and not read, and is what was expected.
        _ = try bed.directory.take(options, observer: observer)
        let second = try #require(counts.withLock { $0.last })
        #expect(second.files >= 100 && second.total.files == 100)
        counts.withLock { $0 = [] }
        observer.wantsCounts = false
        _ = try bed.directory.take(options, observer: observer)
        #expect(counts.withLock { $0.isEmpty })
    }
}
