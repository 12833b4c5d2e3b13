// What `snap doctor` looks at outside of any store: the program itself, the shell, the limits of the process.

import SnapStore
import SnapSystem

struct Surroundings: Sendable, Equatable {
    /// The program that runs now; nil: nobody knows where it lies.
    var executable: [UInt8]?
    /// What a shell runs for `snap`, and whether that is this program; nil if it finds none.
    var found: [UInt8]?
    var isFoundThis = false
    /// The name of the user's shell; nil if that is not known.
    var shell: String?
    /// Where completions for it are installed; nil if they are in none of the usual places.
    var completions: [UInt8]?
    /// nil: there is no limit, or nobody knows.
    var openFileLimit: UInt64?
    var stackLimit: UInt64?

    init() {}

    /// As they are now.
    static func read() -> Surroundings {
        var result = Surroundings()
        result.executable = Process.executable
        result.found = Process.program(named: "snap")
        if let found = result.found, let executable = result.executable {
            result.isFoundThis = (try? Process.realPath(found)) == executable
        }
        if let shell = Process.environment("SHELL"), let name = shell.split(separator: 0x2F).last {
            result.shell = String(decoding: name, as: UTF8.self)
        }
        let places = completionPlaces(
            for: result.shell ?? "", executable: result.executable, environment: { Process.environment($0) })
        result.completions = places.first { Process.hasFile($0) }
        result.openFileLimit = Process.openFileLimit
        result.stackLimit = Process.stackLimit
        return result
    }

    /// Where completions for a shell usually lie: the user's place first, then beside the program, then the system's. None for other shells.
    static func completionPlaces(
        for shell: String, executable: [UInt8]?, environment: (String) -> [UInt8]?
    ) -> [[UInt8]] {
        let data = UserConfiguration.baseDirectory("XDG_DATA_HOME", orHome: "/.local/share", by: environment)
        let configuration = UserConfiguration.baseDirectory("XDG_CONFIG_HOME", orHome: "/.config", by: environment)
        var shares = ["/usr/local/share", "/usr/share"].map { Array($0.utf8) }
        if let executable, let share = shareBeside(executable), !shares.contains(share) { shares.insert(share, at: 0) }
        var places: [[UInt8]] = []
        switch CompletionShell(rawValue: shell) {
        case .bash?:
            for share in [data].compactMap({ $0 }) + shares {
                places.append(share + Array("/bash-completion/completions/snap".utf8))
            }
            places.append(Array("/etc/bash_completion.d/snap".utf8))
        case .zsh?:
            let functions = environment("FPATH") ?? []
            for place in functions.split(separator: 0x3A) { places.append(Array(place) + name("_snap")) }
            for share in [data].compactMap({ $0 }) + shares {
                places.append(share + Array("/zsh/site-functions/_snap".utf8))
            }
            places.append(Array("/usr/share/zsh/vendor-completions/_snap".utf8))
        case .fish?:
            if let configuration { places.append(configuration + Array("/fish/completions/snap.fish".utf8)) }
            for share in [data].compactMap({ $0 }) + shares {
                places.append(share + Array("/fish/vendor_completions.d/snap.fish".utf8))
            }
            places.append(Array("/etc/fish/completions/snap.fish".utf8))
        case nil: break
        }
        return places
    }

    private static func name(_ text: String) -> [UInt8] { [0x2F] + Array(text.utf8) }

    /// `/opt/snap/share` for `/opt/snap/bin/snap`.
    private static func shareBeside(_ executable: [UInt8]) -> [UInt8]? {
        let parts = executable.split(separator: 0x2F)
        guard parts.count >= 3, parts[parts.count - 2].elementsEqual("bin".utf8) else { return nil }
        var place: [UInt8] = []
        for part in parts.dropLast(2) { place += [0x2F] + Array(part) }
        return place + name("share")
    }
}
