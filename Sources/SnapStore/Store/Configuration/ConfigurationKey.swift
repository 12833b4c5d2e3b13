// The settings that snap knows, a row each: files are read, values checked, and help is made from this table and nothing else.
//
// A row says where its value goes, so what can be checked can be used, and no key is listed twice. Keys that name programs, or that
// belong to a person and not to a store, are trusted from the system's and the user's files only: who gets a store from
// somebody must not run what its `config` says.

/// A key of the configuration, or a family of keys.
package struct ConfigurationKey: Sendable {
    /// As it stands in a file. Where its last part is in capitals, that stands for a word: `alias.NAME`.
    package let name: String
    /// What help calls the value.
    package let valueName: String
    /// What holds if nothing is set, as it could be written; empty if nothing does.
    package let defaultText: String
    /// What it is for: a phrase without a full stop.
    package let meaning: String
    /// It has no effect in a store's file.
    package let isTrustedOnly: Bool
    /// It may stand several times, and its values add up.
    package let isRepeated: Bool

    /// Takes a value over, given the whole key. What is wrong with it, as "must be …", or nil.
    typealias Application =
        @Sendable (_ name: String, _ value: [UInt8], _ configuration: inout StoreConfiguration)
        -> String?
    let apply: Application

    init(
        _ name: String, _ valueName: String, default defaultText: String, _ meaning: String,
        isTrustedOnly: Bool = false, isRepeated: Bool = false, apply: @escaping Application
    ) {
        self.name = name
        self.valueName = valueName
        self.defaultText = defaultText
        self.meaning = meaning
        self.isTrustedOnly = isTrustedOnly
        self.isRepeated = isRepeated
        self.apply = apply
    }

    /// What is wrong with a value for the key `name`, as "must be …"; nil if it can be used.
    package func problem(with value: [UInt8], for name: String) -> String? {
        var scratch = StoreConfiguration()
        return apply(name, value, &scratch)
    }

    // MARK: Names

    private static let placeholder = "NAME"

    /// Any word may stand for the last part of the name.
    package var isFamily: Bool { name.hasSuffix("." + Self.placeholder) }

    /// What the names of a family begin with, such as `alias.`.
    package var prefix: String { isFamily ? String(name.dropLast(Self.placeholder.utf8.count)) : name }

    /// The row of a key as it stands in a file; nil if there is none.
    package static func named(_ name: String) -> ConfigurationKey? {
        for key in all {
            if !key.isFamily {
                if key.name == name { return key }
            } else if name.hasPrefix(key.prefix), name != key.prefix {
                return key
            }
        }
        return nil
    }

    /// The keys that an unknown one may have been meant to be.
    package static func nearest(to name: String) -> [String] {
        suggestions(for: name, among: all.filter { !$0.isFamily }.map(\.name))
    }

    // MARK: The table

    package static let all: [ConfigurationKey] = takeKeys + storeKeys + keepKeys + userKeys

    private static let takeKeys: [ConfigurationKey] = [
        ConfigurationKey(
            "take.exclude", "PATTERN", default: "", "leave out what matches, in the syntax of ignore files",
            isRepeated: true
        ) { (_, value, configuration) in
            configuration.exclude.append(value)
            return nil
        },
        ConfigurationKey(
            "take.compression", "HOW", default: Compression.standard.description,
            "how new objects are compressed: zstd, zstd:1 to zstd:19, lz4 or none"
        ) { (_, value, configuration) in
            guard let compression = Compression(parsing: ConfigurationValue.text(value)) else {
                return "must be zstd, zstd:1 to zstd:19, lz4 or none"
            }
            configuration.compression = compression
            return nil
        },
        ConfigurationKey(
            "take.one-file-system", "BOOLEAN", default: "false", "leave out other file systems: true or false"
        ) { (_, value, configuration) in
            guard let isOne = ConfigurationValue.boolean(value) else { return "must be true or false" }
            configuration.oneFileSystem = isOne
            return nil
        },
    ]

    private static let storeKeys: [ConfigurationKey] = [
        ConfigurationKey(
            "store.max-size", "SIZE", default: "none",
            "how large a take may make the store: bytes, or a number with K, M, G or T, or none"
        ) { (_, value, configuration) in
            if ConfigurationValue.text(value) == "none" {
                configuration.maximumSize = nil
                return nil
            }
            guard let size = ConfigurationValue.size(value) else {
                return "must be a number of bytes, or one with K, M, G or T, or none"
            }
            configuration.maximumSize = size
            return nil
        },
        ConfigurationKey(
            "store.min-free", "SIZE", default: "auto",
            "what a take leaves free on the file system: a size, a share such as 5%, or auto, the greater of 1G and 2%"
        ) { (_, value, configuration) in
            if ConfigurationValue.text(value) == "auto" {
                configuration.minimumFree = .standard
                return nil
            }
            guard let floor = ConfigurationValue.floor(value) else {
                return "must be a number of bytes, or one with K, M, G or T, or 0% to 100%, or auto"
            }
            configuration.minimumFree = floor
            return nil
        },
    ]

    /// What they mean is retention's own to say; here is only what they are for.
    private static let keepKeys: [ConfigurationKey] = keepRules + keepPeriods

    private static let keepRules: [ConfigurationKey] = [
        keep("last", "N", "gc keeps the newest checkpoints: so many, or 'unlimited'"),
        keep("within", "DURATION", "gc keeps checkpoints that are older than the newest by less than this, such as 7d"),
        keep(
            "tag", "TAG", "gc keeps checkpoints with this tag, or with all of several that commas part",
            isRepeated: true),
        keep("operations", "N", default: "50", "gc keeps so many of the newest operations, such as safety snapshots"),
        keep("operations-within", "DURATION", default: "7d", "gc keeps operations that are younger than this"),
        keep(
            "group-by", "WHAT", default: RetentionGrouping.component.rawValue,
            "what gc applies the rules to, each for itself: component, tag or none"),
    ]

    private static let keepPeriods: [ConfigurationKey] = RetentionPeriod.allCases.flatMap {
        (period) -> [ConfigurationKey] in
        [
            keep(
                period.rawValue, "N",
                "gc keeps the newest checkpoint of each of so many \(period.plural) that have one"),
            keep(
                "within-" + period.rawValue, "DURATION",
                "gc keeps the newest checkpoint of each of the \(period.plural) in this time before the newest"),
        ]
    }

    private static func keep(
        _ name: String, _ valueName: String, default defaultText: String = "", _ meaning: String,
        isRepeated: Bool = false
    ) -> ConfigurationKey {
        ConfigurationKey(
            RetentionRules.keyPrefix + name, valueName, default: defaultText, meaning, isRepeated: isRepeated
        ) { (key, value, configuration) in
            do throws(RetentionRuleError) {
                _ = try configuration.retention.set(key, to: ConfigurationValue.text(value))
                return nil
            } catch {
                return error.requirement
            }
        }
    }

    private static let userKeys: [ConfigurationKey] = [
        ConfigurationKey(
            "pager", "COMMAND", default: "less",
            "a shell's command line that long results are read with, if SNAP_PAGER is not set; an empty one means none",
            isTrustedOnly: true
        ) { (_, value, configuration) in
            guard !value.contains(0) else { return "must not have a zero byte" }
            configuration.pager = value
            return nil
        },
        ConfigurationKey(
            "color", "WHEN", default: ColourChoice.auto.rawValue,
            "when text is coloured: auto, always or never", isTrustedOnly: true
        ) { (_, value, configuration) in
            guard let choice = ColourChoice(rawValue: ConfigurationValue.text(value)) else {
                return "must be auto, always or never"
            }
            configuration.colour = choice
            return nil
        },
        ConfigurationKey(
            "alias.NAME", "LINE", default: "",
            "words that NAME stands for as a command, or behind '!' a shell's command line", isTrustedOnly: true
        ) { (name, value, configuration) in
            let alias = AliasLine.name(ofKey: name)
            guard AliasLine.isName(alias) else {
                return "must name a word without spaces or slashes that does not start with '-'"
            }
            do throws(AliasError) {
                _ = try AliasLine(parsing: value)
            } catch {
                return error.requirement
            }
            configuration.aliases[alias] = value
            return nil
        },
    ]
}
