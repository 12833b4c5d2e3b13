// What a working directory's timeline tells: its snapshots, their names, and which one a revision means.

extension WorkingDirectory {
    /// Living snapshots, newest first. Reads the timeline and no pack.
    public func list() throws(StoreError) -> [SnapshotSummary] {
        let contents = try room.timeline.read()
        return contents.summaries(contents.living)
    }

    /// Names and their targets, sorted by name.
    public func names() throws(StoreError) -> [(name: String, target: ObjectID)] {
        try room.timeline.read().names.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    /// Gives a snapshot a name. Moves a name that another snapshot has only with `force`.
    public func setName(_ name: String, to revision: ObjectID, force: Bool, who: String) throws(StoreError) {
        try validate(name)
        try requireWritable()
        // gc may be about to remove what no line names yet.
        let collection = try keepFromCollection(revision, mustBeWhole: true, Observer())
        // Before the lock: others should not wait while packs are opened.
        guard try has(revision) else { throw .missingObject(type: .manifest, id: revision) }
        let lock = try layout.locks.timeline(id)
        let contents = try room.timeline.read()
        if contents.isRemoved(revision) { throw .removedSnapshot(revision) }
        let former = contents.names[name]
        if former == revision { return }
        if let former, !force { throw .nameExists(name: name, target: former) }
        let mark = TimelineEvent(time: .now, old: former, new: revision, event: .name, who: who, message: Text(name))
        try room.timeline.append(mark, under: lock)
        lock.release()
        collection?.release()
    }

    /// gc's lock, for as long as it takes to record something that is in no list of this directory: nothing else keeps that in
    /// the store. nil for a snapshot that lives, and for one that is removed, which is refused anyway.
    ///
    /// An earlier gc may have removed a part of it. With `mustBeWhole` such a one is refused: once a line names it no gc would
    /// remove anything any more.
    func keepFromCollection(
        _ snapshot: ObjectID, mustBeWhole: Bool, _ observer: Observer
    ) throws(StoreError) -> StoreLock? {
        let contents = try room.timeline.read()
        if contents.isRemoved(snapshot) || contents.living.contains(where: { $0.id == snapshot }) { return nil }
        let lock = try layout.locks.waitForGC()
        try passOverRetiredPacks()
        if mustBeWhole { try requireWhole(snapshot, observer) }
        return lock
    }

    /// Throws if gc would refuse to go on because of it.
    private func requireWhole(_ snapshot: ObjectID, _ observer: Observer) throws(StoreError) {
        let marks = PackMarks()
        do throws(PackError) {
            marks.add(try packs.packs, last: [])
        } catch {
            throw StoreError(error)
        }
        try Reachability(marks, packs, observer).follow(snapshot, mustBeWhole: true)
    }

    private func validate(_ name: String) throws(StoreError) {
        do throws(NameError) {
            try SnapshotName.validate(name)
        } catch {
            throw .invalidName(text: name, reason: error.reason)
        }
    }

    /// Removes a name; the snapshot that had it.
    public func removeName(_ name: String, who: String) throws(StoreError) -> ObjectID {
        try requireWritable()
        let lock = try layout.locks.timeline(id)
        let contents = try room.timeline.read()
        guard let target = contents.names[name] else {
            throw .unknownName(name: name, candidates: candidates(for: name, contents))
        }
        let mark = TimelineEvent(time: .now, old: target, new: nil, event: .unname, who: who, message: Text(name))
        try room.timeline.append(mark, under: lock)
        lock.release()
        return target
    }

    /// The snapshot that `revision` means; of a path, the snapshot that it is in. Without a clock, times mean none.
    /// The start of an id means a living snapshot if there is one, or with `prefersRemoved` a removed one.
    public func resolve(
        _ revision: Revision, clock: LocalClock? = nil, prefersRemoved: Bool = false
    ) throws(StoreError) -> ObjectID {
        // What scripts ask most needs no more than the last line.
        if revision == .head, let head = try room.timeline.head() { return head }
        let contents = try room.timeline.read()
        do throws(ResolutionError<StoreError>) {
            return try resolver(contents, clock: clock, prefersRemoved: prefersRemoved).resolve(revision)
        } catch {
            throw failure(of: revision, error, contents)
        }
    }

    private func failure(
        of revision: Revision, _ error: ResolutionError<StoreError>, _ contents: TimelineContents
    ) -> StoreError {
        let text = revision.description
        switch error {
        case .unknownName(let name, let names):
            var ids = names.compactMap { contents.names[$0] }
            var texts = names
            // What the head is called in git.
            if name.lowercased() == "head", let head = contents.head {
                ids.insert(head, at: 0)
                texts.insert("@", at: 0)
            }
            return .unknownRevision(text: text, candidates: candidates(ids, named: texts, contents))
        case .unknownID(_, let ids):
            return .unknownRevision(text: text, candidates: candidates(ids, named: abbreviations(ids), contents))
        case .ambiguous(_, let ids, let count):
            let first = candidates(ids, named: abbreviations(ids), contents)
            return .ambiguousRevision(text: text, candidates: first, count: count)
        case .beyondRoot(_, _, let root):
            let nearest = candidates([root], named: [root.short], contents).first
            return .revisionOutOfRange(text: text, reason: error.reason, nearest: nearest)
        case .beforeFirst, .beforeFirstTime:
            return .revisionOutOfRange(text: text, reason: error.reason, nearest: firstEvent(contents))
        case .noSnapshots, .unsupported:
            return .revisionOutOfRange(text: text, reason: error.reason, nearest: nil)
        case .unknownTimeline(let name, let available):
            return .unknownTimeline(name: name, available: available)
        case .invalidTime(let time, let error):
            return .invalidTime(text: time, reason: error.reason)
        case .store(let cause):
            return cause
        }
    }

    /// Snapshots with what their lines, or else their manifests, tell of them. `texts`: what can be typed for each.
    private func candidates(
        _ ids: [ObjectID], named texts: [String], _ contents: TimelineContents
    ) -> [RevisionCandidate] {
        var events: [ObjectID: TimelineEvent] = [:]
        for (id, event) in contents.living { events[id] = event }
        var result: [RevisionCandidate] = []
        for (id, text) in zip(ids, texts) {
            var candidate = RevisionCandidate(text: text, id: id, time: nil, message: "")
            if let event = events[id] {
                candidate.time = event.time
                candidate.message = event.message.displayString
            } else if let known = try? manifest(id) {
                // What cannot be read is told of by its id alone: this is about another mistake.
                candidate.time = known.time
                candidate.message = known.message?.displayString ?? ""
            }
            result.append(candidate)
        }
        return result
    }

    /// The snapshot that was the first head.
    private func firstEvent(_ contents: TimelineContents) -> RevisionCandidate? {
        let back = contents.headEventCount - 1
        guard let event = contents.headEvent(back), let id = event.new else { return nil }
        return RevisionCandidate(
            text: "@{\(back)}", id: id, time: event.time, message: event.message.displayString)
    }

    /// As many digits of each id as tell it from its neighbours, which are sorted, and not fewer than people are shown.
    private func abbreviations(_ ids: [ObjectID]) -> [String] {
        let texts = ids.map(\.description)
        var length = ids.first?.short.utf8.count ?? 0
        for (text, next) in zip(texts, texts.dropFirst()) {
            var common = 0
            for (a, b) in zip(text.utf8, next.utf8) {
                if a != b { break }
                common += 1
            }
            length = max(length, common + 1)
        }
        return texts.map { String($0.prefix(length)) }
    }

    /// The manifest of a snapshot.
    public func manifest(_ id: ObjectID) throws(StoreError) -> Manifest {
        try readManifest(id, with: ObjectReader(packs))
    }

    /// The manifest's stored bytes.
    public func manifestBytes(_ id: ObjectID) throws(StoreError) -> [UInt8] {
        do throws(PackError) {
            return try ObjectReader(packs).read(ObjectKey(.manifest, id))
        } catch {
            throw StoreError(error)
        }
    }

    /// Whether the store has the manifest.
    func has(_ id: ObjectID) throws(StoreError) -> Bool { try !stored([id]).isEmpty }

    /// Those whose manifests the store has. Packs are listed again once, however many it lacks.
    func stored(_ ids: [ObjectID]) throws(StoreError) -> Set<ObjectID> {
        var found: Set<ObjectID> = []
        var missing = ids
        do throws(PackError) {
            var generation: UInt64
            repeat {
                generation = packs.generation
                var rest: [ObjectID] = []
                for id in missing {
                    if try packs.locate(ObjectKey(.manifest, id)) == nil {
                        rest.append(id)
                    } else {
                        found.insert(id)
                    }
                }
                missing = rest
                if missing.isEmpty { break }
            } while try packs.refreshAfterMiss(since: generation)
        } catch {
            throw StoreError(error)
        }
        return found
    }

    private func resolver(
        _ contents: TimelineContents, clock: LocalClock? = nil, prefersRemoved: Bool = false
    ) -> RevisionResolver<StoreError> {
        let ancestry = Ancestry(self, contents)
        return RevisionResolver(
            contents: contents,
            clock: clock,
            livingIDs: { (prefix) throws(StoreError) in
                let preferred = prefersRemoved ? contents.removed.map(\.id) : contents.living.map(\.id)
                let known = preferred.filter { prefix.matches($0) }
                if !known.isEmpty { return known }
                do throws(PackError) {
                    return try self.packs.ids(.manifest, prefix: prefix.digits)
                } catch {
                    throw StoreError(error)
                }
            },
            parents: { (id) throws(StoreError) in try ancestry.parent(of: id).map { [$0] } ?? [] })
    }

    private func candidates(for name: String, _ contents: TimelineContents) -> [String] {
        do throws(ResolutionError<StoreError>) {
            _ = try resolver(contents).resolve(.name(name))
        } catch {
            if case .unknownName(_, let candidates) = error { return candidates }
        }
        return []
    }
}

/// Ancestors by parents, of which some may have been removed: then the nearest that lives takes its place.
private final class Ancestry {
    private let directory: WorkingDirectory
    private let contents: TimelineContents
    /// By snapshot, the head when it was made. Made when it is needed.
    private lazy var former: [ObjectID: ObjectID] = contents.formerHeads

    init(_ directory: WorkingDirectory, _ contents: TimelineContents) {
        self.directory = directory
        self.contents = contents
    }

    func parent(of id: ObjectID) throws(StoreError) -> ObjectID? {
        var next = try first(of: id)
        // Files from elsewhere could say anything: no way is longer than the timeline.
        for _ in contents.events {
            guard let parent = next, contents.isRemoved(parent) else { break }
            next = try first(of: parent)
        }
        return next
    }

    /// The timeline knows the parents also of what is gone; lines may be missing from it, and manifests not.
    private func first(of id: ObjectID) throws(StoreError) -> ObjectID? {
        if let known = former[id] { return known }
        do throws(StoreError) {
            guard let parent = try directory.manifest(id).parents.first else { return nil }
            return try directory.has(parent) ? parent : nil
        } catch {
            if case .missingObject = error, contents.isRemoved(id) { return nil }
            throw error
        }
    }
}

extension TimelineContents {
    /// Living snapshots, each with the event that made it, in the order of those events.
    ///
    /// take, safety and run make a snapshot. The other head events go to one that is there, unless none is: then they
    /// made it, as a revert of a part does. So did a recover mark for a snapshot whose line was lost.
    package var living: [(id: ObjectID, event: TimelineEvent)] { made { !isRemoved($0) } }

    /// Dropped and expired snapshots, likewise; what they refer to may be gone.
    package var removed: [(id: ObjectID, event: TimelineEvent)] { made { isRemoved($0) } }

    /// By snapshot, the head before the event that made it, as far as the timeline says so.
    package var formerHeads: [ObjectID: ObjectID] {
        var result: [ObjectID: ObjectID] = [:]
        for (id, place) in makers({ _ in true }) {
            if let old = events[place].old, events[place].event.isHead { result[id] = old }
        }
        return result
    }

    /// What the timeline tells of some of these, newest first; `made` has them in their order.
    func summaries(_ made: [(id: ObjectID, event: TimelineEvent)]) -> [SnapshotSummary] {
        let names = namesByTarget
        let head = head
        return made.reversed().map { entry in
            SnapshotSummary(
                id: entry.id, time: entry.event.time, event: entry.event.event, kind: entry.event.kind,
                message: entry.event.message.displayString, names: names[entry.id, default: []],
                isHead: entry.id == head, removal: removal(of: entry.id).map { Removal($0) })
        }
    }

    /// The names of each snapshot that has one, sorted.
    var namesByTarget: [ObjectID: [String]] {
        var result: [ObjectID: [String]] = [:]
        for (name, target) in names { result[target, default: []].append(name) }
        return result.mapValues { $0.sorted() }
    }

    /// Where in `events` each living snapshot was made.
    package var makers: [ObjectID: Int] { makers { !isRemoved($0) } }

    /// The living snapshots, those that were made last first. Costs less than `living` where few are asked for.
    package var newest: some Sequence<ObjectID> {
        let makers = makers
        return events.indices.reversed().lazy.compactMap { place in
            events[place].new.flatMap { makers[$0] == place ? $0 : nil }
        }
    }

    private func made(_ isWanted: (ObjectID) -> Bool) -> [(id: ObjectID, event: TimelineEvent)] {
        makers(isWanted).sorted { $0.value < $1.value }.map { ($0.key, events[$0.value]) }
    }

    private func makers(_ isWanted: (ObjectID) -> Bool) -> [ObjectID: Int] {
        var last: [ObjectID: Int] = [:]
        last.reserveCapacity(events.count)
        for (index, event) in events.enumerated() {
            guard let id = event.new, isWanted(id) else { continue }
            switch event.event {
            case .take, .safety, .run: last[id] = index
            case .revert, .undo, .redo, .recover: if last[id] == nil { last[id] = index }
            case .name, .unname, .drop, .expire, .other: break
            }
        }
        return last
    }
}
