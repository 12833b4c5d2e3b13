// The public operations that put a working directory back in place.

internal import SnapSystem

extension WorkingDirectory {
    /// What `revert` would do with these options. Nothing is written.
    public func planRevert(to target: ObjectID, _ options: RevertOptions, observer: Observer) throws(StoreError)
        -> RevertPlan
    {
        let operation = RevertOperation(self, options, observer)
        let lock = try operation.lock()
        let plan = try operation.plan(to: target)
        lock.release()
        return plan
    }

    /// Puts the directory back to `target`, wholly or not at all: whatever is there now and differs from the head is taken first, as a safety snapshot.
    ///
    /// Throws with nothing changed, or, once the journal is written, with a revert that `continueRevert` or `abortRevert` ends.
    public func revert(to target: ObjectID, _ options: RevertOptions, observer: Observer) throws(StoreError)
        -> RevertReport
    {
        let operation = RevertOperation(self, options, observer)
        let lock = try operation.lock()
        // A snapshot that lives stays as long as this directory is locked.
        let collection = try keepFromCollection(target, mustBeWhole: !options.isPartial, observer)
        let report = try operation.run(to: target, event: .revert)
        collection?.release()
        lock.release()
        return report
    }

    /// Goes back by `steps` states. What was not taken yet is the first of them.
    public func undo(_ steps: Int, _ options: RevertOptions, observer: Observer) throws(StoreError) -> RevertReport {
        let operation = RevertOperation(self, options, observer)
        let lock = try operation.lock()
        // Where it goes depends on whether there is anything that was not taken; both places are covered by the safety snapshot.
        let before = undoStack(try room.timeline.read())
        var roots: [ObjectID] = []
        for possible in [steps, steps - 1] where possible > 0 {
            if let move = try? before.move(undo: possible) { roots.append(try manifest(move.target).root) }
        }
        if roots.isEmpty && steps != 1 { _ = try before.move(undo: steps) }
        if let head = try room.timeline.head() { roots.append(try manifest(head).root) }
        var isNew = false
        while true {
            var taken = try operation.takeSafety(covering: roots, isDry: false, tellsWidening: true)
            isNew = isNew || taken.report.isNew
            taken.report.isNew = isNew
            let move = try undoStack(try room.timeline.read()).move(undo: steps)
            let root = try manifest(move.target).root
            // With what only the targets cover, the present state may equal the next one: then it goes on, to a state that is not covered yet.
            guard roots.contains(root) else {
                roots.append(root)
                continue
            }
            let report = try operation.run(to: move.target, event: .undo, message: move.message, from: taken)
            lock.release()
            return report
        }
    }

    /// Goes forward again by `steps` states that undo went back. Nothing may have changed since.
    public func redo(_ steps: Int, _ options: RevertOptions, observer: Observer) throws(StoreError) -> RevertReport {
        let operation = RevertOperation(self, options, observer)
        let lock = try operation.lock()
        let move = try undoStack(try room.timeline.read()).move(redo: steps)
        var roots: [ObjectID] = []
        if let head = try room.timeline.head() { roots.append(try manifest(head).root) }
        if try operation.takeSafety(covering: roots, isDry: true).report.isNew { throw .changedSinceUndo }
        roots.append(try manifest(move.target).root)
        let taken = try operation.takeSafety(covering: roots, isDry: false, tellsWidening: true)
        // Changed in this very moment: then what was saved is new work.
        let present = undoStack(try room.timeline.read())
        if !present.redo.contains(move.target) { throw .changedSinceUndo }
        let report = try operation.run(to: move.target, event: .redo, message: move.message, from: taken)
        lock.release()
        return report
    }

    /// Ends an interrupted revert by finishing it.
    public func continueRevert(_ options: RevertOptions, observer: Observer) throws(StoreError) -> RevertReport {
        try RevertOperation(self, options, observer).resume(isBack: false)
    }

    /// Ends an interrupted revert by taking back what it did.
    public func abortRevert(_ options: RevertOptions, observer: Observer) throws(StoreError) -> RevertReport {
        try RevertOperation(self, options, observer).resume(isBack: true)
    }
}
