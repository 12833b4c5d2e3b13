// What the tests of packs stand on: a store's `tmp/` and `packs/` in a directory of their own, contents that are the
// same in every run, and packs changed byte by byte.

import CSnapKernels
import Foundation
import SnapSystem

@testable import SnapStore

/// A generator with a seed, so that a failure can be seen again (SplitMix64).
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Bytes that no codec makes smaller.
    mutating func noise(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    /// Bytes like a source file's.
    mutating func text(_ count: Int) -> [UInt8] {
        let words = [
            "let ", "var ", "return ", "self", "(", ")", "\n    ", "count", " = ", "index", "\n", "guard ", "else ",
        ]
        var result: [UInt8] = []
        while result.count < count {
            result += words[Int(next() % UInt64(words.count))].utf8
            if next() % 8 == 0 { result += String(next() % 100_000).utf8 }
        }
        return Array(result.prefix(count))
    }
}

/// An object with its bytes.
struct Sample: Sendable {
    var key: ObjectKey
    var bytes: [UInt8]

    init(_ type: ObjectType, _ bytes: [UInt8]) {
        self.bytes = bytes
        key = ObjectKey(type, unsafe ObjectHasher().id(type, bytes.span.bytes))
    }
}

/// A store's two directories, removed at the end.
final class PackBed: Sendable {
    let path: String
    let packs: PackSet

    init() throws {
        path = NSTemporaryDirectory() + "packs-" + UUID().uuidString
        for name in ["tmp", "packs"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        }
        packs = PackSet(try FileDescriptor.open(Array("\(path)/packs".utf8), [.read, .directory]))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func directory(_ name: String) throws -> FileDescriptor {
        try FileDescriptor.open(Array("\(path)/\(name)".utf8), [.read, .directory])
    }

    /// Another process's view of the same packs.
    func freshSet() throws -> PackSet { PackSet(try directory("packs")) }

    func freshReader() throws -> ObjectReader { ObjectReader(try freshSet()) }

    func session(limit: UInt64 = PackSession.defaultLimit) throws -> PackSession {
        try PackSession(store: packs, temporary: try directory("tmp"), limit: limit)
    }

    func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(directory)").sorted()
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    /// Writes each block's samples into one pack and makes it visible.
    @discardableResult
    func commit(_ blocks: [EncodedBlock]) throws -> ObjectID {
        let session = try session()
        for block in blocks { try session.append(block) }
        let ids = try session.commit()
        guard let id = ids.first, ids.count == 1 else { throw BedError() }
        return id
    }
}

struct BedError: Error {}

/// A block of `samples`; with `bases`, against those objects' bytes.
func block(
    _ samples: [Sample], _ compression: Compression = .zstd(level: 3), bases: [Sample] = [], depth: UInt8 = 0
) throws -> EncodedBlock {
    let plain = samples.flatMap(\.bytes)
    let prefix = bases.flatMap(\.bytes)
    let stored = ByteBuffer()
    let codec = unsafe try BlockCompressor().compress(
        plain.span.bytes, compression, prefix: prefix.span.bytes, into: stored)
    return try EncodedBlock(
        stored: stored, codec: codec,
        objects: samples.map { BlockObject($0.key.type, $0.key.id, length: UInt32($0.bytes.count)) },
        bases: bases.map(\.key), depth: depth)
}

/// A few objects of each type.
func mixture(_ seed: UInt64, count: Int = 12) -> [Sample] {
    var numbers = Numbers(seed)
    return (0..<count).map { number in
        Sample(ObjectType.allCases[number % 4], numbers.text(1 + Int(numbers.next() % 900)))
    }
}

/// A pack's bytes, to be changed.
struct PackSurgeon {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func integer<T: FixedWidthInteger>(_ at: Int, _: T.Type) -> T {
        bytes[at..<at + T.bitWidth / 8].reversed().reduce(0) { $0 << 8 | T($1) }
    }

    mutating func set<T: FixedWidthInteger>(_ at: Int, _ value: T) {
        for byte in 0..<T.bitWidth / 8 { bytes[at + byte] = UInt8(truncatingIfNeeded: value >> T(8 * byte)) }
    }

    var indexOffset: Int { Int(integer(bytes.count - 48, UInt64.self)) }

    /// The section records' places.
    var sections: [Int: Int] {
        var result: [Int: Int] = [:]
        for number in 0..<Int(integer(indexOffset + 20, UInt32.self)) {
            let at = indexOffset + 24 + 32 * number
            result[Int(integer(at, UInt32.self))] = at
        }
        return result
    }

    func section(_ type: Int) -> Range<Int>? {
        guard let record = sections[type] else { return nil }
        let start = Int(integer(record + 8, UInt64.self))
        return start..<start + Int(integer(record + 16, UInt64.self))
    }

    /// Makes all checksums of the index right again: what a malicious writer would do.
    mutating func reseal() {
        for (type, record) in sections {
            guard let range = section(type) else { continue }
            set(record + 24, checksum(of: Array(bytes[range])))
        }
        let head = indexOffset..<indexOffset + 24 + 32 * sections.count
        set(bytes.count - 24, checksum(of: Array(bytes[head])))
        resealTrailer()
        set(60, checksum(of: Array(bytes[0..<60])))
    }

    mutating func resealTrailer() {
        set(bytes.count - 4, checksum(of: Array(bytes[bytes.count - 64..<bytes.count - 4])))
    }
}
