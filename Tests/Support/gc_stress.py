#!/usr/bin/env python3
"""Everything at once on one store, with kill -9 among it, and then nothing that was acknowledged may be lost.

    gc_stress.py [--seconds 60] [--directories 2] [--collectors 2] [--seed N] [--snap FILE]

Each directory has a thread that edits, takes, reverts, undoes and redoes; what a take has acknowledged is copied aside. Other threads
name, drop and recover snapshots of any directory, and run gc of all kinds. One command in six is killed after a random time. A
revert that was killed is continued or aborted. In the end:

- 'snap verify --full' finds nothing;
- every checkpoint that a take has acknowledged, and that nobody tried to drop, is in its directory's list;
- every snapshot in a list of which there is a copy restores exactly;
- what was recovered and acknowledged is in the list too, unless somebody tried to drop it later;
- a last gc with --now ends well, and all of that holds again.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from compare import Comparison  # noqa: E402
from faults import HERE, Broken, clean_environment, private_copy  # noqa: E402
from snap_directory import complaint, copy_tree  # noqa: E402


class Result:
    def __init__(self, code, out, err):
        self.returncode, self.stdout, self.stderr = code, out, err
        self.killed = code == -signal.SIGKILL


class Stress:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.store = os.path.join(work, "store")
        self.lock = threading.Lock()
        self.problems = []
        self.counts = {}
        # Snapshot -> its directory's place and a copy of what it was.
        self.states = {}
        # What must be in a list: acknowledged, and not known to have been dropped since.
        self.certain = {}
        self.end = time.monotonic() + options.seconds
        self.places = []
        for number in range(options.directories):
            place = os.path.join(work, "tree-%d" % number)
            os.mkdir(place)
            self.write(place, "start", b"%d\n" % number)
            self.places.append(place)
            self.must(place, "init", "-q", "--store", self.store)

    def write(self, place, name, data):
        with open(os.path.join(place, name), "wb") as file:
            file.write(data)

    def run(self, place, *words, dies=None):
        """One command; 'dies' is a random generator if it may be killed."""
        process = subprocess.Popen(
            [self.options.snap, "-C", place, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", env={**clean_environment(), "HOME": self.work})
        wait = None
        if dies is not None and dies.randrange(6) == 0:
            wait = dies.random() ** 3 * 0.5
        try:
            out, err = process.communicate(timeout=wait if wait is not None else self.options.timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            if wait is None:
                raise Broken("'snap %s' did not end" % " ".join(words)) from None
        with self.lock:
            key = (words[0], "killed" if process.returncode == -signal.SIGKILL else process.returncode)
            self.counts[key] = self.counts.get(key, 0) + 1
        return Result(process.returncode, out, err)

    def must(self, place, *words, statuses=(0,)):
        done = self.run(place, *words)
        if done.returncode not in statuses:
            raise Broken("'snap %s' ended with status %d: %s" % (" ".join(words), done.returncode, complaint(done)))
        return done.stdout

    # The threads.

    def guarded(self, body, number):
        sample = random.Random("%s %s %d" % (self.options.seed, body.__name__, number))
        try:
            while time.monotonic() < self.end and not self.problems:
                body(number, sample)
        except (Broken, OSError, ValueError) as error:
            with self.lock:
                self.problems.append("%s %d: %s" % (body.__name__, number, error))

    def work_in(self, number, sample):
        place = self.places[number]
        for _ in range(sample.randrange(1, 5)):
            self.edit(place, sample)
        what = sample.randrange(10)
        if what < 6:
            self.take(place, sample)
        elif what < 8:
            self.go(place, sample, "undo" if sample.randrange(2) else "redo")
        else:
            known = [snapshot for snapshot, (where, _) in list(self.states.items()) if where == place]
            if known:
                self.go(place, sample, "revert", sample.choice(known))

    def edit(self, place, sample):
        name = "file-%d" % sample.randrange(12)
        kind = sample.randrange(4)
        if kind == 0:
            self.write(place, name, sample.randbytes(sample.randrange(1, 400_000)))
        elif kind == 1:
            # Content that comes back: what was dropped may have had it.
            self.write(place, name, random.Random(sample.randrange(8)).randbytes(200_000))
        elif kind == 2:
            self.write(place, name, b"".join(b"%d %d\n" % (line, line * line) for line in range(sample.randrange(1, 3000))))
        else:
            try:
                os.unlink(os.path.join(place, name))
            except FileNotFoundError:
                pass

    def take(self, place, sample):
        done = self.run(place, "take", "-q", "--json", dies=sample)
        if not done.killed and done.returncode != 0:
            raise Broken("a take ended with status %d: %s" % (done.returncode, complaint(done)))
        # Also one that was killed after it had said what it did.
        if not done.stdout.endswith("\n"):
            return
        said = json.loads(done.stdout)
        # An old one is the head, which may be an operation, and those expire.
        if not said["new"]:
            return
        snapshot = said["id"]
        copy = os.path.join(self.work, "state-%s" % snapshot)
        copy_tree(place, copy)
        with self.lock:
            self.states[snapshot] = (place, copy)
            self.certain[snapshot] = place

    def go(self, place, sample, *words):
        done = self.run(place, *words, "--yes", "-q", dies=sample)
        if done.killed:
            self.settle(place, sample)
        elif done.returncode not in (0, 3, 4):
            raise Broken("'snap %s' ended with status %d: %s" % (" ".join(words), done.returncode, complaint(done)))

    def settle(self, place, sample):
        """A revert that was killed is finished or taken back, if it was begun."""
        for _ in range(20):
            done = self.run(place, "revert", sample.choice(("--continue", "--abort")), "--yes", "-q", dies=sample)
            if done.killed:
                continue
            if done.returncode in (0, 3) or "no revert is unfinished" in done.stderr:
                return
            raise Broken("a revert cannot be settled: status %d: %s" % (done.returncode, complaint(done)))

    def meddle(self, number, sample):
        """Names, drops and recoveries, beside everything else."""
        place = sample.choice(self.places)
        with self.lock:
            known = [snapshot for snapshot, (where, _) in self.states.items() if where == place]
        if not known:
            self.run(place, "list", "-q")
            return
        snapshot = sample.choice(known)
        what = sample.randrange(4)
        if what == 0:
            self.run(place, "name", "-f", "name-%d" % sample.randrange(4), snapshot, dies=sample)
        elif what == 1:
            with self.lock:
                self.certain.pop(snapshot, None)
            self.run(place, "drop", "--force", snapshot, "-q", dies=sample)
        else:
            done = self.run(place, "list", "--expired", "--json")
            expired = [json.loads(line)["id"] for line in done.stdout.splitlines()]
            if not expired:
                return
            snapshot = sample.choice(expired)
            done = self.run(place, "recover", snapshot, "-q", dies=sample)
            if done.returncode == 3:
                raise Broken("%s came back in parts" % snapshot[:12])
            with self.lock:
                if done.returncode == 0 and snapshot in self.states:
                    self.certain[snapshot] = place

    def collect(self, number, sample):
        words = ["gc", "-q"]
        if sample.randrange(2):
            words.append("--now")
        if sample.randrange(3) == 0:
            words += ["--keep-operations", "3", "--keep-operations-within", "0h"]
        if sample.randrange(4) == 0:
            words.append("--no-compact")
        elif sample.randrange(6) == 0:
            words.append("--max")
        done = self.run(sample.choice(self.places), *words, dies=sample)
        if not done.killed and done.returncode not in (0, 3):
            raise Broken("'snap %s' ended with status %d: %s" % (" ".join(words), done.returncode, complaint(done)))

    # The end.

    def check(self, what):
        for place in self.places:
            self.must(place, "verify", "--full", "-q")
            living = {json.loads(line)["id"] for line in self.must(place, "list", "--json").splitlines()}
            for snapshot, where in self.certain.items():
                if where == place and snapshot not in living:
                    raise Broken("%s: %s was acknowledged and is in no list" % (what, snapshot[:12]))
            for snapshot in living & self.states.keys():
                self.restores(place, snapshot, self.states[snapshot][1], what)

    def restores(self, place, snapshot, expected, what):
        target = os.path.join(self.work, "restored")
        subprocess.run(["rm", "-rf", "--", target], check=True)
        self.must(place, "revert", snapshot, "--into", target, "-q")
        found = []
        Comparison(ignore=["/.snapstore"], report=found.append).trees(expected, target)
        if found:
            raise Broken("%s: %s does not restore exactly: %s" % (what, snapshot[:12], "; ".join(found[:3])))

    def go_through(self):
        threads = []
        for body, count in ((self.work_in, len(self.places)), (self.meddle, 1), (self.collect, self.options.collectors)):
            for number in range(count):
                threads.append(threading.Thread(target=self.guarded, args=(body, number)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.problems:
            raise Broken("; ".join(self.problems))
        sample = random.Random(self.options.seed)
        for place in self.places:
            self.settle(place, sample)
        self.check("in the end")
        self.must(self.places[0], "gc", "--now", "-q")
        if os.path.exists(os.path.join(self.store, "retired")):
            raise Broken("packs are still retired after the last gc")
        self.check("after the last gc")


def main():
    parser = argparse.ArgumentParser(description="everything at once on one store, and then nothing may be lost")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--directories", type=int, default=2)
    parser.add_argument("--collectors", type=int, default=2)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--timeout", type=int, default=120, help="seconds a command may take")
    parser.add_argument("--work", help="where to work; default: a new directory in the system's place for them")
    parser.add_argument("--keep", action="store_true", help="leave the directories there if something failed")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    if not os.access(options.snap, os.X_OK):
        parser.error("'%s' is not there: build it, or give --snap" % options.snap)
    print("seed %d" % options.seed)
    work = tempfile.mkdtemp(prefix="gc-stress-", dir=options.work)
    options.snap = private_copy(os.path.abspath(options.snap), work)
    failed = False
    try:
        stress = Stress(options, work)
        stress.go_through()
        print(", ".join("%d %s (%s)" % (count, name, code) for (name, code), count in sorted(stress.counts.items(), key=str)))
        print("%d snapshots acknowledged, %d of them certain" % (len(stress.states), len(stress.certain)))
    except Broken as error:
        print(error)
        failed = True
    finally:
        if not (options.keep and failed):
            shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
