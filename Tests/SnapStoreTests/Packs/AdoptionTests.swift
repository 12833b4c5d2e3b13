import SnapSystem
import Testing

@testable import SnapStore

@Suite struct AdoptionTests {
    /// A finished pack in `tmp/` whose writer is gone.
    private func leaveComplete(_ bed: PackBed, _ samples: [Sample]) throws -> (name: String, id: ObjectID) {
        let writer = try PackWriter(in: try bed.directory("tmp"))
        try writer.append(try block(samples))
        return (String(decoding: writer.name, as: UTF8.self), try writer.finish())
    }

    @Test func completePacksAreAdopted() throws {
        let bed = try PackBed()
        let samples = mixture(110)
        let (name, id) = try leaveComplete(bed, samples)
        #expect(try bed.names("tmp") == [name])
        let report = try Adoption.sweep(try bed.directory("tmp"), into: bed.packs)
        #expect(report.adopted == [id])
        #expect(report.removed == [] && report.failures == [] && report.busyCount == 0)
        #expect(try bed.names("tmp") == [])
        #expect(try bed.names("packs") == ["\(id).pack"])
        for sample in samples { #expect(try bed.freshReader().read(sample.key, verifyID: true) == sample.bytes) }
    }

    @Test func everythingElseIsRemoved() throws {
        let bed = try PackBed()
        let (name, _) = try leaveComplete(bed, mixture(111))
        let bytes = try bed.bytes("tmp/\(name)")
        try bed.remove("tmp/\(name)")
        // Not even a single byte may be missing or wrong.
        for length in stride(from: 0, to: bytes.count, by: 7) {
            try bed.write(Array(bytes.prefix(length)), "tmp/cut-\(length)")
        }
        for position in stride(from: 0, to: bytes.count, by: 5) {
            var changed = bytes
            changed[position] ^= 0x10
            try bed.write(changed, "tmp/changed-\(position)")
        }
        let directory = try bed.directory("tmp")
        try directory.makeSymbolicLink(Array("link".utf8), target: Array("/etc/passwd".utf8))
        let count = try bed.names("tmp").count
        let report = try Adoption.sweep(directory, into: bed.packs)
        #expect(report.adopted == [])
        #expect(report.removed.count == count)
        #expect(report.failures == [])
        #expect(try bed.names("tmp") == [])
        #expect(try bed.names("packs") == [])
    }

    @Test func filesWithALivingWriterAreLeftAlone() throws {
        let bed = try PackBed()
        let session = try bed.session(limit: 8000)
        var numbers = Numbers(112)
        let samples = (0..<6).map { _ in Sample(.chunk, numbers.noise(3000)) }
        for sample in samples { try session.append(try block([sample])) }
        let names = try bed.names("tmp")
        #expect(names.count > 1)
        let report = try Adoption.sweep(try bed.directory("tmp"), into: bed.packs)
        #expect(report.busyCount == names.count)
        #expect(report.adopted == [] && report.removed == [] && report.failures == [])
        #expect(try session.commit().count == names.count)
        for sample in samples { #expect(try bed.packs.contains(sample.key)) }
    }

    @Test func aPackThatIsThereAlreadyIsNotHarmed() throws {
        let bed = try PackBed()
        let samples = mixture(113)
        let id = try bed.commit([try block(samples)])
        let (_, again) = try leaveComplete(bed, samples)
        #expect(id == again)
        #expect(try Adoption.sweep(try bed.directory("tmp"), into: bed.packs).adopted == [id])
        #expect(try bed.names("packs") == ["\(id).pack"])
        #expect(try bed.packs.packs.count == 1)
        #expect(try bed.freshReader().read(samples[0].key) == samples[0].bytes)
    }

    @Test func packsOfANewerVersionAreLeft() throws {
        let bed = try PackBed()
        let (name, _) = try leaveComplete(bed, mixture(114))
        var surgeon = PackSurgeon(try bed.bytes("tmp/\(name)"))
        surgeon.bytes[16] = 2
        surgeon.reseal()
        try bed.write(surgeon.bytes, "tmp/\(name)")
        let report = try Adoption.sweep(try bed.directory("tmp"), into: bed.packs)
        #expect(report.failures == [.unsupported(file: "tmp/\(name)", what: "pack version 2")])
        #expect(try bed.names("tmp") == [name])
    }

    @Test func twoSweepsAtOnceDoNotMeet() throws {
        let bed = try PackBed()
        var expected: Set<ObjectID> = []
        for number in 0..<12 { expected.insert(try leaveComplete(bed, mixture(UInt64(120 + number))).id) }
        for number in 0..<12 { try bed.write([1], "tmp/rest-\(number)") }
        let reports = Monitor<[AdoptionReport]>([])
        Workers.run(3) { _ in
            guard let directory = try? bed.directory("tmp"),
                let report = try? Adoption.sweep(directory, into: bed.packs)
            else { return }
            reports.withLock { $0.append(report) }
        }
        let all = reports.withLock { $0 }
        #expect(all.count == 3)
        #expect(all.flatMap(\.failures) == [])
        #expect(Set(all.flatMap(\.adopted)) == expected)
        #expect(try bed.names("packs").count == 12)
        #expect(try bed.names("tmp") == [])
    }
}
