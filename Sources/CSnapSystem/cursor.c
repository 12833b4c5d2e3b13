// The terminal's cursor, hidden while a line is rewritten again and again. Whoever stops the process (Ctrl-Z) or ends it on the spot (Ctrl-\)
// must get it back: that cannot wait for the ordered way, so it is done in the signal's handler, by one write.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "snap_system.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

// Frames are drawn by any thread, and handlers run on the first; a handler may read an atomic that needs no lock.
static atomic_int is_hidden;
static atomic_int is_installed;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler must not wait for a lock");

// Shows the cursor on a line of its own, and then lets the signal do what it does without a handler. After a stop the next frame hides it again.
static void give_back(int number) {
    static const char text[] = "\r\033[K\033[?25h";
    int saved = errno;
    if (atomic_load(&is_hidden)) {
        ssize_t written = write(2, text, sizeof text - 1);
        (void)written;
    }
    struct sigaction plain, own;
    memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    sigemptyset(&plain.sa_mask);
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigaction(number, &plain, &own);
    raise(number);
    // Here it takes effect; after a stop the process goes on from here.
    pthread_sigmask(SIG_UNBLOCK, &set, &before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sigaction(number, &own, NULL);
    errno = saved;
}

void snap_cursor_is_hidden(int hidden) {
    atomic_store(&is_hidden, hidden);
    if (!hidden || atomic_exchange(&is_installed, 1)) return;
    static const int signals[] = {SIGTSTP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old, action;
        if (sigaction(signals[i], NULL, &old) != 0 || (old.sa_flags & SA_SIGINFO)) continue;
        if (old.sa_handler != SIG_DFL) continue;
        memset(&action, 0, sizeof action);
        action.sa_handler = give_back;
        sigemptyset(&action.sa_mask);
        action.sa_flags = SA_RESTART;
        sigaction(signals[i], &action, NULL);
    }
}

int snap_is_foreground(int fd) {
    pid_t group = tcgetpgrp(fd);
    return group < 0 || group == getpgrp();
}
