// The system's and the user's settings name programs that snap runs, so only a file that nobody else can write is used.
//
// What is checked is the open file, which a symbolic link may lead to: people keep such files elsewhere and link them. A file that is not
// trusted, or may not be read, sets nothing, and that is said; it does not stop anybody, because under `sudo` the user's file is
// often somebody else's.

internal import CSnapSystem
internal import SnapSystem

enum TrustedFile {
    enum Content: Equatable {
        case absent
        /// Not to be used, and why.
        case refused(reason: String)
        case bytes([UInt8])
    }

    /// The file at `path`.
    static func read(_ path: [UInt8]) throws(StoreError) -> Content {
        do throws(SystemError) {
            // Without blocking, because a FIFO would stop the reader for ever.
            let file = try FileDescriptor.open(path, [.read, .nonBlocking])
            if let reason = reasonAgainst(try file.facts().0) { return .refused(reason: reason) }
            return .bytes(try file.readAll(limit: StoreDirectory.smallFileLimit))
        } catch {
            if error.isNotFound { return .absent }
            if error.isPermission { return .refused(reason: error.reason) }
            throw StoreError(error, doing: "read", path)
        }
    }

    /// Why a file with these facts must not be used by `user`; nil if it may.
    static func reasonAgainst(_ facts: FileFacts, user: UInt32 = Process.effectiveUser) -> String? {
        if facts.type != .regular { return "it is not a regular file" }
        if facts.owner != user && facts.owner != 0 { return "it belongs to another user (number \(facts.owner))" }
        if facts.permissions & 0o022 != 0 { return "others may write to it" }
        return nil
    }
}
