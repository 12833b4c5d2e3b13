// Whether a snapshot needs an object, asked about every object of every pack.
//
// Mostly the bit in the object's own pack says so. Where that is not set, the object is dead, or the copy that was marked
// lies in another pack; to look it up in all of them would take as many searches as there are packs, for each dead object.
// So a filter answers first: two bits for each needed object, at places that its id gives, among sixteen times as many.
// It is wrong about one dead object in sixty.

/// What is marked must not change while it is used. Used by one thread.
final class NeededObjects {
    private let marks: PackMarks
    private var filter: Bits
    private let mask: UInt64
    /// Questions come pack by pack.
    private var last: (pack: ObjectID, place: Int)?

    /// Places for each needed object, at least.
    private static let room = 16

    /// `withBases`: `mayContain` is asked about what blocks need as their bases as well.
    init(_ marks: PackMarks, withBases: Bool = false) throws(PackError) {
        self.marks = marks
        var count = 0
        for mark in marks.marks {
            count += mark.needed.setCount
            if withBases { count += mark.bases.setCount }
        }
        var length = 1 << 10
        while length < count * Self.room { length *= 2 }
        filter = Bits(count: length)
        mask = UInt64(length - 1)
        for mark in marks.marks {
            try add(mark.needed, of: mark.pack)
            if withBases { try add(mark.bases, of: mark.pack) }
        }
    }

    private func add(_ numbers: Bits, of pack: Pack) throws(PackError) {
        var found = numbers.next(from: 0)
        while let number = found {
            let (first, second) = Self.places(of: try pack.index.id(number), mask)
            _ = filter.insert(first)
            _ = filter.insert(second)
            found = numbers.next(from: number + 1)
        }
    }

    /// False only if no pack has the object marked.
    func mayContain(_ key: ObjectKey) -> Bool {
        let (first, second) = Self.places(of: key.id, mask)
        return filter.contains(first) && filter.contains(second)
    }

    /// `number` is that of the object in the pack, which need not be one that is marked.
    func contains(_ key: ObjectKey, _ pack: ObjectID, _ number: Int) throws(PackError) -> Bool {
        if last?.pack != pack { last = marks.place(of: pack).map { (pack: pack, place: $0) } }
        if let last, marks.marks[last.place].needed.contains(number) { return true }
        guard mayContain(key) else { return false }
        return try marks.isNeeded(key)
    }

    private static func places(of id: ObjectID, _ mask: UInt64) -> (Int, Int) {
        (Int(truncatingIfNeeded: id.words.1 & mask), Int(truncatingIfNeeded: id.words.2 & mask))
    }
}
