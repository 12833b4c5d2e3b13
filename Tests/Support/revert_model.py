#!/usr/bin/env python3
"""Random takes, edits, reverts, undos and redos, held against a model. revert_model.py [--steps 1000] [--seed S] [--user UID] [--snap FILE]

What a snapshot holds is asked of 'revert --into', and compared with the directory and with what the rules cover at that time. What a
revert in place must leave then follows from three states, path by path: what is there, what the safety snapshot has, and the target:

- what the target has is there as the target has it;
- what the target lacks goes if the target's rules would have covered it, and the safety snapshot has it; else it stays;
- a directory that must go stays as far as something in it does; then the status is 3, and the head a snapshot of what came out;
- with paths, with --keep-extra, or below what cannot be put back, the rest stays as it is.

What stays is the same inode. The two stacks follow from the heads: take, safety and revert push the old head and empty the other stack; undo and
redo move along both, and pass over states with equal trees. What they save of an unchanged directory, because the target covers it, takes the head's place.
"""

import argparse
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from faults import HERE, Broken, private_copy  # noqa: E402
from model_edits import Edits  # noqa: E402
from model_expected import Expected, Snapshot  # noqa: E402
from model_rules import Coverage, Rules, Situation, below  # noqa: E402
from snap_directory import Directory, complaint  # noqa: E402
from tree_state import KEPT, capture, differences, name, replaced  # noqa: E402

WIDTH = len(KEPT)


class Model(Directory):
    def __init__(self, options, where):
        super().__init__(options, where)
        self.random = random.Random(options.seed)
        self.edits = Edits(self.tree, self.random, self.user)
        self.snapshots = {}
        self.head, self.undo, self.redo = None, [], []
        self.history = []
        self.counts = collections.Counter()
        for _ in range(12):
            self.edits.one()
        self.init()
        self.take()

    # Asking.

    def look(self):
        return Situation(self.tree, self.user)

    def register(self, snapshot, situation, also=(), upper=None):
        """Learn what a new snapshot holds, and check it against the directory. 'upper' is what it may have besides what it must."""
        if snapshot in self.snapshots:
            return
        top = os.path.join(self.where, "restored")
        subprocess.run(["rm", "-rf", "--", top], check=True)
        self.must("revert", snapshot, "--into", top, "-q")
        entries = capture(top, ignore=())
        coverage = Coverage(situation, also)
        what = "snapshot %s" % snapshot[:12]
        self.require([name(path) + " is not covered" for path in sorted(coverage.covered - entries.keys())], what)
        more = entries.keys() - coverage.covered - (upper or set())
        self.require([name(path) + " should not be covered" for path in sorted(more)], what)
        self.require(differences({path: situation.state[path] for path in entries if path in situation.state}, entries), what)
        self.snapshots[snapshot] = Snapshot(
            json.loads(self.must("show", "--json", snapshot))["root"], entries,
            {path: why for path, why in coverage.gaps.items() if path not in entries}, situation.caches & entries.keys(), Rules(top, entries))

    def require(self, found, what):
        if found:
            raise Broken("%s: %s%s" % (what, "; ".join(found[:5]), " and %d more" % (len(found) - 5) if len(found) > 5 else ""))

    def changes(self, situation):
        """What differs from the head, as far as it covers anything; caches aside, of which it may cover a part."""
        head = self.snapshots[self.head]
        covered = Coverage(situation, head.entries).covered
        aside = {path for cache in situation.caches | head.partial for path in below(covered | head.entries.keys(), cache)}
        return differences(
            {path: entry for path, entry in head.entries.items() if path not in aside},
            {path: situation.state[path] for path in covered - aside})

    # Steps.

    def step(self):
        kind = self.random.choices(("edit", "take", "revert", "paths", "keep-extra", "undo", "redo"), (10, 5, 6, 4, 2, 5, 4))[0]
        self.history.append(kind)
        self.counts[kind] += 1
        steps = {
            "edit": self.edit, "take": self.take, "revert": self.revert, "paths": self.some_paths, "keep-extra": self.keep_extra,
            "undo": lambda: self.move("undo"), "redo": lambda: self.move("redo")}
        steps[kind]()

    def edit(self):
        self.history[-1] += " " + ", ".join(self.edits.some())

    def take(self):
        before = self.look()
        snapshot = self.taken(*(["--always"] if self.random.random() < 0.1 else []), statuses=(0, 3))
        self.register(snapshot, before)
        covered = Coverage(before).covered
        self.require(differences({path: before.state[path] for path in covered}, self.snapshots[snapshot].entries), "the take's snapshot")
        self.require(replaced(before.state, capture(self.tree), before.state, change_time=True), "a take")
        self.pushed(snapshot)

    def revert(self, paths=(), *options):
        known = list(self.snapshots)
        target = self.random.choice(known[-8:] if self.random.random() < 0.7 else known)
        self.history[-1] += " to %s%s" % (target[:12], "".join(" " + name(path) for path in paths))
        report = self.run(["revert", target, *options], paths, target=target)
        if report is None:
            return
        head = report["id"]
        if not paths and not options and report["left_count"] == 0:
            if head != target and not (report["unchanged"] and head == report["former"]):
                raise Broken("a whole revert to %s has the head %s" % (target[:12], head[:12]))
        elif head not in self.snapshots:
            self.came_out(head)
        elif head == target and head != report["former"] and not report["unchanged"]:
            raise Broken("a part of %s has it as its head" % target[:12])
        self.pushed(head)

    def some_paths(self):
        every = sorted({path for snapshot in list(self.snapshots.values())[-4:] for path in snapshot.entries if path} | {b"d0"})
        self.revert([self.random.choice(every) for _ in range(self.random.choice((1, 1, 2)))])

    def keep_extra(self):
        self.revert((), "--keep-extra")

    def move(self, command):
        before = self.look()
        changed = self.changes(before)
        count = self.random.choice((1, 1, 1, 2, 3))
        self.history[-1] += " %d%s" % (count, " (changed)" if changed else "")
        if changed and command == "redo":
            done = self.snap("redo", str(count), "--yes", "-q")
            if done.returncode != 4:
                raise Broken("redo on a changed directory: status %d: %s" % (done.returncode, complaint(done)))
            self.require(replaced(before.state, capture(self.tree), before.state, change_time=True), "a refused redo")
            return
        report = self.run([command, str(count)], count=count)
        if report is None:
            return
        if report["id"] != report["target"]:
            # Not exactly the state that was meant: one of its own, as after a revert.
            if report["id"] not in self.snapshots:
                self.came_out(report["id"])
            self.pushed(report["id"])
        elif report["id"] == report["former"]:
            # So many steps lead back to where it was, or to an equal state: nothing is recorded.
            self.counts["%s that led nowhere" % command] += 1
        else:
            self.walk(command, count, self.undo, self.redo, self.counted_from, self.head)
            self.head = report["id"]

    def came_out(self, snapshot):
        self.register(snapshot, self.after, (), self.both)

    def recorded(self):
        """The head, as the log has it."""
        return next(event["new"] for event in self.events())

    def events(self):
        """The heads' events, the last first."""
        return [event for event in map(json.loads, self.must("log", "--json").splitlines()) if "position" in event]

    # The stacks.

    def pushed(self, snapshot):
        if snapshot != self.head:
            if self.head is not None:
                self.undo.append(self.head)
            self.redo.clear()
            self.head = snapshot

    def saved(self, snapshot, command, before):
        """What a command took first is the head now; pushed, unless nothing had changed."""
        if snapshot == self.head:
            return
        widens = any(event["new"] == snapshot and event["message"] == "the head and more" for event in self.events())
        head = self.snapshots[self.head]
        if widens if command == "revert" else widens == bool(self.changes(before)) and not before.caches | head.partial:
            raise Broken("%s saved %s, which is%s said to be the head and more" % (command, snapshot[:12], "" if widens else " not"))
        if widens:
            self.counts["saved the head and more"] += 1
            self.head = snapshot
        else:
            self.pushed(snapshot)

    def walk(self, command, count, undo, redo, start, left=None):
        """Move along the stacks from the head 'start', leaving 'left': the state that it leads to, or None, and then they are as they were."""
        stack, other = (undo, redo) if command == "undo" else (redo, undo)
        head, passed = start, []
        for _ in range(count):
            current = self.snapshots[head].root
            while True:
                if not stack:
                    stack.extend(reversed(passed))
                    return None
                passed.append(stack.pop())
                if self.snapshots[passed[-1]].root != current:
                    break
            head = passed[-1]
        other.extend([left or start, *passed[:-1]])
        return head

    # One command that puts the directory back, and everything about it but its head.

    def run(self, command, paths=(), target=None, count=None):
        """The command's report; None if it was right to refuse."""
        before = self.look()
        done = self.snap(*command, "--yes", "--json", *(["--", *paths] if paths else []))
        after = self.look()
        what = "%s (status %d)" % (" ".join(command), done.returncode)
        everything = {path for snapshot in self.snapshots.values() for path in snapshot.entries}
        if done.returncode == 4 and self.is_fair(done, command, paths, target, count, before):
            self.require(replaced(before.state, after.state, before.state, change_time=True), what)
            head = self.recorded()  # there may be a safety snapshot now
            self.register(head, before, (), everything)
            self.saved(head, command[0], before)
            return None
        if done.returncode not in (0, 3):
            raise Broken("%s: %s" % (what, complaint(done)))
        report = json.loads(done.stdout)
        goal = self.snapshots[report["target"]]
        if target not in (None, report["target"]):
            raise Broken("%s: went to %s" % (what, report["target"][:12]))
        if report["took_safety"] == (report["former"] in self.snapshots):
            raise Broken("%s: took_safety is %s for %s" % (what, report["took_safety"], report["former"][:12]))
        self.register(report["former"], before, goal.entries, everything)
        self.counted_from = self.head if command[0] == "redo" else report["former"]
        self.saved(report["former"], command[0], before)
        if count is not None and (right := self.walk(command[0], count, list(self.undo), list(self.redo), self.counted_from)) != report["target"]:
            raise Broken("%s: went to %s and not to %s" % (what, report["target"][:12], right and right[:12]))
        safety = self.snapshots[report["former"]]
        # It was taken just now, or says what there is all the same.
        self.require(differences({path: before.state[path] for path in safety.entries if path in before.state}, safety.entries), what + ": former")
        self.compare(what, Expected(before.state, safety, goal, paths, "--keep-extra" in command), before.state, after.state, done, report)
        self.after, self.both = after, {*safety.entries, *goal.entries}
        return report

    def compare(self, what, expected, before, after, done, report):
        goal = expected.target
        made = {path for path in expected.made if expected.selected(path) and goal.entries[path].kind != "directory"}
        wanted = {path: tuple(other for other in goal.groups.get(path, ()) if other in made) for path in made}
        wanted = {path: members for path, members in wanted.items() if len(members) > 1}
        self.require(differences(expected.out, after, expected.any_time, wanted, made), what)
        self.require(replaced(before, after, expected.stays), what + ": what was to stay")
        equal = [
            path for path in made if path in before and before[path][:WIDTH] == after[path][:WIDTH] and before[path].links == 1
            and path not in goal.groups]
        self.require(replaced(before, after, equal, change_time=True), what + ": what was equal")
        status = 3 if expected.is_part else 0
        if done.returncode != status and not expected.is_unsure:
            raise Broken("%s: the model says %d; left: %s" % (what, status, report["left"][:3]))
        if (done.returncode == 3) != (report["left_count"] > 0):
            raise Broken("%s: left_count is %d" % (what, report["left_count"]))
        if left := self.staged():
            raise Broken("%s: left over: %s" % (what, " ".join(left)))

    def is_fair(self, done, command, paths, target, count, before):
        """Whether there was really nothing to do it to."""
        if count is not None:
            if command[0] == "redo" and "changed since" in done.stderr:
                # What a snapshot cannot cover is a part of its tree all the same, and stays when a revert leads elsewhere.
                self.counts["redo refused for a gap"] += 1
                head = self.snapshots[self.head]
                return bool(before.caches | head.partial) or Coverage(before, head.entries).gaps.keys() != head.gaps.keys()
            if not re.search(r"(nothing|only \d+ steps?) to %s" % command[0], done.stderr):
                return False
            # Changes are a step of their own, and the head is what they lead back to.
            undo = [*self.undo, self.head] if command[0] == "undo" and self.changes(before) else list(self.undo)
            return count > len(undo) or self.walk(command[0], count, undo, list(self.redo), self.head) is None
        entries = self.snapshots[target].entries
        known = {*entries, *Coverage(before, entries).covered}
        return any(path not in known for path in paths)


def main():
    parser = argparse.ArgumentParser(description="random takes, edits, reverts, undos and redos, held against a model")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--user", type=int, help="run snap as this user, with files that he cannot read")
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--store", choices=["inside", "outside"], default="inside")
    parser.add_argument("--work", help="where to work; default: a new directory in the system's place for them")
    parser.add_argument("--keep", action="store_true", help="leave the directory of a failure there to look at")
    options = parser.parse_args()
    options.timeout = 120
    print("seed %d" % options.seed, flush=True)
    work = os.path.realpath(tempfile.mkdtemp(prefix="revert-model-", dir=options.work))
    passed, failed, model = 0, 0, None
    try:
        options.snap = private_copy(os.path.abspath(options.snap), work)
        model = Model(options, os.path.join(work, "place"))
        while passed < options.steps:
            model.step()
            passed += 1
            if passed % 100 == 0:
                model.must("verify", "--full", "-q")
    except Broken as error:
        failed = 1
        print("step %d: %s" % (passed + 1, error))
        for line in model.history[-6:] if model else ():
            print("   %s" % line)
    finally:
        if failed and options.keep:
            print("left in %s" % work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    if model:
        print(", ".join("%d %s" % (count, kind) for kind, count in sorted(model.counts.items())))
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
