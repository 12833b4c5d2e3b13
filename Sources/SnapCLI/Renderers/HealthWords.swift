// The health of a store in words: what of it is well, what somebody should know, and what is a problem, with what helps.
//
// A problem is what makes an operation fail, loses something, or lets others in. All else is a note.

import SnapStore

struct HealthWords {
    private let report: HealthReport
    private let now: Timestamp
    /// There is a command that collects what has expired.
    private let hasCollection: Bool

    init(_ report: HealthReport, now: Timestamp, hasCollection: Bool) {
        self.report = report
        self.now = now
        self.hasCollection = hasCollection
    }

    /// Why there is nothing to tell of a store.
    static func unopened(_ failure: Failure) -> DoctorFinding {
        let words = ErrorWords(failure, command: DoctorCommand.command)
        let level: DoctorFinding.Level = if case .store(.notAWorkingDirectory) = failure { .note } else { .problem }
        return DoctorFinding(level, "store", words.message, hints: words.hints)
    }

    var findings: [DoctorFinding] {
        let place = "\(subject(report.store)) keeps the states of \(subject(report.path))"
        var result = [DoctorFinding(.ok, "store", place)]
        result += fileSystems
        result += access
        result += [space, settings]
        result += locks
        result.append(revert)
        result += leftovers
        result.append(objects)
        result += upkeep
        return result
    }

    // MARK: File systems

    private var fileSystems: [DoctorFinding] {
        guard let own = try? report.directoryFileSystem.get(), let stores = try? report.storeFileSystem.get() else {
            var result: [DoctorFinding] = []
            for answer in [report.directoryFileSystem, report.storeFileSystem] {
                if case .failure(let error) = answer { result.append(DoctorFinding("file system", error)) }
            }
            return result
        }
        if own.device == stores.device { return fileSystem(own, "", isOfStore: true) }
        return fileSystem(own, "of the directory: ", isOfStore: false)
            + fileSystem(stores, "of the store: ", isOfStore: true)
    }

    private func fileSystem(
        _ fileSystem: HealthReport.FileSystem, _ whose: String, isOfStore: Bool
    ) -> [DoctorFinding] {
        let kind = fileSystem.kind
        // What is put in place and what is saved is the directory's; the store has files of its own kind only.
        let isOfDirectory = whose.isEmpty || !isOfStore
        var lacks: [String] = []
        if fileSystem.isReadOnly { lacks.append("nothing can be written to it") }
        if kind.isNetwork { lacks.append("its files are on another machine, whose locks must work") }
        if kind.isInMemory && isOfStore { lacks.append("it is gone when the machine is switched off") }
        if isOfDirectory && kind.exchangesNames == .no {
            lacks.append("names cannot be exchanged: for a moment a revert leaves a path empty")
        }
        if isOfDirectory && fileSystem.hasAttributes == false {
            lacks.append("it keeps no extended attributes: they cannot be put back")
        }
        let isShort = fileSystem.inodes > 0 && fileSystem.freeInodes < 1000
        if isShort { lacks.append("it has room for only \(counted(fileSystem.freeInodes, "more file"))") }
        let isProblem = isShort || (fileSystem.isReadOnly && isOfStore)
        let hints = isShort ? ["df -i \(shellWord(isOfStore ? report.store : report.path))"] : []
        if !lacks.isEmpty {
            let text = "\(whose)\(kind.name); \(lacks.joined(separator: "; "))"
            return [DoctorFinding(isProblem ? .problem : .note, "file system", text, hints: hints)]
        }
        let sharing = isOfDirectory && kind.sharesBlocks == .yes ? ", whose files can share blocks" : ""
        return [DoctorFinding(.ok, "file system", "\(whose)\(kind.name)\(sharing)")]
    }

    // MARK: Access

    private var access: [DoctorFinding] {
        let access: HealthReport.Access
        switch report.access {
        case .success(let found): access = found
        case .failure(let error): return [DoctorFinding("access", error)]
        }
        if access.faults.isEmpty { return [DoctorFinding(.ok, "access", "for its owner alone")] }
        var result = access.faults.map { finding($0, owner: access.owner) }
        if access.faultCount > access.faults.count {
            let more = counted(access.faultCount - access.faults.count, "more file")
            result.append(DoctorFinding(.problem, "access", "\(more) likewise"))
        }
        return result
    }

    private func finding(_ fault: HealthReport.AccessFault, owner: UInt32) -> DoctorFinding {
        let path = subject(fault.path)
        let word = shellWord(fault.path)
        switch fault.fault {
        case .owner(let other):
            let text = "\(path) belongs to user \(other), and the store to user \(owner)"
            return DoctorFinding(.problem, "access", text, hints: ["sudo chown \(owner) \(word)"])
        case .isOpen(let mode):
            // What lies in a directory that is closed is closed.
            let isOuter = fault.path == report.store || fault.path == report.home
            let text = "others may use \(path), whose mode is \(octal(mode))"
            return DoctorFinding(isOuter ? .problem : .note, "access", text, hints: ["chmod 700 \(word)"])
        case .isClosed(let mode):
            let text = "the owner may not use \(path), whose mode is \(octal(mode))"
            return DoctorFinding(.problem, "access", text, hints: ["chmod u+rwX \(word)"])
        }
    }

    private func octal(_ mode: UInt16) -> String { "0" + String(mode, radix: 8) }

    // MARK: Space and settings

    private var space: DoctorFinding {
        let space: HealthReport.Space
        switch report.space {
        case .success(let found): space = found
        case .failure(let error): return DoctorFinding("space", error)
        }
        let hints = hasCollection ? ["snap gc"] : ["df -h \(shellWord(report.store))"]
        if space.free < space.floor {
            let text =
                "\(sizeText(space.free)) free, of which \(sizeText(space.floor)) are to stay free: "
                + "takes are refused"
            return DoctorFinding(.problem, "space", text, hints: hints)
        }
        var text = sizeText(space.packs)
        if let limit = space.limit {
            text += " of \(sizeText(limit))"
            if space.packs >= limit {
                return DoctorFinding(.problem, "space", "the store has \(text): takes are refused", hints: hints)
            }
        }
        text += " in \(counted(space.packCount, "pack")); \(sizeText(space.free)) free"
        let isNearLimit = space.limit.map { space.packs >= $0 - $0 / 10 } ?? false
        let isNearFloor = space.free - space.floor < space.floor / 4
        if isNearLimit || isNearFloor {
            if isNearFloor { text += ", of which \(sizeText(space.floor)) are to stay free" }
            return DoctorFinding(.note, "space", text, hints: hints)
        }
        return DoctorFinding(.ok, "space", text)
    }

    private var settings: DoctorFinding {
        switch report.settings {
        case .success(let notes):
            if notes.isEmpty { return DoctorFinding(.ok, "settings", "all are known") }
            let text = notes.map { safeText($0) }.joined(separator: "; ")
            return DoctorFinding(.note, "settings", text, hints: [editing(report.store + Array("/config".utf8))])
        case .failure(let error): return DoctorFinding("settings", error)
        }
    }

    // MARK: What is under way, and what was left

    private var locks: [DoctorFinding] {
        guard let locks = report.locks else {
            return [DoctorFinding(.note, "locks", "who holds them cannot be told: '/proc/locks' cannot be read")]
        }
        var result: [DoctorFinding] = []
        for lock in locks {
            guard let what = words(lock) else { continue }
            let hints = lock.process.map { ["ps -fp \($0)"] } ?? []
            let finding = DoctorFinding(.note, "locks", "\(who(lock)) \(what)", hints: hints)
            if !result.contains(finding) { result.append(finding) }
        }
        return result.isEmpty ? [DoctorFinding(.ok, "locks", "nobody holds one")] : result
    }

    private func who(_ lock: HealthReport.Lock) -> String {
        guard let process = lock.process else { return "a process that is not to be seen from here" }
        guard let name = lock.processName else { return "process \(process)" }
        return "process \(process) (\(safeText(String(decoding: name, as: UTF8.self))))"
    }

    /// What the holder does; nil for what another of its locks tells as well.
    private func words(_ lock: HealthReport.Lock) -> String? {
        let what: String
        switch lock.subject {
        case .directory(let isThis):
            let action = lock.isExclusive ? "reverts" : "takes a snapshot"
            what = isThis ? action : action + " of another directory"
        case .timeline: what = "writes to a timeline"
        case .identity: what = "settles which directory is which"
        case .configuration: what = "changes settings"
        case .gc: what = "collects or merges packs"
        case .epoch:
            guard lock.isExclusive else { return nil }
            what = "waits for takes to end"
        case .pack: return nil
        }
        return lock.isWaiting ? "waits, and then \(what)" : what
    }

    private var revert: DoctorFinding {
        switch report.unfinished {
        case .success(.none): DoctorFinding(.ok, "revert", "none is unfinished")
        case .success(.some(let unfinished)):
            DoctorFinding(.problem, "revert", unfinished.words, hints: UnfinishedRevert.waysOut)
        case .failure(let error): DoctorFinding("revert", error)
        }
    }

    private var leftovers: [DoctorFinding] {
        let left: HealthReport.Leftovers
        switch report.leftovers {
        case .success(let found): left = found
        case .failure(let error): return [DoctorFinding("leftovers", error)]
        }
        var result: [DoctorFinding] = []
        if left.packs > 0 {
            let text = "\(counted(left.packs, "file")) of takes that did not end, \(sizeText(left.packBytes))"
            result.append(DoctorFinding(.note, "leftovers", text, hints: ["snap take"]))
        }
        // A revert that is under way or unfinished needs what is staged.
        if left.staged > 0, !isReverting, case .success(.none) = report.unfinished {
            let text = "\(counted(left.staged, "entry")) in 'staging', of a revert that is over"
            result.append(DoctorFinding(.note, "leftovers", text, hints: ["snap take"]))
        }
        if left.kept > 0 {
            let text = "\(counted(left.kept, "entry")) in 'staging' that a revert found and no snapshot has"
            let place = report.home + Array("/staging".utf8)
            result.append(DoctorFinding(.note, "leftovers", text, hints: ["ls -la \(shellWord(place))"]))
        }
        return result.isEmpty ? [DoctorFinding(.ok, "leftovers", "there are none")] : result
    }

    private var isReverting: Bool {
        let locks = report.locks ?? []
        return locks.contains { $0.subject == .directory(isThis: true) && $0.isExclusive && !$0.isWaiting }
    }

    // MARK: Content

    private var objects: DoctorFinding {
        switch report.check {
        case .success(let check):
            let what =
                "\(counted(check.snapshots, "snapshot")), \(counted(check.objects, "object")) in "
                + counted(check.packs, "pack")
            if check.isClean { return DoctorFinding(.ok, "objects", "\(what): nothing is missing") }
            let text =
                "\(counted(check.damages.count, "damaged piece")), \(counted(check.hurtCount, "hurt path")) in \(what)"
            return DoctorFinding(.problem, "objects", text, hints: ["snap verify --full"])
        case .failure(let error): return DoctorFinding("objects", error)
        }
    }

    /// Seconds after which a full check is due.
    private static let checkInterval: Int64 = 90 * 86_400

    private var upkeep: [DoctorFinding] {
        var result: [DoctorFinding] = []
        let snapshots = (try? report.history.get().snapshots) ?? 0
        let hints = ["snap verify --full"]
        if let last = report.lastFullCheck {
            let (age, overflow) = now.seconds.subtractingReportingOverflow(last.time.seconds)
            let text = "the last full check was \(ageText(last.time, now: now)): \(safeText(last.result))"
            let isRecent = !overflow && age <= Self.checkInterval
            let level: DoctorFinding.Level = last.result != "clean" ? .problem : isRecent ? .ok : .note
            result.append(DoctorFinding(level, "upkeep", text, hints: level == .ok ? [] : hints))
        } else if snapshots > 0 {
            result.append(DoctorFinding(.note, "upkeep", "there was no full check yet", hints: hints))
        }
        if let last = report.lastCollection {
            let text = "gc ran \(ageText(last.time, now: now)): \(safeText(last.result))"
            result.append(DoctorFinding(.ok, "upkeep", text))
        } else if hasCollection, snapshots > 100 {
            result.append(DoctorFinding(.note, "upkeep", "gc never ran", hints: ["snap gc"]))
        }
        if case .failure(let error) = report.history { result.append(DoctorFinding("upkeep", error)) }
        return result
    }
}
