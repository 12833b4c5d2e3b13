// man/ and docs/reference.md are what the command table and the topics say now, and nothing is beside them that nobody
// made.
//
// SNAP_UPDATE_PAGES=1 (`make pages`) writes them anew; the difference is then for a person to judge.

import Foundation
import SnapPages
import Testing

@Suite struct PageFileTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let isUpdate = ProcessInfo.processInfo.environment["SNAP_UPDATE_PAGES"] == "1"

    private static let paths = PageFile.all.map(\.path)
    private static let manual = paths.filter { $0.hasPrefix(PageFile.manualDirectory + "/") }

    @Test func noFileIsMadeTwice() {
        #expect(Set(Self.paths).count == Self.paths.count)
        #expect(Self.paths.contains("man/snap.1") && Self.paths.contains(PageFile.reference))
    }

    @Test(arguments: paths)
    func theFileIsAsItIsMade(_ path: String) throws {
        let file = try #require(PageFile.all.first { $0.path == path })
        let url = Self.root.appendingPathComponent(path)
        if Self.isUpdate {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try file.text.write(to: url, atomically: true, encoding: .utf8)
            return
        }
        let present = try? String(contentsOf: url, encoding: .utf8)
        #expect(present == file.text, "\(path) is not as it is made: make pages")
    }

    @Test func noPageIsThereThatNobodyMakes() throws {
        let directory = Self.root.appendingPathComponent(PageFile.manualDirectory)
        let made = Set(Self.paths)
        let present = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        for name in present where !made.contains("\(PageFile.manualDirectory)/\(name)") {
            if Self.isUpdate {
                try FileManager.default.removeItem(at: directory.appendingPathComponent(name))
            } else {
                Issue.record("man/\(name) is made by nothing: make pages")
            }
        }
    }

    /// What `mandoc -T lint` would find, as far as it can be seen in a line; `make lint` asks mandoc itself.
    @Test(arguments: manual)
    func noLineIsForRoffToGuessAt(_ path: String) throws {
        let file = try #require(PageFile.all.first { $0.path == path })
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        var isDisplay = false
        var before: Substring = ""
        for line in lines {
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(line)")
            #expect(!line.hasSuffix(" "), "\(line)")
            if line.hasPrefix(".Bd") { isDisplay = true }
            if line == ".Ed" { isDisplay = false }
            if !isDisplay {
                #expect(!line.isEmpty, "behind \(before)")
                #expect(line.utf8.count <= 80, "\(line)")
            }
            #expect(!line.hasPrefix("'"), "\(line)")
            if line == ".Pp" { #expect(!before.hasPrefix(".Sh") && before != ".Pp") }
            if line.hasPrefix(".Sh") { #expect(before != ".Pp") }
            if line == ".El" || line == ".Ed" { #expect(!before.hasPrefix(".B") && !before.hasPrefix(".It")) }
            before = line
        }
        #expect(file.text.hasSuffix("\n"))
    }

    @Test(arguments: manual)
    func sectionsStandInTheirOrder(_ path: String) throws {
        let file = try #require(PageFile.all.first { $0.path == path })
        let known = [
            "NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO",
        ]
        let titles = file.text.split(separator: "\n").filter { $0.hasPrefix(".Sh ") }.map { String($0.dropFirst(4)) }
        #expect(Set(titles).count == titles.count)
        let ranks = titles.compactMap { known.firstIndex(of: $0) }
        #expect(ranks == ranks.sorted())
        #expect(titles.first == "NAME" && titles.contains("DESCRIPTION") && titles.last == "SEE ALSO")
        if path.hasSuffix(".1") {
            for title in ["SYNOPSIS", "EXIT STATUS", "EXAMPLES"] { #expect(titles.contains(title), "\(title)") }
        }
    }

    /// A page that is referred to is there.
    @Test func referencesLeadSomewhere() {
        for file in PageFile.all {
            for line in file.text.split(separator: "\n") where line.hasPrefix(".Xr ") {
                let words = line.split(separator: " ")
                guard words.count >= 3 else {
                    Issue.record("\(line)")
                    continue
                }
                #expect(Self.paths.contains("man/\(words[1]).\(words[2])"), "\(file.path): \(line)")
            }
        }
    }
}
