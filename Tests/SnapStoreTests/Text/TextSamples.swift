// Random values for the tests of the text forms, from seeds, so that a failure can be had again.

import SnapStore

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
struct TextSamples: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func id() -> ObjectID { ObjectID(next(), next(), next(), next()) }

    /// Mostly plain letters, with everything that must be escaped in between.
    mutating func string() -> String {
        let pieces = [
            "a", "Z", "0", " ", "\"", "\\", "/", "\t", "\n", "\r", "\u{0}", "\u{1f}", "\u{7f}", "é", "e\u{301}", "€",
            "😀", "=", "#", "\u{85}", "\\n", "x",
        ]
        var result = ""
        for _ in 0..<below(12) {
            result += pieces[below(pieces.count)]
        }
        return result
    }

    /// UTF-8, nearly UTF-8, or anything.
    mutating func bytes() -> [UInt8] {
        var result = Array(string().utf8)
        switch below(4) {
        case 0: result = (0..<below(20)).map { _ in UInt8(truncatingIfNeeded: next()) }
        case 1: result.insert([0xFF, 0xC0, 0x80, 0xED, 0xF0][below(5)], at: below(result.count + 1))
        default: break
        }
        return result
    }

    mutating func json(depth: Int = 0) -> JSONValue {
        switch below(depth > 4 ? 4 : 6) {
        case 0: return [.null, .bool(true), .bool(false)][below(3)]
        case 1: return .integer(Int64.random(in: -JSONValue.integerLimit...JSONValue.integerLimit, using: &self))
        case 2: return .integer(Int64(below(100)) - 50)
        case 3: return .string(string())
        case 4: return .array((0..<below(4)).map { _ in json(depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<below(5) {
                object[string()] = json(depth: depth + 1)
            }
            return .object(object)
        }
    }

    mutating func event() -> TimelineEvent {
        let events: [Event] = [
            .take, .safety, .revert, .undo, .redo, .run, .name, .unname, .drop, .expire, .recover, .other("merge-2"),
        ]
        let event = events[below(events.count)]
        return TimelineEvent(
            time: Timestamp(
                seconds: Int64.random(in: Timestamp.earliest.seconds...Timestamp.latest.seconds, using: &self),
                nanoseconds: UInt32(below(1_000_000_000))),
            old: below(3) == 0 ? nil : id(), new: event.isHead || below(3) > 0 ? id() : nil, event: event,
            kind: [nil, .operation, .checkpoint, .milestone][below(4)], who: string(), message: Text(bytes: bytes()))
    }
}

/// Every beginning of `bytes`, and everything that differs in one bit.
func damaged(_ bytes: [UInt8]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for length in bytes.indices {
        result.append(Array(bytes[..<length]))
    }
    for index in bytes.indices {
        for bit in 0..<8 {
            var copy = bytes
            copy[index] ^= 1 << UInt8(bit)
            result.append(copy)
        }
    }
    return result
}
