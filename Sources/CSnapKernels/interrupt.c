// The interrupt flag: the only thing that a signal handler of snap does is to store a number. Loops ask for it between
// two files and leave the ordered way.

#include "snap_kernels.h"

#include <signal.h>

static volatile sig_atomic_t arrived;

static void note(int signal_number) {
    arrived = signal_number;
}

void snap_install_interrupt_handlers(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old, new = {0};
        if (sigaction(signals[i], NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) && old.sa_handler == SIG_IGN)
            continue;
        new.sa_handler = note;
        sigemptyset(&new.sa_mask);
        // Without SA_RESTART a wait for a lock ends at once.
        new.sa_flags = 0;
        sigaction(signals[i], &new, NULL);
    }
}

int snap_interrupt_signal(void) {
    return arrived;
}

void snap_ignore_sigpipe(void) {
    struct sigaction ignore = {0};
    ignore.sa_handler = SIG_IGN;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}
