// `snap cat`: a file's bytes as they were in a snapshot, and nothing else.

import SnapStore
import SnapSystem

enum CatCommand {
    static let command = Command(
        name: "cat",
        summary: "print files as they were in a snapshot",
        group: .look,
        synopses: ["REV:PATH..."],
        operands: [.repeated("REV:PATH", isOptional: false, "a snapshot, and a file in it")],
        options: [.quiet],
        discussion: [
            "Prints the bytes that the file PATH had in the snapshot REV, of several one after the other. PATH is a "
                + "path from the root of the working directory, or from the current directory if it starts with './' "
                + "or '../'.",
            "Of a symbolic link, its target is printed. Anything else is an error, and then nothing is printed.",
        ],
        examples: [
            Example("snap cat @:README.md", "print a file as it was when the head was taken"),
            Example("snap cat @~1:./main.c | diff - main.c", "compare it with what is there now"),
        ],
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: run)

    /// A file in a snapshot.
    struct Target: Sendable, Equatable {
        var revision: Revision
        var path: Text
    }

    struct Meaning: Sendable {
        var targets: [Target] = []

        init(_ typed: ParsedArguments) throws(UsageError) {
            for word in typed.operands {
                guard case .path(let revision, let path) = try parseRevision(word) else {
                    throw .invalidValue(
                        option: "REV:PATH", value: String(decoding: word, as: UTF8.self),
                        reason: "it names no path, as '@:src/main.c' does")
                }
                targets.append(Target(revision: revision, path: path))
            }
        }
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: .look)
        var readers: [ObjectID: SnapshotReader] = [:]
        var found: [(reader: SnapshotReader, entry: SnapshotEntry)] = []
        for target in meaning.targets {
            let id = try session.resolve(target.revision, in: directory)
            let path = try session.path(behindColon: target.path, of: directory)
            let reader: SnapshotReader
            if let known = readers[id] {
                reader = known
            } else {
                reader = try storing { () throws(StoreError) in try directory.look(into: id) }
                readers[id] = reader
            }
            let entry = try reader.require(path)
            try requireContent(entry)
            found.append((reader, entry))
        }
        for (reader, entry) in found {
            if let gap = entry.gap, entry.kind == .file {
                session.messages.note("\(subject(entry.path)) may not be what it was: \(gap.words)")
            }
            try write(entry, reader, session.output)
        }
        return .done
    }

    /// Nothing is printed before all of it is known to be there.
    private static func requireContent(_ entry: SnapshotEntry) throws(Failure) {
        if entry.isCovered, entry.kind == .file || entry.target != nil { return }
        throw .store(.notAFile(path: entry.path, kind: entry.kind, gap: entry.isCovered ? nil : entry.gap))
    }

    private static func write(
        _ entry: SnapshotEntry, _ reader: SnapshotReader, _ output: Output
    ) throws(Failure) {
        if let target = entry.target { return try output.write(bytes: target) }
        var failure: Failure?
        try storing { () throws(StoreError) in
            try reader.read(entry) { (bytes) in
                do throws(Failure) {
                    try output.write(bytes: bytes)
                    return true
                } catch {
                    failure = error
                    return false
                }
            }
        }
        if let failure { throw failure }
    }
}
