// The fixed numbers of packs, and the records that reader and writer share (docs/format.md, section 4).

internal import SnapSystem

enum PackFormat {
    static let headerMagic: UInt32 = 0x184D_2A50
    static let contentsMagic: UInt32 = 0x184D_2A51
    static let indexMagic: UInt32 = 0x184D_2A52
    static let trailerMagic: UInt32 = 0x184D_2A53

    // The eight bytes behind a frame's length, as a little-endian number.
    static let headerMarker = marker("snappack")
    static let indexMarker = marker("snapindx")
    static let trailerMarker = marker("snaptail")

    static let headerLength = 64
    static let trailerLength = 64
    static let indexHeadLength = 24
    static let sectionRecordLength = 32
    static let blockRecordLength = 40
    static let baseRecordLength = 36
    static let typeRecordLength = 12
    static let idLength = 32
    static let locationRecordLength = 12
    static let fanoutLength = 1024
    /// A contents frame without objects and bases.
    static let contentsFixedLength = 32

    static let version: UInt32 = 1
    static let maximumPackLength: UInt64 = 256 << 20
    /// With so many objects a pack is full, so that its index, which is made in memory, stays small. A reader takes any number.
    static let objectsAPack = 1 << 17
    static let maximumPlainLength = 16 << 20
    /// No codec makes more than this of what it cannot compress.
    static let maximumStoredLength = 17 << 20
    /// An object for each plain byte, and as many bases as can be counted.
    static let maximumContentsLength = contentsFixedLength + 5 * maximumPlainLength + 33 * 65535
    /// Of a block with bases.
    static let maximumBasedLength = 2 << 20
    /// Of a block's bases together.
    static let maximumPrefixLength = 1 << 20
    static let maximumDepth: UInt8 = 2

    enum Section {
        static let blocks: UInt32 = 1
        static let bases: UInt32 = 2
        static let types: UInt32 = 3
        static let ids: UInt32 = 4
        static let locations: UInt32 = 5
        static let fanout: UInt32 = 6
    }

    private static func marker(_ text: StaticString) -> UInt64 {
        var result: UInt64 = 0
        for byte in "\(text)".utf8.reversed() { result = result << 8 | UInt64(byte) }
        return result
    }

    static func padded(_ length: Int) -> Int { (length + 7) & ~7 }
}

extension ObjectType {
    /// The length that an object of this type has at most.
    package var maximumLength: Int { self == .manifest ? 16 << 20 : 256 << 10 }
}

/// What a pack says of itself that no reader needs to know: the optional features in its header.
package struct PackFeatures: OptionSet, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Written by compaction: it need not be written anew before a good part of it is dead.
    package static let compacted = PackFeatures(rawValue: 1 << 0)
    /// Written by a compaction that spared no time.
    package static let compactedFully = PackFeatures(rawValue: 1 << 1)
}

/// One object in a block, in the order of the block's plain bytes.
package struct BlockObject: Sendable, Equatable {
    package var id: ObjectID
    package var length: UInt32
    package var type: ObjectType
    /// False: the pack's index has another copy, and this one's id is not known. Only in blocks copied from another
    /// pack.
    package var isIndexed: Bool

    package init(_ type: ObjectType, _ id: ObjectID, length: UInt32, isIndexed: Bool = true) {
        self.id = id
        self.length = length
        self.type = type
        self.isIndexed = isIndexed
    }
}

/// What the index says of one block.
package struct PackBlock: Sendable, Equatable {
    /// Of the stored data, in the file.
    package var offset: UInt64
    package var storedLength: Int
    package var plainLength: Int
    package var checksum: UInt32
    /// Of the contents frame in front of the data.
    package var contentsLength: Int
    /// As stored: it may be one that this version does not know.
    package var codecNumber: UInt8
    package var depth: UInt8
    package var firstBase: Int
    package var baseCount: Int
}

/// Where an object lies in a pack.
package struct ObjectLocation: Sendable, Equatable {
    package var block: Int
    /// In the block's plain bytes.
    package var offset: Int
    package var length: Int
}

/// The checksum of raw bytes.
func rawChecksum(_ bytes: RawSpan) -> UInt32 {
    checksum(of: Span<UInt8>(_bytes: bytes))
}

extension RawSpan {
    /// The id at `offset`; nil if it does not lie inside.
    @inline(__always)
    package func objectID(at offset: Int) -> ObjectID? {
        guard let a = integer(at: offset, as: UInt64.self), let b = integer(at: offset &+ 8, as: UInt64.self),
            let c = integer(at: offset &+ 16, as: UInt64.self), let d = integer(at: offset &+ 24, as: UInt64.self)
        else { return nil }
        return ObjectID(a.byteSwapped, b.byteSwapped, c.byteSwapped, d.byteSwapped)
    }
}

extension ByteBuffer {
    /// Appends the 32 bytes of `id`.
    func append(id: ObjectID) {
        append(integer: id.words.0.byteSwapped)
        append(integer: id.words.1.byteSwapped)
        append(integer: id.words.2.byteSwapped)
        append(integer: id.words.3.byteSwapped)
    }

    func append(zeros count: Int) {
        for _ in 0..<count { append(integer: UInt8(0)) }
    }
}
