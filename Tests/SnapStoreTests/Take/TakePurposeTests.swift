// What a take leaves behind when it is part of a revert: nothing when it is dry, a line of its own event otherwise, and never an error that a limit made.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct TakePurposeTests {
    private func withBed(_ body: (CoverBed) throws -> Void) throws {
        let bed = try CoverBed()
        defer { bed.remove() }
        try body(bed)
    }

    private func lastEvent(_ bed: CoverBed) throws -> TimelineEvent? {
        try bed.directory.room.timeline.read().living.last?.event
    }

    // MARK: Dry

    @Test func aDryTakeLeavesTheStoreAsItWas() throws {
        try withBed { bed in
            try bed.write("file", "one")
            try bed.take()
            try bed.write("file", "two")
            try bed.write("large", String(repeating: "0123456789abcdef", count: 1 << 16))
            try Data("left by somebody".utf8).write(to: URL(fileURLWithPath: bed.storePath + "/tmp/pack.new"))
            let before = try bed.storeFiles()
            let outcome = try bed.take(.safety, dry: true)
            #expect(outcome.report.isNew)
            #expect(try bed.storeFiles() == before)
        }
    }

    @Test func aDryTakeThatFindsNothingNewNamesTheHead() throws {
        try withBed { bed in
            try bed.write("file", "one")
            let head = try bed.take()
            let outcome = try bed.take(.safety, dry: true)
            #expect(!outcome.report.isNew && outcome.report.id == head.report.id)
            #expect(outcome.rootTree == head.rootTree)
        }
    }

    /// Everything but the files' chunks: trees and lists of directories, lists of large files, long attributes, the link table.
    @Test func aDryTakesOverlayIsEnoughToReadItsTree() throws {
        try withBed { bed in
            for index in 0..<400 { try bed.write("many/\(index)", "") }
            try bed.write("large", String(repeating: "0123456789abcdef", count: 1 << 16))
            try bed.write("first", "linked")
            try FileManager.default.linkItem(atPath: bed.path + "/first", toPath: bed.path + "/second")
            let dry = try bed.take(.safety, dry: true)
            let seen = try bed.table(dry.rootTree, overlay: dry.overlay)
            #expect(Set(seen.keys) == (try bed.livePaths()))
            let reader = ObjectReader(bed.directory.packs, overlay: dry.overlay)
            let root = try TreeEntry(decodingRootTree: reader.read(ObjectKey(.tree, dry.rootTree)))
            let links = try LinkTable.decode(reader.read(try #require(root.links)))
            #expect(links == [[Array("first".utf8), Array("second".utf8)]])
            let real = try bed.take()
            #expect(real.rootTree == dry.rootTree && real.overlay.isEmpty)
        }
    }

    // MARK: Events

    @Test func aPartOfARevertIsAnOperationWithItsOwnEvent() throws {
        try withBed { bed in
            var last: ObjectID?
            for (index, event) in [Event.take, .safety, .revert, .undo, .redo].enumerated() {
                try bed.write("file", "\(index)")
                let report = try bed.take(event).report
                let line = try #require(try lastEvent(bed))
                #expect(line.event == event && line.new == report.id && line.old == last)
                #expect(line.kind == (event == .take ? .checkpoint : .operation))
                #expect(try bed.directory.manifest(report.id).kind == line.kind)
                last = report.id
            }
            #expect(try bed.take(.safety) { $0.kind = .milestone }.report.isNew)
            #expect(try lastEvent(bed)?.kind == .milestone)
        }
    }

    @Test func anUnchangedDirectoryNeedsNoSafetySnapshot() throws {
        try withBed { bed in
            try bed.write("file", "one")
            let head = try bed.take()
            let outcome = try bed.take(.safety, covering: [head.rootTree])
            #expect(!outcome.report.isNew && outcome.report.id == head.report.id)
            #expect(try lastEvent(bed)?.event == .take)
        }
    }

    // MARK: Limits, locks and journals

    @Test(arguments: ["store.max-size = 1\n", "store.min-free = 100%\n"])
    func noLimitStopsASafetySnapshot(setting: String) throws {
        try withBed { bed in
            try bed.write("file", "one")
            try bed.write(".snapstore/config", setting)
            #expect(throws: StoreError.self) { try bed.take() }
            #expect(try bed.take(.safety).report.isNew)
        }
    }

    @Test func theCallersLockIsEnough() throws {
        try withBed { bed in
            try bed.write("file", "one")
            let locks = bed.directory.layout.locks
            guard let lock = try locks.directory(bed.directory.id, exclusive: true, waiting: false) else {
                Issue.record("somebody has the lock")
                return
            }
            let purpose = TakePurpose(event: .safety, hasLock: true)
            #expect(try bed.directory.take(TakeOptions(), for: purpose, observer: Observer()).report.isNew)
            lock.release()
        }
    }

    @Test func anUnfinishedRevertStopsATakeAndNotItsOwn() throws {
        try withBed { bed in
            try bed.write("file", "one")
            try bed.write(".snapstore/directories/\(bed.directory.id)/journal", "")
            #expect(throws: StoreError.self) { try bed.take() }
            #expect(try bed.take(.safety).report.isNew)
        }
    }
}
