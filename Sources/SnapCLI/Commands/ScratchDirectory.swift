// A directory for another program to look into: an editor's copy of a file, the files that a viewer compares.
//
// Only this user may read it, and it goes with all that is in it when the program has ended.

import SnapStore
import SnapSystem

enum ScratchDirectory {
    /// Where it is made: TMPDIR, or else `/tmp`.
    static var parent: [UInt8] {
        Process.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? Array("/tmp".utf8)
    }

    /// Runs `body` with its path and the open directory.
    static func use<R>(
        _ purpose: String, _ body: ([UInt8], borrowing FileDescriptor) throws(SystemError) -> R
    ) throws(SystemError) -> R {
        let name = Array("snap-\(purpose)-\(hexadecimal(try Process.randomBytes(8)))".utf8)
        let place = try FileDescriptor.open(parent, [.read, .directory])
        try place.makeDirectory(name, mode: 0o700)
        defer { try? TreeRemoval.remove(name, in: place) }
        return try body(parent + [0x2F] + name, try place.open(name, [.read, .directory]))
    }
}
