// The index of a pack under way: flat records, 48 bytes an object, sorted only when the pack is finished.
//
// Ids are uniform, so their first bits sort them into buckets of a few objects each, which are sorted by comparison.
// Where they are not uniform that costs more time and gives the same order.

internal import SnapSystem

struct PackIndexBuilder {
    private struct Entry {
        var id: ObjectID
        var block: UInt32
        var offset: UInt32
        var length: UInt32
        var type: UInt8
    }

    private let blocks = ByteBuffer(capacity: 1 << 10)
    private let bases = ByteBuffer(capacity: 64)
    private(set) var blockCount = 0
    private var baseCount = 0
    private var depths: [UInt8] = []
    private var entries: [Entry] = []

    var objectCount: Int { entries.count }

    /// Objects in a pack from which a fanout is worth its bytes.
    private static let fanoutThreshold = 1024

    mutating func add(_ block: EncodedBlock, offset: UInt64) {
        blocks.append(integer: offset)
        blocks.append(integer: UInt32(truncatingIfNeeded: block.stored.count))
        blocks.append(integer: UInt32(truncatingIfNeeded: block.plainLength))
        blocks.append(integer: block.checksum)
        blocks.append(integer: UInt32(truncatingIfNeeded: block.contentsLength))
        blocks.append(integer: block.codec.rawValue)
        blocks.append(integer: block.depth)
        blocks.append(integer: UInt16(truncatingIfNeeded: block.bases.count))
        blocks.append(integer: UInt32(truncatingIfNeeded: block.bases.isEmpty ? 0 : baseCount))
        blocks.append(integer: UInt64(0))
        for base in block.bases {
            bases.append(integer: UInt32(base.type.rawValue))
            bases.append(id: base.id)
        }
        baseCount += block.bases.count
        depths.append(block.depth)
        let number = UInt32(truncatingIfNeeded: blockCount)
        blockCount += 1
        var plainOffset: UInt32 = 0
        for object in block.objects {
            if object.isIndexed {
                entries.append(
                    Entry(
                        id: object.id, block: number, offset: plainOffset, length: object.length,
                        type: object.type.rawValue))
            }
            plainOffset += object.length
        }
    }

    /// Of the index frame, at most.
    var length: Int {
        PackFormat.indexHeadLength + (PackFormat.sectionRecordLength + 8) * 6
            + PackFormat.fanoutLength * ObjectType.allCases.count + blocks.count + bases.count
            + PackFormat.typeRecordLength * ObjectType.allCases.count
            + (PackFormat.idLength + PackFormat.locationRecordLength) * entries.count
    }

    /// Of the frame's head and its section records.
    var headLength: Int { PackFormat.indexHeadLength + PackFormat.sectionRecordLength * sectionCount }

    private var sectionCount: Int { 4 + (baseCount > 0 ? 1 : 0) + (entries.count >= Self.fanoutThreshold ? 1 : 0) }

    /// Appends the index frame, which stands at `offset` in the file.
    func append(to output: ByteBuffer, at offset: UInt64) {
        let body = ByteBuffer(capacity: length)
        var records: [(type: UInt32, range: Range<Int>, count: Int)] = []
        func section(_ type: UInt32, count: Int, _ fill: () -> Void) {
            let start = body.count
            fill()
            records.append((type, start..<body.count, count))
            body.append(zeros: PackFormat.padded(body.count) - body.count)
        }

        let order = sortedOrder()
        var runs: [(type: UInt8, first: Int, count: Int)] = []
        for (position, entry) in order.enumerated() {
            let type = entries[Int(entry)].type
            if let last = runs.last, last.type == type {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((type, position, 1))
            }
        }
        section(PackFormat.Section.blocks, count: blockCount) { blocks.withBytes { body.append($0) } }
        if baseCount > 0 {
            section(PackFormat.Section.bases, count: baseCount) { bases.withBytes { body.append($0) } }
        }
        section(PackFormat.Section.types, count: runs.count) {
            for run in runs {
                body.append(integer: UInt32(run.type))
                body.append(integer: UInt32(truncatingIfNeeded: run.first))
                body.append(integer: UInt32(truncatingIfNeeded: run.count))
            }
        }
        section(PackFormat.Section.ids, count: order.count) {
            for entry in order { body.append(id: entries[Int(entry)].id) }
        }
        section(PackFormat.Section.locations, count: order.count) {
            for entry in order {
                body.append(integer: entries[Int(entry)].block)
                body.append(integer: entries[Int(entry)].offset)
                body.append(integer: entries[Int(entry)].length)
            }
        }
        if entries.count >= Self.fanoutThreshold {
            section(PackFormat.Section.fanout, count: runs.count) {
                for run in runs { appendFanout(order[run.first..<run.first + run.count], to: body) }
            }
        }

        let bodyOffset = offset + UInt64(headLength)
        output.append(integer: PackFormat.indexMagic)
        output.append(integer: UInt32(truncatingIfNeeded: headLength + body.count - 8))
        output.append(integer: PackFormat.indexMarker)
        output.append(integer: PackFormat.version)
        output.append(integer: UInt32(truncatingIfNeeded: sectionCount))
        for record in records {
            output.append(integer: record.type)
            // All that this writer makes but the fanout is needed to read the pack.
            output.append(integer: UInt32(record.type == PackFormat.Section.fanout ? 0 : 1))
            output.append(integer: bodyOffset + UInt64(record.range.lowerBound))
            output.append(integer: UInt64(record.range.count))
            let sum = body.withBytes(in: record.range) { rawChecksum($0) }
            output.append(integer: sum)
            output.append(integer: UInt32(truncatingIfNeeded: record.count))
        }
        body.withBytes { output.append($0) }
    }

    private func appendFanout(_ run: ArraySlice<UInt32>, to body: ByteBuffer) {
        var counts = [UInt32](repeating: 0, count: 256)
        for entry in run { counts[Int(entries[Int(entry)].id.firstByte)] += 1 }
        var total: UInt32 = 0
        for count in counts {
            total += count
            body.append(integer: total)
        }
    }

    /// The numbers of the entries by type and id. Of several entries for one object only the one of least depth stays.
    private func sortedOrder() -> [UInt32] {
        var bits = 3
        while bits < 19 && 1 << bits < entries.count { bits += 1 }
        // Three bits of type (1 to 4), the rest of the id.
        let shift = UInt64(64 - (bits - 3))
        func bucket(_ entry: Entry) -> Int {
            Int(entry.type & 7) << (bits - 3) | (bits == 3 ? 0 : Int(truncatingIfNeeded: entry.id.words.0 >> shift))
        }
        var ends = [Int](repeating: 0, count: 1 << bits)
        for entry in entries { ends[bucket(entry)] += 1 }
        var total = 0
        for index in ends.indices {
            let count = ends[index]
            ends[index] = total
            total += count
        }
        var order = [UInt32](repeating: 0, count: entries.count)
        for (number, entry) in entries.enumerated() {
            let place = bucket(entry)
            order[ends[place]] = UInt32(truncatingIfNeeded: number)
            ends[place] += 1
        }
        var start = 0
        for end in ends {
            if end - start > 1 { order[start..<end].sort(by: isBefore) }
            start = end
        }
        var kept = 0
        for position in order.indices {
            let number = order[position]
            if kept > 0 {
                let last = entries[Int(order[kept - 1])]
                let entry = entries[Int(number)]
                if last.type == entry.type && last.id == entry.id { continue }
            }
            order[kept] = number
            kept += 1
        }
        order.removeLast(order.count - kept)
        return order
    }

    private func isBefore(_ a: UInt32, _ b: UInt32) -> Bool {
        let x = entries[Int(a)]
        let y = entries[Int(b)]
        if x.type != y.type { return x.type < y.type }
        if x.id != y.id { return x.id < y.id }
        let depths = (depths[Int(x.block)], depths[Int(y.block)])
        return depths.0 != depths.1 ? depths.0 < depths.1 : a < b
    }
}
