// One directory's names and facts, read straight from the kernel into memory that is reused from directory to directory.
//
// Nothing is allocated per entry: names lie one after the other, with their terminating zeros, as `getdents64` gave them,
// and an array of small records is sorted by name. A name is compared by its first eight bytes as one big-endian number, and by the rest only on a tie.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

package final class DirectoryScanner: @unchecked Sendable {
    private struct Name {
        var prefix: UInt64
        var offset: UInt32
        var length: UInt16
        var type: UInt8
    }

    private var names: [Name] = []
    private let text = ByteBuffer(capacity: 1 << 16)
    private let entries = ByteBuffer(capacity: 1 << 16)

    package init() {}

    /// The number of entries read, without `.` and `..`.
    package var count: Int { names.count }

    /// Reads all names of `directory`, and sorts them by their bytes.
    package func readNames(of directory: borrowing FileDescriptor) throws(SystemError) {
        names.removeAll(keepingCapacity: true)
        text.truncate(to: 0)
        let number = directory.raw
        while true {
            entries.truncate(to: 0)
            let size = 1 << 15
            let room = unsafe entries.reserve(size)
            let got = try retrying("getdents64") { unsafe snap_getdents(number, room, size) }
            if got == 0 { break }
            unsafe collect(UnsafeRawBufferPointer(start: room, count: got))
        }
        sort()
        dropRepeated()
    }

    /// The same by a descriptor of its own: a listing has a position, and the given descriptor keeps its own.
    package func readNamesAnew(of directory: borrowing FileDescriptor) throws(SystemError) {
        try readNames(of: try directory.open([0x2E], [.read, .directory]))
    }

    /// A name that a changing directory gave twice counts once.
    private func dropRepeated() {
        var kept: [Name] = []
        for index in names.indices {
            if index > 0, names[index].prefix == names[index - 1].prefix,
                names[index].length == names[index - 1].length,
                name(index) == name(index - 1)
            {
                if kept.isEmpty { kept = Array(names[..<index]) }
                continue
            }
            if !kept.isEmpty { kept.append(names[index]) }
        }
        if !kept.isEmpty { names = kept }
    }

    @unsafe
    private func collect(_ records: UnsafeRawBufferPointer) {
        // struct linux_dirent64: u64 inode, i64 offset, u16 record length, u8 type, name, zero.
        var at = 0
        while at + 19 < records.count {
            let length = unsafe Int(records.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
            guard length >= 20, at + length <= records.count, let base = records.baseAddress else { return }
            let type = unsafe records[at + 18]
            let start = unsafe base + (at + 19)
            let size = unsafe strnlen(start.assumingMemoryBound(to: CChar.self), length - 19)
            at += length
            let dot: UInt8 = 0x2E
            if unsafe size == 1 && records[at - length + 19] == dot { continue }
            if unsafe size == 2 && records[at - length + 19] == dot && records[at - length + 20] == dot { continue }
            if size == 0 || size > 0xFFFE { continue }
            let offset = text.count
            let room = unsafe text.reserve(size + 1)
            unsafe room.copyMemory(from: start, byteCount: size)
            unsafe room.storeBytes(of: 0, toByteOffset: size, as: UInt8.self)
            text.grow(by: size + 1)
            var prefix: UInt64 = 0
            var index = 0
            while index < 8 {
                prefix =
                    prefix << 8 | (index < size ? unsafe UInt64(room.load(fromByteOffset: index, as: UInt8.self)) : 0)
                index += 1
            }
            names.append(
                Name(prefix: prefix, offset: UInt32(truncatingIfNeeded: offset), length: UInt16(size), type: type))
        }
    }

    private func sort() {
        unsafe text.withUnsafeBytes { bytes in
            names.sort { a, b in
                if a.prefix != b.prefix { return a.prefix < b.prefix }
                if a.length <= 8 || b.length <= 8 { return a.length < b.length }
                let shorter = Int(min(a.length, b.length))
                guard let base = bytes.baseAddress else { return false }
                let order = unsafe memcmp(base + Int(a.offset), base + Int(b.offset), shorter)
                return order != 0 ? order < 0 : a.length < b.length
            }
        }
    }

    /// The name of entry `index`, in order; valid inside `body`.
    package func withName<R, E>(_ index: Int, _ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        let name = names[index]
        return try text.withBytes(in: Int(name.offset)..<Int(name.offset) + Int(name.length)) { (raw) throws(E) in
            let bytes = Span<UInt8>(_bytes: raw)
            return try body(bytes)
        }
    }

    package func name(_ index: Int) -> [UInt8] {
        let name = names[index]
        return text.array(Int(name.offset)..<Int(name.offset) + Int(name.length))
    }

    /// Where `name` stands, if it is there.
    package func index(of name: [UInt8]) -> Int? {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            let order = withName(middle) { compareBytes($0, name.span) }
            if order == 0 { return middle }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// What the directory itself says of the entry's type; nil where the file system does not say.
    package func listedType(_ index: Int) -> FileType? {
        switch Int32(names[index].type) {
        case 8: .regular
        case 4: .directory
        case 10: .symbolicLink
        case 1: .fifo
        case 12: .socket
        case 2: .characterDevice
        case 6: .blockDevice
        default: nil
        }
    }

    /// Asks for the facts of entry `index` of `directory`.
    package func readFacts(
        _ index: Int, of directory: borrowing FileDescriptor, _ facts: inout FileFacts, _ extra: inout FileExtra
    ) throws(SystemError) {
        let number = directory.raw
        let offset = Int(names[index].offset)
        _ = try retrying("statx") {
            unsafe text.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return Int32(-1) }
                return unsafe snap_statx(number, (base + offset).assumingMemoryBound(to: CChar.self), &facts, &extra)
            }
        }
    }
}

/// Below, at or above zero as `a` stands before, at or after `b` by unsigned bytes.
package func compareBytes(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int {
    let shorter = min(a.count, b.count)
    let order = unsafe a.withUnsafeBytes { x in
        unsafe b.withUnsafeBytes { y in
            guard let p = x.baseAddress, let q = y.baseAddress else { return 0 }
            return unsafe Int(memcmp(p, q, shorter))
        }
    }
    return order != 0 ? order : a.count - b.count
}

/// The spans hold the same bytes.
package func equalBytes(_ a: RawSpan, _ b: RawSpan) -> Bool {
    guard a.byteCount == b.byteCount else { return false }
    return unsafe a.withUnsafeBytes { x in
        unsafe b.withUnsafeBytes { y in
            guard let p = x.baseAddress, let q = y.baseAddress else { return true }
            return unsafe memcmp(p, q, x.count) == 0
        }
    }
}

extension RawSpan {
    /// The facts stored at `offset` (56 bytes); nil if they do not lie inside.
    package func facts(at offset: Int) -> FileFacts? {
        guard offset >= 0, offset <= byteCount - MemoryLayout<FileFacts>.size else { return nil }
        return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: snap_facts.self)
    }

    /// The little-endian integer at `offset`; nil if it does not lie inside.
    @inlinable @inline(__always)
    package func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T? {
        guard offset >= 0, offset <= byteCount - MemoryLayout<T>.size else { return nil }
        return unsafe T(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// The bytes of `range` in a new array; empty if it does not lie inside.
    package func array(_ range: Range<Int>) -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else { return [] }
        return unsafe withUnsafeBytes { unsafe Array($0[range]) }
    }
}

extension ByteBuffer {
    /// Appends the facts as they lie in memory: 56 bytes.
    package func append(_ facts: FileFacts) {
        let room = unsafe reserve(MemoryLayout<snap_facts>.size)
        unsafe room.storeBytes(of: facts, as: snap_facts.self)
        grow(by: MemoryLayout<snap_facts>.size)
    }

    package func append<T: FixedWidthInteger & BitwiseCopyable>(integer value: T) {
        let room = unsafe reserve(MemoryLayout<T>.size)
        unsafe room.storeBytes(of: value.littleEndian, as: T.self)
        grow(by: MemoryLayout<T>.size)
    }

    /// Replaces the integer at `offset`.
    package func patch<T: FixedWidthInteger & BitwiseCopyable>(integer value: T, at offset: Int) {
        replace(littleEndianBytes(value), at: offset)
    }

    private func littleEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
