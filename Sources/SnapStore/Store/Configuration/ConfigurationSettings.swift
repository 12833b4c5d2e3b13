// All settings in force: those of the system, of the user and of a store, one after the other.
//
// A later one replaces an earlier one of the same key; the values of keys that may be repeated add up. So the patterns of all files
// together are the rules of a take, and what its manifest records.

package struct ConfigurationSetting: Sendable, Equatable {
    package let key: String
    package let value: [UInt8]
    package let level: ConfigurationLevel
    /// Absolute.
    package let file: [UInt8]
    /// From 1.
    package let line: Int
}

package struct ConfigurationSettings: Sendable {
    /// What has an effect, in order.
    package private(set) var all: [ConfigurationSetting] = []
    /// The same, as operations use it, with notes on what has none.
    package private(set) var configuration = StoreConfiguration()

    package init() {}

    /// What the files set, and the one of `store`, if there is one. Costs a failed open for each file that is not there.
    package static func read(
        _ files: ConfigurationFiles, store: StoreDirectory? = nil
    ) throws(StoreError) -> ConfigurationSettings {
        var result = ConfigurationSettings()
        if let system = files.system { try result.add(.system, file: system) }
        if let user = files.user { try result.add(.user, file: user) }
        if let store, let content = try store.read(StoreConfiguration.file, limit: StoreDirectory.smallFileLimit) {
            try result.add(content, .store, file: store.path(of: StoreConfiguration.file))
        }
        return result
    }

    /// The settings of `key` in force: all of one that may be repeated, else the last.
    package func inForce(_ key: ConfigurationKey, named name: String) -> [ConfigurationSetting] {
        let found = all.filter { $0.key == name }
        return key.isRepeated ? found : Array(found.suffix(1))
    }

    private mutating func add(_ level: ConfigurationLevel, file: [UInt8]) throws(StoreError) {
        switch try TrustedFile.read(file) {
        case .absent: break
        case .refused(let reason):
            let name = String(decoding: file, as: UTF8.self)
            configuration.notes.append("the settings in '\(name)' are not used: \(reason)")
        case .bytes(let content): try add(content, level, file: file)
        }
    }

    /// Adds what a file's content sets. Throws where a line, or a value, cannot be used.
    package mutating func add(
        _ content: [UInt8], _ level: ConfigurationLevel, file: [UInt8]
    ) throws(StoreError) {
        let name = String(decoding: file, as: UTF8.self)
        let text: ConfigurationText
        do throws(KeyValueError) {
            text = try ConfigurationText(parsing: content)
        } catch {
            throw .invalidConfiguration(file: name, reason: error.reason)
        }
        for (line, entry) in text.entries {
            guard let key = ConfigurationKey.named(entry.key) else {
                configuration.notes.append(Self.note(ofUnknown: entry.key, file: name))
                continue
            }
            if key.isTrustedOnly && !level.isTrusted {
                configuration.notes.append(
                    "the setting '\(entry.key)' in '\(name)' has no effect: it counts in the user's and the system's "
                        + "files only")
                continue
            }
            if let problem = key.apply(entry.key, entry.value, &configuration) {
                throw .invalidConfiguration(file: name, reason: "line \(line): '\(entry.key)' \(problem)")
            }
            all.append(
                ConfigurationSetting(key: entry.key, value: entry.value, level: level, file: file, line: line))
        }
    }

    private static func note(ofUnknown key: String, file: String) -> String {
        let meant = ConfigurationKey.nearest(to: key).map { "'\($0)'" }.joined(separator: " or ")
        return "the setting '\(key)' in '\(file)' is not known and has no effect"
            + (meant.isEmpty ? "" : "; did you mean \(meant)?")
    }
}
