// A block that is ready to be written: its data, what is in it, and the contents frame that says so.

package import SnapSystem

/// One block, compressed and checked against the format's limits. The checksum is made here, on the worker's thread,
/// and not under the lock that serialises writing.
package struct EncodedBlock: Sendable {
    package let stored: ByteBuffer
    package let codec: Codec
    package let depth: UInt8
    package let plainLength: Int
    package let checksum: UInt32
    /// In the order of their bytes, which they fill exactly.
    package let objects: [BlockObject]
    package let bases: [ObjectKey]

    /// `stored` must not change until the block is written. `depth` is greater than that of every base's block.
    package init(
        stored: ByteBuffer, codec: Codec, objects: [BlockObject], bases: [ObjectKey] = [], depth: UInt8 = 0
    ) throws(PackError) {
        var plainLength = 0
        for object in objects {
            guard object.length > 0, object.length <= object.type.maximumLength else {
                throw .invalidBlock("a \(object.type) of \(object.length) bytes")
            }
            plainLength += Int(object.length)
        }
        guard (1...PackFormat.maximumPlainLength).contains(plainLength) else {
            throw .invalidBlock("\(plainLength) plain bytes")
        }
        guard stored.count <= PackFormat.maximumStoredLength, codec != .raw || stored.count == plainLength else {
            throw .invalidBlock("\(stored.count) stored bytes for \(plainLength)")
        }
        if bases.isEmpty {
            guard depth == 0 else { throw .invalidBlock("depth \(depth) without bases") }
        } else {
            guard codec == .zstd, (1...PackFormat.maximumDepth).contains(depth), bases.count <= UInt16.max,
                plainLength <= PackFormat.maximumBasedLength
            else { throw .invalidBlock("\(bases.count) bases, depth \(depth), \(codec), \(plainLength) plain bytes") }
        }
        self.stored = stored
        self.codec = codec
        self.depth = depth
        self.plainLength = plainLength
        self.checksum = stored.withBytes { rawChecksum($0) }
        self.objects = objects
        self.bases = bases
    }

    package var contentsLength: Int { PackFormat.contentsFixedLength + 5 * objects.count + 33 * bases.count }

    /// What the block takes in the file.
    package var length: Int { contentsLength + stored.count }

    /// What it adds to the index at most.
    var indexLength: Int {
        PackFormat.blockRecordLength + PackFormat.baseRecordLength * bases.count
            + (PackFormat.idLength + PackFormat.locationRecordLength) * objects.count
    }

    /// Appends the contents frame.
    func appendContents(to buffer: ByteBuffer) {
        let start = buffer.count
        buffer.append(integer: PackFormat.contentsMagic)
        buffer.append(integer: UInt32(truncatingIfNeeded: contentsLength - 8))
        buffer.append(integer: codec.rawValue)
        buffer.append(integer: depth)
        buffer.append(integer: UInt16(truncatingIfNeeded: bases.count))
        buffer.append(integer: UInt32(truncatingIfNeeded: stored.count))
        buffer.append(integer: UInt32(truncatingIfNeeded: plainLength))
        buffer.append(integer: checksum)
        buffer.append(integer: UInt32(truncatingIfNeeded: objects.count))
        for object in objects {
            buffer.append(integer: object.type.rawValue)
            buffer.append(integer: object.length)
        }
        for base in bases {
            buffer.append(integer: base.type.rawValue)
            buffer.append(id: base.id)
        }
        let sum = buffer.withBytes(in: start..<buffer.count) { rawChecksum($0) }
        buffer.append(integer: sum)
    }
}
