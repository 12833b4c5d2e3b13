// The living snapshots of a working directory as retention looks at them.
//
// The timeline tells nearly everything. A manifest is read only for what stands there alone: the tags and the component
// of a checkpoint, where a rule asks for them, and the kind and time of what no line tells. A snapshot whose manifest
// cannot be read is damaged, and not for retention to remove: it has no kind then, and stays.

extension WorkingDirectory {
    /// In the order in which they were recorded, oldest first.
    package func retentionSnapshots(
        _ contents: TimelineContents, for rules: RetentionRules, isCancelled: () -> Bool = { false }
    ) throws(StoreError) -> [RetentionSnapshot] {
        let names = contents.namesByTarget
        let head = contents.head
        let reader = ObjectReader(packs)
        var result: [RetentionSnapshot] = []
        for (id, event) in contents.living {
            if isCancelled() { throw .cancelled }
            var snapshot = RetentionSnapshot(id: id, time: event.time, kind: event.kind)
            snapshot.names = names[id, default: []]
            snapshot.isHead = id == head
            snapshot.isSafety = event.event == .safety
            let isAsked = snapshot.kind == .checkpoint && rules.readsManifests
            if isAsked || snapshot.kind == nil { try complete(&snapshot, reader) }
            result.append(snapshot)
        }
        return result
    }

    private func complete(_ snapshot: inout RetentionSnapshot, _ reader: ObjectReader) throws(StoreError) {
        do throws(StoreError) {
            let manifest = try readManifest(snapshot.id, with: reader)
            // A recover mark for a snapshot whose line was lost has a time of its own.
            if snapshot.kind == nil { snapshot.time = manifest.time }
            snapshot.kind = manifest.kind
            snapshot.tags = manifest.tags
            snapshot.component = manifest.component?.id
        } catch {
            switch error {
            case .missingObject, .damaged, .unsupported: snapshot.kind = nil
            default: throw error
            }
        }
    }
}
