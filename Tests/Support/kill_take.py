#!/usr/bin/env python3
"""Break one take at every system call in turn, and check that nothing acknowledged is lost.

    kill_take.py [--mode kill|fail|fail-from] [--errno EIO] [--jobs 2] [--every 1] [--snap FILE] [--store inside|outside]
    kill_take.py --strace fsync,renameat2,… [--snap FILE]

Before each point the store is put back as it was: one snapshot taken, then the tree edited. Then 'snap take' runs and,
at its n-th system call, dies of SIGKILL (kill), sees that call fail (fail), or that one and all later ones (fail-from).
After it, whatever happened:

- the take was killed, or ended with a status of its own: no signal, no status 1 or 2;
- 'snap verify --full' finds nothing, and 'snap list' and 'snap show' know the first snapshot;
- the first snapshot restores exactly;
- if the take printed an id, that one restores exactly (after status 3: it restores);
- the take merges small packs in the end, and what was in them is still there;
- a plain take then succeeds, restores exactly, and leaves nothing in tmp/.

The points come from SNAP_FAULT, which debug builds know. With --strace they come from strace, which injects SIGKILL at
the n-th call of one kind: so release builds can be killed too, by another hand.

What a killed process wrote stays in the page cache, so this tests the order of steps as other processes see it, not
what a power cut leaves on the disk.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
from compare import Comparison  # noqa: E402
from faults import ID, Broken, break_everywhere, clean_environment, make_parser, parse  # noqa: E402
from snap_directory import copy_tree  # noqa: E402

# More than are merged at once.
SMALL_PACKS = 5


class Slot:
    """A tree with its store, at one place: a store that is moved would be taken for a copy."""

    def __init__(self, options, where):
        self.options = options
        self.where = where
        self.tree = os.path.join(where, "tree")
        self.pointer = os.path.join(self.tree, ".snapstore")
        self.store = self.pointer if options.store == "inside" else os.path.join(where, "store")
        self.saved = os.path.join(where, "saved")
        self.earlier = os.path.join(where, "earlier")
        self.killed = False  # whether the last point's take was
        os.makedirs(self.tree)
        make_tree(self.tree)
        self.must("init", *([] if options.store == "inside" else ["--store", self.store]))
        self.first = self.taken()
        copy_tree(self.tree, self.earlier)
        self.make_small_packs()
        edit_tree(self.tree)
        subprocess.run(["cp", "-a", "--", self.store, self.saved], check=True)

    def make_small_packs(self):
        """So many that the take which is broken merges them: meanwhile gc's lock keeps them apart."""
        path = os.path.join(self.store, "lock", "gc")
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for number in range(SMALL_PACKS):
                with open(os.path.join(self.tree, "small"), "w", encoding="ascii") as file:
                    file.write("state %d\n" % number)
                self.taken()

    def snap(self, *arguments, before=(), environment=None):
        return subprocess.run(
            [*before, self.options.snap, "-C", self.tree, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace", env={**clean_environment(), **(environment or {})},
            timeout=self.options.timeout, check=False)

    def must(self, *arguments, statuses=(0,)):
        done = self.snap(*arguments)
        if done.returncode not in statuses:
            raise Broken("'snap %s' ended with status %d: %s" % (" ".join(arguments), done.returncode, done.stderr.strip()[-300:]))
        return done.stdout

    def taken(self):
        printed = self.must("take")
        if not ID.match(printed):
            raise Broken("'snap take' printed %r" % printed[:200])
        return printed.strip()

    def reaches(self, fault):
        self.put_back()
        done = self.snap("take", before=fault.before, environment=fault.environment)
        if done.returncode == -signal.SIGKILL:
            return True
        # This one was not broken.
        if len(os.listdir(os.path.join(self.store, "packs"))) > SMALL_PACKS:
            raise Broken("a take that nothing breaks does not merge small packs")
        return False

    def put_back(self):
        """Put the store back. The directory itself stays, so that the tree's own time does not move."""
        for name in os.listdir(self.store):
            path = os.path.join(self.store, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        subprocess.run(["cp", "-a", "--", self.saved + "/.", self.store], check=True)

    def restores(self, snapshot, expected, statuses=(0,), exact=True):
        target = os.path.join(self.where, "restored")
        subprocess.run(["rm", "-rf", "--", target], check=True)
        self.must("revert", snapshot, "--into", target, statuses=statuses)
        if not exact:
            return
        found = []
        Comparison(ignore=["/.snapstore"], report=found.append).trees(expected, target)
        if found:
            raise Broken("%s does not restore exactly: %s" % (snapshot[:12], "; ".join(found[:3])))

    def point(self, fault):
        """Run one take under a fault and check everything."""
        self.put_back()
        self.killed = False
        try:
            done = self.snap("take", before=fault.before, environment=fault.environment)
        except subprocess.TimeoutExpired:
            raise Broken("the take did not end") from None
        self.killed = killed = done.returncode == -signal.SIGKILL
        if killed and not fault.kills:
            raise Broken("the take was killed by something else")
        if not killed and done.returncode not in ((0,) if fault.kills else (0, 3, 4)):
            raise Broken("the take ended with status %d: %s" % (done.returncode, done.stderr.strip()[-300:]))
        printed = done.stdout
        if printed and not ID.match(printed):
            raise Broken("the take printed %r" % printed[:200])
        if done.returncode in (0, 3) and not printed:
            raise Broken("the take ended with status %d and printed no id" % done.returncode)
        # With fail-from, the message's own write fails too.
        if done.returncode == 4 and self.options.mode == "fail" and not re.search(r"^snap: ", done.stderr, re.M):
            raise Broken("the take failed without saying why: %r" % done.stderr[:200])
        self.must("verify", "--full")
        if self.first[:4] not in self.must("list"):
            raise Broken("'snap list' does not show the first snapshot")
        self.must("show", self.first)
        self.restores(self.first, self.earlier)
        if printed:
            part = done.returncode == 3
            self.restores(printed.strip(), self.tree, statuses=(0, 3) if part else (0,), exact=not part)
        self.restores(self.taken(), self.tree)
        left = os.listdir(os.path.join(self.store, "tmp")) if os.path.isdir(os.path.join(self.store, "tmp")) else []
        if left:
            raise Broken("left in tmp/: %s" % " ".join(left))


def make_tree(tree):
    """Few files, but each way of storing one: empty, small, cut in chunks, incompressible, sparse, linked, special."""
    def write(name, data):
        path = os.path.join(tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    for number in range(24):
        write("source/part-%d/file-%02d.c" % (number % 3, number), b"int value = %d;\n" % number * 40)
    write("empty", b"")
    write("large", b"".join(b"%d\n" % (number * number) for number in range(60_000)))
    write("random", os.urandom(70_000))
    os.makedirs(os.path.join(tree, "no-entries"))
    os.symlink("source/part-0", os.path.join(tree, "symlink"))
    os.link(os.path.join(tree, "large"), os.path.join(tree, "source/large-too"))
    os.mkfifo(os.path.join(tree, "fifo"), 0o600)
    write("sparse", b"data")
    os.truncate(os.path.join(tree, "sparse"), 1 << 20)


def edit_tree(tree):
    with open(os.path.join(tree, "source/part-1/file-04.c"), "a", encoding="utf-8") as file:
        file.write("int edited = 1;\n")
    with open(os.path.join(tree, "large"), "r+b") as file:
        file.seek(200_000)
        file.write(b"edited")
    with open(os.path.join(tree, "new"), "wb") as file:
        file.write(os.urandom(300_000))
    os.unlink(os.path.join(tree, "source/part-2/file-05.c"))
    os.rename(os.path.join(tree, "source/part-0/file-00.c"), os.path.join(tree, "renamed"))


def main():
    parser = make_parser("break a take at every system call in turn, and check that nothing is lost")
    parser.add_argument("--strace", metavar="CALLS", help="kill by strace at these calls, separated by commas")
    options = parse(parser)
    break_everywhere(options, Slot, options.strace.split(",") if options.strace else [None])


if __name__ == "__main__":
    main()
