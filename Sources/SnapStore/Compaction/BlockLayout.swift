// Which objects share a block, and what the blocks are written against.
//
// First what has no anchor, in blocks without bases:
// - the newest state in path order: its manifest, trees and lists, which are small blocks because looking into a directory opens one at each level; then content. Content that
//   others are written against comes last, so that anchors lie side by side and opening some of them opens little else;
// - older versions of what the newest state does not have, by extension, name and path, newest first, so that what resembles each other is within one window;
// - what no snapshot led to, as it lay.
// Then what has an anchor, by where the anchor lies, which is path order, and the newest first: versions of one file are neighbours, and a block's bases lie near one another.
// What opening a block takes beside its own bytes is counted while it is filled, and a block is ended before that is too much.
//
// In a block with bases the first object of each base comes first, in the order of the bases, as docs/format.md asks (section 4).

/// Blocks that are to be written, in order. Objects are known by their numbers.
struct BlockPlan: Sendable {
    struct Block: Sendable {
        /// In `objects`.
        var objects: Range<Int>
        /// In `bases`.
        var bases: Range<Int>
        /// Each base must be worth its record; an object whose base is not is left for a block without.
        var isTried: Bool
    }

    var objects: [UInt32] = []
    var bases: [UInt32] = []
    var blocks: [Block] = []
    /// Of all objects.
    var plainBytes: UInt64 = 0
}

/// Used by one thread.
final class BlockLayout {
    /// Of a block with bases.
    struct Limits {
        var plain: Int
        /// What its bases make a reader decompress.
        var opening: Int
    }

    /// Of old versions. The longer a block, the more of what its versions have in common is found (1, 2, 4 MiB: 100, 89, 78 %
    /// of a history's bytes), and the longer it takes to open the last of them (2 and 4 MiB: 2.5 and 4.2 ms).
    static let contentLimits = Limits(plain: PackFormat.maximumBasedLength, opening: 2 << 20)
    /// Of the newest state, which is read most.
    private static let newestLimits = Limits(plain: OpenBlock.blockLength, opening: 2 << 20)
    static let metaLimits = Limits(plain: 256 << 10, opening: 512 << 10)

    private let living: LivingObjects
    /// Blocks without bases.
    private(set) var plain = BlockPlan()
    /// Blocks whose bases stay where they are, or are in `plain`.
    private(set) var based = BlockPlan()

    init(_ living: LivingObjects) {
        self.living = living
    }

    /// Lays out everything that is to be written.
    func lay() throws(PackError) {
        var newest: [UInt32] = []
        var older: [UInt32] = []
        var unmet: [UInt32] = []
        var tried: [UInt32] = []
        var against: [UInt32] = []
        for number in 0..<living.count {
            let object = living[number]
            guard object.flags.contains(.moved) else { continue }
            let short = UInt32(truncatingIfNeeded: number)
            let isNewest = object.flags.contains(.newest)
            if object.hasAnchor {
                if isNewest { tried.append(short) } else { against.append(short) }
            } else if !object.isMet {
                unmet.append(short)
                let location = try living.location(number)
                living[number].block = UInt32(truncatingIfNeeded: location.block)
                living[number].end = UInt32(truncatingIfNeeded: location.offset + location.length)
            } else if isNewest {
                newest.append(short)
            } else {
                older.append(short)
            }
        }
        newest.sort(by: isNewestBefore)
        older.sort(by: isOlderBefore)
        unmet.sort(by: isUnmetBefore)
        addPlain(newest, metaLength: OpenBlock.metaLength)
        addPlain(older, metaLength: Self.metaLimits.plain)
        addPlain(unmet, metaLength: Self.metaLimits.plain)
        // Anchors have their places now.
        tried.sort(by: isAnchoredBefore)
        against.sort(by: isAnchoredBefore)
        addBased(tried, isTried: true)
        addBased(against, isTried: false)
    }

    /// Blocks without bases for objects that were to have some, and do better without.
    func layPlain(_ numbers: [UInt32]) -> BlockPlan {
        plain = BlockPlan()
        addPlain(numbers.sorted(by: isNewestBefore), metaLength: OpenBlock.metaLength)
        return plain
    }

    // MARK: Orders

    private func isNewestBefore(_ a: UInt32, _ b: UInt32) -> Bool {
        let x = living[Int(a)]
        let y = living[Int(b)]
        return (Self.rank(x), x.order, a) < (Self.rank(y), y.order, b)
    }

    private static func rank(_ object: LivingObject) -> UInt8 {
        if !object.isContent { return 0 }
        return object.flags.contains(.anchor) ? 2 : 1
    }

    private func isOlderBefore(_ a: UInt32, _ b: UInt32) -> Bool {
        let x = living[Int(a)]
        let y = living[Int(b)]
        if x.type != y.type { return x.type.rawValue < y.type.rawValue }
        return (x.name, x.lineage, x.place, x.order) < (y.name, y.lineage, y.place, y.order)
    }

    private func isUnmetBefore(_ a: UInt32, _ b: UInt32) -> Bool {
        let x = living[Int(a)]
        let y = living[Int(b)]
        if x.isContent != y.isContent { return x.isContent }
        return (x.pack, x.block, x.end) < (y.pack, y.block, y.end)
    }

    /// Those whose anchors stay come first.
    private func isAnchoredBefore(_ a: UInt32, _ b: UInt32) -> Bool {
        let x = living[Int(a)]
        let y = living[Int(b)]
        if x.isContent != y.isContent { return x.isContent }
        if x.anchor == y.anchor { return x.order < y.order }
        let p = living[Int(x.anchor)]
        let q = living[Int(y.anchor)]
        return (Self.home(p), p.block, p.end, x.anchor) < (Self.home(q), q.block, q.end, y.anchor)
    }

    /// The pack an object lies in, or will lie in: new ones have no number yet.
    private static func home(_ object: LivingObject) -> UInt32 {
        object.flags.contains(.moved) ? .max : object.pack
    }

    // MARK: Blocks without bases

    private func addPlain(_ numbers: [UInt32], metaLength: Int) {
        var start = 0
        while start < numbers.count {
            let isContent = living[Int(numbers[start])].isContent
            var end = start
            var length = 0
            while end < numbers.count, living[Int(numbers[end])].isContent == isContent {
                length += Int(living[Int(numbers[end])].length)
                end += 1
            }
            fill(numbers[start..<end], length: length, limit: isContent ? OpenBlock.blockLength : metaLength)
            start = end
        }
    }

    /// Blocks of about `limit` bytes, of objects that have `length` together. The last takes a short rest along.
    private func fill(_ numbers: ArraySlice<UInt32>, length: Int, limit: Int) {
        var rest = length
        var first = plain.objects.count
        var end = 0
        for number in numbers {
            let own = Int(living[Int(number)].length)
            let isFull = end >= limit && rest >= limit / 4
            if end > 0 && (isFull || end + own > 2 * limit) {
                endPlain(from: first)
                first = plain.objects.count
                end = 0
            }
            end += own
            rest -= own
            living[Int(number)].block = UInt32(truncatingIfNeeded: plain.blocks.count)
            living[Int(number)].end = UInt32(truncatingIfNeeded: end)
            plain.objects.append(number)
            plain.plainBytes &+= UInt64(own)
        }
        endPlain(from: first)
    }

    private func endPlain(from first: Int) {
        guard first < plain.objects.count else { return }
        plain.blocks.append(
            BlockPlan.Block(objects: first..<plain.objects.count, bases: 0..<0, isTried: false))
    }

    // MARK: Blocks with bases

    /// A block while it is filled.
    private struct Filling {
        /// The first object of each base, and the others.
        var leaders: [UInt32] = []
        var followers: [UInt32] = []
        var bases: [UInt32] = []
        var plain = 0
        var prefix = 0
        var opening = 0
        var isContent = true
        /// The block of the last base, and up to where it is opened.
        var last: (home: UInt32, block: UInt32, end: Int)?
    }

    /// Objects come in the order of their anchors' places, so those of one anchor are neighbours, and anchors of one block too.
    private func addBased(_ numbers: [UInt32], isTried: Bool) {
        var filling = Filling()
        for number in numbers {
            let object = living[Int(number)]
            if !hasRoom(filling, object, isTried ? Self.newestLimits : Self.contentLimits) {
                endBased(filling, isTried)
                filling = Filling()
            }
            if filling.leaders.isEmpty { filling.isContent = object.isContent }
            if filling.bases.last == object.anchor {
                filling.followers.append(number)
            } else {
                let anchor = living[Int(object.anchor)]
                let added = opening(anchor, after: filling)
                filling.opening += added
                filling.last = (Self.home(anchor), anchor.block, Int(anchor.end))
                filling.prefix += Int(anchor.length)
                filling.bases.append(object.anchor)
                filling.leaders.append(number)
            }
            filling.plain += Int(object.length)
            based.plainBytes &+= UInt64(object.length)
        }
        endBased(filling, isTried)
    }

    private func hasRoom(_ filling: Filling, _ object: LivingObject, _ contentLimits: Limits) -> Bool {
        if filling.leaders.isEmpty { return true }
        let limits = object.isContent ? contentLimits : Self.metaLimits
        guard filling.isContent == object.isContent, filling.plain + Int(object.length) <= limits.plain else {
            return false
        }
        if filling.bases.last == object.anchor { return true }
        let anchor = living[Int(object.anchor)]
        return filling.prefix + Int(anchor.length) <= PackFormat.maximumPrefixLength
            && filling.opening + opening(anchor, after: filling) <= limits.opening
    }

    /// What one more base makes a reader decompress.
    private func opening(_ anchor: LivingObject, after filling: Filling) -> Int {
        guard let last = filling.last, last.home == Self.home(anchor), last.block == anchor.block else {
            return Int(anchor.end)
        }
        return max(Int(anchor.end) - last.end, 0)
    }

    private func endBased(_ filling: Filling, _ isTried: Bool) {
        if filling.leaders.isEmpty { return }
        let objects = based.objects.count
        let bases = based.bases.count
        based.objects += filling.leaders
        based.objects += filling.followers
        based.bases += filling.bases
        based.blocks.append(
            BlockPlan.Block(
                objects: objects..<based.objects.count, bases: bases..<based.bases.count, isTried: isTried))
    }
}
