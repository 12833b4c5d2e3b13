// Writes planned blocks into a session, on all cores.
//
// Threads take the blocks one after the other, so that they read and write about where the others do. What a thread needs besides the objects is some thirty-five megabytes, most
// of it the compressor's tables; nothing else grows with the store.

internal import SnapSystem
internal import Synchronization

final class CompactionWriter: Sendable {
    /// What came of it.
    struct Tally: Sendable {
        var objects = 0
        var blocks = 0
        var basedBlocks = 0
        var plainBytes: UInt64 = 0
        var storedBytes: UInt64 = 0
        /// Objects that no copy gives.
        var hurt: [UInt32] = []
        /// Objects that are yet to be written, without bases.
        var left: [UInt32] = []
        var failure: PackError?
    }

    private let packs: PackSet
    private let living: LivingObjects
    private let session: PackSession
    private let compression: Compression
    private let pace: WritingPace?
    private let progress: VerifyProgress
    private let threads: Int
    private let next = Atomic<Int>(0)
    private let tally = Mutex(Tally())

    /// More cores than this take more memory than time is saved.
    private static let mostThreads = 16

    init(
        _ packs: PackSet, _ living: LivingObjects, _ session: PackSession, _ compression: Compression, threads: Int?,
        _ pace: WritingPace?, _ progress: VerifyProgress
    ) {
        self.packs = packs
        self.living = living
        self.session = session
        self.compression = compression
        self.pace = pace
        self.progress = progress
        self.threads = min(max(threads ?? Workers.coreCount, 1), Self.mostThreads)
    }

    /// Writes all blocks of `plan`, once. Objects in the answer's `hurt` and `left` are not written.
    func write(_ plan: BlockPlan) throws(PackError) -> Tally {
        next.store(0, ordering: .relaxed)
        tally.withLock { $0 = Tally() }
        Workers.run(min(threads, max(plan.blocks.count, 1))) { _ in self.work(plan) }
        let result = tally.withLock { $0 }
        if let failure = result.failure { throw failure }
        return result
    }

    private func work(_ plan: BlockPlan) {
        let encoder = BlockEncoder(packs, living, compression)
        while true {
            let number = next.add(1, ordering: .relaxed).oldValue
            guard number < plan.blocks.count, tally.withLock({ $0.failure == nil }) else { return }
            do throws(PackError) {
                if progress.isCancelled { throw PackError.cancelled }
                let outcome = try encoder.encode(plan.blocks[number], of: plan)
                if let block = outcome.block {
                    try session.append(block)
                    try pace?.wrote(block.length, session)
                }
                add(outcome)
            } catch {
                tally.withLock { if $0.failure == nil { $0.failure = error } }
                return
            }
        }
    }

    private func add(_ outcome: BlockEncoder.Outcome) {
        tally.withLock { tally in
            if let block = outcome.block {
                tally.objects += block.objects.count
                tally.blocks += 1
                if !block.bases.isEmpty { tally.basedBlocks += 1 }
                tally.plainBytes &+= UInt64(block.plainLength)
                tally.storedBytes &+= UInt64(block.length)
            }
            tally.hurt += outcome.hurt
            tally.left += outcome.left
        }
        if let block = outcome.block { progress.advance(files: 0, bytes: UInt64(block.plainLength)) }
    }
}
