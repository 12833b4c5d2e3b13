// `snap ls`: what is in a snapshot, directory by directory.

import SnapStore
import SnapSystem

enum LsCommand {
    private static let long = Option.flag(
        "long", short: "l", "also mode, owner, group, size, local time, and where links lead")
    private static let recursive = Option.flag("recursive", short: "R", "also all that is below")
    private static let zero = Option.flag(nil, short: "z", "end names with a zero byte, and do not quote them")

    static let command = Command(
        name: "ls",
        summary: "list the files in a snapshot",
        group: .look,
        synopses: ["[-l] [-R] [-z] [--json] [REV:PATH] [PATH...]"],
        operands: [
            .optional("REV:PATH", "a snapshot, and a directory or file in it; the root if there is no ':PATH'"),
            .repeated("PATH", "more of them, from the current directory"),
        ],
        options: [long, recursive, zero, .json, .quiet],
        discussion: [
            "Lists what the directory PATH had in the snapshot REV, sorted by the bytes of the names; without ':PATH' "
                + "the root of the working directory, and without REV the head. PATH is a path from the root, or from "
                + "the current directory if it starts with './' or '../'. What is no directory is listed itself.",
            "PATHs behind the revision, or behind '--', are relative to the current directory. If more than one thing "
                + "is listed, each name has the PATH it was found at in front.",
            "Directories end in a slash. What was there and could not be covered is listed with the reason.",
        ],
        fields: LsPage.fields,
        examples: [
            Example("snap ls", "list the root of the working directory in the head"),
            Example("snap ls -l @~1:src", "list 'src' as it was before the head"),
            Example("snap ls -R -- .", "list all below the current directory"),
        ],
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: run)

    /// How entries are printed.
    enum Form: Sendable { case names, long, zero, json }

    struct Meaning: Sendable {
        var revision = Revision.head
        /// What stands behind the colon.
        var inside: Text?
        /// As they were typed, relative to the current directory.
        var paths: [[UInt8]]
        var form = Form.names
        var isRecursive: Bool

        init(_ typed: ParsedArguments) throws(UsageError) {
            isRecursive = typed.isSet(recursive)
            paths = typed.operands
            for (a, b) in [(long, zero), (long, Option.json), (zero, Option.json)] { try typed.exclude(a, b) }
            if typed.isSet(long) { form = .long }
            if typed.isSet(zero) { form = .zero }
            if typed.isSet(.json) { form = .json }
            // `-- $files` with nothing in it must not mean everything.
            if typed.operandsBeforeDashes == paths.count { throw .missingOperand("PATH") }
            if typed.operandsBeforeDashes != 0, !paths.isEmpty {
                revision = try parseRevision(paths.removeFirst())
                if case .path(let base, let path) = revision {
                    revision = base
                    inside = path
                }
            }
            if paths.contains([]) {
                throw .invalidValue(option: "PATH", value: "", reason: "it must not be empty")
            }
        }
    }

    /// Something to list: a path from the root, and what the names in it begin with.
    private struct Target {
        var path: [UInt8]
        var prefix: [UInt8]
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        let id = try session.resolve(meaning.revision, in: directory)
        var targets: [Target] = []
        if let inside = meaning.inside {
            let path = try session.path(behindColon: inside, of: directory)
            targets.append(Target(path: path, prefix: inside.bytes))
        }
        for typed in meaning.paths {
            targets.append(Target(path: try session.pathInSnapshot(typed, of: directory), prefix: typed))
        }
        if targets.isEmpty { targets = [Target(path: [], prefix: [])] }
        let reader = try storing { () throws(StoreError) in try directory.look(into: id) }
        var found: [(target: Target, entry: SnapshotEntry)] = []
        for target in targets { found.append((target, try reader.require(target.path))) }
        for (target, entry) in found {
            try list(entry, target, hasPrefix: found.count > 1, reader, meaning, session.output)
        }
        return .done
    }

    private static func list(
        _ entry: SnapshotEntry, _ target: Target, hasPrefix: Bool, _ reader: SnapshotReader, _ meaning: Meaning,
        _ output: Output
    ) throws(Failure) {
        guard entry.kind == .directory, entry.isCovered else {
            return try write(entry, target.prefix.isEmpty ? entry.path : target.prefix, meaning.form, output)
        }
        var prefix: [UInt8] = []
        if hasPrefix, !target.prefix.isEmpty {
            prefix = target.prefix.last == 0x2F ? target.prefix : target.prefix + [0x2F]
        }
        // What stands in front of the names of this listing.
        let above = entry.path.isEmpty ? 0 : entry.path.count + 1
        var failure: Failure?
        try storing { () throws(StoreError) in
            try reader.forEachEntry(of: entry, isRecursive: meaning.isRecursive) { (entry) in
                do throws(Failure) {
                    try write(entry, prefix + entry.path[above...], meaning.form, output)
                    return true
                } catch {
                    failure = error
                    return false
                }
            }
        }
        if let failure { throw failure }
    }

    private static func write(
        _ entry: SnapshotEntry, _ name: [UInt8], _ form: Form, _ output: Output
    ) throws(Failure) {
        switch form {
        case .names: try output.print(LsPage.line(entry, name: name))
        case .long:
            let offset = LocalTime.offset(at: entry.modified.seconds)
            try output.print(LsPage.longLine(entry, name: name, offset: offset))
        case .zero: try output.write(bytes: LsPage.bytes(entry, name: name))
        case .json: try output.print(LsPage.json(entry))
        }
    }
}

extension Session {
    /// A path in a snapshot, typed relative to the current directory, as a path from the root of `directory`.
    func pathInSnapshot(_ typed: [UInt8], of directory: WorkingDirectory) throws(Failure) -> [UInt8] {
        let here = try currentDirectory()
        guard
            let inside = pathFromRoot(
                typed, here: here, root: directory.path, isPattern: false, realPath: { try? Process.realPath($0) })
        else { throw .outside(path: typed, root: directory.path) }
        return inside
    }

    /// The path behind a revision's colon, from the root of `directory`: there it starts, unless it says `./` or `../`.
    func path(behindColon path: Text, of directory: WorkingDirectory) throws(Failure) -> [UInt8] {
        let first = path.bytes.prefix { $0 != 0x2F }
        if path.bytes.first == 0x2F || first == [0x2E] || first == [0x2E, 0x2E] {
            return try pathInSnapshot(path.bytes, of: directory)
        }
        guard
            let inside = pathFromRoot(
                path.bytes, here: directory.path, root: directory.path, isPattern: false, realPath: { _ in nil })
        else { throw .outside(path: path.bytes, root: directory.path) }
        return inside
    }
}

extension SnapshotReader {
    /// The entry at a path from the root. Throws, with what may have been meant, if there is none.
    func require(_ path: [UInt8]) throws(Failure) -> SnapshotEntry {
        if let entry = try storing({ () throws(StoreError) in try self.entry(at: path) }) { return entry }
        throw .notInSnapshot(id, path: path, candidates: candidates(for: path))
    }

    /// Paths in the directory where the first missing name is missing, whose names are like it.
    private func candidates(for path: [UInt8]) -> [[UInt8]] {
        var directory = root
        for name in path.split(separator: 0x2F) {
            let above = directory.path.isEmpty ? [] : directory.path + [0x2F]
            if let found = try? self.entry(at: above + name) {
                directory = found
                continue
            }
            var names: [String] = []
            try? forEachEntry(of: directory) { (entry) in
                if let text = Text(bytes: Array(entry.path[above.count...])).string { names.append(text) }
                return names.count < Self.candidateLimit
            }
            let near = suggestions(for: String(decoding: name, as: UTF8.self), among: names)
            return near.map { above + Array($0.utf8) }
        }
        return []
    }

    /// Of a directory that is larger, the first names have to do.
    private static var candidateLimit: Int { 10_000 }
}
