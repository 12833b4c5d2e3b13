#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "snap_system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

int snap_statx(int fd, const char *path, struct snap_facts *facts, struct snap_extra *extra) {
    struct statx s;
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (path[0] == 0) flags |= AT_EMPTY_PATH;
    if (syscall(SYS_statx, fd, path, flags, STATX_BASIC_STATS, &s) != 0) return -1;
    facts->inode = s.stx_ino;
    facts->size = s.stx_size;
    facts->mtime_seconds = s.stx_mtime.tv_sec;
    facts->ctime_seconds = s.stx_ctime.tv_sec;
    facts->mtime_nanoseconds = s.stx_mtime.tv_nsec;
    facts->ctime_nanoseconds = s.stx_ctime.tv_nsec;
    facts->mode = s.stx_mode;
    facts->owner = s.stx_uid;
    facts->group = s.stx_gid;
    facts->links = s.stx_nlink;
    if (extra) {
        extra->device = (uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor;
        extra->blocks = s.stx_blocks;
        extra->node_major = s.stx_rdev_major;
        extra->node_minor = s.stx_rdev_minor;
        extra->mount_root = (s.stx_attributes & s.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
        extra->inode_flags = (s.stx_attributes & s.stx_attributes_mask &
                              (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_ENCRYPTED | STATX_ATTR_VERITY |
                               STATX_ATTR_NODUMP)) != 0;
    }
    return 0;
}

// fstatat, because it is a little cheaper than statx, and this is what an unchanged take spends its time in.
int snap_has_facts(int fd, const char *name, const void *facts) {
    struct snap_facts known;
    memcpy(&known, facts, sizeof known);
    struct stat s;
    if (fstatat(fd, name, &s, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return 0;
    return s.st_ino == known.inode && (uint64_t)s.st_size == known.size && s.st_mtim.tv_sec == known.mtime_seconds &&
           s.st_ctim.tv_sec == known.ctime_seconds && (uint32_t)s.st_mtim.tv_nsec == known.mtime_nanoseconds &&
           (uint32_t)s.st_ctim.tv_nsec == known.ctime_nanoseconds && s.st_mode == known.mode && s.st_uid == known.owner &&
           s.st_gid == known.group && s.st_nlink == known.links;
}

ssize_t snap_getdents(int fd, void *buffer, size_t size) { return syscall(SYS_getdents64, fd, buffer, size); }

// Component by component: what openat2 would do, for kernels without it.
static int open_stepwise(int fd, const char *path, int flags, mode_t mode) {
    int current = fd;
    for (;;) {
        const char *end = strchr(path, '/');
        size_t length = end ? (size_t)(end - path) : strlen(path);
        char name[NAME_MAX + 1];
        if (length == 0 || length > NAME_MAX || (length == 2 && path[0] == '.' && path[1] == '.')) {
            if (current != fd) close(current);
            errno = length > NAME_MAX ? ENAMETOOLONG : EINVAL;
            return -1;
        }
        memcpy(name, path, length);
        name[length] = 0;
        int next = openat(current, name, end ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : flags | O_NOFOLLOW, mode);
        int saved = errno;
        if (current != fd) close(current);
        errno = saved;
        if (next < 0 || !end) return next;
        current = next;
        path = end + 1;
    }
}

int snap_open_beneath(int fd, const char *path, int flags, mode_t mode) {
    static atomic_int missing;
    if (!atomic_load_explicit(&missing, memory_order_relaxed)) {
        struct open_how how = {
            .flags = (uint64_t)(unsigned)flags,
            .mode = (flags & O_CREAT) ? mode : 0,
            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
        };
        int result;
        do result = (int)syscall(SYS_openat2, fd, path, &how, sizeof how);
        while (result < 0 && errno == EAGAIN);
        if (result >= 0 || (errno != ENOSYS && errno != EPERM)) return result;
        if (errno == EPERM) {
            // A sandbox's filter answers EPERM for calls it does not know; so does a file that refuses. Ask again the old way.
            return open_stepwise(fd, path, flags, mode);
        }
        atomic_store(&missing, 1);
    }
    return open_stepwise(fd, path, flags, mode);
}

int snap_rename_exchange(int from_fd, const char *from, int to_fd, const char *to) {
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, RENAME_EXCHANGE);
}

int snap_rename_noreplace(int from_fd, const char *from, int to_fd, const char *to) {
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, RENAME_NOREPLACE);
}

int snap_sync_file_system(int fd) {
    return syncfs(fd);
}

int snap_clone(int fd, int from) {
    return ioctl(fd, FICLONE, from);
}

int snap_terminal_columns(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Raising the soft limit of open files is for this process alone: other programs may be made for a small one, because select()
// knows no more, or because they close everything that could be open. So whatever is started has the one that was there before.
static _Atomic uint64_t raised_open_files, former_open_files;

int snap_raise_open_files(uint64_t most) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    rlim_t wanted = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > most ? (rlim_t)most : limit.rlim_max;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return 0;
    rlim_t former = limit.rlim_cur;
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    atomic_store(&former_open_files, former);
    atomic_store(&raised_open_files, wanted);
    return 0;
}

// Sets the limit to what it was before it was raised, or to what it was raised to. Where it was not, nothing happens.
static void set_open_files(int raised) {
    uint64_t wanted = atomic_load(&raised_open_files);
    struct rlimit limit;
    if (wanted == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = (rlim_t)(raised ? wanted : atomic_load(&former_open_files));
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Starts a shell with these words; an error's number, or 0. What this process ignores, the shell does not.
static int start_shell(const char *const *words, const posix_spawn_file_actions_t *actions, pid_t *process) {
    posix_spawnattr_t attributes;
    sigset_t ignored;
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    int code = posix_spawnattr_init(&attributes);
    if (code == 0) code = posix_spawnattr_setsigdefault(&attributes, &ignored);
    if (code == 0) code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    set_open_files(0);
    if (code == 0) code = posix_spawn(process, "/bin/sh", actions, &attributes, (char *const *)words, environ);
    set_open_files(1);
    return code;
}

int snap_start_pager(const char *command) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_t actions;
    pid_t process = -1;
    int code = posix_spawn_file_actions_init(&actions);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    const char *words[] = {"sh", "-c", command, NULL};
    if (code == 0) code = start_shell(words, &actions, &process);
    if (code == 0 && dup2(ends[1], 1) < 0) code = errno;
    close(ends[0]);
    close(ends[1]);
    if (code == 0) return process;
    errno = code;
    return -1;
}

void snap_end_pager(int process) {
    close(1);
    int status;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
}

int snap_run_command(const char *command, const char *first, const char *second) {
    // The shell gives both to the command as its last words.
    char *line = malloc(strlen(command) + sizeof " \"$@\"");
    if (!line) return -1;
    strcpy(line, command);
    strcat(line, " \"$@\"");
    const char *words[] = {"sh", "-c", line, "sh", first, second, NULL};
    pid_t process = -1;
    int code = start_shell(words, NULL, &process);
    free(line);
    int status = 0;
    while (code == 0 && waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) code = errno;
    }
    if (code == 0) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    errno = code;
    return -1;
}

int snap_execute(const char *program, const void *words, size_t length) {
    const char *next = words, *end = next + length;
    if (length == 0 || end[-1] != 0) {
        errno = EINVAL;
        return -1;
    }
    size_t count = 0;
    for (const char *at = next; at < end; at++) count += *at == 0;
    const char **list = calloc(count + 1, sizeof *list);
    if (!list) return -1;
    for (size_t i = 0; i < count; i++) {
        list[i] = next;
        next += strlen(next) + 1;
    }
    // As a shell does, a script that does not name its interpreter is run by sh.
    set_open_files(0);
    execvp(program, (char *const *)list);
    int code = errno;
    set_open_files(1);
    free(list);
    errno = code;
    return -1;
}

int snap_file_system(int fd, uint32_t *type, int *read_only, uint64_t *inodes, uint64_t *free_inodes) {
    struct statfs info;
    struct statvfs more;
    if (fstatfs(fd, &info) != 0 || fstatvfs(fd, &more) != 0) return -1;
    *type = (uint32_t)info.f_type;
    *read_only = (more.f_flag & ST_RDONLY) != 0;
    *inodes = more.f_files;
    *free_inodes = more.f_favail;
    return 0;
}

int snap_has_attributes(int fd) {
    // Asked for one that nobody has: the file system says that it is not there, or that there are none.
    if (fgetxattr(fd, "user.snap.probe", NULL, 0) >= 0 || errno == ENODATA || errno == ERANGE) return 1;
    return errno == ENOTSUP || errno == EOPNOTSUPP ? 0 : -1;
}

int snap_limit(int which, uint64_t *value) {
    struct rlimit limit;
    if (getrlimit(which == 0 ? RLIMIT_NOFILE : RLIMIT_STACK, &limit) != 0) return -1;
    *value = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
    return 0;
}

// A read lease is granted only while nobody has the file open for writing.
int snap_has_writer(int fd) {
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        return 0;
    }
    return errno == EAGAIN;
}

int snap_start_writeback(int fd, off_t offset, off_t length) {
    return sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

int snap_has_inode_flags(int fd) {
    struct fsxattr attributes;
    if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0) return 0;
    unsigned kept_elsewhere = FS_XFLAG_HASATTR | FS_XFLAG_PREALLOC;
    return (attributes.fsx_xflags & ~kept_elsewhere) != 0 || attributes.fsx_projid != 0;
}

// Mappings. The handler only reads and writes atomics and calls mmap, which on Linux is a plain system call.

#define MAPPING_SLOTS 4096

static struct {
    _Atomic(uintptr_t) base;  // 0: free; 1: being set up
    atomic_size_t length;
    atomic_int failed;
} mappings[MAPPING_SLOTS];
static atomic_int mapping_high;
static struct sigaction previous_bus_action;

static void on_bus_error(int number, siginfo_t *info, void *context) {
    uintptr_t address = (uintptr_t)info->si_addr;
    int high = atomic_load(&mapping_high);
    for (int i = 0; i < high; i++) {
        uintptr_t base = atomic_load(&mappings[i].base);
        if (base > 1 && address >= base && address - base < atomic_load(&mappings[i].length)) {
            uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
            void *at = (void *)(address & ~(page - 1));
            if (mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
                atomic_store(&mappings[i].failed, 1);
                return;
            }
        }
    }
    if (previous_bus_action.sa_flags & SA_SIGINFO) {
        previous_bus_action.sa_sigaction(number, info, context);
    } else if (previous_bus_action.sa_handler != SIG_DFL && previous_bus_action.sa_handler != SIG_IGN) {
        previous_bus_action.sa_handler(number);
    } else {
        signal(SIGBUS, SIG_DFL);  // returning runs the faulting instruction again, and the default ends the process
    }
}

static void install_bus_handler(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGBUS, &action, &previous_bus_action);
}

int snap_mapping_register(const void *base, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_bus_handler);
    for (int i = 0; i < MAPPING_SLOTS; i++) {
        uintptr_t expected = 0;
        if (!atomic_compare_exchange_strong(&mappings[i].base, &expected, 1)) continue;
        atomic_store(&mappings[i].length, length);
        atomic_store(&mappings[i].failed, 0);
        int high = atomic_load(&mapping_high);
        while (high < i + 1 && !atomic_compare_exchange_weak(&mapping_high, &high, i + 1)) {}
        atomic_store(&mappings[i].base, (uintptr_t)base);
        return i;
    }
    return -1;
}

void snap_mapping_unregister(int slot) {
    if (slot >= 0 && slot < MAPPING_SLOTS) atomic_store(&mappings[slot].base, 0);
}

int snap_mapping_failed(int slot) {
    return slot >= 0 && slot < MAPPING_SLOTS && atomic_load_explicit(&mappings[slot].failed, memory_order_relaxed);
}

struct thread_start {
    void (*body)(void *);
    void *context;
};

static void *thread_main(void *argument) {
    struct thread_start start = *(struct thread_start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int snap_thread_start(void (*body)(void *), void *context, uint64_t *handle) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return ENOMEM;
    start->body = body;
    start->context = context;
    // Signals go to the first thread, so that a blocking call of a worker is not cut short by Ctrl-C.
    sigset_t all, old;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGTRAP);
    pthread_t thread;
    pthread_sigmask(SIG_BLOCK, &all, &old);
    int result = pthread_create(&thread, NULL, thread_main, start);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (result != 0) free(start);
    else *handle = (uint64_t)(uintptr_t)thread;
    return result;
}

int snap_thread_join(uint64_t handle) { return pthread_join((pthread_t)(uintptr_t)handle, NULL); }

off_t snap_seek_data(int fd, off_t offset) { return lseek(fd, offset, SEEK_DATA); }
off_t snap_seek_hole(int fd, off_t offset) { return lseek(fd, offset, SEEK_HOLE); }

ssize_t snap_random(void *buffer, size_t size) { return getrandom(buffer, size, 0); }

uint64_t snap_make_device(uint32_t major, uint32_t minor) { return makedev(major, minor); }

void snap_error_text(int code, char *buffer, size_t size) {
    const char *text = strerror_r(code, buffer, size);  // the GNU form: may not use the buffer
    if (text != buffer) {
        strncpy(buffer, text, size - 1);
        buffer[size - 1] = 0;
    }
}

int snap_core_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        int count = CPU_COUNT(&set);
        if (count > 0) return count;
    }
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

int snap_lower_priority(void) {
    int result = setpriority(PRIO_PROCESS, 0, 19);
    // IOPRIO_WHO_PROCESS, this thread, IOPRIO_CLASS_IDLE: the C library has neither the call nor its numbers.
    if (syscall(SYS_ioprio_set, 1, 0, 3 << 13) != 0) result = -1;
    return result;
}
