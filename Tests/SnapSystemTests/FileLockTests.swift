// The kernel's list of locks, as /proc shows it: what is no lock of `flock` is passed over, and what is odd does no harm.

import Testing

@testable import SnapSystem

@Suite struct FileLockTests {
    @Test func locksAreReadFromTheKernelsList() {
        let text = """
            1: FLOCK  ADVISORY  WRITE 1234 fd:01:5678 0 EOF
            1: -> FLOCK  ADVISORY  READ 99 08:1a:7 0 EOF
            2: POSIX  ADVISORY  WRITE 5 00:01:2 0 EOF
            3: FLOCK  ADVISORY  READ -1 00:10:18446744073709551615 0 EOF
            4: FLOCK  ADVISORY
            5: FLOCK  ADVISORY  READ 1 00:10 0 EOF
            6: FLOCK  ADVISORY  READ 1 zz:10:4 0 EOF

            """
        let locks = FileLocks.parse(Array(text.utf8))
        #expect(
            locks == [
                FileLock(process: 1234, isExclusive: true, isWaiting: false, device: 0xFD << 32 | 1, inode: 5678),
                FileLock(process: 99, isExclusive: false, isWaiting: true, device: 8 << 32 | 0x1A, inode: 7),
                FileLock(process: nil, isExclusive: false, isWaiting: false, device: 0x10, inode: .max),
            ])
        #expect(FileLocks.parse([]).isEmpty)
        #expect(FileLocks.parse([0xFF, 0x20, 0x0A, 0x20]).isEmpty)
    }

    @Test func aFileSystemTellsWhatItIs() throws {
        let root = try FileDescriptor.open(Array("/".utf8), [.read, .directory])
        let facts = try root.fileSystem()
        #expect(facts.type != 0)
        #expect(facts.inodes == 0 || facts.freeInodes <= facts.inodes)
    }

    @Test func theProgramThatRunsIsKnown() throws {
        let executable = try #require(Process.executable)
        #expect(executable.first == 0x2F)
        #expect(Process.hasFile(executable))
        #expect(!Process.hasFile(executable + Array("/nothing".utf8)))
        #expect(Process.program(named: "no-such-program-anywhere") == nil)
        #expect(Process.program(named: "sh") != nil)
    }
}
