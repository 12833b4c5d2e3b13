// What can go wrong with packs, as values that name the file and the object.
//
// Whoever reads an object tries every copy first, so an error says that none is left.

package import SnapSystem

package enum PackError: Error, Equatable, Sendable {
    /// A system call on a file of the store failed.
    case system(file: String, SystemError)
    /// A file is not what the format says.
    case damaged(file: String, what: String)
    /// A file needs something that this version does not know.
    case unsupported(file: String, what: String)
    /// No pack holds the object. `unreadable` are the packs that could not be asked, with the reason.
    case missing(ObjectKey, unreadable: [String])
    /// A pack holds the object and no copy can be read; file and reason are the first copy's.
    case unreadable(ObjectKey, file: String, what: String)
    /// A block that no pack can hold, and why: a mistake of the caller.
    case invalidBlock(String)
    /// Writing `needed` more bytes would leave less than `floor` of what is `available`.
    case noSpace(available: UInt64, floor: UInt64, needed: UInt64)
    case storeLimit(size: UInt64, limit: UInt64)
    case cancelled

    /// The reason for people, with the file's name where there is one.
    package var reason: String {
        switch self {
        case .system(let file, let error): "'\(file)': \(error.reason)"
        case .damaged(let file, let what): "'\(file)' is damaged: \(what)"
        case .unsupported(let file, let what): "'\(file)' needs \(what), which this version does not know"
        case .missing(let key, let unreadable):
            unreadable.isEmpty
                ? "\(key) is in no pack"
                : "\(key) is in no pack that can be read; \(unreadable.joined(separator: "; "))"
        case .unreadable(let key, let file, let what): "\(key) in '\(file)' cannot be read: \(what)"
        case .invalidBlock(let what): "invalid block: \(what)"
        case .noSpace(let available, let floor, let needed):
            "\(needed) bytes to write, \(available) available, of which \(floor) must stay free"
        case .storeLimit(let size, let limit): "the store has \(size) bytes, its limit is \(limit)"
        case .cancelled: "cancelled"
        }
    }

    /// The file it is about.
    package var file: String? {
        switch self {
        case .system(let file, _), .damaged(let file, _), .unsupported(let file, _), .unreadable(_, let file, _): file
        default: nil
        }
    }

    /// There is no room to write.
    var isNoSpace: Bool {
        switch self {
        case .system(_, let cause): cause.isNoSpace
        case .noSpace: true
        default: false
        }
    }

    /// A system call failed, which may go well another time.
    var isFromSystem: Bool {
        if case .system = self { true } else { false }
    }

    /// The reason without the file's name.
    var detail: String {
        switch self {
        case .system(_, let error): error.reason
        case .damaged(_, let what), .unreadable(_, _, let what): what
        case .unsupported(_, let what): "needs \(what), which this version does not know"
        default: reason
        }
    }
}

/// Runs `body`, naming the file that a failing system call was about.
@inline(__always)
func naming<R: ~Copyable>(_ file: @autoclosure () -> String, _ body: () throws(SystemError) -> R) throws(PackError) -> R
{
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(file: file(), error)
    }
}
