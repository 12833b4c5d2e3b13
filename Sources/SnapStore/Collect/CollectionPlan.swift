// What becomes of each pack where nothing is compacted: one without a live block goes, the others stay as they are.
//
// A pack that stays has all its blocks, the dead ones too, and a take that finds an object in one of them relies on it. So
// the bases of every block that stays must stay: that may make blocks of other packs live, and keep these packs in turn.
// Each round only adds to what is live, so it ends. A dead block that has lost a base must not stay where takes find it:
// of its pack the live blocks are copied, as they are, and the pack goes.
//
// It is made from marks alone, so every pack that it is told of must have been marked: not those that gc has written since.

struct CollectionPlan {
    /// Places of packs that go without anything being copied.
    private(set) var dropped: [Int] = []
    /// Places of packs whose live blocks are copied.
    private(set) var copied: [Int] = []

    /// `leaving`: packs that somebody has begun to remove. Of these only such stay as are whole.
    init(_ marks: PackMarks, leaving: Set<ObjectID> = []) throws(PackError) {
        let wholeness = Wholeness(marks.marks.map(\.pack))
        var settled: Set<Int> = []
        var broken: Set<Int> = []
        var isChanged = true
        while isChanged {
            isChanged = false
            for place in marks.marks.indices where !settled.contains(place) && !broken.contains(place) {
                if marks.marks[place].isDead { continue }
                isChanged = true
                var stays = true
                // Asked first: what a block that cannot be read is made from must not be marked for its sake.
                if leaving.contains(marks.marks[place].id) { stays = try wholeness.isWhole(place) }
                if stays { stays = try Self.keepBases(of: place, marks) }
                if stays { settled.insert(place) } else { broken.insert(place) }
            }
        }
        for (place, mark) in marks.marks.enumerated() {
            if mark.isDead { dropped.append(place) } else if broken.contains(place) { copied.append(place) }
        }
    }

    /// Marks what the dead blocks of a pack are made from. False if one of them lacks something.
    static func keepBases(of place: Int, _ marks: PackMarks) throws(PackError) -> Bool {
        var isWhole = true
        for number in 0..<marks.marks[place].pack.blockCount where !marks.marks[place].live.contains(number) {
            let block = MarkedBlock(pack: place, block: number)
            try marks.markBases(of: block)
            if marks.broken.contains(block) { isWhole = false }
        }
        return isWhole
    }
}
