// `snap config`: read and write settings. Which there are stands in the library's table of keys; a key or a value that would not be
// accepted when it is read is not written.

import SnapStore
import SnapSystem

enum ConfigCommand {
    static let add = Option.flag("add", "with set: one value more, of a setting that may have several")
    static let showOrigin = Option.flag("show-origin", "with list: whose each is, and its file")
    static let zero = Option.flag(nil, short: "z", "with get and list: end each with a zero byte")
    static let system = Option.flag("system", "the settings of all users, in /etc/snap/config")
    static let user = Option.flag("user", "your own, in ~/.config/snap/config")
    static let store = Option.flag("store", "those of this working directory's store")

    /// What is done with settings.
    enum Verb: String, Sendable, CaseIterable {
        case get, set, unset, list, edit
    }

    static let command = Command(
        name: "config",
        summary: "show and change settings",
        group: .care,
        synopses: [
            "get [options] KEY", "set [--add] [options] KEY VALUE...", "unset [options] KEY [VALUE]",
            "list [--show-origin] [options]", "edit [options]",
        ],
        operands: [
            .choice("ACTION", of: Verb.allCases.map(\.rawValue), "what to do"),
            .optional("KEY", "a setting, such as take.exclude: 'snap help config' has all"),
            .repeated("VALUE", "what to set it to, or which of its values to take away"),
        ],
        options: [add, showOrigin, zero, system, user, store, .json, .quiet],
        discussion: [
            "Settings stand in three files: the system's, the user's and the store's. A later one counts more; of a "
                + "setting that may have several values, all count. get and list show what holds here, unless one of "
                + "the files is named; get also what holds if nothing is set, and ends with status 1 if that is "
                + "nothing.",
            "set, unset and edit change the store's file, or the user's for settings that a store's file cannot "
                + "have; with several VALUEs a setting that may be repeated gets all of them instead of those it had. "
                + "Comments and order stay. edit starts VISUAL, EDITOR or vi on a copy, and takes it over if it can be "
                + "used.",
            "The settings are: \(keyNames). A VALUE that begins with '-' stands behind '--'.",
        ],
        fields: [
            HelpEntry("key", "the setting"),
            HelpEntry("value", "its value (or value_base64)"),
            HelpEntry("level", "system, user, store, or default"),
            HelpEntry("file", "where it is set (or file_base64); absent for a default"),
            HelpEntry("line", "the line there"),
        ],
        examples: [
            Example("snap config set --add take.exclude '*.o'", "leave out object files in this store"),
            Example("snap config set alias.st 'status --short'", "make 'snap st' a command of yours"),
            Example("snap config list --show-origin", "see what is set, and where"),
        ],
        statuses: [HelpEntry("1", "it is not set")],
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: run)

    private static var keyNames: String { ConfigurationKey.all.map(\.name).joined(separator: ", ") }

    // MARK: Meaning

    struct Meaning: Sendable, Equatable {
        var verb: Verb
        /// nil: all of them to read, and which one the key says to write.
        var level: ConfigurationLevel?
        var key = ""
        var values: [[UInt8]] = []
        var isAdding = false
        var hasOrigin = false
        var isZero = false
        var isJSON = false
    }

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        switch meaning.verb {
        case .get: return try get(meaning, session)
        case .set: return try set(meaning, session)
        case .unset: return try unset(meaning, session)
        case .list: return try list(meaning, session)
        case .edit:
            let target = try target(meaning, session)
            return try ConfigurationEdit(target: target, session: session).run()
        }
    }

    // MARK: Reading

    private static func get(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        guard let key = ConfigurationKey.named(meaning.key) else { return .no }
        let found = try settings(meaning.level, session).inForce(key, named: meaning.key)
        for setting in found {
            if meaning.isJSON {
                try session.output.print(json(setting))
            } else {
                try session.output.write(bytes: setting.value + [meaning.isZero ? 0 : 0x0A])
            }
        }
        if !found.isEmpty { return .done }
        guard meaning.level == nil, !key.defaultText.isEmpty else { return .no }
        if meaning.isJSON {
            var line = JSONLine()
            line.set("key", meaning.key)
            line.set("value", key.defaultText)
            line.set("level", "default")
            try session.output.print(line)
        } else {
            try session.output.write(bytes: Array(key.defaultText.utf8) + [meaning.isZero ? 0 : 0x0A])
        }
        return .done
    }

    private static func list(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        for setting in try settings(meaning.level, session).all {
            if meaning.isJSON {
                try session.output.print(json(setting))
            } else {
                try session.output.write(bytes: line(setting, hasOrigin: meaning.hasOrigin, isZero: meaning.isZero))
            }
        }
        return .done
    }

    /// A line as it could stand in a file, perhaps behind where it stands; for programs, key and value as they are.
    static func line(_ setting: ConfigurationSetting, hasOrigin: Bool, isZero: Bool) -> [UInt8] {
        var result: [UInt8] = []
        if hasOrigin {
            result += Array((setting.level.name + ":").utf8)
            result += isZero ? setting.file : Array(quotedPath(setting.file).utf8)
            result.append(isZero ? 0 : 0x09)
        }
        if isZero {
            result += Array(setting.key.utf8)
            result.append(0x0A)
            result += setting.value
            result.append(0)
        } else {
            var file = KeyValueFile()
            file.append(setting.key, setting.value)
            result += file.encoded(checksummed: false)
        }
        return result
    }

    static func json(_ setting: ConfigurationSetting) -> JSONLine {
        var line = JSONLine()
        line.set("key", setting.key)
        line.set("value", path: setting.value)
        line.set("level", setting.level.name)
        line.set("file", path: setting.file)
        line.set("line", UInt64(max(0, setting.line)))
        return line
    }

    /// Those of one file, or all that hold here; where there is no working directory, without a store's. What has no effect is noted.
    private static func settings(
        _ level: ConfigurationLevel?, _ session: Session
    ) throws(Failure) -> ConfigurationSettings {
        var files = UserConfiguration.files
        let found: ConfigurationSettings
        switch level {
        case .store?:
            let directory = try session.workingDirectory(for: .change)
            found = try storing { () throws(StoreError) in try directory.ownSettings() }
        case nil:
            if let directory = try openDirectory(session) {
                found = try storing { () throws(StoreError) in try directory.settings() }
            } else {
                let both = files
                found = try storing { () throws(StoreError) in try ConfigurationSettings.read(both) }
            }
        case .system?, .user?:
            if level == .system { files.user = nil } else { files.system = nil }
            let one = files
            found = try storing { () throws(StoreError) in try ConfigurationSettings.read(one) }
        }
        for note in found.configuration.notes { session.messages.note(note) }
        return found
    }

    /// nil if there is none here; a broken one is an error.
    private static func openDirectory(_ session: Session) throws(Failure) -> WorkingDirectory? {
        do throws(Failure) {
            return try session.workingDirectory(for: .change)
        } catch {
            if case .store(.notAWorkingDirectory) = error { return nil }
            throw error
        }
    }

    // MARK: Writing

    private static func set(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let target = try target(meaning, session)
        let isChanged = try storing { () throws(StoreError) in
            try target.change { text in
                if meaning.isAdding {
                    for value in meaning.values { text.add(meaning.key, value) }
                } else {
                    text.set(meaning.key, meaning.values)
                }
            }
        }
        let place = subject(target.path)
        session.messages.receipt([
            isChanged ? "\(subject(meaning.key)) is set in \(place) now" : "nothing to do: \(place) says so already"
        ])
        return .done
    }

    private static func unset(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let target = try target(meaning, session)
        let isChanged = try storing { () throws(StoreError) in
            try target.change { text in
                if meaning.values.isEmpty { _ = text.remove(meaning.key) }
                for value in meaning.values { _ = text.remove(meaning.key, value: value) }
            }
        }
        let key = subject(meaning.key)
        let place = subject(target.path)
        let receipt: String
        if let value = meaning.values.first {
            receipt = "\(key) \(isChanged ? "no longer has" : "does not have") \(subject(value)) in \(place)"
        } else {
            receipt = "\(key) is \(isChanged ? "no longer" : "not") set in \(place)"
        }
        session.messages.receipt([receipt])
        return isChanged ? .done : .no
    }

    /// The file to change.
    private static func target(_ meaning: Meaning, _ session: Session) throws(Failure) -> ConfigurationTarget {
        let isTrustedOnly = ConfigurationKey.named(meaning.key)?.isTrustedOnly ?? false
        switch meaning.level ?? (isTrustedOnly ? .user : .store) {
        case .store: return ConfigurationTarget(of: try session.workingDirectory(for: .change))
        case .system: return ConfigurationTarget(.system, path: UserConfiguration.systemFile)
        case .user:
            guard let path = UserConfiguration.files.user else { throw .noPlaceForSettings }
            return ConfigurationTarget(.user, path: path)
        }
    }
}

extension ConfigCommand.Meaning {
    private typealias Names = ConfigCommand

    init(_ typed: ParsedArguments) throws(UsageError) {
        verb = ConfigCommand.Verb(rawValue: typed.operandText(0) ?? "") ?? .list
        isAdding = typed.isSet(Names.add)
        hasOrigin = typed.isSet(Names.showOrigin)
        isZero = typed.isSet(Names.zero)
        isJSON = typed.isSet(.json)
        try typed.exclude(Names.system, Names.user)
        try typed.exclude(Names.system, Names.store)
        try typed.exclude(Names.user, Names.store)
        try typed.exclude(Names.zero, .json)
        try typed.exclude(Names.showOrigin, .json)
        let levels: [(Option, ConfigurationLevel)] = [
            (Names.system, .system), (Names.user, .user), (Names.store, .store),
        ]
        for (option, chosen) in levels where typed.isSet(option) { level = chosen }
        if isAdding && verb != .set { throw .requires(option: Names.add.name, other: "set") }
        if hasOrigin && verb != .list { throw .requires(option: Names.showOrigin.name, other: "list") }
        if verb != .get && verb != .list {
            for option in [Names.zero, .json] where typed.isSet(option) {
                throw .exclusive(option.name, verb.rawValue)
            }
        }
        if verb == .list || verb == .edit {
            if typed.operands.count > 1 { throw .extraOperand(typed.operands[1]) }
        } else {
            try readKey(typed)
        }
    }

    private mutating func readKey(_ typed: ParsedArguments) throws(UsageError) {
        guard let key = typed.operandText(1) else { throw .missingOperand("KEY") }
        self.key = key
        values = Array(typed.operands.dropFirst(2))
        guard let row = ConfigurationKey.named(key) else {
            // A key that nobody knows can still be taken out of a file.
            if verb == .unset && values.isEmpty { return }
            throw .unknownSetting(key, suggestions: ConfigurationKey.nearest(to: key))
        }
        switch verb {
        case .set: try checkValues(row)
        case .unset: if values.count > 1 { throw .extraOperand(values[1]) }
        default: if let extra = values.first { throw .extraOperand(extra) }
        }
    }

    private func checkValues(_ row: ConfigurationKey) throws(UsageError) {
        if values.isEmpty { throw .missingOperand("VALUE") }
        if !row.isRepeated {
            if values.count > 1 { throw .extraOperand(values[1]) }
            if isAdding {
                throw .invalidValue(
                    option: "KEY", value: key, reason: "'--add' is for settings that may have several values")
            }
        }
        for value in values {
            guard let problem = row.problem(with: value, for: key) else { continue }
            throw .invalidValue(option: key, value: String(decoding: value, as: UTF8.self), reason: "it " + problem)
        }
        if level == .store && row.isTrustedOnly {
            throw .invalidValue(option: "KEY", value: key, reason: "it has no effect in a store's file")
        }
        let alias = key.hasPrefix(AliasLine.keyPrefix) ? AliasLine.name(ofKey: key) : ""
        if CommandTable.entry(named: alias) != nil {
            throw .invalidValue(option: "KEY", value: key, reason: "no alias hides the command '\(alias)'")
        }
    }
}
