// Modes are set on what is there, and never on what it points to.

import Foundation
import SnapSystem
import Testing

@Suite struct MetadataTests {
    @Test func aModeIsNeverSetThroughALink() throws {
        let path = NSTemporaryDirectory() + "snap-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let directory = try FileDescriptor.open(Array(path.utf8), [.read, .directory])
        try directory.makeNode(Array("pipe".utf8), type: .fifo, permissions: 0o600, major: 0, minor: 0)
        try directory.makeDirectory(Array("sub".utf8), mode: 0o700)
        for target in ["pipe", "sub"] {
            let link = Array("link-\(target)".utf8)
            try directory.makeSymbolicLink(link, target: Array(target.utf8))
            #expect(throws: SystemError.self) { try directory.setPermissions(0o777, of: link) }
            try directory.setPermissions(0o640, of: Array(target.utf8))
            #expect(try directory.facts(of: Array(target.utf8)).0.permissions == 0o640)
        }
    }
}
