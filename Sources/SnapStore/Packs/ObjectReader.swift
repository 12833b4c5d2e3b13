// Reading objects: find a copy, decompress its block, resolve the block's bases, check the id.
//
// Any copy will do, so if one is damaged the others are tried, and an error is given only when none is left. Bases are
// followed to blocks of strictly smaller depth only: depth is at most 2, so hostile packs cannot make a reader loop.

package import SnapSystem

/// Reads objects and keeps the last blocks. One per thread.
package final class ObjectReader {
    private struct BlockKey: Hashable {
        var pack: ObjectIdentifier
        var block: Int
    }

    private struct CachedBlock {
        /// Keeps the identifier in the key its own.
        var pack: Pack
        var plain: ByteBuffer
        var lastUse: UInt64
    }

    /// Where an object lies.
    private struct Place: Hashable {
        var pack: ObjectID
        var block: Int
        var offset: Int
    }

    /// What was found to have its id.
    private var verified: [Place: ObjectKey] = [:]
    private static let verifiedLimit = 4096
    private let store: PackSet
    private let overlay: [ObjectKey: [UInt8]]
    private let cacheLimit: Int
    private let opensBasesInPart: Bool
    /// Up to where blocks will be needed.
    private var expected: [BlockKey: Int] = [:]
    /// They keep the identifiers their own.
    private var expecting: [ObjectIdentifier: Pack] = [:]
    private var cache: [BlockKey: CachedBlock] = [:]
    private var cachedBytes = 0
    private var clock: UInt64 = 0
    private var spare: [ByteBuffer] = []
    private let decompressor = BlockDecompressor()
    private let hasher = ObjectHasher()
    private let stored = ByteBuffer()
    private let prefixes = [ByteBuffer(), ByteBuffer(), ByteBuffer()]
    private var lastPack: Pack?
    /// Bases are compared with their ids: only where an object that is made of them is not what it should be.
    private var verifiesBases = false

    private static let blockLimit = 256
    private static let spareLimit = 4

    /// `cacheBytes` of decompressed blocks are kept, and the last one always. Objects in `overlay` are in no pack: it is asked first, and its bytes are
    /// believed, because a take of this process made them. With `opensBasesInPart`, blocks are decompressed up to a base that is needed, which is less where many bases lie
    /// far from each other; who comes back for more gets all.
    package init(
        _ store: PackSet, cacheBytes: Int = 8 << 20, overlay: [ObjectKey: [UInt8]] = [:], opensBasesInPart: Bool = false
    ) {
        self.store = store
        self.overlay = overlay
        cacheLimit = cacheBytes
        self.opensBasesInPart = opensBasesInPart
    }

    /// Gives its memory back: what was read is forgotten.
    package func rest() {
        forgetBlocks()
        spare = []
    }

    /// Says what will be read: of the blocks that hold it no more is decompressed than that takes. Who reads something else of them all the same pays for it.
    package func expect(_ keys: [ObjectKey]) {
        for key in keys {
            guard let (pack, location) = (try? store.locate(key)) ?? nil else { continue }
            let block = BlockKey(pack: ObjectIdentifier(pack), block: location.block)
            expected[block] = max(expected[block] ?? 0, location.offset + location.length)
            expecting[block.pack] = pack
        }
    }

    /// The object's bytes, which `verifyID` compares with its id: by default for all types but chunks, which the
    /// block's checksum guards unless the block has bases.
    package func read(_ key: ObjectKey, verifyID: Bool? = nil) throws(PackError) -> [UInt8] {
        try withObject(key, verifyID: verifyID) { bytes in bytes.array(0..<bytes.byteCount) }
    }

    /// Appends the object's bytes to `buffer`.
    package func read(_ key: ObjectKey, into buffer: ByteBuffer, verifyID: Bool? = nil) throws(PackError) {
        try withObject(key, verifyID: verifyID) { bytes in buffer.append(bytes) }
    }

    /// Runs `body` with the object's bytes, which are valid only inside.
    package func withObject<R>(
        _ key: ObjectKey, verifyID: Bool? = nil, _ body: (RawSpan) throws(PackError) -> R
    ) throws(PackError) -> R {
        if let bytes = overlay[key] { return unsafe try body(bytes.span.bytes) }
        let isVerified = verifyID ?? (key.type != .chunk)
        let (plain, location) = try find(key, isVerified)
        return try plain.withBytes(in: location.offset..<location.offset + location.length, body)
    }

    private func find(_ key: ObjectKey, _ isVerified: Bool) throws(PackError) -> (ByteBuffer, ObjectLocation) {
        // Neighbours are mostly read together.
        if let pack = lastPack {
            do throws(PackError) {
                if let location = try pack.find(key) { return (try load(key, pack, location, isVerified), location) }
            } catch {
                lastPack = nil
            }
        }
        var failure: PackError?
        var generation: UInt64
        repeat {
            failure = nil
            generation = store.generation
            for (pack, location) in try store.copies(of: key) {
                do throws(PackError) {
                    let plain = try load(key, pack, location, isVerified)
                    lastPack = pack
                    return (plain, location)
                } catch {
                    failure = failure ?? .unreadable(key, file: pack.label, what: error.detail)
                }
            }
        } while try store.refreshAfterMiss(since: generation)
        if let failure { throw failure }
        throw .missing(key, unreadable: try store.unreadable.map(\.error.reason))
    }

    private func load(_ key: ObjectKey, _ pack: Pack, _ location: ObjectLocation, _ isVerified: Bool) throws(PackError)
        -> ByteBuffer
    {
        try pack.checkLocations()
        let depth = try pack.block(location.block).depth
        do throws(PackError) {
            let plain = try plain(key, pack, location, below: PackFormat.maximumDepth + 1)
            // A frame's checksum says nothing about what it is a difference to.
            if isVerified || depth > 0 { try verify(key, pack, location, plain) }
            return plain
        } catch {
            // Perhaps only one copy of a base is wrong. It is found when each is looked at.
            guard depth > 0, !verifiesBases else { throw error }
            verifiesBases = true
            defer { verifiesBases = false }
            forgetBlocks()
            let plain = try plain(key, pack, location, below: PackFormat.maximumDepth + 1)
            try verify(key, pack, location, plain)
            return plain
        }
    }

    /// The block that an object lies in, at least up to its end.
    private func plain(
        _ key: ObjectKey, _ pack: Pack, _ location: ObjectLocation, below depth: UInt8, inPart: Bool = false
    ) throws(PackError) -> ByteBuffer {
        let end = location.offset + location.length
        let plain = try plain(pack, location.block, below: depth, upTo: end, inPart: inPart)
        guard end <= plain.count else { throw .damaged(file: pack.label, what: "\(key) lies outside its block") }
        return plain
    }

    /// The object's bytes have its id. A pack does not change, so each is hashed once.
    private func verify(_ key: ObjectKey, _ pack: Pack, _ location: ObjectLocation, _ plain: ByteBuffer)
        throws(PackError)
    {
        let place = pack.id.map { Place(pack: $0, block: location.block, offset: location.offset) }
        if let place, verified[place] == key { return }
        let id = plain.withBytes(in: location.offset..<location.offset + location.length) { hasher.id(key.type, $0) }
        guard id == key.id else {
            throw .damaged(file: pack.label, what: "the bytes of \(key) do not have its id")
        }
        if verified.count >= Self.verifiedLimit { verified = [:] }
        if let place { verified[place] = key }
    }

    /// The plain bytes of block `number`, for verifying and merging.
    package func plain(_ pack: Pack, _ number: Int) throws(PackError) -> ByteBuffer {
        // Nothing of it is compared with its id here, so its bases are.
        verifiesBases = true
        defer { verifiesBases = false }
        return try plain(pack, number, below: PackFormat.maximumDepth + 1, upTo: .max)
    }

    /// The plain bytes, `end` of them at least if there are so many, of a block whose depth is below `depth`. What is decompressed `inPart` ends there, if nothing more is expected.
    private func plain(
        _ pack: Pack, _ number: Int, below depth: UInt8, upTo end: Int, inPart: Bool = false
    ) throws(PackError) -> ByteBuffer {
        let block = try pack.block(number)
        guard block.depth < depth else {
            throw .damaged(
                file: pack.label, what: "block \(number) is a base and has depth \(block.depth), not below \(depth)")
        }
        let key = BlockKey(pack: ObjectIdentifier(pack), block: number)
        clock += 1
        let former = cache[key]?.plain
        if let former, former.count >= min(end, block.plainLength) {
            cache[key]?.lastUse = clock
            return former
        }
        // Who comes back for more gets all.
        let needed = former == nil ? expected[key] ?? (inPart ? end : .max) : .max
        let limit = needed >= end && needed < block.plainLength ? needed : block.plainLength
        guard let codec = Codec(rawValue: block.codecNumber) else {
            throw .unsupported(file: pack.label, what: "codec \(block.codecNumber)")
        }
        let prefix = prefixes[Int(block.depth)]
        prefix.truncate(to: 0)
        if block.baseCount > 0 {
            let bases = try pack.bases(of: block)
            if !expected.isEmpty { expect(bases) }
            for base in bases { try appendBase(base, below: block.depth, to: prefix) }
        }
        try pack.readStored(number, into: stored)
        let plain = spare.popLast() ?? ByteBuffer(capacity: block.plainLength + 1)
        let problem = prefix.withBytes { prefix in
            stored.withBytes {
                decompressor.decompress(
                    $0, codec, plainLength: block.plainLength, limit: limit, prefix: prefix, into: plain)
            }
        }
        if let problem { throw .damaged(file: pack.label, what: "block \(number): \(problem)") }
        keep(plain, of: pack, as: key)
        return plain
    }

    private func appendBase(_ key: ObjectKey, below depth: UInt8, to prefix: ByteBuffer) throws(PackError) {
        var failure: PackError?
        for (pack, location) in try store.copies(of: key) {
            do throws(PackError) {
                guard prefix.count + location.length <= PackFormat.maximumPrefixLength else {
                    throw PackError.damaged(file: pack.label, what: "the bases of a block are too long")
                }
                try pack.checkLocations()
                let plain = try plain(key, pack, location, below: depth, inPart: opensBasesInPart)
                if verifiesBases { try verify(key, pack, location, plain) }
                plain.withBytes(in: location.offset..<location.offset + location.length) { prefix.append($0) }
                return
            } catch {
                failure = failure ?? .unreadable(key, file: pack.label, what: error.detail)
            }
        }
        throw failure ?? .missing(key, unreadable: [])
    }

    private func forgetBlocks() {
        cache = [:]
        cachedBytes = 0
    }

    private func keep(_ plain: ByteBuffer, of pack: Pack, as key: BlockKey) {
        if let former = cache.removeValue(forKey: key) { cachedBytes -= former.plain.count }
        while !cache.isEmpty && (cachedBytes + plain.count > cacheLimit || cache.count >= Self.blockLimit) {
            guard let oldest = cache.min(by: { $0.value.lastUse < $1.value.lastUse })?.key,
                var removed = cache.removeValue(forKey: oldest)
            else { break }
            cachedBytes -= removed.plain.count
            // A buffer that someone still reads is not filled anew.
            if spare.count < Self.spareLimit && isKnownUniquelyReferenced(&removed.plain) {
                spare.append(removed.plain)
            }
        }
        cache[key] = CachedBlock(pack: pack, plain: plain, lastUse: clock)
        cachedBytes += plain.count
    }
}
