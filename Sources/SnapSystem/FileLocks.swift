// Who holds locks on files, as /proc tells it. Nothing is locked to find out: that would be in somebody's way.

/// A lock of the kind that `flock` makes.
package struct FileLock: Sendable, Equatable {
    /// nil: a process that is not to be seen from here.
    package var process: Int32?
    package var isExclusive: Bool
    /// Whoever wants it waits for another.
    package var isWaiting: Bool
    /// As in `FileExtra.device`. Some file systems have another number there than files have.
    package var device: UInt64
    package var inode: UInt64

    package init(process: Int32?, isExclusive: Bool, isWaiting: Bool, device: UInt64, inode: UInt64) {
        self.process = process
        self.isExclusive = isExclusive
        self.isWaiting = isWaiting
        self.device = device
        self.inode = inode
    }
}

package enum FileLocks {
    private static let place = Array("/proc/locks".utf8)
    private static let limit = 1 << 24

    /// All that this process may know of; nil where that cannot be read.
    package static func read() -> [FileLock]? {
        do throws(SystemError) {
            let file = try FileDescriptor.open(place, [.read])
            return parse(try file.readAll(limit: limit))
        } catch {
            return nil
        }
    }

    /// Lines such as `1: FLOCK  ADVISORY  WRITE 1234 fd:01:5678 0 EOF`, with `->` behind the number where somebody waits. Others are passed over.
    package static func parse(_ text: [UInt8]) -> [FileLock] {
        text.split(separator: 0x0A).compactMap { parse(line: $0) }
    }

    private static func parse(line: ArraySlice<UInt8>) -> FileLock? {
        let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        let isWaiting = words.count > 1 && words[1] == "->"
        let fields = Array(words.dropFirst(isWaiting ? 2 : 1))
        guard fields.count >= 5, fields[0] == "FLOCK" else { return nil }
        let place = fields[4].split(separator: ":")
        guard place.count == 3, let major = UInt32(place[0], radix: 16), let minor = UInt32(place[1], radix: 16),
            let inode = UInt64(place[2])
        else { return nil }
        let process = Int32(fields[3]).flatMap { $0 > 0 ? $0 : nil }
        return FileLock(
            process: process, isExclusive: fields[2] == "WRITE", isWaiting: isWaiting,
            device: UInt64(major) << 32 | UInt64(minor), inode: inode)
    }
}

extension Process {
    /// What a process is called; nil where that cannot be read.
    package static func name(of process: Int32) -> [UInt8]? {
        do throws(SystemError) {
            let file = try FileDescriptor.open(Array("/proc/\(process)/comm".utf8), [.read])
            let name = try file.readAll(limit: 4096).prefix { $0 != 0x0A }
            return name.isEmpty ? nil : Array(name)
        } catch {
            return nil
        }
    }
}
