// A set of object keys for one take: about 41 bytes a key instead of the 70 of Swift's Set.
//
// Keys lie densely in the order they came; the table has only their numbers.

package struct ObjectKeySet {
    private var ids: [ObjectID] = []
    private var types: [UInt8] = []
    /// Number of the key plus one; 0 is free. The count is a power of two.
    private var slots = [UInt32](repeating: 0, count: 64)

    package init() {}

    package var count: Int { ids.count }

    /// Adds `key`; false if it was there.
    package mutating func insert(_ key: ObjectKey) -> Bool {
        // At most three quarters full.
        if (ids.count + 1) * 4 > slots.count * 3 { grow() }
        let slot = place(of: key)
        if slots[slot] != 0 { return false }
        ids.append(key.id)
        types.append(key.type.rawValue)
        slots[slot] = UInt32(truncatingIfNeeded: ids.count)
        return true
    }

    package func contains(_ key: ObjectKey) -> Bool {
        slots[place(of: key)] != 0
    }

    /// The slot of the key, or the free one where it belongs.
    private func place(of key: ObjectKey) -> Int {
        let mask = slots.count - 1
        var slot = Self.spread(key.id) & mask
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if ids[number] == key.id && types[number] == key.type.rawValue { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    /// Ids are uniform already; this only keeps a few chosen ones from all meeting in one place.
    @inline(__always)
    private static func spread(_ id: ObjectID) -> Int {
        Int(truncatingIfNeeded: ((id.words.0 ^ id.words.1) &* 0x9E37_79B9_7F4A_7C15) >> 24)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, id) in ids.enumerated() {
            var slot = Self.spread(id) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(truncatingIfNeeded: number + 1)
        }
    }
}
