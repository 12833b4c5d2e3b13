// Checks what an entry itself needs: that its chunks are in a pack, that lists lead to them, and that lengths add up.
//
// Chunks are not read; the index says where they lie and how long they are. The chunks found last are remembered in a
// table of fixed size, because the next version of a directory names almost the same ones.

internal import SnapSystem

final class ContentCheck {
    private struct Slot {
        var id = ObjectID.zero
        var length: UInt32 = 0
        var isUsed = false
    }

    private enum Finding {
        case length(UInt64)
        case problem(String)
    }

    private static let slotCount = 1 << 16

    private let packs: PackSet
    private let reader: ObjectReader
    private let isFull: Bool
    private var lost: [ObjectKey: String]
    private var lists: [ContentReference: Finding] = [:]
    private var slots = [Slot](repeating: Slot(), count: slotCount)

    init(_ packs: PackSet, _ reader: ObjectReader, lost: Set<ObjectKey>, isFull: Bool) {
        self.packs = packs
        self.reader = reader
        self.isFull = isFull
        self.lost = [:]
        for key in lost { self.lost[key] = "\(key) is damaged" }
    }

    /// Why the entry cannot be put back whole, not counting what is below a directory; nil if it can.
    func problem(of entry: TreeEntry) throws(ContentError) -> String? {
        if entry.isGapWithoutContent { return nil }
        switch entry.type {
        case .file:
            if let problem = try contentProblem(of: entry) { return problem }
        case .symbolicLink:
            if entry.target?.isEmpty ?? true { return "the link's target is missing" }
        case .characterDevice, .blockDevice:
            if entry.device == nil { return "the device's number is missing" }
        case .directory, .fifo, .socket: break
        case .unknown: return "what it was is not known"
        }
        if case .elsewhere(let reference)? = entry.attributes {
            if let problem = try problem(of: reference, "extended attributes") { return problem }
            if isFull,
                let problem = decodingProblem({ () throws(ContentError) in _ = try reader.attributes(of: entry) })
            {
                return "extended attributes: \(problem)"
            }
        }
        if let links = entry.links {
            if let problem = try problem(of: links, "the link table") { return problem }
            if isFull, let problem = decodingProblem({ () throws(ContentError) in _ = try reader.readLinkTable(links) })
            {
                return "the link table: \(problem)"
            }
        }
        return nil
    }

    private func contentProblem(of entry: TreeEntry) throws(ContentError) -> String? {
        var expected: UInt64? = entry.size
        switch entry.extents {
        case nil: break
        case .here(let extents): expected = Self.length(of: extents)
        case .elsewhere(let reference):
            if let problem = try problem(of: reference, "the map of a sparse file") { return problem }
            expected = nil
            if isFull {
                do throws(ContentError) {
                    expected = try reader.extents(of: entry).map { Self.length(of: $0) }
                } catch {
                    return "the map of a sparse file: \(error.reason)"
                }
            }
        }
        guard let content = entry.content else {
            return expected ?? 0 == 0 ? nil : "its content is missing"
        }
        switch try finding(content) {
        case .problem(let reason): return reason
        case .length(let length):
            guard let expected, length != expected else { return nil }
            return "its content has \(length) bytes, not \(expected)"
        }
    }

    /// Extents are ascending and within the file's size, so the sum is too.
    private static func length(of extents: [Extent]) -> UInt64 { extents.reduce(0) { $0 &+ $1.length } }

    private func problem(of reference: SizedReference, _ what: String) throws(ContentError) -> String? {
        switch try finding(reference.content) {
        case .problem(let reason): return "\(what): \(reason)"
        case .length(reference.length): return nil
        case .length(let length): return "\(what): there are \(length) bytes, not \(reference.length)"
        }
    }

    private func decodingProblem(_ body: () throws(ContentError) -> Void) -> String? {
        do throws(ContentError) {
            try body()
            return nil
        } catch {
            return error.reason
        }
    }

    // MARK: Lists and chunks

    /// Recursion is at most as deep as a list's level.
    private func finding(_ reference: ContentReference) throws(ContentError) -> Finding {
        if reference.level == 0 { return try chunk(reference.id) }
        if let known = lists[reference] { return known }
        let result = try list(reference)
        lists[reference] = result
        return result
    }

    private func list(_ reference: ContentReference) throws(ContentError) -> Finding {
        let items: [ListReference]
        do throws(ContentError) {
            items = try reader.readList(reference, leaves: .chunk)
        } catch {
            return .problem(error.reason)
        }
        var total: UInt64 = 0
        for item in items {
            switch try finding(item.reference) {
            case .problem(let reason): return .problem(reason)
            case .length(let length):
                guard length == item.length else {
                    return .problem("a list says \(item.length) bytes of \(length)")
                }
                total = total.addingSaturated(length)
            }
        }
        return .length(total)
    }

    private func chunk(_ id: ObjectID) throws(ContentError) -> Finding {
        let slot = Int(truncatingIfNeeded: id.words.1) & (Self.slotCount - 1)
        if slots[slot].isUsed, slots[slot].id == id { return .length(UInt64(slots[slot].length)) }
        let key = ObjectKey(.chunk, id)
        if let reason = lost[key] { return .problem(reason) }
        do throws(PackError) {
            var generation: UInt64
            repeat {
                generation = packs.generation
                guard let (_, location) = try packs.locate(key) else { continue }
                slots[slot] = Slot(id: id, length: UInt32(truncatingIfNeeded: location.length), isUsed: true)
                return .length(UInt64(location.length))
            } while try packs.refreshAfterMiss(since: generation)
        } catch {
            throw .store(error)
        }
        let reason = "\(key) is in no pack that can be read"
        lost[key] = reason
        return .problem(reason)
    }
}
