// Checks all packs, by as many threads as there are cores.
//
// At the quick depth a pack's id is computed, which is the hash of its whole index and so stands for every checksum
// in it; only where it differs is the index taken apart to say what is wrong. At the full depth a pack is opened by
// one thread, and its blocks are shared among all, so that a store of one large pack is checked as fast as one of
// many.

internal import SnapSystem

struct PackFindings {
    var damages: [PackDamage] = []
    /// Objects of which no copy can be read.
    var lost: Set<ObjectKey> = []
    var packCount = 0
    var objectCount = 0
    var bytes: UInt64 = 0
}

final class PackCheck: Sendable {
    private enum Job {
        case pack(Pack)
        case blocks(Pack, PackContents, Range<Int>)
    }

    private struct State {
        var next = 0
        var blocks: [Job] = []
        /// Packs being opened, whose blocks are not in the list yet.
        var opening = 0
        var isCancelled = false
        var damages: [PackDamage] = []
        /// Copies that cannot be read, by the pack they are in.
        var bad: [ObjectKey: [ObjectIdentifier]] = [:]
        var bytes: UInt64 = 0
    }

    private static let blocksPerJob = 8

    private let packs: [Pack]
    private let store: PackSet
    private let isFull: Bool
    private let threads: Int
    private let progress: VerifyProgress
    private let state = Monitor(State())

    init(_ packs: [Pack], in store: PackSet, isFull: Bool, threads: Int, _ progress: VerifyProgress) {
        self.packs = packs
        self.store = store
        self.isFull = isFull
        self.threads = threads
        self.progress = progress
    }

    func run() throws(PackError) -> PackFindings {
        Workers.run(isFull ? threads : min(threads, max(packs.count, 1))) { _ in self.work() }
        let state = state.withLock { $0 }
        if state.isCancelled { throw .cancelled }
        var findings = PackFindings()
        findings.damages = state.damages.sorted { ($0.file, $0.block ?? -1) < ($1.file, $1.block ?? -1) }
        findings.packCount = packs.count
        findings.objectCount = packs.reduce(0) { $0 + $1.objectCount }
        findings.bytes = state.bytes
        for (key, places) in state.bad {
            let copies = try store.copies(of: key)
            if copies.allSatisfy({ places.contains(ObjectIdentifier($0.pack)) }) { findings.lost.insert(key) }
        }
        return findings
    }

    private func work() {
        let verifier = PackVerifier(store)
        while let job = next() {
            let before = verifier.bytesRead
            var damages: [PackDamage] = []
            var found: [Job] = []
            let pack: Pack
            switch job {
            case .pack(let opened):
                pack = opened
                (damages, found) = open(pack, verifier)
            case .blocks(let opened, let contents, let range):
                pack = opened
                for number in range { damages += verifier.verifyBlock(pack, number, contents) }
            }
            let bytes = verifier.bytesRead - before
            state.withLock { state in
                if case .pack = job { state.opening -= 1 }
                state.blocks += found
                state.bytes &+= bytes
                state.damages += damages
                for key in damages.flatMap(\.objects) { state.bad[key, default: []].append(ObjectIdentifier(pack)) }
            }
            state.signal()
            progress.advance(files: 0, bytes: bytes)
        }
    }

    private func next() -> Job? {
        let isCancelled = progress.isCancelled
        let answer: Job?? = state.wait { state in
            if isCancelled { state.isCancelled = true }
            if state.isCancelled { return .some(nil) }
            if let job = state.blocks.popLast() { return job }
            if state.next < packs.count {
                state.opening += 1
                state.next += 1
                return .pack(packs[state.next - 1])
            }
            return state.opening == 0 ? .some(nil) : nil
        }
        return answer ?? nil
    }

    /// What is wrong with the pack itself, and its blocks if they are to be checked.
    private func open(_ pack: Pack, _ verifier: PackVerifier) -> (damages: [PackDamage], jobs: [Job]) {
        if !isFull, (try? pack.computeID()) == pack.id {
            state.withLock { $0.bytes &+= UInt64(pack.index.length) }
            return ([], [])
        }
        let (damages, contents) = verifier.verifyStructure(pack)
        guard isFull, let contents else { return (damages, []) }
        // The last is taken first: in this order the file is read from its start.
        let jobs = stride(from: 0, to: pack.blockCount, by: Self.blocksPerJob).reversed().map { first in
            Job.blocks(pack, contents, first..<min(first + Self.blocksPerJob, pack.blockCount))
        }
        return (damages, jobs)
    }
}
