// The journal of a revert under way: from where to where, and how. It names no single change: whoever continues or aborts compares the two snapshots again and looks at what is there.
//
// It is written beside its name, made durable together with what is staged, and only then renamed: before that nothing in the directory was touched, and a half-written one is no journal.

internal import SnapSystem

struct RevertJournal: Sendable {
    static let file = "journal"
    static let unfinished = "journal.new"

    var event: Event
    /// The snapshot to become.
    var target: ObjectID
    /// The snapshot that the directory was.
    var former: ObjectID
    /// What the timeline's line will say.
    var message: Text
    var time: Timestamp
    /// When the directory was read.
    var scanStart: (seconds: Int64, nanoseconds: UInt32)
    var token: String
    var options: RevertOptions
    /// Directories from the root in which there is a staging directory, and their times before it was made.
    var mounts: [Mount] = []

    struct Mount: Sendable {
        var path: [UInt8]
        /// It is where a file system is mounted, and not the top of a subvolume.
        var isMountPoint: Bool
        var seconds: Int64
        var nanoseconds: UInt32
    }

    func encoded() -> [UInt8] {
        var values = KeyValueFile()
        values.append("version", "1")
        values.append("event", event.name)
        values.append("target", target.description)
        values.append("former", former.description)
        values.append("time", time.description)
        values.append("scan", "\(scanStart.seconds).\(scanStart.nanoseconds)")
        values.append("token", token)
        values.append("who", options.who)
        values.append("message", message.bytes)
        for (name, isSet) in flags where isSet { values.append("option", name) }
        for path in options.paths { values.append("path", path) }
        for mount in mounts {
            let kind = mount.isMountPoint ? "mount" : "volume"
            values.append(kind, Array("\(mount.seconds).\(mount.nanoseconds) ".utf8) + mount.path)
        }
        return values.encoded(checksummed: true)
    }

    private var flags: [(String, Bool)] {
        [
            ("keep-extra", options.keepExtra), ("only-content", options.onlyContent), ("keep-git", options.keepGit),
            ("force", options.force),
        ]
    }

    init(
        event: Event, message: Text, target: ObjectID, former: ObjectID, time: Timestamp,
        scanStart: (seconds: Int64, nanoseconds: UInt32), options: RevertOptions
    ) throws(StoreError) {
        self.event = event
        self.message = message
        self.target = target
        self.former = former
        self.time = time
        self.scanStart = scanStart
        self.options = options
        token = try DirectoryID.random()
    }

    /// The journal in the working directory's room; nil if no revert is under way.
    static func read(in room: StoreDirectory, _ file: String = RevertJournal.file) throws(StoreError) -> RevertJournal?
    {
        // Without a journal what is staged may go: that there is none is asked for in two ways.
        var values = try room.readKeyValues(file)
        if values == nil {
            do throws(SystemError) {
                _ = try room.descriptor.facts(of: Array(file.utf8))
            } catch {
                if error.isNotFound { return nil }
                throw room.failure(error, "examine", file)
            }
            values = try room.readKeyValues(file)
        }
        guard let values else { throw room.damage(file, "it is there and cannot be opened") }
        guard values.string("version") == "1" else {
            throw .unsupported(path: room.path(of: file), what: "journal version \(values.string("version") ?? "")")
        }
        guard let journal = RevertJournal(values) else { throw room.damage(file, "it lacks what a journal says") }
        return journal
    }

    private init?(_ values: KeyValueFile) {
        let scan = (values.string("scan") ?? "").split(separator: ".")
        guard let event = values.string("event"), let target = values.string("target").flatMap({ ObjectID($0) }),
            let former = values.string("former").flatMap({ ObjectID($0) }),
            let time = values["time"].flatMap({ Timestamp(text: $0.span) }), scan.count == 2,
            let seconds = Int64(scan[0]), let nanoseconds = UInt32(scan[1]), let token = values.string("token"),
            DirectoryID.parse(Array(token.utf8)) != nil
        else { return nil }
        self.event = Event(word: event)
        message = Text(bytes: values["message"] ?? [])
        self.target = target
        self.former = former
        self.time = time
        self.token = token
        scanStart = (seconds, nanoseconds)
        options = RevertOptions()
        options.who = values.string("who") ?? ""
        let flags = Set(values.values("option").map { String(decoding: $0, as: UTF8.self) })
        options.keepExtra = flags.contains("keep-extra")
        options.onlyContent = flags.contains("only-content")
        options.keepGit = flags.contains("keep-git")
        options.force = flags.contains("force")
        options.paths = values.values("path")
        options.time = time
        mounts =
            values.values("mount").compactMap { Mount($0, isMountPoint: true) }
            + values.values("volume").compactMap { Mount($0, isMountPoint: false) }
    }

    var unfinished: UnfinishedRevert { UnfinishedRevert(event: event, target: target, former: former, time: time) }

    // MARK: Its file

    /// Writes it beside its name; not durable yet.
    func prepare(in room: StoreDirectory) throws(StoreError) {
        // What could not be read back must not be begun.
        guard encoded().count < StoreDirectory.smallFileLimit else {
            throw .refused(path: room.path, reason: "so many paths are too much for one revert")
        }
        do throws(SystemError) {
            let name = Array(Self.unfinished.utf8)
            do throws(SystemError) { try room.descriptor.remove(name) } catch { if !error.isNotFound { throw error } }
            let file = try room.ownership.createFile(name, in: room.descriptor)
            try file.write(encoded())
            try file.syncData()
            try file.close()
        } catch {
            throw room.failure(error, "write", Self.unfinished)
        }
    }

    /// From here on the revert is under way.
    static func publish(in room: StoreDirectory) throws(StoreError) {
        do throws(SystemError) {
            try room.descriptor.move(Array(unfinished.utf8), to: room.descriptor, Array(file.utf8))
            try room.descriptor.sync()
        } catch {
            throw room.failure(error, "rename", unfinished)
        }
    }

    /// The revert is no longer under way.
    static func remove(in room: StoreDirectory) throws(StoreError) {
        do throws(SystemError) {
            for name in [file, unfinished] {
                do throws(SystemError) {
                    try room.descriptor.remove(Array(name.utf8))
                } catch {
                    guard error.isNotFound, try !room.descriptor.has(Array(name.utf8)) else { throw error }
                }
            }
        } catch {
            throw room.failure(error, "remove", file)
        }
    }
}

extension RevertJournal.Mount {
    init?(_ text: [UInt8], isMountPoint: Bool) {
        guard let space = text.firstIndex(of: 0x20) else { return nil }
        let time = String(decoding: text[..<space], as: UTF8.self).split(separator: ".")
        guard time.count == 2, let seconds = Int64(time[0]), let nanoseconds = UInt32(time[1]) else { return nil }
        self.init(
            path: Array(text[(space + 1)...]), isMountPoint: isMountPoint, seconds: seconds, nanoseconds: nanoseconds)
    }
}

extension WorkingDirectory {
    /// The revert that was interrupted; nil if there is none. Two look-ups if there is none.
    public func unfinishedRevert() throws(StoreError) -> UnfinishedRevert? {
        try RevertJournal.read(in: room.directory)?.unfinished
    }

    /// Writers wait for what only continuing or aborting can settle.
    func requireNoJournal() throws(StoreError) {
        if let unfinished = try unfinishedRevert() { throw .revertUnfinished(unfinished) }
    }
}
