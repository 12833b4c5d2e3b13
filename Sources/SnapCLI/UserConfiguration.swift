// Where the settings of the system and of the user are, and what they say before a command runs.
//
// They are read only when something depends on them: a name that is no command, a text for a terminal. A take never pays for it but with
// the two opens that its own settings cost.

import SnapStore
import SnapSystem

enum UserConfiguration {
    static let systemFile = Array("/etc/snap/config".utf8)

    /// The files that the environment says (XDG Base Directory Specification: a path that is not absolute is not used).
    static func located(by environment: (String) -> [UInt8]?) -> ConfigurationFiles {
        func directory(_ variable: String) -> [UInt8]? {
            guard var path = environment(variable), path.first == 0x2F else { return nil }
            while path.last == 0x2F { path.removeLast() }
            return path
        }
        var files = ConfigurationFiles(system: systemFile)
        if let place = directory("XDG_CONFIG_HOME") {
            files.user = place + Array("/snap/config".utf8)
        } else if let home = directory("HOME") {
            files.user = home + Array("/.config/snap/config".utf8)
        }
        return files
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
