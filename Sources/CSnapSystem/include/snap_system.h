// The system calls that Swift's C library module does not offer, or not in the shape the hot loops want.
// Everything here returns -1 and sets errno as the call itself does. This is the file another platform replaces.
#ifndef SNAP_SYSTEM_H
#define SNAP_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/xattr.h>

// What a directory entry is, as far as "did it change" goes: the facts that the stat cache keeps.
// Field order and width are those of the stat cache's records.
struct snap_facts {
    uint64_t inode;
    uint64_t size;
    int64_t mtime_seconds;
    int64_t ctime_seconds;
    uint32_t mtime_nanoseconds;
    uint32_t ctime_nanoseconds;
    uint32_t mode;  // type and permissions, as st_mode
    uint32_t owner;
    uint32_t group;
    uint32_t links;
};

// What is needed once, when an entry is recorded, and is not compared.
struct snap_extra {
    uint64_t device;      // of the file system, (major << 32 | minor)
    uint64_t blocks;      // allocated, in 512-byte units
    uint32_t node_major;  // of a device node
    uint32_t node_minor;
    uint32_t mount_root;   // 1 where the entry is the root of a mount
    uint32_t inode_flags;  // 1 where it is immutable, append-only, encrypted or verity
};

// `path` is relative to `fd`; empty with a descriptor of the file itself. Never follows a final symbolic link.
int snap_statx(int fd, const char *path, struct snap_facts *facts, struct snap_extra *extra);

// 1 if the entry `name` of the directory has exactly these facts (56 bytes, of any alignment), else 0.
int snap_has_facts(int fd, const char *name, const void *facts);

// Fills `buffer` with linux_dirent64 records.
ssize_t snap_getdents(int fd, void *buffer, size_t size);

// openat2 with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS. Where the kernel has no openat2 (before 5.6),
// each component is opened with O_NOFOLLOW.
int snap_open_beneath(int fd, const char *path, int flags, mode_t mode);

int snap_rename_exchange(int from_fd, const char *from, int to_fd, const char *to);
int snap_rename_noreplace(int from_fd, const char *from, int to_fd, const char *to);

// Makes everything on the file system of `fd` durable.
int snap_sync_file_system(int fd);

// Gives the open file `fd` the content of `from` without copying it, where the file system can share blocks.
int snap_clone(int fd, int from);
// A shell that runs command and reads from now on what this process writes to its standard output. Answers its process id, or -1 and errno.
int snap_start_pager(const char *command);
// Closes standard output, and waits until the process has ended.
void snap_end_pager(int process);
// Runs command in a shell with two words behind it, or one if second is NULL, on this process's own descriptors. Answers its status, 128 + the signal that ended
// it, or -1 and errno.
int snap_run_command(const char *command, const char *first, const char *second);
// Replaces this process by a program. `words` are its arguments, its name first, one after the other, each ended by a zero: `length` bytes. Returns only
// if that failed: -1 and errno.
int snap_execute(const char *program, const void *words, size_t length);
// Columns of the terminal that is open as fd; 0 if it is none.
int snap_terminal_columns(int fd);

// Says that the cursor of the terminal at standard error is hidden, or is not any more. While it is, a signal that stops or quits the
// process shows it first.
void snap_cursor_is_hidden(int hidden);

// 0 where `fd` is the terminal of this process and another job has it now, else 1.
int snap_is_foreground(int fd);

// What the file system of `fd` is: statfs's number of its type, whether nothing can be written to it, and its inodes, in all and free.
int snap_file_system(int fd, uint32_t *type, int *read_only, uint64_t *inodes, uint64_t *free_inodes);

// 1 where files of the file system of `fd` have attributes that users may set, 0 where not, -1 where that cannot be told. Nothing is set.
int snap_has_attributes(int fd);

// A limit of this process, now: 0 open files, 1 bytes of a stack. UINT64_MAX: none.
int snap_limit(int which, uint64_t *value);

// Lets this process have as many files open as its hard limit allows, and `most` where that is more. Programs that it starts have the
// limit that it had before. -1 and errno where that failed.
int snap_raise_open_files(uint64_t most);

// 1 where another open descriptor or a shared mapping may write to the regular file `fd`, 0 where none does or it cannot be asked.
int snap_has_writer(int fd);

// Starts write-back of the file's dirty pages without waiting for it.
int snap_start_writeback(int fd, off_t offset, off_t length);

// 1 where `fd` has inode flags or a project id that snap does not keep, 0 where it has none or they cannot be read.
int snap_has_inode_flags(int fd);

// Mappings whose I/O errors must be errors and not crashes: a page that cannot be read is replaced by zeros and
// the mapping is marked. Thread-safe. Returns a slot, or -1 if all are taken.
int snap_mapping_register(const void *base, size_t length);
void snap_mapping_unregister(int slot);
int snap_mapping_failed(int slot);

// Starts a thread that calls body(context) once. 0, or an errno value.
int snap_thread_start(void (*body)(void *), void *context, uint64_t *handle);
int snap_thread_join(uint64_t handle);

// lseek to the next data or hole.
off_t snap_seek_data(int fd, off_t offset);
off_t snap_seek_hole(int fd, off_t offset);

ssize_t snap_random(void *buffer, size_t size);
uint64_t snap_make_device(uint32_t major, uint32_t minor);

// The C library's text for an errno value, into `buffer`.
void snap_error_text(int code, char *buffer, size_t size);

// The number of cores this process may run on, at least 1.
int snap_core_count(void);

// The calling thread, and those that it starts from now on, get the processor and the disk when nobody else wants them. 0, or -1 where a part of that is not
// possible.
int snap_lower_priority(void);

#endif
