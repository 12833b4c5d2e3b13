// One object on one line, for `--json`. Keys are sorted, as in manifests, so that equal results are equal lines.

import SnapStore

/// An object that is built field by field.
struct JSONLine {
    private(set) var object = JSONObject()

    init() {}

    init(_ object: JSONObject) {
        self.object = object
    }

    /// A path, and what was the matter with it.
    init(path: [UInt8], reason: String) {
        set("path", path: path)
        set("reason", reason)
    }

    mutating func set(_ key: String, _ text: String) {
        object[key] = .string(text)
    }

    mutating func set(_ key: String, _ value: Bool) {
        object[key] = .bool(value)
    }

    /// A count; beyond 2^53 it becomes a string, as everywhere in snap.
    mutating func set(_ key: String, _ count: UInt64) {
        object[key] = JSONValue(count: count)
    }

    mutating func set(_ key: String, _ texts: [String]) {
        object[key] = .array(texts.map { .string($0) })
    }

    mutating func set(_ key: String, _ lines: [JSONLine]) {
        object[key] = .array(lines.map { .object($0.object) })
    }

    /// A path, under `key` if it is UTF-8, else under `key` with `_base64` behind it.
    mutating func set(_ key: String, path: [UInt8]) {
        if let text = Text(bytes: path).string {
            object[key] = .string(text)
        } else {
            object[key + "_base64"] = .string(Base64.encode(path))
        }
    }

    var keys: [String] { object.members.map(\.key) }

    /// The line, with its end.
    var text: String {
        String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self) + "\n"
    }
}
