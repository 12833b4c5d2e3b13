// Arrows only point down: snap and SnapPages → SnapCLI → SnapStore → SnapSystem → C. Checked on the import lines themselves.

import Foundation
import Testing

@Suite struct ImportTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources")

    /// What each module may import, besides the standard library's own modules.
    private static let allowed: [String: Set<String>] = [
        "snap": ["SnapCLI", "Glibc", "Darwin"],
        "SnapPages": ["SnapCLI"],
        "SnapCLI": ["SnapStore", "SnapSystem"],
        "SnapStore": ["SnapSystem", "CSnapKernels", "CZstd", "CLZ4", "CZlib", "CSnapSystem", "Synchronization"],
        "SnapSystem": ["CSnapSystem", "CSnapKernels", "Glibc", "Darwin", "Synchronization"],
    ]

    @Test(arguments: allowed.keys.sorted())
    func aModuleImportsOnlyWhatIsBelow(_ module: String) throws {
        let allowed = try #require(Self.allowed[module])
        let place = Self.sources.appendingPathComponent(module)
        let files = try #require(FileManager.default.enumerator(at: place, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            count += 1
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let position = words.firstIndex(of: "import"), position <= 1, position + 1 < words.count else {
                    continue
                }
                #expect(allowed.contains(String(words[position + 1])), "\(file.lastPathComponent): \(line)")
            }
        }
        #expect(count > 0)
    }

    /// Every module is listed above.
    @Test func noModuleIsForgotten() throws {
        let modules = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path).filter {
            !$0.hasPrefix("C")
        }
        #expect(Set(modules) == Set(Self.allowed.keys))
    }
}
