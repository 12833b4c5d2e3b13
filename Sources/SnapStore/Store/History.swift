// What a working directory's timeline tells: its snapshots, their names, and which one a revision means.

extension WorkingDirectory {
    /// Living snapshots, newest first. Reads the timeline and no pack.
    public func list() throws(StoreError) -> [SnapshotSummary] {
        let contents = try room.timeline.read()
        var names: [ObjectID: [String]] = [:]
        for (name, target) in contents.names {
            names[target, default: []].append(name)
        }
        let head = contents.head
        return contents.living.reversed().map { entry in
            SnapshotSummary(
                id: entry.id, time: entry.event.time, event: entry.event.event, kind: entry.event.kind,
                message: entry.event.message.displayString, names: names[entry.id, default: []].sorted(),
                isHead: entry.id == head)
        }
    }

    /// Names and their targets, sorted by name.
    public func names() throws(StoreError) -> [(name: String, target: ObjectID)] {
        try room.timeline.read().names.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    /// Gives a snapshot a name. Moves a name that another snapshot has only with `force`.
    public func setName(_ name: String, to revision: ObjectID, force: Bool, who: String) throws(StoreError) {
        try validate(name)
        try requireWritable()
        // Before the lock: others should not wait while packs are opened.
        guard try has(revision) else { throw .missingObject(type: .manifest, id: revision) }
        let lock = try layout.locks.timeline(id)
        let contents = try room.timeline.read()
        if contents.isRemoved(revision) { throw .unknownRevision(text: revision.description, candidates: []) }
        let former = contents.names[name]
        if former == revision { return }
        if let former, !force { throw .nameExists(name: name, target: former) }
        let mark = TimelineEvent(time: .now, old: former, new: revision, event: .name, who: who, message: Text(name))
        try room.timeline.append(mark, under: lock)
        lock.release()
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

    /// The snapshot that `revision` means; of a path, the snapshot that it is in.
    public func resolve(_ revision: Revision) throws(StoreError) -> ObjectID {
        // What scripts ask most needs no more than the last line.
        if revision == .head, let head = try room.timeline.head() { return head }
        let contents = try room.timeline.read()
        let text = revision.description
        do throws(ResolutionError<StoreError>) {
            return try resolver(contents).resolve(revision)
        } catch {
            switch error {
            case .unknownName(_, let names): throw .unknownRevision(text: text, candidates: names)
            case .unknownID(_, let ids): throw .unknownRevision(text: text, candidates: ids.map(\.short))
            case .ambiguous(_, let ids, _): throw .ambiguousRevision(text: text, candidates: ids)
            case .store(let cause): throw cause
            case .noSnapshots, .beforeFirst, .beyondRoot, .unsupported:
                throw .revisionOutOfRange(text: text, reason: error.reason)
            }
        }
    }

    /// The manifest of a snapshot.
    public func manifest(_ id: ObjectID) throws(StoreError) -> Manifest {
        let bytes = try manifestBytes(id)
        do throws(ManifestError) {
            return try Manifest(decoding: bytes)
        } catch {
            if case .newerSchema = error {
                throw .unsupported(path: store, what: "manifest \(id.short): \(error.reason)")
            }
            throw .damaged(file: "manifest \(id)", what: error.reason)
        }
    }

    /// The manifest's stored bytes.
    public func manifestBytes(_ id: ObjectID) throws(StoreError) -> [UInt8] {
        do throws(PackError) {
            return try ObjectReader(packs).read(ObjectKey(.manifest, id))
        } catch {
            throw StoreError(error)
        }
    }

    private func has(_ id: ObjectID) throws(StoreError) -> Bool {
        do throws(PackError) {
            var generation: UInt64
            repeat {
                generation = packs.generation
                if try packs.locate(ObjectKey(.manifest, id)) != nil { return true }
            } while try packs.refreshAfterMiss(since: generation)
            return false
        } catch {
            throw StoreError(error)
        }
    }

    private func resolver(_ contents: TimelineContents) -> RevisionResolver<StoreError> {
        RevisionResolver(
            contents: contents,
            livingIDs: { (prefix) throws(StoreError) in
                let known = contents.living.map(\.id).filter { prefix.matches($0) }
                if !known.isEmpty { return known }
                do throws(PackError) {
                    return try self.packs.ids(.manifest, prefix: prefix.digits)
                } catch {
                    throw StoreError(error)
                }
            },
            parents: { (id) throws(StoreError) in try self.manifest(id).parents })
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

extension TimelineContents {
    /// Living snapshots, each with the event that made it, in the order of those events.
    ///
    /// take, safety and run make a snapshot. The other head events go to one that is there, unless none is: then they
    /// made it, as a revert of a part does. So did a recover mark for a snapshot whose line was lost.
    package var living: [(id: ObjectID, event: TimelineEvent)] {
        var last: [ObjectID: Int] = [:]
        for (index, event) in events.enumerated() {
            guard let id = event.new else { continue }
            switch event.event {
            case .take, .safety, .run: last[id] = index
            case .revert, .undo, .redo, .recover: if last[id] == nil { last[id] = index }
            case .name, .unname, .drop, .expire, .other: break
            }
        }
        return last.filter { !isRemoved($0.key) }.sorted { $0.value < $1.value }.map { ($0.key, events[$0.value]) }
    }
}
