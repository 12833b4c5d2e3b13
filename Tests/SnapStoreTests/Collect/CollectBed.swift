// A working directory with real takes, and gc step by step: what stands between two steps of gc is what others do
// meanwhile.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

final class CollectBed {
    let bed: StoreBed
    /// Takes are an hour apart, from this on: later than any clock that tests run by.
    static let start: Int64 = 4_000_000_000
    /// Since then.
    var hours: Int64 = 0
    private var numbers = Numbers(11)

    init() throws {
        bed = try StoreBed(isFast: true)
        try bed.initialize("w")
    }

    /// As another process sees it.
    func open() throws -> WorkingDirectory { try bed.open("w") }

    var now: Timestamp { Timestamp(seconds: Self.start + hours * 3600) }

    func noise(_ count: Int) -> [UInt8] { numbers.noise(count) }

    func text(_ count: Int) -> [UInt8] { numbers.text(count) }

    func write(_ files: [String: [UInt8]]) throws {
        for (name, bytes) in files { try bed.write(bytes, "w/\(name)") }
    }

    /// Writes the files and takes. Packs stay as they are: nothing is merged.
    @discardableResult
    func take(
        _ files: [String: [UInt8]] = [:], kind: Kind? = nil, compression: Compression? = nil,
        in directory: WorkingDirectory? = nil
    ) throws -> ObjectID {
        try write(files)
        hours += 1
        var options = TakeOptions()
        options.time = now
        options.kind = kind
        options.compression = compression
        options.threads = 2
        options.force = true
        let place = try directory ?? open()
        let lock = try place.layout.locks.gc()
        let report = try place.take(options, observer: Observer())
        lock?.release()
        return report.id
    }

    func drop(_ ids: ObjectID...) throws {
        hours += 1
        var options = DropOptions()
        options.time = now
        _ = try open().drop(ids, options)
    }

    func recover(_ id: ObjectID) throws {
        var options = RecoverOptions()
        options.time = now
        _ = try open().recover([id], options)
    }

    // MARK: gc

    /// What it is asked for, so many hours after the last take or drop.
    func options(hoursLater: Int64 = 1, _ change: (inout GCOptions) -> Void = { _ in }) -> GCOptions {
        hours += hoursLater
        var options = GCOptions(clock: LocalClock(now: now) { _ in 0 })
        // A child that another test starts has a copy of every lock until it runs its program.
        options.lockPatience = 500_000_000
        options.takePatience = 500_000_000
        change(&options)
        return options
    }

    /// Walks all snapshots, whatever the last gc has left.
    @discardableResult
    func collect(hoursLater: Int64 = 1, _ change: (inout GCOptions) -> Void = { _ in }) throws -> GCReport {
        if hasFile(SettledState.file) { try bed.shell("rm w/.snapstore/settled") }
        return try collectAgain(hoursLater: hoursLater, change)
    }

    /// As anybody does.
    func collectAgain(hoursLater: Int64 = 1, _ change: (inout GCOptions) -> Void = { _ in }) throws -> GCReport {
        try open().collect(options(hoursLater: hoursLater, change), observer: Observer())
    }

    /// A gc that ends the grace, to be gone through step by step.
    func operation(in directory: WorkingDirectory? = nil) throws -> GCOperation {
        let chosen = options(hoursLater: 1) { $0.endsGrace = true }
        return GCOperation(try directory ?? open(), chosen, Observer())
    }

    // MARK: What must be so

    func packs() throws -> [String] { try bed.names("w/.snapstore/packs") }

    /// What they take.
    func packBytes() throws -> UInt64 {
        var result: UInt64 = 0
        for name in try packs() { result += UInt64(try bed.read("w/.snapstore/packs/\(name)").count) }
        return result
    }

    func hasFile(_ name: String) -> Bool { bed.exists("w/.snapstore/\(name)") }

    /// Every byte of the store is right, and every living snapshot can be put back.
    func expectWhole(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var options = VerifyOptions()
        options.depth = .full
        options.threads = 2
        let report = try open().verify(options, observer: Observer())
        #expect(report.isClean, comment, sourceLocation: sourceLocation)
    }

    /// A file of a snapshot.
    func content(_ id: ObjectID, _ name: String) throws -> [UInt8] {
        let target = "out-\(id.short)-\(numbers.next())"
        _ = try open().restore(id, into: bed.bytes(target), paths: [], observer: Observer())
        return try bed.read("\(target)/\(name)")
    }

    func living() throws -> [ObjectID] { try open().list().map(\.id) }
}

extension GCOperation {
    /// All steps before the packs are retired.
    func prepare() throws {
        try begin()
        try expire()
        try look()
        try mark()
        try compact()
    }

    /// All steps after the takes of the former epoch have ended.
    func complete() throws {
        try markAgain()
        try rescue()
        try noteRemovals()
        try unlink()
    }
}
