// The decision which packs are written anew, by what of each is needed: numbers alone, apart from where they come from.

struct PackChoice {
    /// Of several copies of an object that of the first rank counts: what stays anyway comes first.
    enum Rank: Int {
        /// Written by compaction, and it stays as long as enough of it is living.
        case compacted
        /// Likewise, because there is nothing to gain.
        case incompressible
        case loose
        /// Somebody has begun to remove packs, and some of its blocks cannot be read any more.
        case broken
        /// It came since it was found out what is living, and stays.
        case unknown
    }

    /// What a pack's blocks and their index take, and the part of it that is needed.
    struct Weight {
        var needed: UInt64
        var all: UInt64

        var dead: UInt64 { all > needed ? all - needed : 0 }
        /// Of a thousand.
        var deadShare: UInt64 { all == 0 ? 0 : dead.multipliedReportingOverflow(by: 1000).partialValue / all }
    }

    private let ranks: [Rank]
    private let lengths: [UInt64]
    private(set) var mustStay: [Bool]
    private(set) var isReplaced: [Bool]
    /// They are replaced only for the sake of having fewer.
    private var isForFewer: [Bool]
    /// Something stays as it is only because there is no room to write it anew.
    private(set) var isShortOfRoom = false

    /// A pack is written anew when more than this of it is dead, of a thousand.
    private static let deadShare: UInt64 = 250
    /// Less than this is not worth it, however large the store is.
    private static let leastDeadShare: UInt64 = 10
    /// Packs from this length on are not written anew for the sake of having fewer.
    private static let settledLength: UInt64 = 64 << 20

    init(_ ranks: [Rank], lengths: [UInt64]) {
        self.ranks = ranks
        self.lengths = lengths
        mustStay = ranks.map { $0 == .unknown }
        isReplaced = [Bool](repeating: false, count: ranks.count)
        isForFewer = isReplaced
    }

    /// The pack stays, whatever there is to gain.
    mutating func keep(_ index: Int) {
        mustStay[index] = true
        isReplaced[index] = false
    }

    /// What takes wrote is replaced, and what is broken.
    mutating func begin() {
        for index in ranks.indices {
            isReplaced[index] = !mustStay[index] && (ranks[index] == .loose || ranks[index] == .broken)
            isForFewer[index] = false
        }
    }

    /// Adds packs of which too much is dead, and small ones beside which much is written anew. False if there are none.
    mutating func add(by weights: [Weight]) -> Bool {
        var isChanged = false
        var written: UInt64 = 0
        for index in ranks.indices where !mustStay[index] {
            if !isReplaced[index], weights[index].deadShare > Self.deadShare {
                isReplaced[index] = true
                isChanged = true
            }
            if isReplaced[index] { written = written.addingSaturated(weights[index].needed) }
        }
        for index in sorted(by: { weights[$0].needed < weights[$1].needed }) where mayGo(index) {
            if lengths[index] >= Self.settledLength { continue }
            // Half as much as there is: that is worth having fewer packs.
            if written == 0 || weights[index].needed / 2 > written { break }
            isReplaced[index] = true
            isForFewer[index] = true
            isChanged = true
            written = written.addingSaturated(weights[index].needed)
        }
        return isChanged
    }

    /// Adds packs in which something is dead, those with most of it first, until all packs take no more than `limit`.
    mutating func shrink(to limit: UInt64, by weights: [Weight]) {
        var total: UInt64 = 0
        for index in ranks.indices {
            total = total.addingSaturated(isReplaced[index] ? weights[index].needed : lengths[index])
        }
        for index in sorted(by: { weights[$0].deadShare > weights[$1].deadShare }) where mayGo(index) {
            if total <= limit || weights[index].deadShare < Self.leastDeadShare { break }
            isReplaced[index] = true
            total -= min(weights[index].dead, total)
        }
    }

    /// Leaves the largest as they are, if more than `limit` would be written. What is broken does not stay: a take would
    /// find objects in it that nobody can read.
    mutating func keepLargest(beyond limit: UInt64, by weights: [Weight]) {
        var written: UInt64 = 0
        for index in ranks.indices where isReplaced[index] { written = written.addingSaturated(weights[index].needed) }
        for index in sorted(by: { weights[$0].needed > weights[$1].needed }) where isReplaced[index] {
            if written <= limit { break }
            if ranks[index] == .broken || weights[index].needed == 0 { continue }
            isReplaced[index] = false
            isShortOfRoom = true
            written -= min(weights[index].needed, written)
        }
        // What they were to become one with may stay.
        if isShortOfRoom { for index in ranks.indices where isForFewer[index] { isReplaced[index] = false } }
    }

    private func mayGo(_ index: Int) -> Bool { !isReplaced[index] && !mustStay[index] }

    /// All packs.
    private func sorted(by isBefore: (Int, Int) -> Bool) -> [Int] { ranks.indices.sorted(by: isBefore) }
}
