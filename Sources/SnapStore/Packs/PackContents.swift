// What a block holds, by its index and by its own contents frame, which must agree.
//
// A frame may list objects that the index has elsewhere in the pack: a merge that copies blocks unchanged finds the
// same object in two of them, and an id stands only once in an index.

package import SnapSystem

/// The numbers of a pack's objects, block by block in the order of their bytes.
package struct PackContents: Sendable {
    private let order: [UInt32]
    private let ends: [Int]

    /// Throws if an object lies outside its block.
    package init(_ pack: Pack) throws(PackError) {
        var counts = [Int](repeating: 0, count: pack.blockCount)
        var places: [(number: UInt32, block: UInt32, offset: UInt32, length: UInt32)] = []
        places.reserveCapacity(pack.objectCount)
        for number in 0..<pack.objectCount {
            let location = try pack.index.location(number)
            counts[location.block] += 1
            places.append((UInt32(number), UInt32(location.block), UInt32(location.offset), UInt32(location.length)))
        }
        places.sort { a, b in (a.block, a.offset, a.length, a.number) < (b.block, b.offset, b.length, b.number) }
        order = places.map(\.number)
        var total = 0
        ends = counts.map { count in
            total += count
            return total
        }
    }

    package func objects(of block: Int) -> ArraySlice<UInt32> {
        guard ends.indices.contains(block) else { return [] }
        return order[(block > 0 ? ends[block - 1] : 0)..<ends[block]]
    }
}

extension Pack {
    /// The objects of block `number` as its contents frame lists them, with the ids that the index has for them.
    /// Throws if frame and index do not agree.
    package func objects(of number: Int, _ contents: PackContents, _ buffer: ByteBuffer) throws(PackError)
        -> [BlockObject]
    {
        let block = try block(number)
        try readContents(block, into: buffer)
        let bases = try bases(of: block)
        return try buffer.withBytes { (frame) throws(PackError) in
            try checkFrame(frame, block, bases, number)
            return try match(frame, block, contents.objects(of: number), number)
        }
    }

    func checkFrame(_ frame: RawSpan, _ block: PackBlock, _ bases: [ObjectKey], _ number: Int) throws(PackError) {
        let end = frame.byteCount - 4
        guard frame.integer(at: 0) == PackFormat.contentsMagic, end >= 28,
            frame.integer(at: end, as: UInt32.self) == rawChecksum(frame.extracting(0..<end))
        else { throw .damaged(file: label, what: "the contents frame of block \(number) is damaged") }
        guard let count = frame.integer(at: 24, as: UInt32.self).map({ Int($0) }),
            frame.integer(at: 4, as: UInt32.self).map({ Int($0) + 8 }) == frame.byteCount,
            PackFormat.contentsFixedLength + 5 * count + 33 * bases.count == frame.byteCount,
            frame.integer(at: 8) == block.codecNumber, frame.integer(at: 9) == block.depth,
            frame.integer(at: 10) == UInt16(bases.count), frame.integer(at: 12) == UInt32(block.storedLength),
            frame.integer(at: 16) == UInt32(block.plainLength), frame.integer(at: 20) == block.checksum
        else { throw .damaged(file: label, what: "contents frame and index do not agree on block \(number)") }
        var at = 28 + 5 * count
        for base in bases {
            guard frame.integer(at: at) == base.type.rawValue, frame.objectID(at: at + 1) == base.id else {
                throw .damaged(
                    file: label, what: "contents frame and index do not agree on the bases of block \(number)")
            }
            at += 33
        }
    }

    private func match(_ frame: RawSpan, _ block: PackBlock, _ indexed: ArraySlice<UInt32>, _ number: Int)
        throws(PackError) -> [BlockObject]
    {
        let count = (frame.byteCount - PackFormat.contentsFixedLength - 33 * block.baseCount) / 5
        var result: [BlockObject] = []
        result.reserveCapacity(count)
        var rest = indexed
        var offset = 0
        for position in 0..<count {
            guard let typeNumber = frame.integer(at: 28 + 5 * position, as: UInt8.self),
                let length = frame.integer(at: 29 + 5 * position, as: UInt32.self)
            else { break }
            guard let type = ObjectType(rawValue: typeNumber) else {
                throw .unsupported(file: label, what: "object type \(typeNumber)")
            }
            var object = BlockObject(type, .zero, length: length, isIndexed: false)
            if let first = rest.first {
                let location = try index.location(Int(first))
                if location.offset == offset, location.length == Int(length),
                    index.numbers(of: type).contains(Int(first))
                {
                    object.id = try index.id(Int(first))
                    object.isIndexed = true
                    rest.removeFirst()
                }
            }
            result.append(object)
            offset += Int(length)
        }
        guard rest.isEmpty, offset == block.plainLength else {
            throw .damaged(file: label, what: "contents frame and index do not agree on the objects of block \(number)")
        }
        return result
    }

    /// Block `number`, to be written into another pack as it is. `stored` receives its data and belongs to the result.
    package func encodedBlock(_ number: Int, _ contents: PackContents, stored: ByteBuffer) throws(PackError)
        -> EncodedBlock
    {
        let objects = try objects(of: number, contents, stored)
        try readStored(number, into: stored)
        let block = try block(number)
        guard let codec = Codec(rawValue: block.codecNumber) else {
            throw .unsupported(file: label, what: "codec \(block.codecNumber)")
        }
        return try EncodedBlock(
            stored: stored, codec: codec, objects: objects, bases: try bases(of: block), depth: block.depth)
    }
}
