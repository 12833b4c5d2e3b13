// What marks a directory as a store, whatever its name: its `format` file.

internal import SnapSystem

enum StoreMark {
    private static let firstLine = Array("version = snapstore ".utf8)

    /// `directory` is a store.
    static func isStore(_ directory: borrowing FileDescriptor) -> Bool {
        guard let file = try? directory.open(Array("format".utf8), [.read, .nonBlocking]),
            let bytes = try? file.read(at: 0, count: firstLine.count)
        else { return false }
        return bytes == firstLine
    }
}
