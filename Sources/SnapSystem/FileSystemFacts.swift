// What a file system says of itself, without anything being written to it.

private import CSnapSystem

/// A file system, as the kernel tells of it.
package struct FileSystemFacts: Sendable, Equatable {
    /// The kernel's number of its type.
    package var type: UInt32
    package var isReadOnly: Bool
    /// How many there can be; 0 where they are not counted.
    package var inodes: UInt64
    /// How many of them a user may still take.
    package var freeInodes: UInt64

    package init(type: UInt32, isReadOnly: Bool, inodes: UInt64, freeInodes: UInt64) {
        self.type = type
        self.isReadOnly = isReadOnly
        self.inodes = inodes
        self.freeInodes = freeInodes
    }
}

extension FileDescriptor {
    /// The file system that this file is on.
    package borrowing func fileSystem() throws(SystemError) -> FileSystemFacts {
        let number = raw
        var type: UInt32 = 0
        var readOnly: Int32 = 0
        var inodes: UInt64 = 0
        var free: UInt64 = 0
        _ = try retrying("fstatfs") { unsafe snap_file_system(number, &type, &readOnly, &inodes, &free) }
        return FileSystemFacts(type: type, isReadOnly: readOnly != 0, inodes: inodes, freeInodes: free)
    }

    /// Files there have attributes that users may set; nil where that cannot be told. This must be open for reading.
    package borrowing func hasUserAttributes() -> Bool? {
        let answer = snap_has_attributes(raw)
        return answer < 0 ? nil : answer == 1
    }
}
