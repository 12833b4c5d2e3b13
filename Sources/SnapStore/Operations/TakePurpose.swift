// What a take is made for: by itself, or as a part of a revert, an undo or a redo.

/// What a take is for, when it is part of a revert.
struct TakePurpose: Sendable {
    /// take, safety, revert, undo or redo.
    var event = Event.take
    /// Root trees (their ids) whose every path is covered as well, whatever the rules say.
    var covering: [ObjectID] = []
    /// Nothing is recorded: no pack, no line, no stat cache; the trees can be read from the outcome.
    var isDry = false
    /// The line says if the directory is as the head has it, and only the covering trees make a difference.
    var tellsWidening = false
    /// The caller holds the directory's lock alone.
    var hasLock = false
    /// Somebody only wants to know how the directory is: dry, and without a lock, so that it works where nothing can be written and while a revert is unfinished.
    var isLook = false

    /// A part of a revert keeps a state that the user did not ask for by itself.
    var kind: Kind { event == .take ? .checkpoint : .operation }

    /// The free-space floor and the store's limit may stop it. What a revert must keep, only a disk that is really full may stop.
    var isGuarded: Bool { event == .take && !isDry }
}

/// What a take answers to a revert.
struct TakeOutcome {
    /// Of a dry take whose tree differs from the head's: `isNew`, and no id.
    var report: TakeReport
    /// The id of the root tree.
    var rootTree: ObjectID
    /// The clock of files when the walk began: what `Recency` goes by.
    var scanStart: (seconds: Int64, nanoseconds: UInt32)
    /// What a reader of a dry take's trees needs and the store has not: trees, lists, and tables kept beside them. Else empty.
    var overlay: [ObjectKey: [UInt8]]
}

extension WorkingDirectory {
    /// Records the working directory's state, unless nothing has changed.
    ///
    /// Throws `noSpace` and `storeLimit` with nothing recorded, `nothingCovered` if nothing could be read, `cancelled` if the observer says so.
    public func take(_ options: TakeOptions, observer: Observer) throws(StoreError) -> TakeReport {
        try take(options, for: TakePurpose(), observer: observer).report
    }

    /// Records the working directory's state for `purpose`. Throws also if a covering tree cannot be read where it is needed.
    func take(_ options: TakeOptions, for purpose: TakePurpose, observer: Observer) throws(StoreError) -> TakeOutcome {
        try TakeOperation(self, options, purpose, observer).run()
    }
}
