// What a revert does, step by step, as the planner found it and the applier carries it out.

internal import SnapSystem

/// One change that is made at once: an entry with all below it.
struct RevertStep {
    enum Kind {
        case create, replace, remove
        /// Mode, owner, time and attributes in place.
        case metadata
    }
    var kind: Kind
    var path: [UInt8]
    /// What is there before; nil for `create`.
    var from: TreeEntry?
    /// What is to be there; nil for `remove`.
    var to: TreeEntry?
    /// Of the files that are written.
    var newBytes: UInt64 = 0

    /// The name of what is staged for a path, and of what comes out in exchange for it. The same in every run.
    static func stagedName(_ path: [UInt8]) -> [UInt8] {
        Array(hexadecimal(Array(sha256(of: unsafe path.span.bytes).bytes.prefix(16))).utf8)
    }
    /// Both snapshots say the same of the path, and only which other paths are the same file differs.
    var isLinkOnly: Bool { kind == .replace && from == to }
    var stagedName: [UInt8] { Self.stagedName(path) }
}

/// A directory that stays, and whose own metadata is set when everything in it is done.
struct DirectoryTouch {
    var path: [UInt8]
    var from: TreeEntry
    var to: TreeEntry
}

/// What there is to do between two snapshots.
struct RevertSteps {
    var steps: [RevertStep] = []
    /// Parents before what is in them.
    var directories: [DirectoryTouch] = []
    var plan: RevertPlan
    /// Bytes of files that are written anew.
    var newBytes: UInt64 { steps.reduce(0) { $0.addingSaturated($1.newBytes) } }
    /// Differences that the target says nothing about.
    var notCovered: UInt64 = 0
    var conflicts: [RevertReport.Left] = []
    var links: [StagedLinks] = []
}

/// Paths that are written and are one file.
struct StagedLinks {
    /// Where that file is already, if it stays.
    var keeper: [UInt8]?
    var paths: [[UInt8]]
    /// What the target says of each of them.
    var entry: TreeEntry?
}

extension RevertStep {
    /// The step back.
    var inverted: RevertStep {
        let kinds: [Kind: Kind] = [.create: .remove, .remove: .create, .replace: .replace, .metadata: .metadata]
        return RevertStep(kind: kinds[kind] ?? kind, path: path, from: to, to: from)
    }
}

extension RevertSteps {
    /// The way back to where this began.
    var inverted: RevertSteps {
        var result = self
        result.steps = steps.map(\.inverted)
        result.directories = directories.map { DirectoryTouch(path: $0.path, from: $0.to, to: $0.from) }
        result.links = []
        return result
    }
}
