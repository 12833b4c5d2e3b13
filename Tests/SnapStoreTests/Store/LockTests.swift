// Locks keep out whom they must, and nobody else, and go with their holder.

import CSnapSystem
import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct LockTests {
    private func prepare() throws -> (StoreBed, StoreLayout) {
        let bed = try StoreBed()
        try bed.initialize("w")
        return (bed, try bed.open("w").layout)
    }

    @Test func takesShareAndARevertIsAlone() throws {
        let (_, layout) = try prepare()
        let first = try layout.locks.directory("x", exclusive: false)
        let second = try layout.locks.directory("x", exclusive: false, waiting: false)
        #expect(try !canLock { try layout.locks.directory("x", exclusive: true, waiting: false) })
        #expect(try canLock { try layout.locks.directory("y", exclusive: true, waiting: false) })
        second?.release()
        #expect(try !canLock { try layout.locks.directory("x", exclusive: true, waiting: false) })
        first?.release()
        let alone = try layout.locks.directory("x", exclusive: true, waiting: false)
        #expect(try !canLock { try layout.locks.directory("x", exclusive: false, waiting: false) })
        alone?.release()
    }

    @Test func lockFilesAreMadeOnceAndStay() throws {
        let (bed, layout) = try prepare()
        try layout.locks.timeline("x").release()
        let before = try layout.lock.descriptor.facts(of: Array("timeline-x".utf8)).0.inode
        try layout.locks.timeline("x").release()
        #expect(try layout.lock.descriptor.facts(of: Array("timeline-x".utf8)).0.inode == before)
        #expect(try bed.mode("w/.snapstore/lock/timeline-x") == 0o600)
    }

    @Test func oneAtATimeHasATimeline() throws {
        let (_, layout) = try prepare()
        let state = Monitor((inside: 0, most: 0, entered: 0))
        Workers.run(6) { _ in
            for _ in 0..<50 {
                guard let lock = try? layout.locks.timeline("x") else { return }
                state.withLock { state in
                    state.inside += 1
                    state.entered += 1
                    state.most = max(state.most, state.inside)
                }
                state.withLock { $0.inside -= 1 }
                lock.release()
            }
        }
        #expect(state.withLock { $0.most } == 1)
        #expect(state.withLock { $0.entered } == 300)
    }

    @Test func onlyOneCollectsGarbage() throws {
        let (_, layout) = try prepare()
        let first = try layout.locks.gc()
        #expect(try !canLock { try layout.locks.gc() })
        first?.release()
        #expect(try canLock { try layout.locks.gc() })
    }

    @Test func aTakeHoldsTheEpochItStartedUnder() throws {
        let (_, layout) = try prepare()
        #expect(try layout.epoch.read() == 0)
        let old = try layout.epoch.enter()
        #expect(old.epoch == 0)
        #expect(try layout.epoch.raise() == 1)
        let new = try layout.epoch.enter()
        #expect(new.epoch == 1)
        // gc waits for the older one, and not for the newer.
        #expect(try !canLock { try layout.locks.epoch(0, exclusive: true, waiting: false) })
        old.release()
        #expect(try canLock { try layout.locks.epoch(0, exclusive: true, waiting: false) })
        #expect(try !canLock { try layout.locks.epoch(1, exclusive: true, waiting: false) })
        new.release()
    }

    /// gc's order: raise, then wait for the older lock. Then no take may think that the old epoch is still the one.
    @Test func noTakeSlipsInUnderAnEpochThatGCHasLeft() throws {
        let (_, layout) = try prepare()
        let ended = Monitor<UInt64>(0)
        let wrong = Monitor(0)
        Workers.run(5) { number in
            if number == 0 {
                for _ in 0..<60 {
                    guard let epoch = try? layout.epoch.raise(),
                        let lock = try? layout.locks.epoch(epoch - 1, exclusive: true)
                    else { return }
                    ended.withLock { $0 = epoch }
                    lock.release()
                }
            } else {
                for _ in 0..<200 {
                    guard let lock = try? layout.epoch.enter() else { return }
                    // While this is held, gc cannot have ended the epoch.
                    if ended.withLock({ $0 }) > lock.epoch { wrong.withLock { $0 += 1 } }
                    lock.release()
                }
            }
        }
        #expect(wrong.withLock { $0 } == 0)
        #expect(ended.withLock { $0 } == 60)
    }

    /// The same at the one moment that matters: the take has read the epoch and does not have its lock yet.
    @Test func aTakeThatWaitedForGCStartsOver() throws {
        let (_, layout) = try prepare()
        let gc = Monitor<LockBox?>(LockBox(try layout.locks.epoch(0, exclusive: true)))
        let inode = try layout.lock.descriptor.facts(of: Array("epoch-0".utf8)).0.inode
        let entered = Monitor<UInt64?>(nil)
        Workers.run(2) { number in
            guard number == 0 else {
                let epoch = (try? layout.epoch.enter().epoch) ?? .max
                entered.withLock { $0 = epoch }
                return
            }
            while !isWaitedFor(inode), entered.withLock({ $0 }) == nil { sched_yield() }
            _ = try? layout.epoch.raise()
            gc.withLock { $0 = nil }
        }
        #expect(entered.withLock { $0 } == 1)
    }

    @Test(arguments: ["epoch = x\n", "", "epoch = 5\nchecksum = 00000000\n"])
    func aDamagedEpochIsNotTakenForNone(_ content: String) throws {
        let (bed, layout) = try prepare()
        try bed.write(content, "w/.snapstore/epoch")
        #expect(failure { _ = try layout.epoch.read() }?.word == "damaged")
    }
}

/// Whether the lock that `body` asks for is to be had; it is let go at once.
private func canLock(_ body: () throws -> StoreLock?) throws -> Bool {
    guard let lock = try body() else { return false }
    lock.release()
    return true
}

/// A lock that another thread can let go.
private final class LockBox: Sendable {
    private let lock: StoreLock?

    init(_ lock: consuming StoreLock?) { self.lock = lock }
}

/// Whether somebody waits for a lock on the file with this inode.
private func isWaitedFor(_ inode: UInt64) -> Bool {
    let locks = (try? String(contentsOfFile: "/proc/locks", encoding: .utf8)) ?? ""
    return locks.split(separator: "\n").contains { $0.contains("-> FLOCK") && $0.contains(":\(inode) ") }
}
