// What revert, undo and redo have in common: they change the working directory itself. Each asks before a large removal,
// prints the head after it and nothing else, and ends with the same receipt.

import SnapStore
import SnapSystem

/// How the working directory is changed, whatever it is changed to.
struct InPlace: Sendable {
    static let force = Option.flag(
        "force", short: "f", "change also what you could not make again: files of others, devices")
    static let yes = Option.flag("yes", short: "y", "do not ask before many paths are removed")

    var options: RevertOptions
    /// Nobody is to be asked.
    var isConfirmed: Bool
    var isJSON: Bool

    init(_ typed: ParsedArguments, options: RevertOptions = RevertOptions()) {
        self.options = options
        self.options.force = typed.isSet(Self.force)
        isConfirmed = typed.isSet(Self.yes)
        isJSON = typed.isSet(.json)
    }

    /// Runs `body`, and says what came of it.
    func run(
        _ form: RevertReceipt.Form, _ directory: WorkingDirectory, _ session: Session,
        _ body: (RevertOptions, Observer) throws(StoreError) -> RevertReport
    ) throws(Failure) -> ExitStatus {
        let options = try complete(session)
        let report = try change(options, directory, session, body)
        if isJSON {
            try session.output.print(RevertReceipt.json(report))
        } else {
            if !session.messages.isQuiet {
                let target = try session.description(of: report.target, in: directory)
                let isVerbose = session.messages.verbosity == .verbose
                session.messages.receipt(
                    RevertReceipt.lines(report, form, target: target, options: options, isVerbose: isVerbose))
            }
            try session.output.print(report.head.description)
        }
        return report.isPartial ? .partial : .done
    }

    /// With what the environment says.
    func complete(_ session: Session) throws(Failure) -> RevertOptions {
        var options = options
        options.homeDirectory = session.homeDirectory
        options.who = session.who
        options.time = try session.fixedTime()
        return options
    }

    private func change(
        _ options: RevertOptions, _ directory: WorkingDirectory, _ session: Session,
        _ body: (RevertOptions, Observer) throws(StoreError) -> RevertReport
    ) throws(Failure) -> RevertReport {
        Interrupts.install()
        let messages = session.messages
        let progress = Progress(messages)
        defer { progress.finish() }
        let isDeclined = Monitor(false)
        var options = options
        if !isConfirmed, messages.canAsk {
            options.confirm = { plan in
                let removals = plan.count(.remove)
                guard RemovalQuestion.isDue(removals: removals, of: plan.presentCount) else { return true }
                progress.pause()
                let answer = messages.ask(RemovalQuestion.text(removals: removals, of: plan.presentCount))
                let isYes = RemovalQuestion.isYes(answer)
                isDeclined.withLock { $0 = !isYes }
                return isYes
            }
        }
        do throws(StoreError) {
            return try body(options, progress.observer)
        } catch {
            if isDeclined.withLock({ $0 }), Interrupts.signal == 0 { throw .declined }
            if case .revertUnfinished = error { throw .store(error) }
            // It may have ended before it changed anything, or half-way.
            if (try? directory.unfinishedRevert()) != nil { throw .endedPartWay(error) }
            throw .store(error)
        }
    }
}

extension Session {
    /// A snapshot for a receipt. One whose manifest cannot be read does not spoil what went well.
    func description(of id: ObjectID, in directory: WorkingDirectory) throws(Failure) -> String {
        RevertReceipt.description(of: id, try? directory.manifest(id), now: try now())
    }
}
