// What compaction is asked for, and what it answers.

/// How compaction works.
package struct CompactionOptions: Sendable {
    package enum Effort: Sendable {
        /// What was compacted stays as it is until a good part of it is dead, and the new is written against it.
        case usual
        /// Everything that was not yet written so is written anew, as small as can be.
        case most
    }

    package var effort = Effort.usual
    /// What the store's takes are set to: a store that is not to be compressed stays so.
    package var compression = Compression.standard
    package var threads: Int?
    /// At most about so many stored bytes are written anew; nil: as many as are worth it. Packs for which there is no room stay as they are.
    package var byteLimit: UInt64?
    /// So large may all packs be in the end; nil: nobody asked. Where they are larger, less that is dead is left in packs that stay.
    package var sizeLimit: UInt64?

    package init() {}

    /// What blocks are written with.
    var chosenCompression: Compression {
        switch compression {
        case .none: return .none
        case .lz4: return .lz4
        case .zstd(let level):
            let least: Compression = effort == .most ? .compactingFully : .compacting
            if case .zstd(let leastLevel) = least, level > leastLevel { return compression }
            return least
        }
    }

    /// What the new packs say of themselves.
    var features: PackFeatures { effort == .most ? [.compacted, .compactedFully] : [.compacted] }
}

/// What a compaction would do.
package struct CompactionPlan: Sendable, Equatable {
    /// The packs that would be replaced.
    package var replaced: [ObjectID] = []
    /// Packs that stay because they cannot be taken apart, and why.
    package var damages: [PackError] = []
    /// Others would be replaced if there were room to write what is needed of them.
    package var isShortOfRoom = false

    package var isEmpty: Bool { replaced.isEmpty }
}

/// What a compaction did.
package struct CompactionResult: Sendable {
    /// Packs that no living object needs any more, and no block of a pack that stays. They are still there.
    package var replaced: [ObjectID] = []
    /// The new packs, durable and visible.
    package var written: [ObjectID] = []
    /// Packs that stay because something in them cannot be read, and what.
    package var damages: [PackError] = []
    /// Others would have been replaced if there were room to write what is needed of them.
    package var isShortOfRoom = false
    package var objects = 0
    package var blocks = 0
    /// Blocks that have bases.
    package var basedBlocks = 0
    package var plainBytes: UInt64 = 0
    package var storedBytes: UInt64 = 0
}
