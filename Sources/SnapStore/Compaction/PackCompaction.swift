// Compaction: writing anew what takes wrote in a hurry, as small as it gets, and leaving out what is dead.
//
// Takes and readers go on meanwhile. The new packs hold copies of objects that are all still where they were, so at every moment, and after a crash at any, the store holds
// everything; what was written is at worst there twice, and the next compaction finds the second copies dead. The packs that are no longer needed are named to gc, which removes them
// by its own order of steps: what a take under way has built upon them meanwhile is looked at there (`Rescue`).
//
// It is done in two sessions. The first has the blocks without bases and becomes durable and visible; the second has those with bases, each of which is then in a pack that is
// in its place. So no pack is ever adopted, or seen, whose bases are in one that was lost.
//
// Damage stops nothing: a pack of which something cannot be read stays, and everything is planned again without it. What the first session wrote by then counts.

internal import SnapSystem

final class PackCompaction {
    private let packs: PackSet
    private let snapshots: [ObjectID]
    private let options: CompactionOptions
    private let known: Set<ObjectID>?
    private let leaving: Set<ObjectID>
    private let pace: WritingPace?
    private let progress: VerifyProgress
    private let isLiving: LivingQuestion
    /// The new packs that are durable and visible, also after `run` has thrown.
    private(set) var written: [ObjectID] = []

    /// Whether some root leads to an object, which is also told by its pack and its number there; that a block has it as a base need not count.
    typealias LivingQuestion = (_ key: ObjectKey, _ pack: ObjectID, _ number: Int) throws(PackError) -> Bool

    /// `snapshots`: those whose objects are living, of all directories, the newest first; what is only in its grace may stand last. `known`: the packs whose objects `isLiving` is made for.
    /// Others came since: they stay, and nothing in them is judged, nor is it known what they refer to; the caller sees to it that that survives (docs/format.md, section 7). nil: all there
    /// are. `leaving`: packs that somebody has begun to remove; of these only such stay as are whole.
    init(
        _ packs: PackSet, snapshots: [ObjectID], options: CompactionOptions = CompactionOptions(),
        known: Set<ObjectID>? = nil, leaving: Set<ObjectID> = [], pace: WritingPace? = nil,
        observer: Observer = Observer(), isLiving: @escaping LivingQuestion
    ) {
        self.packs = packs
        self.snapshots = snapshots
        self.options = options
        self.known = known
        self.leaving = leaving
        self.pace = pace
        self.isLiving = isLiving
        progress = VerifyProgress(observer)
    }

    /// What there is to do. Nothing is written, and no object is read.
    func plan() throws(PackError) -> CompactionPlan { try select(damaged: []).plan }

    private func select(damaged: Set<ObjectID>) throws(PackError) -> PackSelection {
        try PackSelection(
            packs, options, known: known?.union(written), leaving: leaving, damaged: damaged, progress,
            isLiving: isLiving)
    }

    /// Writes the new packs to `temporary` and makes them visible. The caller holds gc's lock, and removes the packs that the answer names as replaced.
    func run(
        temporary: borrowing FileDescriptor,
        spaceCheck: (@Sendable (_ bytes: Int) throws(PackError) -> Void)? = nil
    ) throws(PackError) -> CompactionResult {
        var result = CompactionResult()
        var damaged: Set<ObjectID> = []
        while true {
            let selection = try select(damaged: damaged)
            let former = written.count
            var hurt: [ObjectKey] = []
            if !selection.plan.isEmpty { hurt = try write(selection, into: temporary, spaceCheck, &result) }
            if hurt.isEmpty {
                // A pack that came out as it was has the id that it had, and is the new one.
                let last = Set(written[former...])
                result.replaced = selection.plan.replaced.filter { !last.contains($0) }
                // What was written before something turned out to be damaged may have been written once more.
                result.written = written.filter { !result.replaced.contains($0) }
                result.damages += selection.plan.damages
                result.isShortOfRoom = selection.plan.isShortOfRoom
                return result
            }
            // The packs of what cannot be read stay, and with them whatever their blocks need.
            let before = damaged.count
            for key in hurt {
                result.damages.append(.unreadable(key, file: "packs", what: "no copy of it can be read"))
                for (pack, _) in try packs.copies(of: key) {
                    if let id = pack.id { damaged.insert(id) }
                }
            }
            guard damaged.count > before else {
                throw .unreadable(hurt[0], file: "packs", what: "no copy of it can be read")
            }
        }
    }

    /// Writes what goes with the replaced packs. Answers the objects that no copy gives; then nothing with bases was written.
    private func write(
        _ selection: PackSelection, into temporary: borrowing FileDescriptor,
        _ spaceCheck: (@Sendable (_ bytes: Int) throws(PackError) -> Void)?, _ result: inout CompactionResult
    ) throws(PackError) -> [ObjectKey] {
        let living = selection.living
        progress.begin(.walking)
        try LineageWalk(packs, living, progress).run(snapshots)
        if case .zstd = options.chosenCompression { try Anchors(living, progress).assign() }
        let layout = BlockLayout(living)
        try layout.lay()
        living.forgetKeys()
        let (plain, based) = (layout.plain, layout.based)
        progress.begin(.writing, total: ProgressTotal(bytes: plain.plainBytes &+ based.plainBytes))
        for plan in [plain, based] where !plan.blocks.isEmpty {
            let session = try PackSession(
                store: packs, temporary: temporary, features: options.features, spaceCheck: spaceCheck)
            do throws(PackError) {
                let writer = CompactionWriter(
                    packs, living, session, options.chosenCompression, threads: options.threads, pace, progress)
                let first = try writer.write(plan)
                var tallies = [first]
                if !first.left.isEmpty { tallies.append(try writer.write(layout.layPlain(first.left))) }
                let hurt = tallies.flatMap(\.hurt)
                if !hurt.isEmpty {
                    session.abort(keepingComplete: false)
                    var keys: [ObjectKey] = []
                    for number in hurt { keys.append(try living.key(Int(number))) }
                    return keys
                }
                written += try session.commit()
                for tally in tallies { result.add(tally) }
            } catch {
                session.abort(keepingComplete: false)
                throw error
            }
        }
        return []
    }
}

extension CompactionResult {
    fileprivate mutating func add(_ tally: CompactionWriter.Tally) {
        objects += tally.objects
        blocks += tally.blocks
        basedBlocks += tally.basedBlocks
        plainBytes &+= tally.plainBytes
        storedBytes &+= tally.storedBytes
    }
}
