// The objects that compaction works with, in flat memory: about sixty bytes an object, however many there are.
//
// An object is known by a number. Its id stays where it is, in the mapped index of the pack that has it; a table of numbers, with a part of each id's hash, finds it
// again. What the steps of a compaction find out is written beside it: who needs it, where it was met, where it will lie.

/// One object, and what is known about it.
struct LivingObject {
    struct Flags: OptionSet {
        let rawValue: UInt8

        /// Some root leads to it.
        static let living = Flags(rawValue: 1 << 0)
        /// A pack that stays has it.
        static let kept = Flags(rawValue: 1 << 1)
        /// It is written anew.
        static let moved = Flags(rawValue: 1 << 2)
        /// A block of a pack that stays has it as a base, and no other copy could be that: it is written without bases.
        static let pinned = Flags(rawValue: 1 << 3)
        /// The newest snapshot of its directory has it.
        static let newest = Flags(rawValue: 1 << 4)
        /// Others are written against it.
        static let anchor = Flags(rawValue: 1 << 5)
    }

    /// What it is a version of: the path, mostly.
    var lineage: UInt64 = 0
    /// The pack, and the object's number in its index.
    var pack: UInt32
    var number: UInt32
    var length: UInt32
    /// When the walk met it, the newest first; `never` if no snapshot led to it.
    var order: UInt32 = LivingObject.never
    /// In a large file: where, in units of 4 KiB.
    var place: UInt32 = 0
    /// Equal for equal extensions in the high bits, for equal names in all.
    var name: UInt32 = 0
    /// The block it lies in, of its pack or, if it is moved, of those to be written.
    var block: UInt32 = 0
    /// Where in the block's plain bytes it ends.
    var end: UInt32 = 0
    /// The object it is written against.
    var anchor: UInt32 = LivingObject.never
    var type: ObjectType
    var flags: Flags

    static let never = UInt32.max

    var hasAnchor: Bool { anchor != Self.never }
    var isMet: Bool { order != Self.never }
    /// Of a file, and not of what is known about files.
    var isContent: Bool { type == .chunk }
}

/// Filled and changed by one thread; while others read it, nobody changes it.
final class LivingObjects: @unchecked Sendable {
    let packs: [Pack]
    private var objects: [LivingObject] = []
    /// The object's number plus one, and above it half of the key's hash; 0 is free. The length is a power of two.
    private var slots = [UInt64](repeating: 0, count: 1 << 10)

    private static let numberMask: UInt64 = 0xFFFF_FFFF

    init(_ packs: [Pack]) {
        self.packs = packs
    }

    var count: Int { objects.count }

    subscript(_ number: Int) -> LivingObject {
        get { objects[number] }
        set { objects[number] = newValue }
    }

    /// Adds an object that `packs[pack]` has; false if it is known already.
    func add(_ key: ObjectKey, pack: Int, number: Int, length: Int, flags: LivingObject.Flags) throws(PackError) -> Bool
    {
        if (objects.count + 1) * 4 > slots.count * 3 { grow() }
        let fingerprint = Self.fingerprint(key)
        let slot = try slot(of: key, fingerprint)
        if slots[slot] != 0 { return false }
        guard objects.count < Int(UInt32.max) - 1 else {
            throw .unsupported(file: "packs", what: "a compaction of more than \(UInt32.max) objects")
        }
        objects.append(
            LivingObject(
                pack: UInt32(truncatingIfNeeded: pack), number: UInt32(truncatingIfNeeded: number),
                length: UInt32(truncatingIfNeeded: length), type: key.type, flags: flags))
        slots[slot] = fingerprint << 32 | UInt64(objects.count)
        return true
    }

    /// From now on no object is found by its key: the table of keys takes as much as a fourth of all.
    func forgetKeys() { slots = [] }

    /// The object's number; nil if it is not known.
    func find(_ key: ObjectKey) throws(PackError) -> Int? {
        if slots.isEmpty { return nil }
        let slot = try slot(of: key, Self.fingerprint(key))
        let found = slots[slot]
        return found == 0 ? nil : Int(found & Self.numberMask) - 1
    }

    /// The object's full name.
    func key(_ number: Int) throws(PackError) -> ObjectKey {
        let object = objects[number]
        return ObjectKey(object.type, try packs[Int(object.pack)].index.id(Int(object.number)))
    }

    /// Where the object lies in its pack.
    func location(_ number: Int) throws(PackError) -> ObjectLocation {
        let object = objects[number]
        return try packs[Int(object.pack)].index.location(Int(object.number))
    }

    /// The slot of the key, or the free one where it belongs.
    private func slot(of key: ObjectKey, _ fingerprint: UInt64) throws(PackError) -> Int {
        let mask = slots.count - 1
        var slot = Int(fingerprint) & mask
        while slots[slot] != 0 {
            let found = slots[slot]
            if found >> 32 == fingerprint, try self.key(Int(found & Self.numberMask) - 1) == key { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    /// 32 bits of what tells keys apart.
    private static func fingerprint(_ key: ObjectKey) -> UInt64 {
        ((key.id.words.0 ^ key.id.words.1 &+ UInt64(key.type.rawValue)) &* 0x9E37_79B9_7F4A_7C15) >> 32
    }

    private func grow() {
        let former = slots
        slots = [UInt64](repeating: 0, count: former.count * 2)
        let mask = slots.count - 1
        for found in former where found != 0 {
            var slot = Int(found >> 32) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = found
        }
    }
}
