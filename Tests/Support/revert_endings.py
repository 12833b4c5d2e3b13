#!/usr/bin/env python3
"""Kill small reverts at every call, end them both ways, and check what undo and redo go through afterwards.

    revert_endings.py [--snap FILE] [--every K] [--work DIR]

kill_revert.py breaks a whole revert over many kinds of entries. These are the others: a revert of one path that goes away, an undo, a redo that must save something first, and, as root, a
revert on another file system. Each is killed at its n-th call, for every n; then it is continued, and in the same situation made once more, aborted. Either must end with status 0, leave
one of the two states and nothing staged; and then the steps of undo and redo must be what they would have been without the interruption.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from faults import HERE, Broken, Fault, private_copy  # noqa: E402
from snap_directory import Directory, complaint  # noqa: E402


class Case(Directory):
    """A directory in which files have one word each. 'before' and 'after' are what the command goes from and to."""

    command = ()
    before = {}
    after = {}
    # What 'undo' leads to after the command, and after it was taken back; then the same for 'redo'. None: there is nothing.
    undo = (None, None)
    redo = (None, None)

    def __init__(self, options, where):
        super().__init__(options, where)
        self.init()
        self.ids = []
        self.prepare()
        self.saved = os.path.join(where, "saved")
        shutil.copytree(self.tree, self.saved, symlinks=True)

    def prepare(self):
        raise NotImplementedError

    def put(self, words):
        for name in os.listdir(self.tree):
            if name != ".snapstore":
                path = os.path.join(self.tree, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        for name, word in words.items():
            path = os.path.join(self.tree, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(word)

    def take(self, words):
        self.put(words)
        self.ids.append(self.taken())

    def close(self):
        """Before its directory is removed."""

    def words(self):
        found = {}
        for directory, names, files in os.walk(self.tree):
            if ".snapstore" in names:
                names.remove(".snapstore")
            for name in files:
                path = os.path.join(directory, name)
                with open(path, encoding="ascii") as file:
                    found[os.path.relpath(path, self.tree)] = file.read()
        return found

    def put_back(self):
        for name in os.listdir(self.tree):
            path = os.path.join(self.tree, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        subprocess.run(["cp", "-a", "--", self.saved + "/.", self.tree], check=True)

    def killed(self, number):
        self.put_back()
        done = self.snap(*self.command, "--yes", environment=Fault(self.options, number).environment)
        return done.returncode < 0

    def expect(self, words, what):
        found = self.words()
        if found != words:
            raise Broken("%s: the directory is %r and not %r" % (what, found, words))
        staged = os.listdir(os.path.join(self.pointer, "staging"))
        if staged:
            raise Broken("%s: %r is left in the staging directory" % (what, staged))

    def stacks(self, place, what):
        for command, wanted in (("undo", self.undo[place]), ("redo", self.redo[place])):
            done = self.snap(command, "-q", "--yes")
            if wanted is None:
                if done.returncode != 4 or "nothing to" not in done.stderr:
                    raise Broken("%s: '%s' ended with status %d: %s" % (what, command, done.returncode, complaint(done)))
                continue
            if done.returncode != 0:
                raise Broken("%s: '%s' ended with status %d: %s" % (what, command, done.returncode, complaint(done)))
            self.expect(wanted, "%s, then %s" % (what, command))
            # Back, for the other one.
            self.must("redo" if command == "undo" else "undo", "-q", "--yes")

    def point(self, number):
        """False if the command ended before its n-th call."""
        if not self.killed(number):
            return False
        if not self.is_unfinished():
            return True
        for how, words, place in (("--continue", self.after, 0), ("--abort", self.before, 1)):
            if how == "--abort":
                # Threads make the count of calls vary a little.
                self.killed(number)
                if not self.is_unfinished():
                    continue
            self.must("revert", how, "--yes")
            what = "kill at %d, %s" % (number, how)
            self.expect(words, what)
            self.stacks(place, what)
        return True


class Path(Case):
    """One path, which goes: after it neither snapshot nor directory have it."""

    before, after = {"a": "1", "n": "new"}, {"a": "1"}
    undo = ({"a": "1", "n": "new"}, {"a": "1"})

    def prepare(self):
        self.take({"a": "1"})
        self.take(self.before)
        self.command = ("revert", self.ids[0], "--", "n")

    def stacks(self, place, what):
        # Taking back what was recorded is a step of its own.
        if place == 0:
            super().stacks(place, what)


class Undo(Case):
    before, after = {"a": "3"}, {"a": "2"}
    undo = ({"a": "1"}, {"a": "2"})
    redo = ({"a": "3"}, None)
    command = ("undo",)

    def prepare(self):
        for word in "123":
            self.take({"a": word})


class Redo(Case):
    """What is in the way of the redo is left out by the head's own rules, so the redo saves it first."""

    before = {".snapignore": "p\n", "a": "1", "p": "mine"}
    after = {"a": "2", "p": "kept"}
    undo = (before, None)
    redo = ({"a": "3", "p": "kept"}, after)
    command = ("redo",)

    def prepare(self):
        self.take({".snapignore": "p\n", "a": "1"})
        self.take({"a": "2", "p": "kept"})
        self.take({"a": "3", "p": "kept"})
        self.must("undo", "2", "-q", "--yes")
        with open(os.path.join(self.tree, "p"), "w", encoding="ascii") as file:
            file.write("mine")

    def stacks(self, place, what):
        # Taken back, the safety snapshot is the head, with the tree that was there; the steps forward are what they were.
        wanted = self.redo[place]
        self.must("redo", "-q", "--yes")
        self.expect(wanted, "%s, then redo" % what)


class Mount(Case):
    """A directory on another file system goes, one entry after the other."""

    after = {"a": "1", "m/keep": "1"}
    before = {"a": "1", "m/keep": "1", **{"m/e/%d" % number: "1" for number in range(6)}}
    undo = (before, after)
    redo = (None, None)

    def prepare(self):
        os.mkdir(os.path.join(self.tree, "m"))
        subprocess.run(["mount", "-t", "tmpfs", "none", os.path.join(self.tree, "m")], check=True)
        self.take(self.after)
        self.take(self.before)
        self.command = ("revert", self.ids[0])

    def put(self, words):
        for name, word in words.items():
            path = os.path.join(self.tree, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(word)

    def put_back(self):
        mount = os.path.join(self.tree, "m")
        for place in (self.tree, mount):
            for name in os.listdir(place):
                path = os.path.join(place, name)
                if path != mount:
                    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        subprocess.run(["cp", "-a", "--", self.saved + "/.", self.tree], check=True)

    def close(self):
        subprocess.run(["umount", "-l", os.path.join(self.tree, "m")], check=True)

    def expect(self, words, what):
        super().expect(words, what)
        left = [name for name in os.listdir(os.path.join(self.tree, "m")) if name.startswith(".snapstaging")]
        if left:
            raise Broken("%s: %r is left" % (what, left))

    def stacks(self, place, what):
        self.must("undo", "-q", "--yes")
        self.expect(self.undo[place], "%s, then undo" % what)

    def point(self, number):
        if number == 1:
            self.without_the_mount()
        return super().point(number)

    def without_the_mount(self):
        """Nothing is done to what is below, and the journal stays."""
        number = 1
        while True:
            if not self.killed(number):
                raise Broken("it was never unfinished")
            if self.is_unfinished():
                break
            number += 1
        mount, aside = os.path.join(self.tree, "m"), os.path.join(self.where, "aside")
        os.makedirs(aside, exist_ok=True)
        subprocess.run(["mount", "--move", mount, aside], check=True)
        for how in ("--continue", "--abort"):
            done = self.snap("revert", how, "--yes")
            if done.returncode != 4 or "not mounted" not in done.stderr:
                raise Broken("without the mount, %s ended with status %d: %s" % (how, done.returncode, complaint(done)))
        if os.listdir(mount):
            raise Broken("without the mount, something was made below it")
        subprocess.run(["mount", "--move", aside, mount], check=True)
        self.must("revert", "--continue", "--yes")
        self.expect(self.after, "mounted again")


def main():
    parser = argparse.ArgumentParser(description="kill small reverts at every call, and check what undo and redo go through afterwards")
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--every", type=int, default=1, help="only every k-th call")
    parser.add_argument("--work")
    options = parser.parse_args()
    options.timeout, options.store, options.user, options.mode = 120, "inside", None, "kill"
    cases = [Path, Undo, Redo]
    if os.geteuid() == 0 and "--unshared" in os.environ.get("SNAP_TEST", ""):
        cases.append(Mount)
    elif os.geteuid() == 0:
        # Mounts of its own, private to it.
        done = subprocess.run(["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv], env={**os.environ, "SNAP_TEST": "--unshared"}, check=False)
        sys.exit(done.returncode)
    work = tempfile.mkdtemp(prefix="revert-endings-", dir=options.work)
    options.snap = private_copy(os.path.abspath(options.snap), work)
    failed = 0
    try:
        for case in cases:
            points = 0
            slot = case(options, os.path.join(work, case.__name__))
            number = 1
            while True:
                try:
                    if not slot.point(number):
                        break
                except Broken as error:
                    failed += 1
                    print("%s: %s" % (case.__name__, error))
                    if failed > 20:
                        break
                points += 1
                number += options.every
            print("%s: %d points" % (case.__name__, points))
            slot.close()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("%d failed" % failed)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
