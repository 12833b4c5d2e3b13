// Trees and lists: runs of entries, and references to them (docs/format.md, section 3).
//
// A directory's entries are cut into runs after names chosen by their own checksum, so that adding, changing or removing an entry
// rewrites the run it is in and the list above, and nothing else.

internal import SnapSystem

/// Limits of how this writer cuts; no reader depends on them.
package enum Cutting {
    static let minimumRunEntries = 64
    static let maximumRunEntries = 1024
    static let maximumRunBytes = 192 << 10
    static let runMask: UInt32 = 0xFF
    static let minimumListReferences = 128
    static let maximumListReferences = 2048
    static let listMask: UInt64 = 0x1FF
    /// Extents and attributes longer than this are kept as content.
    package static let inlineLimit = 16 << 10
}

/// A reference inside a list.
package struct ListReference: Sendable {
    package var reference: ContentReference
    /// Bytes or entries below it.
    package var length: UInt64
    /// The first name below it; empty for bytes.
    package var key: [UInt8]
}

package enum ListObject {
    static let headerLength = 8

    static func encode(_ references: ArraySlice<ListReference>, leaves: ObjectType, level: UInt8) -> [UInt8] {
        let buffer = ByteBuffer(capacity: 64 + references.count * 48)
        buffer.append(integer: UInt8(1))
        buffer.append(integer: leaves.rawValue)
        buffer.append(integer: level)
        buffer.append(integer: UInt8(0))
        buffer.append(integer: UInt32(truncatingIfNeeded: references.count))
        for item in references {
            buffer.append(integer: item.reference.level)
            buffer.append(integer: UInt8(0))
            buffer.append(integer: UInt16(truncatingIfNeeded: item.key.count))
            buffer.append(integer: item.length)
            buffer.append(item.reference.id.bytes)
            buffer.append(item.key)
        }
        return buffer.array
    }

    /// The references of a list that was named as a list of `level` over `leaves`.
    package static func decode(_ bytes: [UInt8], leaves: ObjectType, level: UInt8) throws(EntryError) -> [ListReference]
    {
        let span = unsafe bytes.span.bytes
        guard let version: UInt8 = span.integer(at: 0), let leafType: UInt8 = span.integer(at: 1),
            let ownLevel: UInt8 = span.integer(at: 2),
            let count: UInt32 = span.integer(at: 4)
        else { throw .damaged("a list is cut short") }
        guard version == 1 else { throw .unsupported("list version \(version)") }
        guard leafType == leaves.rawValue, ownLevel == level, level >= 1, level <= ContentReference.maximumLevel else {
            throw .damaged("a list is not of the kind that its reference says")
        }
        var result: [ListReference] = []
        var at = headerLength
        for _ in 0..<count {
            guard let itemLevel: UInt8 = span.integer(at: at), let keyLength: UInt16 = span.integer(at: at + 2),
                let length: UInt64 = span.integer(at: at + 4), Int(keyLength) <= span.byteCount - at - 44,
                let id = ObjectID(bytes: span.array(at + 12..<at + 44))
            else { throw .damaged("a list is cut short") }
            guard itemLevel < level else { throw .damaged("a list refers to a list that is not below it") }
            result.append(
                ListReference(
                    reference: ContentReference(level: itemLevel, id: id), length: length,
                    key: span.array(at + 44..<at + 44 + Int(keyLength))))
            at += 44 + Int(keyLength)
        }
        guard at == bytes.count, !result.isEmpty else {
            throw .damaged("a list's length does not match its references")
        }
        return result
    }

    /// Builds the lists over `leaves` until one reference names all; `emit` stores an object and answers its id.
    /// nil for no leaves.
    package static func build<E: Error>(
        _ leaves: [ListReference], type: ObjectType, emit: (ObjectType, [UInt8]) throws(E) -> ObjectID
    ) throws(E) -> ContentReference? {
        var items = leaves
        var level: UInt8 = 0
        while items.count > 1 {
            level += 1
            var above: [ListReference] = []
            var start = 0
            var keyBytes = 0
            for index in items.indices {
                let count = index - start + 1
                keyBytes += items[index].key.count
                let isFull = count >= Cutting.maximumListReferences || count * 44 + keyBytes > Cutting.maximumRunBytes
                let isCut =
                    count >= Cutting.minimumListReferences
                    && (items[index].reference.id.words.0 >> 32) & Cutting.listMask == 0
                guard isCut || isFull || index == items.count - 1 else { continue }
                let part = items[start...index]
                let id = try emit(.list, encode(part, leaves: type, level: level))
                let length = part.reduce(UInt64(0)) { $0 &+ $1.length }
                above.append(
                    ListReference(
                        reference: ContentReference(level: level, id: id), length: length, key: items[start].key))
                start = index + 1
                keyBytes = 0
            }
            items = above
        }
        return items.first?.reference
    }
}

package enum TreeObject {
    static let headerLength = 8

    /// Calls `body` with the offset and length of each entry in a tree's bytes, in order.
    package static func forEachEntry<E: Error>(in bytes: [UInt8], _ body: (Range<Int>) throws(E) -> Void)
        throws(EntryScanError<E>)
    {
        let span = unsafe bytes.span.bytes
        guard let version: UInt8 = span.integer(at: 0), let count: UInt32 = span.integer(at: 4) else {
            throw .entry(.damaged("a tree is cut short"))
        }
        guard version == 1 else { throw .entry(.unsupported("tree version \(version)")) }
        var at = headerLength
        for _ in 0..<count {
            guard let length: UInt32 = span.integer(at: at), Int(length) >= TreeEntry.headerLength,
                Int(length) <= span.byteCount - at
            else {
                throw .entry(.damaged("a tree is cut short"))
            }
            do { try body(at..<at + Int(length)) } catch { throw .body(error) }
            at += Int(length)
        }
        guard at == bytes.count else { throw .entry(.damaged("a tree's length does not match its entries")) }
    }

    /// Where the entries of a tree lie in its bytes. Throws if names are not in order.
    package static func entryRanges(in bytes: [UInt8]) throws(EntryError) -> [Range<Int>] {
        var result: [Range<Int>] = []
        do {
            try forEachEntry(in: bytes) { (range) throws(Never) in result.append(range) }
        } catch {
            switch error {
            case .entry(let error): throw error
            }
        }
        let span = unsafe bytes.span.bytes
        for (a, b) in zip(result, result.dropFirst()) {
            guard let first = name(in: span, a), let second = name(in: span, b), compareBytes(first, second) < 0 else {
                throw .damaged("a tree's names are not in order")
            }
        }
        return result
    }

    /// The entries of a tree as values; an entry of a newer kind is given to `unsupported` and left out.
    package static func entries(in bytes: [UInt8], unsupported: (String) -> Void) throws(EntryError) -> [TreeEntry] {
        var result: [TreeEntry] = []
        for range in try entryRanges(in: bytes) {
            do {
                unsafe result.append(try TreeEntry(decoding: bytes.span.bytes.extracting(range)))
            } catch {
                guard case .unsupported(let what) = error else { throw error }
                unsupported(what)
            }
        }
        return result
    }

    /// Where the first entry of a tree lies in its bytes; nil if it has none.
    static func firstEntry(in bytes: [UInt8]) -> Range<Int>? {
        let span = unsafe bytes.span.bytes
        guard let length: UInt32 = span.integer(at: headerLength), Int(length) >= TreeEntry.headerLength,
            Int(length) <= span.byteCount - headerLength
        else { return nil }
        return headerLength..<headerLength + Int(length)
    }

    /// The name in the entry at `range`.
    @_lifetime(copy span)
    package static func name(in span: RawSpan, _ range: Range<Int>) -> Span<UInt8>? {
        guard let length: UInt16 = span.integer(at: range.lowerBound + 20),
            TreeEntry.headerLength + Int(length) <= range.count
        else { return nil }
        let start = range.lowerBound + TreeEntry.headerLength
        return Span<UInt8>(_bytes: span.extracting(start..<start + Int(length)))
    }
}

/// A tree is damaged, or the caller's own error.
package enum EntryScanError<E: Error>: Error {
    case entry(EntryError)
    case body(E)
}

/// Gathers a directory's encoded entries in order, cuts them into runs, and gives each finished run out.
package final class TreeBuilder {
    private let run = ByteBuffer(capacity: 4096)
    private var runEntries = 0
    private var runKey: [UInt8] = []
    private var leaves: [ListReference] = []

    package init() { startRun() }

    private func startRun() {
        run.truncate(to: 0)
        run.append(integer: UInt32(1))  // version and reserved bytes
        run.append(integer: UInt32(0))  // the count, known at the end
        runEntries = 0
    }

    /// Adds one entry, encoded; entries come in order of their names.
    package func add<E: Error>(_ entry: RawSpan, name: Span<UInt8>, emit: (ObjectType, [UInt8]) throws(E) -> ObjectID)
        throws(E)
    {
        if runEntries > 0
            && (runEntries >= Cutting.maximumRunEntries || run.count + entry.byteCount > Cutting.maximumRunBytes)
        {
            try finishRun(emit)
        }
        if runEntries == 0 { runKey = (0..<name.count).map { name[$0] } }
        run.append(entry)
        runEntries += 1
        if runEntries >= Cutting.minimumRunEntries && checksum(of: name) & Cutting.runMask == 0 {
            try finishRun(emit)
        }
    }

    private func finishRun<E: Error>(_ emit: (ObjectType, [UInt8]) throws(E) -> ObjectID) throws(E) {
        guard runEntries > 0 else { return }
        var bytes = run.array
        for (index, byte) in littleEndian(UInt32(truncatingIfNeeded: runEntries)).enumerated() {
            bytes[4 + index] = byte
        }
        let id = try emit(.tree, bytes)
        leaves.append(
            ListReference(reference: ContentReference(level: 0, id: id), length: UInt64(runEntries), key: runKey))
        startRun()
    }

    /// The reference to all entries; nil for none. The builder can be used again.
    package func finish<E: Error>(emit: (ObjectType, [UInt8]) throws(E) -> ObjectID) throws(E) -> ContentReference? {
        try finishRun(emit)
        defer { leaves.removeAll(keepingCapacity: true) }
        return try ListObject.build(leaves, type: .tree, emit: emit)
    }
}
