import SnapSystem
import Testing

@testable import SnapStore

@Suite struct PackSessionTests {
    @Test func eachKeyIsClaimedOnce() throws {
        let bed = try PackBed()
        let known = mixture(70)
        try bed.commit([try block(known)])
        let session = try bed.session()
        let new = mixture(71)
        let keys = known.map(\.key) + new.map(\.key) + new.map(\.key)
        #expect(try session.claim(keys) == known.map { _ in false } + new.map { _ in true } + new.map { _ in false })
        #expect(try session.claim(.chunk, known.filter { $0.key.type == .chunk }.map(\.key.id)).allSatisfy { !$0 })
        let id = new[0].key.id
        #expect(new[0].key.type == .chunk)
        #expect(try session.claim(.tree, [id]) == [true], "another type is another object")
    }

    @Test func fourThreadsClaimAndAppend() throws {
        let bed = try PackBed()
        // Small packs, so that several are begun and finished meanwhile.
        let session = try bed.session(limit: 20_000)
        let shared = (0..<40).map { mixture(UInt64(100 + $0), count: 10) }
        let claims = Monitor<[ObjectKey]>([])
        let failures = Monitor<[String]>([])
        Workers.run(4) { worker in
            do {
                for number in shared.indices {
                    // All threads offer the same objects, each in an order of its own.
                    let samples = shared[(number * 7 + worker * 11) % shared.count]
                    let mine = zip(samples, try session.claim(samples.map(\.key))).filter(\.1).map(\.0)
                    claims.withLock { $0 += mine.map(\.key) }
                    if !mine.isEmpty { try session.append(try block(mine, .zstd(level: 1))) }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let all = shared.flatMap { $0 }
        #expect(claims.withLock { $0.count } == Set(all.map(\.key)).count)
        #expect(session.objectCount == UInt64(Set(all.map(\.key)).count))
        #expect(try bed.names("packs") == [], "nothing is visible before the commit")
        let packs = try session.commit()
        #expect(packs.count > 2)
        #expect(try bed.names("tmp") == [])
        let reader = try bed.freshReader()
        for sample in all { #expect(try reader.read(sample.key, verifyID: true) == sample.bytes) }
        let set = try bed.freshSet()
        for pack in try set.packs { #expect(PackVerifier(set).verify(pack) == []) }
    }

    @Test func packsKeepToTheirLimit() throws {
        let bed = try PackBed()
        let limit: UInt64 = 10_000
        let session = try bed.session(limit: limit)
        var numbers = Numbers(72)
        let samples =
            (0..<30).map { _ in Sample(.chunk, numbers.noise(1500)) } + [Sample(.chunk, numbers.noise(30_000))]
        for sample in samples { try session.append(try block([sample])) }
        let ids = try session.commit()
        #expect(ids.count > 5)
        for id in ids {
            let pack = try Pack(id, in: try bed.directory("packs"))
            #expect(pack.length <= limit || pack.blockCount == 1)
        }
        for sample in samples { #expect(try bed.freshSet().contains(sample.key)) }
    }

    @Test func anEmptySessionLeavesNothing() throws {
        let bed = try PackBed()
        let session = try bed.session()
        _ = try session.claim(mixture(73).map(\.key))
        try session.flushData()
        #expect(try session.commit() == [])
        #expect(try bed.names("packs") == [])
        #expect(try bed.names("tmp") == [])
    }

    @Test func flushingChangesNothing() throws {
        let bed = try PackBed()
        let blocks = [try block(mixture(74)), try block(mixture(75))]
        let id = try bed.commit(blocks)
        let session = try bed.session()
        for block in blocks {
            try session.append(block)
            try session.flushData()
        }
        #expect(try session.commit() == [id])
        #expect(session.storedBytes == UInt64(blocks.reduce(0) { $0 + $1.length }))
    }

    @Test(arguments: [false, true])
    func abortingRemovesWhatIsNotComplete(keepingComplete: Bool) throws {
        let bed = try PackBed()
        let session = try bed.session(limit: 8000)
        var numbers = Numbers(76)
        let samples = (0..<10).map { _ in Sample(.chunk, numbers.noise(3000)) }
        for sample in samples { try session.append(try block([sample])) }
        let count = try bed.names("tmp").count
        #expect(count > 2)
        session.abort(keepingComplete: keepingComplete)
        #expect(try bed.names("tmp").count == (keepingComplete ? count - 1 : 0))
        #expect(try bed.names("packs") == [])
        #expect(throws: PackError.self) { try session.append(try block([samples[0]])) }
        #expect(throws: PackError.self) { try session.commit() }
        let report = try Adoption.sweep(try bed.directory("tmp"), into: bed.packs)
        #expect(report.adopted.count == (keepingComplete ? count - 1 : 0))
        #expect(try bed.packs.contains(samples[0].key) == keepingComplete)
    }

    @Test func aRefusedWriteIsReported() throws {
        let bed = try PackBed()
        let asked = Monitor(0)
        let refusal = PackError.noSpace(available: 10, floor: 5, needed: 100)
        let session = try PackSession(store: bed.packs, temporary: try bed.directory("tmp")) {
            bytes throws(PackError) in
            if asked.withLock({ asked in
                asked += bytes; return asked
            }) > 1000 {
                throw refusal
            }
        }
        let small = try block([Sample(.chunk, [1])])
        try session.append(small)
        #expect(asked.withLock { $0 } == small.length)
        var numbers = Numbers(77)
        let large = try block([Sample(.chunk, numbers.noise(2000))])
        #expect(throws: refusal) { try session.append(large) }
        session.abort(keepingComplete: false)
        #expect(try bed.names("tmp") == [])
    }

    @Test func afterAnErrorNothingIsCommitted() throws {
        let bed = try PackBed()
        let session = try bed.session()
        try session.append(try block(mixture(78)))
        // The file of the pack under way is gone: renaming it fails.
        try bed.remove("tmp/\(try #require(try bed.names("tmp").first))")
        #expect(throws: PackError.self) { try session.commit() }
        #expect(try bed.names("packs") == [])
        session.abort(keepingComplete: true)
        // The directory is gone.
        let other = try bed.session()
        try bed.remove("tmp")
        #expect(throws: PackError.self) { try other.append(try block(mixture(79))) }
        #expect(throws: PackError.self) { try other.append(try block(mixture(79))) }
        #expect(throws: PackError.self) { try other.commit() }
    }
}
