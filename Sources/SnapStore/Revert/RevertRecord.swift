// The end of a revert: what is told of it in the timeline, and then the journal and what came out go.

internal import SnapSystem

extension RevertOperation {
    /// Writes the line, and then removes the journal and what came out.
    func record(
        _ run: RevertRun, _ journal: RevertJournal, isRecorded: Bool = false, _ report: inout RevertReport
    ) throws(StoreError) {
        report.note(left: (run.isBack ? [] : run.work.conflicts) + run.left + run.applier.conflicts)
        report.notCovered = run.work.notCovered
        report.bytes = run.bytes
        count(run, &report)
        if run.live.stillWritten > 0 {
            notes.append(
                "\(run.live.stillWritten) file(s) that went were still open for writing: what is written to them now goes nowhere"
            )
        }
        if run.isBack && !isRecorded {
            report.head = journal.former
        } else if report.isPartial || (journal.options.isPartial && !run.isBack) {
            // Nothing of this revert belongs into the snapshot of what came out.
            try system("clean up in") { () throws(SystemError) in try run.staging.clearMounts() }
            try takeResult(journal, &report)
        } else {
            try appendLine(journal, &report)
        }
        try cleanUp(run.staging)
        _ = finished(&report)
    }

    func cleanUp(_ staging: Staging) throws(StoreError) {
        // What lies on other file systems nobody would find without the journal.
        do throws(SystemError) {
            try staging.clearMounts()
        } catch {
            throw StoreError(error, doing: "clean up in", directory.path)
        }
        try RevertJournal.remove(in: directory.room.directory)
        do throws(SystemError) {
            try staging.clear()
        } catch {
            notes.append("what was replaced could not be removed from '.snapstore/staging': \(error.reason)")
        }
    }

    func appendLine(_ journal: RevertJournal, _ report: inout RevertReport) throws(StoreError) {
        let lock = try directory.layout.locks.timeline(directory.id)
        try directory.room.timeline.append(
            TimelineEvent(
                time: journal.time, old: journal.former, new: journal.target, event: journal.event,
                who: options.who, message: journal.message), under: lock)
        lock.release()
        report.head = journal.target
    }

    /// What came out is not exactly the target, so it is a state of its own.
    func takeResult(_ journal: RevertJournal, _ report: inout RevertReport) throws(StoreError) {
        var take = TakeOptions()
        take.who = options.who
        take.time = journal.time
        take.threads = options.threads
        take.force = true
        let roots = [try directory.manifest(journal.target).root, try directory.manifest(journal.former).root]
        let taken = try directory.take(
            take, for: TakePurpose(event: .revert, covering: roots, hasLock: true), observer: Observer())
        report.head = taken.report.id
    }

    func finishWithoutChange(
        _ report: inout RevertReport, _ planned: RevertSteps, _ taken: TakeOutcome, _ event: Event, _ message: Text
    ) throws(StoreError) -> RevertReport {
        report.note(left: planned.conflicts)
        report.notCovered = planned.notCovered
        report.wasThereAlready = planned.conflicts.isEmpty
        if event != .revert && planned.conflicts.isEmpty && report.former != report.target {
            // A step of the stack is a step, though the directory shows no difference.
            try appendLine(
                RevertJournal(
                    event: event, message: message, target: report.target, former: report.former,
                    time: options.time ?? .now, scanStart: taken.scanStart, options: options), &report)
        }
        return finished(&report)
    }

    func count(_ run: RevertRun, _ report: inout RevertReport) {
        let failed = Set(run.applier.conflicts.map(\.path))
        for change in run.work.plan.changes {
            if failed.contains(change.path) { continue }
            switch change.action {
            case .create: report.created += 1
            case .replace: report.replaced += 1
            case .remove: report.removed += 1
            case .metadata: report.metadata += 1
            case .leave: break
            }
        }
        report.gitDirectories = run.work.plan.gitDirectories
    }

    func finished(_ report: inout RevertReport) -> RevertReport {
        report.notes = notes
        report.seconds = Double(Process.monotonicNanoseconds - start) / 1e9
        return report
    }
}
