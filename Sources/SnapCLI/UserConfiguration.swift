// Where the settings of the system and of the user are, and what they say before a command runs.
//
// They are read only when something depends on them: a name that is no command, a text for a terminal. A take never pays for it but with
// the two opens that its own settings cost.

import SnapStore
import SnapSystem

enum UserConfiguration {
    static let systemFile = Array("/etc/snap/config".utf8)

    /// The files that the environment says.
    static func located(by environment: (String) -> [UInt8]?) -> ConfigurationFiles {
        let place = baseDirectory("XDG_CONFIG_HOME", orHome: "/.config", by: environment)
        return ConfigurationFiles(system: systemFile, user: place.map { $0 + Array("/snap/config".utf8) })
    }

    /// The directory that a variable names, or else the one at `usual` in HOME; nil if there is neither. A path that is
    /// not absolute is not used (XDG Base Directory Specification).
    static func baseDirectory(
        _ variable: String, orHome usual: String, by environment: (String) -> [UInt8]?
    ) -> [UInt8]? {
        for (name, part) in [(variable, ""), ("HOME", usual)] {
            guard var path = environment(name), path.first == 0x2F else { continue }
            while path.last == 0x2F { path.removeLast() }
            return path + Array(part.utf8)
        }
        return nil
    }

    static var files: ConfigurationFiles { located { Process.environment($0) } }

    /// What both files set. Throws if one cannot be used.
    static func read() throws(Failure) -> StoreConfiguration {
        let found = files
        return try storing { () throws(StoreError) in try ConfigurationSettings.read(found).configuration }
    }

    /// The same for how things look, which a mistake in a file must not stop: then nothing is set. Read once.
    static let forDisplay: StoreConfiguration = (try? read()) ?? StoreConfiguration()
}
