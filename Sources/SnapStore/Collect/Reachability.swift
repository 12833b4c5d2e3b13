// From snapshots to all that they refer to, which is marked on the way. A tree that is marked already was followed before,
// so each is opened once, however many snapshots have it. The way down is a loop and not a recursion, because directories
// can be deeper than a stack.
//
// What cannot be read hides what is below it. Of a snapshot that must stay this ends everything: to go on would be to
// remove what a repair, or another copy of the damaged piece, would give back. A missing chunk hides nothing, and is only
// counted. What was opened for a snapshot that need not be whole, and below which something may be unread, is opened again
// for one that must be.

internal import SnapSystem

/// Used by one thread.
final class Reachability {
    private enum Pending {
        /// A directory's entries, or a part of them.
        case directory(ContentReference)
        /// A file's bytes, or a table or attributes kept as content.
        case content(ContentReference)
    }

    private let marks: PackMarks
    private let reader: ObjectReader
    private let observer: Observer
    private let counts: (@Sendable (ProgressCount) -> Void)?
    /// Chunks that no pack has, each time that a snapshot which must be whole refers to one.
    private(set) var missingCount: UInt64 = 0
    private var entryCount: UInt64 = 0
    /// What is marked and could not be read, which hides what is below it from every later snapshot as well.
    private var unread: [ObjectKey: ContentError] = [:]
    /// What was opened, and may have such a thing below it.
    private var doubtful: Set<ObjectKey> = []
    /// The snapshot that is followed, and whether it must be whole.
    private var snapshot = ObjectID.zero
    private var mustBeWhole = true
    /// What was opened for it, if it need not be whole; and whether it is not.
    private var opened: [ObjectKey] = []
    private var isHurt = false
    /// The chunks met last: the next version of a directory names almost the same ones.
    private var slots = [ObjectID](repeating: .zero, count: Reachability.slotCount)
    private static let slotCount = 1 << 16
    private static let cacheBytes = 32 << 20

    init(_ marks: PackMarks, _ packs: PackSet, _ observer: Observer) {
        self.marks = marks
        self.observer = observer
        counts = observer.counter
        reader = ObjectReader(packs, cacheBytes: Self.cacheBytes)
    }

    /// Nothing is followed for a while.
    func rest() { reader.rest() }

    /// Marks were taken back, so nothing is known to be marked any more.
    func forget() { slots = [ObjectID](repeating: .zero, count: Self.slotCount) }

    /// Marks a snapshot and all that it needs. One that need not be whole is followed as far as that goes.
    func follow(_ snapshot: ObjectID, mustBeWhole: Bool) throws(StoreError) {
        self.snapshot = snapshot
        self.mustBeWhole = mustBeWhole
        opened = []
        isHurt = false
        var stack: [Pending] = []
        try attempt(ObjectKey(.manifest, snapshot)) { (key) throws(ContentError) in
            try enter(manifest: key, &stack)
        }
        while let next = stack.popLast() {
            if observer.isCancelled?() ?? false { throw .cancelled }
            switch next {
            case .directory(let reference):
                let key = ObjectKey(reference.level == 0 ? .tree : .list, reference.id)
                try attempt(key) { (key) throws(ContentError) in
                    try enter(directory: reference, key, &stack)
                }
            case .content(let reference):
                let key = ObjectKey(reference.level == 0 ? .chunk : .list, reference.id)
                try attempt(key) { (key) throws(ContentError) in
                    try enter(content: reference, key, &stack)
                }
            }
        }
        // Which of it leads there nobody has noted: all of it is opened again.
        if isHurt { doubtful.formUnion(opened) }
        opened = []
    }

    private func attempt(_ key: ObjectKey, _ body: (ObjectKey) throws(ContentError) -> Void) throws(StoreError) {
        do throws(ContentError) {
            try body(key)
        } catch {
            guard error.isDamage else { throw error.storeError(key) }
            unread[key] = error
            isHurt = true
            if mustBeWhole { throw told(error.storeError(key)) }
        }
    }

    /// The error with the snapshot that is hurt.
    private func told(_ error: StoreError) -> StoreError {
        let reason = "the snapshot \(snapshot) needs it"
        switch error {
        case .damaged(let file, let what): return .damaged(file: file, what: "\(what); \(reason)")
        case .unsupported(let path, let what): return .unsupported(path: path, what: "\(what); \(reason)")
        case .missingObject(let type, let id):
            if type == .manifest { return error }
            return .damaged(file: StoreLayout.packsName, what: "\(type) \(id) is in no pack; \(reason)")
        default: return error
        }
    }

    /// Whether the object has to be opened: it was not known, or something below it may be unread.
    private func mark(_ key: ObjectKey) throws(ContentError) -> Bool {
        if let error = unread[key] { throw error }
        let answer: PackMarks.Answer
        do throws(PackError) {
            answer = try marks.mark(key)
        } catch {
            throw .store(error)
        }
        switch answer {
        case .new:
            if mustBeWhole { doubtful.remove(key) } else { opened.append(key) }
            return true
        case .known:
            if !doubtful.contains(key) { return false }
            if !mustBeWhole {
                isHurt = true
                return false
            }
            doubtful.remove(key)
            return true
        case .missing: throw .store(.missing(key, unreadable: []))
        }
    }

    private func enter(manifest key: ObjectKey, _ stack: inout [Pending]) throws(ContentError) {
        guard try mark(key) else { return }
        let bytes = try read(key)
        let manifest: Manifest
        do throws(ManifestError) {
            manifest = try Manifest(decoding: bytes)
        } catch {
            throw .damaged(error.reason)
        }
        stack.append(.directory(ContentReference(level: 0, id: manifest.root)))
    }

    private func read(_ key: ObjectKey) throws(ContentError) -> [UInt8] {
        do throws(PackError) {
            return try reader.read(key)
        } catch {
            throw .store(error)
        }
    }

    private func enter(
        directory reference: ContentReference, _ key: ObjectKey, _ stack: inout [Pending]
    ) throws(ContentError) {
        guard try mark(key) else { return }
        if reference.level > 0 {
            for item in try reader.readList(reference, leaves: .tree) { stack.append(.directory(item.reference)) }
            return
        }
        let (bytes, ranges) = try reader.readTree(reference.id)
        for range in ranges {
            let entry: TreeEntry
            do throws(EntryError) {
                entry = try unsafe TreeEntry(decoding: bytes.span.bytes.extracting(range))
            } catch {
                // One of a newer version refers to nobody knows what.
                if case .unsupported(let what) = error { throw .store(.unsupported(file: "\(key)", what: what)) }
                throw ContentError(error)
            }
            note(entry, &stack)
        }
        advance(UInt64(ranges.count))
    }

    /// Everything that an entry refers to.
    private func note(_ entry: TreeEntry, _ stack: inout [Pending]) {
        if let content = entry.content {
            stack.append(entry.type == .directory ? .directory(content) : .content(content))
        }
        if case .elsewhere(let extents)? = entry.extents { stack.append(.content(extents.content)) }
        if case .elsewhere(let attributes)? = entry.attributes { stack.append(.content(attributes.content)) }
        if let links = entry.links { stack.append(.content(links.content)) }
    }

    private func enter(
        content reference: ContentReference, _ key: ObjectKey, _ stack: inout [Pending]
    ) throws(ContentError) {
        guard reference.level > 0 else { return try enter(chunk: key) }
        guard try mark(key) else { return }
        for item in try reader.readList(reference, leaves: .chunk) {
            if item.reference.level > 0 {
                stack.append(.content(item.reference))
            } else {
                try enter(chunk: ObjectKey(.chunk, item.reference.id))
            }
        }
    }

    private func enter(chunk key: ObjectKey) throws(ContentError) {
        let slot = Int(truncatingIfNeeded: key.id.words.1) & (Self.slotCount - 1)
        if slots[slot] == key.id, key.id != .zero { return }
        do throws(PackError) {
            switch try marks.mark(key) {
            case .new, .known: slots[slot] = key.id
            case .missing: if mustBeWhole { missingCount += 1 }
            }
        } catch {
            throw .store(error)
        }
    }

    private func advance(_ entries: UInt64) {
        let before = entryCount >> 12
        entryCount &+= entries
        guard let counts, entryCount >> 12 != before else { return }
        counts(ProgressCount(phase: .walking, files: entryCount, bytes: 0))
    }
}

extension ContentError {
    /// It is the store that is not as it should be, and not the disk that did not answer.
    fileprivate var isDamage: Bool {
        switch self {
        case .damaged: return true
        case .store(let error):
            switch error {
            case .missing, .unreadable, .damaged, .unsupported: return true
            case .system, .invalidBlock, .noSpace, .storeLimit, .cancelled: return false
            }
        }
    }

    fileprivate func storeError(_ key: ObjectKey) -> StoreError {
        switch self {
        case .store(let error): StoreError(error)
        case .damaged(let what): .damaged(file: StoreLayout.packsName, what: "\(key): \(what)")
        }
    }
}
