#!/usr/bin/env python3
"""gc where there is hardly any room, or none, and by a clock that jumps. gc_space.py [--snap FILE] [--work DIR]

A store on a file system of its own (a tmpfs, so root only; elsewhere that half is said to be left out) has snapshots of content that
cannot be compressed, of which some are dropped. Then the file system is filled: to 95 %; to the last byte with the reserve of an earlier gc
there; and to the last byte without one. With any room gc must free what the dropped ones took. Without, it may also end with an error
that says why; then a little room is made, and it must. At every end nothing is damaged, and what lives is put back exactly.

The clock is set a year ahead for a take, a drop and a gc, and back: then gc refuses, unless it is told that the clock is right, and nothing is lost; when time has caught up it works,
and what was dropped before any gc has seen it can still be recovered after one whose clock was ahead.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from compare import Comparison  # noqa: E402
from faults import HERE, Broken, private_copy  # noqa: E402
from snap_directory import Directory, complaint, copy_tree  # noqa: E402

MB = 1 << 20
SIZE = 160 * MB
SNAPSHOTS = 8
SECONDS = 60 * 60 * 24


class Case(Directory):
    """'small' lies elsewhere, where there is room: the tree, its copies and what is put back."""

    def __init__(self, options, where, store):
        super().__init__(options, where)
        self.store = store
        self.states = {}
        self.must("init", "-q", "--store", store)
        self.must("config", "set", "-q", "--store", "store.min-free", "0")

    def edit(self, number, size):
        with open(os.path.join(self.tree, "noise-%d" % (number % 3)), "wb") as file:
            file.write(os.urandom(size))
        with open(os.path.join(self.tree, "text"), "a", encoding="ascii") as file:
            file.write("".join("line %d of %d\n" % (line, number) for line in range(200)))

    def keep(self):
        """Take, and remember what the tree was."""
        snapshot = self.taken()
        copy = os.path.join(self.where, "state-" + snapshot[:16])
        copy_tree(self.tree, copy)
        self.states[snapshot] = copy
        return snapshot

    def whole(self, living, what):
        """Nothing is damaged, and these restore exactly."""
        self.must("verify", "--full", "-q")
        listed = self.must("list", "--json")
        for snapshot in living:
            if snapshot not in listed:
                raise Broken("%s: %s is in no list" % (what, snapshot[:12]))
            target = os.path.join(self.where, "restored")
            shutil.rmtree(target, ignore_errors=True)
            self.must("revert", snapshot, "--into", target, "-q")
            found = []
            Comparison(ignore=["/.snapstore"], report=found.append).trees(self.states[snapshot], target)
            if found:
                raise Broken("%s: %s does not restore exactly: %s" % (what, snapshot[:12], "; ".join(found[:3])))


class Full:
    """A file system that can be filled."""

    def __init__(self, place):
        self.place = place
        os.mkdir(place)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=%d" % SIZE, "tmpfs", place], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        self.is_mounted = done.returncode == 0
        self.complaint = done.stderr.strip()

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", self.place], check=False)

    @property
    def free(self):
        facts = os.statvfs(self.place)
        return facts.f_bavail * facts.f_frsize

    def fill(self, left):
        with open(os.path.join(self.place, "filler"), "wb") as file:
            try:
                while (length := self.free - left) > 0:
                    file.write(b"\0" * min(length, 4 * MB))
                    file.flush()
            except OSError:
                pass

    def make_room(self, size):
        path = os.path.join(self.place, "filler")
        os.truncate(path, max(os.path.getsize(path) - size, 0))


def space(options, work, left, has_reserve):
    what = "%d bytes free%s" % (left, "" if has_reserve else ", no reserve")
    file_system = Full(os.path.join(work, "full"))
    if not file_system.is_mounted:
        file_system.close()
        print("left out: %s: cannot mount a tmpfs: %s" % (what, file_system.complaint))
        return False
    try:
        case = Case(options, os.path.join(work, "place"), os.path.join(file_system.place, "store"))
        snapshots = []
        for number in range(SNAPSHOTS):
            case.edit(number, 4 * MB)
            snapshots.append(case.keep())
        if has_reserve:
            case.must("gc", "-q")
        dropped, living = snapshots[1:5], snapshots[:1] + snapshots[5:]
        case.must("drop", "-q", *dropped)
        file_system.fill(left)
        before = file_system.free
        if before > left:
            raise Broken("%s: could not be filled: %d bytes are free" % (what, before))
        done = case.snap("gc", "--now", "-q")
        if done.returncode not in (0, 4):
            raise Broken("%s: gc ended with status %d: %s" % (what, done.returncode, complaint(done)))
        if done.returncode == 4:
            if left or has_reserve:
                raise Broken("%s: gc failed: %s" % (what, complaint(done)))
            if "space" not in done.stderr:
                raise Broken("%s: gc does not say that there is no room: %s" % (what, complaint(done)))
            case.whole(living, what + ", after a gc that failed")
            file_system.make_room(64 << 10)
            case.must("gc", "--now", "-q")
        # Two of the dropped have four megabytes that no other has; a new reserve may take one.
        if file_system.free < before + 7 * MB - (0 if left else 4 * MB):
            raise Broken("%s: gc freed only %d bytes" % (what, file_system.free - before))
        case.whole(living, what)
        case.edit(99, 1000)
        case.keep()
        print("%s: gc ended with status %d, and then %.1f MB are free" % (what, done.returncode, file_system.free / MB))
        return True
    finally:
        file_system.close()
        shutil.rmtree(work, ignore_errors=True)
        os.mkdir(work)


def clock(options, work):
    case = Case(options, os.path.join(work, "place"), os.path.join(work, "store"))
    start = 1_800_000_000

    def at(seconds, *words, statuses=(0,)):
        done = case.snap(*words, environment={"SNAP_NOW": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + seconds))})
        if done.returncode not in statuses:
            raise Broken("clock: 'snap %s' ended with status %d: %s" % (" ".join(words), done.returncode, complaint(done)))
        return done

    def take(seconds, number):
        case.edit(number, 1000)
        snapshot = at(seconds, "take", "-q").stdout.strip()
        copy = os.path.join(case.where, "state-" + snapshot[:16])
        copy_tree(case.tree, copy)
        case.states[snapshot] = copy
        return snapshot

    year = 365 * SECONDS
    first, second, third = (take(60 * number, number) for number in range(3))
    at(200, "drop", "-q", second)
    # The clock jumps ahead, and comes back.
    ahead = take(year, 3)
    at(year + 60, "gc", "-q")
    if second not in at(year + 60, "list", "--expired", "--json").stdout:
        raise Broken("clock: what no gc had seen dropped is gone after one whose clock was a year ahead")
    done = at(400, "gc", "-q", statuses=(4,))
    if "clock" not in done.stderr:
        raise Broken("clock: gc by a clock that is behind does not say so: %s" % complaint(done))
    at(400, "recover", second, "-q", statuses=(0, 4))
    # Who knows that the clock is right now need not wait for a year.
    at(450, "gc", "--trust-clock", "--keep-within", "30d", "--now", "-q")
    case.whole([first, third, ahead], "clock, trusted")
    last = take(500, 4)
    case.whole([first, third, ahead, last], "clock")
    # Time has caught up.
    at(year + 2 * SECONDS, "gc", "-q")
    at(year + 4 * SECONDS, "gc", "-q")
    case.whole([first, third, ahead, last], "clock, caught up")
    print("a clock that jumps a year ahead and back: nothing is lost")


def main():
    parser = argparse.ArgumentParser(description="gc with hardly any room, and by a clock that jumps")
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--timeout", type=int, default=120, help="seconds a command may take")
    parser.add_argument("--work", help="where to work; default: a new directory in the system's place for them")
    options = parser.parse_args()
    options.store = "inside"
    work = tempfile.mkdtemp(prefix="gc-space-", dir=options.work)
    options.snap = private_copy(os.path.abspath(options.snap), work)
    passed = failed = skipped = 0
    try:
        for case in ((SIZE // 20, True), (0, True), (0, False), None):
            place = os.path.join(work, "case")
            shutil.rmtree(place, ignore_errors=True)
            os.mkdir(place)
            try:
                if case is None:
                    clock(options, place)
                    passed += 1
                elif space(options, place, *case):
                    passed += 1
                else:
                    skipped += 1
            except Broken as error:
                print(error)
                failed += 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
