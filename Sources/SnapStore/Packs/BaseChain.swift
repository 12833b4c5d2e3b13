// What the next version of an object can be stored against: the versions before it that are stored less deeply.
//
// Writers put the objects that have a base first in a block, and their bases in the same order. So the block of one version names the version that it was made from, and nothing else has
// to remember it. Where that is not so, a chain ends early or leads to something useless, which costs size and nothing more: every form is compared with the plain one.

internal import SnapSystem

/// An object that can be the base of a block.
struct BaseCandidate: Equatable, Sendable {
    var key: ObjectKey
    /// Of the block that has it.
    var depth: UInt8
}

extension PackSet {
    /// `key` and the versions that its form is made from, as far as they may be bases: by falling depth, at most one of each.
    func chain(of key: ObjectKey) throws(PackError) -> [BaseCandidate] {
        var result: [BaseCandidate] = []
        var next: ObjectKey? = key
        var limit = PackFormat.maximumDepth + 1
        while let key = next, limit > 0 {
            guard let copy = try shallowest(key), copy.depth < limit else { break }
            if copy.depth < PackFormat.maximumDepth { result.append(BaseCandidate(key: key, depth: copy.depth)) }
            next = copy.depth == 0 ? nil : try copy.pack.base(of: copy.location)
            limit = copy.depth
        }
        return result
    }

    /// The copy of least depth, in a pack that may be referred to.
    private func shallowest(_ key: ObjectKey) throws(PackError) -> (pack: Pack, location: ObjectLocation, depth: UInt8)?
    {
        var result: (pack: Pack, location: ObjectLocation, depth: UInt8)?
        for (pack, location) in try copies(of: key, forReference: true) {
            let depth = try pack.block(location.block).depth
            if result.map({ depth < $0.depth }) ?? true { result = (pack, location, depth) }
        }
        return result
    }
}

extension Pack {
    /// The base of the object at `location`, by its place in the block; nil if it has none of its own.
    func base(of location: ObjectLocation) throws(PackError) -> ObjectKey? {
        let block = try block(location.block)
        let buffer = ByteBuffer(capacity: block.contentsLength)
        try readContents(block, into: buffer)
        let bases = try bases(of: block)
        return try buffer.withBytes { (frame) throws(PackError) in
            try checkFrame(frame, block, bases, location.block)
            var offset = 0
            for (position, base) in bases.enumerated() {
                guard let length = frame.integer(at: 29 + 5 * position, as: UInt32.self) else { return nil }
                if offset == location.offset { return base }
                offset += Int(length)
            }
            return nil
        }
    }
}
