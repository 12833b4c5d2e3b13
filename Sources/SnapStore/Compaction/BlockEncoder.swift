// Making one block: its objects are read from where they lie now, compared with their ids, and compressed, with their bases if there are any.
//
// Nothing is believed on the way: what is written anew must not be damage that gets a fresh checksum. All objects of a block are hashed at once, because that is ten times as
// fast as one by one, and of an object whose bytes are wrong the other copies are tried. What no copy gives is named, and its pack will stay.

internal import SnapSystem

/// Used by one thread: it keeps its tables and the blocks it read last.
final class BlockEncoder {
    /// What became of a planned block.
    struct Outcome {
        /// Valid until the next one is made. nil if there is nothing to write.
        var block: EncodedBlock?
        /// Objects that no copy gives.
        var hurt: [UInt32] = []
        /// Objects that do better without a base.
        var left: [UInt32] = []
    }

    private let living: LivingObjects
    private let compression: Compression
    private let reader: ObjectReader
    private let hasher = ObjectHasher()
    private let compressor = BlockCompressor()
    private let plain = ByteBuffer(capacity: 1 << 16)
    private let prefix = ByteBuffer(capacity: 1 << 16)
    private let stored = ByteBuffer(capacity: 1 << 16)

    /// There is one for each core, and what is read next lies mostly beside what was read last, or beside its base.
    private static let cacheBytes = 4 << 20
    /// Quick, and enough to tell what a base is worth.
    private static let trial = Compression.zstd(level: 3)
    /// A base stands in the block's contents frame and in the index.
    private static let baseRecord = 33 + PackFormat.baseRecordLength

    init(_ packs: PackSet, _ living: LivingObjects, _ compression: Compression) {
        self.living = living
        self.compression = compression
        // What versions are made from lies here and there in large blocks: to decompress all of those took longer than to compress what is written.
        reader = ObjectReader(packs, cacheBytes: Self.cacheBytes, opensBasesInPart: true)
    }

    /// Makes the block of what can be read.
    func encode(_ block: BlockPlan.Block, of plan: BlockPlan) throws(PackError) -> Outcome {
        var outcome = Outcome()
        var objects = Array(plan.objects[block.objects])
        var bases = Array(plan.bases[block.bases])
        if block.isTried { (objects, bases) = try tried(objects, &outcome) }
        let lost = try read(bases[...], into: prefix)
        if !lost.isEmpty {
            // What cannot be read is no base. Whether anything is lost by that is told where it is written itself.
            outcome.left += objects
            return outcome
        }
        if objects.isEmpty { return outcome }
        let hurt = try read(objects[...], into: plain)
        if !hurt.isEmpty {
            outcome.hurt += hurt
            return outcome
        }
        let codec = try compress(plain, compression, prefix, into: stored)
        var contents: [BlockObject] = []
        contents.reserveCapacity(objects.count)
        for number in objects {
            let key = try living.key(Int(number))
            contents.append(BlockObject(key.type, key.id, length: living[Int(number)].length))
        }
        // A block that does not compress is stored as it is, and refers to nothing.
        var keys: [ObjectKey] = []
        if codec == .zstd {
            for number in bases { keys.append(try living.key(Int(number))) }
        }
        outcome.block = try EncodedBlock(
            stored: stored, codec: codec, objects: contents, bases: keys, depth: keys.isEmpty ? 0 : 1)
        return outcome
    }

    private func compress(
        _ plain: ByteBuffer, _ compression: Compression, _ prefix: ByteBuffer, into output: ByteBuffer
    ) throws(PackError) -> Codec {
        try prefix.withBytes { (prefix) throws(PackError) in
            try plain.withBytes { (plain) throws(PackError) in
                try compressor.compress(plain, compression, prefix: prefix, into: output)
            }
        }
    }

    /// Replaces what `buffer` holds by the objects' bytes. Answers those that no copy gives, without which the buffer is of no use.
    private func read(_ numbers: ArraySlice<UInt32>, into buffer: ByteBuffer) throws(PackError) -> [UInt32] {
        buffer.truncate(to: 0)
        if numbers.isEmpty { return [] }
        var hurt: [UInt32] = []
        var pieces: [(type: ObjectType, offset: Int, length: Int)] = []
        for number in numbers {
            let key = try living.key(Int(number))
            let length = Int(living[Int(number)].length)
            let offset = buffer.count
            do throws(PackError) {
                try reader.read(key, into: buffer, verifyID: false)
                guard buffer.count - offset == length else {
                    throw PackError.damaged(file: "packs", what: "\(key) has a wrong length")
                }
            } catch {
                hurt.append(number)
                buffer.truncate(to: offset)
                continue
            }
            pieces.append((key.type, offset, length))
        }
        if !hurt.isEmpty { return hurt }
        var ids: [ObjectID] = []
        buffer.withBytes { hasher.hash($0, pieces, into: &ids) }
        for (position, number) in numbers.enumerated() {
            let key = try living.key(Int(number))
            if ids[position] == key.id { continue }
            // Another copy may be right.
            if let bytes = try? reader.read(key, verifyID: true), bytes.count == pieces[position].length {
                buffer.replace(bytes, at: pieces[position].offset)
            } else {
                hurt.append(number)
            }
        }
        return hurt
    }

    /// The objects whose bases are worth it, and the bases that are left. The others are left for later.
    private func tried(_ objects: [UInt32], _ outcome: inout Outcome) throws(PackError) -> ([UInt32], [UInt32]) {
        var leaders: [UInt32] = []
        var followers: [UInt32] = []
        var bases: [UInt32] = []
        // The bases of leaders come in order, and followers after all of them.
        for number in objects {
            let base = living[Int(number)].anchor
            guard base != LivingObject.never, try isWorth(number, base) else {
                outcome.left.append(number)
                continue
            }
            if bases.contains(base) {
                followers.append(number)
            } else {
                bases.append(base)
                leaders.append(number)
            }
        }
        return (leaders + followers, bases)
    }

    /// The object takes less than half with the base.
    private func isWorth(_ number: UInt32, _ base: UInt32) throws(PackError) -> Bool {
        guard try read([number], into: plain).isEmpty, try read([base], into: prefix).isEmpty else { return false }
        let against = try trialLength()
        prefix.truncate(to: 0)
        let alone = try trialLength()
        return (against + Self.baseRecord) * 2 <= alone
    }

    /// What `plain` takes, about, against `prefix`.
    private func trialLength() throws(PackError) -> Int {
        let codec = try compress(plain, Self.trial, prefix, into: stored)
        return codec == .zstd ? stored.count : plain.count
    }
}
