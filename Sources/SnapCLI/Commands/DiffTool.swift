// A comparison shown by another program: `--tool meld` gets two directories with the files that differ, as they are in either state.
//
// They lie in a directory of their own that only this user may read, and go when the program ends; nothing that is changed in them comes back.

import SnapStore
import SnapSystem

struct DiffTool {
    /// A shell's command line; the two directories are its last words.
    let command: [UInt8]

    /// The status of the program. `note` is told what it will not be shown.
    func run(_ diff: DirectoryDiff, _ changes: [FileChange], note: (String) -> Void) throws(Failure) -> Int32 {
        do throws(SystemError) {
            return try ScratchDirectory.use("diff") { (path, top) throws(SystemError) in
                for side in ["old", "new"] { try top.makeDirectory(Array(side.utf8), mode: 0o700) }
                for change in changes {
                    try write(change.old, "old", diff, top, note)
                    try write(change.new, "new", diff, top, note)
                }
                return try Process.run(command, path + Array("/old".utf8), path + Array("/new".utf8))
            }
        } catch {
            throw .system(doing: "show the differences by", path: command, error)
        }
    }

    /// Links are written as files that hold their targets, so that nobody follows them.
    private func write(
        _ state: FileState?, _ side: String, _ diff: DirectoryDiff, _ top: borrowing FileDescriptor,
        _ note: (String) -> Void
    ) throws(SystemError) {
        guard let state, state.gitMode != nil else { return }
        var found: [UInt8]?
        do throws(StoreError) {
            found = try diff.content(of: state)
            if found == nil { note("\(subject(state.path)) is too large to be shown") }
        } catch {
            note(ErrorWords(.store(error), command: nil).message)
        }
        guard let content = found else { return }
        var directory = try top.open(Array(side.utf8), [.read, .directory])
        var names = state.path.split(separator: 0x2F).map(Array.init)
        guard let name = names.popLast() else { return }
        for name in names {
            if try !directory.has(name) { try directory.makeDirectory(name, mode: 0o700) }
            directory = try directory.open(name, [.read, .directory])
        }
        let mode: UInt32 = state.gitMode == 0o100755 ? 0o700 : 0o600
        let file = try directory.open(name, [.write, .create, .exclusive], mode: mode)
        try file.write(content)
    }
}
