// A temporary file without a name, for what would take too much memory: what is appended to it is read back from there.
//
// Nothing of it is left when the process ends, however it ends; if it is killed between making the file and taking its name
// away, the next sweep of the temporary files removes it.

package import SnapSystem

package final class SpillFile {
    private let file: FileDescriptor
    private var length: UInt64 = 0

    /// Makes an empty one in `directory`, where temporary files are swept.
    package init(in directory: borrowing FileDescriptor) throws(SystemError) {
        let name = try Self.temporaryName("spill")
        let file = try directory.open(name, [.readWrite, .create, .exclusive])
        do throws(SystemError) {
            try directory.remove(name)
        } catch {
            // The sweep of another process may have taken the name away before.
            guard error.isNotFound else { throw error }
        }
        self.file = file
    }

    /// A name that no other file has.
    static func temporaryName(_ kind: String) throws(SystemError) -> [UInt8] {
        Array("\(kind).".utf8) + Array(hexadecimal(try Process.randomBytes(8)).utf8)
    }

    /// Appends the bytes and answers where they begin.
    package func append(_ bytes: borrowing RawSpan) throws(SystemError) -> UInt64 {
        let offset = length
        try file.write(bytes, at: offset)
        length += UInt64(bytes.byteCount)
        return offset
    }

    package func read(at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        try file.read(at: offset, count: count)
    }

    /// Some of it in memory, where the kernel may drop its pages.
    package func map(_ offset: UInt64, count: Int) throws(SystemError) -> Mapping {
        try Mapping(file, offset: offset, count: count)
    }
}
