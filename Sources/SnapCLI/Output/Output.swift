// Standard output: the result of a command and nothing else.
//
// It is collected and written in large pieces, and every failure to write is an error: a result that was not delivered must
// not end in status 0.

import SnapSystem

final class Output {
    private static let standardOutput: Int32 = 1
    private static let capacity = 1 << 16
    /// EPIPE, which has this number on Linux and on Darwin.
    private static let brokenPipe: Int32 = 32

    private var buffer: [UInt8] = []

    /// Whether text may be dimmed.
    var wantsColour: Bool {
        colourIsWanted(
            isTerminal: Process.isTerminal(Self.standardOutput), noColour: Process.environment("NO_COLOR"),
            terminal: Process.environment("TERM"))
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
