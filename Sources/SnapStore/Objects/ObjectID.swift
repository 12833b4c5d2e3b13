// Object ids: what names every immutable piece in a store.
//
// An id is a SHA-256 held as four big-endian 64-bit words, so that comparing words compares bytes, and hashing and
// equality need no loop. An id alone does not name an object: the type does too (docs/format.md, section 3).

/// The type of an object. Numbers are those of the format.
public enum ObjectType: UInt8, Sendable, CaseIterable {
    case chunk = 1
    case list = 2
    case tree = 3
    case manifest = 4

    /// What is hashed in front of the object's bytes. A chunk has nothing, so that `sha256sum` prints its id.
    package var hashPrefix: [UInt8] {
        switch self {
        case .chunk: []
        case .list: Array("list\0".utf8)
        case .tree: Array("tree\0".utf8)
        case .manifest: Array("manifest\0".utf8)
        }
    }
}

/// The SHA-256 that, with its type, names an object. Ordered by its bytes.
public struct ObjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var words: (UInt64, UInt64, UInt64, UInt64)

    /// The id whose bytes are the four words, each big-endian.
    package init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        words = (a, b, c, d)
    }

    package static let zero = ObjectID(0, 0, 0, 0)

    /// The id in 32 bytes; nil for another count.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var parts: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() {
            parts[index >> 3] = parts[index >> 3] << 8 | UInt64(byte)
        }
        words = (parts[0], parts[1], parts[2], parts[3])
    }

    /// The id that `text` spells: exactly 64 hexadecimal digits of either case.
    public init?(_ text: some StringProtocol) {
        var parts: [UInt64] = [0, 0, 0, 0]
        var count = 0
        for byte in text.utf8 {
            guard count < 64, let digit = hexadecimalValue(byte) else { return nil }
            parts[count >> 4] = parts[count >> 4] << 4 | UInt64(digit)
            count += 1
        }
        guard count == 64 else { return nil }
        words = (parts[0], parts[1], parts[2], parts[3])
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(32)
        append(to: &result)
        return result
    }

    /// Appends the 32 bytes.
    package func append(to buffer: inout [UInt8]) {
        for word in [words.0, words.1, words.2, words.3] {
            var shift: UInt64 = 64
            while shift > 0 {
                shift -= 8
                buffer.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
    }

    /// The first byte, by which fanout tables are indexed.
    package var firstByte: UInt8 { UInt8(truncatingIfNeeded: words.0 >> 56) }

    /// 64 lower-case hexadecimal digits.
    public var description: String { hexadecimal(bytes) }

    /// The first ten digits, for people.
    public var short: String {
        let digits = String(words.0 >> 24, radix: 16)
        return String(repeating: "0", count: 10 - digits.utf8.count) + digits
    }

    public static func == (a: ObjectID, b: ObjectID) -> Bool {
        a.words == b.words
    }

    public static func < (a: ObjectID, b: ObjectID) -> Bool {
        a.words < b.words
    }

    public func hash(into hasher: inout Hasher) {
        // The bytes are uniform already; one word distinguishes as well as four.
        hasher.combine(words.0)
    }
}

/// An object's full name.
public struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var type: ObjectType
    public var id: ObjectID

    public init(_ type: ObjectType, _ id: ObjectID) {
        self.type = type
        self.id = id
    }

    public var description: String { "\(type) \(id)" }

    public static func < (a: ObjectKey, b: ObjectKey) -> Bool {
        a.type == b.type ? a.id < b.id : a.type.rawValue < b.type.rawValue
    }
}
