// Reading one entry that differs: its content into the open block, everything else into its tree entry.
//
// A file is examined before and after it is read. If it changed meanwhile it is read again, and after the third time it is recorded as it was last seen, as unstable.

internal import SnapSystem

extension TakeWorker {
    private static let attempts = 3
    /// Dirty pages are written back within this time of the first change to them, so that a store through a mapping moves the file's times again.
    private static let writebackSeconds: Int64 = 60

    func read(
        _ node: DirectoryNode, _ directory: borrowing FileDescriptor, index: Int, name: [UInt8], _ facts: FileFacts,
        _ extra: FileExtra, _ reason: ReadReason
    ) throws(PackError) {
        if facts.type == .regular {
            take.neededBytes.wrappingAdd(facts.size, ordering: .relaxed)
            if take.isCountingOnly.load(ordering: .relaxed) { return }
            try readFile(node, directory, index: index, name: name, facts, extra, reason)
            return
        }
        do throws(SystemError) {
            let entry = try readOther(directory, name, facts, extra)
            if let gap = entry.gap { noteGap(node.path(of: name), gap.reason, gap.detail) }
            record(node, index, entry, flags: entry.gap == nil ? 0 : RecordFlag.incomplete)
        } catch {
            refuse(node, directory, index, name, facts.type, error)
        }
        if node.complete() { try finish(node) }
    }

    private func record(_ node: DirectoryNode, _ index: Int, _ entry: TreeEntry, flags: UInt32) {
        let outcome = EntryOutcome.recorded(entry.encoded(), flags: flags)
        node.outcomes.withLock { $0.entries[index] = outcome }
    }

    /// The entry went away, or cannot be read.
    private func refuse(
        _ node: DirectoryNode, _ directory: borrowing FileDescriptor, _ index: Int, _ name: [UInt8], _ type: FileType,
        _ error: SystemError
    ) {
        if (error.isNotFound || error.isLoop) && !isAsScanned(node, directory) {
            node.outcomes.withLock { $0.entries[index] = .vanished }
            take.hasOtherNames.store(true, ordering: .relaxed)
        } else {
            record(
                node, index, gapEntry(name: name, type: type.entryType, .unreadable, error.reason),
                flags: RecordFlag.incomplete)
            noteGap(node.path(of: name), .unreadable, error.reason)
        }
    }

    /// A symbolic link, FIFO, socket or device.
    private func readOther(
        _ directory: borrowing FileDescriptor, _ name: [UInt8], _ facts: FileFacts, _ extra: FileExtra
    ) throws(SystemError) -> TreeEntry {
        var entry = TreeEntry(type: facts.type.entryType, name: name)
        entry.take(facts)
        switch facts.type {
        case .symbolicLink:
            let target = try directory.readLink(name)
            entry.target = target
            entry.size = UInt64(target.count)
        case .characterDevice, .blockDevice: entry.device = (extra.node_major, extra.node_minor)
        case .fifo, .socket: break
        default: entry.gap = (.unsupported, false, "kind \(String(facts.mode >> 12, radix: 16))")
        }
        do throws(SystemError) {
            let attributes = try nodeAttributes(name, directory)
            if !attributes.isEmpty { entry.attributes = .here(attributes) }
        } catch {
            // Without /proc there is no way to ask; any other failure is a gap that has all but the attributes.
            if !error.isNotFound { entry.gap = (.unreadable, true, "attributes: \(error.reason)") }
        }
        return entry
    }

    /// That there is nothing to ask is asked for twice.
    private func nodeAttributes(_ name: [UInt8], _ directory: borrowing FileDescriptor) throws(SystemError)
        -> [ExtendedAttribute]
    {
        do throws(SystemError) {
            return try directory.attributes(of: name)
        } catch {
            guard error.isNotFound else { throw error }
            return try directory.attributes(of: name)
        }
    }

    private func readFile(
        _ node: DirectoryNode, _ directory: borrowing FileDescriptor, index: Int, name: [UInt8], _ scanned: FileFacts,
        _ scannedExtra: FileExtra,
        _ reason: ReadReason
    ) throws(PackError) {
        if take.observer.wantsReasons { take.observer.progress?(.reading(path: node.path(of: name), reason: reason)) }
        var facts = scanned
        var extra = scannedExtra
        let former = formerChunks(node, name)
        var job = FileJob(node: node, index: index, entry: TreeEntry(type: .file, name: name), flags: 0, former: former)
        var failure: SystemError?
        attempts: for attempt in 1...Self.attempts {
            do {
                let file = try open(directory, name, facts)
                let (before, beforeExtra) = attempt == 1 ? (facts, extra) : try file.facts()
                guard before.type == .regular else { throw SystemError("open", 40) }
                (facts, extra) = (before, beforeExtra)
                if facts.mtime_seconds > Process.clock.seconds - Self.writebackSeconds { file.startWriteback() }
                if attempt > 1 {
                    // Blocks that were given away still know the former job; it never ends.
                    content.drop(job)
                    job = FileJob(
                        node: node, index: index, entry: TreeEntry(type: .file, name: name), flags: 0, former: former)
                }
                try readContent(of: file, into: job, facts, extra)
                job.entry.take(facts)
                let attributes = try file.attributes()
                job.entry.attributes = try keep(attributes)
                if file.hasInodeFlags() { tally.withInodeFlags += 1 }
                let (after, afterExtra) = try file.facts()
                let isShort = job.length < job.expectedLength
                if after == facts && !isShort { break attempts }
                if isShort && after == facts && attempt > 1 && job.entry.extents == nil {
                    // Files of some file systems are shorter than they say: what can be read is all there is.
                    job.entry.size = job.length
                    break attempts
                }
                if after.type != .regular { throw SystemError("open", 40) }
                (facts, extra) = (after, afterExtra)
                if attempt == Self.attempts {
                    // What was read is kept, unless it cannot be told where in the file it belongs.
                    job.entry.gap = (.unstable, !isShort || job.entry.extents == nil, "changed while it was read")
                    if isShort && job.entry.extents == nil { job.entry.size = job.length }
                    job.flags = RecordFlag.incomplete
                    noteGap(node.path(of: name), .unstable, "changed while it was read")
                }
            } catch let error as SystemError {
                failure = error
                break attempts
            } catch let error as PackError {
                throw error
            } catch {
                failure = SystemError("read", 5)
                break attempts
            }
        }
        if let failure {
            content.drop(job)
            refuse(node, directory, index, name, .regular, failure)
            if node.complete() { try finish(node) }
            return
        }
        tally.readFiles &+= 1
        tally.readBytes &+= facts.size
        advance(files: 1, bytes: 0)
        let isComplete = take.fileLock.withLock { _ in
            job.isRead = true
            return job.unhashed == 0
        }
        if isComplete { try finish(job) }
        try contentGrew()
    }

    private func open(_ directory: borrowing FileDescriptor, _ name: [UInt8], _ facts: FileFacts) throws(SystemError)
        -> FileDescriptor
    {
        if facts.owner == Process.effectiveUser || Process.effectiveUser == 0 {
            do {
                return try directory.open(name, [.read, .nonBlocking, .keepAccessTime])
            } catch {
                // A file system may refuse it all the same.
                if !error.isPermission && !error.wouldBlock { throw error }
            }
        }
        do {
            return try directory.open(name, [.read, .nonBlocking])
        } catch {
            // Another process holds a lease on it: wait until the kernel has called that back. Only a regular file is waited for.
            guard error.wouldBlock, try directory.facts(of: name).0.type == .regular else { throw error }
            return try directory.open(name, [.read])
        }
    }

    /// Reads the file's data into the open block, cut into parts.
    private func readContent(
        of file: borrowing FileDescriptor, into job: FileJob, _ facts: FileFacts, _ extra: FileExtra
    ) throws {
        job.entry.extents = nil
        if facts.size == 0 { return }
        var ranges = [0..<facts.size]
        if extra.blocks < facts.size / 512 && facts.size > 4096 {
            ranges = try dataRanges(of: file, size: facts.size)
            if ranges != [0..<facts.size] {
                let extents = ranges.map { Extent(offset: $0.lowerBound, length: $0.upperBound - $0.lowerBound) }
                let encoded = TreeEntry.encode(extents)
                if encoded.count <= Cutting.inlineLimit {
                    job.entry.extents = .here(extents)
                } else {
                    job.entry.extents = .elsewhere(try storeContent(encoded))
                }
            }
        }
        let total = ranges.reduce(UInt64(0)) { $0 + ($1.upperBound - $1.lowerBound) }
        job.expectedLength = total
        let maximum = take.options.chunker.maximum
        if total <= UInt64(maximum), ranges.count == 1, let range = ranges.first {
            let length = Int(total)
            // One byte more than expected tells that the file has grown, without a call of its own.
            var got = 0
            while got < length {
                let count = try file.read(
                    appendingTo: content.plain, limit: length + 1 - got, at: range.lowerBound + UInt64(got))
                if count == 0 { break }
                got += count
            }
            if got > length { content.plain.truncate(to: content.pendingEnd + length) }
            advance(files: 0, bytes: UInt64(got))
            if got > 0 { addPart(job, min(got, length)) }
            return
        }
        for range in ranges {
            try readRange(of: file, range, into: job, isLast: range.upperBound == ranges.last?.upperBound)
        }
    }

    /// Reads a large range. Cuts go across ranges: the content is all of them one after the other.
    private func readRange(of file: borrowing FileDescriptor, _ range: Range<UInt64>, into job: FileJob, isLast: Bool)
        throws
    {
        let chunker = take.options.chunker
        var at = range.lowerBound
        while at < range.upperBound {
            if take.isCancelled { throw PackError.cancelled }
            let limit = Int(min(UInt64(1 << 18), range.upperBound - at))
            let count = try file.read(appendingTo: content.plain, limit: limit, at: at)
            if count == 0 { break }
            at += UInt64(count)
            advance(files: 0, bytes: UInt64(count))
            while content.plain.count - content.pendingEnd >= chunker.maximum {
                addPart(job, chunker.cut(content.plain, content.pendingEnd..<content.plain.count))
                try contentGrew()
            }
        }
        guard isLast else { return }
        while content.plain.count > content.pendingEnd {
            addPart(job, chunker.cut(content.plain, content.pendingEnd..<content.plain.count))
            try contentGrew()
        }
    }

    private func addPart(_ job: FileJob, _ length: Int) {
        let part = take.fileLock.withLock { _ in
            job.parts.append(
                ListReference(reference: ContentReference(level: 0, id: .zero), length: UInt64(length), key: []))
            job.unhashed += 1
            return job.parts.count - 1
        }
        content.addPart(PendingPart(file: job, part: part, offset: job.length, length: length))
        job.length += UInt64(length)
    }

    private func dataRanges(of file: borrowing FileDescriptor, size: UInt64) throws(SystemError) -> [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        var at: UInt64 = 0
        while at < size, let extent = try file.dataExtent(from: at) {
            let end = min(extent.upperBound, size)
            if end <= extent.lowerBound { break }
            if let last = ranges.last, last.upperBound == extent.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append(extent.lowerBound..<end)
            }
            at = end
        }
        return ranges
    }

    /// Attributes in the entry, or elsewhere if they are long.
    func keep(_ attributes: [ExtendedAttribute]) throws(PackError) -> TreeEntry.Kept<[ExtendedAttribute]>? {
        if attributes.isEmpty { return nil }
        let encoded = TreeEntry.encode(attributes)
        return encoded.count <= Cutting.inlineLimit ? .here(attributes) : .elsewhere(try storeContent(encoded))
    }

    /// Stores bytes that are not a file's as content of their own, among the trees.
    func storeContent(_ bytes: [UInt8]) throws(PackError) -> SizedReference {
        let chunker = take.options.chunker
        let buffer = ByteBuffer(capacity: bytes.count)
        buffer.append(bytes)
        var parts: [ListReference] = []
        var at = 0
        while at < bytes.count {
            let length = bytes.count <= chunker.maximum ? bytes.count : chunker.cut(buffer, at..<bytes.count)
            let id = try emit(.chunk, buffer.array(at..<at + length))
            parts.append(ListReference(reference: ContentReference(level: 0, id: id), length: UInt64(length), key: []))
            at += length
        }
        let content = try ListObject.build(parts, type: .chunk) { (type, bytes) throws(PackError) in
            try emit(type, bytes)
        }
        return SizedReference(content: content ?? ContentReference(level: 0, id: .zero), length: UInt64(bytes.count))
    }

    /// Counts what was seen, and tells it now and then.
    func advance(files: UInt64, bytes: UInt64) {
        guard take.counts != nil else { return }
        tally.seenFiles &+= files
        tally.seenBytes &+= bytes
        guard tally.seenFiles >= 32 || tally.seenBytes >= 4 << 20 else { return }
        take.advance(files: tally.seenFiles, bytes: tally.seenBytes)
        tally.seenFiles = 0
        tally.seenBytes = 0
    }
}

extension OpenBlock {
    /// Forgets what was read of a file last, as far as it is still here.
    func drop(_ job: FileJob) {
        while let last = pending.last, last.file === job {
            pendingEnd -= last.length
            pending.removeLast()
        }
        plain.truncate(to: pendingEnd)
    }
}

extension TreeEntry {
    /// Takes over what the facts say.
    mutating func take(_ facts: FileFacts) {
        mode = facts.permissions
        owner = facts.owner
        group = facts.group
        seconds = facts.mtime_seconds
        nanoseconds = facts.mtime_nanoseconds
        size = type == .file ? facts.size : 0
    }
}
