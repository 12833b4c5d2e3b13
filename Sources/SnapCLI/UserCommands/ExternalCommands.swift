// Programs that add commands: `snap foo` is `snap-foo`, where programs are looked for.

import SnapStore
import SnapSystem

enum ExternalCommands {
    private static let prefix = Array("snap-".utf8)

    /// The program for a command's name; nil if there is none.
    static func program(_ name: [UInt8]) -> [UInt8]? {
        guard !name.isEmpty, !name.contains(0x2F), !name.contains(0) else { return nil }
        for directory in Process.programDirectories {
            let path = directory + [0x2F] + prefix + name
            if Process.isProgram(path) { return path }
        }
        return nil
    }

    /// The names of all such commands, sorted. A directory that cannot be read has none.
    static func names() -> [String] {
        var names: Set<String> = []
        let scanner = DirectoryScanner()
        for directory in Process.programDirectories {
            do throws(SystemError) {
                try scanner.readNames(of: try FileDescriptor.open(directory, [.read, .directory]))
            } catch {
                continue
            }
            for index in 0..<scanner.count {
                let file = scanner.name(index)
                guard file.starts(with: prefix), file.count > prefix.count,
                    let name = Text(bytes: Array(file.dropFirst(prefix.count))).string,
                    Process.isProgram(directory + [0x2F] + file)
                else { continue }
                names.insert(name)
            }
        }
        return names.sorted()
    }
}
