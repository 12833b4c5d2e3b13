// Which objects of the packs are needed: a bit for each, by its number in its pack's index, and so a bit for each block.
//
// Of an object that lies in several packs one copy is marked, always that of the first pack in one order; whatever else
// has it is of no use by that. A block with a marked object is live. It can be read only with its bases, so those are
// marked too, as they must be: in a block of smaller depth. Bases have bits of their own, because a base of old blocks
// that no snapshot needs any more may go when those blocks are written anew.
//
// A million objects take a quarter of a megabyte. Used by one thread.

/// A block, by the place of its pack among the marks.
struct MarkedBlock: Hashable {
    var pack: Int
    var block: Int
}

/// What is known of one pack.
struct PackMark {
    let pack: Pack
    let id: ObjectID
    /// Objects that a snapshot needs.
    var needed: Bits
    /// Objects that a block needs as its bases.
    var bases: Bits
    /// Blocks that have one of these.
    var live: Bits
    var liveCount = 0
    /// What the live blocks take in the file.
    var liveBytes: UInt64 = 0

    fileprivate init(_ pack: Pack, _ id: ObjectID) {
        self.pack = pack
        self.id = id
        needed = Bits(count: pack.objectCount)
        bases = Bits(count: pack.objectCount)
        live = Bits(count: pack.blockCount)
    }

    var isDead: Bool { liveCount == 0 }

    /// What the other blocks take. The index is not counted: of a small pack it is the larger part.
    var deadBytes: UInt64 {
        let blocks = pack.index.offset - UInt64(PackFormat.headerLength)
        return blocks > liveBytes ? blocks - liveBytes : 0
    }
}

final class PackMarks {
    enum Answer {
        /// It is marked now, and was not.
        case new
        case known
        /// No pack has it.
        case missing
    }

    /// A copy of an object.
    struct Copy {
        var place: Int
        var number: Int
        var block: Int
        var depth: UInt8

        var markedBlock: MarkedBlock { MarkedBlock(pack: place, block: block) }
    }

    private enum Step {
        case needed(place: Int, number: Int)
        case base(place: Int, number: Int)
        case live(place: Int, block: Int, stored: UInt64)
        case size(UInt64)
    }

    /// One for each pack; places do not change.
    private(set) var marks: [PackMark] = []
    /// What packs with the live blocks and nothing else would take, about.
    private(set) var liveSize: UInt64 = 0
    /// Blocks of which a base is nowhere. They cannot be read.
    private(set) var broken: Set<MarkedBlock> = []
    /// An object that is marked in any pack is known, and not only in the first one that has it. Costs more, and is needed
    /// once the order has changed.
    var isThorough = false
    /// Places, in the order in which copies are looked for.
    private(set) var order: [Int] = []
    private var places: [ObjectID: Int] = [:]
    /// What was done since `beginAttempt`.
    private var trail: [Step]?

    /// In the index, for each object and each block; and what every pack has.
    private static let objectLength = UInt64(PackFormat.idLength + PackFormat.locationRecordLength)
    private static let blockLength = UInt64(PackFormat.blockRecordLength)
    private static let packLength: UInt64 = 512

    /// The place of a pack; nil if it is not known here.
    func place(of id: ObjectID) -> Int? { places[id] }

    /// Adds the packs that are new. Copies are looked for in those of `last` after all others, and in large packs before
    /// small ones, so that what lies twice is found where it will stay.
    func add(_ packs: [Pack], last: Set<ObjectID>) {
        for pack in packs {
            guard let id = pack.id, places[id] == nil else { continue }
            places[id] = marks.count
            marks.append(PackMark(pack, id))
        }
        let keys = marks.map { (isLast: last.contains($0.id), length: $0.pack.length, id: $0.id) }
        order = Array(marks.indices).sorted { a, b in
            if keys[a].isLast != keys[b].isLast { return !keys[a].isLast }
            if keys[a].length != keys[b].length { return keys[a].length > keys[b].length }
            return keys[a].id < keys[b].id
        }
    }

    // MARK: Marking

    /// Marks an object that a snapshot needs.
    func mark(_ key: ObjectKey) throws(PackError) -> Answer {
        for place in order {
            guard let number = try marks[place].pack.index.find(key) else { continue }
            if marks[place].needed.contains(number) { return .known }
            var answer = Answer.new
            if isThorough, try isNeeded(key) { answer = .known }
            try markNeeded(place, number)
            return answer
        }
        return .missing
    }

    /// Whether a copy is marked as needed by a snapshot.
    func isNeeded(_ key: ObjectKey) throws(PackError) -> Bool {
        for place in order {
            if let number = try marks[place].pack.index.find(key), marks[place].needed.contains(number) { return true }
        }
        return false
    }

    private func markNeeded(_ place: Int, _ number: Int) throws(PackError) {
        guard marks[place].needed.insert(number) else { return }
        trail?.append(.needed(place: place, number: number))
        let location = try marks[place].pack.index.location(number)
        if !marks[place].bases.contains(number) { count(Self.objectLength) }
        try enliven(MarkedBlock(pack: place, block: location.block))
    }

    /// Marks the bases of a block that stays though nobody needs it: whoever finds it in the index relies on it.
    func markBases(of block: MarkedBlock) throws(PackError) {
        let record = try marks[block.pack].pack.block(block.block)
        if record.baseCount == 0 { return }
        for key in try marks[block.pack].pack.bases(of: record) {
            guard let copy = try copy(of: key, below: record.depth) else {
                broken.insert(block)
                continue
            }
            if marks[copy.place].bases.insert(copy.number) {
                trail?.append(.base(place: copy.place, number: copy.number))
                if !marks[copy.place].needed.contains(copy.number) { count(Self.objectLength) }
            }
            // Its depth is smaller: this ends after as many steps as there are depths.
            try enliven(copy.markedBlock)
        }
    }

    private func enliven(_ block: MarkedBlock) throws(PackError) {
        let record = try marks[block.pack].pack.block(block.block)
        guard marks[block.pack].live.insert(block.block) else { return }
        let stored = UInt64(record.contentsLength) + UInt64(record.storedLength)
        if marks[block.pack].isDead { count(Self.packLength) }
        marks[block.pack].liveCount += 1
        marks[block.pack].liveBytes += stored
        trail?.append(.live(place: block.pack, block: block.block, stored: stored))
        count(stored + Self.blockLength)
        try markBases(of: block)
    }

    private func count(_ bytes: UInt64) {
        liveSize += bytes
        trail?.append(.size(bytes))
    }

    // MARK: Copies

    /// The first copy in a block of smaller depth than `depth`; one in a live block, if there is any.
    func copy(of key: ObjectKey, below depth: UInt8) throws(PackError) -> Copy? {
        var first: Copy?
        for place in order {
            guard let copy = try copy(of: key, at: place), copy.depth < depth else { continue }
            if marks[place].live.contains(copy.block) { return copy }
            if first == nil { first = copy }
        }
        return first
    }

    /// The copy in one pack; nil if it has none.
    func copy(of key: ObjectKey, at place: Int) throws(PackError) -> Copy? {
        let pack = marks[place].pack
        guard let number = try pack.index.find(key) else { return nil }
        let location = try pack.index.location(number)
        let depth = try pack.block(location.block).depth
        return Copy(place: place, number: number, block: location.block, depth: depth)
    }

    // MARK: Attempts

    /// From now on what is marked can be taken back.
    func beginAttempt() { trail = [] }

    /// What was marked since then stays.
    func keepAttempt() { trail = nil }

    /// Takes back what was marked since then.
    func takeBackAttempt() {
        for step in (trail ?? []).reversed() {
            switch step {
            case .needed(let place, let number): marks[place].needed.remove(number)
            case .base(let place, let number): marks[place].bases.remove(number)
            case .live(let place, let block, let stored):
                marks[place].live.remove(block)
                marks[place].liveCount -= 1
                marks[place].liveBytes -= stored
            case .size(let bytes): liveSize -= bytes
            }
        }
        trail = nil
    }
}
