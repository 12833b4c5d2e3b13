// What reading an object takes: the bytes that are decompressed for it, those of its block's bases included.
//
// A difference saves little and can cost much: a block that was made from objects of fifty large blocks opens fifty of them. So writers ask here first.

internal import SnapSystem

/// What has to be decompressed for an object.
struct Opening {
    /// Where it lies.
    var block: BlockPlace
    /// Up to where its block is decompressed.
    var end: Int
    /// What its block's bases take.
    var bases: Int
}

struct BlockPlace: Hashable {
    fileprivate var pack: ObjectIdentifier
    fileprivate var number: Int
}

/// Used by one thread, as long as the packs are kept.
final class OpeningCosts {
    private let packs: PackSet
    /// What each block's bases take.
    private var known: [BlockPlace: Int] = [:]
    /// They keep the identifiers their own.
    private var kept: [ObjectIdentifier: Pack] = [:]

    init(_ packs: PackSet) {
        self.packs = packs
    }

    /// nil if the object is nowhere, or cannot be found out about: what is damaged is told by who reads it.
    func opening(_ key: ObjectKey) -> Opening? {
        try? opening(key, below: PackFormat.maximumDepth + 1)
    }

    private func opening(_ key: ObjectKey, below depth: UInt8) throws(PackError) -> Opening? {
        guard let (pack, location) = try packs.locate(key) else { return nil }
        let place = BlockPlace(pack: ObjectIdentifier(pack), number: location.block)
        let end = location.offset + location.length
        if let bases = known[place] { return Opening(block: place, end: end, bases: bases) }
        let block = try pack.block(location.block)
        var sum = Sum()
        if block.baseCount > Self.baseLimit {
            sum.bytes = Self.limit
        } else if block.depth < depth {
            for base in try pack.bases(of: block) where sum.bytes < Self.limit {
                if let opening = try opening(base, below: block.depth) { sum.add(opening) }
            }
        }
        known[place] = sum.bytes
        kept[place.pack] = pack
        return Opening(block: place, end: end, bases: sum.bytes)
    }

    /// Nobody opens more to save a few bytes, so it is not counted on.
    fileprivate static let limit = 64 << 20
    private static let baseLimit = 4096

    /// Of several objects together: those of one block are decompressed together.
    struct Sum {
        fileprivate(set) var bytes = 0
        private var ends: [BlockPlace: Int] = [:]

        func added(_ opening: Opening) -> Int {
            guard let end = ends[opening.block] else { return opening.end + opening.bases }
            return max(opening.end - end, 0)
        }

        mutating func add(_ opening: Opening) {
            bytes = min(bytes + added(opening), OpeningCosts.limit)
            ends[opening.block] = max(opening.end, ends[opening.block] ?? 0)
        }
    }
}
