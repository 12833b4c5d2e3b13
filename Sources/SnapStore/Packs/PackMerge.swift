// Merging small packs, so that the ten-thousandth take finds as few of them as the tenth.
//
// Blocks are copied as they are, bases and all: nothing is decompressed, and every object stays at its depth. The merged pack is durable before the first of the others is removed, so at
// every moment a listing of `packs/` has all objects; whoever opened a pack before reads on, and whoever comes too late for one lists again.
//
// A merge happens at the end of a take, so it is kept short: four packs of about one size become one of the next, and large ones are left to gc. So there are three of each size at most,
// however many takes there were, and what one take adds is copied six times in all. Merging sixty-four at once would copy less, and one take in sixty-four would wait for as many
// removals, which are what takes long.

package import SnapSystem

package struct PackMerge {
    /// Packs up to each of these lengths are of one size.
    static let sizes: [UInt64] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20]
    /// So many of one size are merged.
    static let fan = 4
    /// Bytes that one merge copies.
    static let budget: UInt64 = 6 << 20
    /// Packs from this length on are left to gc.
    static let smallLength: UInt64 = 16 << 20
    /// Where so many are small, but too large for the budget, it is exceeded: each open pack takes a descriptor.
    static let excess = 256

    /// Merges packs of `store` if there are many of one size. Answers how many went. The caller holds gc's lock.
    @discardableResult
    package static func run(_ store: PackSet, temporary: borrowing FileDescriptor) throws(PackError) -> Int {
        guard try isDue(store) else { return 0 }
        // Others may have merged, or come, since.
        try store.refresh()
        let chosen = choose(try store.packs)
        if chosen.isEmpty { return 0 }
        let writer = try PackWriter(in: temporary)
        do throws(PackError) {
            var copied: [Pack] = []
            var depths: [ObjectKey: UInt8] = [:]
            for pack in chosen {
                // One that cannot be read stays where it is.
                guard let blocks = try? blocks(of: pack) else { continue }
                for block in blocks where !isThere(block, depths) {
                    try writer.append(block)
                    for object in block.objects where object.isIndexed {
                        let key = ObjectKey(object.type, object.id)
                        depths[key] = min(depths[key] ?? .max, block.depth)
                    }
                }
                copied.append(pack)
            }
            guard copied.count > 1, !writer.isEmpty else {
                remove(writer, temporary)
                return 0
            }
            let id = try writer.finish()
            try store.take([(writer.name, id)], from: temporary)
            var removed = 0
            for case let old? in copied.map(\.id) where old != id {
                try store.remove(old)
                removed += 1
            }
            return removed
        } catch {
            remove(writer, temporary)
            throw error
        }
    }

    /// There is something to merge.
    package static func isDue(_ store: PackSet) throws(PackError) -> Bool { !choose(try store.packs).isEmpty }

    static func choose(_ packs: [Pack]) -> [Pack] {
        var classes: [[Pack]] = Array(repeating: [], count: sizes.count)
        var small: [Pack] = []
        for pack in packs where pack.id != nil && pack.length < smallLength {
            small.append(pack)
            if let size = sizes.firstIndex(where: { pack.length < $0 }) { classes[size].append(pack) }
        }
        for packs in classes where packs.count >= fan {
            let chosen = smallest(fan, of: packs)
            if chosen.reduce(0, { $0 + $1.length }) <= budget { return chosen }
        }
        return small.count >= excess ? smallest(excess / 4, of: small) : []
    }

    private static func smallest(_ count: Int, of packs: [Pack]) -> [Pack] {
        let sorted = packs.sorted {
            $0.length != $1.length ? $0.length < $1.length : ($0.id ?? .zero) < ($1.id ?? .zero)
        }
        return Array(sorted.prefix(count))
    }

    private static func blocks(of pack: Pack) throws(PackError) -> [EncodedBlock] {
        let contents = try PackContents(pack)
        var result: [EncodedBlock] = []
        for number in 0..<pack.blockCount {
            result.append(try pack.encodedBlock(number, contents, stored: ByteBuffer()))
        }
        return result
    }

    /// All that the block has was copied already, at no greater depth: an interrupted merge leaves packs that another one holds.
    private static func isThere(_ block: EncodedBlock, _ depths: [ObjectKey: UInt8]) -> Bool {
        block.objects.allSatisfy { object in
            !object.isIndexed || (depths[ObjectKey(object.type, object.id)] ?? .max) <= block.depth
        }
    }

    /// A file that cannot be removed now is adopted by the next sweep, or removed.
    private static func remove(_ writer: PackWriter, _ temporary: borrowing FileDescriptor) {
        do throws(SystemError) { try temporary.remove(writer.name) } catch {}
    }
}
