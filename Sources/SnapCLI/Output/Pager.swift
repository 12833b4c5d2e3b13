// Long results on a terminal, through the program that the user reads long texts with.
//
// SNAP_PAGER, or else the setting `pager`, or else PAGER, is a shell's command line; an empty one and `cat` mean none. If none of them is set it is less, which ends by
// itself where everything fits the screen.

import SnapSystem

struct Pager {
    private let process: Int32
    /// Of the terminal, asked for before standard output became a pipe.
    let columns: Int?

    /// nil: there is none, or it cannot be started; then everything goes to the terminal as it is.
    static func start(columns: Int?) -> Pager? {
        let chosen = command(
            environment: { Process.environment($0) }, configured: { UserConfiguration.forDisplay.pager },
            hasProgram: { Process.hasProgram($0) })
        guard let line = chosen else { return nil }
        // An interrupt from the keyboard is for the pager; this process waits for its end.
        Interrupts.install()
        // Short texts stay on the screen, colours are shown.
        let setting = Array("LESS=\"${LESS-FRX}\"; export LESS; ".utf8)
        guard let process = try? Process.startPager(setting + line) else { return nil }
        return Pager(process: process, columns: columns)
    }

    static func command(
        environment: (String) -> [UInt8]?, configured: () -> [UInt8]? = { nil }, hasProgram: (String) -> Bool
    ) -> [UInt8]? {
        if isDumb(environment("TERM")) { return nil }
        guard let chosen = environment("SNAP_PAGER") ?? configured() ?? environment("PAGER") else {
            return hasProgram("less") ? Array("less".utf8) : nil
        }
        return chosen.isEmpty || chosen == Array("cat".utf8) ? nil : chosen
    }

    func end() { Process.endPager(process) }
}
