// A session that is promised, or given, more objects than it keeps in memory.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct PackSessionSpillTests {
    /// Ids that were promised while the file for them could not be made are stored by nobody: the session must not end well.
    @Test func aSessionThatCannotRememberItsPromisesFails() throws {
        let bed = try PackBed()
        let session = try PackSession(store: bed.packs, temporary: try bed.directory("tmp"), claimsInMemory: 1 << 14)
        let sample = Sample(.chunk, [1, 2, 3])
        #expect(try session.claim([sample.key]) == [true])
        try session.append(try block([sample]))
        // The directory goes, so that no file can be made in it.
        try bed.remove("tmp")
        let many = (0..<UInt64(2 << 14)).map { ObjectKey(.chunk, ObjectID($0, $0 << 32, 1, 2)) }
        #expect(throws: PackError.self) { try session.claim(many) }
        #expect(throws: PackError.self) { try session.commit() }
    }

    @Test func promisesInTheFileAreKept() throws {
        let bed = try PackBed()
        let session = try PackSession(store: bed.packs, temporary: try bed.directory("tmp"), claimsInMemory: 1 << 14)
        let many = (0..<UInt64(5 << 14)).map { ObjectKey(.chunk, ObjectID($0 &* 0x9E37_79B9_7F4A_7C15, $0, 1, 2)) }
        #expect(try session.claim(many).allSatisfy { $0 })
        #expect(try session.claim(many).allSatisfy { !$0 })
        #expect(try bed.names("tmp") == [])
    }

    @Test func fullPacksAreFollowedByAnother() throws {
        let bed = try PackBed()
        let session = try bed.session()
        var numbers = Numbers(31)
        for _ in 0..<3 {
            let samples = (0..<PackFormat.objectsAPack / 2 + 1).map { _ in
                Sample(.chunk, withUnsafeBytes(of: numbers.next()) { Array($0) })
            }
            for part in stride(from: 0, to: samples.count, by: 8192) {
                try session.append(try block(Array(samples[part..<min(part + 8192, samples.count)])))
            }
        }
        #expect(try session.commit().count == 2)
    }
}
