// A system call that failed: which, and why. Whoever called it adds what it was about.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

package struct SystemError: Error, Equatable, Sendable {
    package let call: String
    package let code: Int32

    package init(_ call: String, _ code: Int32) {
        self.call = call
        self.code = code
    }

    /// The error of the call that has just failed on this thread.
    package static func last(_ call: StaticString) -> SystemError {
        SystemError("\(call)", errno)
    }

    /// The C library's words for the code, starting in lower case.
    package var reason: String {
        var buffer = [CChar](repeating: 0, count: 256)
        unsafe snap_error_text(code, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// As many files are open as this process may have.
    package static var tooManyOpenFiles: SystemError { SystemError("open", EMFILE) }

    package var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
    package var isPermission: Bool { code == EACCES || code == EPERM }
    package var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
    package var isExisting: Bool { code == EEXIST || code == ENOTEMPTY }
    package var isNotSupported: Bool { code == ENOTSUP || code == EOPNOTSUPP || code == ENOSYS || code == ENOTTY }
    package var isInterruption: Bool { code == EINTR }
    package var isLoop: Bool { code == ELOOP }
    package var wouldBlock: Bool { code == EWOULDBLOCK || code == EAGAIN }
}
