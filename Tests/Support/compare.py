#!/usr/bin/env python3
"""Compare two directory trees in every respect that a snapshot must keep, without using any of snap.

    compare.py A B [--no-owner] [--no-blocks] [--no-times] [--ignore NAME]... [--tools]

Prints each difference as one line 'path: what: in A, in B' and exits 1 if there is one; 2 if a tree cannot be opened.
Compared, the two roots themselves included: names, type, mode, owner, group, modification time (ns), size and content,
holes and allocated size, symlink targets, device numbers, extended attributes (so ACLs and capabilities), and which
paths are one file. Not compared: inode numbers, access and change times, and the sizes of directories.

--ignore NAME passes over entries of that name at any depth; '/NAME' only in the root, '/a/b' that path.

Every entry is reached by its parent's descriptor, so no path is too long. What cannot be read on either side is said on
standard error and is no difference: run as root to be sure of everything.

Holes: the data ranges that the file system reports must be the same. Preallocated space (allocated, but never written) is
reported as a hole or as data, depending on what is cached, and a copy need not keep it: so where A has more allocated
than data, B may have data or hole there, but never more allocated than A.

--tools also runs 'diff -r --no-dereference', getfattr and getfacl on both, as evidence by other hands. They need paths:
entries of the root below which a path is too long for them are left to the comparison above.
"""

import argparse
import errno
import os
import re
import resource
import stat
import subprocess
import sys

PIECE = 1 << 20
# Extent tree blocks and attribute blocks count as allocated and differ with fragmentation.
ALLOCATION_SLACK = 16 * 1024

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket", stat.S_IFCHR: "character device", stat.S_IFBLK: "block device",
}


class Comparison:
    def __init__(self, owner=True, blocks=True, times=True, ignore=(), report=print):
        self.owner = owner
        self.blocks = blocks
        self.times = times
        self.ignored_names = {os.fsencode(name) for name in ignore if "/" not in name}
        self.ignored_paths = {os.fsencode(name[1:]) for name in ignore if name.startswith("/")}
        self.report = report
        self.differences = 0
        self.entries = 0
        self.unreadable = 0
        self.groups = ({}, {})  # for A and B: (device, inode) -> paths

    def trees(self, a, b):
        """Compare the directories A and B; the number of differences."""
        descriptors = [os.open(root, os.O_RDONLY | os.O_DIRECTORY) for root in (a, b)]
        try:
            self.entry(b".", descriptors, b".")
            self.hard_links()
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return self.differences

    def differ(self, path, what, a=None, b=None):
        self.differences += 1
        values = "" if a is None and b is None else ": %s, %s" % (a, b)
        self.report("%s: %s%s" % (show(path), what, values))

    def same(self, path, what, a, b, form=str):
        if a != b:
            self.differ(path, what, form(a), form(b))

    def entry(self, path, parents, name):
        """Compare one entry, and all below it. 'parents' are descriptors of the directories that hold it in A and B."""
        self.entries += 1
        a, b = (os.stat(name, dir_fd=parent, follow_symlinks=False) for parent in parents)
        kind = stat.S_IFMT(a.st_mode)
        if kind != stat.S_IFMT(b.st_mode):
            self.differ(path, "type", KINDS[kind], KINDS[stat.S_IFMT(b.st_mode)])
            return
        self.same(path, "mode", stat.S_IMODE(a.st_mode), stat.S_IMODE(b.st_mode), "{:04o}".format)
        if self.owner:
            self.same(path, "owner", (a.st_uid, a.st_gid), (b.st_uid, b.st_gid), "%d:%d".__mod__)
        if self.times:
            self.same(path, "time", a.st_mtime_ns, b.st_mtime_ns)
        self.attributes(path, parents, name)
        if kind != stat.S_IFDIR:
            for status, groups in zip((a, b), self.groups):
                if status.st_nlink > 1:
                    groups.setdefault((status.st_dev, status.st_ino), []).append(path)
        if kind == stat.S_IFDIR:
            self.directory(path, parents, name)
        elif kind == stat.S_IFREG:
            self.file(path, parents, name, a, b)
        elif kind == stat.S_IFLNK:
            self.same(path, "target", *(os.readlink(name, dir_fd=parent) for parent in parents), show)
        elif kind in (stat.S_IFCHR, stat.S_IFBLK):
            self.same(path, "device", a.st_rdev, b.st_rdev, lambda device: "%d:%d" % (os.major(device), os.minor(device)))

    def opened(self, path, parents, name, flags):
        """Open the entry on both sides: two descriptors, or None if it cannot be read."""
        descriptors = []
        errors = []
        for parent in parents:
            try:
                descriptors.append(os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent))
            except PermissionError as error:
                errors.append(error)
        if not errors:
            return descriptors
        for descriptor in descriptors:
            os.close(descriptor)
        if len(errors) == 1:
            self.differ(path, "readable on one side only")
        else:
            self.unreadable += 1
            print("compare: not compared: '%s': cannot be read" % show(path), file=sys.stderr)
        return None

    def directory(self, path, parents, name):
        descriptors = self.opened(path, parents, name, os.O_RDONLY | os.O_DIRECTORY)
        if descriptors is None:
            return
        try:
            a, b = ({os.fsencode(entry) for entry in os.listdir(descriptor)} for descriptor in descriptors)
            for entry in sorted(a | b):
                inner = entry if path == b"." else path + b"/" + entry
                if entry in self.ignored_names or inner in self.ignored_paths:
                    continue
                if entry not in b:
                    self.differ(inner, "only in A")
                elif entry not in a:
                    self.differ(inner, "only in B")
                else:
                    try:
                        self.entry(inner, descriptors, entry)
                    except OSError as error:
                        # Readable but not searchable directories (mode 0444) come here for each entry.
                        if error.errno != errno.EACCES:
                            raise
                        self.unreadable += 1
                        print("compare: not compared: '%s': %s" % (show(inner), error.strerror), file=sys.stderr)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def attributes(self, path, parents, name):
        a, b = (attributes_of(parent, name) for parent in parents)
        for attribute in sorted(a.keys() | b.keys()):
            if a.get(attribute) != b.get(attribute):
                what = "attribute %s" % show(os.fsencode(attribute))
                self.differ(path, what, *(show(side.get(attribute, b"absent")[:60]) for side in (a, b)))

    def file(self, path, parents, name, a, b):
        self.same(path, "size", a.st_size, b.st_size)
        if a.st_size == 0 and b.st_size == 0 and not self.blocks:
            return
        descriptors = self.opened(path, parents, name, os.O_RDONLY)
        if descriptors is None:
            return
        try:
            if self.blocks:
                self.allocation(path, descriptors, a, b)
            if a.st_size == b.st_size:
                self.content(path, descriptors, a.st_size)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def allocation(self, path, descriptors, a, b):
        if a.st_blocks == b.st_blocks and a.st_blocks * 512 >= max(a.st_size, b.st_size):
            return  # no holes on either side
        maps = [data_ranges(descriptor) for descriptor in descriptors]
        if maps[0] != maps[1]:
            for descriptor in descriptors:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            maps = [data_ranges(descriptor) for descriptor in descriptors]
        written = sum(end - start for start, end in maps[0])
        preallocated = a.st_blocks * 512 > written + ALLOCATION_SLACK
        if maps[0] != maps[1] and not preallocated:
            self.differ(path, "data ranges", *("%d bytes in %d" % (sum(e - s for s, e in ranges), len(ranges)) for ranges in maps))
        if b.st_blocks * 512 > a.st_blocks * 512 + ALLOCATION_SLACK + written // 128:
            self.differ(path, "allocated", a.st_blocks * 512, b.st_blocks * 512)

    def content(self, path, descriptors, size):
        offset = 0
        while offset < size:
            # What is a hole on both sides is zeros on both sides.
            start = min(next_data(descriptor, offset, size) for descriptor in descriptors)
            if start >= size:
                return
            pieces = [os.pread(descriptor, PIECE, start) for descriptor in descriptors]
            shorter = min(len(piece) for piece in pieces)
            if pieces[0][:shorter] != pieces[1][:shorter]:
                first = next(index for index in range(shorter) if pieces[0][index] != pieces[1][index])
                self.differ(path, "content at byte %d" % (start + first))
                return
            if shorter == 0:
                self.differ(path, "content ends early at byte %d" % start)
                return
            offset = start + shorter

    def hard_links(self):
        """Each group of paths that are one file must be the same group on the other side."""
        partners = []
        for groups in self.groups:
            partners.append({path: tuple(sorted(paths)) for paths in groups.values() for path in paths if len(paths) > 1})
        for path in sorted(partners[0].keys() | partners[1].keys()):
            a, b = (side.get(path, (path,)) for side in partners)
            # Once for a group, not once for each of its paths.
            if a != b and path == min(a[0], b[0]):
                self.differ(path, "hard links", *("{%s}" % " ".join(map(show, group)) for group in (a, b)))


def attributes_of(parent, name):
    """All extended attributes that can be read. By way of /proc the name is looked up in the directory itself."""
    path = b"/proc/self/fd/%d/%s" % (parent, name)
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.EACCES, errno.EPERM):
            return {}
        raise
    values = {}
    for attribute in names:
        try:
            values[attribute] = os.getxattr(path, attribute, follow_symlinks=False)
        except PermissionError:
            values[attribute] = b"(cannot be read)"
    return values


def next_data(descriptor, offset, size):
    try:
        return os.lseek(descriptor, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size
        return offset


def data_ranges(descriptor):
    size = os.fstat(descriptor).st_size
    ranges = []
    offset = next_data(descriptor, 0, size)
    while offset < size:
        end = os.lseek(descriptor, offset, os.SEEK_HOLE)
        ranges.append((offset, end))
        offset = next_data(descriptor, end, size)
    return ranges


def show(path):
    """Bytes on one line: control bytes, backslashes and bytes that are not UTF-8 escaped, the middle of a long path left out."""
    if len(path) > 1000:
        path = path[:300] + b" ...%d bytes... " % (len(path) - 600) + path[-300:]
    text = path.decode("utf-8", "backslashreplace") if b"\\" not in path else repr(path)[2:-1]
    return "".join(c if c.isprintable() else "\\x%02x" % ord(c) if ord(c) < 256 else "\\u%04x" % ord(c) for c in text)


# The evidence by other tools.

def tools(a, b, ignore, owner):
    """Run diff, getfattr and getfacl on both trees; the number of tools that found a difference."""
    ignored_names = [name for name in ignore if "/" not in name]
    if any("/" in name[1:] for name in ignore):
        print("compare: --tools does not know how to ignore a path below the root", file=sys.stderr)
    skipped = {os.fsencode(name.lstrip("/")) for name in ignore}
    found = 0
    names = sorted((set(os.listdir(os.fsencode(a))) | set(os.listdir(os.fsencode(b)))) - skipped)
    longest = 4000 - max(len(os.path.abspath(os.fsencode(root))) for root in (a, b))
    short = []
    for name in names:
        if too_long(os.path.join(os.fsencode(a), name), longest - len(name)):
            print("compare: --tools passes over '%s': its paths are too long" % show(name), file=sys.stderr)
        else:
            short.append(name)
    for name in short:
        found += diff(os.path.join(os.fsencode(a), name), os.path.join(os.fsencode(b), name), ignored_names)
    # -e hex, or values with line feeds would be cut apart.
    arguments = [b"./" + name for name in short]
    found += same_records("getfattr", ["getfattr", "-R", "-d", "-m", "-", "-h", "-e", "hex", "--"], a, b, arguments, skipped)
    command = ["getfacl", "-R", "-P", "-n", *([] if owner else ["--omit-header"]), "--"]
    found += same_records("getfacl", command, a, b, arguments, skipped)
    return found


def too_long(path, room):
    if os.path.islink(path) or not os.path.isdir(path):
        return False
    for _, directories, files, descriptor in os.fwalk(path, follow_symlinks=False):
        where = os.readlink("/proc/self/fd/%d" % descriptor) if len(directories) else ""
        if len(where) > room + len(path):
            return True
    return False


def diff(a, b, ignored_names):
    if not os.path.lexists(a) or not os.path.lexists(b):
        print("diff: %s: only on one side" % show(os.path.basename(a)))
        return 1
    exclusions = [argument for name in ignored_names for argument in ("-x", re.sub(r"([\\*?\[])", r"\\\1", name))]
    done = subprocess.run(
        ["diff", "-r", "--no-dereference", "--brief", *exclusions, "--", a, b],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}, check=False)
    # diff calls two FIFOs, sockets or devices different without looking.
    special = re.compile(rb"^File .* is a (.*) while file .* is a \1$", re.DOTALL)
    lines = [line for line in done.stdout.split(b"\n") if line and not special.match(line)]
    complaints = [line for line in done.stderr.split(b"\n") if line and not line.endswith(b"Permission denied")]
    for line in lines + complaints:
        print("diff: " + show(line))
    return 1 if lines or complaints else 0


def same_records(what, command, a, b, arguments, skipped):
    """Run a command in both roots and compare its output, records separated by empty lines, in any order."""
    outputs = []
    for root in (a, b):
        output = b""
        # The root itself without what is below it, then its entries.
        once = [word for word in command if word != "-R"]
        for words in ([*once, b"."], [*command, *arguments]):
            done = subprocess.run(
                words, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            output += done.stdout
        outputs.append(sorted(record for record in output.split(b"\n\n") if record.strip() and not below(record, skipped)))
    if outputs[0] == outputs[1]:
        print("compare: %s agrees on %d records" % (what, len(outputs[0])), file=sys.stderr)
        return 0
    only = [set(outputs[0]) - set(outputs[1]), set(outputs[1]) - set(outputs[0])]
    for side, records in zip("AB", only):
        for record in sorted(records):
            print("%s: only in %s: %s" % (what, side, show(record)))
    return 1


def below(record, skipped):
    match = re.match(rb"# file: (?:\./)?([^\n]*)", record)
    return bool(match) and bool(skipped & set(match.group(1).split(b"/")))


def main():
    parser = argparse.ArgumentParser(description="compare two directory trees in every respect that a snapshot must keep")
    parser.add_argument("a", metavar="A")
    parser.add_argument("b", metavar="B")
    parser.add_argument("--no-owner", action="store_true", help="do not compare owner and group")
    parser.add_argument("--no-blocks", action="store_true", help="do not compare holes and allocated size")
    parser.add_argument("--no-times", action="store_true", help="do not compare modification times")
    parser.add_argument("--ignore", action="append", default=[], metavar="NAME", help="pass over these; '/NAME' in the root only")
    parser.add_argument("--tools", action="store_true", help="also compare by diff, getfattr and getfacl")
    options = parser.parse_args()

    # Two descriptors a level stay open.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.setrecursionlimit(100_000)
    sys.stdout.reconfigure(errors="backslashreplace")
    comparison = Comparison(not options.no_owner, not options.no_blocks, not options.no_times, options.ignore)
    try:
        differences = comparison.trees(options.a, options.b)
    except (FileNotFoundError, NotADirectoryError) as error:
        print("compare: cannot open '%s': %s" % (error.filename, error.strerror), file=sys.stderr)
        sys.exit(2)
    if options.tools:
        differences += tools(options.a, options.b, options.ignore, not options.no_owner)
    print(
        "compare: %d entries, %d differences, %d not readable" % (comparison.entries, differences, comparison.unreadable),
        file=sys.stderr)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
