// The command line: words in, a status out. Everything that the process does besides stands behind the command it names.
//
// Start-up is part of every take, so nothing is built before it is known to be needed: `--version` and mistakes before the
// command never touch the command table, and nothing touches the disk before a command runs.

import SnapStore
import SnapSystem

package enum SnapCLI {
    static var versionLine: String { "snap \(SnapVersion.text)" }

    /// Runs snap with the arguments behind the program's name; the status to exit with.
    package static func main(_ arguments: [[UInt8]]) -> Int32 {
        if CompletionRequest.isOne(arguments) { return CompletionRequest.answer(arguments.dropFirst()) }
        var command: Command?
        let output = Output()
        do throws(Failure) {
            try holdStandardDescriptors()
            let status = try run(arguments, output, &command)
            try output.finish()
            return status.code
        } catch {
            // Whoever leaves a pager has seen enough.
            let isEnough = if case .outputClosed = error { output.isPaged } else { false }
            // What is written already is the result up to here; the error counts, not whether that part came through.
            if error.isOfOutput { output.abandon() } else { try? output.finish() }
            if isEnough { return ExitStatus.done.code }
            if !error.isSilent {
                let messages = Messages(verbosity: .normal)
                let now = try? Session(output: output, messages: messages).now()
                messages.print(ErrorWords(error, command: command, now: now).text)
            }
            return error.status(signal: Interrupts.signal).code
        }
    }

    /// `aliases` are those whose expansion the arguments are.
    private static func run(
        _ arguments: [[UInt8]], _ output: Output, _ command: inout Command?, after aliases: [String] = []
    ) throws(Failure) -> ExitStatus {
        let leading = try parsing { () throws(UsageError) in
            try ArgumentParser(options: Option.global, stopsAtOperand: true).parse(arguments[...])
        }
        if leading.isSet(.version) {
            try output.print(versionLine)
            return .done
        }
        if leading.asksForHelp {
            try output.write(HelpPage.overview(CommandTable.commands))
            return .done
        }
        guard let name = leading.rest.first else {
            // A program that asks for JSON must say of what.
            if leading.isSet(.json) { throw .usage(.missingOperand("COMMAND")) }
            return try FirstUse.run(try session(leading, output))
        }
        guard let entry = CommandTable.entry(named: String(decoding: name, as: UTF8.self)) else {
            let expansion = try UserCommands.expand(name, leading, of: arguments, after: aliases)
            return try run(expansion.arguments, output, &command, after: expansion.expanded)
        }
        let found = entry.command()
        command = found
        let typed = try parsing { () throws(UsageError) in
            try found.parse(leading.rest.dropFirst(), after: leading)
        }
        if typed.asksForHelp {
            output.mayPage = !leading.isSet(.noPager) && !typed.isSet(.noPager)
            if typed.isSet(.help) { output.startPaging() }
            try output.write(typed.isSet(.help) ? HelpPage.page(found) : HelpPage.shortPage(found))
            return .done
        }
        let action = try parsing { () throws(UsageError) in try found.interpret(typed) }
        return try action(try session(typed, output))
    }

    /// What a command runs with. From here on the system is touched.
    private static func session(_ typed: ParsedArguments, _ output: Output) throws(Failure) -> Session {
        try changeDirectory(through: typed.values(.directory))
        try armFaults()
        // Each pack that is in use is open.
        Process.raiseOpenFileLimit()
        output.mayPage = !typed.isSet(.noPager)
        output.colour = typed.text(.colour).flatMap { ColourChoice(rawValue: $0) }
        let messages = Messages(verbosity: typed.verbosity, progress: typed.progress)
        return Session(output: output, messages: messages)
    }

    /// Goes where `-C` says, each time from where the one before led.
    static func changeDirectory(through directories: [[UInt8]]) throws(Failure) {
        for directory in directories where !directory.isEmpty {
            do throws(SystemError) {
                try Process.changeDirectory(to: directory)
            } catch {
                throw .system(doing: "change to", path: directory, error)
            }
        }
    }

    private static func holdStandardDescriptors() throws(Failure) {
        do throws(SystemError) {
            try Process.holdStandardDescriptors()
        } catch {
            throw .system(doing: "open", path: Array("/dev/null".utf8), error)
        }
    }

    private static func parsing<Result>(_ body: () throws(UsageError) -> Result) throws(Failure) -> Result {
        do throws(UsageError) {
            return try body()
        } catch {
            throw .usage(error)
        }
    }

    /// Debug builds let tests fail or kill the process in its n-th system call.
    private static func armFaults() throws(Failure) {
        #if SNAP_FAULTS
            guard let plan = Process.environment("SNAP_FAULT"), !plan.isEmpty else { return }
            guard Faults.arm(String(decoding: plan, as: UTF8.self)) else {
                let reason = "it must be kill:N, fail:N:CODE or fail-from:N:CODE"
                throw .usage(.invalidEnvironment(variable: "SNAP_FAULT", value: plan, reason: reason))
            }
        #endif
    }
}
