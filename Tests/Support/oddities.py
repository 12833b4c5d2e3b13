#!/usr/bin/env python3
"""Build a directory of everything a file system can hold that a careless tool loses.

    oddities.py DIR [--small] [--huge] [--seed N]

DIR is made if it is absent and must be empty. The same seed gives the same names, contents, modes and times, except
inside 'repository', where git writes inode numbers into its index.

Two orders matter. A parent is made before its child, but its mode and its time are set after: so each entry's mode, ACL
and time are put on a list and applied backwards at the end. And set-id bits and capabilities do not survive a change
of owner or a write: so the owner is set at once, the mode last.

What the platform or the user cannot make is named on standard error and skipped. The status is 0 all the same: a test
that needs one kind must look whether it is there.
"""

import argparse
import os
import random
import shutil
import socket
import stat
import struct
import subprocess
import sys

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
SECOND = 1_000_000_000

# 2001-01-01, so that nothing here looks recently modified.
FIRST_TIME = 978_307_200

TIMES = {
    b"epoch": 0,
    b"one-nanosecond": 1,
    b"half-a-second-before-the-epoch": -SECOND // 2,
    b"one-nanosecond-before-the-epoch": -1,
    b"year-1950": -631_152_000 * SECOND + 123_456_789,
    b"year-1901": -(2**31) * SECOND,
    b"year-2004-all-digits": 1_081_157_732 * SECOND + 987_654_321,
    b"year-2038": (2**31 - 1) * SECOND + 999_999_999,
    b"year-2039": 2**31 * SECOND,
    b"year-2106": 2**32 * SECOND + 1,
    b"year-2200": 7_258_118_400 * SECOND + 1,
    # The last second of ext4, where the kernel cuts the nanoseconds off.
    b"year-2446": (2**34 - 2**31 - 1) * SECOND,
}

NAMES = [
    b"line\nfeed", b"\n", b"tab\tbetween", b"carriage\rreturn", b"\x01\x1b[31m\x7f", b"-rf", b"--", b"-",
    b"invalid-\xff\xfe-utf8", b"\xc3", b"\xed\xa0\x80-surrogate", b"back\\slash", b"\\x41", b"ends-with\\",
    b"double\"quote", b"single'quote", b"`tick`$(dollar)", b"trailing ", b" leading", b" ", b"...", b"..a", b".hidden", b"~",
    b"*", b"?", b"[a]", b"{a,b}", b"!", b"#comment", b"%s%n", b"a:b", b"@", b"@{0}", b"HEAD~1", b"CON", b"nul",
    b"x" * 255, b"\xff" * 255, "é".encode() * 127,
    "caf\u00e9".encode(), "cafe\u0301".encode(), b"Case", b"case",
    # Names that sort differently as bytes, as signed bytes, and with a directory's slash.
    b"sort", b"sort.c", b"sort-", b"sort0", b"sort\x80", b"sort\x01",
]


class Oddities:
    def __init__(self, small, seed):
        self.small = small
        self.random = random.Random(seed)
        self.root = os.geteuid() == 0
        self.count = 0
        self.last = []  # (path, mode or None, ACLs, time): applied backwards by finish

    # The primitives. All paths are bytes, relative to the directory itself.

    def later(self, path, mode=None, acls=None, time=None):
        if time is None:
            self.count += 1
            time = (FIRST_TIME + self.count) * SECOND + self.count * 7919 % SECOND
        self.last.append((path, mode, acls or {}, time))

    def file(self, path, data=b"", mode=0o644, **metadata):
        with open(path, "xb") as file:
            file.write(data)
        self.later(path, mode, **metadata)

    def directory(self, path, mode=0o755, **metadata):
        os.mkdir(path, 0o700)
        self.later(path, mode, **metadata)

    def symlink(self, target, path, **metadata):
        os.symlink(target, path)
        self.later(path, **metadata)

    def text(self, length):
        words = [b"snapshot", b"tree", b"the", b"of", b"head", b"return", b"store", b"and", b"pack", b"line\n"]
        return b" ".join(self.random.choice(words) for _ in range(length // 4))[:length].ljust(length, b".")

    def tried(self, what, action, *arguments, **keywords):
        """Do one thing that this platform or user may not allow; say so if it did not work."""
        try:
            action(*arguments, **keywords)
            return True
        except (OSError, subprocess.CalledProcessError) as error:
            skip(what, error)
            return False

    def finish(self):
        for path, mode, acls, time in reversed(self.last):
            if mode is not None:
                os.chmod(path, mode)
                if stat.S_IMODE(os.lstat(path).st_mode) != mode:
                    skip("mode %04o of %s" % (mode, show(path)), "the system changed it")
            for name, value in acls.items():
                self.tried("%s of %s" % (name, show(path)), os.setxattr, path, name, value)
            os.utime(path, ns=(time, time), follow_symlinks=False)
            if os.lstat(path).st_mtime_ns != time:
                skip("time %d of %s" % (time, show(path)), "the file system changed it")

    # The kinds.

    def contents(self):
        self.directory(b"contents")
        sizes = [0, 1, 4095, 4096, 16 * KIB - 1, 64 * KIB, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1]
        if not self.small:
            sizes += [512 * KIB, MIB - 1, MIB, MIB + 1, 5 * MIB]
        for size in sizes:
            self.file(b"contents/random-%d" % size, self.random.randbytes(size))
        compressible = 300 * KIB if self.small else 3 * MIB
        self.file(b"contents/compressible-%d" % compressible, self.text(compressible))
        self.file(b"contents/one-byte-repeated", b"a" * (compressible + 5))
        # The second is the first moved by one byte, which only cutting by content deduplicates.
        same = self.random.randbytes(compressible)
        self.file(b"contents/same-1", same)
        self.file(b"contents/same-2", same)
        self.file(b"contents/same-but-shifted", b"!" + same)
        for number in range(20):
            self.file(b"contents/empty-%02d" % number)
        # Neither of these rules applies to a snapshot by itself.
        self.file(b"contents/.gitignore", b"*\n")
        self.directory(b"contents/.snapstore")
        self.file(b"contents/.snapstore/note", b"not a store: there is no 'format' here\n")

    def names(self):
        self.directory(b"names")
        for name in NAMES:
            self.tried("name %s" % show(name), self.file, b"names/" + name, b"content of " + name)
        self.directory(b"names as directories")
        for name in NAMES:
            path = b"names as directories/" + name
            if self.tried("directory %s" % show(name), self.directory, path):
                self.file(path + b"/inside", name)

    def deep_path(self):
        """Far beyond PATH_MAX, so that no path from the top can name it."""
        levels = 25 if self.small else 60
        name = b"d" * 200
        self.directory(b"deep-path")
        descriptors = [os.open(b"deep-path", os.O_RDONLY | os.O_DIRECTORY)]
        for level in range(levels):
            parent = descriptors[-1]
            os.mkdir(name, 0o755, dir_fd=parent)
            descriptor = os.open(b"file", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=parent)
            os.write(descriptor, b"level %d\n" % level)
            os.close(descriptor)
            descriptors.append(os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=parent))
        bottom = descriptors[-1]
        os.symlink(b"nowhere", b"symlink", dir_fd=bottom)
        os.mkfifo(b"fifo", 0o600, dir_fd=bottom)
        os.link(b"file", b"hard-link", src_dir_fd=descriptors[-2], dst_dir_fd=bottom)
        for level in reversed(range(levels)):
            inner = descriptors.pop()
            time = (FIRST_TIME + 100_000 + level) * SECOND + level
            for entry in (b"file", b"symlink", b"fifo", b"hard-link"):
                if entry in (os.fsencode(found) for found in os.listdir(inner)):
                    os.utime(entry, ns=(time, time), dir_fd=inner, follow_symlinks=False)
            os.utime(inner, ns=(time, time))
            os.close(inner)
        os.utime(b"file", ns=(FIRST_TIME * SECOND, FIRST_TIME * SECOND), dir_fd=descriptors[0])
        os.close(descriptors[0])

    def empty_directories(self):
        for path in (b"empty", b"empty/a", b"empty/a/b", b"empty/c"):
            self.directory(path)

    def modes(self):
        self.directory(b"modes")
        for mode in (0o000, 0o400, 0o200, 0o111, 0o444, 0o600, 0o666, 0o777, 0o4755, 0o2755, 0o1644, 0o7777, 0o4000, 0o6711):
            self.file(b"modes/file-%04o" % mode, b"mode %04o\n" % mode, mode)
        for mode in (0o000, 0o555, 0o500, 0o700, 0o777, 0o1777, 0o2775, 0o3777, 0o4755, 0o111, 0o333):
            path = b"modes/directory-%04o" % mode
            self.directory(path, mode)
            self.file(path + b"/inside", b"in a directory of mode %04o\n" % mode)
            self.directory(path + b"/below", 0o555)
            self.file(path + b"/below/inside", b"in a read-only directory\n", 0o444)

    def symlinks(self):
        self.directory(b"symlinks")
        self.file(b"symlinks/file", b"the target\n")
        self.directory(b"symlinks/directory")
        self.file(b"symlinks/directory/inside", b"inside\n")
        targets = {
            b"to-file": b"file", b"to-directory": b"directory", b"to-directory-slash": b"directory/", b"dangling": b"nothing/here",
            b"absolute": b"/usr", b"absolute-file": b"/etc/passwd", b"to-parent": b"..", b"to-itself": b"to-itself",
            b"loop-1": b"loop-2", b"loop-2": b"loop-1", b"to-dot": b".", b"out-of-the-tree": b"../../../../etc",
            b"newline": b"line\nfeed", b"invalid-utf8": b"\xff\xfe", b"spaces": b"  ", b"one-byte": b"x",
            b"59-bytes": b"f" * 59, b"60-bytes": b"s" * 60, b"4000-bytes": b"t/" * 2000,
        }
        for name, target in targets.items():
            self.tried("symlink %s" % show(name), self.symlink, target, b"symlinks/" + name)

    def hard_links(self):
        for path in (b"hard-links", b"hard-links/a", b"hard-links/b", b"hard-links/b/c"):
            self.directory(path)
        groups = {
            b"within": [b"hard-links/z-within-2", b"hard-links/a-within-3"],
            b"across": [b"hard-links/a/across", b"hard-links/b/across", b"hard-links/b/c/across"],
            b"empty": [b"hard-links/b/empty"],
            b"read-only": [b"hard-links/a/read-only"],
            b"set-uid": [b"hard-links/b/set-uid"],
        }
        modes = {b"read-only": 0o444, b"set-uid": 0o4755}
        for name, others in groups.items():
            first = b"hard-links/" + name
            self.file(first, b"" if name == b"empty" else b"group " + name, modes.get(name, 0o644))
            for other in others:
                os.link(first, other)
        large = self.random.randbytes(300 * KIB)
        self.file(b"hard-links/large", large)
        os.link(b"hard-links/large", b"hard-links/a/large")
        self.file(b"hard-links/equal-but-not-linked", large)
        self.symlink(b"target", b"hard-links/symlink")
        self.tried("hard link of a symlink", os.link, b"hard-links/symlink", b"hard-links/a/symlink", follow_symlinks=False)
        os.mkfifo(b"hard-links/fifo")
        self.later(b"hard-links/fifo", 0o600)
        self.tried("hard link of a FIFO", os.link, b"hard-links/fifo", b"hard-links/b/fifo", follow_symlinks=False)

    def special_files(self):
        self.directory(b"special")
        os.mkfifo(b"special/fifo")
        self.later(b"special/fifo", 0o622)
        self.tried("socket", self.socket, b"special/socket")
        for name, kind, device in (
            (b"null", stat.S_IFCHR, (1, 3)), (b"block", stat.S_IFBLK, (7, 200)), (b"large-numbers", stat.S_IFCHR, (4000, 1_000_000)),
        ):
            if self.tried("device %s" % show(name), os.mknod, b"special/" + name, kind | 0o600, os.makedev(*device)):
                self.later(b"special/" + name, 0o640)

    def socket(self, path):
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(path)
        self.later(path, 0o755)

    def times(self):
        self.directory(b"times")
        for name, time in TIMES.items():
            self.file(b"times/file-" + name, name, time=time)
            self.directory(b"times/directory-" + name, time=time)
            self.file(b"times/directory-" + name + b"/inside", name)
            self.symlink(b"file-" + name, b"times/symlink-" + name, time=time)

    def sparse(self):
        self.directory(b"sparse")
        size = 64 * MIB if self.small else GIB
        block = self.random.randbytes(64 * KIB)
        layouts = {
            b"hole-at-start": (MIB, [(MIB - 64 * KIB, block)]),
            b"hole-in-middle": (MIB, [(0, block), (MIB - 64 * KIB, block)]),
            b"hole-at-end": (MIB, [(0, block)]),
            b"all-hole": (MIB, []),
            b"all-hole-odd-size": (MIB + 1, []),
            b"large-apparent-size": (size, [(size // 2, block), (size - 5, b"tail!")]),
            b"all-hole-large": (size, []),
            b"many-holes": (4 * MIB, [(offset, block[:4096]) for offset in range(0, 4 * MIB, 64 * KIB)]),
            b"unaligned": (300 * KIB + 7, [(5, b"x"), (200 * KIB + 3, b"y" * 10)]),
            b"written-zeros": (256 * KIB, [(0, bytes(256 * KIB))]),
        }
        for name, (size, pieces) in layouts.items():
            with open(b"sparse/" + name, "xb") as file:
                for offset, data in pieces:
                    file.seek(offset)
                    file.write(data)
                file.truncate(size)
            self.later(b"sparse/" + name, 0o644)
        with open(b"sparse/preallocated", "xb") as file:
            file.write(block)
            file.flush()
            self.tried("preallocated file", os.posix_fallocate, file.fileno(), 0, MIB)
        self.later(b"sparse/preallocated", 0o644)
        if shutil.which("fallocate"):
            self.file(b"sparse/preallocated-beyond-the-end", b"short")
            command = ["fallocate", "--keep-size", "--length", str(MIB), "sparse/preallocated-beyond-the-end"]
            self.tried("preallocation beyond the end", subprocess.run, command, check=True, stderr=subprocess.DEVNULL)

    def attributes(self):
        self.directory(b"attributes")
        sets = {
            b"empty-value": {"user.empty": b""},
            b"binary-value": {"user.binary": bytes(range(256))},
            b"large-value": {"user.large": self.random.randbytes(3 * KIB)},
            b"many": {"user.number.%02d" % number: b"%d" % number for number in range(40)},
            b"long-name": {"user." + "n" * 250: b"v"},
            b"odd-names": {b"user.invalid-\xff": b"1", b"user.line\nfeed": b"2", b"user.space =": b"3", b"user.UPPER": b"4"},
        }
        for name, values in sets.items():
            for path, make in ((b"attributes/file-" + name, self.file), (b"attributes/directory-" + name, self.directory)):
                make(path)
                self.set_attributes(path, values)
        # Written before the mode takes away the permission to write them.
        self.file(b"attributes/read-only-file", b"r", 0o400)
        self.set_attributes(b"attributes/read-only-file", {"user.note": b"read only"})
        self.directory(b"attributes/read-only-directory", 0o555)
        self.set_attributes(b"attributes/read-only-directory", {"user.note": b"read only"})
        self.file(b"attributes/trusted", b"t")
        self.set_attributes(b"attributes/trusted", {"trusted.note": b"root only", "user.note": b"both"})
        self.symlink(b"trusted", b"attributes/symlink-trusted")
        self.set_attributes(b"attributes/symlink-trusted", {"trusted.note": b"of the symlink"})
        self.file(b"attributes/capability", b"#!/bin/true\n", 0o755)
        # cap_net_raw, permitted and effective: revision 2 of struct vfs_cap_data.
        self.set_attributes(b"attributes/capability", {"security.capability": struct.pack("<5I", 0x0200_0001, 1 << 13, 0, 0, 0)})

    def set_attributes(self, path, values):
        for name, value in values.items():
            what = "attribute %s of %s" % (show(os.fsencode(name)), show(path))
            if not self.tried(what, os.setxattr, path, name, value, follow_symlinks=False):
                break

    def access_lists(self):
        self.directory(b"access-lists")
        access = access_list(user=6, users={65534: 4, 12345: 7}, group=4, groups={54321: 5}, mask=5, other=0)
        search = access_list(user=7, users={65534: 5, 12345: 7}, group=5, groups={54321: 1}, mask=5, other=0)
        default = access_list(user=7, users={65534: 5}, group=5, groups={}, mask=5, other=0)
        self.file(b"access-lists/file", b"acl\n", None, acls={"system.posix_acl_access": access})
        self.directory(b"access-lists/access", None, acls={"system.posix_acl_access": search})
        self.directory(b"access-lists/default", acls={"system.posix_acl_default": default})
        self.file(b"access-lists/default/made-before-the-default", b"has no list of its own\n")
        both = {"system.posix_acl_access": search, "system.posix_acl_default": default}
        self.directory(b"access-lists/both", None, acls=both)
        self.file(b"access-lists/both/plain", b"plain\n", 0o640)
        self.directory(b"access-lists/both/plain-directory", 0o750)
        self.file(b"access-lists/both/own", b"own\n", None, acls={"system.posix_acl_access": access})

    def owners(self):
        if not self.root:
            skip("files of other owners", "only root can make them")
            return
        self.directory(b"owners")
        for name, user, group in ((b"nobody", 65534, 65534), (b"no-such-user", 123_456, 654_321), (b"large", 4_000_000_000, 4_000_000_000)):
            path = b"owners/file-" + name
            self.file(path, name, 0o6755)
            os.chown(path, user, group)
            path = b"owners/directory-" + name
            self.directory(path, 0o2750)
            os.chown(path, user, group)
            self.file(path + b"/of-root", b"root\n")
            path = b"owners/symlink-" + name
            self.symlink(b"file-" + name, path)
            os.chown(path, user, group, follow_symlinks=False)

    def repository(self):
        if not shutil.which("git"):
            skip("git repository", "git is not installed")
            return
        self.directory(b"repository")
        self.file(b"repository/tracked", b"tracked\n")
        self.file(b"repository/.gitignore", b"ignored\n")
        self.file(b"repository/ignored", b"ignored by git, not by a snapshot\n")
        environment = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
        }
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
            self.tried("git repository", subprocess.run, ["git", "-C", "repository", *command], env=environment, check=True)

    def huge(self):
        self.directory(b"huge")
        pattern = self.random.randbytes(MIB)
        with open(b"huge/more-than-4-GiB", "xb") as file:
            for _ in range(64):
                file.write(pattern)
            file.seek(4 * GIB - MIB // 2)
            file.write(pattern)
            file.seek(4 * GIB + 512 * MIB)
            file.write(b"the end")
            file.truncate(5 * GIB + 13)
        self.later(b"huge/more-than-4-GiB", 0o644)
        self.directory(b"huge/100000-entries")
        parent = os.open(b"huge/100000-entries", os.O_RDONLY | os.O_DIRECTORY)
        for number in range(100_000):
            name = b"entry-%06d" % number
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=parent)
            if number % 100 == 0:
                os.write(descriptor, b"%d\n" % number)
            os.utime(descriptor, ns=((FIRST_TIME + number) * SECOND, (FIRST_TIME + number) * SECOND + number))
            os.close(descriptor)
        os.close(parent)


def access_list(user, users, group, groups, mask, other):
    """A POSIX access list as the kernel keeps it in an attribute (include/uapi/linux/posix_acl_xattr.h)."""
    nobody = 0xFFFF_FFFF
    entries = [(1, user, nobody)] + [(2, bits, owner) for owner, bits in sorted(users.items())]
    entries += [(4, group, nobody)] + [(8, bits, owner) for owner, bits in sorted(groups.items())]
    entries += [(16, mask, nobody), (32, other, nobody)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def show(name):
    return repr(name)[1:] if len(name) < 80 else repr(name[:60])[1:] + "…"


def skip(what, why):
    print("oddities: skipped %s: %s" % (what, why), file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description="build a directory of oddities")
    parser.add_argument("directory")
    parser.add_argument("--small", action="store_true", help="the same kinds with less data")
    parser.add_argument("--huge", action="store_true", help="also a file of more than 4 GiB and a directory of 100,000 entries")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    os.makedirs(options.directory, exist_ok=True)
    os.chdir(options.directory)
    if os.listdir():
        sys.exit("oddities: '%s' is not empty" % options.directory)
    os.umask(0o022)
    oddities = Oddities(options.small, options.seed)
    oddities.later(b".", 0o750)
    for build in (
        oddities.contents, oddities.names, oddities.deep_path, oddities.empty_directories, oddities.modes, oddities.symlinks,
        oddities.hard_links, oddities.special_files, oddities.times, oddities.sparse, oddities.attributes, oddities.access_lists,
        oddities.owners, oddities.repository,
    ):
        build()
    if options.huge:
        oddities.huge()
    oddities.finish()


if __name__ == "__main__":
    main()
