#!/usr/bin/env python3
"""Break one revert at every system call in turn, and check that it can be finished, and can be taken back.

    kill_revert.py [--mode kill|fail|fail-from] [--errno EIO] [--store inside|outside] [--user UID] [--unsaved] [--stays]
                   [--every K] [--nested K] [--jobs 2] [--snap FILE]

Before each point the directory is put back: state A was taken, then it was changed into B (revert_scenario.py), and B was taken too,
unless --unsaved leaves that to the revert. Then 'snap revert A' runs, and at its n-th system call dies of SIGKILL (kill), sees that
call fail (fail), or that one and all later ones (fail-from). After it:

- if the revert is unfinished, every writer refuses; 'revert --continue' makes exactly A; and in the same situation made once more,
  'revert --abort' makes exactly B, with the very inodes that were there before;
- if it is not, the directory is exactly A or exactly B. After a failed call (not after a kill) it may also have ended with status 3:
  then each path is as in one of the two, and what came out is a snapshot of its own;
- in every case what no snapshot covers is the same inode, untouched; so is every file that is equal in A and B, and a directory that
  is in both is the same directory;
- the staging directory is empty, 'snap verify --full' finds nothing, the head is the directory's state, and a plain 'undo' or
  'revert' leads exactly to the other state.

At every point whose number divides by --nested, '--continue' and '--abort' are themselves broken at a sample of their calls, and what follows,
either of the two, must keep the same promises.

Exact means: names, types, modes, owners, times of files and directories to the nanosecond, contents, holes, symlink targets, devices,
extended attributes, and which paths are one file.
"""

import argparse
import errno
import os
import random
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
from faults import Broken, Fault, break_everywhere, make_parser, parse  # noqa: E402
from revert_scenario import Scenario, after_revert, is_covered  # noqa: E402
from snap_directory import Directory, complaint  # noqa: E402
from tree_state import capture, differences, groups, replaced  # noqa: E402

SHOWN = 4


class Slot(Directory):
    """One scenario at one place."""

    # A file system may not be able to keep them: then only what no snapshot covers must be the same inode.
    keeps_inodes = True

    def __init__(self, options, where):
        super().__init__(options, where)
        self.killed = False
        self.points = {"continued": 0, "aborted": 0, "at A": 0, "at B": 0, "partial": 0, "nested": 0}
        self.whole = (3,) if options.stays else (0,)
        scenario = Scenario(self.tree, root=self.user is None and os.geteuid() == 0, stays=options.stays)
        scenario.make_a()
        scenario.finish(self.user, directories=True)
        self.init()
        self.first = self.taken()
        self.a = self.look()
        scenario.change_to_b()
        scenario.finish(self.user)
        self.second = None if options.unsaved else self.taken()
        b = self.look()
        self.expected, self.any_time = after_revert(self.a, b)
        self.covered = [path for path in self.expected if is_covered(path)]
        self.uncovered = [path for path in b if not is_covered(path)]
        wanted, present = groups(self.a, [path for path in self.a if is_covered(path)]), groups(b, [path for path in b if is_covered(path)])
        self.links = wanted
        both = [path for path in self.a if path in b and is_covered(path)]
        self.equal = [
            path for path in both if self.a[path].kind != "directory" and self.a[path][:10] == b[path][:10]
            and wanted.get(path) == present.get(path)]
        self.directories = [path for path in both if self.a[path].kind == b[path].kind == "directory"]
        self.saved = os.path.join(where, "saved")
        os.mkdir(self.saved)
        self.copy(where, self.saved)

    def look(self):
        return capture(self.tree)

    def copy(self, source, target):
        names = ["tree"] + (["store"] if self.store != self.pointer else [])
        subprocess.run(["cp", "-a", "--", *(os.path.join(source, name) for name in names), target], check=True)

    def put_back(self):
        """Everything as it was before the revert; self.before is what the inodes are this time."""
        for path in {self.tree, self.store}:
            subprocess.run(["rm", "-rf", "--", path], check=True)
        self.copy(self.saved, self.where)
        self.before = self.look()

    # What must be so.

    def is_a(self, state):
        found = differences(self.expected, state, self.any_time, self.links, self.covered)
        found += replaced(self.before, state, self.uncovered)
        if self.keeps_inodes:
            found += replaced(self.before, state, self.equal, change_time=True) + replaced(self.before, state, self.directories)
        return found

    def is_b(self, state, exact=True):
        """The state before. 'exact': nothing was made anew."""
        exact = exact and self.keeps_inodes
        linked = None if exact else [path for path in self.before if is_covered(path)]
        found = differences(self.before, state, linked=linked)
        return found + replaced(self.before, state, self.before if exact else self.uncovered)

    def require(self, found, what):
        if found:
            raise Broken("%s: %s%s" % (what, "; ".join(found[:SHOWN]), " and %d more" % (len(found) - SHOWN) if len(found) > SHOWN else ""))

    def require_head(self, snapshot, what, statuses=(0,)):
        """The head is the directory's state: a take records nothing."""
        head = self.taken(statuses=statuses)
        if snapshot is not None and head != snapshot:
            raise Broken("%s: a take of it is %s and not %s" % (what, head[:12], snapshot[:12]))

    # What is done.

    def broken_revert(self, fault):
        """One revert under a fault, in the situation before it. Its status; None if it was killed."""
        self.put_back()
        done = self.faulted(fault, "revert", self.first)
        return None if done is None else done.returncode

    def reaches(self, fault):
        return self.broken_revert(fault) is None

    def faulted(self, fault, *arguments):
        try:
            done = self.snap(*arguments, "--yes", before=fault.before, environment=fault.environment)
        except subprocess.TimeoutExpired:
            raise Broken("'snap %s' did not end" % " ".join(arguments)) from None
        if done.returncode == -signal.SIGKILL and fault.kills:
            return None
        whole = (0,) if "--abort" in arguments else self.whole
        if done.returncode not in (whole if fault.kills else (0, 3, 4)):
            raise Broken("'snap %s' ended with status %d: %s" % (" ".join(arguments), done.returncode, complaint(done)))
        if done.returncode == 4 and self.options.mode == "fail" and "snap: " not in done.stderr:
            raise Broken("'snap %s' failed without saying why: %r" % (" ".join(arguments), done.stderr[:200]))
        return done

    def point(self, fault):
        """Run one revert under a fault and check everything. Series calls this."""
        self.killed = False
        status = self.broken_revert(fault)
        self.killed = status is None
        if not self.is_unfinished():
            return self.settled(status)
        if status in (0, 3):
            raise Broken("the revert ended with status %d and is unfinished" % status)
        self.recover("--continue")
        number = int(fault.name.split(":")[1])
        status = self.broken_revert(fault)
        if not self.is_unfinished():
            return self.settled(status)
        self.recover("--abort")
        if self.options.nested and number % self.options.nested == 0:
            self.nested(fault)

    def settled(self, status):
        state = self.look()
        not_a, not_b = self.is_a(state), self.is_b(state)
        if status in self.whole or not not_a:
            self.points["at A"] += 1
            self.require(not_a, "status %s, but not A" % status)
            # A revert that says it is not whole has a head of its own, whatever came out.
            self.after_a("at A", self.first if status in (None, 0) and not self.options.stays else None)
        elif status == 3:
            self.points["partial"] += 1
            self.partial(state)
        else:
            self.points["at B"] += 1
            self.require(not_b if len(not_b) < len(not_a) else not_a, "status %s, neither A nor B" % status)
            self.after_b("at B")

    def recover(self, how):
        self.must("revert", how, "--yes", statuses=self.whole if how == "--continue" else (0,))
        state = self.look()
        if how == "--continue":
            self.points["continued"] += 1
            self.require(self.is_a(state), "after --continue")
            self.after_a("after --continue", None if self.options.stays else self.first)
        else:
            self.points["aborted"] += 1
            self.require(self.is_b(state), "after --abort")
            self.clean("after --abort")
            self.after_b("after --abort")

    def after_a(self, what, head):
        self.clean(what)
        self.require_head(head, what)
        if self.options.mode == "kill" or self.second is None:
            self.must("undo", "--yes", "-q")
        else:
            # A read that failed may be a gap in the safety snapshot that undo goes to, even of the rules there: B itself was taken before.
            self.must("revert", self.second, "--yes", "-q")
        self.require(self.is_b(self.look(), exact=False), "back " + what)
        # A read that failed is a gap in the safety snapshot, and then that is not B.
        self.require_head(self.second if self.options.mode == "kill" else None, "undo " + what)
        self.clean("undo " + what)

    def after_b(self, what):
        # What was staged before anything was touched may lie there until the next revert.
        self.must("verify", "--full", "-q")
        self.require_head(self.second, what)
        self.must("revert", self.first, "--yes", "-q", statuses=self.whole)
        self.require(self.is_a(self.look()), "a plain revert " + what)
        self.clean("a plain revert " + what)

    def partial(self, state):
        """A call that failed for one path only: each path is as in A or B, and what came out is a snapshot."""
        found = []
        for path in state.keys() | self.expected.keys() | self.before.keys():
            now, sides = state.get(path), (self.expected.get(path), self.before.get(path))
            if all((side and side[:1] + side[4:10]) != (now and now[:1] + now[4:10]) for side in sides):
                found.append("%s is neither" % path.decode(errors="backslashreplace"))
        self.require(found + replaced(self.before, state, self.uncovered), "a part")
        self.clean("a part")
        self.taken(statuses=(0, 3))
        self.must("revert", self.first, "--yes", "-q", statuses=self.whole)
        self.require(self.is_a(self.look()), "a plain revert after a part")

    def inner(self, number):
        """A fault of a recovery, which may be of another kind."""
        if not self.options.nested_errno:
            return Fault(self.options, number)
        code = getattr(errno, self.options.nested_errno)
        return Fault(argparse.Namespace(mode="fail", code=code), number)

    def refused(self, fault):
        """Beside an unfinished revert no take goes on, whatever one of its calls says."""
        self.broken_revert(fault)
        for number in range(1, 60):
            if not self.is_unfinished():
                return
            inner = self.inner(number)
            done = self.snap("take", "-q", environment=inner.environment)
            if done.returncode in (0, 3):
                raise Broken("a take at %s went on beside an unfinished revert" % inner.name)
        self.recover("--continue")

    def nested(self, fault):
        """Break the recovery too: a sample of its calls, each followed by one that nothing breaks."""
        sample = random.Random(fault.name)
        if self.options.nested_errno:
            self.refused(fault)
        for first in ("--continue", "--abort"):
            number = 1 + sample.randrange(8)
            while True:
                second = sample.choice(("--continue", "--abort"))
                self.broken_revert(fault)
                if not self.is_unfinished():
                    break
                inner = self.inner(number)
                try:
                    done = self.faulted(inner, "revert", first)
                    self.points["nested"] += 1
                    if self.is_unfinished():
                        self.recover(second)
                    else:
                        state = self.look()
                        if done is not None and done.returncode == 3 and not self.options.stays:
                            self.partial(state)
                        else:
                            self.require(self.is_a(state) if first == "--continue" else self.is_b(state), "it has ended")
                            self.clean("it has ended")
                except Broken as error:
                    raise Broken("%s at %s, then %s: %s" % (first, inner.name, second, error)) from None
                if done is not None and (done.returncode == 0 or inner.kills):
                    break
                number += 1 + sample.randrange(2 * self.options.nested_step)
                if number > 20_000:
                    break


def tell(slots):
    """How the points ended."""
    totals = {}
    for slot in slots:
        for what, count in slot.points.items():
            totals[what] = totals.get(what, 0) + count
    print(", ".join("%d %s" % (count, what) for what, count in totals.items()))


def main():
    parser = make_parser("break a revert at every system call in turn, and check that it can be finished and taken back")
    parser.add_argument("--user", type=int, help="run snap as this user, who owns the directory")
    parser.add_argument("--unsaved", action="store_true", help="leave it to the revert to take B")
    parser.add_argument("--stays", action="store_true", help="with a directory that must go but holds what is not covered")
    parser.add_argument("--nested", type=int, default=0, help="break the recovery too, at every point that this divides")
    parser.add_argument("--nested-errno", help="break the recovery by a call that fails with this error, whatever breaks the revert")
    parser.add_argument("--nested-step", type=int, default=60, help="about how many calls of a recovery to pass over between two points")
    options = parse(parser)
    if options.user is not None and os.geteuid() != 0:
        parser.error("only root can run it as another user")
    if options.stays and options.mode != "kill":
        parser.error("with --stays, status 3 does not tell a failed call")
    break_everywhere(options, Slot, tell=tell)


if __name__ == "__main__":
    main()
