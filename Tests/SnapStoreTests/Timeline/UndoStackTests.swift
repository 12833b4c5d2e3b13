// The undo and redo stacks: the table of the design line by line, steps, and lines that do not fit.

import Testing

@testable import SnapStore

private func id(_ letter: Character) -> ObjectID {
    let number = UInt64(letter.asciiValue ?? 0)
    return ObjectID(number, 0, 0, number)
}

private func letters(_ ids: [ObjectID]) -> String {
    String(ids.map { Character(UnicodeScalar(UInt8(truncatingIfNeeded: $0.words.3))) })
}

/// Letters are snapshots; the trees of an upper-case letter and its lower-case one are equal.
private func root(_ snapshot: ObjectID) -> ObjectID { id(Character(letters([snapshot]).uppercased())) }

/// An event as it is written in the tests: `take -A`, `undo SB`, with a message behind it if there is one.
private func event(_ text: String) -> TimelineEvent {
    let words = text.split(separator: " ", maxSplits: 2)
    let states = Array(words[1]).map { $0 == "-" ? nil : id($0) }
    return TimelineEvent(
        time: Timestamp(seconds: 0), old: states[0], new: states[1], event: Event(word: String(words[0])), who: "me",
        message: words.count > 2 ? Text(words[2]) : "")
}

private func contents(_ events: [String]) -> TimelineContents {
    TimelineContents(parsing: events.flatMap { event($0).encoded() })
}

private func stack(_ events: String...) -> UndoStack { stack(events) }

private func stack(_ events: [String]) -> UndoStack {
    UndoStack(replaying: contents(events)) { (id) throws(StoreError) in root(id) }
}

/// Head, undo stack and redo stack, as the design's table has them.
private func state(_ stack: UndoStack) -> String {
    "\(letters(stack.head.map { [$0] } ?? [])) | \(letters(stack.undo)) | \(letters(stack.redo))"
}

private func failure(_ body: () throws(StoreError) -> Void) -> String {
    do throws(StoreError) {
        try body()
        return ""
    } catch {
        switch error {
        case .nothingToUndo(let available): return "undo \(available)"
        case .nothingToRedo(let available): return "redo \(available)"
        case .removedSnapshot(let id): return "removed \(letters([id]))"
        default: return "\(error)"
        }
    }
}

@Suite struct UndoStackTests {
    private static let table = [
        ("take -A", "A |  | "),
        ("take AB", "B | A | "),
        ("safety BS", "S | AB | "),
        ("revert SA", "A | ABS | "),
        ("undo AS", "S | AB | A"),
        ("undo SB", "B | A | AS"),
        ("redo BS", "S | AB | A"),
        ("take SC", "C | ABS | "),
    ]

    @Test(arguments: 1...8) func theTableOfTheDesignHolds(lines: Int) {
        let events = Self.table.prefix(lines).map(\.0)
        #expect(state(stack(events)) == Self.table[lines - 1].1)
    }

    @Test func marksDoNotMoveTheHead() {
        let marks = ["name -A it", "unname A- it", "drop -B", "expire -A", "recover -A", "merge -Z"]
        #expect(state(stack(["take -A", "take AB"] + marks)) == "B | A | ")
    }

    @Test func aRunIsAStep() {
        #expect(state(stack("take -A", "run AB", "undo BA", "run AC")) == "C | A | ")
    }

    @Test func theHeadAndMoreIsNoNewWorkAndNoStep() {
        let before = ["take -A", "take AB", "take BC", "undo CB"]
        #expect(state(stack(before)) == "B | A | C")
        #expect(state(stack(before + ["safety BS"])) == "S | AB | ")
        // The steps on both sides stay, even if what it was taken for does not happen.
        #expect(state(stack(before + ["safety BS the head and more"])) == "S | A | C")
        #expect(state(stack(before + ["safety BS the head and more", "redo SC"])) == "C | AS | ")
        #expect(state(stack(before + ["safety BS the head and more", "undo SA"])) == "A |  | CS")
        #expect(state(stack(before + ["safety BS the head and more", "revert SC"])) == "C | AS | ")
        #expect(state(stack(before + ["take BS the head and more"])) == "S | AB | ")
    }

    @Test func severalStepsAreOneLineAndComeBackOneByOne() throws {
        var events = ["take -A", "take AB", "take BC", "take CD"]
        #expect(letters([try stack(events).target(undo: 3)]) == "A")
        events.append("undo DA")
        #expect(state(stack(events)) == "A |  | DCB")
        #expect(letters([try stack(events).target(redo: 1)]) == "B")
        #expect(letters([try stack(events).target(redo: 3)]) == "D")
        #expect(state(stack(events + ["redo AC"])) == "C | AB | D")
        #expect(state(stack(events + ["redo AD"])) == "D | ABC | ")
    }

    @Test func moreStepsThanThereAre() {
        let stack = stack("take -A", "take AB", "take BC", "undo CB")
        #expect(failure { () throws(StoreError) in _ = try stack.target(undo: 2) } == "undo 1")
        #expect(failure { () throws(StoreError) in _ = try stack.target(redo: 9) } == "redo 1")
        for none in [0, -1, Int.min] {
            #expect(failure { () throws(StoreError) in _ = try stack.target(undo: none) } == "undo 1")
        }
        let empty = UndoStack(replaying: TimelineContents()) { (id) throws(StoreError) in id }
        #expect(failure { () throws(StoreError) in _ = try empty.target(undo: 1) } == "undo 0")
        #expect(failure { () throws(StoreError) in _ = try empty.target(redo: 1) } == "redo 0")
    }

    @Test func statesWithEqualTreesArePassedOver() throws {
        // b and a have the trees of B and A.
        let events = ["take -A", "take AB", "take BC", "take Cb", "take bB", "take BC", "revert Cb"]
        let before = stack(events)
        #expect(letters(before.undo) == "ABCbBC")
        #expect(letters([try before.target(undo: 1)]) == "C")
        #expect(letters([try before.target(undo: 2)]) == "B")
        #expect(letters([try before.target(undo: 3)]) == "C")
        #expect(letters([try before.target(undo: 4)]) == "B")
        #expect(letters([try before.target(undo: 5)]) == "A")
        #expect(failure { () throws(StoreError) in _ = try before.target(undo: 6) } == "undo 5")
        #expect(letters(try before.state().undo) == "CBCBA")

        // The head's own tree is no step, though the snapshot is another.
        let twice = stack("take -A", "take AB", "take Bb")
        #expect(letters([try twice.target(undo: 1)]) == "A")
        let undone = stack("take -A", "take AB", "take Bb", "undo bA")
        #expect(letters(undone.redo) == "bB")
        #expect(letters([try undone.target(redo: 1)]) == "B")
        #expect(try undone.state().redo.count == 1)
    }

    @Test func anUndoReplaysToThePlaceThatWasMeant() throws {
        // Forth and back: each snapshot stands there twice.
        let events = ["take -X", "take XA", "take AB", "revert BA", "revert AB", "revert BA"]
        let before = stack(events)
        #expect(letters(before.undo) == "XABAB")
        for (steps, undo, redo) in [(1, "XABA", "A"), (2, "XAB", "AB"), (3, "XA", "ABA"), (4, "X", "ABAB")] {
            let move = try before.move(undo: steps)
            let line = "undo A\(letters([move.target])) \(move.message)"
            #expect(move.message.isEmpty == (steps <= 2))
            let after = stack(events + [line])
            #expect(letters(after.undo) == undo, "\(steps)")
            #expect(letters(after.redo) == redo, "\(steps)")
            // And redo finds its way back.
            let back = try after.move(redo: steps)
            let again = stack(
                events + [line, "redo \(letters([move.target]))\(letters([back.target])) \(back.message)"])
            #expect(state(again) == state(before), "\(steps)")
        }
    }

    @Test(arguments: ["passing 9", "passing 0", "passing -1", "passing x", "passing 99999999999999999999", "passing "])
    func aMessageThatDoesNotFitIsNotBelieved(message: String) {
        #expect(state(stack("take -A", "take AB", "take BC", "undo CA \(message)")) == "A |  | CB")
    }

    @Test func linesThatDoNotFitLoseNoStep() {
        // A target that is not there, as after an undo in part.
        #expect(state(stack("take -A", "take AB", "undo BP")) == "P | A | B")
        #expect(state(stack("take -A", "take AB", "undo BA", "redo AP")) == "P | A | B")
        // What led from B to C is missing.
        #expect(state(stack("take -A", "take AB", "take CD")) == "D | ABC | ")
        #expect(state(stack("take -A", "take AB", "undo CB")) == "B | A | C")
        #expect(state(stack("take -A", "take AB", "undo BA", "redo CB")) == "B | AC | ")
        // The first lines are missing, or say nothing of before.
        #expect(state(stack("undo BA")) == "A |  | B")
        #expect(state(stack("redo -A")) == "A |  | ")
        #expect(state(stack("take BC")) == "C | B | ")
        #expect(state(stack("take -A", "take -B", "undo -A")) == "A |  | B")
        // To where it is.
        #expect(state(stack("take -A", "undo AA")) == "A |  | A")
        #expect(state(stack("take -A", "take AB", "revert BA", "undo AA")) == "A |  | AB")
    }

    @Test(arguments: UInt64(0)..<40) func noTimelineTrapsAndEveryStepCanBeGone(seed: UInt64) throws {
        var samples = TextSamples(seed: seed)
        let words = ["take", "safety", "revert", "run", "undo", "undo", "redo", "redo"]
        let snapshots = Array("-ABCDabcd")
        var timeline = TimelineContents()
        for _ in 0..<60 {
            var line = words[samples.below(words.count)] + " " + String(snapshots[samples.below(9)])
            line.append(snapshots[1 + samples.below(8)])
            if samples.below(3) == 0 { line += " passing \(samples.below(4))" }
            timeline.append(event(line))
            let stack = UndoStack(replaying: timeline) { (id) throws(StoreError) in root(id) }
            let state = try stack.state()
            for (index, target) in state.undo.enumerated() {
                #expect(try stack.target(undo: index + 1) == target)
                let move = try stack.move(undo: index + 1)
                var next = timeline
                next.append(
                    TimelineEvent(
                        time: Timestamp(seconds: 0), old: stack.head, new: target, event: .undo, who: "me",
                        message: move.message))
                let after = UndoStack(replaying: next) { (id) throws(StoreError) in root(id) }
                // Exactly what was passed went to the other side, and the rest stayed.
                #expect(stack.undo.starts(with: after.undo))
                #expect(stack.undo.count + stack.redo.count + 1 == after.undo.count + after.redo.count + 1)
                #expect(try after.state().undo.count == state.undo.count - index - 1)
            }
        }
    }

    // MARK: What the store is asked

    @Test func noMoreRootsAreAskedForThanNeeded() throws {
        final class Asked { var ids: [ObjectID] = [] }
        let asked = Asked()
        let stack = UndoStack(replaying: contents(["take -A", "take AB", "take BC", "take CD"])) {
            (id) throws(StoreError) in
            asked.ids.append(id)
            return root(id)
        }
        #expect(asked.ids == [])
        _ = try stack.target(undo: 2)
        #expect(letters(asked.ids) == "DCB")
    }

    @Test func aRemovedSnapshotIsAnErrorOnlyWhereItIsTheTarget() throws {
        let timeline = contents(["take -A", "take AB", "take BC", "drop -B"])
        let there = UndoStack(replaying: timeline) { (id) throws(StoreError) in root(id) }
        let gone = UndoStack(replaying: timeline) { (snapshot) throws(StoreError) in
            if snapshot == id("B") { throw .missingObject(type: .manifest, id: snapshot) }
            return root(snapshot)
        }
        for stack in [there, gone] {
            #expect(failure { () throws(StoreError) in _ = try stack.target(undo: 1) } == "removed B")
            #expect(letters([try stack.target(undo: 2)]) == "A")
            #expect(letters(try stack.state().undo) == "BA")
        }
        #expect(letters([try stack("take -A", "take AB", "expire -A", "recover -A").target(undo: 1)]) == "A")
        #expect(
            failure { () throws(StoreError) in
                _ = try stack("take -A", "take AB", "undo BA", "expire -B").target(redo: 1)
            } == "removed B")
    }

    @Test func otherErrorsPassThrough() {
        let stack = UndoStack(replaying: contents(["take -A", "take AB"])) { (_) throws(StoreError) in
            throw .cancelled
        }
        #expect(failure { () throws(StoreError) in _ = try stack.target(undo: 1) } == "cancelled")
    }
}

@Suite struct LogTests {
    @Test func theLogAndTheStepsAreOfTheTimeline() throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        #expect(try fixture.directory.log().isEmpty)
        #expect(try fixture.directory.undoState().undo.isEmpty)

        let first = try fixture.snapshot(try fixture.root([try fixture.file("a", "1")]))
        let again = try fixture.another()
        let same = try again.snapshot(try again.root([try again.file("a", "1")]), message: "the same")
        let last = try fixture.another()
        let second = try last.snapshot(try last.root([try last.file("a", "2")]))
        try fixture.directory.setName("start", to: first, force: false, who: "me")

        let log = try fixture.directory.log()
        #expect(log.map(\.position) == [nil, 0, 1, 2])
        #expect(log.map(\.event.event) == [.name, .take, .take, .take])
        #expect(log.map(\.event.new) == [first, second, same, first])
        let state = try fixture.directory.undoState()
        #expect(state.undo == [same])
        #expect(state.redo == [])
        #expect(try fixture.directory.undoStack(fixture.directory.room.timeline.read()).undo == [first, same])
    }
}
