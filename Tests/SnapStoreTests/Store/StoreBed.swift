// What the tests of the store's frame stand on: a directory of their own, and short words for what is done to it from
// outside.

import Foundation
import SnapSystem

@testable import SnapStore

/// Where this process's directories are. Removed when it ends, and not when a bed goes: what a test opened outlives the
/// last line that mentions its bed.
private let bedsPath: String = {
    atexit { try? FileManager.default.removeItem(atPath: bedsPath) }
    return newPath(in: NSTemporaryDirectory())
}()

/// The same in memory, where there is such a place: for tests that sync thousands of times.
private let fastBedsPath: String = {
    guard FileManager.default.isWritableFile(atPath: "/dev/shm") else { return bedsPath }
    atexit { try? FileManager.default.removeItem(atPath: fastBedsPath) }
    return newPath(in: "/dev/shm")
}()

private func newPath(in directory: String) -> String {
    let real = (try? SnapSystem.Process.realPath(Array(directory.utf8))) ?? Array("/tmp".utf8)
    return String(decoding: real, as: UTF8.self) + "/snap-store-tests-" + UUID().uuidString
}

/// A directory without symbolic links in its path.
final class StoreBed: Sendable {
    let path: String

    init(isFast: Bool = false) throws {
        path = (isFast ? fastBedsPath : bedsPath) + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func bytes(_ name: String) -> [UInt8] { Array("\(path)/\(name)".utf8) }

    /// Makes directories; the last one's path.
    @discardableResult
    func directory(_ name: String) throws -> [UInt8] {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        return bytes(name)
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))) }

    func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

    func write(_ content: some Sequence<UInt8>, _ name: String) throws {
        try Data(content).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func write(_ text: String, _ name: String) throws { try write(Array(text.utf8), name) }

    func names(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)").sorted()
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    func mode(_ name: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int ?? -1
    }

    func owner(_ name: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.ownerAccountID] as? Int ?? -1
    }

    /// Runs a command of the shell in the directory.
    func shell(_ command: String) throws {
        let status = unsafe system("cd '\(path)' && { \(command); }")
        guard status == 0 else { throw StoreBedError(what: command) }
    }

    // MARK: Stores

    /// Makes a store for the directory `name`, which is made too.
    @discardableResult
    func initialize(_ name: String, store: String? = nil) throws -> InitReport {
        var options = InitOptions()
        options.store = store.map { bytes($0) }
        return try WorkingDirectory.initialize(at: try directory(name), options)
    }

    func open(_ name: String) throws -> WorkingDirectory { try WorkingDirectory.open(containing: bytes(name)) }

    /// Everything below `name`, with its modes and owners as `find` says them.
    func allFiles(_ name: String) throws -> [String] {
        let found = FileManager.default.enumerator(atPath: "\(path)/\(name)")?.compactMap { $0 as? String } ?? []
        return found.map { "\(name)/\($0)" }.sorted()
    }
}

struct StoreBedError: Error {
    let what: String
}

/// An id that is made of one byte.
func someID(_ byte: UInt8) -> ObjectID { ObjectID(bytes: [UInt8](repeating: byte, count: 32)) ?? .zero }

/// A head event or mark.
func someEvent(
    _ event: Event = .take, _ new: ObjectID?, old: ObjectID? = nil, message: String = "", seconds: Int64 = 1_000
) -> TimelineEvent {
    TimelineEvent(
        time: Timestamp(seconds: seconds), old: old, new: new, event: event, kind: .checkpoint, who: "a@b/c",
        message: Text(message))
}

extension WorkingDirectory {
    /// Appends events as an operation does.
    func append(_ events: TimelineEvent...) throws {
        let lock = try layout.locks.timeline(id)
        try room.timeline.append(events, under: lock)
        lock.release()
    }

    /// Stores a manifest, without a line for it.
    func store(_ manifest: Manifest) throws -> ObjectID {
        let bytes = manifest.encoded()
        let id = unsafe ObjectHasher().id(.manifest, bytes.span.bytes)
        let stored = ByteBuffer()
        stored.append(bytes)
        let session = try PackSession(store: packs, temporary: layout.tmp.descriptor)
        try session.append(
            EncodedBlock(
                stored: stored, codec: .raw, objects: [BlockObject(.manifest, id, length: UInt32(bytes.count))],
                bases: [], depth: 0))
        _ = try session.commit()
        return id
    }
}

/// What `body` throws, if it is an error of the store.
func failure(_ body: () throws -> Void) -> StoreError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StoreError
    }
}

extension StoreError {
    /// The case's name, for comparing.
    var word: String { String("\(self)".prefix { $0 != "(" }) }
}
