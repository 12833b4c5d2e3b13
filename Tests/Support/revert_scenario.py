"""Two states of one directory, A and B, that differ in every way a revert must undo, and what a revert from B to A must leave.

A is about 200 entries of all kinds. B is A with edits; and in its changed directories lie files that '.snapignore' excludes, which no
snapshot covers and no revert may touch. One of them is another name of a covered file whose mode changes: in place that would change both.
"""

import os
import random
import stat

from oddities import FIRST_TIME, KIB, NAMES, SECOND

IGNORED = b".ignored"
ODD = [name for name in NAMES if len(name) < 60][::2] + [b"x" * 255, b"\xff" * 255]


class Scenario:
    """'stays' adds a directory that must go but holds an excluded file: it stays, and the revert is not whole (status 3)."""

    def __init__(self, tree, root=True, stays=False, seed=1):
        self.tree = os.fsencode(tree)
        self.root = root
        self.stays = stays
        self.random = random.Random(seed)
        self.clock = 0
        self.given = {}  # times to be set at the end: later changes move those of directories

    # The primitives. Paths are bytes from the root of the tree.

    def at(self, path):
        return os.path.join(self.tree, path)

    def timed(self, path, time=None):
        self.clock += 1
        self.given[path] = (FIRST_TIME + self.clock) * SECOND + self.clock * 7919 % SECOND if time is None else time

    def write(self, path, data=b"", mode=None, time=None):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "wb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(self.at(path), mode)
        self.timed(path, time)

    def directory(self, path, mode=0o755):
        os.makedirs(self.at(path))
        os.chmod(self.at(path), mode)
        self.timed(path)

    def attribute(self, path, name, value):
        os.setxattr(self.at(path), b"user." + name, value)

    def remove(self, path):
        for place, directories, files in os.walk(self.at(path), topdown=False):
            for name in files:
                os.unlink(os.path.join(place, name))
            for name in directories:
                inner = os.path.join(place, name)
                os.unlink(inner) if os.path.islink(inner) else os.rmdir(inner)
        os.rmdir(self.at(path)) if os.path.isdir(self.at(path)) and not os.path.islink(self.at(path)) else os.unlink(self.at(path))

    def finish(self, owner=None, directories=False):
        """Owners and times, deepest first. With 'directories' also times of those that were made on the way; else they stay as the changes left them."""
        every = sorted([b"", *found(self.tree)], key=lambda path: path.count(b"/") + bool(path), reverse=True)
        for path in every:
            place = self.at(path) if path else self.tree
            status = os.lstat(place)
            is_link = stat.S_ISLNK(status.st_mode)
            if owner is not None:
                os.chown(place, owner, owner, follow_symlinks=False)
                if not is_link:
                    os.chmod(place, stat.S_IMODE(status.st_mode))  # a change of owner takes set-id bits
            if directories and path not in self.given and stat.S_ISDIR(status.st_mode):
                self.timed(path)
            if path in self.given:
                os.utime(place, ns=(self.given[path], self.given[path]), follow_symlinks=False)
        self.given.clear()

    # A.

    def make_a(self):
        self.write(b".snapignore", b"*.ignored\n/excluded/\n")
        self.write(b"nested-rules/.snapignore", b"log\n")
        self.write(b"nested-rules/code", b"code\n")
        os.chmod(self.tree, 0o750)
        self.attribute(b"", b"of-the-root", b"A")
        for number in range(36):
            self.write(b"same/%d/%d/file" % (number % 3, number), b"never touched %d\n" % number * (number * 9), 0o640 if number % 2 else 0o644)
        self.write(b"same/large", self.random.randbytes(400 * KIB))
        os.symlink(b"0", self.at(b"same/symlink"))
        os.link(self.at(b"same/large"), self.at(b"same/large-link"))
        os.mkfifo(self.at(b"same/fifo"))
        if self.root:
            self.write(b"foreign", b"of another user\n")
            os.chown(self.at(b"foreign"), 1234, 1234)
        for number, size in enumerate((0, 1, 4095, 4096, 65536, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 700 * KIB)):
            self.write(b"edit/size-%d" % size, self.random.randbytes(size))
        for number in range(12):
            self.write(b"edit/text-%02d" % number, b"line %d\n" % number * 30, (0o644, 0o755, 0o400, 0o600)[number % 4])
        self.write(b"edit/same-size-and-time", b"first", time=FIRST_TIME * SECOND)
        self.write(b"edit/zeros-become-hole", bytes(256 * KIB))
        self.write(b"edit/hole", b"start")
        os.truncate(self.at(b"edit/hole"), 1 << 20)
        self.timed(b"edit/hole")
        for name in (b"chmod", b"time", b"attribute-new", b"attribute-other", b"attribute-gone", b"all", b"set-id"):
            self.write(b"meta/" + name, b"content of " + name, 0o644)
        self.directory(b"meta/directory", 0o755)
        self.attribute(b"meta/attribute-other", b"note", b"A")
        self.attribute(b"meta/attribute-gone", b"note", b"A")
        self.attribute(b"meta/directory", b"note", b"A")
        os.symlink(b"target", self.at(b"meta/symlink-time"))
        self.timed(b"meta/symlink-time")
        if self.root:
            self.write(b"meta/owner", b"o", 0o4755)
        for path in (b"a/b/c/d/e/file", b"a/b/file", b"a/file", b"file", b"x/1", b"x/2", b"x/y/3"):
            self.write(b"gone/" + path, b"of " + path)
        self.directory(b"gone/empty")
        self.directory(b"gone/x/read-only", 0o755)
        self.write(b"gone/x/read-only/file", b"r", 0o400)
        os.chmod(self.at(b"gone/x/read-only"), 0o555)
        os.symlink(b"nowhere", self.at(b"gone/symlink"))
        os.mkfifo(self.at(b"gone/fifo"), 0o600)
        os.mknod(self.at(b"gone/socket"), stat.S_IFSOCK | 0o700)
        if self.root:
            os.mknod(self.at(b"gone/null"), stat.S_IFCHR | 0o600, os.makedev(1, 3))
        self.swaps(b"AB")
        self.write(b"renames/one", b"one")
        self.write(b"renames/two", b"two")
        self.write(b"renames/alone", b"alone" * 1000)
        for number in range(4):
            self.write(b"renames/directory/%d" % number, b"moved %d" % number)
        for group in (b"leaves", b"joins", b"edited", b"chmod", b"parts", b"swaps-1", b"swaps-2"):
            self.write(b"links/" + group, b"group " + group * 20)
            for copy in (b"2", b"3"):
                os.link(self.at(b"links/" + group), self.at(b"links/" + group + copy))
        self.write(b"links/in-gone/there", b"across")
        os.link(self.at(b"links/in-gone/there"), self.at(b"links/across"))
        self.write(b"links/with-excluded", b"covered and excluded\n", 0o644)
        self.write(b"links/alone", b"becomes a link")
        for directory, mode in ((b"read-only", 0o555), (b"becomes-read-only", 0o755), (b"was-read-only", 0o555)):
            for number in range(4):
                self.write(directory + b"/%d" % number, b"in %s %d" % (directory, number), 0o444 if number % 2 else 0o644)
            os.chmod(self.at(directory), mode)
        for number, name in enumerate(ODD):
            self.write(b"names/" + name, b"A" * number)
        for name in (b"one", b"two/three"):
            self.directory(b"empty-in-a/" + name)
        self.write(b"note" + IGNORED, b"excluded at A\n")
        self.write(b"nested-rules/log", b"excluded at A\n")

    KINDS = (b"empty", b"file", b"directory", b"symlink", b"fifo", b"deep")

    def swaps(self, side):
        """Each kind becomes each other kind. 'side' is AB for the first state, BA for the second."""
        for first in self.KINDS:
            for second in self.KINDS:
                if first != second:
                    self.kind(b"swaps/%s-to-%s" % (first, second), first if side == b"AB" else second, side[:1])

    def kind(self, path, kind, note):
        if os.path.lexists(self.at(path)):
            self.remove(path)
        if kind in (b"empty", b"file"):
            self.write(path, b"" if kind == b"empty" else b"file of " + note)
            return
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        if kind == b"symlink":
            os.symlink(b"points " + note, self.at(path))
        elif kind == b"fifo":
            os.mkfifo(self.at(path), 0o640)
        elif kind == b"directory":
            os.mkdir(self.at(path))
        else:
            self.write(path + b"/inner/file", b"deep in " + note)
            self.write(path + b"/other", b"deep too")
        self.timed(path)

    # B.

    def change_to_b(self):
        at = self.at
        os.chmod(self.tree, 0o755)
        self.attribute(b"", b"of-the-root", b"B")
        for path, _ in sorted(found(at(b"edit")).items()):
            path = b"edit/" + path
            size = os.path.getsize(at(path))
            number = self.clock % 5
            if path.endswith(b"same-size-and-time"):
                self.write(path, b"other", time=FIRST_TIME * SECOND)
            elif path.endswith(b"zeros-become-hole"):
                os.truncate(at(path), 0)
                os.truncate(at(path), 256 * KIB)
                self.timed(path)
            elif number == 0 and size:
                os.truncate(at(path), size // 2)
                self.timed(path)
            elif number == 1:
                with open(at(path), "ab") as file:
                    file.write(b"appended")
                self.timed(path)
            elif number == 2:  # as an editor does: another file under the name
                os.unlink(at(path))
                self.write(path, self.random.randbytes(max(1, size)))
            elif number == 3:
                with open(at(path), "r+b") as file:
                    file.seek(size // 2)
                    file.write(b"edited")
                self.timed(path)
            else:
                self.write(path, b"")
        os.chmod(at(b"meta/chmod"), 0o700)
        self.timed(b"meta/time")
        self.attribute(b"meta/attribute-new", b"note", b"B")
        self.attribute(b"meta/attribute-other", b"note", b"B" * 300)
        os.removexattr(at(b"meta/attribute-gone"), b"user.note")
        os.chmod(at(b"meta/all"), 0o640)
        self.attribute(b"meta/all", b"note", b"B")
        self.timed(b"meta/all")
        os.chmod(at(b"meta/set-id"), 0o4755)
        os.chmod(at(b"meta/directory"), 0o700)
        self.attribute(b"meta/directory", b"note", b"B")
        self.timed(b"meta/symlink-time")
        if self.root:
            os.chown(at(b"meta/owner"), 4321, 4321)
        self.remove(b"gone")
        self.swaps(b"BA")
        os.rename(at(b"renames/one"), at(b"renames/third"))
        os.rename(at(b"renames/two"), at(b"renames/one"))
        os.rename(at(b"renames/third"), at(b"renames/two"))
        os.rename(at(b"renames/alone"), at(b"renames/elsewhere"))
        os.rename(at(b"renames/directory"), at(b"renames/other-directory"))
        self.links_in_b()
        for directory, mode in ((b"read-only", 0o555), (b"becomes-read-only", 0o555), (b"was-read-only", 0o755)):
            os.chmod(at(directory), 0o755)
            self.write(directory + b"/0", b"changed in B", 0o644)
            os.unlink(at(directory + b"/1"))
            self.write(directory + b"/new", b"n", 0o444)
            self.write(directory + b"/kept" + IGNORED, b"kept in " + directory)
            os.chmod(at(directory), mode)
        for number, name in enumerate(ODD):
            if number % 3 == 0:
                self.write(b"names/" + name, b"B" * number)
            elif number % 3 == 1:
                os.unlink(at(b"names/" + name))
        self.write(b"names/\xfe new in B", b"n")
        for path in (b"a/b/c/file", b"a/file", b"file"):
            self.write(b"new/" + path, b"new " + path)
        self.write(b"new/large", self.random.randbytes(300 * KIB))
        self.directory(b"new/empty")
        self.write(b"new/read-only/file", b"r", 0o400)
        os.chmod(at(b"new/read-only"), 0o555)
        os.mkfifo(at(b"new/fifo"))
        os.symlink(b"..", at(b"new/symlink"))
        if self.root:
            os.mknod(at(b"new/device"), stat.S_IFCHR | 0o600, os.makedev(1, 5))
        self.remove(b"empty-in-a")
        self.directory(b"empty-in-b/one")
        self.write(b"nested-rules/code", b"other code\n")
        self.write(b"nested-rules/log", b"excluded at B, and grown\n")
        # What no snapshot covers, in directories that change.
        self.write(b"edit/note" + IGNORED, b"kept")
        self.write(b"names/note" + IGNORED, b"kept", 0o000 if self.root else 0o600)
        self.attribute(b"names/note" + IGNORED, b"kept", b"attribute")
        self.write(b"renames/deep" + IGNORED + b"/inner/file", b"an excluded directory")
        self.write(b"excluded/file", b"excluded by a rule with a slash")
        os.symlink(b"elsewhere", at(b"links/symlink" + IGNORED))
        os.unlink(at(b"note" + IGNORED))
        if self.stays:
            self.write(b"holds/covered", b"goes")
            self.write(b"holds/inner/kept" + IGNORED, b"stays")
            self.write(b"holds/inner/covered", b"goes")
            self.write(b"holds/other/covered", b"goes")

    def links_in_b(self):
        at = self.at
        os.unlink(at(b"links/leaves2"))
        self.write(b"links/leaves2", b"on its own now")
        os.unlink(at(b"links/alone"))
        os.link(at(b"links/joins"), at(b"links/alone"))
        with open(at(b"links/edited"), "ab") as file:
            file.write(b"edited in place")
        self.timed(b"links/edited")
        os.chmod(at(b"links/chmod"), 0o600)
        for copy in (b"", b"2"):
            data = open(at(b"links/parts"), "rb").read()
            os.unlink(at(b"links/parts" + copy))
            self.write(b"links/parts" + copy, data)
        os.rename(at(b"links/swaps-12"), at(b"links/third"))
        os.rename(at(b"links/swaps-22"), at(b"links/swaps-12"))
        os.rename(at(b"links/third"), at(b"links/swaps-22"))
        self.remove(b"links/in-gone")
        os.link(at(b"links/with-excluded"), at(b"links/partner" + IGNORED))
        os.chmod(at(b"links/with-excluded"), 0o600)


def found(top):
    """Everything below 'top' by path, with whether it is a directory."""
    result = {}
    for place, directories, files in os.walk(os.fsencode(top)):
        for name in directories + files:
            path = os.path.join(place, name)
            result[os.path.relpath(path, os.fsencode(top))] = os.path.isdir(path) and not os.path.islink(path)
    return result


def is_covered(path):
    """What the scenario's rules say."""
    parts = path.split(b"/")
    return not any(part.endswith(IGNORED) for part in parts) and parts[0] != b"excluded" and path != b"nested-rules/log"


def after_revert(a, b):
    """What a revert from B to A leaves: A as far as covered, and what of B is not. Also the paths whose time may be anything."""
    expected = {path: entry for path, entry in a.items() if is_covered(path)}
    staying = set()
    for path, entry in b.items():
        if is_covered(path):
            continue
        expected[path] = entry
        # A directory that should go stays for its sake.
        while path := os.path.dirname(path):
            if path not in a:
                expected[path] = b[path]
                staying.add(path)
    return expected, staying & {path for path in staying if is_covered(path)}
