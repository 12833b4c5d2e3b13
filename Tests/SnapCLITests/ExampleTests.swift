// The example program of the library does what it says.

import Foundation
import Testing

@Suite struct ExampleTests {
    @Test func theExampleKeepsADirectoryAndPutsItBack() throws {
        let program = try #require(TranscriptTests.program).deletingLastPathComponent()
            .appendingPathComponent("snapshot-example")
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("snap-example-\(UUID().uuidString)")
        let directory = place.appendingPathComponent("directory")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        try Data("content".utf8).write(to: directory.appendingPathComponent("file"))

        let process = Process()
        process.executableURL = program
        process.arguments = [directory.path, place.appendingPathComponent("back").path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(text.contains("1 files, 7 bytes"))
        #expect(text.hasSuffix("restored 1 files, 0 failures\n"))
        #expect(try String(contentsOf: place.appendingPathComponent("back/file"), encoding: .utf8) == "content")
    }
}
