// Stores of every released format open for ever: each sample under Tests/Formats is listed, verified and put back, and what comes out is what came out when it was made.

import Foundation
import SnapStore
import SnapSystem
import Testing

@Suite struct FormatTests {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Formats")

    static let versions =
        (try? FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasPrefix("v") }.sorted())
        ?? []

    @Test func thereIsASampleOfEveryFormat() {
        #expect(Self.versions == ["v1"])
    }

    @Test(arguments: versions)
    func theSampleComesOutAsItWas(_ version: String) throws {
        let sample = Self.directory.appendingPathComponent(version)
        let place = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appendingPathComponent(
            "snap-format-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        _ = try shell("tar -xzf '\(sample.path)/store.tar.gz' --no-same-owner -C '\(place.path)'")

        let directory = try WorkingDirectory.open(containing: Array(place.path.utf8))
        let ids = try String(contentsOf: sample.appendingPathComponent("ids"), encoding: .utf8).split(separator: "\n")
            .map(String.init)
        #expect(try directory.list().map(\.id.description) == ids.reversed())
        #expect(try directory.names().map(\.name) == ["first"])
        var options = VerifyOptions()
        options.depth = .full
        #expect(try directory.verify(options, observer: Observer()).isClean)

        var printed = ""
        for text in ids {
            let id = try #require(ObjectID(text))
            let target = place.path + "/out-" + text
            let report = try directory.restore(id, into: Array(target.utf8), paths: [], observer: Observer())
            #expect(report.failureCount == 0 || Process.effectiveUser != 0)
            printed += try shell(
                """
                cd '\(target)' && find . -printf '%P|%y|%m|%U:%G|%T@|%l|%n\\n' | LC_ALL=C sort -z | LC_ALL=C sort | sha256sum
                find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
                """)
        }
        let expected = try String(contentsOf: sample.appendingPathComponent("expected"), encoding: .utf8)
        if Process.effectiveUser == 0 {
            #expect(printed == expected)
        } else {
            // Owners and devices are root's to give; contents are anybody's.
            let contents = { (text: String) in
                text.split(separator: "\n").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            }
            #expect(contents(printed) == contents(expected))
        }
    }

    private func shell(_ command: String) throws -> String {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command)")
        return String(decoding: output, as: UTF8.self)
    }
}
