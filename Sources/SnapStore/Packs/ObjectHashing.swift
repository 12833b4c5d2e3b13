// Ids of many objects at once: the kernel hashes several messages side by side, which one message cannot be.

internal import CSnapKernels
internal import SnapSystem

/// Hashes the objects of a block. One per thread; keeps its memory from block to block.
@safe package final class ObjectHasher {
    /// The prefixes of all types, one after the other, because the kernel wants addresses.
    private let prefixes: UnsafeMutablePointer<UInt8>
    private var places: [(offset: Int, count: Int)] = [(0, 0)]
    private var jobs: [snap_sha256_job] = unsafe []
    private let digests = ByteBuffer(capacity: 1 << 12)

    package init() {
        let all = ObjectType.allCases.flatMap(\.hashPrefix)
        unsafe prefixes = .allocate(capacity: all.count)
        unsafe prefixes.initialize(from: all, count: all.count)
        var offset = 0
        for type in ObjectType.allCases {
            places.append((offset, type.hashPrefix.count))
            offset += type.hashPrefix.count
        }
    }

    deinit {
        unsafe prefixes.deallocate()
    }

    /// Appends to `ids` the id of each piece of `plain`. A piece that does not lie inside is hashed as if it were
    /// empty.
    package func hash(
        _ plain: RawSpan, _ pieces: [(type: ObjectType, offset: Int, length: Int)], into ids: inout [ObjectID]
    ) {
        digests.truncate(to: 0)
        unsafe jobs.removeAll(keepingCapacity: true)
        let room = unsafe digests.reserve(pieces.count * 32).assumingMemoryBound(to: UInt8.self)
        unsafe plain.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            for (index, piece) in pieces.enumerated() {
                let (offset, prefixLength) = places[Int(piece.type.rawValue)]
                let isInside = piece.offset >= 0 && piece.length >= 0 && piece.offset <= plain.byteCount - piece.length
                unsafe jobs.append(
                    snap_sha256_job(
                        prefix: UnsafePointer(prefixes + offset), prefix_length: prefixLength,
                        data: isInside ? base.map { unsafe $0 + piece.offset } : nil,
                        length: isInside && base != nil ? piece.length : 0, digest: room + index * 32))
            }
            unsafe snap_sha256_many(jobs, jobs.count)
        }
        digests.grow(by: pieces.count * 32)
        digests.withBytes { digests in
            for index in pieces.indices { ids.append(digests.objectID(at: index * 32) ?? .zero) }
        }
    }

    /// The id of one object.
    package func id(_ type: ObjectType, _ bytes: RawSpan) -> ObjectID {
        var ids: [ObjectID] = []
        hash(bytes, [(type, 0, bytes.byteCount)], into: &ids)
        return ids.first ?? .zero
    }
}

/// SHA-256 of the bytes and nothing else, the id of packs as of chunks.
func sha256(of bytes: RawSpan) -> ObjectID {
    ObjectHasher().id(.chunk, bytes)
}
