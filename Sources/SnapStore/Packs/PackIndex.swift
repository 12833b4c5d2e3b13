// The index of a pack as it lies in the file, with every offset, length and count checked against what holds it.
//
// Head and section records are covered by the trailer, and the small sections by their own checksums, checked once
// when a pack is opened. Ids and locations are not summed then, because that would read all of a large index: what is
// read from them is checked where it is used, and an object's id or its block's checksum tells whether it was right.
// A small index is read into memory; a large one is mapped.

internal import SnapSystem

/// The bytes from the index frame to the end of the file.
enum PackIndexBytes: Sendable {
    case memory(ByteBuffer, start: Int)
    case mapped(Mapping)

    @inline(__always)
    func withBytes<R, E>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        switch self {
        case .memory(let buffer, let start): try buffer.withBytes(in: start..<buffer.count, body)
        case .mapped(let mapping): try mapping.withBytes(body)
        }
    }

    /// A page could not be read: what was read may be zeros.
    var hasFailed: Bool {
        if case .mapped(let mapping) = self { return mapping.hasFailed }
        return false
    }
}

/// Objects of one type: a run of the sorted ids.
struct PackTypeRun: Sendable {
    var type: UInt8
    var first: Int
    var count: Int
}

/// Where the sections lie in the index's bytes, and what the small ones say.
struct PackIndex: Sendable {
    let bytes: PackIndexBytes
    /// Of the frame in the file.
    let offset: UInt64
    /// Of the frame, without the trailer.
    let length: Int
    let label: String
    private(set) var runs: [PackTypeRun] = []
    private(set) var blockCount = 0
    private(set) var objectCount = 0
    private(set) var baseCount = 0
    private(set) var sections: [PackSection] = []
    private var blocks = 0
    private var bases = 0
    private(set) var ids = 0
    private var locations = 0
    private(set) var fanout: Int?
    /// By a known type's number, its place in `runs`; -1 where there is none.
    private(set) var runOfType = [Int](repeating: -1, count: 5)

    /// Checks frame, sections and their records. `headSum` is what the trailer says.
    init(_ bytes: PackIndexBytes, offset: UInt64, length: Int, headSum: UInt32, label: String) throws(PackError) {
        self.bytes = bytes
        self.offset = offset
        self.length = length
        self.label = label
        try bytes.withBytes { (span) throws(PackError) in
            try parse(span, headSum)
            try checkBlocks(span)
        }
        if bytes.hasFailed { throw Self.unreadable(label) }
    }

    static func unreadable(_ label: String) -> PackError {
        .damaged(file: label, what: "its index cannot be read from the disk")
    }

    func damaged(_ what: String) -> PackError { .damaged(file: label, what: what) }

    private mutating func parse(_ span: RawSpan, _ headSum: UInt32) throws(PackError) {
        guard span.integer(at: 0) == PackFormat.indexMagic,
            span.integer(at: 4, as: UInt32.self).map({ Int($0) + 8 }) == length,
            span.integer(at: 8) == PackFormat.indexMarker, let version = span.integer(at: 16, as: UInt32.self),
            let sectionCount = span.integer(at: 20, as: UInt32.self).map({ Int($0) }),
            sectionCount <= (length - PackFormat.indexHeadLength) / PackFormat.sectionRecordLength
        else { throw damaged("it has no index") }
        let headLength = PackFormat.indexHeadLength + sectionCount * PackFormat.sectionRecordLength
        guard rawChecksum(span.extracting(0..<headLength)) == headSum else {
            throw damaged("the index head's checksum is wrong")
        }
        guard version == PackFormat.version else { throw .unsupported(file: label, what: "index version \(version)") }
        for number in 0..<sectionCount {
            let at = PackFormat.indexHeadLength + number * PackFormat.sectionRecordLength
            if let section = try parseSection(span, at, headLength) { sections.append(section) }
        }
        try place(span)
    }

    private func parseSection(_ span: RawSpan, _ at: Int, _ headLength: Int) throws(PackError) -> PackSection? {
        guard let type = span.integer(at: at, as: UInt32.self), let flags = span.integer(at: at + 4, as: UInt32.self),
            let place = span.integer(at: at + 8, as: UInt64.self),
            let size = span.integer(at: at + 16, as: UInt64.self),
            let sum = span.integer(at: at + 24, as: UInt32.self), let count = span.integer(at: at + 28, as: UInt32.self)
        else { throw damaged("the index ends early") }
        guard place >= offset + UInt64(headLength), place - offset <= UInt64(length),
            size <= UInt64(length) - (place - offset)
        else { throw damaged("index section \(type) lies outside the index") }
        guard let recordLength = PackSection.recordLength(type) else {
            if flags & 1 != 0 { throw .unsupported(file: label, what: "index section \(type)") }
            return nil
        }
        guard size == UInt64(count) * UInt64(recordLength) else {
            throw damaged("index section \(type) has a wrong length")
        }
        guard !sections.contains(where: { $0.type == type }) else {
            throw damaged("index section \(type) stands twice")
        }
        let start = Int(place - offset)
        return PackSection(type: type, range: start..<start + Int(size), checksum: sum, count: Int(count))
    }

    private mutating func place(_ span: RawSpan) throws(PackError) {
        for section in sections {
            switch section.type {
            case PackFormat.Section.blocks: (blocks, blockCount) = (section.range.lowerBound, section.count)
            case PackFormat.Section.bases: (bases, baseCount) = (section.range.lowerBound, section.count)
            case PackFormat.Section.ids: (ids, objectCount) = (section.range.lowerBound, section.count)
            case PackFormat.Section.locations: locations = section.range.lowerBound
            case PackFormat.Section.fanout: fanout = section.range.lowerBound
            default: break
            }
            // Large sections are summed by verify, and the locations when the first object is read.
            if section.type == PackFormat.Section.ids || section.type == PackFormat.Section.locations { continue }
            try check(section, span)
        }
        let counts = Dictionary(uniqueKeysWithValues: sections.map { ($0.type, $0.count) })
        guard counts[PackFormat.Section.blocks] != nil, let types = counts[PackFormat.Section.types],
            counts[PackFormat.Section.ids] != nil, counts[PackFormat.Section.locations] == objectCount,
            counts[PackFormat.Section.fanout] ?? types == types
        else { throw damaged("the index lacks a section") }
        guard types <= 255, let section = sections.first(where: { $0.type == PackFormat.Section.types }) else {
            throw damaged("the index has too many types")
        }
        var first = 0
        for number in 0..<types {
            let at = section.range.lowerBound + number * PackFormat.typeRecordLength
            guard let type = span.integer(at: at, as: UInt8.self),
                let start = span.integer(at: at + 4, as: UInt32.self),
                let count = span.integer(at: at + 8, as: UInt32.self), Int(start) == first, type > runs.last?.type ?? 0,
                Int(count) <= objectCount - first
            else { throw damaged("the types in the index are not in order") }
            if runOfType.indices.contains(Int(type)) { runOfType[Int(type)] = runs.count }
            runs.append(PackTypeRun(type: type, first: first, count: Int(count)))
            first += Int(count)
        }
        guard first == objectCount else { throw damaged("the types in the index do not add up") }
    }

    /// Compares a section with its checksum.
    func check(_ section: PackSection, _ span: RawSpan) throws(PackError) {
        guard rawChecksum(span.extracting(section.range)) == section.checksum else {
            throw damaged("the checksum of index section \(section.type) is wrong")
        }
    }

    /// The record of block `number`, which lies inside the file and within the format's limits.
    func block(_ number: Int) throws(PackError) -> PackBlock {
        guard (0..<blockCount).contains(number) else { throw damaged("there is no block \(number)") }
        let block: PackBlock? = bytes.withBytes { span in record(span, number) }
        if bytes.hasFailed { throw Self.unreadable(label) }
        guard let block else { throw damaged("the record of block \(number) is impossible") }
        return block
    }

    /// nil if it cannot be.
    @inline(__always)
    private func record(_ span: RawSpan, _ number: Int) -> PackBlock? {
        let at = blocks + number * PackFormat.blockRecordLength
        guard let place = span.integer(at: at, as: UInt64.self),
            let stored = span.integer(at: at + 8, as: UInt32.self),
            let plain = span.integer(at: at + 12, as: UInt32.self),
            let sum = span.integer(at: at + 16, as: UInt32.self),
            let contents = span.integer(at: at + 20, as: UInt32.self),
            let codec = span.integer(at: at + 24, as: UInt8.self),
            let depth = span.integer(at: at + 25, as: UInt8.self),
            let bases = span.integer(at: at + 26, as: UInt16.self),
            let firstBase = span.integer(at: at + 28, as: UInt32.self)
        else { return nil }
        let block = PackBlock(
            offset: place, storedLength: Int(stored), plainLength: Int(plain), checksum: sum,
            contentsLength: Int(contents), codecNumber: codec, depth: depth, firstBase: Int(firstBase),
            baseCount: Int(bases))
        guard block.contentsLength >= PackFormat.contentsFixedLength,
            block.contentsLength <= PackFormat.maximumContentsLength, place <= offset,
            place >= UInt64(PackFormat.headerLength + block.contentsLength),
            UInt64(block.storedLength) <= offset - place, block.storedLength <= PackFormat.maximumStoredLength,
            block.plainLength <= PackFormat.maximumPlainLength, depth <= PackFormat.maximumDepth,
            (depth == 0) == (block.baseCount == 0)
        else { return nil }
        if block.baseCount > 0 {
            guard block.firstBase <= baseCount - block.baseCount, block.plainLength <= PackFormat.maximumBasedLength
            else { return nil }
        }
        return block
    }

    /// All of them in one go: a take opens packs with thousands.
    private func checkBlocks(_ span: RawSpan) throws(PackError) {
        var end: UInt64 = 0
        for number in 0..<blockCount {
            guard let block = record(span, number) else {
                throw damaged("the record of block \(number) is impossible")
            }
            guard end + UInt64(block.contentsLength) <= block.offset else {
                throw damaged("blocks \(number - 1) and \(number) overlap")
            }
            end = block.offset + UInt64(block.storedLength)
        }
    }

    /// Base `number` of all bases in the pack.
    func base(_ number: Int) throws(PackError) -> ObjectKey {
        let key: ObjectKey? =
            (0..<baseCount).contains(number)
            ? bytes.withBytes { span in
                let at = bases + number * PackFormat.baseRecordLength
                guard let type = span.integer(at: at, as: UInt8.self).flatMap({ ObjectType(rawValue: $0) }),
                    let id = span.objectID(at: at + 4)
                else { return nil }
                return ObjectKey(type, id)
            } : nil
        if bytes.hasFailed { throw Self.unreadable(label) }
        guard let key else { throw damaged("base \(number) is impossible") }
        return key
    }

    /// The id of object `number`.
    func id(_ number: Int) throws(PackError) -> ObjectID {
        let id: ObjectID? =
            (0..<objectCount).contains(number)
            ? bytes.withBytes { span in span.objectID(at: ids + number * PackFormat.idLength) } : nil
        if bytes.hasFailed { throw Self.unreadable(label) }
        guard let id else { throw damaged("there is no object \(number)") }
        return id
    }

    /// Where object `number` lies, inside its block.
    func location(_ number: Int) throws(PackError) -> ObjectLocation {
        let location: ObjectLocation? =
            (0..<objectCount).contains(number)
            ? bytes.withBytes { span in
                let at = locations + number * PackFormat.locationRecordLength
                guard let block = span.integer(at: at, as: UInt32.self),
                    let offset = span.integer(at: at + 4, as: UInt32.self),
                    let length = span.integer(at: at + 8, as: UInt32.self)
                else { return nil }
                return ObjectLocation(block: Int(block), offset: Int(offset), length: Int(length))
            } : nil
        guard let location else { throw damaged("there is no object \(number)") }
        let block = try block(location.block)
        guard location.offset + location.length <= block.plainLength else {
            throw damaged("object \(number) lies outside its block")
        }
        return location
    }
}

/// A section of an index: where it lies in the index's bytes.
struct PackSection: Sendable {
    var type: UInt32
    var range: Range<Int>
    var checksum: UInt32
    var count: Int

    /// nil for a type that this version does not know.
    static func recordLength(_ type: UInt32) -> Int? {
        switch type {
        case PackFormat.Section.blocks: PackFormat.blockRecordLength
        case PackFormat.Section.bases: PackFormat.baseRecordLength
        case PackFormat.Section.types: PackFormat.typeRecordLength
        case PackFormat.Section.ids: PackFormat.idLength
        case PackFormat.Section.locations: PackFormat.locationRecordLength
        case PackFormat.Section.fanout: PackFormat.fanoutLength
        default: nil
        }
    }
}
