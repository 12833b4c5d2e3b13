// One thread of a take: its stack of directories, the block it fills, and what it does when there is nothing left.

internal import SnapSystem

final class TakeWorker: @unchecked Sendable {
    let take: Take
    let scanner = DirectoryScanner()
    let scratch = ByteBuffer(capacity: 1 << 14)
    let hasher = ObjectHasher()
    private let compressor = BlockCompressor()
    private var based: BasedBlocks?
    private let stored = ByteBuffer(capacity: 1 << 16)
    let reader: ObjectReader
    /// Where file content goes.
    private(set) var content = OpenBlock()
    /// Hashed objects too few for a block of their own.
    let carry = OpenBlock()
    /// Where trees and lists go.
    let meta = OpenBlock()
    private var spare: [OpenBlock] = []
    private var stack: [DirectoryNode] = []
    var tally = Take.Tally()

    init(take: Take) {
        self.take = take
        reader = ObjectReader(take.packs)
    }

    func takeTally() -> Take.Tally {
        defer { tally = Take.Tally() }
        return tally
    }

    private enum Work {
        case directory(DirectoryNode)
        case block(OpenBlock)
        /// Hash what this worker still holds: directories may wait for it.
        case settle
        case done
    }

    func run() {
        take.shared.withLock { $0.busy += 1 }
        defer {
            take.shared.withLock { $0.busy -= 1 }
            take.shared.signal()
        }
        while !take.isCancelled {
            do throws(PackError) {
                switch next() {
                case .directory(let node):
                    try scan(node)
                case .block(let block):
                    try absorb(block)
                case .settle:
                    try settle(content)
                case .done:
                    return
                }
            } catch {
                take.fail(error)
                // A full disk lets the walk go on, but what was gathered is not stored: forget it.
                content.reset()
                carry.reset()
                meta.reset()
                if take.isStopped.load(ordering: .relaxed) { return }
            }
        }
    }

    private func next() -> Work {
        if let node = stack.popLast() { return .directory(node) }
        var isWaiting = false
        return take.shared.wait { [self] state -> Work? in
            func stopWaiting() {
                guard isWaiting else { return }
                isWaiting = false
                state.busy += 1
                take.idleCount.subtract(1, ordering: .relaxed)
            }
            var work: Work?
            if state.isDone {
                work = .done
            } else if let block = state.blocks.popLast() {
                work = .block(block)
            } else if let node = state.directories.popLast() {
                work = .directory(node)
            } else if !content.pending.isEmpty {
                work = .settle
            }
            if let work {
                stopWaiting()
                return work
            }
            if !isWaiting {
                isWaiting = true
                state.busy -= 1
                take.idleCount.add(1, ordering: .relaxed)
            }
            // Nobody works, so nobody will bring work. A thread that never started counts as nobody.
            guard state.busy == 0 else { return nil }
            state.isDone = true
            take.shared.signal()
            stopWaiting()
            return .done
        }
    }

    /// Adds sub-directories, the first to be scanned first, and gives the oldest away while somebody is idle.
    func push(_ nodes: [DirectoryNode]) {
        stack.append(contentsOf: nodes.reversed())
        guard take.idleCount.load(ordering: .relaxed) > 0, stack.count > 1 else { return }
        let given = stack.count / 2
        let nodes = Array(stack[..<given])
        stack.removeFirst(given)
        take.shared.withLock { $0.directories.append(contentsOf: nodes) }
        take.shared.signal()
    }

    /// Called when pieces were added: a full block is hashed and stored here, or given to an idle worker. Bytes behind the last piece, of a piece
    /// that is still being read, move to the next block.
    func contentGrew() throws(PackError) {
        guard content.isFull else { return }
        let full = content
        content = spare.popLast() ?? OpenBlock()
        full.plain.withBytes(in: full.pendingEnd..<full.plain.count) { content.plain.append($0) }
        full.plain.truncate(to: full.pendingEnd)
        let idle = take.idleCount.load(ordering: .relaxed)
        let isGiven =
            idle > 0
            && take.shared.withLock { state in
                guard state.blocks.count < idle, !state.isDone else { return false }
                state.blocks.append(full)
                return true
            }
        if isGiven { take.shared.signal() } else { try absorb(full) }
    }

    /// Hashes a full block and writes what of it is new, or carries it on while that is little.
    private func absorb(_ block: OpenBlock) throws(PackError) {
        try settle(block)
        if carry.isEmpty && block.objectsEnd >= OpenBlock.blockLength / 2 {
            try write(block)
        } else {
            carry.join(block)
            block.reset()
            if carry.objectsEnd >= OpenBlock.blockLength / 2 { try write(carry) }
        }
        if spare.count < 2 { spare.append(block) }
    }

    /// Hashes what is pending in `block` and completes the files whose last piece it was.
    private func settle(_ block: OpenBlock) throws(PackError) {
        let session = take.session
        let hashed = try block.hash(hasher) { (keys) throws(PackError) in try session.claim(keys) }
        for (part, id, isNew) in hashed where isNew && !part.file.former.isEmpty {
            note(id, at: part.offset, of: part.file)
        }
        var complete: [FileJob] = []
        take.fileLock.withLock { _ in
            for (part, id, _) in hashed {
                part.file.parts[part.part].reference.id = id
                part.file.unhashed -= 1
                if part.file.unhashed == 0 && part.file.isRead { complete.append(part.file) }
            }
        }
        for job in complete { try finish(job) }
    }

    /// Compresses what was gathered, without pending pieces, in blocks of about `blockLength`, gives them to the session, and empties it.
    func write(_ block: OpenBlock) throws(PackError) {
        if take.options.isDry {
            block.reset()
            return
        }
        try writeBased(block)
        var first = 0
        var start = 0
        var end = 0
        for index in block.objects.indices {
            end += Int(block.objects[index].length)
            let isLast = index == block.objects.count - 1
            // The last one takes a short rest along.
            guard
                isLast || (end - start >= OpenBlock.blockLength && block.objectsEnd - end >= OpenBlock.blockLength / 4)
            else { continue }
            try take.session.append(try encode(block, start..<end, block.objects[first...index]))
            take.newBytes.wrappingAdd(UInt64(end - start), ordering: .relaxed)
            first = index + 1
            start = end
        }
        block.reset()
    }

    /// Writes what of the block is new versions of objects that the store has, if that takes less so, and leaves the rest of it.
    private func writeBased(_ block: OpenBlock) throws(PackError) {
        guard let encoded = try encodeBased(block) else { return }
        for based in encoded.blocks {
            try take.session.append(based)
            take.newBytes.wrappingAdd(UInt64(based.plainLength), ordering: .relaxed)
        }
        block.keep(encoded.rest)
    }

    /// nil where nothing is to be gained.
    private func encodeBased(_ block: OpenBlock) throws(PackError) -> (blocks: [EncodedBlock], rest: [Int])? {
        guard !take.predecessors.isEmpty, case .zstd = take.options.compression else { return nil }
        let encoder = based ?? BasedBlocks(take.packs, take.predecessors, reader)
        based = encoder
        let encoded = try encoder.encode(block)
        return encoded.blocks.isEmpty ? nil : encoded
    }

    /// The compressed form of some objects, valid until the next one is made.
    func encode(_ block: OpenBlock, _ range: Range<Int>, _ objects: ArraySlice<BlockObject>) throws(PackError)
        -> EncodedBlock
    {
        stored.truncate(to: 0)
        var chosen = take.options.compression
        // Pieces of large files, which are mostly programs and data: there two levels more save a twentieth.
        if chosen == .standard, objects.count * OpenBlock.largePieceLength <= range.count { chosen = .large }
        let (compressor, stored, compression) = (compressor, stored, chosen)
        let codec = try block.plain.withBytes(in: range) { (plain) throws(PackError) in
            try compressor.compress(plain, compression, into: stored)
        }
        return try EncodedBlock(stored: stored, codec: codec, objects: Array(objects))
    }

    /// Stores a list or a tree, which may be a new version of `former`, and answers its id.
    func emit(_ type: ObjectType, _ bytes: [UInt8], after former: ObjectKey? = nil) throws(PackError) -> ObjectID {
        let id = unsafe hasher.id(type, bytes.span.bytes)
        let key = ObjectKey(type, id)
        let isNew = try take.session.claim([key]).first == true
        // A chunk from here is a table or attributes: whoever reads the trees of a dry take needs them too, though a file may have the same bytes.
        if isNew && type != .chunk || take.options.isDry && type == .chunk {
            try naming("tmp") { () throws(SystemError) in
                try take.emitted.withLock { (emitted) throws(SystemError) in try emitted.keep(key, bytes) }
            }
        }
        if isNew {
            if let former { take.predecessors.note(key, after: former) }
            meta.add(key, bytes)
            if meta.objectsEnd >= OpenBlock.metaLength { try write(meta) }
        }
        return id
    }

    /// A file is read and hashed: its entry is known.
    func finish(_ job: FileJob) throws(PackError) {
        job.entry.content = try ListObject.build(job.parts, type: .chunk) { (type, bytes) throws(PackError) in
            try emit(type, bytes)
        }
        let outcome = EntryOutcome.recorded(job.entry.encoded(), flags: job.flags)
        job.node.outcomes.withLock { $0.entries[job.index] = outcome }
        if job.node.complete() { try finish(job.node) }
    }

    /// Moves what this worker still holds into `tail`, or writes it if it is large enough to be a block of its own.
    func gather(into tail: OpenBlock) throws(PackError) {
        for block in [content, carry, meta] where !block.isEmpty {
            if block.objectsEnd + tail.objectsEnd > OpenBlock.blockLength / 2 {
                try write(block)
            } else {
                tail.join(block)
                block.reset()
            }
        }
    }

    /// What a block would take in a pack.
    func storedLength(of block: OpenBlock) throws(PackError) -> UInt64 {
        if block.objects.isEmpty { return 0 }
        guard let encoded = try encodeBased(block) else {
            return UInt64(try encode(block, 0..<block.objectsEnd, block.objects[...]).length)
        }
        let rest = OpenBlock()
        rest.join(block)
        rest.keep(encoded.rest)
        let plain = rest.isEmpty ? 0 : try encode(rest, 0..<rest.objectsEnd, rest.objects[...]).length
        return UInt64(encoded.blocks.reduce(plain) { $0 + $1.length })
    }
}
