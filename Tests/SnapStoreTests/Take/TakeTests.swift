// Promises of the take that a session with the binary does not show: what the stat cache may overwrite, what odd sizes and repeated names do.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct TakeTests {
    private func temporaryDirectory(in parent: String = NSTemporaryDirectory()) throws -> URL {
        let place = URL(fileURLWithPath: parent).appendingPathComponent("snap-take-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        return place
    }

    private func cache(_ place: URL) -> StatCache {
        let path = Array(place.path.utf8)
        return StatCache(
            directory: { () throws(SystemError) in try FileDescriptor.open(path, [.read, .directory]) },
            temporaries: { () throws(SystemError) in try FileDescriptor.open(path, [.read, .directory]) },
            ownership: .own)
    }

    private func record(_ name: String) -> ByteBuffer {
        let region = ByteBuffer()
        StatRecord.appendEntry(FileFacts(), flags: 0, name: Array(name.utf8).span, to: region)
        let record = ByteBuffer()
        region.withBytes {
            StatRecord.encode(
                content: nil, traits: [], totals: Totals(), entries: $0, entryCount: 1, children: [], into: record)
        }
        return record
    }

    private func name(_ cache: StatCache) -> String? {
        guard let root = cache.header?.root else { return nil }
        return cache.withRecord(root) { String(decoding: array(StatEntryCursor($0.entries).name), as: UTF8.self) }
    }

    /// Places in one cache file mean nothing in another: a take that only renames the snapshot leaves a file alone that another take has replaced.
    @Test func aCacheThatWasReplacedIsNotTouched() throws {
        let place = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: place) }
        let first = cache(place)
        var header = StatCacheHeader()
        header.root = try first.append(record("first"))
        try first.commit(header)

        let slow = cache(place)
        #expect(name(slow) == "first")
        try FileManager.default.removeItem(at: place.appendingPathComponent("stat"))
        let other = cache(place)
        var replaced = StatCacheHeader()
        replaced.snapshot = ObjectID(9, 9, 9, 9)
        _ = try other.append(record("one more"))
        replaced.root = try other.append(record("second"))
        try other.commit(replaced)

        var late = try #require(slow.header)
        late.snapshot = ObjectID(1, 2, 3, 4)
        try slow.commit(late)
        #expect(name(cache(place)) == "second")
        #expect(cache(place).header?.snapshot == ObjectID(9, 9, 9, 9))
    }

    /// Any byte of the cache may be missing after a power failure: what is left is believed only where its checksum is right.
    @Test func aDamagedCacheIsNoCache() throws {
        let place = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: place) }
        let written = cache(place)
        var header = StatCacheHeader()
        header.root = try written.append(record("entry"))
        try written.commit(header)
        let file = place.appendingPathComponent("stat")
        let bytes = [UInt8](try Data(contentsOf: file))
        for index in bytes.indices where index >= 12 {
            var damaged = bytes
            damaged[index] ^= 0x40
            try Data(damaged).write(to: file)
            #expect(name(cache(place)) == nil, "byte \(index)")
        }
    }

    @Test func aNameThatWasSeenTwiceIsNoLink() throws {
        let twice = [LinkedName(device: 1, inode: 2, path: [97]), LinkedName(device: 1, inode: 2, path: [97])]
        #expect(LinkTable.encode(twice).isEmpty)
        #expect(
            try LinkTable.decode(LinkTable.encode(twice + [LinkedName(device: 1, inode: 2, path: [98])])) == [
                [[97], [98]]
            ])
    }

    /// Sizes that add up beyond what an integer holds are counted, not trapped on.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/shm")))
    func filesOfTheLargestSizeAreTaken() throws {
        let place = try temporaryDirectory(in: "/dev/shm")
        defer { try? FileManager.default.removeItem(at: place) }
        for index in 0..<3 {
            let file = try FileDescriptor.open(Array("\(place.path)/\(index)".utf8), [.write, .create])
            try file.truncate(to: UInt64(Int64.max))
        }
        let path = Array(place.path.utf8)
        _ = try WorkingDirectory.initialize(at: path, InitOptions())
        let report = try WorkingDirectory.open(containing: path).take(TakeOptions(), observer: Observer())
        #expect(report.statistics.files == 3)
        #expect(!report.isPartial)
    }
}
