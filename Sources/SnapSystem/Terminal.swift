// What is done to a terminal by sequences of characters (ECMA-48), and what must be undone when the process is stopped meanwhile.

private import CSnapSystem

package enum Terminal {
    package static let startOfLine = "\r"
    package static let eraseToEnd = "\u{1B}[K"
    package static let hideCursor = "\u{1B}[?25l"
    package static let showCursor = "\u{1B}[?25h"

    /// To be said before the cursor of the terminal at standard error is hidden, and after it is shown again: a signal that stops the process or
    /// ends it on the spot shows it first.
    package static func noteCursor(isHidden: Bool) { snap_cursor_is_hidden(isHidden ? 1 : 0) }

    /// False where the descriptor is this process's terminal and the shell has given it to another job, or keeps it.
    package static func isForeground(_ descriptor: Int32) -> Bool { snap_is_foreground(descriptor) == 1 }
}
