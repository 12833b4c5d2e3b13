// Every system call of `init`, of opening a copy and of appending a line fails in turn, once and from then on for ever;
// afterwards everything opens, and nothing is there by halves. In processes of their own, because a fault hits whoever
// calls.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

/// Runs `body` with call 1, 2, 3 … failing until it succeeds, and `check` after each failure with faults off. The
/// number of calls.
private func failingEachCall(
    _ kind: String, prepare: (Int) throws -> Void, _ body: (Int) throws -> Void, check: (Int) throws -> Void
) throws -> Int {
    for number in 1..<5000 {
        try prepare(number)
        guard Faults.arm("\(kind):\(number):5") else { throw StoreBedError(what: "faults are not built in") }
        let result = Result { try body(number) }
        let passed = Faults.passed
        _ = Faults.arm("fail:1000000000:5")
        try check(number)
        if case .success = result, passed < number { return number }
    }
    throw StoreBedError(what: "it never came to an end")
}

/// Ends the process with the failure's text.
private func require(_ condition: Bool, _ what: String) throws {
    if !condition { throw StoreBedError(what: what) }
}

@Suite struct FaultTests {
    @Test func initLeavesNoStoreOrAWholeOne() async {
        await #expect(processExitsWith: .success) {
            let bed = try StoreBed(isFast: true)
            for kind in ["fail", "fail-from"] {
                let calls = try failingEachCall(
                    kind, prepare: { try bed.directory("\(kind)\($0)") }, { try bed.initialize("\(kind)\($0)") },
                    check: { number in
                        let name = "\(kind)\(number)"
                        if bed.exists("\(name)/.snapstore") { _ = try bed.open(name) }
                        try bed.initialize(name)
                        _ = try bed.open(name).list()
                        try require(bed.names(name) == [".snapstore"], "leftovers after call \(number)")
                    })
                try require(calls > 50, "too few calls")
            }
        }
    }

    @Test func initElsewhereLeavesNoStoreOrAWholeOneAndNoRoomThatNobodyUses() async {
        await #expect(processExitsWith: .success) {
            let bed = try StoreBed(isFast: true)
            for kind in ["fail", "fail-from"] {
                _ = try failingEachCall(
                    kind, prepare: { try bed.directory("\(kind)\($0)/w") },
                    { try bed.initialize("\(kind)\($0)/w", store: "\(kind)\($0)/s") },
                    check: { number in
                        let name = "\(kind)\(number)"
                        if bed.exists("\(name)/w/.snapstore") { _ = try bed.open("\(name)/w") }
                        try bed.initialize("\(name)/w", store: "\(name)/s")
                        let opened = try bed.open("\(name)/w")
                        try require(bed.names("\(name)/w") == [".snapstore"], "leftovers after call \(number)")
                        try require(opened.layout.roomIDs() == [opened.id], "rooms after call \(number)")
                    })
            }
        }
    }

    @Test(arguments: [0, 1]) func aCopyIsMadeOnce(_ form: Int) async {
        // A closure for a process takes nothing along.
        if form == 0 {
            await #expect(processExitsWith: .success) { try copyUnderFaults(store: nil) }
        } else {
            await #expect(processExitsWith: .success) { try copyUnderFaults(store: "s") }
        }
    }

    @Test func aLineIsThereOrNot() async {
        await #expect(processExitsWith: .success) {
            let bed = try StoreBed(isFast: true)
            for kind in ["fail", "fail-from"] {
                try bed.initialize(kind)
                let directory = try bed.open(kind)
                var acknowledged: [ObjectID] = []
                _ = try failingEachCall(
                    kind, prepare: { _ in },
                    { number in
                        let id = someID(UInt8(number & 0x7F) | 0x80)
                        try directory.append(someEvent(.take, id))
                        acknowledged.append(id)
                    },
                    check: { number in
                        let contents = try directory.room.timeline.read()
                        let found = contents.events.compactMap(\.new)
                        // Where all later calls fail too, a line may stay whose sync failed.
                        let isRight = kind == "fail" ? found == acknowledged : Set(found).isSuperset(of: acknowledged)
                        try require(isRight && contents.damagedLines.isEmpty, "after call \(number)")
                        let id = someID(UInt8(number & 0x7F))
                        try directory.append(someEvent(.take, id))
                        acknowledged.append(id)
                        try require(directory.room.timeline.head() == id, "head after call \(number)")
                    })
            }
        }
    }
}

private func copyUnderFaults(store: String?) throws {
    let bed = try StoreBed(isFast: true)
    for kind in ["fail", "fail-from"] {
        _ = try failingEachCall(
            kind,
            prepare: { number in
                let name = "\(kind)\(number)"
                try bed.initialize("\(name)/a", store: store.map { "\(name)/\($0)" })
                try bed.open("\(name)/a").append(someEvent(.take, someID(1)))
                try bed.shell("cp -a \(name)/a \(name)/b")
            }, { _ = try bed.open("\(kind)\($0)/b") },
            check: { number in
                let name = "\(kind)\(number)"
                let (original, copy) = (try bed.open("\(name)/a"), try bed.open("\(name)/b"))
                try require(original.id != copy.id, "ids after call \(number)")
                try require(original.notes.isEmpty, "the original became a copy after call \(number)")
                try require(copy.list().map(\.id) == [someID(1)], "timeline after call \(number)")
                try require(copy.layout.roomIDs().count == 2, "rooms after call \(number)")
                try require(!bed.exists("\(name)/b/.snapstore/id.new"), "pending id after call \(number)")
                let rooms = try bed.names(
                    store.map { "\(name)/\($0)/directories" } ?? "\(name)/b/.snapstore/directories")
                try require(rooms.count == 2, "leftovers after call \(number): \(rooms)")
            })
    }
}
