// Fault points: debug builds can make the n-th system call fail, or die in it. Durability tests walk n from 1 until a run completes.
//
// Every wrapper in this module passes through `Faults.pass` first. Release builds compile it to nothing.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import Synchronization

package enum Faults {
    #if SNAP_FAULTS
        private static let calls = Atomic<Int>(0)
        private static let target = Atomic<Int>(0)
        /// 0: kill the process; else the error code to fail with.
        private static let action = Atomic<Int32>(0)
        private static let forever = Atomic<Bool>(false)
    #endif

    /// Arms a fault from `kill:N`, `fail:N:CODE` or `fail-from:N:CODE` (the n-th and all later calls). False if the text is none of
    /// these, or this is a release build.
    package static func arm(_ text: String) -> Bool {
        #if SNAP_FAULTS
            let parts = text.split(separator: ":")
            guard parts.count >= 2, let n = Int(parts[1]), n > 0 else { return false }
            switch (parts[0], parts.count) {
            case ("kill", 2): action.store(0, ordering: .relaxed)
            case ("fail", 3), ("fail-from", 3):
                guard let code = Int32(parts[2]), code > 0 else { return false }
                action.store(code, ordering: .relaxed)
                forever.store(parts[0] == "fail-from", ordering: .relaxed)
            default: return false
            }
            calls.store(0, ordering: .relaxed)
            target.store(n, ordering: .sequentiallyConsistent)
            return true
        #else
            return false
        #endif
    }

    /// How many calls have passed since the fault was armed.
    package static var passed: Int {
        #if SNAP_FAULTS
            calls.load(ordering: .relaxed)
        #else
            0
        #endif
    }

    @inline(__always)
    static func pass(_ call: StaticString) throws(SystemError) {
        #if SNAP_FAULTS
            let n = target.load(ordering: .relaxed)
            guard n > 0 else { return }
            let count = calls.add(1, ordering: .relaxed).newValue
            guard count == n || (count > n && forever.load(ordering: .relaxed)) else { return }
            let code = action.load(ordering: .relaxed)
            if code == 0 {
                kill(getpid(), SIGKILL)
            }
            throw SystemError("\(call)", code)
        #endif
    }
}
