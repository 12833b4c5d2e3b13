// Finding out which objects are versions of one another.
//
// Living snapshots are walked from the newest to the oldest, and of each only what no newer one has: a sub-tree that was met is not opened again. What is met at a path is
// a version of what was met there before; a lineage is the path as a hash, so nothing is kept for a path. Where an object that was met elsewhere stands at a path, the file or
// directory was moved or copied: from there on back the path goes on with the other's lineage, with everything below it.
//
// An order is all that comes of it, and a hint what to compress against: two paths with one hash, or a tree that cannot be read, cost size and nothing else. The
// walk ends when everything that is to be written was met, and one older snapshot of each directory, where what stays and could be written against stands.

internal import SnapSystem

/// Used by one thread.
final class LineageWalk {
    /// A tree, or a list of trees, that is to be opened.
    private struct Step {
        var reference: ContentReference
        /// The lineage of the directory that it is a part of, below which names are.
        var directory: UInt64
        /// Its own.
        var run: UInt64
    }

    private enum Meeting {
        case first
        /// It was met before, and has this lineage.
        case again(UInt64)
        /// Nobody needs it, or no pack has it.
        case unknown
    }

    private let living: LivingObjects
    private let reader: ObjectReader
    private let progress: VerifyProgress
    /// Paths that go on with another lineage.
    private var aliases: [UInt64: UInt64] = [:]
    private static let aliasLimit = 1 << 18
    private var order: UInt32 = 0
    /// Objects to be written that were not met yet.
    private var remaining = 0
    private var isNewest = false
    private var entries: UInt64 = 0
    private var steps: [Step] = []

    init(_ packs: PackSet, _ living: LivingObjects, _ progress: VerifyProgress) {
        self.living = living
        self.progress = progress
        reader = ObjectReader(packs)
        for number in 0..<living.count {
            let flags = living[number].flags
            if flags.contains(.moved) && flags.contains(.living) { remaining += 1 }
        }
    }

    /// Walks the snapshots, which are given newest first. One that cannot be read is passed over.
    func run(_ snapshots: [ObjectID]) throws(PackError) {
        var directories: Set<String> = []
        // Once everything was met: the directories of which one more snapshot is walked.
        var left: Set<String>?
        for snapshot in snapshots {
            if progress.isCancelled { throw .cancelled }
            if remaining == 0 && left == nil { left = directories }
            if let left, left.isEmpty { break }
            guard let bytes = try? reader.read(ObjectKey(.manifest, snapshot)),
                let manifest = try? Manifest(decoding: bytes)
            else { continue }
            if left != nil, left?.remove(manifest.directory) == nil { continue }
            isNewest = directories.insert(manifest.directory).inserted
            let seed = Self.mix(0, Array(manifest.directory.utf8))
            _ = try meet(ObjectKey(.manifest, snapshot), Self.mix(seed, Array("manifest".utf8)))
            let root = ContentReference(level: 0, id: manifest.root)
            try follow(root, Step(reference: root, directory: seed, run: Self.mix(seed, Array("root".utf8))))
        }
        progress.advance(files: entries, bytes: 0)
    }

    // MARK: Directories

    private func follow(_ root: ContentReference, _ step: Step) throws(PackError) {
        guard case .first = try meet(Self.key(root, of: .tree), step.run) else { return }
        steps = [step]
        while let next = steps.popLast() {
            if progress.isCancelled { throw .cancelled }
            let below = try next.reference.level > 0 ? openList(next) : openTree(next)
            steps.append(contentsOf: below.reversed())
        }
    }

    /// The parts of a large directory. The first goes on with the directory's own lineage, so that a directory may become large.
    private func openList(_ step: Step) throws(PackError) -> [Step] {
        guard let items = try? reader.readList(step.reference, leaves: .tree) else { return [] }
        var below: [Step] = []
        for (position, item) in items.enumerated() {
            let run = position == 0 ? step.run : Self.mix(step.directory, item.key)
            guard case .first = try meet(Self.key(item.reference, of: .tree), run) else { continue }
            below.append(Step(reference: item.reference, directory: step.directory, run: run))
        }
        return below
    }

    /// Meets what the entries of a tree refer to, and answers the directories among them that were not met before.
    private func openTree(_ step: Step) throws(PackError) -> [Step] {
        guard let (bytes, ranges) = try? reader.readTree(step.reference.id) else { return [] }
        var below: [Step] = []
        for range in ranges {
            guard let entry = unsafe try? TreeEntry(decoding: bytes.span.bytes.extracting(range)) else { continue }
            let path = Self.mix(step.directory, entry.name)
            let name = Self.nameHash(entry.name)
            if entry.type == .directory, let content = entry.content {
                let lineage = aliases[path] ?? path
                switch try meet(Self.key(content, of: .tree), lineage, name: name) {
                case .first: below.append(Step(reference: content, directory: lineage, run: lineage))
                case .again(let known): note(path, lineage, known)
                case .unknown: break
                }
            } else if let content = entry.content {
                try meetContent(content, path, name)
            }
            if case .elsewhere(let reference)? = entry.extents {
                try meetContent(reference.content, Self.mix(path, Array("/extents".utf8)), name)
            }
            if case .elsewhere(let reference)? = entry.attributes {
                try meetContent(reference.content, Self.mix(path, Array("/attributes".utf8)), name)
            }
            if let links = entry.links { try meetContent(links.content, Self.mix(path, Array("/links".utf8)), name) }
        }
        entries &+= UInt64(ranges.count)
        if entries >= 4096 {
            progress.advance(files: entries, bytes: 0)
            entries = 0
        }
        return below
    }

    // MARK: Content

    private func meetContent(_ content: ContentReference, _ path: UInt64, _ name: UInt32) throws(PackError) {
        let lineage = aliases[path] ?? path
        switch try meet(Self.key(content, of: .chunk), lineage, name: name) {
        case .first: if content.level > 0 { try openContent(content, lineage, name) }
        case .again(let known): note(path, lineage, known)
        case .unknown: break
        }
    }

    /// The chunks of a large file, each with its place.
    private func openContent(_ content: ContentReference, _ lineage: UInt64, _ name: UInt32) throws(PackError) {
        var lists = [(reference: content, start: UInt64(0))]
        while let list = lists.popLast() {
            if progress.isCancelled { throw .cancelled }
            guard let items = try? reader.readList(list.reference, leaves: .chunk) else { continue }
            var below: [(reference: ContentReference, start: UInt64)] = []
            var offset = list.start
            for item in items {
                let place = UInt32(clamping: offset >> 12)
                if case .first = try meet(Self.key(item.reference, of: .chunk), lineage, place: place, name: name),
                    item.reference.level > 0
                {
                    below.append((item.reference, offset))
                }
                offset &+= item.length
            }
            lists.append(contentsOf: below.reversed())
        }
    }

    // MARK: Meeting

    private func meet(_ key: ObjectKey, _ lineage: UInt64, place: UInt32 = 0, name: UInt32 = 0) throws(PackError)
        -> Meeting
    {
        guard let number = try living.find(key) else { return .unknown }
        var object = living[number]
        if object.isMet { return .again(object.lineage) }
        object.lineage = lineage
        object.order = order
        object.place = place
        object.name = name
        if isNewest { object.flags.insert(.newest) }
        living[number] = object
        // There are fewer objects than numbers.
        order &+= 1
        if object.flags.contains(.moved) && object.flags.contains(.living) { remaining -= 1 }
        return .first
    }

    /// At `path`, which had `lineage`, stands an object of the lineage `known`.
    private func note(_ path: UInt64, _ lineage: UInt64, _ known: UInt64) {
        if known == lineage { return }
        if known == path {
            aliases[path] = nil
        } else if aliases.count < Self.aliasLimit || aliases[path] != nil {
            aliases[path] = known
        }
    }

    private static func key(_ reference: ContentReference, of leaves: ObjectType) -> ObjectKey {
        ObjectKey(reference.level == 0 ? leaves : .list, reference.id)
    }

    // MARK: Hashes

    /// A hash of a name below what has the hash `seed` (FNV-1a, and a last step that spreads it).
    static func mix(_ seed: UInt64, _ name: [UInt8]) -> UInt64 {
        var hash = (seed ^ 0xCBF2_9CE4_8422_2325) &* 0x0000_0100_0000_01B3
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15
        return hash ^ hash >> 29
    }

    /// Twelve bits of the extension's hash above twenty of the name's.
    static func nameHash(_ name: [UInt8]) -> UInt32 {
        var end: [UInt8] = []
        if let dot = name.lastIndex(of: 0x2E), dot > 0 { end = Array(name[(dot + 1)...]) }
        let high = UInt32(truncatingIfNeeded: mix(1, end) & 0xFFF)
        return high << 20 | UInt32(truncatingIfNeeded: mix(2, name) & 0xF_FFFF)
    }
}
