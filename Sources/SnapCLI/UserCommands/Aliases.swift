// Names that the user gave to command lines: `alias.NAME` in the user's or the system's settings.

import SnapStore
import SnapSystem

struct Aliases {
    private let lines: [String: [UInt8]]
    /// What has to be said of the files that they come from.
    let notes: [String]

    /// Those that the configuration has.
    init(_ configuration: StoreConfiguration) {
        lines = configuration.aliases
        notes = configuration.notes
    }

    /// Every alias with its line, by name, for help.
    static var all: [(name: String, meaning: String)] {
        get throws(Failure) {
            let lines = try UserConfiguration.read().aliases
            return lines.keys.sorted().map { name in
                (name: name, meaning: safeText(String(decoding: lines[name] ?? [], as: UTF8.self)))
            }
        }
    }

    var names: [String] { lines.keys.sorted() }

    /// What `name` stands for; nil if it is no alias.
    func line(_ name: String) -> AliasLine? {
        guard let line = lines[name] else { return nil }
        // It was parsed when it was read.
        return try? AliasLine(parsing: line)
    }
}
