// The interrupt flag, and that it is really a handler without SA_RESTART that sets it.

import CSnapKernels
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Serialized, because signal dispositions are the process's. Each test puts them back.
@Suite(.serialized) struct SignalKernelTests {
    func disposition(_ number: Int32) -> sigaction {
        var result = sigaction()
        sigaction(number, nil, &result)
        return result
    }

    /// Raises a signal in this thread and has it delivered: the threads that tests run on block signals.
    func deliver(_ number: Int32) {
        var set = sigset_t()
        var before = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, &before)
        raise(number)
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    @Test("a signal sets the flag and interrupts system calls") func interrupt() {
        let numbers = [SIGINT, SIGTERM, SIGHUP]
        let before = numbers.map(disposition)
        defer {
            for (number, old) in zip(numbers, before) {
                var old = old
                sigaction(number, &old, nil)
            }
        }
        var plain = sigaction()
        for number in numbers { sigaction(number, &plain, nil) }
        snap_install_interrupt_handlers()
        for number in numbers {
            #expect(disposition(number).sa_flags & SA_RESTART == 0)
            deliver(number)
            #expect(snap_interrupt_signal() == number)
        }
    }

    @Test("what is ignored stays ignored") func nohup() {
        var before = disposition(SIGHUP)
        let others = [SIGINT, SIGTERM].map { ($0, disposition($0)) }
        defer {
            sigaction(SIGHUP, &before, nil)
            for (number, old) in others {
                var old = old
                sigaction(number, &old, nil)
            }
        }
        let flag = snap_interrupt_signal()
        signal(SIGHUP, SIG_IGN)
        snap_install_interrupt_handlers()
        deliver(SIGHUP)
        #expect(snap_interrupt_signal() == flag)
    }

    @Test("writing to a closed pipe is an error, not the end") func closedPipe() {
        var before = disposition(SIGPIPE)
        defer { sigaction(SIGPIPE, &before, nil) }
        snap_ignore_sigpipe()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        #expect(write(ends[1], [UInt8](repeating: 0, count: 1), 1) == -1)
        #expect(errno == EPIPE)
        close(ends[1])
    }
}
