// Colour: what matters less is dim, and what changed is red and green. Only the sixteen colours that every terminal has, so that they are those
// which its user chose.
//
// Whether there is any is said by the first of: `--color`; NO_COLOR (no-color.org: whatever its value, unless it is empty) and CLICOLOR_FORCE
// (bixense.com/clicolors: unless it is 0), in this order; the setting `color`; whether a terminal is there that can do it.

import SnapStore

/// Whether the words may be coloured. The configuration is asked only if it matters.
func colourIsWanted(
    option: ColourChoice? = nil, isTerminal: Bool, noColour: [UInt8]?, forced: [UInt8]? = nil,
    configured: () -> ColourChoice? = { nil }, terminal: [UInt8]?
) -> Bool {
    if let option, option != .auto { return option == .always }
    if let noColour, !noColour.isEmpty { return false }
    if let forced, !forced.isEmpty, forced != [0x30] { return true }
    // Who asks for `auto` does not want what is configured.
    if option == nil, let choice = configured(), choice != .auto { return choice == .always }
    return isTerminal && !isDumb(terminal)
}

/// Whether a terminal that TERM calls so can do nothing but print.
func isDumb(_ terminal: [UInt8]?) -> Bool {
    guard let terminal else { return true }
    return terminal.isEmpty || terminal == Array("dumb".utf8)
}

/// The line in the terminal's faint colour.
func dimmed(_ line: String) -> String {
    "\u{1B}[2m\(line)\u{1B}[0m"
}
