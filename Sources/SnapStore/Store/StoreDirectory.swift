// One open directory of a store. Every access to a store goes through one of these: by descriptor, so that nothing that
// happens to the path meanwhile leads elsewhere, and without following links.
//
// A name that holds something other than it should is damage. It is opened without blocking, because a FIFO in
// place of a file would otherwise stop the reader for ever.

package import SnapSystem

package final class StoreDirectory: Sendable {
    package let descriptor: FileDescriptor
    /// Absolute, for messages about system calls.
    package let path: [UInt8]
    /// In front of a name in messages about damage: empty, or a path with a slash at its end.
    package let label: String
    package let ownership: Ownership

    package init(owning descriptor: consuming FileDescriptor, path: [UInt8], label: String, ownership: Ownership) {
        self.descriptor = descriptor
        self.path = path
        self.label = label
        self.ownership = ownership
    }

    package func path(of name: String) -> [UInt8] { path + [0x2F] + Array(name.utf8) }

    package func damage(_ name: String, _ what: String) -> StoreError {
        .damaged(file: label + name, what: what)
    }

    package func failure(_ error: SystemError, _ doing: String, _ name: String) -> StoreError {
        error.isNoSpace ? noSpace : StoreError(error, doing: doing, path(of: name))
    }

    /// The file system is full.
    package var noSpace: StoreError {
        .noSpace(available: (try? descriptor.freeSpace().available) ?? 0, floor: 0, needed: 0)
    }

    /// The content of the file `name`; nil if there is none.
    package func read(_ name: String, limit: Int) throws(StoreError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try descriptor.open(Array(name.utf8), [.read, .nonBlocking])
            if try file.facts().0.type == .regular { return try file.readAll(limit: limit) }
        } catch {
            if error.isNotFound { return nil }
            if !error.isLoop { throw failure(error, "read", name) }
        }
        throw damage(name, "it is not a regular file")
    }

    /// The keys and values of the file `name`, whose checksum must be right; nil if there is none.
    package func readKeyValues(_ name: String) throws(StoreError) -> KeyValueFile? {
        guard let content = try read(name, limit: Self.smallFileLimit) else { return nil }
        do throws(KeyValueError) {
            return try KeyValueFile(parsing: content, checksummed: true)
        } catch {
            throw damage(name, error.reason)
        }
    }

    /// No small file of a store is nearly as large.
    package static let smallFileLimit = 1 << 20

    package func replace(_ name: String, with content: [UInt8]) throws(StoreError) {
        do throws(SystemError) {
            try AtomicFile.replace(Array(name.utf8), in: descriptor, with: content, ownership: ownership)
        } catch {
            throw failure(error, "write", name)
        }
    }

    /// The directory `name` in this one; nil if there is none.
    package func directory(_ name: String) throws(StoreError) -> StoreDirectory? {
        do throws(SystemError) {
            let opened = try descriptor.open(Array(name.utf8), [.read, .directory])
            return wrap(opened, name)
        } catch {
            if try isAbsent(name, error) { return nil }
            throw failure(error, "open", name)
        }
    }

    /// The directory `name` in this one, made if there is none: tools that copy only files lose empty directories.
    package func makeDirectory(_ name: String) throws(StoreError) -> StoreDirectory {
        // Twice, because another process may make it between the two.
        for _ in 0..<2 {
            if let found = try directory(name) { return found }
            do throws(SystemError) {
                return wrap(try ownership.createDirectory(Array(name.utf8), in: descriptor), name)
            } catch {
                if !error.isExisting { throw failure(error, "make", name) }
            }
        }
        throw damage(name, "it is not a directory")
    }

    /// The names in it, sorted. `action` is what an error says of it.
    func names(doing action: String = "list") throws(StoreError) -> [[UInt8]] {
        let scanner = DirectoryScanner()
        do throws(SystemError) {
            try scanner.readNamesAnew(of: descriptor)
        } catch {
            throw StoreError(error, doing: action, path)
        }
        return (0..<scanner.count).map { scanner.name($0) }
    }

    /// The regular files in it, likewise.
    func regularFiles(
        doing action: String = "list"
    ) throws(StoreError) -> [(name: [UInt8], facts: FileFacts, extra: FileExtra)] {
        var result: [(name: [UInt8], facts: FileFacts, extra: FileExtra)] = []
        for name in try names(doing: action) {
            do throws(SystemError) {
                // Gone meanwhile.
                guard let (facts, extra) = try descriptor.factsIfThere(of: name) else { continue }
                if facts.type == .regular { result.append((name, facts, extra)) }
            } catch {
                throw StoreError(error, doing: action, path)
            }
        }
        return result
    }

    package func sync() throws(StoreError) {
        do throws(SystemError) {
            try descriptor.sync()
        } catch {
            throw StoreError(error, doing: "sync", path)
        }
    }

    /// ENOTDIR says that `name` is something else, and that is damage. A directory that came to be meanwhile was absent.
    private func isAbsent(_ name: String, _ error: SystemError) throws(StoreError) -> Bool {
        guard error.isNotFound || error.isLoop else { return false }
        do throws(SystemError) {
            if try descriptor.facts(of: Array(name.utf8)).0.type == .directory { return true }
        } catch {
            if error.isNotFound { return true }
            throw failure(error, "examine", name)
        }
        throw damage(name, "it is not a directory")
    }

    private func wrap(_ opened: consuming FileDescriptor, _ name: String) -> StoreDirectory {
        StoreDirectory(owning: opened, path: path(of: name), label: label + name + "/", ownership: ownership)
    }
}

extension KeyValueFile {
    /// The decimal number under `key`; nil if there is none or it is something else.
    func number(_ key: String) -> UInt64? {
        guard let text = string(key), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(text)
    }
}
