// Colour, of which snap has one: dim, for what matters less. Only on a terminal that can do it, and never against NO_COLOR
// (no-color.org: whatever its value, unless it is empty).

/// Whether the words for a terminal may be coloured.
func colourIsWanted(isTerminal: Bool, noColour: [UInt8]?, terminal: [UInt8]?) -> Bool {
    guard isTerminal, noColour?.isEmpty ?? true, let terminal else { return false }
    return !terminal.isEmpty && terminal != Array("dumb".utf8)
}

/// The line in the terminal's faint colour.
func dimmed(_ line: String) -> String {
    "\u{1B}[2m\(line)\u{1B}[0m"
}
