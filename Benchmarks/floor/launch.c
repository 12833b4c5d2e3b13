// Runs a command and says what it took. As small as can be, because exec counts the memory of the process that spawned to the peak of the one that is started: a large one would hide it.
//
//     cc -O2 -static Benchmarks/floor/launch.c -o launch
//
//     launch FILE COMMAND [ARGUMENT…]   writes 'wall user system peak status' to FILE: seconds, bytes, and the exit status (128 + n for signal n)
//     launch                            does nothing: the start-up of an empty static program

#define _GNU_SOURCE

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds(struct timeval t) {
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int main(int count, char **arguments) {
    if (count < 3) return 0;
    double start = now();
    pid_t child;
    int failure = posix_spawnp(&child, arguments[2], NULL, NULL, arguments + 2, environ);
    if (failure) {
        fprintf(stderr, "launch: cannot run '%s': %s\n", arguments[2], strerror(failure));
        return 127;
    }
    int status = 0;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) return 126;
    double wall = now() - start;
    FILE *file = fopen(arguments[1], "w");
    if (!file) return 126;
    fprintf(
        file, "%.9f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss * 1024L,
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    return fclose(file) ? 126 : 0;
}
