// Threads for blocking calls, and a lock with a condition for handing work between them.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

/// A value that one thread at a time may touch, and that threads can wait on.
@safe package final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    package init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(condition)
        unsafe mutex.deallocate()
        unsafe condition.deallocate()
    }

    package func withLock<R, E>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Waits, without holding the lock meanwhile, until `body` gives a value. It is asked again after each `signal`.
    package func wait<R>(_ body: (inout State) -> R?) -> R {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }

    /// Wakes all who wait.
    package func signal() {
        unsafe pthread_cond_broadcast(condition)
    }

    /// Wakes one who waits.
    package func signalOne() {
        unsafe pthread_cond_signal(condition)
    }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

package enum Workers {
    /// The number of cores this process may use, at least 1.
    package static var coreCount: Int { max(1, Int(snap_core_count())) }

    /// Runs `body(0)` … `body(count - 1)`, each on a thread of its own, the first on the caller's; returns when all have ended. If a thread
    /// cannot be started the others go on without it: bodies must share their work by what they take, not by their number.
    package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        var handles: [UInt64] = []
        for index in 1..<max(count, 1) {
            let start = unsafe Unmanaged.passRetained(ThreadBody { body(index) })
            var handle: UInt64 = 0
            let result = unsafe snap_thread_start(
                { context in
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
                }, start.toOpaque(), &handle)
            if result != 0 {
                unsafe start.release()
                break
            }
            handles.append(handle)
        }
        body(0)
        for handle in handles { _ = snap_thread_join(handle) }
    }
}
