// A set of object keys for one take, which may meet a key for each of millions of files.
//
// Keys lie densely in the order they came; the table has their numbers and a part of their hash, so that keys that are not
// equal are told apart without looking at them. That takes 50 to 60 bytes a key; of the oldest, which lie in a temporary file if there is
// a place for one and more than a quarter of a million came after them, 11 to 21.

package import SnapSystem

package struct ObjectKeySet {
    /// A segment of keys, each its id and its type.
    private enum Segment {
        case memory([ObjectKey])
        case spilled(at: UInt64)
    }

    private var segments: [Segment] = []
    package private(set) var count = 0
    /// The number of the key plus one, and above it part of the hash; 0 is free. The length is a power of two.
    private var slots = [UInt64](repeating: 0, count: 64)
    private let makeFile: (@Sendable () throws(SystemError) -> SpillFile)?
    private var file: SpillFile?

    /// Keys in a segment.
    private let segmentLength: Int
    private let segmentsInMemory: Int
    /// Of a slot, for the number: more than memory can have.
    private static let numberBits: UInt64 = 36
    private static let numberMask: UInt64 = 1 << numberBits - 1
    private static let keyLength = PackFormat.idLength + 1

    package init() {
        makeFile = nil
        segmentLength = 1 << 12
        segmentsInMemory = .max
    }

    /// The newest `limit` keys stay in memory; the others go to the file that `makeFile` makes when it is needed.
    package init(
        limit: Int, segment: Int = 1 << 14,
        spillingTo makeFile: @escaping @Sendable () throws(SystemError) -> SpillFile
    ) {
        self.makeFile = makeFile
        segmentLength = segment
        segmentsInMemory = max(limit / segment, 1)
    }

    /// Adds `key`; false if it was there.
    package mutating func insert(_ key: ObjectKey) throws(SystemError) -> Bool {
        // At most three quarters full.
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let slot = try place(of: key)
        if slots[slot] != 0 { return false }
        try append(key)
        slots[slot] = Self.fingerprint(key) << Self.numberBits | UInt64(count)
        return true
    }

    package func contains(_ key: ObjectKey) throws(SystemError) -> Bool {
        slots[try place(of: key)] != 0
    }

    private mutating func append(_ key: ObjectKey) throws(SystemError) {
        if count % segmentLength == 0 {
            if segments.count >= segmentsInMemory { try spill(segments.count - segmentsInMemory) }
            segments.append(.memory([]))
            if case .memory(var keys) = segments[segments.count - 1] {
                keys.reserveCapacity(segmentLength)
                segments[segments.count - 1] = .memory(keys)
            }
        }
        let last = segments.count - 1
        guard case .memory(var keys) = segments[last] else { return }
        segments[last] = .spilled(at: 0)
        keys.append(key)
        segments[last] = .memory(keys)
        count += 1
    }

    private mutating func spill(_ index: Int) throws(SystemError) {
        guard let makeFile, case .memory(let keys) = segments[index] else { return }
        let file = if let file { file } else { try makeFile() }
        self.file = file
        let bytes = ByteBuffer(capacity: keys.count * Self.keyLength)
        for key in keys {
            bytes.append(id: key.id)
            bytes.append(integer: key.type.rawValue)
        }
        let offset = try bytes.withBytes { (bytes) throws(SystemError) in try file.append(bytes) }
        segments[index] = .spilled(at: offset)
    }

    /// Whether the key of that number is `key`.
    private func isKey(_ key: ObjectKey, _ number: Int) throws(SystemError) -> Bool {
        switch segments[number / segmentLength] {
        case .memory(let keys): return keys[number % segmentLength] == key
        case .spilled(let start):
            guard let file else { return false }
            let offset = start + UInt64(number % segmentLength * Self.keyLength)
            return try file.read(at: offset, count: Self.keyLength) == key.id.bytes + [key.type.rawValue]
        }
    }

    /// The slot of the key, or the free one where it belongs.
    private func place(of key: ObjectKey) throws(SystemError) -> Int {
        let mask = slots.count - 1
        let fingerprint = Self.fingerprint(key)
        var slot = Self.spread(fingerprint) & mask
        while slots[slot] != 0 {
            let found = slots[slot]
            if found >> Self.numberBits == fingerprint, try isKey(key, Int(found & Self.numberMask) - 1) { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    /// 28 bits of what tells keys apart. Ids are uniform already; this only keeps a few chosen ones from all being alike.
    @inline(__always)
    private static func fingerprint(_ key: ObjectKey) -> UInt64 {
        ((key.id.words.0 ^ key.id.words.1 &+ UInt64(key.type.rawValue)) &* 0x9E37_79B9_7F4A_7C15) >> numberBits
    }

    /// Where a search begins: a table that grows needs nothing but the slots.
    @inline(__always)
    private static func spread(_ fingerprint: UInt64) -> Int {
        Int(truncatingIfNeeded: (fingerprint &* 0xBF58_476D_1CE4_E5B9) >> 20)
    }

    private mutating func grow() {
        let former = slots
        slots = [UInt64](repeating: 0, count: former.count * 2)
        let mask = slots.count - 1
        for found in former where found != 0 {
            var slot = Self.spread(found >> Self.numberBits) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = found
        }
    }
}
