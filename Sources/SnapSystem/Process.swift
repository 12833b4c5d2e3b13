// What a program asks about itself and its machine: user, process, clock, random bytes, terminals.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

package enum Process {
    package static var effectiveUser: UInt32 { geteuid() }
    /// The groups that this process may give its files to.
    package static var groups: Set<UInt32> {
        var list = [gid_t](repeating: 0, count: 1 << 16)
        let count = unsafe getgroups(Int32(list.count), &list)
        return Set(list.prefix(max(0, Int(count)))).union([getegid()])
    }
    package static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
    package static var id: Int32 { getpid() }

    /// The host's name, or an empty text.
    package static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, 255) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Seconds and nanoseconds since 1970-01-01 UTC, by the clock that files' times come from: it may lag the precise one by a tick.
    package static var fileClock: (seconds: Int64, nanoseconds: UInt32) { read(CLOCK_REALTIME_COARSE) }

    /// Seconds and nanoseconds since 1970-01-01 UTC.
    package static var clock: (seconds: Int64, nanoseconds: UInt32) { read(CLOCK_REALTIME) }

    /// Nanoseconds on a clock that only goes forward.
    package static var monotonicNanoseconds: UInt64 {
        let now = read(CLOCK_MONOTONIC)
        return UInt64(now.seconds) * 1_000_000_000 + UInt64(now.nanoseconds)
    }

    private static func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: UInt32) {
        var now = timespec()
        _ = unsafe clock_gettime(clock, &now)
        return (Int64(now.tv_sec), UInt32(now.tv_nsec))
    }

    package static func randomBytes(_ count: Int) throws(SystemError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let from = done
            done += try retrying("getrandom") {
                unsafe result.withUnsafeMutableBytes {
                    unsafe snap_random($0.baseAddress.map { unsafe $0 + from }, count - from)
                }
            }
        }
        return result
    }

    /// Opens `/dev/null` for each of the three standard descriptors that is closed, so that no file of a store that is opened
    /// later takes its number and is written what was meant to be printed. Like a closed one, it can be neither read nor written.
    package static func holdStandardDescriptors() throws(SystemError) {
        for descriptor: Int32 in 0..<3 where fcntl(descriptor, F_GETFD) == -1 {
            _ = try retrying("open") { unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) }
        }
    }

    /// The current directory's absolute path.
    package static func currentDirectory() throws(SystemError) -> [UInt8] {
        var size = 4096
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            if unsafe getcwd(&buffer, size) != nil { return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } }
            if errno != ERANGE || size > 1 << 24 { throw SystemError.last("getcwd") }
            size *= 4
        }
    }

    package static func changeDirectory(to path: [UInt8]) throws(SystemError) {
        _ = unsafe try withPath(path) { (path) throws(SystemError) in try retrying("chdir") { unsafe chdir(path) } }
    }

    /// The path without symbolic links, `.` and `..`.
    package static func realPath(_ path: [UInt8]) throws(SystemError) -> [UInt8] {
        unsafe try withPath(path) { (path) throws(SystemError) in
            try Faults.pass("realpath")
            guard let resolved = unsafe realpath(path, nil) else { throw SystemError.last("realpath") }
            defer { unsafe free(resolved) }
            return unsafe Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
        }
    }

    /// An environment variable's bytes.
    package static func environment(_ name: String) -> [UInt8]? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Columns of a terminal; nil if the descriptor is none, or it does not say.
    package static func terminalColumns(_ descriptor: Int32) -> Int? {
        let columns = Int(snap_terminal_columns(descriptor))
        return columns > 0 ? columns : nil
    }

    /// From now on a shell that runs `command` reads what goes to standard output.
    package static func startPager(_ command: [UInt8]) throws(SystemError) -> Int32 {
        unsafe try withPath(command) { (command) throws(SystemError) in
            try Faults.pass("posix_spawn")
            let process = unsafe snap_start_pager(command)
            if process < 0 { throw SystemError.last("posix_spawn") }
            return process
        }
    }

    /// Standard output is at its end; waits for the pager to end as well.
    package static func endPager(_ process: Int32) { snap_end_pager(process) }

    /// Runs a shell's command line with two words behind it. Its status; 128 + the signal, if one ended it.
    package static func run(_ command: [UInt8], _ first: [UInt8], _ second: [UInt8]) throws(SystemError) -> Int32 {
        unsafe try withPath(command) { (command) throws(SystemError) in
            unsafe try withPath(first) { (first) throws(SystemError) in
                unsafe try withPath(second) { (second) throws(SystemError) in
                    try Faults.pass("posix_spawn")
                    let status = unsafe snap_run_command(command, first, second)
                    if status < 0 { throw SystemError.last("posix_spawn") }
                    return status
                }
            }
        }
    }

    /// Runs a shell's command line with one word behind it. Its status; 128 + the signal, if one ended it.
    package static func run(_ command: [UInt8], _ word: [UInt8]) throws(SystemError) -> Int32 {
        unsafe try withPath(command) { (command) throws(SystemError) in
            unsafe try withPath(word) { (word) throws(SystemError) in
                try Faults.pass("posix_spawn")
                let status = unsafe snap_run_command(command, word, nil)
                if status < 0 { throw SystemError.last("posix_spawn") }
                return status
            }
        }
    }

    /// Replaces this process by the program at `path`, with `words` as its arguments, its name first. Returns only if that failed, and says why.
    package static func become(_ path: [UInt8], _ words: [[UInt8]]) -> SystemError {
        var list: [UInt8] = []
        for word in words {
            if word.contains(0) { return SystemError("execv", EINVAL) }
            list += word
            list.append(0)
        }
        let packed = list
        do throws(SystemError) {
            return unsafe try withPath(path) { (program) throws(SystemError) -> SystemError in
                try Faults.pass("execv")
                _ = unsafe packed.withUnsafeBytes { unsafe snap_execute(program, $0.baseAddress, $0.count) }
                return SystemError.last("execv")
            }
        } catch {
            return error
        }
    }

    /// Whether this process may run the file at `path`; a directory is no program.
    package static func isProgram(_ path: [UInt8]) -> Bool {
        do throws(SystemError) {
            let file = try FileDescriptor.open(path, [.pathOnly])
            guard try file.facts().0.type == .regular else { return false }
            return unsafe try withPath(path) { (path) throws(SystemError) -> Bool in unsafe access(path, X_OK) == 0 }
        } catch {
            return false
        }
    }

    /// The directories that programs are looked for in. Only absolute ones: what a directory that one happens to stand in calls
    /// its own must not be run.
    package static var programDirectories: [[UInt8]] {
        searchedDirectories.filter { $0.first == 0x2F }
    }

    /// The directories of PATH as a shell takes them, but for the empty ones, which would be the current directory.
    private static var searchedDirectories: [[UInt8]] {
        let places = environment("PATH") ?? Array("/usr/bin:/bin".utf8)
        return places.split(separator: 0x3A).map { Array($0) }
    }

    /// The path of the program that a shell runs for `name`; nil if there is none.
    package static func program(named name: String) -> [UInt8]? {
        for directory in searchedDirectories {
            let path = directory + [0x2F] + Array(name.utf8)
            if isProgram(path) { return path }
        }
        return nil
    }

    /// A program of that name is found where a shell looks for it.
    package static func hasProgram(_ name: String) -> Bool { program(named: name) != nil }

    /// A line without its end, from a descriptor that this process was started with; nil at the end of the input, on an error, and
    /// when a signal that asks the process to end came meanwhile, which the standard library's `readLine` waits through.
    package static func readLine(from descriptor: Int32) -> [UInt8]? {
        let limit = 1 << 16
        var line: [UInt8] = []
        while line.count < limit, Interrupts.signal == 0 {
            // Byte by byte: what stands behind the line is for whoever reads next.
            var byte: UInt8 = 0
            let count = unsafe Glibc.read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            if byte == 0x0A { return line }
            line.append(byte)
        }
        return nil
    }

    /// Writes all bytes to a descriptor that this process was started with, such as 1 or 2.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try retrying("write") {
                unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }
}
