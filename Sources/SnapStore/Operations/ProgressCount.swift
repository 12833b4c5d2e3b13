// How far an operation is: what it does now, how much of it is done, and how much there is if that is known.
//
// The library has no clock for this: it tells often, and who listens decides how often that is shown, and measures rates.

/// What an operation does at the moment. A revert does several things one after the other.
public enum ProgressPhase: String, Sendable {
    /// The working directory is looked through; bytes are those read, files those looked at.
    case reading
    /// Content is taken from the store and written.
    case writing
    /// What was written is put in its place; each change counts as a file.
    case applying
    /// Packs are read and compared with their checksums.
    case checking
    /// The trees of snapshots are followed; each entry counts as a file.
    case walking
}

/// How much there will be in all, as far as anybody knows.
public struct ProgressTotal: Sendable, Equatable {
    public var files: UInt64?
    public var bytes: UInt64?

    public init(files: UInt64? = nil, bytes: UInt64? = nil) {
        self.files = files
        self.bytes = bytes
    }
}

/// How far a phase is. Counts grow, and start anew with the next phase.
public struct ProgressCount: Sendable, Equatable {
    public var phase: ProgressPhase
    public var files: UInt64
    public var bytes: UInt64
    /// An estimate where the operation itself is what finds out: a take expects what the last snapshot had.
    public var total: ProgressTotal

    public init(phase: ProgressPhase, files: UInt64, bytes: UInt64, total: ProgressTotal = ProgressTotal()) {
        self.phase = phase
        self.files = files
        self.bytes = bytes
        self.total = total
    }
}

extension Observer {
    /// Whom counts are told; nil if nobody wants them.
    var counter: (@Sendable (ProgressCount) -> Void)? {
        guard wantsCounts, let progress else { return nil }
        return { progress(.counted($0)) }
    }
}
