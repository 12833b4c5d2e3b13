// Which packs are written anew, and which objects go with them.
//
// What takes wrote is: it was compressed in a hurry. What compaction wrote says so in its header, and stays until more than a quarter of it is dead, or until half as much new
// is written beside it; so each byte is written anew about as often as the store doubles, and packs stay few. Packs of mostly incompressible data have nothing to gain.
//
// A pack that stays keeps all its blocks, dead ones too, and verifying reads them: so every base that one of its blocks names stays as well, in a copy that lies less
// deep than that block. If only a pack that goes has such a copy, the base is written anew without bases of its own, whether anybody needs it otherwise or not.
//
// Of an object that lies in two packs, one that stays and one that goes, the copy that stays is read before the other one is given up.

internal import SnapSystem

/// Used by one thread.
final class PackSelection {
    /// What is needed of a pack.
    private struct Share {
        /// Plain bytes, by block.
        var plain: [UInt32]
        var objects = 0

        mutating func add(_ location: ObjectLocation) {
            plain[location.block] &+= UInt32(truncatingIfNeeded: location.length)
            objects += 1
        }
    }

    let living: LivingObjects
    private(set) var plan = CompactionPlan()
    private let options: CompactionOptions
    private let progress: VerifyProgress
    private var choice: PackChoice
    /// Of what is living.
    private var shares: [Share] = []
    /// Some objects lie in several packs.
    private var hasCopies = false

    /// What an object takes in the index, and what a block does.
    private static let objectRecord = PackFormat.idLength + PackFormat.locationRecordLength
    /// Objects between two questions whether to go on.
    private static let step = 4096

    /// Packs that are not in `known` (if it is there) and those in `damaged` stay. Of those in `leaving` none stays that has a block which cannot be read. `isLiving` is asked about every
    /// object of the known ones.
    init(
        _ packs: PackSet, _ options: CompactionOptions, known: Set<ObjectID>?, leaving: Set<ObjectID>,
        damaged: Set<ObjectID>, _ progress: VerifyProgress, isLiving: PackCompaction.LivingQuestion
    ) throws(PackError) {
        try packs.refresh()
        let all = try packs.packs
        let wholeness = Wholeness(all)
        var candidates: [(pack: Pack, id: ObjectID, rank: PackChoice.Rank)] = []
        for (place, pack) in all.enumerated() {
            guard let id = pack.id else { continue }
            let rank: PackChoice.Rank
            if let known, !known.contains(id) {
                rank = .unknown
            } else if leaving.contains(id), try !wholeness.isWhole(place) {
                rank = .broken
            } else {
                rank = try Self.rank(of: pack, options)
            }
            candidates.append((pack, id, rank))
        }
        candidates.sort { a, b in
            if a.rank != b.rank { return a.rank.rawValue < b.rank.rawValue }
            if leaving.contains(a.id) != leaving.contains(b.id) { return leaving.contains(b.id) }
            if a.pack.objectCount != b.pack.objectCount { return a.pack.objectCount > b.pack.objectCount }
            return a.id < b.id
        }
        living = LivingObjects(candidates.map(\.pack))
        choice = PackChoice(candidates.map(\.rank), lengths: candidates.map(\.pack.length))
        self.options = options
        self.progress = progress
        for candidate in candidates {
            shares.append(Share(plain: [UInt32](repeating: 0, count: candidate.pack.blockCount)))
        }
        for (index, candidate) in candidates.enumerated() where candidate.rank != .unknown {
            if damaged.contains(candidate.id) { choice.keep(index) }
            try mark(index, candidate.id, isLiving)
        }
        try choose()
        try settle()
        if hasCopies { try checkCopies(packs) }
        for index in living.packs.indices where !choice.isReplaced[index] { try pinBases(of: index) }
    }

    private static func rank(
        of pack: Pack, _ options: CompactionOptions
    ) throws(PackError) -> PackChoice.Rank {
        if pack.features.isSuperset(of: options.features) { return .compacted }
        var raw: UInt64 = 0
        var all: UInt64 = 0
        for number in 0..<pack.blockCount {
            let block = try pack.block(number)
            all &+= UInt64(block.storedLength)
            if block.codecNumber == Codec.raw.rawValue { raw &+= UInt64(block.storedLength) }
        }
        return all > 0 && raw &* 4 >= all &* 3 ? .incompressible : .loose
    }

    // MARK: What is needed

    /// Notes what of a pack is living. A pack that is not understood in all its parts stays.
    private func mark(
        _ index: Int, _ id: ObjectID, _ isLiving: PackCompaction.LivingQuestion
    ) throws(PackError) {
        let pack = living.packs[index]
        do throws(PackError) {
            // With another index it would be unknown what goes with it.
            try pack.requireID()
            try pack.checkLocations()
            for number in 0..<pack.blockCount {
                let block = try pack.block(number)
                if Codec(rawValue: block.codecNumber) == nil {
                    throw PackError.unsupported(file: pack.label, what: "codec \(block.codecNumber)")
                }
            }
        } catch {
            stay(index, error)
        }
        for number in 0..<pack.objectCount {
            if number % Self.step == 0 && progress.isCancelled { throw .cancelled }
            let found: (key: ObjectKey, location: ObjectLocation)?
            do throws(PackError) {
                found = try pack.object(at: number)
            } catch {
                stay(index, error)
                return
            }
            guard let (key, location) = found else {
                stay(index, .unsupported(file: pack.label, what: "an object type"))
                continue
            }
            guard Self.isPossible(location, key.type) else {
                stay(index, .damaged(file: pack.label, what: "\(key) has \(location.length) bytes"))
                continue
            }
            guard try isLiving(key, id, number) else { continue }
            if try living.add(key, pack: index, number: number, length: location.length, flags: [.living]) {
                shares[index].add(location)
            } else {
                hasCopies = true
            }
        }
    }

    /// No block holds an object of another length.
    private static func isPossible(_ location: ObjectLocation, _ type: ObjectType) -> Bool {
        (1...type.maximumLength).contains(location.length)
    }

    private func stay(_ index: Int, _ reason: PackError) {
        if !choice.mustStay[index] { plan.damages.append(reason) }
        choice.keep(index)
    }

    /// Calls `body` with each base of a pack's blocks, and with the block's depth.
    private func forEachBase(
        of index: Int, _ body: (ObjectKey, UInt8) throws(PackError) -> Void
    ) throws(PackError) {
        let pack = living.packs[index]
        for number in 0..<pack.blockCount {
            if number % Self.step == 0 && progress.isCancelled { throw .cancelled }
            let block = try pack.block(number)
            if block.baseCount == 0 { continue }
            for base in try pack.bases(of: block) { try body(base, block.depth) }
        }
    }

    /// Adds an object that nobody needs but a block of `depth`. Its number; nil if no pack has a copy that the block could use.
    private func note(_ base: ObjectKey, below depth: UInt8) throws(PackError) -> Int? {
        for index in living.packs.indices {
            guard let (number, location) = copy(of: base, in: index, below: depth) else { continue }
            _ = try living.add(base, pack: index, number: number, length: location.length, flags: [])
            return try living.find(base)
        }
        return nil
    }

    /// The object's number in a pack, and where it lies; nil if it is not there, or lies too deep. What is damaged is not there.
    private func copy(of key: ObjectKey, in index: Int, below depth: UInt8) -> (number: Int, location: ObjectLocation)?
    {
        let pack = living.packs[index]
        do throws(PackError) {
            guard let number = try pack.index.find(key) else { return nil }
            let location = try pack.index.location(number)
            guard Self.isPossible(location, key.type), try pack.block(location.block).depth < depth else { return nil }
            return (number, location)
        } catch {
            return nil
        }
    }

    // MARK: What is chosen

    private func choose() throws(PackError) {
        choice.begin()
        var weights = try weigh()
        // What goes takes with it what was needed as its bases alone, and so others may have to go.
        while choice.add(by: weights) { weights = try weigh() }
        if let limit = options.sizeLimit { choice.shrink(to: limit, by: weights) }
        if let limit = options.byteLimit { choice.keepLargest(beyond: limit, by: weights) }
        plan.isShortOfRoom = choice.isShortOfRoom
        for index in living.packs.indices where choice.isReplaced[index] {
            if let id = living.packs[index].id { plan.replaced.append(id) }
        }
    }

    /// What of each pack is needed, if those that are not replaced stay with all their blocks: their bases are no dead weight where they are.
    private func weigh() throws(PackError) -> [PackChoice.Weight] {
        var needed = shares
        var counted: Set<Int> = []
        for index in living.packs.indices where !choice.isReplaced[index] {
            try forEachBase(of: index) { (base, depth) throws(PackError) in
                var known = try living.find(base)
                if known == nil { known = try note(base, below: depth) }
                // What is living counts already.
                guard let number = known, !living[number].flags.contains(.living), counted.insert(number).inserted
                else { return }
                needed[Int(living[number].pack)].add(try living.location(number))
            }
        }
        var result: [PackChoice.Weight] = []
        for index in living.packs.indices { result.append(try weight(of: index, needed[index])) }
        return result
    }

    private func weight(of index: Int, _ share: Share) throws(PackError) -> PackChoice.Weight {
        let pack = living.packs[index]
        var needed = share.objects * Self.objectRecord
        var all = pack.objectCount * Self.objectRecord
        for number in share.plain.indices where number < pack.blockCount {
            let block = try pack.block(number)
            let length =
                block.storedLength + block.contentsLength + PackFormat.blockRecordLength
                + PackFormat.baseRecordLength * block.baseCount
            all += length
            guard block.plainLength > 0 else { continue }
            needed += length * min(Int(share.plain[number]), block.plainLength) / block.plainLength
        }
        return PackChoice.Weight(needed: UInt64(min(needed, all)), all: UInt64(all))
    }

    // MARK: What becomes of the objects

    /// Says of each object whether it stays where it is or goes along.
    private func settle() throws(PackError) {
        let last = choice.isReplaced.lastIndex(of: false) ?? -1
        for number in 0..<living.count {
            if number % Self.step == 0 && progress.isCancelled { throw .cancelled }
            var object = living[number]
            let pack = Int(object.pack)
            if !choice.isReplaced[pack] {
                object.flags.insert(.kept)
            } else if last > pack, let other = try keptCopy(of: try living.key(number), after: pack) {
                object.pack = UInt32(truncatingIfNeeded: other.pack)
                object.number = UInt32(truncatingIfNeeded: other.number)
                object.length = UInt32(truncatingIfNeeded: other.length)
                object.flags.insert(.kept)
                hasCopies = true
            } else if object.flags.contains(.living) {
                object.flags.insert(.moved)
            }
            living[number] = object
        }
    }

    private func keptCopy(of key: ObjectKey, after pack: Int) throws(PackError) -> (
        pack: Int, number: Int, length: Int
    )? {
        for index in living.packs.indices where index > pack && !choice.isReplaced[index] {
            if let (number, location) = copy(of: key, in: index, below: .max) {
                return (index, number, location.length)
            }
        }
        return nil
    }

    /// Objects that stay, and have a copy in a pack that goes, are right where they stay; else they go along.
    private func checkCopies(_ packs: PackSet) throws(PackError) {
        var doubtful: [UInt32] = []
        for index in living.packs.indices where choice.isReplaced[index] {
            let pack = living.packs[index]
            for number in 0..<pack.objectCount {
                if number % Self.step == 0 && progress.isCancelled { throw .cancelled }
                guard let (key, _) = try pack.object(at: number), let known = try living.find(key),
                    living[known].flags.contains(.kept)
                else { continue }
                let location = try living.location(known)
                living[known].block = UInt32(truncatingIfNeeded: location.block)
                living[known].end = UInt32(truncatingIfNeeded: location.offset + location.length)
                doubtful.append(UInt32(truncatingIfNeeded: known))
            }
        }
        // A block is read once.
        doubtful.sort { a, b in
            let x = living[Int(a)]
            let y = living[Int(b)]
            return (x.pack, x.block, x.end) < (y.pack, y.block, y.end)
        }
        let reader = ObjectReader(packs)
        let hasher = ObjectHasher()
        for number in doubtful {
            if progress.isCancelled { throw .cancelled }
            if isRight(Int(number), reader, hasher) { continue }
            // It may be the base of something that stays, and only the wrong copy is as little deep.
            living[Int(number)].flags.remove(.kept)
            living[Int(number)].flags.formUnion([.moved, .pinned])
        }
    }

    private func isRight(_ number: Int, _ reader: ObjectReader, _ hasher: ObjectHasher) -> Bool {
        do throws(PackError) {
            let key = try living.key(number)
            let location = try living.location(number)
            let plain = try reader.plain(living.packs[Int(living[number].pack)], location.block)
            let end = location.offset + location.length
            guard end <= plain.count else { return false }
            return plain.withBytes(in: location.offset..<end) { hasher.id(key.type, $0) } == key.id
        } catch {
            return false
        }
    }

    /// Each base of a pack that stays has a copy that stays, and is not too deep; else it is written anew.
    private func pinBases(of index: Int) throws(PackError) {
        if plan.replaced.isEmpty { return }
        try forEachBase(of: index) { (base, depth) throws(PackError) in
            for other in living.packs.indices where !choice.isReplaced[other] {
                if copy(of: base, in: other, below: depth) != nil { return }
            }
            var known = try living.find(base)
            if known == nil { known = try note(base, below: depth) }
            // A base that nobody has is missing already.
            guard let number = known else { return }
            living[number].flags.remove(.kept)
            living[number].flags.formUnion([.moved, .pinned])
        }
    }
}
