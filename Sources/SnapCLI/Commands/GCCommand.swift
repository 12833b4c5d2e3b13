// `snap gc`: let snapshots expire by the rules, and remove from the store what nothing needs any more.

import SnapStore
import SnapSystem

enum GCCommand {
    private static let groupBy = Option.value(
        "group-by", "WHAT", choices: RetentionGrouping.allCases.map(\.rawValue),
        "what the rules are applied to, each for itself")
    private static let directory = Option.repeated(
        "directory", "DIR", "let only snapshots of the working directory DIR expire")
    private static let dryRun = Option.flag("dry-run", short: "n", "print what would expire, and do nothing")
    private static let now = Option.flag("now", "end the grace of what was dropped or has expired")
    private static let toSize = Option.value(
        "to-size", "SIZE", "let the oldest snapshots go until the store takes no more than SIZE")
    private static let minimumFree = Option.value(
        "min-free", "SIZE", "let the oldest snapshots go until SIZE of the file system is free")
    private static let noCompact = Option.flag("no-compact", "remove whole packs only, and write none anew")
    private static let maximum = Option.flag("max", "compress as far as can be, which takes long")
    private static let trustClock = Option.flag(
        "trust-clock", "work although events are later than now: the clock was wrong then, and is right")
    private static let background = Option.flag("background", "leave the processor and the disk to others")

    /// One for each rule, called as its key in the configuration.
    private static let keepOptions: [Option] = [
        .value("keep-last", "N", "keep the newest N checkpoints, or 'unlimited'"),
        .value("keep-hourly", "N", "keep the newest checkpoint of each of N hours"),
        .value("keep-daily", "N", "keep the newest checkpoint of each of N days"),
        .value("keep-weekly", "N", "keep the newest checkpoint of each of N weeks"),
        .value("keep-monthly", "N", "keep the newest checkpoint of each of N months"),
        .value("keep-yearly", "N", "keep the newest checkpoint of each of N years"),
        .value("keep-within", "DURATION", "keep checkpoints younger than DURATION, counted from the newest"),
        .value("keep-within-hourly", "DURATION", "keep the newest checkpoint of each hour in DURATION"),
        .value("keep-within-daily", "DURATION", "keep the newest checkpoint of each day in DURATION"),
        .value("keep-within-weekly", "DURATION", "keep the newest checkpoint of each week in DURATION"),
        .value("keep-within-monthly", "DURATION", "keep the newest checkpoint of each month in DURATION"),
        .value("keep-within-yearly", "DURATION", "keep the newest checkpoint of each year in DURATION"),
        .repeated("keep-tag", "TAG", "keep checkpoints with TAG, or with all of several that commas part"),
        .value("keep-operations", "N", "keep the newest N operations (default: 50)"),
        .value("keep-operations-within", "DURATION", "keep operations younger than DURATION (default: 7d)"),
    ]

    private static let otherOptions: [Option] = [
        groupBy, directory, dryRun, now, toSize, minimumFree, noCompact, maximum, background, trustClock, .json,
        .quiet, .progress,
    ]

    static let command = Command(
        name: "gc",
        summary: "let snapshots expire, and remove what nobody needs",
        group: .care,
        synopses: ["[--dry-run] [--now] [options] [--json]"],
        options: keepOptions + otherOptions,
        discussion: [
            "Marks as expired the snapshots that no rule keeps, in every working directory of the store, and removes "
                + "from the store what neither a snapshot nor anything else needs. Takes may run meanwhile.",
            "What takes have written since the last gc is written anew, and takes much less from then on; what was "
                + "written so stays until a quarter of it is not needed any more. --max takes several times as long, "
                + "the first time for the whole store, and saves some more. With --no-compact nothing is written "
                + "anew, and only packs go of which nothing is needed.",
            "Without rules only operations expire: the snapshots that 'revert', 'undo' and 'run' take by themselves, "
                + "beyond the newest 50 and older than 7 days. Rules are those of the configuration ('snap help "
                + "config', keep.*) and of the options, and are for checkpoints. Milestones, snapshots with names, "
                + "the head and the newest safety snapshot never expire.",
            "What was dropped or has expired can be recovered for a day, and until a later gc than the first that "
                + "saw it; --now ends that. --to-size and --min-free end it too, as far as needed: first what was "
                + "removed goes, then operations, then checkpoints, each time the oldest. Nothing goes as long as "
                + "compacting what is there is enough.",
            "By a clock that is behind the latest event nothing is done: what is marked now would seem older than it is, and "
                + "its grace would be over when the clock is right again. If it was the clock of that event that was "
                + "wrong, --trust-clock works all the same; snapshots of the future stay until then.",
            "With --dry-run each snapshot is printed, with the rules that keep it or why none does.",
        ],
        fields: GCReceipt.fields,
        otherFields: [
            FieldGroup(
                condition: "for each snapshot that expires, with --dry-run for all", fields: GCReceipt.decisionFields)
        ],
        examples: [
            Example("snap gc --dry-run --keep-daily 7 --keep-weekly 8", "see what such rules would keep"),
            Example("snap gc --background", "in a nightly job: apply the rules of the configuration"),
            Example("snap gc --to-size 20G", "make the store fit"),
        ],
        statuses: [
            HelpEntry("0", "done, or another gc is under way"),
            HelpEntry("3", "done in part: the store takes more than was asked for, or a take ran too long"),
            HelpEntry("4", "refused or failed; or done, and pieces of files are missing from the store"),
        ],
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: run)

    struct Meaning: Sendable {
        /// Rules to be set over those of the configuration, by their keys, in order.
        var rules: [(key: String, value: String)] = []
        var directories: [[UInt8]] = []
        var isDryRun: Bool
        var endsGrace: Bool
        var size: UInt64?
        var free: UInt64?
        var compacts: Bool
        var compactsFully: Bool
        var isBackground: Bool
        var trustsClock: Bool
        var isJSON: Bool

        init(_ typed: ParsedArguments) throws(UsageError) {
            isDryRun = typed.isSet(dryRun)
            endsGrace = typed.isSet(now)
            compacts = !typed.isSet(noCompact)
            compactsFully = typed.isSet(maximum)
            isBackground = typed.isSet(background)
            trustsClock = typed.isSet(trustClock)
            isJSON = typed.isSet(.json)
            directories = typed.values(directory)
            size = try Self.size(toSize, typed)
            free = try Self.size(minimumFree, typed)
            try typed.exclude(noCompact, maximum)
            var checked = RetentionRules()
            for option in keepOptions + [groupBy] {
                let key = GCCommand.key(of: option)
                let words = typed.texts(option)
                // Of one that is not repeated the last counts.
                for word in option.isRepeatable ? words[...] : words.suffix(1) {
                    do throws(RetentionRuleError) {
                        _ = try checked.set(key, to: word)
                    } catch {
                        throw .invalidValue(option: option.name, value: word, reason: "it " + error.requirement)
                    }
                    rules.append((key, word))
                }
            }
        }

        private static func size(_ option: Option, _ typed: ParsedArguments) throws(UsageError) -> UInt64? {
            guard let bytes = typed.value(option) else { return nil }
            guard let size = ConfigurationValue.size(bytes) else {
                throw .invalidValue(
                    option: option.name, value: String(decoding: bytes, as: UTF8.self),
                    reason: "it must be a number of bytes, or one with K, M, G or T")
            }
            return size
        }
    }

    /// The key in the configuration that an option stands for: of `--keep-daily` it is `keep.daily`, of `--group-by`
    /// `keep.group-by`.
    static func key(of option: Option) -> String {
        let name = option.long ?? ""
        let part = "keep-"
        return RetentionRules.keyPrefix + (name.hasPrefix(part) ? String(name.dropFirst(part.count)) : name)
    }

    /// The keys that options stand for: all there are, which a test checks.
    static var keys: [String] { (keepOptions + [groupBy]).map { key(of: $0) } }

    // MARK: Running

    private static func run(_ meaning: Meaning, _ session: Session) throws(Failure) -> ExitStatus {
        let directory = try session.workingDirectory(for: meaning.isDryRun ? .look : .change)
        let options = try options(meaning, directory, session)
        if meaning.isBackground { Process.lowerPriority() }
        let report = try watching(session) { (observer) throws(StoreError) in
            try directory.collect(options, observer: observer)
        }
        if meaning.isJSON {
            for decision in report.decisions where report.isDryRun || !decision.isKept {
                try session.output.print(GCReceipt.json(decision))
            }
            try session.output.print(GCReceipt.json(report))
        } else {
            if report.isDryRun, !session.messages.isQuiet {
                let now = try session.now()
                for line in GCReceipt.lines(report.decisions, now: now, width: session.output.width) {
                    try session.output.print(line)
                }
                // The list first, also where both go to one place.
                try session.output.flush()
            }
            session.messages.receipt(GCReceipt.lines(report))
        }
        if report.isDamaged {
            session.messages.print(GCReceipt.missing)
            return .failed
        }
        return report.isPartial ? .partial : .done
    }

    private static func options(
        _ meaning: Meaning, _ directory: WorkingDirectory, _ session: Session
    ) throws(Failure) -> GCOptions {
        var options = GCOptions(clock: try session.clock())
        let configuration = try storing { () throws(StoreError) in try directory.configuration() }
        for note in configuration.notes { session.messages.note(note) }
        options.rules = configuration.retention
        for (key, value) in meaning.rules {
            // It was checked before anything was touched.
            _ = try? options.rules.set(key, to: value)
        }
        if !meaning.directories.isEmpty { options.directories = try ids(of: meaning.directories, directory, session) }
        options.isDryRun = meaning.isDryRun
        options.endsGrace = meaning.endsGrace
        options.size = meaning.size
        options.free = meaning.free
        options.compacts = meaning.compacts
        options.compactsFully = meaning.compactsFully
        options.isPaced = meaning.isBackground
        options.trustsClock = meaning.trustsClock
        options.who = session.who
        return options
    }

    /// The working directories that are meant, by their paths, or by their ids where they are gone.
    private static func ids(
        of typed: [[UInt8]], _ directory: WorkingDirectory, _ session: Session
    ) throws(Failure) -> Set<String> {
        let known = try storing { () throws(StoreError) in try directory.storedDirectories() }
        var result: Set<String> = []
        for word in typed {
            let path = try session.absolute(word)
            let real = (try? Process.realPath(path)) ?? path
            let text = String(decoding: word, as: UTF8.self)
            guard let found = known.first(where: { $0.path == real || $0.path == path || $0.id == text }) else {
                throw .usage(
                    .invalidValue(
                        option: Self.directory.name, value: text,
                        reason: "this store keeps no working directory of that path or id"))
            }
            result.insert(found.id)
        }
        return result
    }
}

extension Option {
    /// All values count, and not only the last.
    fileprivate var isRepeatable: Bool {
        if case .repeated = kind { true } else { false }
    }
}
