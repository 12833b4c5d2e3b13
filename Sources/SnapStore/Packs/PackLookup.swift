// Finding objects in a pack's index by binary search between the bounds that the fanout gives.
//
// A take asks for many ids at once, most of which no pack has, so what a question costs apart from the search is paid
// once for all of them, and an id is compared by its first eight bytes unless those are equal.

internal import SnapSystem

extension PackIndex {
    /// The numbers of the objects of `type`.
    func numbers(of type: ObjectType) -> Range<Int> {
        let run = runOfType[Int(type.rawValue)]
        return run < 0 ? 0..<0 : runs[run].first..<runs[run].first + runs[run].count
    }

    /// The first object of `type` whose id is not below `id`, or the end of the type's objects.
    func lowerBound(_ type: ObjectType, _ id: ObjectID) throws(PackError) -> Int {
        let result = bytes.withBytes { span in search(span, type, id).map(\.number) }
        return try checked(result)
    }

    /// The number of the object; nil if it is not here.
    func find(_ key: ObjectKey) throws(PackError) -> Int? {
        let result = bytes.withBytes { span in search(span, key.type, key.id) }
        let (number, isFound) = try checked(result)
        return isFound ? number : nil
    }

    /// Makes `found` true where `keys` has an object that is here, in a place inside its block.
    func mark(_ keys: [ObjectKey], in found: inout [Bool]) throws(PackError) {
        guard keys.count <= found.count else { return }
        var hits: [(position: Int, number: Int)] = []
        let isPossible: Bool = bytes.withBytes { span in
            for position in keys.indices where !found[position] {
                guard let (number, isFound) = search(span, keys[position].type, keys[position].id) else { return false }
                if isFound { hits.append((position, number)) }
            }
            return true
        }
        _ = try checked(isPossible ? true : nil)
        // All or none: of a damaged pack nothing may count as found.
        for (_, number) in hits { _ = try location(number) }
        for (position, _) in hits { found[position] = true }
    }

    private func checked<R>(_ result: R?) throws(PackError) -> R {
        if bytes.hasFailed { throw Self.unreadable(label) }
        guard let result else { throw damaged("the fanout is impossible") }
        return result
    }

    /// The first object of `type` that is not below `id`, and whether it is the one. nil if the fanout is impossible.
    @inline(__always)
    private func search(_ span: RawSpan, _ type: ObjectType, _ id: ObjectID) -> (number: Int, isFound: Bool)? {
        let run = runOfType[Int(type.rawValue)]
        if run < 0 { return (0, false) }
        let first = runs[run].first
        var low = first
        var high = first + runs[run].count
        if let fanout {
            let at = fanout + run * PackFormat.fanoutLength + Int(id.firstByte) * 4
            guard let end = span.integer(at: at, as: UInt32.self),
                let start = id.firstByte == 0 ? 0 : span.integer(at: at - 4, as: UInt32.self), start <= end,
                Int(end) <= high - first
            else { return nil }
            (low, high) = (first + Int(start), first + Int(end))
        }
        while low < high {
            let middle = (low + high) >> 1
            let at = ids + middle * PackFormat.idLength
            guard let start = span.integer(at: at, as: UInt64.self)?.byteSwapped else { return nil }
            if start == id.words.0 {
                guard let other = span.objectID(at: at) else { return nil }
                if other == id { return (middle, true) }
                if other < id { low = middle + 1 } else { high = middle }
            } else if start < id.words.0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return (low, false)
    }
}
