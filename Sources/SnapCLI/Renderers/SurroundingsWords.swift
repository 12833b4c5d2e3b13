// The surroundings of snap in words: the program, the shell, the limits, the clock.

import SnapStore

enum SurroundingsWords {
    static func findings(_ around: Surroundings) -> [DoctorFinding] {
        [DoctorFinding(.ok, "version", SnapCLI.versionLine)] + program(around) + completions(around)
    }

    /// Whether what is typed as `snap` is this program.
    private static func program(_ around: Surroundings) -> [DoctorFinding] {
        guard let executable = around.executable else { return [] }
        let directory = Array(executable.prefix(max(1, executable.lastIndex(of: 0x2F) ?? 0)))
        let hint = "export PATH=\(shellWord(directory)):\"$PATH\""
        guard let found = around.found else {
            return [DoctorFinding(.note, "program", "\(subject(executable)) is not on PATH", hints: [hint])]
        }
        if around.isFoundThis { return [DoctorFinding(.ok, "program", "'snap' is \(subject(found))")] }
        let text = "'snap' is \(subject(found)), and not the one that runs now, \(subject(executable))"
        return [DoctorFinding(.note, "program", text, hints: [hint])]
    }

    /// Whether they are loaded cannot be known: only whether they are there.
    private static func completions(_ around: Surroundings) -> [DoctorFinding] {
        guard let shell = around.shell else { return [] }
        guard CompletionShell(rawValue: shell) != nil else {
            return [DoctorFinding(.ok, "completions", "there are none for \(subject(shell))")]
        }
        if let place = around.completions {
            return [DoctorFinding(.ok, "completions", "those for \(shell) are in \(subject(place))")]
        }
        let text = "those for \(shell) are in none of the usual places"
        return [DoctorFinding(.note, "completions", text, hints: ["snap help completion"])]
    }

    /// Open files besides those of packs, and the least that a thread's stack should have.
    private static let otherFiles: UInt64 = 192
    private static let smallestStack: UInt64 = 512 << 10

    static func limits(_ around: Surroundings, packs: Int) -> [DoctorFinding] {
        var result: [DoctorFinding] = []
        let needed = UInt64(max(0, packs)) &+ otherFiles
        if let limit = around.openFileLimit, limit < needed {
            let text = "only \(counted(limit, "file")) may be open at once, and up to \(grouped(needed)) are needed"
            result.append(
                DoctorFinding(.problem, "limits", text, hints: ["sudo prlimit --pid $$ --nofile=\(max(1024, needed))"]))
        }
        if let limit = around.stackLimit, limit < smallestStack {
            let text = "stacks have only \(sizeText(limit))"
            result.append(DoctorFinding(.note, "limits", text, hints: ["ulimit -s 8192"]))
        }
        if !result.isEmpty { return result }
        let files = around.openFileLimit.map { counted($0, "open file") } ?? "any number of open files"
        return [DoctorFinding(.ok, "limits", files + (around.stackLimit.map { ", stacks of \(sizeText($0))" } ?? ""))]
    }

    /// Before this, no snap was made.
    private static let earliest = Timestamp(seconds: 1_767_225_600)
    /// Seconds by which clocks may differ without harm, and by which one may have stood still.
    private static let tolerance: Int64 = 60
    private static let farAhead: Int64 = 5 * 365 * 86_400

    /// `latest`: the newest moment that the timeline names.
    static func clock(_ now: Timestamp, isFixed: Bool, latest: Timestamp?) -> [DoctorFinding] {
        var result: [DoctorFinding] = []
        if isFixed {
            let text = "SNAP_NOW fixes it at \(clockText(now)), and every event gets that time"
            result.append(DoctorFinding(.note, "clock", text, hints: ["unset SNAP_NOW"]))
        }
        let hints = isFixed ? [] : ["timedatectl"]
        if let latest, seconds(from: now, to: latest) > tolerance {
            let text =
                "it says \(clockText(now)), before the newest event, which is of \(clockText(latest)): "
                + "ages are wrong, and nothing is collected until it is past that"
            result.append(DoctorFinding(.problem, "clock", text, hints: hints))
        } else if now < earliest {
            let text = "it says \(clockText(now)), when there was no snap yet"
            result.append(DoctorFinding(.problem, "clock", text, hints: hints))
        } else if let latest, seconds(from: latest, to: now) > farAhead {
            let text = "it says \(clockText(now)), and the newest event is of \(clockText(latest)): is it right?"
            result.append(DoctorFinding(.note, "clock", text, hints: hints))
        }
        return result.isEmpty ? [DoctorFinding(.ok, "clock", clockText(now))] : result
    }

    private static func seconds(from a: Timestamp, to b: Timestamp) -> Int64 {
        let (difference, overflow) = b.seconds.subtractingReportingOverflow(a.seconds)
        return overflow ? (b > a ? .max : .min) : difference
    }
}
