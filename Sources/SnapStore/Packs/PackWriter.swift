// Writes one pack in `tmp/`.
//
// The file is locked as long as this writer lives, so a sweep of `tmp/` leaves it alone. Between making the file and
// locking it another process may already have swept it away: the name is looked at again under the lock, and if it is
// not ours any more the next name is tried. Small pieces are gathered, so that a small pack is a single write.

internal import CSnapSystem
package import SnapSystem

package final class PackWriter {
    /// Of the file in `tmp/`.
    package let name: [UInt8]
    private let features: PackFeatures
    private let file: FileDescriptor
    private var pending = ByteBuffer(capacity: 1 << 14)
    /// Bytes that the file has.
    private var written: UInt64 = 0
    private var writebackStarted: UInt64 = 0
    private var index = PackIndexBuilder()
    package private(set) var isFinished = false

    private static let gatherLimit = 256 << 10
    /// Data of at least this length is written from where it is.
    private static let directLength = 64 << 10
    private static let writebackStep: UInt64 = 8 << 20

    /// Makes a new, locked file in `directory`.
    package init(in directory: borrowing FileDescriptor, features: PackFeatures = []) throws(PackError) {
        self.features = features
        var attempts = 0
        while true {
            let random = try naming("tmp") { () throws(SystemError) in try Process.randomBytes(8) }
            let name = Array("\(hexadecimal(random)).pack".utf8)
            if let file = try PackWriter.create(name, in: directory) {
                self.name = name
                self.file = file
                break
            }
            attempts += 1
            guard attempts < 100 else { throw .damaged(file: "tmp", what: "every new file is taken away at once") }
        }
        appendHeader()
    }

    private static func create(_ name: [UInt8], in directory: borrowing FileDescriptor) throws(PackError)
        -> FileDescriptor?
    {
        let label = temporaryLabel(name)
        do throws(SystemError) {
            let file = try directory.open(name, [.readWrite, .create, .exclusive])
            guard try file.lock(exclusive: true, waiting: false) else { return nil }
            guard try directory.facts(of: name).0.inode == file.facts().0.inode else { return nil }
            return file
        } catch {
            if error.isExisting || error.isNotFound {
                // Not found is either the file, swept away, or the directory itself.
                do throws(SystemError) { _ = try directory.facts(of: Array(".".utf8)) } catch {
                    throw .system(file: "tmp", error)
                }
                return nil
            }
            throw .system(file: label, error)
        }
    }

    /// For errors.
    package var label: String { temporaryLabel(name) }

    /// Of the pack so far, without index and trailer.
    package var length: UInt64 { written + UInt64(pending.count) }

    /// Of the finished pack, if nothing but `block` is added.
    package func finishedLength(with block: EncodedBlock) -> UInt64 {
        length + UInt64(block.length + block.indexLength + index.length + PackFormat.trailerLength)
    }

    package var isEmpty: Bool { index.blockCount == 0 }

    /// Objects that its index has so far.
    var objectCount: Int { index.objectCount }

    private func appendHeader() {
        pending.append(integer: PackFormat.headerMagic)
        pending.append(integer: UInt32(PackFormat.headerLength - 8))
        pending.append(integer: PackFormat.headerMarker)
        pending.append(integer: PackFormat.version)
        pending.append(integer: UInt32(0))
        pending.append(integer: UInt64(0))
        pending.append(integer: features.rawValue)
        pending.append(integer: UInt8(1))
        pending.append(integer: UInt8(1))
        pending.append(zeros: 18)
        let sum = pending.withBytes { rawChecksum($0) }
        pending.append(integer: sum)
    }

    /// Adds a block. After an error the pack is of no use.
    package func append(_ block: EncodedBlock) throws(PackError) {
        guard !isFinished else { throw .invalidBlock("the pack is finished") }
        block.appendContents(to: pending)
        index.add(block, offset: length)
        if block.stored.count >= Self.directLength {
            try flushPending()
            try write(block.stored)
        } else {
            block.stored.withBytes { pending.append($0) }
            if pending.count >= Self.gatherLimit { try flushPending() }
        }
    }

    private func flushPending() throws(PackError) {
        if pending.isEmpty { return }
        try write(pending)
        pending.truncate(to: 0)
    }

    private func write(_ buffer: ByteBuffer) throws(PackError) {
        try buffer.withBytes { (bytes) throws(PackError) in
            try naming(label) { () throws(SystemError) in try file.write(bytes) }
        }
        written += UInt64(buffer.count)
        // The final fsync then has little left to wait for.
        if written - writebackStarted >= Self.writebackStep {
            file.startWriteback(offset: writebackStarted, length: written - writebackStarted)
            writebackStarted = written
        }
    }

    /// Hands everything so far to the kernel, for `syncData`.
    package func flush() throws(PackError) { try flushPending() }

    /// Waits until the disk has what `flush` handed over. Other threads may go on appending.
    package func syncData() throws(PackError) {
        try naming(label) { () throws(SystemError) in try file.syncData() }
    }

    /// Writes index and trailer, and waits until the disk has all. Returns the pack's id, which is none of `taken`: those
    /// packs are removed by their names, and this one is not to be removed with them.
    package func finish(avoiding taken: Set<ObjectID> = []) throws(PackError) -> ObjectID {
        guard !isFinished else { throw .invalidBlock("the pack is finished") }
        isFinished = true
        let indexOffset = length
        let start = pending.count
        index.append(to: pending, at: indexOffset)
        let indexLength = pending.count - start
        let headSum = pending.withBytes(in: start..<start + index.headLength) { rawChecksum($0) }
        let trailer = pending.count
        var distinction: UInt64 = 0
        var id: ObjectID
        repeat {
            pending.truncate(to: trailer)
            pending.append(integer: PackFormat.trailerMagic)
            pending.append(integer: UInt32(PackFormat.trailerLength - 8))
            pending.append(integer: PackFormat.trailerMarker)
            pending.append(integer: indexOffset)
            pending.append(integer: UInt64(indexLength))
            pending.append(integer: indexOffset + UInt64(indexLength + PackFormat.trailerLength))
            pending.append(integer: headSum)
            pending.append(integer: distinction)
            pending.append(zeros: 8)
            let trailerSum = pending.withBytes(in: trailer..<pending.count) { rawChecksum($0) }
            pending.append(integer: trailerSum)
            id = pending.withBytes(in: start..<pending.count) { sha256(of: $0) }
            distinction += 1
        } while taken.contains(id)
        try flushPending()
        // The writer lives on until all packs of its session are visible.
        index = PackIndexBuilder()
        pending = ByteBuffer()
        try naming(label) { () throws(SystemError) in try file.sync() }
        return id
    }
}

/// How errors name a file in `tmp/`.
func temporaryLabel(_ name: [UInt8]) -> String { "tmp/\(String(decoding: name, as: UTF8.self))" }

/// How errors name a pack.
func packLabel(_ id: ObjectID) -> String { "packs/\(id).pack" }

/// The name of a pack's file.
package func packName(_ id: ObjectID) -> [UInt8] { Array("\(id).pack".utf8) }
