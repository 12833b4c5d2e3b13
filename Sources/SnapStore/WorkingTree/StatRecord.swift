// A directory in the stat cache: the facts of its entries as the walk saw them, sorted by name, and where its sub-directories' records are.
//
// The entries' bytes are laid out so that the walk builds the same bytes from fresh facts: if the two regions are equal, nothing in the directory itself has
// changed, and one comparison has said so. Like trees, records are never changed: a changed directory and those above it get new ones.
//
//   0  u32 magic   4 u32 checksum of the rest   8 u32 length   12 u32 entries   16 u32 sub-directories   20 u8 level, 255: no content   21 u8 traits   24 id
//   56 totals   then entries: facts (56), u32 flags, u16 name length, u16 zero, name, one zero or more to a multiple of 8   then a u64 for each sub-directory

package import SnapSystem

/// What keeps an entry from being trusted as unchanged next time.
package enum RecordFlag {
    /// Its times were too close to the scan.
    static let recent: UInt32 = 1
    /// It is a gap, or was unstable.
    static let incomplete: UInt32 = 2
}

/// What is true of a directory whose record this is.
package struct RecordTraits: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Its own times were clearly before the scan: while they stay, so do its names.
    static let isSettled = RecordTraits(rawValue: 1)
    static let hasIgnoreFile = RecordTraits(rawValue: 2)
}

package enum StatRecord {
    static let magic: UInt32 = 0x5249_4453
    static let headerLength = 56 + Totals.encodedLength
    static let entryHeaderLength = 64
    static let noContent: UInt8 = 255

    /// The length of an entry with a name of `count` bytes.
    static func entryLength(name count: Int) -> Int { (entryHeaderLength + count + 8) & ~7 }

    /// Appends one entry.
    static func appendEntry(_ facts: FileFacts, flags: UInt32, name: Span<UInt8>, to buffer: ByteBuffer) {
        buffer.append(facts)
        buffer.append(integer: flags)
        buffer.append(integer: UInt16(truncatingIfNeeded: name.count))
        buffer.append(integer: UInt16(0))
        unsafe buffer.append(name.bytes)
        var padding = entryLength(name: name.count) - entryHeaderLength - name.count
        while padding > 0 {
            buffer.append(integer: UInt8(0))
            padding -= 1
        }
    }

    /// A whole record.
    static func encode(
        content: ContentReference?, traits: RecordTraits, totals: Totals, entries: RawSpan, entryCount: Int,
        children: [UInt64], into buffer: ByteBuffer
    ) {
        let start = buffer.count
        let length = headerLength + entries.byteCount + children.count * 8
        buffer.append(integer: magic)
        buffer.append(integer: UInt32(0))
        buffer.append(integer: UInt32(truncatingIfNeeded: length))
        buffer.append(integer: UInt32(truncatingIfNeeded: entryCount))
        buffer.append(integer: UInt32(truncatingIfNeeded: children.count))
        buffer.append(integer: UInt32(content?.level ?? noContent) | UInt32(traits.rawValue) << 8)
        buffer.append((content?.id ?? .zero).bytes)
        totals.encode(into: buffer)
        buffer.append(entries)
        for child in children { buffer.append(integer: child) }
        let sum = buffer.withBytes(in: start + 8..<start + length) { rawChecksum($0) }
        buffer.patch(integer: sum, at: start + 4)
    }
}

/// A record read from the cache: bounds and checksum are right.
package struct StatRecordView: ~Escapable {
    package let bytes: RawSpan
    package let entryCount: Int
    package let childCount: Int

    /// nil where there is no sound record at the start of `span`.
    @_lifetime(copy span)
    package init?(_ span: RawSpan) {
        guard let magic: UInt32 = span.integer(at: 0), magic == StatRecord.magic, let sum: UInt32 = span.integer(at: 4),
            let length: UInt32 = span.integer(at: 8), let entries: UInt32 = span.integer(at: 12),
            let children: UInt32 = span.integer(at: 16),
            Int(length) <= span.byteCount, Int(length) >= StatRecord.headerLength + Int(children) * 8
        else { return nil }
        let whole = span.extracting(0..<Int(length))
        guard rawChecksum(whole.extracting(8..<Int(length))) == sum else { return nil }
        bytes = whole
        entryCount = Int(entries)
        childCount = Int(children)
    }

    package var content: ContentReference? {
        guard let level: UInt8 = bytes.integer(at: 20), level != StatRecord.noContent,
            let id = ObjectID(bytes: bytes.array(24..<56))
        else { return nil }
        return ContentReference(level: level, id: id)
    }

    package var traits: RecordTraits { RecordTraits(rawValue: bytes.integer(at: 21) ?? 0) }

    package var totals: Totals { Totals(decoding: bytes, at: 56) ?? Totals() }

    /// The entries' bytes.
    package var entries: RawSpan {
        @_lifetime(copy self)
        get { bytes.extracting(StatRecord.headerLength..<bytes.byteCount - childCount * 8) }
    }

    /// Where the record of the n-th sub-directory is.
    package func child(_ index: Int) -> UInt64? {
        guard index >= 0, index < childCount else { return nil }
        return bytes.integer(at: bytes.byteCount - (childCount - index) * 8)
    }
}

/// Walks over the entries of a record, or of a region built by a scan.
package struct StatEntryCursor: ~Escapable {
    private let region: RawSpan
    package private(set) var offset = 0

    @_lifetime(copy region)
    package init(_ region: RawSpan) {
        self.region = region
    }

    /// Whether an entry stands here whose parts lie inside.
    package var isAtEntry: Bool {
        guard let length: UInt16 = region.integer(at: offset + 60) else { return false }
        return offset + StatRecord.entryLength(name: Int(length)) <= region.byteCount
    }

    package var facts: FileFacts { region.facts(at: offset) ?? FileFacts() }
    package var flags: UInt32 { region.integer(at: offset + 56) ?? 0 }
    private var nameLength: Int { Int((region.integer(at: offset + 60) as UInt16?) ?? 0) }

    /// Where the name stands in the region, and how long it is.
    package var namePlace: (offset: Int, length: Int) { (offset + StatRecord.entryHeaderLength, nameLength) }

    package var name: Span<UInt8> {
        @_lifetime(copy self)
        get {
            let start = offset + StatRecord.entryHeaderLength
            return Span<UInt8>(_bytes: region.extracting(start..<start + nameLength))
        }
    }

    package mutating func advance() {
        offset += StatRecord.entryLength(name: nameLength)
    }
}
