// Damage that gc must not overlook, and what would keep it from ever going on.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct GCDamageTests {
    private let bed: CollectBed

    init() throws { bed = try CollectBed() }

    /// What was met through a snapshot that need not be whole is looked at again for one that must be.
    @Test func damageIsNotHiddenByWhoMetItBefore() throws {
        try bed.bed.directory("w/d/e")
        // Each directory in a pack of its own; this codec knows no bases.
        let deepest = try bed.take(["d/e/x": bed.noise(100)], compression: .lz4)
        let first = try bed.take(["d/y": bed.noise(100)], compression: .lz4)
        let second = try bed.take(["z": bed.noise(100)], compression: .lz4)
        let third = try bed.take(["z": bed.noise(200)], compression: .lz4)
        try damageAll(of: ObjectKey(.manifest, deepest))
        let directory = try bed.open()
        try directory.packs.refresh()
        let marks = PackMarks()
        marks.add(try directory.packs.packs, last: [])
        let walk = Reachability(marks, directory.packs, Observer())
        try walk.follow(first, mustBeWhole: false)
        // It meets nothing but what is known.
        try walk.follow(second, mustBeWhole: false)
        let error = failure { try walk.follow(third, mustBeWhole: true) }
        #expect(error?.word == "damaged")
        #expect(error.map { "\($0)".contains(third.description) } == true)
    }

    /// Changes a byte of each block of the pack that has the object.
    private func damageAll(of key: ObjectKey) throws {
        let (pack, _) = try #require(try bed.open().packs.locate(key))
        let id = try #require(pack.id)
        let path = "w/.snapstore/packs/\(id).pack"
        var bytes = try bed.bed.read(path)
        for number in 0..<pack.blockCount {
            let offset = Int(try pack.block(number).offset)
            bytes[offset] ^= 0x55
        }
        try bed.bed.write(bytes, path)
    }

    /// What has a name must be whole, or gc would refuse to go on: whoever names what is in no list makes sure of that.
    @Test func aNameIsGivenOnlyToWhatIsWhole() throws {
        let first = try bed.take(["a": bed.noise(200_000)])
        try bed.take(["a": bed.noise(200_000)])
        let timeline = "w/.snapstore/directories/\(try bed.open().id)/timelines/main"
        let lines = try bed.bed.read(timeline)
        let end = try #require(lines.firstIndex(of: 0x0A))
        try bed.bed.write(Array(lines[(end + 1)...]), timeline)
        let directory = try bed.open()
        try directory.setName("whole", to: first, force: false, who: "")
        let manifest = Manifest(
            directory: directory.id, timeline: "main", kind: .checkpoint, time: bed.now, root: someID(9),
            versions: Versions(snap: "1"))
        let half = try directory.store(manifest)
        let error = failure { try directory.setName("half", to: half, force: false, who: "") }
        #expect(error?.word == "damaged")
        let other = failure { _ = try directory.revert(to: half, RevertOptions(), observer: Observer()) }
        #expect(other?.word == "damaged")
        #expect(try directory.names().map(\.name) == ["whole"])
        try bed.collect { $0.endsGrace = true }
        #expect(try bed.content(first, "a").count == 200_000)
    }
}
