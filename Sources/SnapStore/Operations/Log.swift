// What happened to a working directory, and how far it can be undone: both from the timeline.

extension WorkingDirectory {
    /// Every event of the timeline, newest first. Reads no pack.
    public func log() throws(StoreError) -> [LogEntry] {
        var position = 0
        return try room.timeline.read().events.reversed().map { event in
            guard event.event.isHead else { return LogEntry(position: nil, event: event) }
            defer { position += 1 }
            return LogEntry(position: position, event: event)
        }
    }

    /// What `undo` and `redo` go to, for each number of steps, as the last event left the directory: unsaved edits are
    /// not looked for. Dropped and expired snapshots are among them. Reads a manifest for each state.
    public func undoState() throws(StoreError) -> UndoState {
        try undoStack(try room.timeline.read()).state()
    }

    package func undoStack(_ contents: TimelineContents) -> UndoStack {
        UndoStack(replaying: contents) { (id) throws(StoreError) in try self.manifest(id).root }
    }
}
