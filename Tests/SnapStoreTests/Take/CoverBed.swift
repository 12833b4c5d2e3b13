// A working directory for tests of what a take covers: files made by name, takes for a purpose, and trees read back as a table of paths.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

final class CoverBed {
    let path: String
    let directory: WorkingDirectory
    var storePath: String { path + "/.snapstore" }

    init() throws {
        path = NSTemporaryDirectory() + "snap-cover-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        _ = try WorkingDirectory.initialize(at: Array(path.utf8), InitOptions())
        directory = try WorkingDirectory.open(containing: Array(path.utf8))
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    // MARK: The directory

    /// Makes or overwrites a file, in place, and the directories above it.
    func write(_ name: String, _ text: String) throws {
        let place = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        let file = try FileDescriptor.open(Array(place.path.utf8), [.write, .create, .truncate])
        try unsafe file.write(Array(text.utf8).span.bytes, at: 0)
    }

    func delete(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    static let tag = "Signature: 8a477f597d28d172789f06886806bc55"

    func isCacheDirectory(_ name: String) -> Bool {
        (try? String(contentsOfFile: "\(path)/\(name)/CACHEDIR.TAG", encoding: .utf8)) == Self.tag
    }

    /// Returns once everything changed so far is old enough for the stat cache to be believed: takes then go the quick way wherever they may.
    func settle() throws {
        try write(".snapstore/probe", "")
        let facts = try FileDescriptor.open(Array((storePath + "/probe").utf8), .read).facts().0
        while Recency(scanStart: Process.fileClock).isRecent(facts) {}
    }

    /// Every path there is, but the store's.
    func livePaths() throws -> Set<String> {
        let all = try FileManager.default.subpathsOfDirectory(atPath: path)
        return Set(all.filter { $0 != ".snapstore" && !$0.hasPrefix(".snapstore/") })
    }

    // MARK: Takes

    @discardableResult
    func take(
        _ event: Event = .take, covering: [ObjectID] = [], dry: Bool = false,
        _ change: (inout TakeOptions) -> Void = { _ in }
    ) throws -> TakeOutcome {
        var options = TakeOptions()
        options.threads = 2
        change(&options)
        let purpose = TakePurpose(event: event, covering: covering, isDry: dry)
        return try directory.take(options, for: purpose, observer: Observer())
    }

    /// The root tree that a take would have now. Three ways must lead to it: by the stat cache, by reading all files, and without a cache.
    func tree(covering: [ObjectID] = []) throws -> ObjectID {
        let event: Event = covering.isEmpty ? .take : .safety
        let quick = try take(event, covering: covering, dry: true).rootTree
        let rehashed = try take(event, covering: covering, dry: true) { $0.rehash = true }.rootTree
        let stat = "\(storePath)/directories/\(directory.id)/stat"
        try FileManager.default.moveItem(atPath: stat, toPath: stat + ".aside")
        let fresh = try take(event, covering: covering, dry: true).rootTree
        try FileManager.default.moveItem(atPath: stat + ".aside", toPath: stat)
        try #require(rehashed == fresh)
        try #require(quick == fresh)
        return fresh
    }

    // MARK: Reading back

    /// Each path of a tree, with what it is: a file's text, `/` for a directory, `gap` for what has nothing to put back, `part` for a directory
    /// that is a cache directory and covered in part.
    func table(_ root: ObjectID, overlay: [ObjectKey: [UInt8]] = [:]) throws -> [String: String] {
        let reader = ObjectReader(directory.packs, overlay: overlay)
        var result: [String: String] = [:]
        var waiting: [(path: String, tree: ObjectID)] = [("", root)]
        while let (above, id) = waiting.popLast() {
            for entry in try TreeObject.entries(in: reader.read(ObjectKey(.tree, id)), unsupported: { _ in }) {
                let name = String(decoding: entry.name, as: UTF8.self)
                let path = name == "." ? "" : above.isEmpty ? name : above + "/" + name
                if entry.isGapWithoutContent {
                    result[path] = "gap"
                } else if entry.type == .directory {
                    if !path.isEmpty { result[path] = entry.gap?.reason == .cacheDirectory ? "part" : "/" }
                    guard let content = entry.content else { continue }
                    var problem: String?
                    reader.forEachTree(of: content, { waiting.append((path, $0)) }, onProblem: { problem = $0 })
                    try #require(problem == nil)
                } else {
                    result[path] = try text(entry, reader)
                }
            }
        }
        return result
    }

    private func text(_ entry: TreeEntry, _ reader: ObjectReader) throws -> String {
        guard let content = entry.content else { return "" }
        var bytes: [UInt8] = []
        try reader.forEachLeaf(of: content, type: .chunk) { (id, _) throws(PackError) in
            // What a dry take read of files is nowhere.
            if try directory.packs.contains(ObjectKey(.chunk, id)) { bytes += try reader.read(ObjectKey(.chunk, id)) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The paths that a tree has something to put back of.
    func paths(_ root: ObjectID) throws -> Set<String> {
        Set(try table(root).filter { $0.value != "gap" }.keys)
    }

    /// Each file of the store with its bytes; without locks.
    func storeFiles() throws -> [String: Data] {
        var result: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: storePath) where !name.hasPrefix("lock/") {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: storePath + "/" + name, isDirectory: &isDirectory)
            if !isDirectory.boolValue {
                result[name] = try Data(contentsOf: URL(fileURLWithPath: storePath + "/" + name))
            }
        }
        return result
    }
}
