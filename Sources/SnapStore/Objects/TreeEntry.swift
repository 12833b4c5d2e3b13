// One entry of a tree, as bytes and as a value (docs/format.md, section 3).
//
// Trees are compared and copied entry by entry as bytes; the value is made only where an entry is shown, restored or built.

package import SnapSystem

package enum EntryType: UInt8, Sendable {
    case file = 1
    case directory = 2
    case symbolicLink = 3
    case fifo = 4
    case socket = 5
    case characterDevice = 6
    case blockDevice = 7
    case unknown = 15
}

/// Names content: a leaf (level 0) or a list (its level).
package struct ContentReference: Hashable, Sendable {
    package var level: UInt8
    package var id: ObjectID

    package static let maximumLevel: UInt8 = 8

    package init(level: UInt8, id: ObjectID) {
        self.level = level
        self.id = id
    }
}

/// Content of a known length kept outside the entry.
package struct SizedReference: Hashable, Sendable {
    package var content: ContentReference
    package var length: UInt64
}

/// A range of a sparse file that holds data, in bytes.
package struct Extent: Equatable, Sendable {
    package var offset: UInt64
    package var length: UInt64
}

package struct TreeEntry: Equatable, Sendable {
    package var type: EntryType
    package var name: [UInt8]
    /// The low twelve bits of the mode.
    package var mode: UInt16 = 0
    package var owner: UInt32 = 0
    package var group: UInt32 = 0
    package var seconds: Int64 = 0
    package var nanoseconds: UInt32 = 0
    package var size: UInt64 = 0
    package var content: ContentReference?
    package var target: [UInt8]?
    package var device: (major: UInt32, minor: UInt32)?
    package var extents: Kept<[Extent]>?
    package var attributes: Kept<[ExtendedAttribute]>?
    package var gap: (reason: GapReason, hasContent: Bool, detail: String)?
    package var links: SizedReference?

    /// In the entry itself, or elsewhere as content.
    package enum Kept<Value: Equatable & Sendable>: Equatable, Sendable {
        case here(Value)
        case elsewhere(SizedReference)
    }

    package init(type: EntryType, name: [UInt8]) {
        self.type = type
        self.name = name
    }

    package static func == (a: TreeEntry, b: TreeEntry) -> Bool { a.encoded() == b.encoded() }

    /// Something was here and there is nothing to put back.
    package var isGapWithoutContent: Bool { gap.map { !$0.hasContent } ?? false }

    /// The name in the root tree's one entry.
    package static let rootName: [UInt8] = [0x2E]
    static let headerLength = 40
    /// File systems that count in characters have names of more than 255 bytes.
    static let nameLimit = 4095
}

/// Why an entry could not be read.
package enum EntryError: Error, Equatable, Sendable {
    case damaged(String)
    /// A newer writer's: what is not known.
    case unsupported(String)
}

private enum Field {
    static let content: UInt16 = 1
    static let target: UInt16 = 2
    static let device: UInt16 = 3
    static let extents: UInt16 = 4
    static let extentsElsewhere: UInt16 = 5
    static let attributes: UInt16 = 6
    static let attributesElsewhere: UInt16 = 7
    static let gap: UInt16 = 8
    static let links: UInt16 = 9
    static let requiredBit: UInt16 = 0x8000
}

extension TreeEntry {
    package func encoded() -> [UInt8] {
        let buffer = ByteBuffer(capacity: 256)
        encode(into: buffer)
        return buffer.array
    }

    /// Appends the entry's bytes.
    package func encode(into buffer: ByteBuffer) {
        let fields = encodedFields()
        let length = Self.headerLength + name.count + fields.reduce(0) { $0 + 6 + $1.bytes.count }
        buffer.append(integer: UInt32(truncatingIfNeeded: length))
        buffer.append(integer: type.rawValue)
        buffer.append(integer: UInt8(0))
        buffer.append(integer: mode)
        buffer.append(integer: owner)
        buffer.append(integer: group)
        buffer.append(integer: nanoseconds)
        buffer.append(integer: UInt16(truncatingIfNeeded: name.count))
        buffer.append(integer: UInt16(truncatingIfNeeded: fields.count))
        buffer.append(integer: seconds)
        buffer.append(integer: size)
        buffer.append(name)
        for field in fields {
            buffer.append(integer: field.tag)
            buffer.append(integer: UInt32(truncatingIfNeeded: field.bytes.count))
            buffer.append(field.bytes)
        }
    }

    private func encodedFields() -> [(tag: UInt16, bytes: [UInt8])] {
        var fields: [(tag: UInt16, bytes: [UInt8])] = []
        if let content { fields.append((Field.content, content.encoded)) }
        if let target { fields.append((Field.target, target)) }
        if let device { fields.append((Field.device, littleEndian(device.major) + littleEndian(device.minor))) }
        switch extents {
        case .here(let list): fields.append((Field.extents, Self.encode(list)))
        case .elsewhere(let reference): fields.append((Field.extentsElsewhere, reference.encoded))
        case nil: break
        }
        switch attributes {
        case .here(let list): fields.append((Field.attributes, Self.encode(list)))
        case .elsewhere(let reference): fields.append((Field.attributesElsewhere, reference.encoded))
        case nil: break
        }
        if let gap {
            fields.append((Field.gap, [gap.reason.rawValue, gap.hasContent ? 1 : 0] + Array(gap.detail.utf8)))
        }
        if let links { fields.append((Field.links, links.encoded)) }
        return fields
    }

    package static func encode(_ extents: [Extent]) -> [UInt8] {
        extents.flatMap { littleEndian($0.offset) + littleEndian($0.length) }
    }

    package static func encode(_ attributes: [ExtendedAttribute]) -> [UInt8] {
        attributes.flatMap {
            littleEndian(UInt16(truncatingIfNeeded: $0.name.count))
                + littleEndian(UInt32(truncatingIfNeeded: $0.value.count)) + $0.name + $0.value
        }
    }

    /// The entry in `bytes`, which must be exactly one entry.
    package init(decoding bytes: RawSpan) throws(EntryError) {
        guard bytes.byteCount >= Self.headerLength, let typeNumber: UInt8 = bytes.integer(at: 4),
            let nameLength: UInt16 = bytes.integer(at: 20),
            let fieldCount: UInt16 = bytes.integer(at: 22), let mode: UInt16 = bytes.integer(at: 6),
            let owner: UInt32 = bytes.integer(at: 8),
            let group: UInt32 = bytes.integer(at: 12), let nanoseconds: UInt32 = bytes.integer(at: 16),
            let seconds: Int64 = bytes.integer(at: 24),
            let size: UInt64 = bytes.integer(at: 32)
        else { throw .damaged("an entry is cut short") }
        guard let type = EntryType(rawValue: typeNumber) else { throw .unsupported("entry type \(typeNumber)") }
        let name = bytes.array(Self.headerLength..<Self.headerLength + Int(nameLength))
        guard name.count == Int(nameLength), TreeEntry.isName(name) else {
            throw .damaged("an entry's name is not a name")
        }
        guard nanoseconds < 1_000_000_000, mode < 0o10000 else {
            throw .damaged("an entry's mode or time is out of range")
        }
        self.init(type: type, name: name)
        self.mode = mode
        self.owner = owner
        self.group = group
        self.nanoseconds = nanoseconds
        self.seconds = seconds
        self.size = size
        var at = Self.headerLength + Int(nameLength)
        for _ in 0..<fieldCount {
            guard let tag: UInt16 = bytes.integer(at: at), let length: UInt32 = bytes.integer(at: at + 2),
                Int(length) <= bytes.byteCount - at - 6
            else { throw .damaged("an entry's field is cut short") }
            try read(tag, bytes.array(at + 6..<at + 6 + Int(length)))
            at += 6 + Int(length)
        }
        guard at == bytes.byteCount else { throw .damaged("an entry is longer than its fields") }
    }

    private mutating func read(_ tag: UInt16, _ value: [UInt8]) throws(EntryError) {
        switch tag {
        case Field.content:
            content = try ContentReference(decoding: value)
        case Field.target:
            guard !value.contains(0) else { throw .damaged("a link's target holds a zero byte") }
            target = value
        case Field.device:
            guard let major: UInt32 = unsafe value.span.bytes.integer(at: 0),
                let minor: UInt32 = unsafe value.span.bytes.integer(at: 4)
            else {
                throw .damaged("a device number is cut short")
            }
            device = (major, minor)
        case Field.extents: extents = .here(try Self.extents(decoding: value, size: size))
        case Field.extentsElsewhere: extents = .elsewhere(try SizedReference(decoding: value))
        case Field.attributes: attributes = .here(try Self.attributes(decoding: value))
        case Field.attributesElsewhere: attributes = .elsewhere(try SizedReference(decoding: value))
        case Field.gap:
            guard value.count >= 2 else { throw .damaged("a gap is cut short") }
            guard let reason = GapReason(rawValue: value[0]) else { throw .unsupported("gap reason \(value[0])") }
            gap = (reason, value[1] & 1 != 0, String(decoding: value.dropFirst(2), as: UTF8.self))
        case Field.links: links = try SizedReference(decoding: value)
        default:
            if tag & Field.requiredBit != 0 { throw .unsupported("entry field \(tag & ~Field.requiredBit)") }
        }
    }

    /// Ascending ranges that do not touch and lie within `size`.
    package static func extents(decoding value: [UInt8], size: UInt64) throws(EntryError) -> [Extent] {
        let bytes = unsafe value.span.bytes
        guard value.count % 16 == 0 else { throw .damaged("a sparse file's map is cut short") }
        var result: [Extent] = []
        var end: UInt64 = 0
        for at in stride(from: 0, to: value.count, by: 16) {
            guard let offset: UInt64 = bytes.integer(at: at), let length: UInt64 = bytes.integer(at: at + 8) else {
                break
            }
            let (next, overflow) = offset.addingReportingOverflow(length)
            guard !overflow, length > 0, offset > end || result.isEmpty, next <= size else {
                throw .damaged("a sparse file's map is not in order")
            }
            result.append(Extent(offset: offset, length: length))
            end = next
        }
        return result
    }

    package static func attributes(decoding value: [UInt8]) throws(EntryError) -> [ExtendedAttribute] {
        let bytes = unsafe value.span.bytes
        var result: [ExtendedAttribute] = []
        var at = 0
        while at < value.count {
            guard let nameLength: UInt16 = bytes.integer(at: at), let valueLength: UInt32 = bytes.integer(at: at + 2),
                Int(nameLength) + Int(valueLength) <= value.count - at - 6
            else { throw .damaged("an attribute is cut short") }
            let middle = at + 6 + Int(nameLength)
            let name = bytes.array(at + 6..<middle)
            guard !name.isEmpty, !name.contains(0) else { throw .damaged("an attribute's name is not a name") }
            result.append(ExtendedAttribute(name: name, value: bytes.array(middle..<middle + Int(valueLength))))
            at = middle + Int(valueLength)
        }
        return result
    }

    /// One path component, or the root's name.
    private static func isName(_ name: [UInt8]) -> Bool {
        if name == rootName { return true }
        return !name.isEmpty && name.count <= nameLimit && name != [0x2E, 0x2E] && !name.contains(0)
            && !name.contains(0x2F)
    }
}

extension ContentReference {
    static let encodedLength = 33

    package var encoded: [UInt8] { [level] + id.bytes }

    init(decoding value: [UInt8]) throws(EntryError) {
        guard value.count == Self.encodedLength, let id = ObjectID(bytes: value.dropFirst()) else {
            throw .damaged("a content reference is cut short")
        }
        guard value[0] <= Self.maximumLevel else { throw .damaged("a content reference's level is too high") }
        self.init(level: value[0], id: id)
    }
}

extension SizedReference {
    package var encoded: [UInt8] { content.encoded + littleEndian(length) }

    init(decoding value: [UInt8]) throws(EntryError) {
        guard value.count == ContentReference.encodedLength + 8,
            let length: UInt64 = unsafe value.span.bytes.integer(at: ContentReference.encodedLength)
        else {
            throw .damaged("a reference is cut short")
        }
        content = try ContentReference(decoding: Array(value.prefix(ContentReference.encodedLength)))
        self.length = length
    }
}

/// The integer's bytes, lowest first.
package func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
