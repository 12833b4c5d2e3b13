// What becomes of files in `tmp/` whose writer is gone: complete packs are adopted, all else is removed.
//
// Their writer holds a lock as long as it lives, so whoever gets the lock may decide. The lock is kept until the file
// has its new name or none: two sweeps at once do not meet in one file, and a name is random, so it is never
// another's.
//
// Complete is a pack only if everything that its blocks are made from is there, in packs that stay: since its writer died
// gc may have removed some of it, and later takes would rely on objects that nobody can read.

package import SnapSystem

/// What a sweep did.
package struct AdoptionReport: Sendable {
    package var adopted: [ObjectID] = []
    /// Names in `tmp/`.
    package var removed: [String] = []
    /// How many files have a living writer.
    package var busyCount = 0
    /// What could be neither adopted nor removed.
    package var failures: [PackError] = []
}

package enum Adoption {
    /// Sweeps `temporary`. Throws only if it cannot be listed.
    package static func sweep(_ temporary: borrowing FileDescriptor, into store: PackSet) throws(PackError)
        -> AdoptionReport
    {
        let scanner = DirectoryScanner()
        do throws(SystemError) {
            try scanner.readNamesAnew(of: temporary)
        } catch {
            throw .system(file: "tmp", error)
        }
        var report = AdoptionReport()
        for index in 0..<scanner.count {
            let name = scanner.name(index)
            do throws(PackError) {
                try sweep(name, temporary, store, &report)
            } catch {
                report.failures.append(error)
            }
        }
        return report
    }

    private static func sweep(
        _ name: [UInt8], _ temporary: borrowing FileDescriptor, _ store: PackSet, _ report: inout AdoptionReport
    ) throws(PackError) {
        let label = temporaryLabel(name)
        do throws(PackError) {
            let isRegular = try naming(label) { () throws(SystemError) in
                try temporary.facts(of: name).0.type == .regular
            }
            guard isRegular else { return try remove(name, temporary, &report) }
            let file = try naming(label) { () throws(SystemError) in try temporary.open(name, [.read, .nonBlocking]) }
            guard try naming(label, { () throws(SystemError) in try file.lock(exclusive: true, waiting: false) }) else {
                report.busyCount += 1
                return
            }
            // The lock belongs to the open file, which both descriptors share.
            let same = try naming(label) { () throws(SystemError) in try file.duplicate() }
            guard let id = try completeID(of: same, label, store) else { return try remove(name, temporary, &report) }
            try naming(label) { () throws(SystemError) in try file.sync() }
            try store.take([(name, id)], from: temporary)
            report.adopted.append(id)
        } catch {
            // Its writer, or another sweep, was quicker.
            if case .system(_, let cause) = error, cause.isNotFound { return }
            throw error
        }
    }

    private static func remove(
        _ name: [UInt8], _ temporary: borrowing FileDescriptor, _ report: inout AdoptionReport
    ) throws(PackError) {
        let label = temporaryLabel(name)
        do throws(SystemError) {
            try temporary.remove(name)
        } catch {
            throw .system(file: label, error)
        }
        report.removed.append(label)
    }

    /// Each base of each block has a copy in a block of smaller depth, in the pack itself or in one that is not retired.
    private static func hasBases(_ pack: Pack, _ store: PackSet) throws(PackError) -> Bool {
        for number in 0..<pack.blockCount {
            let block = try pack.block(number)
            if block.baseCount == 0 { continue }
            for base in try pack.bases(of: block) where try !hasCopy(of: base, below: block.depth, pack, store) {
                return false
            }
        }
        return true
    }

    private static func hasCopy(
        of base: ObjectKey, below depth: UInt8, _ pack: Pack, _ store: PackSet
    ) throws(PackError) -> Bool {
        if let own = try pack.find(base), try pack.block(own.block).depth < depth { return true }
        for (other, location) in try store.copies(of: base, forReference: true)
        where try other.block(location.block).depth < depth {
            return true
        }
        return false
    }

    /// The pack's id if all of it is there, nil if it is not. Throws where that cannot be told, which is no reason to
    /// remove it.
    private static func completeID(
        of file: consuming FileDescriptor, _ label: String, _ store: PackSet
    ) throws(PackError) -> ObjectID? {
        do throws(PackError) {
            let pack = try Pack(file, id: nil, label: label)
            let verifier = PackVerifier(store)
            if let damage = verifier.verifyStructure(pack).damages.first {
                throw PackError.damaged(file: label, what: damage.what)
            }
            for number in 0..<pack.blockCount { try verifier.verifyChecksum(pack, number) }
            guard try hasBases(pack, store) else { return nil }
            return try pack.computeID()
        } catch {
            if case .damaged = error { return nil }
            throw error
        }
    }
}
