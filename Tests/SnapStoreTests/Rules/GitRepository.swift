// A real repository in a temporary directory, to ask git what it ignores.
//
// git sees a clean environment: no configuration but its own defaults, and no variable that would point it elsewhere.

import Foundation

struct GitRepository: ~Copyable {
    struct Failure: Error {
        let what: String
    }

    /// What git says about one path: the last pattern that matches.
    struct Decision: Equatable {
        let source: [UInt8]
        let line: Int
        let text: [UInt8]
    }

    static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/git")

    /// In memory if possible: ext4 is slow to make many files just after as many were removed.
    private static let temporary =
        FileManager.default.isWritableFile(atPath: "/dev/shm")
        ? URL(fileURLWithPath: "/dev/shm") : FileManager.default.temporaryDirectory

    private let directory: URL
    private let root: URL

    init(exclude: [UInt8]) throws {
        directory = Self.temporary.appendingPathComponent("snap-rules-\(UUID().uuidString)")
        root = directory.appendingPathComponent("tree")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        _ = try run(["init", "--quiet", "--template="])
        let info = root.appendingPathComponent(".git/info")
        try FileManager.default.createDirectory(at: info, withIntermediateDirectories: true)
        try Data(exclude).write(to: info.appendingPathComponent("exclude"))
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    func make(_ entries: [RandomTree.Entry]) throws {
        for entry in entries {
            let path = Array(root.path.utf8) + [0x2F] + entry.path
            let zeroEnded = (path + [0]).map { CChar(bitPattern: $0) }
            switch entry.kind {
            case .directory:
                guard unsafe mkdir(zeroEnded, 0o755) == 0 else { throw Failure(what: "mkdir \(path): \(errno)") }
            case .symbolicLink:
                guard unsafe symlink("/", zeroEnded) == 0 else { throw Failure(what: "symlink \(path): \(errno)") }
            case .file(let contents):
                let descriptor = unsafe open(zeroEnded, O_WRONLY | O_CREAT | O_EXCL, 0o644)
                guard descriptor >= 0 else { throw Failure(what: "open \(path): \(errno)") }
                let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                if !contents.isEmpty { try handle.write(contentsOf: Data(contents)) }
                try handle.close()
            }
        }
    }

    /// The last pattern that matches each path; nil for none. Paths below an excluded directory have that directory's.
    func decisions(for paths: [[UInt8]]) throws -> [Decision?] {
        let output = try run(
            ["check-ignore", "--no-index", "--verbose", "--non-matching", "--stdin", "-z"],
            input: Data(paths.joined(separator: [0])) + [0], accepted: [0, 1])
        let fields = output.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
        guard fields.count == paths.count * 4 + 1 else { throw Failure(what: "\(fields.count) fields") }
        return try paths.indices.map { index in
            let record = fields[(index * 4)..<(index * 4 + 4)]
            guard record[index * 4 + 3] == paths[index] else { throw Failure(what: "order of paths") }
            guard let line = Int(String(decoding: record[index * 4 + 1], as: UTF8.self)) else { return nil }
            return Decision(source: record[index * 4], line: line, text: record[index * 4 + 2])
        }
    }

    /// All files and links that git does not ignore.
    func listing() throws -> Set<[UInt8]> {
        let output = try run(["ls-files", "--others", "--exclude-standard", "-z"])
        return Set(output.split(separator: 0).map { Array($0) })
    }

    private func run(_ arguments: [String], input: Data = Data(), accepted: [Int32] = [0]) throws -> Data {
        // Files, not pipes: nothing can wait for the other side.
        let inputFile = directory.appendingPathComponent("input")
        let outputFile = directory.appendingPathComponent("output")
        try input.write(to: inputFile)
        try Data().write(to: outputFile)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/git")
        process.arguments = arguments
        process.currentDirectoryURL = root
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": directory.path, "XDG_CONFIG_HOME": directory.path, "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        ]
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit, accepted.contains(process.terminationStatus) else {
            throw Failure(what: "git \(arguments): \(process.terminationStatus)")
        }
        return try Data(contentsOf: outputFile)
    }
}
