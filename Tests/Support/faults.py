"""Faults at system calls: one after the other, on several slots at once, and what a program that breaks something so is told by its words.

A slot is a place to work in, and what is broken there: `Slot(options, path)` with `point(fault)`, which breaks it and looks at what came of it, `reaches(fault)`, whether a kill
there kills it, and `killed`, whether the last point did.
"""

import argparse
import concurrent.futures
import errno
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ID = re.compile(r"\A[0-9a-f]{64}\n\Z")
# Threads make the count of calls vary a little from run to run.
COMPLETIONS = 5
KILLING = argparse.Namespace(mode="kill")


class Broken(Exception):
    """A promise that did not hold."""


class Fault:
    """One place to break a take: by SNAP_FAULT, or by strace at the n-th call of a kind."""

    def __init__(self, options, number, call=None):
        self.kills = options.mode == "kill" or call is not None
        self.before, self.environment = [], {}
        if call:
            self.name = "%s call %d" % (call, number)
            self.before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=%s:signal=KILL:when=%d" % (call, number)]
        else:
            text = "kill:%d" % number if self.kills else "%s:%d:%d" % (options.mode, number, options.code)
            self.name = text
            self.environment = {"SNAP_FAULT": text}


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("SNAP_")}


def private_copy(binary, work):
    """The binary where every user can reach it."""
    os.chmod(work, 0o755)
    copy = os.path.join(work, "snap")
    shutil.copy2(binary, copy)
    os.chmod(copy, 0o755)
    return copy


def least_beyond(reached, high):
    """The least n that is not reached; `high` is where the search begins."""
    low = 0
    while reached(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if reached(middle) else (low, middle)
    return high


class Series:
    """The points 1, 1 + step, … of one kind, until enough of them lie beyond the end of what is broken."""

    def __init__(self, options, slots, call=None):
        self.options, self.slots, self.call = options, slots, call
        self.lock = threading.Lock()
        self.next = options.first
        self.beyond = 0
        self.kills = 0
        self.passed, self.failed = 0, 0
        # A failing call may be harmless, so only kills show where the end is: count first.
        self.last = None if options.mode == "kill" or call else self.count()

    def count(self):
        """How many calls there are: the least n that a kill at n does not reach."""
        slot = self.slots.get()
        try:
            return least_beyond(lambda number: slot.reaches(Fault(KILLING, number)), 256) + COMPLETIONS
        finally:
            self.slots.put(slot)

    def take_number(self):
        with self.lock:
            number = self.next
            if (self.last is not None and number > self.last) or self.beyond >= COMPLETIONS or number > self.options.limit:
                return None
            self.next += self.options.step
            return number

    def work(self):
        slot = self.slots.get()
        try:
            while (number := self.take_number()) is not None:
                fault = Fault(self.options, number, self.call)
                try:
                    slot.point(fault)
                    problem = None
                except (Broken, OSError, subprocess.SubprocessError) as error:
                    problem = error
                with self.lock:
                    if self.last is None:
                        self.beyond = 0 if slot.killed else self.beyond + 1
                        self.kills += slot.killed
                    self.passed += problem is None
                    self.failed += problem is not None
                    if problem is not None:
                        print("%s: %s" % (fault.name, problem), flush=True)
        finally:
            self.slots.put(slot)

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for future in [pool.submit(self.work) for _ in range(self.options.jobs)]:
                future.result()
        print("%s: %d points" % (self.call or self.options.mode, self.passed + self.failed), flush=True)
        if self.kills == 0 if self.last is None else self.last <= 1 + COMPLETIONS:
            print("the first fault was never reached: does '%s' know it?" % self.options.snap)
            self.failed += 1


def make_parser(description):
    """What all of these programs know."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--mode", choices=["kill", "fail", "fail-from"], default="kill")
    parser.add_argument("--errno", default="EIO", help="a name or a number, for the modes fail and fail-from")
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--store", choices=["inside", "outside"], default="inside")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, dest="step", help="test every n-th point")
    parser.add_argument("--first", type=int, default=1, help="begin at this point")
    parser.add_argument("--limit", type=int, default=1_000_000, help="stop after this point")
    parser.add_argument("--timeout", type=int, default=120, help="seconds a command may take")
    parser.add_argument("--work", help="where to work; default: a new directory in the system's place for them")
    parser.add_argument("--keep", action="store_true", help="leave the directories of a failure there to look at")
    return parser


def parse(parser):
    options = parser.parse_args()
    options.code = int(options.errno) if options.errno.isdigit() else getattr(errno, options.errno, None)
    if options.code is None:
        parser.error("no such errno: %s" % options.errno)
    if not os.access(options.snap, os.X_OK):
        parser.error("'%s' is not there: build it, or give --snap" % options.snap)
    return options


def break_everywhere(options, make_slot, calls=(None,), tell=lambda slots: None):
    """A series for each of 'calls', in a directory of their own; ends the program. 'tell' says something about the slots."""
    work = tempfile.mkdtemp(prefix="faults-", dir=options.work)
    options.snap = private_copy(os.path.abspath(options.snap), work)
    passed = failed = 0
    try:
        slots = queue.Queue()
        for number in range(options.jobs):
            slots.put(make_slot(options, os.path.join(work, "slot-%d" % number)))
        for call in calls:
            series = Series(options, slots, call)
            series.run()
            passed += series.passed
            failed += series.failed
        tell([slots.get() for _ in range(options.jobs)])
    except Broken as error:
        print("before any fault: %s" % error)
        failed += 1
    finally:
        if not (options.keep and failed):
            subprocess.run(["rm", "-rf", "--", work], check=False)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)
