// Merging small packs, so that the ten-thousandth take finds as few of them as the tenth.
//
// Blocks are copied as they are, bases and all: every object stays at its depth. The merged pack is durable before the first of the others is removed, so at every moment a listing of
// `packs/` has all objects; whoever opened a pack before reads on, and whoever comes too late for one lists again. A pack that is not wholly right stays where it is, for verify to find.
//
// A merge happens at the end of a take, so it is kept short: four packs of about one size become one of the next, until they are of about a megabyte, which some 1,000 small takes
// make. Copying more takes longer than a take may: that is left to gc, or to the time when there are many of them. So what one take adds is copied five times. Merging sixty-four at once would copy less,
// and one take in sixty-four would wait for as many removals, which are what takes long.

package import SnapSystem

/// One merge.
package final class PackMerge {
    /// Packs up to each of these lengths are of one size.
    static let sizes: [UInt64] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20]
    /// So many of one size are merged.
    static let fan = 4
    /// Packs from this length on are left to gc.
    static let smallLength: UInt64 = 16 << 20
    /// Where there are so many between the last size and that length, the smallest of them are merged: each is opened by every take, and takes a descriptor.
    static let excess = 64
    /// Bytes that one such merge copies.
    static let excessBudget: UInt64 = 32 << 20

    private let store: PackSet
    private let temporary: FileDescriptor
    private let spaceCheck: (@Sendable (_ bytes: Int) throws(PackError) -> Void)?
    private let isCancelled: () -> Bool
    private let reader: ObjectReader
    /// Packs that cannot be merged, and why.
    package private(set) var failures: [PackError] = []

    package init(
        _ store: PackSet, temporary: borrowing FileDescriptor,
        spaceCheck: (@Sendable (_ bytes: Int) throws(PackError) -> Void)? = nil,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(PackError) {
        self.store = store
        self.spaceCheck = spaceCheck
        self.isCancelled = isCancelled
        self.temporary = try naming("tmp") { () throws(SystemError) in try temporary.duplicate() }
        reader = ObjectReader(store)
    }

    /// There may be something to merge.
    package static func isDue(_ store: PackSet) throws(PackError) -> Bool { !candidates(try store.living()).isEmpty }

    /// Merges packs of one size, if there are many. Answers how many went. The caller holds gc's lock, and has told `store` which packs are retired.
    package func run() throws(PackError) -> Int {
        // Others may have merged, or come, since.
        try store.refresh()
        // A gc that was killed may have removed what a retired pack's blocks are made from.
        for candidate in Self.candidates(try store.living()) {
            let sources = try sources(candidate.packs)
            if sources.count >= candidate.least { return try merge(sources) }
        }
        return 0
    }

    private struct Candidate {
        /// The smallest first.
        var packs: [Pack]
        /// With fewer of them it is no use.
        var least: Int
    }

    /// Packs of each size of which there are enough; last those beyond all sizes, if there are too many.
    private static func candidates(_ packs: [Pack]) -> [Candidate] {
        // What has so many objects is full, however short it is. What compaction wrote is few packs, and stays known as such.
        let open = packs.filter { $0.length < smallLength && $0.objectCount * fan <= PackFormat.objectsAPack }
        let small = open.filter { $0.id != nil && !$0.features.contains(.compacted) }.sorted {
            $0.length != $1.length ? $0.length < $1.length : ($0.id ?? .zero) < ($1.id ?? .zero)
        }
        var result: [Candidate] = []
        var limits = sizes[...]
        var rest = small[...]
        while let limit = limits.popFirst() {
            let end = rest.firstIndex { $0.length >= limit } ?? rest.endIndex
            if end - rest.startIndex >= fan { result.append(Candidate(packs: Array(rest[..<end]), least: fan)) }
            rest = rest[end...]
        }
        if rest.count >= excess { result.append(Candidate(packs: Array(rest), least: 2)) }
        return result
    }

    // MARK: What is merged

    private struct Source {
        var pack: Pack
        var blocks: [EncodedBlock]
    }

    /// The first of `packs` that are wholly right, with their blocks.
    private func sources(_ packs: [Pack]) throws(PackError) -> [Source] {
        var result: [Source] = []
        var owners: [ObjectKey: [(pack: Int, block: Int)]] = [:]
        var total: UInt64 = 0
        var objects = 0
        for pack in packs {
            if isCancelled() { throw .cancelled }
            if result.count == Self.fan || total + pack.length > Self.excessBudget { break }
            if objects + pack.objectCount > PackFormat.objectsAPack { break }
            do throws(PackError) {
                let blocks = try blocks(of: pack)
                try checkCopies(pack, blocks, result, owners)
                for (position, block) in blocks.enumerated() {
                    for object in block.objects where object.isIndexed {
                        owners[ObjectKey(object.type, object.id), default: []].append((result.count, position))
                    }
                }
                result.append(Source(pack: pack, blocks: blocks))
                total += pack.length
                objects += pack.objectCount
            } catch {
                failures.append(error)
            }
        }
        return result
    }

    private func blocks(of pack: Pack) throws(PackError) -> [EncodedBlock] {
        // The checksums of the parts are made anew, so what they say now must be what they said at first.
        try pack.requireID()
        let contents = try PackContents(pack)
        var result: [EncodedBlock] = []
        for number in 0..<pack.blockCount {
            result.append(try pack.encodedBlock(number, contents, stored: ByteBuffer()))
        }
        return result
    }

    /// Of an object that several blocks have only one copy will be found, so all of them must be right.
    private func checkCopies(
        _ pack: Pack, _ blocks: [EncodedBlock], _ before: [Source], _ owners: [ObjectKey: [(pack: Int, block: Int)]]
    ) throws(PackError) {
        for (number, block) in blocks.enumerated() {
            for object in block.objects where object.isIndexed {
                let key = ObjectKey(object.type, object.id)
                for owner in owners[key] ?? [] where !Self.isSame(before[owner.pack].blocks[owner.block], block) {
                    try check(key, before[owner.pack].pack, owner.block)
                    try check(key, pack, number)
                }
            }
        }
    }

    private func check(_ key: ObjectKey, _ pack: Pack, _ block: Int) throws(PackError) {
        guard let location = try pack.find(key), location.block == block else {
            throw .damaged(file: pack.label, what: "\(key) is not where its block is")
        }
        let plain = try reader.plain(pack, block)
        guard location.offset + location.length <= plain.count else {
            throw .damaged(file: pack.label, what: "\(key) lies outside its block")
        }
        let id = plain.withBytes(in: location.offset..<location.offset + location.length) {
            ObjectHasher().id(key.type, $0)
        }
        guard id == key.id else { throw .damaged(file: pack.label, what: "the bytes of \(key) do not have its id") }
    }

    /// The very same block, which an interrupted merge leaves in two packs.
    private static func isSame(_ a: EncodedBlock, _ b: EncodedBlock) -> Bool {
        a.checksum == b.checksum && a.stored.count == b.stored.count && a.plainLength == b.plainLength
            && a.codec == b.codec && a.depth == b.depth && a.bases == b.bases && a.objects == b.objects
    }

    // MARK: The new pack

    private func merge(_ sources: [Source]) throws(PackError) -> Int {
        let length = sources.reduce(0) { $0 + $1.pack.length }
        try spaceCheck?(Int(length))
        let writer = try PackWriter(in: temporary)
        do throws(PackError) {
            var written: [UInt32: [EncodedBlock]] = [:]
            for source in sources {
                if isCancelled() { throw PackError.cancelled }
                for block in source.blocks {
                    let alike = written[block.checksum] ?? []
                    if alike.contains(where: { Self.isSame($0, block) }) { continue }
                    try writer.append(block)
                    written[block.checksum] = alike + [block]
                }
            }
            let id = try writer.finish(avoiding: store.retired)
            try store.take([(writer.name, id)], from: temporary)
            var removed = 0
            for case let old? in sources.map(\.pack.id) where old != id {
                try store.remove(old)
                removed += 1
            }
            return removed
        } catch {
            // A file that cannot be removed now is adopted by the next sweep, or removed.
            do throws(SystemError) { try temporary.remove(writer.name) } catch {}
            throw error
        }
    }
}
