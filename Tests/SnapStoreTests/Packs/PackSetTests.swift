import SnapSystem
import Testing

@testable import SnapStore

@Suite struct PackSetTests {
    @Test func packsOfOthersAreFoundByLookingAgain() throws {
        let bed = try PackBed()
        let reader = try bed.freshReader()
        let samples = mixture(80)
        #expect(throws: PackError.missing(samples[0].key, unreadable: [])) { try reader.read(samples[0].key) }
        try bed.commit([try block(samples)])
        #expect(try reader.read(samples[0].key) == samples[0].bytes)
    }

    @Test func removedPacksAreForgottenAndOpenOnesStayReadable() throws {
        let bed = try PackBed()
        let samples = mixture(81)
        let id = try bed.commit([try block(samples)])
        let set = try bed.freshSet()
        let reader = ObjectReader(set)
        #expect(try reader.read(samples[0].key) == samples[0].bytes)
        try bed.packs.remove(id)
        try bed.packs.syncDirectory()
        #expect(try bed.names("packs") == [])
        #expect(try !bed.packs.contains(samples[0].key))
        #expect(try reader.read(samples[1].key) == samples[1].bytes)
        #expect(try set.refresh())
        #expect(try !set.refresh(), "nothing has changed since")
        #expect(try !set.contains(samples[0].key))
        #expect(try set.packs.isEmpty)
    }

    @Test func objectsMoveToAnotherPackWhileTheyAreRead() throws {
        let bed = try PackBed()
        let samples = mixture(82)
        let old = try bed.commit([try block(samples)])
        let set = try bed.freshSet()
        #expect(try set.contains(samples[0].key))
        try bed.commit([try block(samples + mixture(83))])
        try bed.packs.remove(old)
        try set.refresh()
        for sample in samples { #expect(try ObjectReader(set).read(sample.key) == sample.bytes) }
    }

    @Test func damagedPacksDoNotHideOthers() throws {
        let bed = try PackBed()
        let good = mixture(84)
        let lost = mixture(85)
        try bed.commit([try block(good)])
        let id = try bed.commit([try block(lost)])
        try bed.write(Array(try bed.bytes("packs/\(id).pack").dropLast(10)), "packs/\(id).pack")
        let name = ObjectID(1, 2, 3, 4)
        try bed.write([], "packs/\(name).pack")
        let set = try bed.freshSet()
        for sample in good { #expect(try ObjectReader(set).read(sample.key) == sample.bytes) }
        #expect(try Set(set.unreadable.map(\.id)) == [id, name])
        do throws(PackError) {
            _ = try ObjectReader(set).read(lost[0].key)
            Issue.record("read")
        } catch {
            #expect(error.reason.contains("'packs/\(id).pack' is damaged"))
        }
        // A take stores what cannot be read once more.
        let session = try PackSession(store: set, temporary: try bed.directory("tmp"))
        #expect(try session.claim([lost[0].key, good[0].key]) == [true, false])
    }

    @Test func otherFilesAreNotPacks() throws {
        let bed = try PackBed()
        for name in [
            "x.pack", "README", "\(ObjectID.zero)", "\(ObjectID.zero).pack.tmp",
            "\(ObjectID(UInt64.max, 0, 0, 0))".uppercased() + ".pack",
        ] {
            try bed.write([1, 2, 3], "packs/\(name)")
        }
        #expect(try bed.packs.packs.isEmpty)
        #expect(try bed.packs.unreadable.isEmpty)
    }

    @Test func retiredPacksAreReadButNotReferredTo() throws {
        let bed = try PackBed()
        let samples = mixture(86)
        let id = try bed.commit([try block(samples)])
        bed.packs.setRetired([id])
        #expect(try bed.session().claim([samples[0].key]) == [true])
        #expect(try ObjectReader(bed.packs).read(samples[0].key) == samples[0].bytes)
    }

    /// gc removes packs by their names: what is written meanwhile has another, also if it is the same.
    @Test func aRetiredPacksNameIsNotGivenAgain() throws {
        let bed = try PackBed()
        let samples = mixture(87)
        let former = try bed.commit([try block(samples)])
        #expect(try bed.commit([try block(samples)]) == former)
        bed.packs.setRetired([former])
        let id = try bed.commit([try block(samples)])
        #expect(id != former)
        bed.packs.setRetired([former, id])
        let third = try bed.commit([try block(samples)])
        #expect(third != former && third != id)
        for gone in [former, id] { try bed.packs.remove(gone) }
        let set = try bed.freshSet()
        for pack in try set.packs { #expect(PackVerifier(set).verify(pack) == []) }
        let reader = ObjectReader(set)
        for sample in samples { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
    }

    @Test func readersOnFourThreadsShareOneSet() throws {
        let bed = try PackBed()
        let groups = (0..<8).map { mixture(UInt64(90 + $0)) }
        for samples in groups.prefix(4) { try bed.commit([try block(samples)]) }
        let set = try bed.freshSet()
        let wrong = Monitor(0)
        let rest = try groups.suffix(4).map { try block($0) }
        Workers.run(4) { worker in
            let reader = ObjectReader(set)
            // One thread adds packs while the others look for their objects.
            if worker == 0 {
                for block in rest where (try? bed.commit([block])) == nil { wrong.withLock { $0 += 1 } }
            }
            for group in groups.prefix(4) {
                for sample in group where (try? reader.read(sample.key, verifyID: true)) != sample.bytes {
                    wrong.withLock { $0 += 1 }
                }
            }
            _ = try? set.refresh()
        }
        #expect(wrong.withLock { $0 } == 0)
        for sample in groups.flatMap({ $0 }) { #expect(try ObjectReader(set).read(sample.key) == sample.bytes) }
    }
}
