// One pack, open for reading. Immutable, so any number of threads may read it at once.
//
// The file stays open: a pack that gc unlinks meanwhile can still be read to the end.

internal import CSnapSystem
package import SnapSystem
internal import Synchronization

package final class Pack: Sendable {
    /// As the file's name says; nil in `tmp/`. Only verifying compares it with the bytes.
    package let id: ObjectID?
    /// How errors name the file.
    package let label: String
    package let length: UInt64
    package let features: PackFeatures
    let file: FileDescriptor
    let index: PackIndex
    private let hasCheckedLocations = Atomic<Bool>(false)

    /// An index up to this length is read into memory at once.
    private static let memoryLimit = 64 << 10
    /// What is read first, in the hope that it holds the index.
    private static let tailLength = 8 << 10

    /// Opens the pack `id` in the directory of packs.
    package convenience init(_ id: ObjectID, in directory: borrowing FileDescriptor) throws(PackError) {
        let label = packLabel(id)
        let file = try naming(label) { () throws(SystemError) in
            try directory.open(packName(id), [.read, .nonBlocking])
        }
        try self.init(file, id: id, label: label)
    }

    /// Checks header, trailer and the small sections of the index.
    package init(_ file: consuming FileDescriptor, id: ObjectID?, label: String) throws(PackError) {
        let facts = try naming(label) { () throws(SystemError) in try file.facts().0 }
        guard facts.type == .regular else { throw .damaged(file: label, what: "it is not a regular file") }
        let length = facts.size
        guard length >= UInt64(PackFormat.headerLength + PackFormat.trailerLength), length <= UInt64(Int64.max) else {
            throw .damaged(file: label, what: "it ends early")
        }
        let header = ByteBuffer(capacity: PackFormat.headerLength)
        try Self.read(file, header, at: 0, count: PackFormat.headerLength, label)
        try header.withBytes { (bytes) throws(PackError) in try Self.checkHeader(bytes, label) }
        let features = header.withBytes { bytes in bytes.integer(at: 32, as: UInt64.self) ?? 0 }

        let tailLength = Int(min(length, UInt64(Self.tailLength)))
        let tail = ByteBuffer(capacity: tailLength)
        try Self.read(file, tail, at: length - UInt64(tailLength), count: tailLength, label)
        let (offset, headSum) = try tail.withBytes(in: tail.count - PackFormat.trailerLength..<tail.count) {
            (bytes) throws(PackError) in try Self.checkTrailer(bytes, length, label)
        }
        let count = Int(length - offset)
        let bytes: PackIndexBytes
        if count <= tailLength {
            bytes = .memory(tail, start: tailLength - count)
        } else if count <= Self.memoryLimit {
            let whole = ByteBuffer(capacity: count)
            try Self.read(file, whole, at: offset, count: count, label)
            bytes = .memory(whole, start: 0)
        } else {
            bytes = .mapped(
                try naming(label) { () throws(SystemError) in try Mapping(file, offset: offset, count: count) })
        }
        index = try PackIndex(
            bytes, offset: offset, length: count - PackFormat.trailerLength, headSum: headSum, label: label)
        self.id = id
        self.label = label
        self.length = length
        self.features = PackFeatures(rawValue: features)
        self.file = file
    }

    private static func checkHeader(_ bytes: RawSpan, _ label: String) throws(PackError) {
        guard bytes.integer(at: 0) == PackFormat.headerMagic, bytes.integer(at: 8) == PackFormat.headerMarker else {
            throw .damaged(file: label, what: "it does not start as a pack")
        }
        guard rawChecksum(bytes.extracting(0..<60)) == bytes.integer(at: 60) else {
            throw .damaged(file: label, what: "the header's checksum is wrong")
        }
        guard let version = bytes.integer(at: 16, as: UInt32.self),
            let features = bytes.integer(at: 24, as: UInt64.self),
            let hash = bytes.integer(at: 40, as: UInt8.self), let sum = bytes.integer(at: 41, as: UInt8.self),
            bytes.integer(at: 4) == UInt32(PackFormat.headerLength - 8)
        else { throw .damaged(file: label, what: "the header is impossible") }
        if version != PackFormat.version { throw .unsupported(file: label, what: "pack version \(version)") }
        if features != 0 { throw .unsupported(file: label, what: "pack features 0x\(String(features, radix: 16))") }
        if hash != 1 { throw .unsupported(file: label, what: "hash \(hash)") }
        if sum != 1 { throw .unsupported(file: label, what: "checksum \(sum)") }
    }

    /// Offset of the index frame and the checksum of its head.
    private static func checkTrailer(_ bytes: RawSpan, _ length: UInt64, _ label: String) throws(PackError) -> (
        UInt64, UInt32
    ) {
        guard bytes.integer(at: 0) == PackFormat.trailerMagic, bytes.integer(at: 8) == PackFormat.trailerMarker else {
            throw .damaged(file: label, what: "it ends early, or its end is not a pack's")
        }
        guard rawChecksum(bytes.extracting(0..<60)) == bytes.integer(at: 60) else {
            throw .damaged(file: label, what: "the trailer's checksum is wrong")
        }
        guard bytes.integer(at: 4) == UInt32(PackFormat.trailerLength - 8),
            let offset = bytes.integer(at: 16, as: UInt64.self),
            let indexLength = bytes.integer(at: 24, as: UInt64.self), bytes.integer(at: 32) == length,
            offset >= UInt64(PackFormat.headerLength), offset <= length - UInt64(PackFormat.trailerLength),
            indexLength == length - UInt64(PackFormat.trailerLength) - offset,
            indexLength >= UInt64(PackFormat.indexHeadLength),
            let headSum = bytes.integer(at: 40, as: UInt32.self)
        else { throw .damaged(file: label, what: "the trailer does not fit the file") }
        return (offset, headSum)
    }

    /// Appends exactly `count` bytes from `offset` of the file to `buffer`.
    private static func read(
        _ file: borrowing FileDescriptor, _ buffer: ByteBuffer, at offset: UInt64, count: Int, _ label: String
    ) throws(PackError) {
        var done = 0
        while done < count {
            let got: Int
            do throws(SystemError) {
                got = try file.read(appendingTo: buffer, limit: count - done, at: offset + UInt64(done))
            } catch {
                throw .system(file: label, error)
            }
            guard got > 0 else { throw .damaged(file: label, what: "it ends early") }
            done += got
        }
    }

    /// Compares what says where objects lie with its checksum, once: a chunk's bytes are believed wherever they come from.
    func checkLocations() throws(PackError) {
        if hasCheckedLocations.load(ordering: .relaxed) { return }
        try index.bytes.withBytes { (bytes) throws(PackError) in
            for section in index.sections where section.type == PackFormat.Section.locations {
                try index.check(section, bytes)
            }
        }
        if index.bytes.hasFailed { throw PackIndex.unreadable(label) }
        hasCheckedLocations.store(true, ordering: .relaxed)
    }

    package var objectCount: Int { index.objectCount }
    package var blockCount: Int { index.blockCount }

    /// Where the object lies; nil if this pack does not have it.
    package func find(_ key: ObjectKey) throws(PackError) -> ObjectLocation? {
        guard let number = try index.find(key) else { return nil }
        let location = try index.location(number)
        guard location.length <= key.type.maximumLength else {
            throw .damaged(file: label, what: "\(key) has \(location.length) bytes")
        }
        return location
    }

    /// Object `number` of `objectCount`, in the index's order; nil if its type is not known here.
    package func object(at number: Int) throws(PackError) -> (key: ObjectKey, location: ObjectLocation)? {
        for run in index.runs where (run.first..<run.first + run.count).contains(number) {
            guard let type = ObjectType(rawValue: run.type) else { return nil }
            return (ObjectKey(type, try index.id(number)), try index.location(number))
        }
        throw .damaged(file: label, what: "there is no object \(number)")
    }

    /// Calls `body` for each object of a type known here, in the order of type and id.
    package func forEachObject(_ body: (ObjectKey, ObjectLocation) throws(PackError) -> Void) throws(PackError) {
        for run in index.runs {
            guard let type = ObjectType(rawValue: run.type) else { continue }
            for number in run.first..<run.first + run.count {
                try body(ObjectKey(type, try index.id(number)), try index.location(number))
            }
        }
    }

    /// The ids of `type` that start with `digits` (hexadecimal, of either case), ascending, at most `limit`.
    package func ids(_ type: ObjectType, prefix digits: some StringProtocol, limit: Int = .max) throws(PackError)
        -> [ObjectID]
    {
        let text = String(digits)
        guard text.utf8.count <= 64, let lowest = ObjectID(text + String(repeating: "0", count: 64 - text.utf8.count)),
            let highest = ObjectID(text + String(repeating: "f", count: 64 - text.utf8.count))
        else { return [] }
        var result: [ObjectID] = []
        var number = try index.lowerBound(type, lowest)
        let numbers = index.numbers(of: type)
        while numbers.contains(number), result.count < limit {
            let id = try index.id(number)
            if id > highest { break }
            result.append(id)
            number += 1
        }
        return result
    }

    /// The record of block `number`.
    package func block(_ number: Int) throws(PackError) -> PackBlock { try index.block(number) }

    package func bases(of block: PackBlock) throws(PackError) -> [ObjectKey] {
        var result: [ObjectKey] = []
        for number in block.firstBase..<block.firstBase + block.baseCount { result.append(try index.base(number)) }
        return result
    }

    /// Replaces what `buffer` holds by the stored data of block `number`, compared with its checksum.
    package func readStored(_ number: Int, into buffer: ByteBuffer) throws(PackError) {
        let block = try index.block(number)
        buffer.truncate(to: 0)
        try Self.read(file, buffer, at: block.offset, count: block.storedLength, label)
        guard buffer.withBytes({ rawChecksum($0) }) == block.checksum else {
            throw .damaged(file: label, what: "the checksum of block \(number) is wrong")
        }
    }

    /// Replaces what `buffer` holds by the contents frame of block `number`.
    func readContents(_ block: PackBlock, into buffer: ByteBuffer) throws(PackError) {
        buffer.truncate(to: 0)
        try Self.read(file, buffer, at: block.offset - UInt64(block.contentsLength), count: block.contentsLength, label)
    }

    /// What the index says now is what the pack's id was made from.
    package func requireID() throws(PackError) {
        guard let id, try computeID() == id else {
            throw .damaged(file: label, what: "its index does not have its id")
        }
    }

    /// SHA-256 from the index frame to the end, the pack's id.
    package func computeID() throws(PackError) -> ObjectID {
        let id = index.bytes.withBytes { sha256(of: $0) }
        if index.bytes.hasFailed { throw PackIndex.unreadable(label) }
        return id
    }
}
