#!/usr/bin/env python3
"""Count the instructions of fixed small workloads, and compare them with those that were counted before.

    instructions.py [--snap FILE] [--update] [--rounds 3]

The counts come from callgrind and stand in instructions.json, with what they depend on besides the program: compiler, libraries, valgrind, and the instruction sets that the kernels choose from (as far as valgrind knows them: it hides SHA).
Where that is the same, a change of more than 3 % is a change of the program: --update writes the new counts, to be committed with the reason. Where it is not, nothing is compared. Of several
rounds the least counts, because ids and times are random and compress a little differently.
"""

import argparse
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BASELINE = os.path.join(HERE, "instructions.json")
TOLERANCE = 0.03
WORDS = ["let ", "var ", "return ", "self", "(", ")", "\n    ", "count", " = ", "index", "\n", "guard ", "else ", "struct ", "func "]


class Workloads:
    def __init__(self, snap, work):
        self.snap, self.work = snap, work
        self.directory = os.path.join(work, "directory")
        self.random = random.Random(7)

    def run(self, *arguments):
        subprocess.run([self.snap, "-C", self.directory, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def text(self, length):
        parts = []
        size = 0
        while size < length:
            part = self.random.choice(WORDS) if self.random.random() < 0.9 else str(self.random.randrange(100_000))
            parts.append(part)
            size += len(part)
        return "".join(parts)[:length]

    def fresh(self):
        """Forty files in four directories, taken when their times are no longer recent."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.random.seed(7)
        for number in range(40):
            path = self.path(number)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(self.text(6000))
        self.run("init", "-q")
        time.sleep(0.1)

    def path(self, number):
        return os.path.join(self.directory, "part-%d" % (number % 4), "file-%02d.c" % number)

    def taken(self):
        self.fresh()
        self.run("take", "-q")
        self.run("take", "-q")

    def edit(self, numbers):
        for number in numbers:
            with open(self.path(number), encoding="ascii") as file:
                text = file.read()
            with open(self.path(number), "w", encoding="ascii") as file:
                file.write(text[:3000] + "edited" + text[3006:])
        time.sleep(0.1)

    def edited(self, numbers):
        self.taken()
        self.edit(numbers)

    def history(self):
        self.taken()
        for number in range(30):
            self.edit([number])
            self.run("take", "-q")

    def all(self):
        """Each workload: its name, its set-up, and the command that is counted."""
        yield "version", self.fresh, ["--version"]
        yield "first take of 40 files", self.fresh, ["take", "-q"]
        yield "unchanged take", self.taken, ["take", "-q"]
        yield "take of one edit", lambda: self.edited([5]), ["take", "-q"]
        yield "revert of one edit", lambda: self.edited([5]), ["revert", "-q", "--yes", "@"]
        yield "list of 31 snapshots", self.history, ["list"]
        yield "verify of 31 snapshots", self.history, ["verify", "--full", "-q"]

    def count(self, command):
        """Instructions of one run on one processor: with more, how the threads meet changes the work by a tenth."""
        output = os.path.join(self.work, "callgrind.out")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + output, self.snap, "-C", self.directory, *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
        return int(re.search(r"refs:\s*([\d,]+)", done.stderr).group(1).replace(",", ""))


def surroundings():
    def first_line(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout or done.stderr).strip().split("\n")[0]

    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = set(re.search(r"^flags\s*:(.*)", file.read(), re.MULTILINE).group(1).split())
    return {
        "swift": first_line("swift", "--version"), "zstd": first_line("pkg-config", "--modversion", "libzstd"),
        "lz4": first_line("pkg-config", "--modversion", "liblz4"), "libc": " ".join(platform.libc_ver()), "valgrind": first_line("valgrind", "--version"),
        "instruction sets": " ".join(sorted(flags & {"avx2", "bmi2", "sse4_2"}))}


def main():
    parser = argparse.ArgumentParser(description="compare instruction counts with those of before")
    parser.add_argument("--snap", default=os.path.join(HERE, "../.build/release/snap"))
    parser.add_argument("--update", action="store_true", help="write what was counted")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    before = {}
    if os.path.exists(BASELINE):
        with open(BASELINE, encoding="utf-8") as file:
            before = json.load(file)
    here = surroundings()
    if not options.update and before.get("surroundings") != here:
        print("not compared: the counts are from %s, and this is %s" % (before.get("surroundings"), here))
        before = {}
    counted, worse = {}, 0
    work = tempfile.mkdtemp(prefix="instructions-")
    try:
        # Debug information of the newest kind stops valgrind.
        snap = os.path.join(work, "snap")
        subprocess.run(["objcopy", "--strip-debug", os.path.abspath(options.snap), snap], check=True)
        workloads = Workloads(snap, work)
        for name, prepare, command in workloads.all():
            counts = []
            for _ in range(options.rounds):
                prepare()
                counts.append(workloads.count(command))
            counted[name] = min(counts)
            known = before.get(name)
            change = None if known is None else counted[name] / known - 1
            verdict = "" if change is None or abs(change) <= TOLERANCE else " more" if change > 0 else " less"
            if verdict and not options.update:
                worse += 1
            print("%-26s %12s  %s%s" % (name, f"{counted[name]:,}", "new" if change is None else "%+.1f %%" % (change * 100), verdict))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if options.update:
        with open(BASELINE, "w", encoding="utf-8") as file:
            json.dump({"surroundings": here, **counted}, file, indent=1)
            file.write("\n")
    if worse:
        print("%d workloads are off by more than %d %%: mend them, or write the new counts with --update and say why" % (worse, TOLERANCE * 100))
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
