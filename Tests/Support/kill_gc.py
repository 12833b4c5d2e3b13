#!/usr/bin/env python3
"""Break one gc at every system call in turn, and check that nothing that lives is lost, and that the next gc ends it.

    kill_gc.py [--mode kill|fail|fail-from] [--errno EIO] [--every 1] [--jobs 2] [--snap FILE] [--store inside|outside] [--grace]

Before each point the store is put back as it was: snapshots of which some are dropped, in packs of which some have nothing that is
needed, some a little, some much, and versions stored against others. Then 'snap gc --now --keep-last 2' runs (with --grace: without --now)
and, at its n-th system call, dies of SIGKILL (kill), sees that call fail (fail), or that one and all later ones (fail-from). After it:

- gc was killed, or ended with a status of its own: no signal, no status 1 or 2;
- 'snap verify --full' finds nothing, and every snapshot in 'snap list' restores exactly;
- what neither was dropped before nor is let go by the rules is in the list;
- a take succeeds and restores exactly, also of content that only a dropped snapshot had;
- a plain gc then ends with status 0, leaves nothing in tmp/ and no list of retired packs, and all of that holds again; nothing that
  was dropped is in any list;
- and another gc finds nothing to remove.
"""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
from compare import Comparison  # noqa: E402
from faults import ID, Broken, break_everywhere, make_parser, parse  # noqa: E402
from snap_directory import Directory, complaint, copy_tree  # noqa: E402


class Slot(Directory):
    """A store to be collected, at one place."""

    def __init__(self, options, where):
        super().__init__(options, where)
        self.killed = False
        self.states = {}
        self.init()
        self.noise = [os.urandom(1_500_000) for _ in range(3)]
        self.text = b"".join(b"line %d of the file\n" % number for number in range(3000))
        ids = []
        # gc's lock keeps takes from merging what is to be of different kinds.
        path = os.path.join(self.store, "lock", "gc")
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for number in range(8):
                self.edit(number)
                ids.append(self.recorded())
        # Content that nothing else has; half of a pack; versions in the middle of a chain.
        self.dropped = [ids[0], ids[2], ids[4]]
        self.must("drop", *self.dropped, "-q")
        # By the rules the newest two checkpoints stay, of which one is taken later.
        self.certain = ids[7:]
        self.saved = os.path.join(where, "saved")
        subprocess.run(["cp", "-a", "--", self.store, self.saved], check=True)
        # What is taken after a broken gc: with content that only a dropped snapshot has.
        self.write("first", self.noise[0])

    def write(self, name, data):
        with open(os.path.join(self.tree, name), "wb") as file:
            file.write(data)

    def edit(self, number):
        if number == 0:
            for index, noise in enumerate(self.noise):
                self.write("noise-%d" % index, noise)
        if number in (1, 3):
            self.write("noise-%d" % (number // 2), os.urandom(40_000))
        position = 20 * 400 * (number % 7)
        self.write("text", self.text[:position] + b"edit %d\n" % number + self.text[position:])
        os.makedirs(os.path.join(self.tree, "directory-%d" % (number % 3)), exist_ok=True)
        self.write("directory-%d/small" % (number % 3), b"%d\n" % number * 50)

    def recorded(self):
        """Take, and remember what the tree was."""
        snapshot = self.taken()
        if snapshot not in self.states:
            copy = os.path.join(self.where, "state-%s" % snapshot[:16])
            copy_tree(self.tree, copy)
            self.states[snapshot] = copy
        return snapshot

    def put_back(self):
        subprocess.run(["rm", "-rf", "--", self.store], check=True)
        subprocess.run(["cp", "-a", "--", self.saved, self.store], check=True)

    def collect(self, fault=None):
        words = ["gc", "--keep-last", "2"] + ([] if self.options.grace else ["--now"])
        return self.snap(*words, before=fault.before if fault else (), environment=fault.environment if fault else None)

    def reaches(self, fault):
        self.put_back()
        return self.collect(fault).returncode == -signal.SIGKILL

    def listed(self, *words):
        return [json.loads(line)["id"] for line in self.must("list", *words, "--json").splitlines()]

    def whole(self, what):
        """Nothing is damaged, and what is in the list restores exactly."""
        try:
            self.must("verify", "--full", "-q")
        except Broken as error:
            raise Broken("%s: %s" % (what, error)) from None
        living = self.listed()
        if missing := [snapshot for snapshot in self.certain if snapshot not in living]:
            raise Broken("%s: %s is in no list" % (what, missing[0][:12]))
        for snapshot in living:
            if snapshot in self.states:
                self.restores(snapshot, self.states[snapshot], what)
        return living

    def restores(self, snapshot, expected, what):
        target = os.path.join(self.where, "restored")
        subprocess.run(["rm", "-rf", "--", target], check=True)
        self.must("revert", snapshot, "--into", target, "-q")
        found = []
        Comparison(ignore=["/.snapstore"], report=found.append).trees(expected, target)
        if found:
            raise Broken("%s: %s does not restore exactly: %s" % (what, snapshot[:12], "; ".join(found[:3])))

    def point(self, fault):
        """Run one gc under a fault and check everything. Series calls this."""
        self.put_back()
        self.killed = False
        try:
            done = self.collect(fault)
        except subprocess.TimeoutExpired:
            raise Broken("gc did not end") from None
        self.killed = done.returncode == -signal.SIGKILL
        if self.killed and not fault.kills:
            raise Broken("gc was killed by something else")
        if not self.killed and done.returncode not in ((0,) if fault.kills else (0, 3, 4)):
            raise Broken("gc ended with status %d: %s" % (done.returncode, complaint(done)))
        if done.returncode == 4 and self.options.mode == "fail" and not re.search(r"^snap: ", done.stderr, re.M):
            raise Broken("gc failed without saying why: %r" % done.stderr[:200])
        self.whole("after it")
        taken = self.must("take", "-q")
        if not ID.match(taken):
            raise Broken("'snap take' printed %r" % taken[:200])
        self.restores(taken.strip(), self.tree, "a take after it")
        done = self.collect()
        if done.returncode != 0:
            raise Broken("the next gc ended with status %d: %s" % (done.returncode, complaint(done)))
        self.whole("after the next gc")
        self.restores(taken.strip(), self.tree, "the take, after the next gc")
        if left := os.listdir(os.path.join(self.store, "tmp")):
            raise Broken("left in tmp/: %s" % " ".join(left))
        if os.path.exists(os.path.join(self.store, "retired")):
            raise Broken("packs are still retired")
        expired = self.listed("--expired")
        if not self.options.grace and expired:
            raise Broken("%s can still be recovered" % expired[0][:12])
        if self.options.grace:
            if missing := [snapshot for snapshot in self.dropped if snapshot not in expired]:
                raise Broken("%s cannot be recovered though its grace has not ended" % missing[0][:12])
            for snapshot in self.dropped:
                self.must("recover", snapshot, "-q")
                self.restores(snapshot, self.states[snapshot], "recovered")
            return
        last = json.loads(self.must("gc", "--keep-last", "2", "--now", "--json").splitlines()[-1])
        if last["removed_packs"] or last["written_bytes"]:
            raise Broken("a third gc still removes %d packs" % last["removed_packs"])


def main():
    parser = make_parser("break a gc at every system call in turn, and check that nothing is lost")
    parser.add_argument("--grace", action="store_true", help="let gc keep what was dropped")
    break_everywhere(parse(parser), Slot)


if __name__ == "__main__":
    main()
