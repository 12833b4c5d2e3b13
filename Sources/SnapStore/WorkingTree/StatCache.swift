// The stat cache: the file facts behind one snapshot, in a file that is mapped and never parsed.
//
// It may be lost at any time and must never be believed when it is wrong. Its header and each record carry a checksum, because nothing here is synced:
// after a power failure any page may be missing. A change appends the records of the changed directories and those above them, and then
// replaces the header; whoever reads meanwhile has the old header, whose records stay where they are. When it is twice as long as it was when new it is written anew under another name and renamed.
//
// Header, 256 bytes: 0 `snapstat`, 8 u32 version, 12 u32 checksum of bytes 16 to 255, 16 u64 bytes in use, 24 u64 root record, 32 u64 epoch,
// 40 snapshot id, 72 root tree id, 104 rules digest, 136 the root's facts (56), 192 u64 bytes of records when it was last written anew, 200 digest of the link table, 232 zeros.

package import SnapSystem

/// Where a record is: in the cache file, or in this take's log.
package struct RecordLocation: Hashable, Sendable {
    package let raw: UInt64
    /// Offsets from here on are the log's.
    static let logBit: UInt64 = 1 << 62
    package init(raw: UInt64) { self.raw = raw }
    static func log(_ offset: UInt64) -> RecordLocation { RecordLocation(raw: offset | logBit) }
    var isInLog: Bool { raw & Self.logBit != 0 }
}

package struct StatCacheHeader: Equatable, Sendable {
    package var length: UInt64 = 0
    package var root = RecordLocation(raw: 0)
    package var epoch: UInt64 = 0
    package var snapshot = ObjectID.zero
    package var rootTree = ObjectID.zero
    package var rules = ObjectID.zero
    /// Of the link table; zero for none.
    package var links = ObjectID.zero
    package var rootFacts = FileFacts()
    /// Bytes of records when the file was last written anew.
    package var live: UInt64 = 0

    static let length = 256
    static let version: UInt32 = 2

    func encoded() -> [UInt8] {
        let buffer = ByteBuffer(capacity: Self.length)
        buffer.append(Array("snapstat".utf8))
        buffer.append(integer: Self.version)
        buffer.append(integer: UInt32(0))
        buffer.append(integer: length)
        buffer.append(integer: root.raw)
        buffer.append(integer: epoch)
        buffer.append(snapshot.bytes)
        buffer.append(rootTree.bytes)
        buffer.append(rules.bytes)
        buffer.append(rootFacts)
        buffer.append(integer: live)
        buffer.append(links.bytes)
        buffer.append([UInt8](repeating: 0, count: Self.length - buffer.count))
        let sum = buffer.withBytes(in: 16..<Self.length) { rawChecksum($0) }
        buffer.patch(integer: sum, at: 12)
        return buffer.array
    }

    init() {}

    init?(decoding bytes: [UInt8]) {
        let span = unsafe bytes.span.bytes
        guard bytes.count == Self.length, bytes.starts(with: Array("snapstat".utf8)),
            span.integer(at: 8) == Self.version,
            span.integer(at: 12) == rawChecksum(span.extracting(16..<Self.length)),
            let length: UInt64 = span.integer(at: 16), let root: UInt64 = span.integer(at: 24),
            let epoch: UInt64 = span.integer(at: 32),
            let snapshot = ObjectID(bytes: span.array(40..<72)), let tree = ObjectID(bytes: span.array(72..<104)),
            let rules = ObjectID(bytes: span.array(104..<136)), let facts = span.facts(at: 136),
            let live: UInt64 = span.integer(at: 192),
            let links = ObjectID(bytes: span.array(200..<232))
        else { return nil }
        self.length = length
        self.root = RecordLocation(raw: root)
        self.epoch = epoch
        self.snapshot = snapshot
        rootTree = tree
        self.rules = rules
        rootFacts = facts
        self.live = live
        self.links = links
    }
}

/// The cache as one take sees it: what was there, and what this take has added.
package final class StatCache: @unchecked Sendable {
    /// What the file said when it was opened; nil if there was no sound one.
    package let header: StatCacheHeader?
    private let mapping: Mapping?
    package let log: RecordLog
    private let directory: @Sendable () throws(SystemError) -> FileDescriptor
    private let temporaries: @Sendable () throws(SystemError) -> FileDescriptor
    private let ownership: Ownership
    private static let name = Array("stat".utf8)

    /// Opens the cache in the room that `directory` opens; new files are begun in `temporaries`, where what a killed take left is swept.
    package init(
        directory: @escaping @Sendable () throws(SystemError) -> FileDescriptor,
        temporaries: @escaping @Sendable () throws(SystemError) -> FileDescriptor, ownership: Ownership
    ) {
        self.directory = directory
        self.temporaries = temporaries
        self.ownership = ownership
        log = RecordLog { () throws(SystemError) in try SpillFile(in: temporaries()) }
        guard let opened = try? Self.open(directory()) else {
            header = nil
            mapping = nil
            return
        }
        header = opened.0
        mapping = opened.1
    }

    private static func open(_ room: consuming FileDescriptor) throws(SystemError) -> (StatCacheHeader, Mapping)? {
        let file = try room.open(name, [.read])
        let bytes = try file.read(at: 0, count: StatCacheHeader.length)
        guard let header = StatCacheHeader(decoding: bytes), let length = Int(exactly: header.length),
            header.length >= UInt64(StatCacheHeader.length),
            try file.facts().0.size >= header.length
        else { return nil }
        return (header, try Mapping(file, count: length))
    }

    /// Calls `body` with the record at `location`; nil where there is no sound one.
    package func withRecord<R>(_ location: RecordLocation, _ body: (StatRecordView) -> R) -> R? {
        if location.isInLog {
            return log.read(at: location.raw & ~RecordLocation.logBit) { (span) -> R? in
                guard let view = StatRecordView(span) else { return nil }
                return body(view)
            } ?? nil
        }
        guard let mapping, let start = Int(exactly: location.raw), start >= StatCacheHeader.length,
            start < mapping.count
        else { return nil }
        return mapping.withBytes(in: start..<mapping.count) { (span) -> R? in
            guard let view = StatRecordView(span) else { return nil }
            return body(view)
        }
    }

    /// Adds a record. A child that is in the log is written as such and moved when the log is joined to the file.
    package func append(_ record: ByteBuffer) throws(SystemError) -> RecordLocation {
        RecordLocation.log(try log.append(record))
    }

    /// Makes the file say what `header` says, whose root is in the log. Another take that is writing it now wins, and nothing is written.
    package func commit(_ header: StatCacheHeader) throws(SystemError) {
        let room = try directory()
        let appended = log.count
        if appended == 0, let old = self.header, header.root == old.root {
            // Only the header differs: it names another snapshot of the same state.
            var updated = header
            updated.length = old.length
            let file = try room.open(Self.name, [.readWrite])
            guard try isStill(old, file) else { return }
            let bytes = updated.encoded()
            unsafe try file.write(bytes.span.bytes, at: 0)
            return
        }
        guard let old = self.header, old.length + appended <= 2 * old.live + (1 << 16) else {
            try rewrite(header, room)
            return
        }
        let file = try room.open(Self.name, [.readWrite])
        guard try isStill(old, file) else { return }
        var updated = header
        let base = old.length
        updated.root = moved(header.root, to: base)
        updated.live = old.live
        updated.length = base + appended
        try write(to: file, at: base, moving: base)
        unsafe try file.write(updated.encoded().span.bytes, at: 0)
    }

    /// Locks the file, and says whether it is the one that was opened: places in it mean nothing in another.
    private func isStill(_ old: StatCacheHeader, _ file: borrowing FileDescriptor) throws(SystemError) -> Bool {
        guard try file.lock(exclusive: true, waiting: false) else { return false }
        return StatCacheHeader(decoding: try file.read(at: 0, count: StatCacheHeader.length)) == old
    }

    private func moved(_ location: RecordLocation, to base: UInt64) -> RecordLocation {
        location.isInLog ? RecordLocation(raw: base + (location.raw & ~RecordLocation.logBit)) : location
    }

    /// Writes the log's records at `offset`, with the places of children in the log turned into places in the file.
    private func write(to file: borrowing FileDescriptor, at offset: UInt64, moving base: UInt64) throws(SystemError) {
        var at = offset
        let out = ByteBuffer(capacity: 1 << 16)
        let number = try file.duplicate()
        try log.forEachSegment { (segment) throws(SystemError) in
            var position = 0
            while position < segment.byteCount {
                guard let view = StatRecordView(segment.extracting(position..<segment.byteCount)) else {
                    throw SystemError("stat cache", 5)
                }
                let start = out.count
                out.append(view.bytes)
                rebase(view, at: start, in: out, base)
                position += view.bytes.byteCount
                if out.count >= 1 << 16 {
                    try out.withBytes { (bytes) throws(SystemError) in try number.write(bytes, at: at) }
                    at += UInt64(out.count)
                    out.truncate(to: 0)
                }
            }
        }
        try out.withBytes { (bytes) throws(SystemError) in try number.write(bytes, at: at) }
    }

    private func rebase(_ view: StatRecordView, at start: Int, in out: ByteBuffer, _ base: UInt64) {
        var isMoved = false
        for index in 0..<view.childCount {
            guard let child = view.child(index) else { continue }
            let location = RecordLocation(raw: child)
            guard location.isInLog else { continue }
            out.patch(
                integer: moved(location, to: base).raw, at: start + view.bytes.byteCount - (view.childCount - index) * 8
            )
            isMoved = true
        }
        guard isMoved else { return }
        let sum = out.withBytes(in: start + 8..<start + view.bytes.byteCount) { rawChecksum($0) }
        out.patch(integer: sum, at: start + 4)
    }

    /// Writes a new file with the living records only.
    private func rewrite(_ header: StatCacheHeader, _ room: borrowing FileDescriptor) throws(SystemError) {
        let temporary = try SpillFile.temporaryName("stat")
        let nursery = try temporaries()
        let file = try nursery.open(temporary, [.readWrite, .create, .exclusive])
        _ = try file.lock(exclusive: true, waiting: false)
        try ownership.apply(to: file)
        do throws(SystemError) {
            var writer = CompactWriter(cache: self, offset: UInt64(StatCacheHeader.length))
            let root = try writer.copy(header.root, to: file)
            var updated = header
            updated.root = root
            updated.length = writer.end
            updated.live = writer.end - UInt64(StatCacheHeader.length)
            unsafe try file.write(updated.encoded().span.bytes, at: 0)
            try nursery.rename(temporary, to: room, Self.name)
        } catch {
            try? nursery.remove(temporary)
            throw error
        }
    }

    /// Copies records, children first, without recursion: directories can be deeper than a stack.
    private struct CompactWriter {
        let cache: StatCache
        var offset: UInt64
        let out = ByteBuffer(capacity: 1 << 16)
        var end: UInt64 { offset + UInt64(out.count) }

        struct Frame {
            let location: RecordLocation
            let childCount: Int
            var done: [UInt64] = []
        }

        mutating func copy(_ root: RecordLocation, to file: borrowing FileDescriptor) throws(SystemError)
            -> RecordLocation
        {
            var frames = [try frame(root)]
            while var top = frames.popLast() {
                if top.done.count < top.childCount {
                    let index = top.done.count
                    guard let child = cache.withRecord(top.location, { $0.child(index) }) ?? nil else {
                        throw SystemError("stat cache", 5)
                    }
                    guard child != 0 else {
                        // A gap: it has no record.
                        top.done.append(0)
                        frames.append(top)
                        continue
                    }
                    frames.append(top)
                    frames.append(try frame(RecordLocation(raw: child)))
                    continue
                }
                let place = end
                _ = cache.withRecord(top.location) { view in
                    StatRecord.encode(
                        content: view.content, traits: view.traits, totals: view.totals, entries: view.entries,
                        entryCount: view.entryCount, children: top.done, into: out)
                }
                if out.count >= 1 << 18 { try flush(to: file) }
                guard var parent = frames.popLast() else {
                    try flush(to: file)
                    return RecordLocation(raw: place)
                }
                parent.done.append(place)
                frames.append(parent)
            }
            throw SystemError("stat cache", 5)
        }

        private func frame(_ location: RecordLocation) throws(SystemError) -> Frame {
            guard let count = cache.withRecord(location, { $0.childCount }) else { throw SystemError("stat cache", 5) }
            return Frame(location: location, childCount: count)
        }

        private mutating func flush(to file: borrowing FileDescriptor) throws(SystemError) {
            let at = offset
            try out.withBytes { (bytes) throws(SystemError) in try file.write(bytes, at: at) }
            offset += UInt64(out.count)
            out.truncate(to: 0)
        }
    }
}
