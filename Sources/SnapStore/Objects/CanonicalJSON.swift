// JSON values, and their one canonical spelling (docs/format.md, section 5).
//
// A manifest's id is the hash of its bytes, so equal values must have equal bytes: keys are sorted by their UTF-8 bytes and
// unique by construction, and numbers are integers that every JSON reader holds exactly. Keys are compared as bytes, never as
// Swift Strings, which hold composed and decomposed letters for equal.

package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The largest magnitude of a number: what a double holds exactly.
    package static let integerLimit: Int64 = 1 << 53

    /// A count: a number, or a decimal string if it is too large for one.
    package init(count: UInt64) {
        if count <= UInt64(Self.integerLimit) {
            self = .integer(Int64(count))
        } else {
            self = .string(String(count))
        }
    }

    /// What `init(count:)` made; nil for any other spelling.
    package var count: UInt64? {
        switch self {
        case .integer(let value) where value >= 0:
            return UInt64(value)
        case .string(let text):
            guard let value = UInt64(text), value > UInt64(Self.integerLimit), String(value) == text else { return nil }
            return value
        default:
            return nil
        }
    }

    package func canonicalBytes() -> [UInt8] {
        var result: [UInt8] = []
        append(to: &result)
        return result
    }

    package func append(to buffer: inout [UInt8]) {
        switch self {
        case .null: buffer.append(contentsOf: "null".utf8)
        case .bool(true): buffer.append(contentsOf: "true".utf8)
        case .bool(false): buffer.append(contentsOf: "false".utf8)
        case .integer(let value):
            // Out of range there is no number to write; the format's form for such is a string.
            if value.magnitude <= Self.integerLimit.magnitude {
                buffer.append(contentsOf: String(value).utf8)
            } else {
                appendJSONString(String(value), to: &buffer)
            }
        case .string(let text):
            appendJSONString(text, to: &buffer)
        case .array(let values):
            buffer.append(0x5B)
            for (index, value) in values.enumerated() {
                if index > 0 { buffer.append(0x2C) }
                value.append(to: &buffer)
            }
            buffer.append(0x5D)
        case .object(let object):
            buffer.append(0x7B)
            for (index, member) in object.members.enumerated() {
                if index > 0 { buffer.append(0x2C) }
                appendJSONString(member.key, to: &buffer)
                buffer.append(0x3A)
                member.value.append(to: &buffer)
            }
            buffer.append(0x7D)
        }
    }
}

extension JSONValue: Equatable {
    package static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.string(let a), .string(let b)): bytesEqual(a, b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}

/// An object: members sorted by the UTF-8 bytes of their keys, no key twice.
package struct JSONObject: Equatable, Sendable {
    package struct Member: Sendable {
        package let key: String
        package var value: JSONValue
    }

    package private(set) var members: [Member] = []

    package init() {}

    /// Takes members in any order; throws the key that is there twice.
    init(unsorted members: [Member]) throws(DuplicateKey) {
        self.members = members.sorted { bytesPrecede($0.key, $1.key) }
        for index in self.members.indices.dropFirst() {
            let key = self.members[index].key
            if bytesEqual(key, self.members[index - 1].key) { throw DuplicateKey(key: key) }
        }
    }

    /// The caller knows the members to be sorted and unique.
    init(sorted members: [Member]) {
        self.members = members
    }

    struct DuplicateKey: Error {
        let key: String
    }

    package var isEmpty: Bool { members.isEmpty }

    /// The value under `key`; setting nil removes it.
    package subscript(key: String) -> JSONValue? {
        get {
            let index = lowerBound(key)
            return holds(key, at: index) ? members[index].value : nil
        }
        set {
            let index = lowerBound(key)
            switch (holds(key, at: index), newValue) {
            case (true, let value?): members[index].value = value
            case (false, let value?): members.insert(Member(key: key, value: value), at: index)
            case (true, nil): members.remove(at: index)
            case (false, nil): break
            }
        }
    }

    /// The value under `key`, which is then no longer there.
    package mutating func removeValue(_ key: String) -> JSONValue? {
        let index = lowerBound(key)
        return holds(key, at: index) ? members.remove(at: index).value : nil
    }

    private func holds(_ key: String, at index: Int) -> Bool {
        index < members.count && bytesEqual(members[index].key, key)
    }

    private func lowerBound(_ key: String) -> Int {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if bytesPrecede(members[middle].key, key) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.members.count == b.members.count
            && zip(a.members, b.members).allSatisfy { bytesEqual($0.key, $1.key) && $0.value == $1.value }
    }
}

/// Whether `a` comes before `b` in the order of their UTF-8 bytes.
func bytesPrecede(_ a: String, _ b: String) -> Bool {
    let left = a.utf8.span
    let right = b.utf8.span
    let count = min(left.count, right.count)
    for index in 0..<count where left[index] != right[index] {
        return left[index] < right[index]
    }
    return left.count < right.count
}

/// Whether the UTF-8 bytes are the same.
func bytesEqual(_ a: String, _ b: String) -> Bool {
    let left = a.utf8.span
    let right = b.utf8.span
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] {
        return false
    }
    return true
}

private func appendJSONString(_ text: String, to buffer: inout [UInt8]) {
    buffer.append(0x22)
    let bytes = text.utf8.span
    for index in bytes.indices {
        let byte = bytes[index]
        if byte >= 0x20 && byte != 0x22 && byte != 0x5C {
            buffer.append(byte)
            continue
        }
        buffer.append(0x5C)
        switch byte {
        case 0x22, 0x5C: buffer.append(byte)
        case 0x08: buffer.append(0x62)
        case 0x09: buffer.append(0x74)
        case 0x0A: buffer.append(0x6E)
        case 0x0C: buffer.append(0x66)
        case 0x0D: buffer.append(0x72)
        default:
            buffer.append(contentsOf: "u00".utf8)
            buffer.append(0x30 + (byte >> 4))
            let low = byte & 15
            buffer.append(low < 10 ? 0x30 + low : 0x61 + low - 10)
        }
    }
    buffer.append(0x22)
}
