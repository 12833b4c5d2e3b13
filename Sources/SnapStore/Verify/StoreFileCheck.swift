// The store's own files: those of the layout, each working directory's label and timeline, and what should not be
// there.
//
// Each file is read by the code that uses it, so what passes here is what a take or a revert accepts.

internal import SnapSystem

struct StoreFileCheck {
    private let layout: StoreLayout

    init(_ layout: StoreLayout) {
        self.layout = layout
    }

    /// Adds what is damaged to the report. Answers the living snapshots, those of each timeline newest first.
    func run(_ report: inout VerifyReport) -> [ObjectID] {
        let root = layout.root
        attempt(StoreFormat.file, &report) { () throws(StoreError) in _ = try StoreFormat.read(in: root) }
        attempt(StoreConfiguration.file, &report) { () throws(StoreError) in
            _ = try StoreConfiguration.read(in: root)
        }
        attempt("epoch", &report) { () throws(StoreError) in _ = try layout.epoch.read() }
        attempt(RetiredPacks.file, &report) { () throws(StoreError) in _ = try RetiredPacks.read(in: root) }
        attempt(Place.idName, &report) { () throws(StoreError) in
            // A store that serves other places has none.
            guard let content = try root.read(Place.idName, limit: StoreDirectory.smallFileLimit) else { return }
            if DirectoryID.parse(file: content) == nil {
                throw root.damage(Place.idName, "it is not 32 hexadecimal digits and a newline")
            }
        }
        noteStrangers(&report)
        return checkRooms(&report)
    }

    /// As they are now, without a report.
    func livingSnapshots() -> [ObjectID] {
        var ignored = VerifyReport()
        return checkRooms(&ignored)
    }

    private func checkRooms(_ report: inout VerifyReport) -> [ObjectID] {
        var seen: Set<ObjectID> = []
        var result: [ObjectID] = []
        var ids: [String] = []
        attempt(StoreLayout.directoriesName, &report) { () throws(StoreError) in ids = try layout.roomIDs() }
        for id in ids {
            for snapshot in checkRoom(id, &report) where seen.insert(snapshot).inserted { result.append(snapshot) }
        }
        return result
    }

    private func checkRoom(_ id: String, _ report: inout VerifyReport) -> [ObjectID] {
        let label = "\(StoreLayout.directoriesName)/\(id)"
        let aboutLabel = "\(label)/\(About.file)"
        var contents = TimelineContents()
        var room: StoreDirectory?
        attempt(label, &report) { () throws(StoreError) in room = try layout.directories.directory(id) }
        guard let room else { return [] }
        attempt(aboutLabel, &report) { () throws(StoreError) in
            guard try room.readKeyValues(About.file) != nil else {
                throw StoreError.damaged(file: aboutLabel, what: "it is missing")
            }
            if try About.read(in: room) == nil {
                throw StoreError.damaged(file: aboutLabel, what: "it does not say where the directory is")
            }
        }
        attempt(label, &report) { () throws(StoreError) in
            guard let timelines = try room.directory(Room.timelinesName) else { return }
            contents = try TimelineStore(in: timelines, of: id).read()
        }
        let file = "\(label)/\(Room.timelinesName)/\(TimelineStore.main)"
        for line in contents.damagedLines {
            let what = "line \(line.number): \(line.damage.reason)"
            report.damages.append(VerifyReport.Damage(file: file, what: what))
        }
        if !contents.unknownVersionLines.isEmpty {
            report.notes.append(
                "'\(file)' has \(contents.unknownVersionLines.count) lines of a newer version, which are not checked")
        }
        let named = contents.names.values.filter { !contents.isRemoved($0) }
        return contents.living.reversed().map(\.id) + named.sorted()
    }

    /// Files that are no part of a store. They do no harm.
    private func noteStrangers(_ report: inout VerifyReport) {
        for name in names(in: layout.packs, &report) {
            let text = String(decoding: name, as: UTF8.self)
            if name.count == 69, text.hasSuffix(".pack"), ObjectID(lowerCaseDigits: Array(name.prefix(64)).span) != nil
            {
                continue
            }
            report.notes.append("'\(StoreLayout.packsName)/\(text)' is not a pack")
        }
        for name in names(in: layout.directories, &report) where DirectoryID.parse(name) == nil {
            let text = String(decoding: name, as: UTF8.self)
            report.notes.append("'\(StoreLayout.directoriesName)/\(text)' does not belong to a working directory")
        }
        let unfinished = names(in: layout.tmp, &report).count
        if unfinished > 0 {
            report.notes.append(
                "'\(StoreLayout.tmpName)' has \(unfinished) files: of takes that are running, or that did not finish")
        }
    }

    private func names(in directory: StoreDirectory, _ report: inout VerifyReport) -> [[UInt8]] {
        var result: [[UInt8]] = []
        attempt(String(directory.label.dropLast()), &report) { () throws(StoreError) in result = try directory.names() }
        return result
    }

    private func attempt(_ file: String, _ report: inout VerifyReport, _ body: () throws(StoreError) -> Void) {
        do throws(StoreError) {
            try body()
        } catch {
            let damage =
                switch error {
                case .damaged(let file, let what): VerifyReport.Damage(file: file, what: what)
                case .unsupported(_, let what):
                    VerifyReport.Damage(file: file, what: "needs \(what), which this version does not know")
                case .system(let doing, _, let reason):
                    VerifyReport.Damage(file: file, what: "cannot \(doing) it: \(reason)")
                case .notAStore(_, let reason), .invalidConfiguration(_, let reason):
                    VerifyReport.Damage(file: file, what: reason)
                default: VerifyReport.Damage(file: file, what: "\(error)")
                }
            report.damages.append(damage)
        }
    }
}
