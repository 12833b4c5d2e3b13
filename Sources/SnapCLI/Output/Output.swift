// Standard output: the result of a command and nothing else.
//
// It is collected and written in large pieces, and every failure to write is an error: a result that was not delivered must
// not end in status 0.

import SnapStore
import SnapSystem

final class Output {
    private static let standardOutput: Int32 = 1
    private static let capacity = 1 << 16
    /// EPIPE, which has this number on Linux and on Darwin.
    private static let brokenPipe: Int32 = 32

    private var buffer: [UInt8] = []
    private var pager: Pager?
    var mayPage = true
    /// What `--color` says; nil: nothing.
    var colour: ColourChoice?

    /// What is written goes to a person's screen, perhaps through a pager.
    var isTerminal: Bool { pager != nil || Process.isTerminal(Self.standardOutput) }

    /// Whether text is coloured.
    var wantsColour: Bool {
        colourIsWanted(
            option: colour, isTerminal: isTerminal, noColour: Process.environment("NO_COLOR"),
            forced: Process.environment("CLICOLOR_FORCE"), configured: { UserConfiguration.forDisplay.colour },
            terminal: Process.environment("TERM"))
    }

    /// Columns to fit tables into: COLUMNS if it is set, else the terminal's; nil if neither is known, and then nothing is cut.
    var width: Int? {
        let columns = Process.environment("COLUMNS")
        if let pager, let known = pager.columns { return columnsSet(in: columns) ?? known }
        return columnsOf(Self.standardOutput, environment: columns)
    }

    /// What is written goes through a pager.
    var isPaged: Bool { pager != nil }

    /// What follows may be long: on a terminal it goes through a pager, if there is one.
    func startPaging() {
        guard mayPage, pager == nil, buffer.isEmpty, Process.isTerminal(Self.standardOutput) else { return }
        pager = Pager.start(columns: width)
    }

    /// Nothing follows.
    func finish() throws(Failure) {
        defer {
            pager?.end()
            pager = nil
        }
        do throws(Failure) {
            try flush()
        } catch {
            // Whoever leaves a pager has seen enough.
            if case .outputClosed = error, pager != nil { return }
            throw error
        }
    }

    /// Standard output is what failed: what is not written yet is not tried again.
    func abandon() {
        buffer = []
        pager?.end()
        pager = nil
    }

    /// Adds a line.
    func print(_ line: String) throws(Failure) {
        try write(line)
        try write("\n")
    }

    func write(_ text: String) throws(Failure) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Adds bytes as they are, for lists that programs read.
    func write(bytes: [UInt8]) throws(Failure) {
        buffer += bytes
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Adds a line of JSON.
    func print(_ object: JSONLine) throws(Failure) {
        try write(object.text)
    }

    func flush() throws(Failure) {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer = []
        do throws(SystemError) {
            try Process.write(bytes, to: Self.standardOutput)
        } catch {
            if error.code == Self.brokenPipe { throw .outputClosed }
            throw .output(error)
        }
    }
}

/// COLUMNS if it is set, else the columns of the terminal that is open as `descriptor`; nil if neither is known.
func columnsOf(_ descriptor: Int32, environment value: [UInt8]?) -> Int? {
    columnsSet(in: value) ?? Process.terminalColumns(descriptor)
}

/// What a value of COLUMNS says; nil if it is no number of columns.
private func columnsSet(in value: [UInt8]?) -> Int? {
    guard let value, let columns = wholeNumber(String(decoding: value, as: UTF8.self)), columns > 0 else { return nil }
    return columns
}
