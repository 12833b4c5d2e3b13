// The scripts in completions/ are those that `snap completion` prints. SNAP_UPDATE_PAGES=1 writes them anew.

import Foundation
import Testing

@testable import SnapCLI

@Suite struct CompletionScriptTests {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("completions")

    @Test(arguments: CompletionShell.allCases)
    func theFileIsWhatTheCommandPrints(_ shell: CompletionShell) throws {
        let file = Self.directory.appendingPathComponent(shell.fileName)
        if ProcessInfo.processInfo.environment["SNAP_UPDATE_PAGES"] == "1" {
            try shell.script.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == shell.script)
    }

    @Test func thereIsAFileForEachShellAndNoOther() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        #expect(files.sorted() == CompletionShell.allCases.map(\.fileName).sorted())
    }
}
