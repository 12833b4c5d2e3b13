// The last look before packs go: whatever is needed and lies nowhere else is copied out of them first.
//
// Needed is what snapshots refer to, also those that were recorded since, and what blocks in packs that stay are made
// from. It lies elsewhere only if it can be read there: a copy that shares its fate with one in a pack that goes is read
// and compared with its checksum, unless this gc has just written it. So of two copies the good one never goes.
//
// What a block is made from must lie less deep than the block. Compaction may have written deeper what a take under way has
// built upon meanwhile: of depth 0 in a pack that goes, of depth 1 in the new one, where a block of depth 1 cannot use it.
// So each base of every block that stays is looked for at its depth, and copied with its block, and what that is made from,
// if it is nowhere else. All blocks are asked and not only those that came since: what was promised of the others is true
// as long as all packs go that were to go, and there is a limit to how many do.
//
// A pack of which most would have to be copied stays.

internal import SnapSystem

/// Used by one thread.
final class Rescue {
    private let marks: PackMarks
    private let observer: Observer
    /// The places of packs that this gc wrote.
    private let fresh: Set<Int>
    /// The places of the packs that go.
    private(set) var going: Set<Int>
    /// Blocks in them that have to be copied first.
    private(set) var blocks: Set<MarkedBlock> = []
    private var intact: [MarkedBlock: Bool] = [:]
    /// Answers for most dead objects without asking every pack that stays. Made anew when something more is marked.
    private var needed: NeededObjects?
    private let buffer = ByteBuffer()

    init(_ marks: PackMarks, going: Set<Int>, fresh: Set<Int>, _ observer: Observer) {
        self.marks = marks
        self.going = going
        self.fresh = fresh
        self.observer = observer
    }

    /// Decides what stays after all, and what is copied out of the others.
    func plan() throws(PackError) {
        // What stays has blocks that need something in turn. Each round keeps a pack more, so this ends.
        var isSettled = false
        while !isSettled {
            blocks = []
            isSettled = true
            for place in going.sorted() {
                if try !findNeeded(in: place) {
                    going.remove(place)
                    isSettled = false
                }
            }
            guard isSettled else { continue }
            try findBases()
            let byPack = Dictionary(grouping: blocks) { $0.pack }
            for place in going.sorted() where try isMostlyNeeded(place, byPack[place] ?? []) {
                going.remove(place)
                isSettled = false
            }
        }
    }

    /// Copies the blocks.
    func write(to writer: CollectionWriter) throws(PackError) {
        let byPack = Dictionary(grouping: blocks) { $0.pack }
        for place in going.sorted() {
            let numbers = (byPack[place] ?? []).map(\.block).sorted()
            try writer.copy(numbers, of: marks.marks[place].pack)
        }
    }

    // MARK: What is needed

    /// Finds the blocks of a pack that have something that is needed and can be read nowhere else. False if it cannot be
    /// read here either: then the pack stays, for a repair.
    private func findNeeded(in place: Int) throws(PackError) -> Bool {
        let mark = marks.marks[place]
        let staying = self.staying
        let filter: NeededObjects
        if let known = needed { filter = known } else { filter = try NeededObjects(marks, withBases: true) }
        needed = filter
        for number in 0..<mark.pack.objectCount {
            if number & 0xFFF == 0, observer.isCancelled?() ?? false { throw .cancelled }
            guard let (key, location) = try mark.pack.object(at: number) else {
                // A type of a later version: nobody here knows who needs it.
                return false
            }
            let block = MarkedBlock(pack: place, block: location.block)
            if blocks.contains(block) { continue }
            var isNeeded = mark.needed.contains(number)
            if !isNeeded, !filter.mayContain(key) { continue }
            var isElsewhere = false
            for other in staying {
                guard let copy = try marks.copy(of: key, at: other) else { continue }
                let there = marks.marks[other]
                if there.needed.contains(copy.number) || there.bases.contains(copy.number) { isNeeded = true }
                if isNeeded, try isIntact(copy.markedBlock) {
                    isElsewhere = true
                    break
                }
            }
            if !isNeeded || isElsewhere { continue }
            if try isIntact(block) {
                blocks.insert(block)
            } else if mark.needed.contains(number) {
                return false
            }
        }
        return true
    }

    private var staying: [Int] { marks.order.filter { !going.contains($0) } }

    /// A block's bytes are those that were written, and so are those of some copy of each base, which is less deep.
    private func isIntact(_ block: MarkedBlock) throws(PackError) -> Bool {
        if fresh.contains(block.pack) { return true }
        if let known = intact[block] { return known }
        let pack = marks.marks[block.pack].pack
        var answer = true
        do throws(PackError) {
            try pack.readStored(block.block, into: buffer)
        } catch {
            guard case .damaged = error else { throw error }
            answer = false
        }
        let record = try pack.block(block.block)
        if answer, record.baseCount > 0 {
            for key in try pack.bases(of: record) where try !hasIntactCopy(key, below: record.depth) {
                answer = false
                break
            }
        }
        intact[block] = answer
        return answer
    }

    private func hasIntactCopy(_ key: ObjectKey, below depth: UInt8) throws(PackError) -> Bool {
        for place in marks.order {
            guard let copy = try marks.copy(of: key, at: place), copy.depth < depth else { continue }
            if try isIntact(copy.markedBlock) { return true }
        }
        return false
    }

    // MARK: Bases

    /// Adds the blocks without which a block that stays, or is copied, could not be read.
    private func findBases() throws(PackError) {
        let staying = self.staying
        let leaving = going.sorted()
        var pending = Array(blocks)
        for place in staying {
            for number in 0..<marks.marks[place].pack.blockCount
            where try marks.marks[place].pack.block(number).baseCount > 0 {
                pending.append(MarkedBlock(pack: place, block: number))
            }
        }
        while let block = pending.popLast() {
            let pack = marks.marks[block.pack].pack
            let record = try pack.block(block.block)
            if record.baseCount == 0 { continue }
            for key in try pack.bases(of: record) {
                guard let found = try missing(key, below: record.depth, staying, leaving) else { continue }
                if blocks.insert(found).inserted { pending.append(found) }
            }
        }
    }

    /// The block to copy for a base; nil if one of sufficient depth stays or is copied already, or if there is none at
    /// all, so that nothing that is done here makes a difference. That is asked first: most often few packs go.
    private func missing(
        _ key: ObjectKey, below depth: UInt8, _ staying: [Int], _ leaving: [Int]
    ) throws(PackError) -> MarkedBlock? {
        var first: MarkedBlock?
        for place in leaving {
            guard let copy = try marks.copy(of: key, at: place), copy.depth < depth else { continue }
            if blocks.contains(copy.markedBlock) { return nil }
            if first == nil, try isIntact(copy.markedBlock) { first = copy.markedBlock }
        }
        guard let first else { return nil }
        for place in staying {
            guard let copy = try marks.copy(of: key, at: place), copy.depth < depth else { continue }
            if try isIntact(copy.markedBlock) { return nil }
        }
        return first
    }

    /// More than half of the pack would be copied, and it can stay as it is. `blocks`: those of it.
    private func isMostlyNeeded(_ place: Int, _ blocks: [MarkedBlock]) throws(PackError) -> Bool {
        let pack = marks.marks[place].pack
        var bytes: UInt64 = 0
        for block in blocks {
            let record = try pack.block(block.block)
            bytes += UInt64(record.contentsLength) + UInt64(record.storedLength)
        }
        guard bytes > (pack.index.offset - UInt64(PackFormat.headerLength)) / 2 else { return false }
        needed = nil
        return try CollectionPlan.keepBases(of: place, marks)
    }
}
