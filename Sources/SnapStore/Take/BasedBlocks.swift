// Storing new versions of objects against old ones (docs/format.md, section 4).
//
// A new version can be stored as it is (depth 0), against the last version of depth 0 (depth 1), or against the last one of depth 1 (depth 2). The further a version has drifted from its
// base, the more it takes; a new base takes much once. If each version adds `a` bytes to the difference and a new base costs `B`, the sum is least when the difference has
// grown to √(2aB). What a version adds is measured against its immediate predecessor, what a base costs against the level above, so nothing has to be remembered.
//
// Each object is tried on its own; then those of one depth become one block, and small objects without a base of their own ride along.

internal import SnapSystem

/// Used by one thread.
final class BasedBlocks {
    /// How one object is stored.
    private struct Choice {
        /// nil: as it is.
        var base: BaseCandidate?
        /// What it takes as it is, without what its block takes.
        var plain: Int
    }

    private let packs: PackSet
    private let predecessors: Predecessors
    private let reader: ObjectReader
    private let costs: OpeningCosts
    /// What was read to compare.
    private var opened = OpeningCosts.Sum()
    private let compressor = BlockCompressor()
    private let scratch = ByteBuffer()
    private let prefix = ByteBuffer()
    private var choices: [ObjectKey: Choice] = [:]
    /// Objects that others were compared with: those that are chosen are needed once more.
    private var compared: [ObjectKey: [UInt8]] = [:]
    private var comparedBytes = 0
    private static let comparedLimit = 16 << 20
    /// What reading a predecessor may take, besides sixteen times the object's own length.
    private static let openingLimit = 256 << 10

    /// Blocks with bases are small, and a higher level finds more of what they share with their bases; it takes less time than reading the bases.
    static let compression = Compression.zstd(level: 6)
    /// A base stands in the block's contents frame and in the index.
    private static let recordLength = 33 + PackFormat.baseRecordLength
    /// A frame's own bytes, about: objects that are tried alone share one later.
    private static let frameLength = 12
    /// An object without a base that is no longer than this does not make a block of its own.
    private static let riderLength = 1024
    /// Where so many did not profit, and hardly any did, the others of the block are not tried.
    private static let vainLimit = 8

    init(_ packs: PackSet, _ predecessors: Predecessors, _ reader: ObjectReader) {
        self.packs = packs
        self.predecessors = predecessors
        self.reader = reader
        costs = OpeningCosts(packs)
    }

    /// The blocks with bases that some of `block`'s objects make, and the numbers of the objects that are left to be stored as they are. Objects of `block` are all hashed.
    func encode(_ block: OpenBlock) throws(PackError) -> (blocks: [EncodedBlock], rest: [Int]) {
        var offsets: [Int] = []
        var offset = 0
        for object in block.objects {
            offsets.append(offset)
            offset += Int(object.length)
        }
        reader.expect(block.objects.compactMap { predecessors.former(of: ObjectKey($0.type, $0.id)) })
        // By the depth of their bases.
        var groups: [[Group]] = [[], []]
        var rest: [Int] = []
        var tried = 0
        var gained = 0
        for (number, object) in block.objects.enumerated() {
            let key = ObjectKey(object.type, object.id)
            let length = Int(object.length)
            let isVain = tried >= Self.vainLimit && gained * 4 < tried
            guard !isVain, let former = predecessors.former(of: key),
                mayTry(key, length, after: former)
            else {
                rest.append(number)
                continue
            }
            tried += 1
            let choice = try self.choice(key, after: former, block.plain, offsets[number]..<offsets[number] + length)
            guard let base = choice.base, let baseLength = try packs.locate(base.key)?.location.length,
                let opening = costs.opening(base.key)
            else {
                rest.append(number)
                continue
            }
            gained += 1
            let depth = Int(base.depth)
            if groups[depth].last?.hasRoom(length, baseLength, opening) != true { groups[depth].append(Group()) }
            groups[depth][groups[depth].count - 1].add(number, length, base, baseLength, choice, opening)
        }
        // What is small and has no base rides along where there is a block already, the less deep first.
        if let host = groups.firstIndex(where: { !$0.isEmpty }) {
            let last = groups[host].count - 1
            var left: [Int] = []
            for number in rest {
                let length = Int(block.objects[number].length)
                if length <= Self.riderLength && groups[host][last].hasRoom(length, 0, nil) {
                    groups[host][last].riders.append(number)
                    groups[host][last].plain += length
                } else {
                    left.append(number)
                }
            }
            rest = left
        }
        var blocks: [EncodedBlock] = []
        for group in groups.joined() {
            if let encoded = try encode(block, offsets, group) {
                blocks.append(encoded)
            } else {
                rest += group.numbers + group.riders
            }
        }
        rest.sort()
        return (blocks, rest)
    }

    /// Objects that become one block.
    private struct Group {
        var numbers: [Int] = []
        var bases: [BaseCandidate] = []
        var riders: [Int] = []
        var plain = 0
        var prefix = 0
        /// What its objects take as they are.
        var alone = 0
        /// What reading its bases takes.
        var opening = OpeningCosts.Sum()

        /// Larger ones lose matches, because a compressor's tables hold only so much of a prefix.
        private static let limit = 256 << 10

        /// One object alone may take more.
        private static let openingLimit = 512 << 10

        func hasRoom(_ length: Int, _ base: Int, _ opening: Opening?) -> Bool {
            plain + length <= Self.limit && prefix + base <= Self.limit
                && opening.map { self.opening.bytes + self.opening.added($0) <= Self.openingLimit }
                    ?? true
        }

        mutating func add(
            _ number: Int, _ length: Int, _ base: BaseCandidate, _ baseLength: Int, _ choice: Choice, _ opening: Opening
        ) {
            numbers.append(number)
            bases.append(base)
            plain += length
            prefix += baseLength
            alone += choice.plain
            self.opening.add(opening)
        }
    }

    /// nil if it takes more than its objects as they are, or a base cannot be read any more.
    private func encode(_ block: OpenBlock, _ offsets: [Int], _ group: Group) throws(PackError) -> EncodedBlock? {
        let numbers = group.numbers + group.riders
        let plain = ByteBuffer()
        for number in numbers {
            let range = offsets[number]..<offsets[number] + Int(block.objects[number].length)
            block.plain.withBytes(in: range) { plain.append($0) }
        }
        prefix.truncate(to: 0)
        do throws(PackError) {
            for base in group.bases { try append(base.key) }
        } catch {
            return nil
        }
        let stored = ByteBuffer()
        let codec = try prefix.withBytes { (prefix) throws(PackError) in
            try plain.withBytes { (plain) throws(PackError) in
                try compressor.compress(plain, Self.compression, prefix: prefix, into: stored)
            }
        }
        let records = group.bases.count * Self.recordLength
        guard codec == .zstd, stored.count + records <= group.alone + group.riders.count * Self.riderLength else {
            return nil
        }
        let depth = (group.bases.map(\.depth).max() ?? 0) + 1
        return try EncodedBlock(
            stored: stored, codec: codec, objects: numbers.map { block.objects[$0] }, bases: group.bases.map(\.key),
            depth: depth)
    }

    // MARK: One object

    /// What it costs to compare it is mostly to decompress what its predecessor lies in, up to it.
    private func mayTry(_ key: ObjectKey, _ length: Int, after former: ObjectKey) -> Bool {
        if choices[key] != nil { return true }
        guard let opening = costs.opening(former) else { return false }
        // A first edit of what lies deep in a large block is stored as it is, and the next ones against that.
        if opening.end + opening.bases > Self.openingLimit + 16 * length { return false }
        // Objects come in the order of their paths, so what lies together is mostly read together.
        let cost = length + opened.added(opening)
        opened.add(opening)
        return predecessors.mayTry(cost)
    }

    /// Appends the object to the prefix. A difference to wrong bytes would be right only as long as they are wrong.
    private func append(_ base: ObjectKey) throws(PackError) {
        if let bytes = compared[base] { return unsafe prefix.append(bytes.span.bytes) }
        let bytes = try reader.read(base, verifyID: true)
        unsafe prefix.append(bytes.span.bytes)
        if comparedBytes + bytes.count <= Self.comparedLimit {
            compared[base] = bytes
            comparedBytes += bytes.count
        }
    }

    private func choice(_ key: ObjectKey, after former: ObjectKey, _ plain: ByteBuffer, _ range: Range<Int>)
        throws(PackError) -> Choice
    {
        if let known = choices[key] { return known }
        let choice = try plain.withBytes(in: range) { (bytes) throws(PackError) in try choose(bytes, after: former) }
        choices[key] = choice
        return choice
    }

    private func choose(_ bytes: RawSpan, after former: ObjectKey) throws(PackError) -> Choice {
        let plain = try size(bytes, against: nil)
        let chain: [BaseCandidate]
        let sizes: [Int]
        let added: Int
        do throws(PackError) {
            chain = try packs.chain(of: former)
            if chain.isEmpty { return Choice(base: nil, plain: plain) }
            added = try size(bytes, against: former)
            var found: [Int] = []
            for candidate in chain {
                found.append(candidate.key == former ? added : try size(bytes, against: candidate.key))
            }
            sizes = found
        } catch {
            // A base that cannot be read is none.
            return Choice(base: nil, plain: plain)
        }
        var step = added
        for (index, candidate) in chain.enumerated() {
            // What a new version at this one's level would take.
            let renewal = index + 1 < chain.count ? sizes[index + 1] : plain
            let size = sizes[index]
            let isWorthIt = (size + Self.recordLength) * 4 <= plain * 3
            if isWorthIt && size * size <= 2 * renewal * step { return Choice(base: candidate, plain: plain) }
            step = max(size, 1)
        }
        return Choice(base: nil, plain: plain)
    }

    /// The bytes' compressed length, as a part of a larger block.
    private func size(_ bytes: RawSpan, against base: ObjectKey?) throws(PackError) -> Int {
        prefix.truncate(to: 0)
        if let base { try append(base) }
        guard prefix.count <= PackFormat.maximumPrefixLength else { return bytes.byteCount }
        let codec = try prefix.withBytes { (prefix) throws(PackError) in
            try compressor.compress(bytes, Self.compression, prefix: prefix, into: scratch)
        }
        return codec == .zstd ? max(scratch.count - Self.frameLength, 1) : bytes.byteCount
    }
}
