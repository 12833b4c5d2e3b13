// Signals that ask the process to end: they set a flag, and what runs ends where it is safe.

private import CSnapKernels

package enum Interrupts {
    /// From now on SIGINT, SIGTERM and SIGHUP set the flag, and writing to a closed pipe is an error of the call.
    package static func install() {
        snap_install_interrupt_handlers()
        snap_ignore_sigpipe()
    }

    /// The last such signal; 0 if none came.
    package static var signal: Int32 { snap_interrupt_signal() }
}
