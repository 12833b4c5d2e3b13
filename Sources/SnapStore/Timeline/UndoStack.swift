// What undo goes back to and redo forward to: a fold over the timeline's head events, and kept nowhere else.
//
// A take, safety snapshot, revert or run puts the head that it replaces on the undo stack and empties the redo stack. An
// undo takes states off the undo stack down to its target, and puts the head it came from and the states it passed on
// the redo stack; a redo does the same the other way round. So every state that was the head is on one of the stacks,
// until new work empties redo: those states are still snapshots, and `log` shows them.
//
// A safety snapshot that an undo or a redo takes of an unchanged directory, because its target covers what the head did not, is no new work and no step:
// it takes the head's place, for it has all that the head has.
//
// The same snapshot may stand on a stack several times, and a line names only the snapshot. Where the nearest is not
// the one that was meant, the line's message says how many states were passed; without that, `undo 3` would come back
// as `undo 1`. The message is believed only if that very snapshot stands there.
//
// Lines may be missing in between, because they were damaged, or say what cannot have been. Then a state may come to
// stand on a stack once too often, and never once too few: a head that the next line does not know of is pushed, a
// target that is not on its stack takes nothing away.

package struct UndoStack {
    /// Where an undo or redo goes.
    package struct Move: Equatable {
        package var target: ObjectID
        /// What the line's message must be, so that replaying finds the same place; mostly empty.
        package var message: Text
    }

    package private(set) var head: ObjectID?
    /// The nearest last.
    package private(set) var undo: [ObjectID] = []
    /// The nearest last.
    package private(set) var redo: [ObjectID] = []
    /// The message of a safety snapshot that has what the head has, and what the head's rules left out.
    package static let widening = Text("the head and more")
    private let contents: TimelineContents
    private let rootOf: (ObjectID) throws(StoreError) -> ObjectID

    /// `rootOf`: a snapshot's root tree. It is asked when a step is looked for, and for no more states than needed.
    package init(replaying contents: TimelineContents, rootOf: @escaping (ObjectID) throws(StoreError) -> ObjectID) {
        self.contents = contents
        self.rootOf = rootOf
        for event in contents.events where event.event.isHead {
            if let new = event.new { replay(event, to: new) }
        }
    }

    private mutating func replay(_ event: TimelineEvent, to new: ObjectID) {
        if let old = event.old, old != head {
            // What led from one to the other is missing.
            if let head { undo.append(head) }
            head = old
        }
        let passed = Self.passedCount(event.message)
        switch event.event {
        case .undo: Self.move(to: new, passed, from: head, off: &undo, onto: &redo)
        case .redo:
            Self.move(to: new, passed, from: head, off: &redo, onto: &undo)
        case .safety where event.message == Self.widening: break
        default:
            if let head { undo.append(head) }
            redo.removeAll()
        }
        head = new
    }

    private static func move(
        to target: ObjectID, _ passed: Int?, from head: ObjectID?, off source: inout [ObjectID],
        onto destination: inout [ObjectID]
    ) {
        if let head { destination.append(head) }
        var place = source.lastIndex(of: target)
        if let passed, passed < source.count, source[source.count - 1 - passed] == target {
            place = source.count - 1 - passed
        }
        guard let place else { return }
        destination += source[(place + 1)...].reversed()
        source.removeSubrange(place...)
    }

    // MARK: Steps

    /// Where `undo` goes. Throws `nothingToUndo` if there are fewer steps, or `steps` is no number of steps;
    /// `removedSnapshot` if the state was dropped or has expired.
    package func move(undo steps: Int) throws(StoreError) -> Move {
        let found = try self.steps(on: undo, limit: steps)
        guard found.count == steps, let place = found.last else { throw .nothingToUndo(available: found.count) }
        return try move(to: place, of: undo)
    }

    /// Where `redo` goes; likewise.
    package func move(redo steps: Int) throws(StoreError) -> Move {
        let found = try self.steps(on: redo, limit: steps)
        guard found.count == steps, let place = found.last else { throw .nothingToRedo(available: found.count) }
        return try move(to: place, of: redo)
    }

    package func target(undo steps: Int) throws(StoreError) -> ObjectID { try move(undo: steps).target }

    package func target(redo steps: Int) throws(StoreError) -> ObjectID { try move(redo: steps).target }

    /// What each number of steps goes to, removed snapshots included. Asks for the root of every state.
    package func state() throws(StoreError) -> UndoState {
        var state = UndoState()
        state.undo = try steps(on: undo, limit: .max).map { undo[$0] }
        state.redo = try steps(on: redo, limit: .max).map { redo[$0] }
        return state
    }

    private func move(to place: Int, of stack: [ObjectID]) throws(StoreError) -> Move {
        let target = stack[place]
        if contents.isRemoved(target) { throw .removedSnapshot(target) }
        let isNearest = stack.lastIndex(of: target) == place
        return Move(target: target, message: isNearest ? "" : Self.message(passed: stack.count - 1 - place))
    }

    /// Where on the stack the first steps end: `limit` of them, or all if there are fewer or `limit` is not positive.
    /// States with the tree of the one before are passed over: going there would change nothing.
    private func steps(on stack: [ObjectID], limit: Int) throws(StoreError) -> [Int] {
        var found: [Int] = []
        var present = head
        var presentRoot: ObjectID?
        var isPresentAsked = false
        for place in stack.indices.reversed() {
            if found.count == limit, limit > 0 { break }
            let next = stack[place]
            if next == present { continue }
            if !isPresentAsked, let present { presentRoot = try knownRoot(of: present) }
            let root = try knownRoot(of: next)
            isPresentAsked = true
            if let root, root == presentRoot { continue }
            found.append(place)
            (present, presentRoot) = (next, root)
        }
        return found
    }

    /// nil: it cannot be known any more. Such a state is a step of its own, so that it bars nobody's way to what is
    /// behind it.
    private func knownRoot(of id: ObjectID) throws(StoreError) -> ObjectID? {
        do throws(StoreError) {
            return try rootOf(id)
        } catch {
            switch error {
            case .missingObject, .damaged, .unsupported: return nil
            default: throw error
            }
        }
    }

    // MARK: The message

    private static let passing = Array("passing ".utf8)

    private static func message(passed: Int) -> Text { Text(bytes: passing + Array(String(passed).utf8)) }

    private static func passedCount(_ message: Text) -> Int? {
        guard message.bytes.starts(with: passing) else { return nil }
        guard let count = Int(String(decoding: message.bytes.dropFirst(passing.count), as: UTF8.self)), count >= 0
        else { return nil }
        return count
    }
}
