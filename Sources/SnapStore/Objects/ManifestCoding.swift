// Manifests to canonical JSON and back.
//
// Decoding takes each field that it knows out of its object; what is left is unknown and is kept. Encoding puts the known
// fields back. A field that is there with a value that encoding would not write is refused, so that reading a canonical
// manifest and encoding it gives its bytes.

/// Why bytes are not a manifest.
package enum ManifestError: Error, Equatable {
    case json(JSONError)
    case notAnObject
    /// Made by a newer version.
    case newerSchema(Int64)
    case missing(field: String)
    case invalid(field: String)

    package var reason: String {
        switch self {
        case .json(let error): error.reason
        case .notAnObject: "not a JSON object"
        case .newerSchema(let schema): "schema \(schema) is newer than \(Manifest.schema)"
        case .missing(let field): "field '\(field)' is missing"
        case .invalid(let field): "field '\(field)' is not as it must be"
        }
    }
}

extension Manifest {
    /// The canonical bytes, whose hash is the snapshot's id.
    package func encoded() -> [UInt8] {
        var object = unknown
        object["schema"] = .integer(Self.schema)
        object["parents"] = .array(parents.map { .string($0.description) })
        object["directory"] = .string(directory)
        object.set("timeline", timeline)
        object["kind"] = .string(kind.name)
        object["time"] = .string(time.description)
        object["root"] = .string(root.description)
        object["rules"] = .object(rules.encoded())
        object["coverage"] = .object(coverage.encoded())
        object["statistics"] = .object(statistics.encoded())
        object["versions"] = .object(versions.encoded())
        object["component"] = (component?.encoded()).map { .object($0) }
        object["trigger"] = (trigger?.encoded()).map { .object($0) }
        object.set("event", event)
        object.set("action", action)
        object.set("group", group)
        object.set("message", message)
        if !tags.isEmpty {
            object.set("tags", Set(tags).sorted())
        }
        return JSONValue.object(object).canonicalBytes()
    }

    package init(decoding bytes: [UInt8]) throws(ManifestError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .json(error)
        }
        guard case .object(let object) = value else { throw .notAnObject }
        var fields = ManifestFields(object: object, path: "")

        // Before all else: the other fields of a newer schema may be anything.
        guard case .integer(let schema) = try fields.take("schema"), schema >= 1 else {
            throw .invalid(field: "schema")
        }
        guard schema <= Self.schema else { throw .newerSchema(schema) }

        let directory = try fields.required("directory", try fields.string("directory"))
        guard directory.utf8.count == Self.directoryLength,
            directory.utf8.allSatisfy({ lowerCaseHexadecimalValue($0) != nil })
        else { throw .invalid(field: "directory") }
        guard let kind = Kind(name: try fields.required("kind", try fields.string("kind"))) else {
            throw .invalid(field: "kind")
        }
        let timeText = Array(try fields.required("time", try fields.string("time")).utf8)
        guard let time = Timestamp(text: timeText.span) else { throw .invalid(field: "time") }

        self.init(
            directory: directory, timeline: try fields.required("timeline", try fields.text("timeline")), kind: kind,
            time: time, root: try fields.id("root", try fields.take("root")),
            versions: try Versions(fields: try fields.requiredObject("versions")))
        parents = try fields.ids("parents")
        rules = try Rules(fields: try fields.requiredObject("rules"))
        coverage = try Coverage(fields: try fields.requiredObject("coverage"))
        statistics = try Statistics(fields: try fields.requiredObject("statistics"))
        if let part = try fields.object("component") { component = try Component(fields: part) }
        if let part = try fields.object("trigger") { trigger = try Trigger(fields: part) }
        event = try fields.text("event")
        action = try fields.text("action")
        group = try fields.text("group")
        message = try fields.text("message")
        if let texts = try fields.texts("tags") {
            // Absent is the one spelling of none.
            guard !texts.isEmpty, zip(texts, texts.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw .invalid(field: "tags")
            }
            tags = texts
        }
        unknown = fields.object
    }
}

extension Rules {
    fileprivate init(fields original: ManifestFields) throws(ManifestError) {
        var fields = original
        ignoreFiles = try fields.required("ignore_files", try fields.texts("ignore_files"))
        exclude = try fields.required("exclude", try fields.texts("exclude"))
        oneFileSystem = try fields.bool("one_file_system")
        cacheTags = try fields.bool("cache_tags")
        gitignore = try fields.bool("gitignore")
        unknown = fields.object
    }

    /// The canonical bytes, which are equal where the rules are.
    package var canonicalBytes: [UInt8] { JSONValue.object(encoded()).canonicalBytes() }

    fileprivate func encoded() -> JSONObject {
        var object = unknown
        object.set("ignore_files", ignoreFiles)
        object.set("exclude", exclude)
        object["one_file_system"] = .bool(oneFileSystem)
        object["cache_tags"] = .bool(cacheTags)
        object["gitignore"] = .bool(gitignore)
        return object
    }
}

extension Coverage {
    fileprivate init(fields original: ManifestFields) throws(ManifestError) {
        var fields = original
        var reasons = try fields.requiredObject("gaps")
        for reason in GapReason.allCases where reasons.object[reason.name] != nil {
            gaps[reason] = try reasons.count(reason.name)
        }
        unknownGaps = reasons.object
        unknown = fields.object
    }

    fileprivate func encoded() -> JSONObject {
        var object = unknown
        var reasons = unknownGaps
        for (reason, count) in gaps {
            reasons[reason.name] = JSONValue(count: count)
        }
        object["gaps"] = .object(reasons)
        return object
    }
}

extension Statistics {
    // Computed, because a key path constant would not be Sendable.
    private static var keys: [(name: String, path: WritableKeyPath<Statistics, UInt64>)] {
        [
            ("files", \.files), ("directories", \.directories), ("symlinks", \.symlinks), ("others", \.others),
            ("bytes", \.bytes), ("left_out", \.leftOut), ("read_files", \.readFiles), ("read_bytes", \.readBytes),
            ("new_objects", \.newObjects), ("new_bytes", \.newBytes), ("stored_bytes", \.storedBytes),
        ]
    }

    fileprivate init(fields original: ManifestFields) throws(ManifestError) {
        var fields = original
        for key in Self.keys {
            self[keyPath: key.path] = try fields.count(key.name)
        }
        unknown = fields.object
    }

    fileprivate func encoded() -> JSONObject {
        var object = unknown
        for key in Self.keys {
            object[key.name] = JSONValue(count: self[keyPath: key.path])
        }
        return object
    }
}

extension Versions {
    fileprivate init(fields original: ManifestFields) throws(ManifestError) {
        var fields = original
        self.init(snap: try fields.required("snap", try fields.text("snap")), adapter: try fields.text("adapter"))
        unknown = fields.object
    }

    fileprivate func encoded() -> JSONObject {
        var object = unknown
        object.set("snap", snap)
        object.set("adapter", adapter)
        return object
    }
}

extension Component {
    fileprivate init(fields original: ManifestFields) throws(ManifestError) {
        var fields = original
        id = try fields.text("id")
        type = try fields.text("type")
        version = try fields.text("version")
        unknown = fields.object
    }

    fileprivate func encoded() -> JSONObject {
        var object = unknown
        object.set("id", id)
        object.set("type", type)
        object.set("version", version)
        return object
    }
}

extension Trigger {
    fileprivate init(fields original: ManifestFields) throws(ManifestError) {
        var fields = original
        type = try fields.text("type")
        source = try fields.text("source")
        reason = try fields.text("reason")
        unknown = fields.object
    }

    fileprivate func encoded() -> JSONObject {
        var object = unknown
        object.set("type", type)
        object.set("source", source)
        object.set("reason", reason)
        return object
    }
}

private let base64Suffix = "_base64"

extension JSONObject {
    /// Text under `key`, or under `key_base64` if it is not UTF-8.
    fileprivate mutating func set(_ key: String, _ text: Text?) {
        guard let text else { return }
        if let string = text.string {
            self[key] = .string(string)
        } else {
            self[key + base64Suffix] = .string(Base64.encode(text.bytes))
        }
    }

    /// Texts under `key`; if one of them is not UTF-8, all of them under `key_base64`, so that their order is kept.
    fileprivate mutating func set(_ key: String, _ texts: [Text]) {
        let strings = texts.compactMap(\.string)
        if strings.count == texts.count {
            self[key] = .array(strings.map { .string($0) })
        } else {
            self[key + base64Suffix] = .array(texts.map { .string(Base64.encode($0.bytes)) })
        }
    }
}

/// An object whose known fields are taken out one by one.
private struct ManifestFields {
    var object: JSONObject
    /// What stands before a field's name in errors.
    let path: String

    func required<Value>(_ key: String, _ value: Value?) throws(ManifestError) -> Value {
        guard let value else { throw .missing(field: path + key) }
        return value
    }

    mutating func take(_ key: String) throws(ManifestError) -> JSONValue {
        try required(key, object.removeValue(key))
    }

    mutating func string(_ key: String) throws(ManifestError) -> String? {
        guard let value = object.removeValue(key) else { return nil }
        guard case .string(let string) = value else { throw .invalid(field: path + key) }
        return string
    }

    mutating func text(_ key: String) throws(ManifestError) -> Text? {
        let plain = try string(key)
        guard let encoded = try string(key + base64Suffix) else { return plain.map { Text($0) } }
        guard plain == nil, let bytes = Base64.decode(encoded) else { throw .invalid(field: path + key + base64Suffix) }
        return Text(bytes: bytes)
    }

    mutating func texts(_ key: String) throws(ManifestError) -> [Text]? {
        let plain = object.removeValue(key)
        let encoded = object.removeValue(key + base64Suffix)
        guard plain == nil || encoded == nil, let value = plain ?? encoded else {
            if plain == nil { return nil }
            throw .invalid(field: path + key + base64Suffix)
        }
        guard case .array(let elements) = value else { throw .invalid(field: path + key) }
        var result: [Text] = []
        for element in elements {
            guard case .string(let string) = element else { throw .invalid(field: path + key) }
            if plain != nil {
                result.append(Text(string))
            } else if let bytes = Base64.decode(string) {
                result.append(Text(bytes: bytes))
            } else {
                throw .invalid(field: path + key + base64Suffix)
            }
        }
        return result
    }

    mutating func bool(_ key: String) throws(ManifestError) -> Bool {
        guard case .bool(let value) = try take(key) else { throw .invalid(field: path + key) }
        return value
    }

    mutating func count(_ key: String) throws(ManifestError) -> UInt64 {
        guard let count = try take(key).count else { throw .invalid(field: path + key) }
        return count
    }

    func id(_ key: String, _ value: JSONValue) throws(ManifestError) -> ObjectID {
        guard case .string(let string) = value, case let digits = Array(string.utf8),
            let id = ObjectID(lowerCaseDigits: digits.span)
        else { throw .invalid(field: path + key) }
        return id
    }

    mutating func ids(_ key: String) throws(ManifestError) -> [ObjectID] {
        guard case .array(let values) = try take(key) else { throw .invalid(field: path + key) }
        var result: [ObjectID] = []
        for value in values {
            result.append(try id(key, value))
        }
        return result
    }

    mutating func object(_ key: String) throws(ManifestError) -> ManifestFields? {
        guard let value = object.removeValue(key) else { return nil }
        guard case .object(let inner) = value else { throw .invalid(field: path + key) }
        return ManifestFields(object: inner, path: path + key + ".")
    }

    mutating func requiredObject(_ key: String) throws(ManifestError) -> ManifestFields {
        try required(key, try object(key))
    }
}
