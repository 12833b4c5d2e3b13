// A timeline's file: reading all of it or only its end, and appending a line so that it is there whole or not at all.
//
// A line goes out in one write at the end of the file, under the timeline's lock. If the write or the sync fails, the
// file is cut back to its former length while the lock still keeps others away; if even that fails, or the machine
// dies, what is left is a line without its newline or with a wrong checksum, which readers skip and the next writer
// leaves alone on a line of its own. Readers take no lock: a line that is being written is for them a line that is not
// there yet.

internal import CSnapSystem
internal import SnapSystem

package struct TimelineStore: Sendable {
    /// The only timeline there is now.
    package static let main = "main"
    /// Lines are short: 2 GiB of them are not a timeline.
    private static let limit = 1 << 31
    private static let firstTail: UInt64 = 4096

    private let directory: StoreDirectory
    private let directoryID: String

    /// `directory` is the room's `timelines/`.
    package init(in directory: StoreDirectory, of directoryID: String) {
        self.directory = directory
        self.directoryID = directoryID
    }

    /// All bytes of the file; nil before the first line.
    package func readBytes() throws(StoreError) -> [UInt8]? {
        try directory.read(Self.main, limit: Self.limit)
    }

    package func read() throws(StoreError) -> TimelineContents {
        guard let bytes = try readBytes() else { return TimelineContents() }
        return TimelineContents(parsing: bytes)
    }

    /// Bytes of the file; 0 before the first line.
    package var length: UInt64 {
        get throws(StoreError) {
            try open([.read]) { (_, size) throws(SystemError) in size } ?? 0
        }
    }

    /// Whether nothing was ever written.
    package var isEmpty: Bool {
        get throws(StoreError) {
            try open([.read]) { (_, size) throws(SystemError) in size == 0 } ?? true
        }
    }

    /// The head, mostly from the file's last few lines; nil before the first head event.
    package func head() throws(StoreError) -> ObjectID? { try headEvent()?.new }

    /// The event that made the head, found likewise.
    package func headEvent() throws(StoreError) -> TimelineEvent? {
        let found: TimelineEvent?? = try open([.read]) { (file, size) throws(SystemError) in
            var length = min(Self.firstTail, size)
            while true {
                let start = size - length
                // One byte more, to know whether the tail starts with a line.
                let lead: UInt64 = start > 0 ? 1 : 0
                var tail = try file.read(at: start - lead, count: Int(length + lead))[...]
                let isBorder = start == 0 || tail.first == 0x0A
                if start > 0 { tail = tail.dropFirst() }
                let event = TimelineContents.lastHeadEvent(inTail: tail.span, startsAtLineBorder: isBorder)
                if let event { return event }
                if start == 0 { return nil }
                length = min(length * 8, size)
            }
        }
        return found ?? nil
    }

    /// Appends an event, durably.
    package func append(_ event: TimelineEvent, under lock: borrowing TimelineLock) throws(StoreError) {
        try append([event], under: lock)
    }

    /// Appends events, durably: all of them or, if an error is thrown, none.
    package func append(_ events: [TimelineEvent], under lock: borrowing TimelineLock) throws(StoreError) {
        assert(lock.directoryID == directoryID, "the lock of another timeline")
        var lines: [UInt8] = []
        for event in events {
            lines += event.encoded()
        }
        if lines.isEmpty { return }
        try createIfMissing()
        let written: Void? = try open([.readWrite, .append]) { (file, size) throws(SystemError) in
            if size > 0, try file.read(at: size - 1, count: 1) != [0x0A] { lines.insert(0x0A, at: 0) }
            do throws(SystemError) {
                try file.write(lines)
                try file.syncData()
            } catch {
                do { try file.truncate(to: size) } catch { /* a torn line does no harm */  }
                throw error
            }
        }
        if written == nil { throw directory.damage(Self.main, "it went away while it was written") }
    }

    /// The name is durable before the first line is.
    private func createIfMissing() throws(StoreError) {
        let name = Array(Self.main.utf8)
        do throws(SystemError) {
            _ = try directory.descriptor.facts(of: name)
            return
        } catch {
            if !error.isNotFound { throw directory.failure(error, "examine", Self.main) }
        }
        do throws(SystemError) {
            _ = try directory.ownership.createFile(name, in: directory.descriptor)
            try directory.descriptor.sync()
        } catch {
            if !error.isExisting { throw directory.failure(error, "make", Self.main) }
        }
    }

    /// Runs `body` with the file and its length; nil if there is none.
    private func open<R>(
        _ flags: OpenFlags, _ body: (borrowing FileDescriptor, UInt64) throws(SystemError) -> R
    ) throws(StoreError) -> R? {
        let isForWriting = flags.contains(.append)
        do throws(SystemError) {
            let file = try directory.descriptor.open(Array(Self.main.utf8), flags.union(.nonBlocking))
            let facts = try file.facts().0
            // Root must not be led to write into a file that somebody else's store only has a name for.
            if facts.type == .regular, !isForWriting || facts.owner == directory.ownership.owner {
                return try body(file, facts.size)
            }
        } catch {
            if error.isNotFound { return nil }
            if !error.isLoop { throw directory.failure(error, isForWriting ? "write" : "read", Self.main) }
        }
        throw directory.damage(Self.main, "it is not a regular file of the store's owner")
    }
}
