// Copying blocks as they are into new packs: what a rescue does, and a gc that does not compact.

internal import SnapSystem

/// Used by one thread.
final class CollectionWriter {
    private let session: PackSession
    /// What reads the packs that are there.
    private let reader: ObjectReader
    private let pace: WritingPace
    private let observer: Observer
    private let counts: (@Sendable (ProgressCount) -> Void)?
    private let hasher = ObjectHasher()

    init(_ session: PackSession, _ packs: PackSet, _ pace: WritingPace, _ observer: Observer) {
        self.session = session
        self.pace = pace
        self.observer = observer
        counts = observer.counter
        reader = ObjectReader(packs)
    }

    /// Adds a block. Throws `cancelled` if gc is to stop.
    private func append(_ block: EncodedBlock) throws(PackError) {
        if observer.isCancelled?() ?? false { throw .cancelled }
        try session.append(block)
        try pace.wrote(block.length, session)
        counts?(ProgressCount(phase: .writing, files: 0, bytes: pace.bytes))
    }

    /// Copies blocks of a pack as they are: data, bases and depth.
    func copy(_ blocks: [Int], of pack: Pack) throws(PackError) {
        if blocks.isEmpty { return }
        // The checksums of the parts are made anew, so what they say now must be what they said at first.
        try pack.requireID()
        let contents = try PackContents(pack)
        for number in blocks {
            try append(try indexed(try pack.encodedBlock(number, contents, stored: ByteBuffer()), number, pack))
        }
    }

    /// The block with the ids of all its objects. One that the index has in another block of this pack may be without its
    /// id, and that other block may stay behind: an index has to name whatever a block holds.
    private func indexed(_ block: EncodedBlock, _ number: Int, _ pack: Pack) throws(PackError) -> EncodedBlock {
        if block.objects.allSatisfy(\.isIndexed) { return block }
        let plain = try reader.plain(pack, number)
        var pieces: [(type: ObjectType, offset: Int, length: Int)] = []
        var offset = 0
        for object in block.objects {
            pieces.append((object.type, offset, Int(object.length)))
            offset += Int(object.length)
        }
        var ids: [ObjectID] = []
        plain.withBytes { hasher.hash($0, pieces, into: &ids) }
        var objects = block.objects
        for position in objects.indices where !objects[position].isIndexed {
            objects[position].id = ids[position]
            objects[position].isIndexed = true
        }
        return try EncodedBlock(
            stored: block.stored, codec: block.codec, objects: objects, bases: block.bases, depth: block.depth)
    }
}
