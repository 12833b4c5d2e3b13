// The floor: the least that a first take has to do, in plain C, as a measure for what snap adds to it.
//
//     cc -O2 -pthread -I Sources/CSnapKernels/include Benchmarks/floor/floor.c Sources/CSnapKernels/*.c -lzstd -o floor
//
//     floor walk DIR [THREADS]              list every directory and statx every entry; read nothing
//     floor take DIR OUT [LEVEL] [THREADS]  walk, read, SHA-256, zstd in blocks of 512 KiB in path order, write, sync
//     floor fdatasync DIR                   the median of 100 appends of 4 KiB, each with fdatasync
//
// Entries that vanish or cannot be read are counted and passed over. Threads default to the number of processors; the
// level to 1. Besides the time that passed it prints processor time, which other work on the machine changes less.

#define _GNU_SOURCE

#include "snap_kernels.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

// A thread takes several blocks a turn, so that hashing has enough messages to fill its lanes.
enum { block_size = 512 << 10, piece_size = 256 << 10, turn = 8, max_threads = 256 };

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double now(void) {
    return seconds_of(CLOCK_MONOTONIC);
}

static void *check(void *memory) {
    if (!memory) {
        fputs("floor: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static void fail(const char *subject) {
    fprintf(stderr, "floor: '%s': %s\n", subject, strerror(errno));
    exit(1);
}

static void run(int threads, void *(*body)(void *)) {
    pthread_t ids[max_threads];
    int started = 0;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&ids[started], NULL, body, NULL) == 0)
            started++;
    body(NULL);
    for (int i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
}

// MARK: - Walk

struct file {
    char *path; // from the root
    uint64_t size;
};

static int root;
static int keep_files;
static atomic_ullong entries, failures;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char **directories;
static size_t directory_count, directory_room;
static int busy;

static struct file *files;
static size_t file_count, file_room;

static void push_directory(char *path) {
    if (directory_count == directory_room)
        directories = check(realloc(directories, (directory_room = 2 * directory_room + 64) * sizeof *directories));
    directories[directory_count++] = path;
}

struct linux_dirent64 {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

/// What a thread found in one directory, handed over under one lock.
struct found {
    char **directories;
    size_t directory_count, directory_room;
    struct file *files;
    size_t file_count, file_room;
};

static char *join(const char *directory, const char *name) {
    size_t a = strlen(directory), b = strlen(name);
    char *path = check(malloc(a + b + 2));
    memcpy(path, directory, a);
    if (a > 0)
        path[a++] = '/';
    memcpy(path + a, name, b + 1);
    return path;
}

static void list(const char *path, char *buffer, size_t room, struct found *found) {
    int directory = openat(root, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) {
        failures++;
        return;
    }
    for (;;) {
        long length = syscall(SYS_getdents64, directory, buffer, room);
        if (length <= 0) {
            failures += length < 0;
            break;
        }
        unsigned long long seen = 0;
        for (long at = 0; at < length;) {
            struct linux_dirent64 *entry = (void *)(buffer + at);
            at += entry->length;
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
                continue;
            struct statx facts;
            if (statx(directory, entry->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &facts) != 0) {
                failures++;
                continue;
            }
            seen++;
            if (S_ISDIR(facts.stx_mode)) {
                if (found->directory_count == found->directory_room)
                    found->directories = check(realloc(
                        found->directories, (found->directory_room = 2 * found->directory_room + 64) * sizeof(char *)));
                found->directories[found->directory_count++] = join(path, entry->name);
            } else if (keep_files && S_ISREG(facts.stx_mode) && facts.stx_size > 0) {
                if (found->file_count == found->file_room)
                    found->files = check(
                        realloc(found->files, (found->file_room = 2 * found->file_room + 64) * sizeof(struct file)));
                found->files[found->file_count++] = (struct file){join(path, entry->name), facts.stx_size};
            }
        }
        entries += seen;
    }
    close(directory);
}

static void *walk_thread(void *unused) {
    (void)unused;
    const size_t room = 64 << 10;
    char *buffer = check(malloc(room));
    struct found found = {0};
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (directory_count == 0 && busy > 0)
            pthread_cond_wait(&changed, &mutex);
        if (directory_count == 0)
            break;
        char *path = directories[--directory_count];
        busy++;
        pthread_mutex_unlock(&mutex);
        found.directory_count = 0;
        list(path, buffer, room, &found);
        free(path);
        pthread_mutex_lock(&mutex);
        busy--;
        for (size_t i = 0; i < found.directory_count; i++)
            push_directory(found.directories[i]);
        if (found.directory_count > 0 || busy == 0)
            pthread_cond_broadcast(&changed);
    }
    if (found.file_count > 0) {
        files = check(realloc(files, (file_room += found.file_count) * sizeof *files));
        memcpy(files + file_count, found.files, found.file_count * sizeof *files);
        file_count += found.file_count;
    }
    pthread_mutex_unlock(&mutex);
    free(found.files);
    free(found.directories);
    free(buffer);
    return NULL;
}

static double walk(const char *path, int threads) {
    double start = now();
    root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        fail(path);
    push_directory(check(strdup("")));
    run(threads, walk_thread);
    return now() - start;
}

// MARK: - Take

/// Part of a file, at most `piece_size`. Pieces fill blocks in path order.
struct piece {
    const char *path;
    uint64_t offset;
    uint32_t length;
};

static struct piece *pieces;
static size_t *blocks; // the first piece of each, and one more
static size_t block_count;
static atomic_size_t next_block;
static atomic_ullong place, plain_bytes;
static int output, level;
static double seconds[4];
static uint8_t (*digests)[32];

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static void plan_blocks(void) {
    size_t room = file_count;
    for (size_t i = 0; i < file_count; i++)
        room += files[i].size / piece_size;
    pieces = check(calloc(room + 1, sizeof *pieces));
    blocks = check(calloc(room + 2, sizeof *blocks));
    digests = check(calloc(room + 1, sizeof *digests));
    size_t count = 0, filled = 0;
    for (size_t i = 0; i < file_count; i++)
        for (uint64_t at = 0; at < files[i].size; at += piece_size) {
            uint64_t rest = files[i].size - at;
            uint32_t length = rest < piece_size ? (uint32_t)rest : piece_size;
            if (filled + length > block_size) {
                blocks[++block_count] = count;
                filled = 0;
            }
            filled += length;
            pieces[count++] = (struct piece){files[i].path, at, length};
        }
    if (count > 0)
        blocks[++block_count] = count;
}

static size_t read_piece(const struct piece *piece, uint8_t *to, int *descriptor) {
    // A file's later pieces follow its first: keep it open.
    if (piece->offset == 0 || *descriptor < 0) {
        if (*descriptor >= 0)
            close(*descriptor);
        *descriptor = openat(root, piece->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (*descriptor < 0) {
            failures++;
            return 0;
        }
    }
    size_t have = 0;
    while (have < piece->length) {
        ssize_t n = pread(*descriptor, to + have, piece->length - have, (off_t)(piece->offset + have));
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    failures += have < piece->length;
    return have;
}

static void write_out(const uint8_t *bytes, size_t length) {
    off_t at = (off_t)atomic_fetch_add(&place, length);
    for (size_t done = 0; done < length;) {
        ssize_t n = pwrite(output, bytes + done, length - done, at + (off_t)done);
        if (n < 0)
            fail("output");
        done += (size_t)n;
    }
}

static void *take_thread(void *unused) {
    (void)unused;
    size_t room = ZSTD_compressBound(block_size), job_room = 0;
    uint8_t *plain = check(malloc(turn * block_size)), *packed = check(malloc(room));
    ZSTD_CCtx *context = check(ZSTD_createCCtx());
    struct snap_sha256_job *jobs = NULL;
    double spent[4] = {0};
    for (size_t block; (block = atomic_fetch_add(&next_block, turn)) < block_count;) {
        size_t end = block + turn < block_count ? block + turn : block_count;
        size_t first = blocks[block], count = blocks[end] - first, used = 0;
        size_t starts[turn + 1];
        int descriptor = -1;
        double t0 = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        if (count > job_room)
            jobs = check(realloc(jobs, (job_room = count) * sizeof *jobs));
        for (size_t i = 0, b = block; i < count; i++) {
            for (; b < end && first + i == blocks[b]; b++)
                starts[b - block] = used;
            size_t length = read_piece(&pieces[first + i], plain + used, &descriptor);
            jobs[i] = (struct snap_sha256_job){NULL, 0, plain + used, length, digests[first + i]};
            used += length;
        }
        starts[end - block] = used;
        if (descriptor >= 0)
            close(descriptor);
        double t1 = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        snap_sha256_many(jobs, count);
        double t2 = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        spent[0] += t1 - t0;
        spent[1] += t2 - t1;
        for (size_t b = 0; b < end - block; b++) {
            double t3 = seconds_of(CLOCK_THREAD_CPUTIME_ID);
            size_t length =
                ZSTD_compressCCtx(context, packed, room, plain + starts[b], starts[b + 1] - starts[b], level);
            if (ZSTD_isError(length)) {
                fprintf(stderr, "floor: %s\n", ZSTD_getErrorName(length));
                exit(1);
            }
            double t4 = seconds_of(CLOCK_THREAD_CPUTIME_ID);
            write_out(packed, length);
            spent[2] += t4 - t3;
            spent[3] += seconds_of(CLOCK_THREAD_CPUTIME_ID) - t4;
        }
        plain_bytes += used;
    }
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < 4; i++)
        seconds[i] += spent[i];
    pthread_mutex_unlock(&mutex);
    ZSTD_freeCCtx(context);
    free(jobs);
    free(packed);
    free(plain);
    return NULL;
}

static void take(const char *path, const char *out, int threads) {
    keep_files = 1;
    double start = now(), walked = walk(path, threads);
    output = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (output < 0)
        fail(out);
    qsort(files, file_count, sizeof *files, by_path);
    plan_blocks();
    double planned = now();
    run(threads, take_thread);
    double stored = now();
    if (fdatasync(output) != 0)
        fail(out);
    double end = now();
    printf(
        "%zu files, %llu entries, %llu failures, %.1f MB in %zu blocks to %.1f MB (level %d, %d threads, %s)\n",
        file_count, entries, failures, (double)plain_bytes / 1e6, block_count, (double)place / 1e6, level, threads,
        snap_sha256_kernel_name());
    printf(
        "%.3f s: walk %.3f, sort and plan %.3f, read, hash, compress and write %.3f, fdatasync %.3f\n", end - start,
        walked, planned - start - walked, stored - planned, end - stored);
    printf(
        "processor time %.3f s: read %.3f, hash %.3f, compress %.3f, write %.3f\n",
        seconds_of(CLOCK_PROCESS_CPUTIME_ID), seconds[0], seconds[1], seconds[2], seconds[3]);
}

// MARK: - fdatasync

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_fdatasync(const char *directory) {
    enum { times = 100 };
    static const char page[4096] = "snap";
    double took[times];
    char *path = join(directory, ".floor-XXXXXX");
    int file = mkstemp(path);
    if (file < 0)
        fail(directory);
    unlink(path);
    for (int i = 0; i < times; i++) {
        double start = now();
        if (write(file, page, sizeof page) != sizeof page || fdatasync(file) != 0)
            fail(directory);
        took[i] = now() - start;
    }
    close(file);
    free(path);
    qsort(took, times, sizeof *took, ascending);
    printf(
        "fdatasync after appending 4 KiB: median %.3f ms, least %.3f, 95 %% %.3f\n", took[times / 2] * 1e3,
        took[0] * 1e3, took[times * 95 / 100] * 1e3);
}

int main(int count, char **arguments) {
    const char *mode = count > 2 ? arguments[1] : "";
    int taking = strcmp(mode, "take") == 0 && count > 3, thread_argument = taking ? 5 : 3;
    long threads = count > thread_argument ? atol(arguments[thread_argument]) : sysconf(_SC_NPROCESSORS_ONLN);
    threads = threads < 1 ? 1 : threads > max_threads ? max_threads : threads;
    level = taking && count > 4 ? atoi(arguments[4]) : 1;
    if (taking) {
        take(arguments[2], arguments[3], (int)threads);
    } else if (strcmp(mode, "walk") == 0) {
        double took = walk(arguments[2], (int)threads);
        printf(
            "%llu entries, %llu failures, %.3f s, processor time %.3f s (%ld threads)\n", entries, failures, took,
            seconds_of(CLOCK_PROCESS_CPUTIME_ID), threads);
    } else if (strcmp(mode, "fdatasync") == 0) {
        measure_fdatasync(arguments[2]);
    } else {
        fputs("usage: floor walk DIR [THREADS] | take DIR OUT [LEVEL] [THREADS] | fdatasync DIR\n", stderr);
        return 64;
    }
    return 0;
}
