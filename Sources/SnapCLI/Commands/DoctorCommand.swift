// `snap doctor`: everything that could make the next take or revert fail, or that somebody should know of, one line each. It changes
// nothing, and goes on where something is broken: that is when it is needed.

import SnapStore
import SnapSystem

enum DoctorCommand {
    static let command = Command(
        name: "doctor",
        summary: "check what could be in the way, and say what helps",
        group: .care,
        synopses: ["[--json]"],
        options: [.json, .quiet, .progress],
        discussion: [
            "Looks at the program, the shell's set-up, limits and the clock; at the file systems, free space, settings, "
                + "access and locks of the store; at what interrupted operations left; and at the store's content, as "
                + "'snap verify' does. Prints a line for each: 'ok', 'note' or 'problem', what it is about, and what was "
                + "found; below it, after 'hint:', what can be typed about it. Nothing is changed.",
            "With --quiet only problems are printed. Outside of a working directory only what needs no store is looked "
                + "at.",
        ],
        fields: DoctorPage.fields,
        examples: [
            Example("snap doctor", "see what is wrong, before or after something failed"),
            Example("snap doctor -q || snap verify --full", "in a nightly job: look closer where something is wrong"),
        ],
        statuses: [HelpEntry("0", "there is no problem; there may be notes"), HelpEntry("1", "there is a problem")],
        meaning: { (typed) throws(UsageError) in typed.isSet(.json) },
        run: run)

    private static func run(_ isJSON: Bool, _ session: Session) throws(Failure) -> ExitStatus {
        let findings = try examine(session)
        let isQuiet = session.messages.isQuiet
        let shown = isQuiet ? findings.filter { $0.level == .problem } : findings
        if isJSON {
            for finding in shown { try session.output.print(DoctorPage.json(finding)) }
        } else {
            for line in DoctorPage.lines(shown) { try session.output.print(line) }
            if !isQuiet { try session.output.print(DoctorPage.summary(findings)) }
        }
        return findings.contains { $0.level == .problem } ? .no : .done
    }

    /// Not as other commands open it: what they would mend in passing is left as it is.
    private static func open(_ session: Session) throws(Failure) -> WorkingDirectory {
        let here = try session.currentDirectory()
        let files = UserConfiguration.files
        return try storing { () throws(StoreError) in
            try WorkingDirectory.glance(containing: here, configurationFiles: files)
        }
    }

    private static func examine(_ session: Session) throws(Failure) -> [DoctorFinding] {
        let now = try session.now()
        let isFixed = try session.fixedTime() != nil
        let around = Surroundings.read()
        var findings = SurroundingsWords.findings(around)
        let report: HealthReport
        do throws(Failure) {
            let directory = try open(session)
            report = try watching(session) { (observer) throws(StoreError) in
                try directory.health(HealthOptions(), observer: observer)
            }
        } catch {
            guard case .store(let cause) = error else { throw error }
            if case .cancelled = cause { throw error }
            findings += SurroundingsWords.limits(around, packs: 0)
            findings += SurroundingsWords.clock(now, isFixed: isFixed, latest: nil)
            return findings + [HealthWords.unopened(error)]
        }
        let packs = (try? report.space.get().packCount) ?? 0
        let latest = try? report.history.get().latest
        findings += SurroundingsWords.limits(around, packs: packs)
        findings += SurroundingsWords.clock(now, isFixed: isFixed, latest: latest)
        let hasCollection = CommandTable.entry(named: "gc") != nil
        return findings + HealthWords(report, now: now, hasCollection: hasCollection).findings
    }
}
