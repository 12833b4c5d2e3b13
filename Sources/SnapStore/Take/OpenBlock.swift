// Objects that will be compressed together, while they are gathered.
//
// File content is read straight into the block's plain bytes. It is hashed when the block is full, or when nothing else is left to do: many pieces at once,
// because the kernel that hashes sixteen at a time is ten times as fast. What the store has already is then taken out, and the block goes on filling.

internal import SnapSystem

/// A piece of a file that is not hashed yet.
struct PendingPart {
    let file: FileJob
    let part: Int
    /// In the file's content.
    let offset: UInt64
    let length: Int
}

final class OpenBlock: @unchecked Sendable {
    let plain = ByteBuffer(capacity: 1 << 16)
    /// The objects in the first `objectsEnd` bytes, in order.
    var objects: [BlockObject] = []
    var objectsEnd = 0
    /// The pieces after them, in order. Bytes behind the last belong to a piece that is still being read.
    var pending: [PendingPart] = []
    var pendingEnd = 0

    /// A block in a pack has about this many plain bytes: larger ones compress better and take longer to open.
    static let blockLength = 1 << 20
    /// Where pieces are so long on average, they are those of large files.
    static let largePieceLength = 40 << 10
    /// And one of trees and lists: they are mostly ids, which do not compress anyhow, and looking into a directory opens a block at each level.
    static let metaLength = 128 << 10
    /// So many are gathered before they are hashed: more at once fill the hashing lanes better.
    static let fullLength = 4 << 20

    /// Or so many pieces: of tiny files what is remembered of each takes more than its bytes.
    static let fullCount = 1 << 14

    var isFull: Bool { pendingEnd >= Self.fullLength || pending.count >= Self.fullCount }
    var isEmpty: Bool { objects.isEmpty && pending.isEmpty }

    /// Adds an object that is hashed already. Only to a block without pending pieces.
    func add(_ key: ObjectKey, _ bytes: [UInt8]) {
        plain.append(bytes)
        objects.append(BlockObject(key.type, key.id, length: UInt32(truncatingIfNeeded: bytes.count)))
        objectsEnd = plain.count
        pendingEnd = plain.count
    }

    /// The bytes read since `pendingEnd` are `part`.
    func addPart(_ part: PendingPart) {
        pending.append(part)
        pendingEnd += part.length
    }

    /// Takes another block's objects behind this one's. Neither has pending pieces.
    func join(_ other: OpenBlock) {
        other.plain.withBytes(in: 0..<other.objectsEnd) { plain.append($0) }
        objects += other.objects
        objectsEnd = plain.count
        pendingEnd = plain.count
    }

    /// Keeps only the objects with these numbers, which ascend. The block has no pending pieces.
    func keep(_ numbers: [Int]) {
        var kept: [BlockObject] = []
        var next = numbers.makeIterator()
        var wanted = next.next()
        var offset = 0
        var end = 0
        for (number, object) in objects.enumerated() {
            let length = Int(object.length)
            if number == wanted {
                if offset != end { plain.move(from: offset, to: end, length: length) }
                kept.append(object)
                end += length
                wanted = next.next()
            }
            offset += length
        }
        plain.truncate(to: end)
        objects = kept
        objectsEnd = end
        pendingEnd = end
    }

    func reset() {
        plain.truncate(to: 0)
        objects.removeAll(keepingCapacity: true)
        pending.removeAll(keepingCapacity: true)
        objectsEnd = 0
        pendingEnd = 0
    }

    /// Hashes the pending pieces, keeps those that `claim` says are new, and answers what each piece became. The block must hold nothing
    /// behind `pendingEnd`.
    func hash(_ hasher: ObjectHasher, claim: ([ObjectKey]) throws(PackError) -> [Bool]) throws(PackError) -> [(
        part: PendingPart, id: ObjectID, isNew: Bool
    )] {
        var pieces: [(type: ObjectType, offset: Int, length: Int)] = []
        var offset = objectsEnd
        for part in pending {
            pieces.append((.chunk, offset, part.length))
            offset += part.length
        }
        var ids: [ObjectID] = []
        plain.withBytes { hasher.hash($0, pieces, into: &ids) }
        let isNew = try claim(ids.map { ObjectKey(.chunk, $0) })
        var end = objectsEnd
        var result: [(part: PendingPart, id: ObjectID, isNew: Bool)] = []
        result.reserveCapacity(pending.count)
        for (index, part) in pending.enumerated() {
            result.append((part, ids[index], isNew[index]))
            guard isNew[index] else { continue }
            if pieces[index].offset != end { plain.move(from: pieces[index].offset, to: end, length: part.length) }
            objects.append(BlockObject(.chunk, ids[index], length: UInt32(truncatingIfNeeded: part.length)))
            end += part.length
        }
        plain.truncate(to: end)
        objectsEnd = end
        pendingEnd = end
        pending.removeAll(keepingCapacity: true)
        return result
    }
}
