// What this process may use, and which program it is.

private import CSnapSystem

extension Process {
    /// How many files this process may have open at once; nil: as many as it likes, or nobody knows.
    package static var openFileLimit: UInt64? { limit(0) }

    /// Lets this process have as many files open at once as its hard limit allows, but no more than a million or so. Programs
    /// that it starts have the limit that it had before. Where it cannot be raised it stays.
    package static func raiseOpenFileLimit() { _ = snap_raise_open_files(mostOpenFiles) }

    private static let mostOpenFiles: UInt64 = 1 << 20

    /// Bytes of a thread's stack; nil likewise.
    package static var stackLimit: UInt64? { limit(1) }

    private static func limit(_ which: Int32) -> UInt64? {
        var value: UInt64 = 0
        guard unsafe snap_limit(which, &value) == 0, value != .max else { return nil }
        return value
    }

    /// Where this program lies; nil where the system does not say.
    package static var executable: [UInt8]? {
        do throws(SystemError) {
            return try realPath(Array("/proc/self/exe".utf8))
        } catch {
            return nil
        }
    }

    /// Something is at `path`, which may lead through symbolic links.
    package static func hasFile(_ path: [UInt8]) -> Bool {
        do throws(SystemError) {
            _ = try FileDescriptor.open(path, [.pathOnly])
            return true
        } catch {
            return false
        }
    }
}
