// Whether a pack that somebody has begun to remove has lost anything, and so whether it may stay.
//
// A block needs its bases, each in a block of smaller depth, and these blocks theirs: it is of no use that a base is there if the block it lies in has lost what that is made
// from. Depth falls with each step, so this ends; what is known of a block is kept, because many blocks are made from few.

/// Used by one thread.
final class Wholeness {
    private let packs: [Pack]
    /// Of blocks with bases.
    private var known: [MarkedBlock: Bool] = [:]

    /// Bases are looked for in these packs.
    init(_ packs: [Pack]) {
        self.packs = packs
    }

    /// Every base of every block of a pack has a copy that the block can use. `place` is the pack's among all.
    func isWhole(_ place: Int) throws(PackError) -> Bool {
        for number in 0..<packs[place].blockCount {
            if try !hasBases(MarkedBlock(pack: place, block: number)) { return false }
        }
        return true
    }

    private func hasBases(_ block: MarkedBlock) throws(PackError) -> Bool {
        let pack = packs[block.pack]
        let record = try pack.block(block.block)
        if record.baseCount == 0 { return true }
        if let answer = known[block] { return answer }
        var answer = true
        for base in try pack.bases(of: record) where !hasCopy(of: base, below: record.depth) {
            answer = false
            break
        }
        known[block] = answer
        return answer
    }

    private func hasCopy(of key: ObjectKey, below depth: UInt8) -> Bool {
        for place in packs.indices where isUsable(key, at: place, below: depth) { return true }
        return false
    }

    /// What is damaged is not there.
    private func isUsable(_ key: ObjectKey, at place: Int, below depth: UInt8) -> Bool {
        do throws(PackError) {
            guard let location = try packs[place].find(key) else { return false }
            if try packs[place].block(location.block).depth >= depth { return false }
            return try hasBases(MarkedBlock(pack: place, block: location.block))
        } catch {
            return false
        }
    }
}
