// Words in hints, which are made to be pasted into a shell.

/// The word as a POSIX shell reads it back: in single quotes if it is not plain.
func shellWord(_ word: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-~{}".utf8)
    // A tilde in front is the home directory; braces with a comma inside are alternatives.
    let isPlain =
        !word.isEmpty && word.utf8.allSatisfy { plain.contains($0) } && word.utf8.first != 0x7E
        && !(word.utf8.contains(0x7B) && (word.utf8.contains(0x2C) || word.contains("..")))
    if isPlain { return word }
    var result = "'"
    for character in safeText(word) {
        result += character == "'" ? "'\\''" : String(character)
    }
    return result + "'"
}

/// A path likewise.
func shellWord(_ path: [UInt8]) -> String { shellWord(String(decoding: path, as: UTF8.self)) }

/// A command line that opens a file in the user's editor.
func editing(_ path: [UInt8]) -> String { "\"${EDITOR:-vi}\" \(shellWord(path))" }
