// Every session under Tests/Transcripts is run against the real program, and prints what it says there.
//
// SNAP_UPDATE_TRANSCRIPTS=1 rewrites the files with what was printed; the difference is then for a person to judge.

import Foundation
import Testing

@Suite struct TranscriptTests {
    /// Tests/Transcripts, beside this file's directory.
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("Transcripts")

    private static let files: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).filter { $0.hasSuffix(".txt") }
        .sorted()

    /// The built program: beside the test bundle in the build directory, whatever that is called.
    static let program: URL? = {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var candidates = [bundle, Bundle.main.bundleURL, Bundle.main.executableURL ?? bundle]
        candidates += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
        for candidate in candidates {
            var place = candidate
            for _ in 0..<5 {
                place = place.deletingLastPathComponent()
                let program = place.appendingPathComponent("snap")
                let kind = try? program.resourceValues(forKeys: [.isRegularFileKey])
                if kind?.isRegularFile == true { return program }
            }
        }
        return nil
    }()

    @Test func thereAreTranscriptsAndNothingElse() throws {
        let all = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        #expect(all.sorted() == Self.files, "a file that is not .txt is not run")
        #expect(!Self.files.isEmpty)
        #expect(Self.program != nil)
    }

    @Test(arguments: files)
    func theSessionGoesAsWritten(_ file: String) throws {
        let url = Self.directory.appendingPathComponent(file)
        let text = try String(contentsOf: url, encoding: .utf8)
        let expected = Transcript(parsing: text)
        try #require(!expected.steps.isEmpty, "\(file) has no commands")
        let actual = try run(expected)
        if ProcessInfo.processInfo.environment["SNAP_UPDATE_TRANSCRIPTS"] == "1" {
            try actual.text.write(to: url, atomically: true, encoding: .utf8)
            return
        }
        for (expected, actual) in zip(expected.steps, actual.steps) {
            let wanted = (expected.output + ["? \(expected.status)"]).joined(separator: "\n")
            let printed = (actual.output + ["? \(actual.status)"]).joined(separator: "\n")
            #expect(printed == wanted, "\(file): $ \(expected.command)")
        }
    }

    /// Reading and writing a transcript changes nothing but blank lines, so that an update shows only what changed.
    @Test(arguments: files)
    func theFileIsWrittenAsAnUpdateWouldWriteIt(_ file: String) throws {
        let text = try String(contentsOf: Self.directory.appendingPathComponent(file), encoding: .utf8)
        #expect(Transcript(parsing: text).text == text)
    }

    @Test func theFormatIsReadBackAsWritten() {
        let text = "# One.\n$ a\n> b\nout\n\nmore\n? 3\n\n# Two.\n$ c\n"
        let transcript = Transcript(parsing: text)
        #expect(transcript.steps.map(\.command) == ["a\nb", "c"])
        #expect(transcript.steps.map(\.output) == [["out", "", "more"], []])
        #expect(transcript.steps.map(\.status) == [3, 0])
        #expect(transcript.text == text)
    }

    @Test func idsKeepWhichIsWhich() {
        let one = String(repeating: "0123456789abcdef", count: 4)
        let two = String(repeating: "f", count: 64)
        var normalizer = TranscriptNormalizer(temporary: "/tmp/x")
        normalizer.learn("\(one)\n\(two)\n\(one)")
        #expect(normalizer.normalize("\(two) \(one.prefix(10)) /tmp/x/y") == "[ID2] [id1] [TMP]/y")
        #expect(normalizer.normalize("1.2 KiB; 34 ms\n3 s ago") == "1.2 KiB; [TIME]\n3 s ago")
    }

    // MARK: Running

    private static let limitSeconds = 120

    /// Bytes that no command prints part the outputs.
    private static let mark = "\u{1}\u{2}step"

    /// The transcript with what its commands print and end with now.
    func run(_ transcript: Transcript) throws -> Transcript {
        let program = try #require(Self.program)
        let temporary = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("snap-transcript-\(UUID().uuidString)")
        let places = ["work", "home", "bin"].map { temporary.appendingPathComponent($0) }
        for place in places { try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true) }
        defer { clean(temporary) }
        try FileManager.default.createSymbolicLink(
            at: places[2].appendingPathComponent("snap"), withDestinationURL: program)

        let script = temporary.appendingPathComponent("session.sh")
        try (Self.prelude + transcript.steps.map { step($0.command) }.joined()).write(
            to: script, atomically: true, encoding: .utf8)

        let process = Process()
        // A command that never ends must fail its test, not hold up the others.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["\(Self.limitSeconds)", "/bin/bash", "--norc", script.path]
        process.currentDirectoryURL = places[0]
        process.environment = [
            "HOME": places[1].path, "LANG": "C", "LC_ALL": "C", "TZ": "UTC", "USER": "tester", "TERM": "dumb",
            "PATH": "\(places[2].path):/usr/local/bin:/usr/bin:/bin", "SNAP_NOW": "2026-11-20T10:00:00Z",
            "TMP": temporary.path,
        ]
        process.standardInput = FileHandle.nullDevice
        // A file, not a pipe: a pipe could fill up, and is one more thing that behaves like no terminal.
        let log = temporary.appendingPathComponent("log")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        try handle.close()
        return try split(String(decoding: try Data(contentsOf: log), as: UTF8.self), transcript, temporary.path)
    }

    /// `settle` passes when the clock of files has moved on by more than the ticks that make a take distrust a fresh file, so that what is read is
    /// the same on every machine.
    ///
    /// `unprivileged` takes away from root what lets it read everything, so that a file can be unreadable.
    private static let prelude = """
        umask 022
        settle() {
            local start
            start=$(touch "$TMP/probe" && date -r "$TMP/probe" +%s%N)
            until touch "$TMP/probe" && [ $(($(date -r "$TMP/probe" +%s%N) - start)) -gt 60000000 ]; do :; done
        }
        unprivileged() {
            if [ "$(id -u)" = 0 ]; then
                setpriv --bounding-set=-dac_override,-dac_read_search "$@"
            else
                "$@"
            fi
        }

        """

    private func step(_ command: String) -> String {
        let quoted = "'" + command.replacing("'", with: "'\\''") + "'"
        let first = command.contains("snap take") ? "settle\n" : ""
        return "\(first)eval \(quoted)\nprintf '%s %d\\n' '\(Self.mark)' $?\n"
    }

    private func split(_ log: String, _ transcript: Transcript, _ temporary: String) throws -> Transcript {
        var normalizer = TranscriptNormalizer(temporary: temporary)
        normalizer.learn(log)
        var result = transcript
        var rest = log[...]
        for index in result.steps.indices {
            let mark = try #require(
                rest.range(of: Self.mark + " "), "the session ended in: $ \(result.steps[index].command)\n\(rest)")
            let end = rest[mark.upperBound...].firstIndex(of: "\n") ?? rest.endIndex
            let output = normalizer.normalize(String(rest[..<mark.lowerBound]))
            result.steps[index].output = trimmed(
                output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
            result.steps[index].status = Int(rest[mark.upperBound..<end]) ?? -1
            rest = rest[end...].dropFirst()
        }
        return result
    }

    /// Removes a directory whose parts may be read-only or unreadable.
    private func clean(_ directory: URL) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "chmod -R u+rwX \"$0\" 2>/dev/null; rm -rf \"$0\"", directory.path]
        try? process.run()
        process.waitUntilExit()
    }
}
