#!/usr/bin/env python3
"""Measure what going back costs: snap revert and snap undo against an unchanged take, the disk and restic restore.

    revert.py --work DIR [--tree DIR | --tarball FILE] [--quick] [--rows revert1,undo10,…] [--rounds N] [--json FILE]

The rounds are engine.py's: interleaved, medians, dirty data flushed before every timed region. Around them:

- Before every edit or removal two takes must find the same, so that the timed command finds everything settled except
  what was changed for it.
- A file that changed within the last 20 ms or so is read again by the next take, whatever its times say. So nothing is
  timed until the kernel's coarse clock, from which file times come, is 50 ms past the last change.
- After every revert and undo the edited files are hashed, and a take must find exactly the snapshot whose id was
  printed. That the safety snapshot was taken is read from the log. All of this is outside the timed region.
"""

import hashlib
import json
import os
import re
import shutil
import stat
import sys
import time

sys.dont_write_bytecode = True
from engine import Bench  # noqa: E402
from measuring import Failed, median, run, seconds  # noqa: E402
from program import execute, parse  # noqa: E402
from source_tree import append, contents, deepest_file, fresh, remove, small_files, spread  # noqa: E402

ROWS = ["revert1", "revert10", "undo10", "small", "removed"]
TAKE = "snap take, unchanged"
CLOCK_REALTIME_COARSE = 5  # linux/time.h; Python does not name it


class Reverts(Bench):
    """engine.py's set-up and rounds, with the rows of this program."""

    def __init__(self, options, work):
        super().__init__(options, work)
        self.output = os.path.join(work, "output")
        self.head = None  # what the last settling take found
        self.before = {}  # what the edited files were before the edit
        self.edited = {}  # and after it

    # What happens around a timed region.

    def printed(self, *arguments, directory=None):
        """Run snap untimed: what it printed."""
        self.snap(*arguments, directory=directory, output=self.output)
        return contents(self.output)

    def settle(self, directory=None):
        wait_for_clock()
        self.head, again = (self.printed("take", "-q", directory=directory) for _ in range(2))
        if self.head != again:
            raise Failed("two takes of the same tree gave different ids")

    def edit(self, paths, directory=None):
        self.settle(directory)
        self.before = states(paths)
        for path in paths:
            append(path)
        self.edited = states(paths)
        wait_for_clock()

    def revert(self, directory=None):
        return self.snap("revert", "-q", "--yes", "@", directory=directory, output=self.output)

    def expect_reverted(self, directory=None):
        """The last revert must have found something to take first, and have made the directory what it was."""
        if contents(self.output) != self.head:
            raise Failed("the revert did not make its target the head")
        lines = self.printed("log", "--json", "-n", "2", directory=directory).splitlines()
        events = [json.loads(line)["event"] for line in lines]
        if events != ["revert", "safety"]:
            raise Failed("the revert took no safety snapshot: the log says %s" % ", ".join(events))
        self.expect(self.before, self.head, directory)

    def revert_edits(self, directory=None):
        done = self.revert(directory)
        self.expect_reverted(directory)
        return done

    def undo_edits(self):
        """It must bring the edits back, which also shows that the safety snapshot had them."""
        done = self.snap("undo", "-q", output=self.output)
        self.expect(self.edited, contents(self.output))
        return done

    def expect(self, found, head, directory=None):
        after = states(found)
        wrong = [path for path in found if found[path] != after[path]]
        if wrong:
            raise Failed("%d of %d files are not as they should be, first '%s'" % (len(wrong), len(found), wrong[0]))
        if self.printed("take", "-q", directory=directory) != head:
            raise Failed("the directory is not what the printed snapshot says")

    # The rows.

    def against_take(self, row, name, prepare, timed, bar):
        self.rounds(row, self.options.rounds, [(TAKE, self.settle, lambda: self.snap("take", "-q")), (name, prepare, timed)])
        self.compare(row, name, TAKE, bar)

    def revert1(self):
        self.need("snap")
        paths = [deepest_file(self.tree)]
        self.against_take("revert1", "snap revert, 1 file", lambda: self.edit(paths), self.revert_edits, 2.0)

    def revert10(self):
        self.need("snap")
        paths = spread(self.tree, 10)
        self.against_take("revert10", "snap revert, 10 files", lambda: self.edit(paths), self.revert_edits, 2.5)

    def undo10(self):
        self.need("snap")
        paths = spread(self.tree, 10)

        def reverted():
            self.edit(paths)
            self.revert()
            if states(paths) != self.before:
                raise Failed("the revert did not put the files back")
            # No take in between: an undo follows its revert.
            wait_for_clock()

        self.against_take("undo10", "snap undo, 10 files", reverted, self.undo_edits, 2.5)

    def small(self):
        directory = fresh(os.path.join(self.work, "small"))
        paths = []
        for index, source in enumerate(small_files(self.tree, 200)):
            part = os.path.join(directory, "part-%d" % (index % 4))
            os.makedirs(part, exist_ok=True)
            paths.append(os.path.join(part, "%03d-%s" % (index, os.path.basename(source))))
            shutil.copy(source, paths[-1])
        if len(paths) != 200:
            raise Failed("the tree has only %d files of a fitting size" % len(paths))
        self.snap("init", directory=directory)
        durable, freed = [], []

        def prepare():
            self.edit(paths[5::20], directory)
            freed.append(freeing(os.path.join(self.work, "freed"), [os.path.getsize(path) for path in paths[5::20]]))
            if "floor" not in self.options.absent:
                durable.append(self.fdatasync())

        name = "snap revert, 10 of 200"
        self.rounds("small", max(20, self.options.rounds), [(name, prepare, lambda: self.revert_edits(directory))])
        remove(directory)
        taken = self.wall("small", name)
        if durable:
            limit = 0.010 + 6 * median(durable)
            # Some disks discard blocks at once: then what was replaced takes its time to go, whoever replaced it.
            peer = "10 ms + 6 × %.3f ms (freeing 10 such files: %.1f ms)" % (median(durable) * 1000, median(freed) * 1000)
            self.record("small", name, seconds(taken), peer, seconds(limit), taken / limit, "≤ 10 ms + 6 fdatasync", taken <= limit)
        else:
            self.record("small", name, seconds(taken), "", "", None, "≤ 10 ms + 6 fdatasync", None)

    def fdatasync(self):
        """Of the directory's file system, in seconds. Measured in every round: it changes with what others do."""
        run([self.options.floor, "fdatasync", self.work], output=self.output)
        match = re.search(rb"median ([0-9.]+) ms", contents(self.output))
        if match is None:
            raise Failed("'%s' did not say what an fdatasync takes" % self.options.floor)
        return float(match.group(1)) / 1000

    def removed(self):
        self.need("snap", "restic")
        target = os.path.join(self.work, "restored")
        self.settle()
        whole = extent(self.tree)

        def empty():
            self.settle()
            self.before = {}
            remove(*(entry.path for entry in os.scandir(self.tree) if entry.name != ".snapstore"))
            wait_for_clock()

        def synced(command, directory):
            return command() + run(["sync", "-f", directory])

        def complete(directory, done):
            found = extent(directory)
            if found != whole:
                raise Failed("'%s' has %d entries and %d bytes, not %d and %d" % (directory, *found, *whole))
            return done

        def revert():
            done = complete(self.tree, synced(self.revert, self.tree))
            self.expect_reverted()
            return done

        def restore():
            return complete(target, self.subjects["restic"].restore(target))

        subjects = [("snap revert", empty, revert)]
        if "restic" in self.subjects:
            subjects.append(("restic restore", lambda: fresh(target), restore))
        self.rounds("removed", self.options.slow_rounds, subjects)
        remove(target)
        self.compare("removed", "snap revert", "restic restore", 0.8)


def wait_for_clock():
    """Until what was changed before is no longer recent."""
    end = time.clock_gettime_ns(CLOCK_REALTIME_COARSE) + 50_000_000
    while time.clock_gettime_ns(CLOCK_REALTIME_COARSE) <= end:
        pass


def freeing(directory, sizes):
    """How many seconds it takes to remove synced files of these sizes."""
    os.makedirs(fresh(directory), exist_ok=True)
    paths = [os.path.join(directory, str(index)) for index in range(len(sizes))]
    for path, size in zip(paths, sizes):
        with open(path, "wb") as file:
            file.write(os.urandom(size))
    run(["sync", "-f", directory])
    start = time.perf_counter()
    for path in paths:
        os.unlink(path)
    taken = time.perf_counter() - start
    os.rmdir(directory)
    return taken


def states(paths):
    """What each file is: its contents, mode and time."""
    found = {}
    for path in paths:
        status = os.lstat(path)
        found[path] = (hashlib.sha256(contents(path)).hexdigest(), status.st_mode, status.st_mtime_ns)
    return found


def extent(tree):
    """How many entries there are, and the bytes of all that are not directories; without snap's own."""
    count = size = 0
    for directory, directories, files in os.walk(tree):
        if directory == tree:
            directories[:] = [name for name in directories if name != ".snapstore"]
        for name in directories + files:
            status = os.lstat(os.path.join(directory, name))
            count += 1
            size += 0 if stat.S_ISDIR(status.st_mode) else status.st_size
    return count, size

def main():
    options = parse("measure snap revert and snap undo", ROWS)
    execute(Reverts, options, ROWS)


if __name__ == "__main__":
    main()
