#!/usr/bin/env python3
"""Looking goes on where a file of the directory cannot be read any more: every system call of 'snap diff' fails in turn with ENOENT, as if somebody removed what it names.

    look_faults.py --snap FILE [--work DIR]

Needs a debug build. No run may end by a signal, write to the directory, or say nothing of what it left out: a run with status 0 has the whole result or a note that names
a path, and one that shows less than differs has status 3. At least one run must have met a file that was there when the directory was looked at, and not when it was read.
"""

import argparse
import os
import subprocess
import sys
import tempfile

ENOENT = 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--snap", required=True)
    parser.add_argument("--work")
    options = parser.parse_args()
    snap = os.path.abspath(options.snap)
    with tempfile.TemporaryDirectory(dir=options.work) as work:

        def run(*arguments, fault=None):
            environment = {**os.environ, **({"SNAP_FAULT": "fail:%d:%d" % (fault, ENOENT)} if fault else {})}
            return subprocess.run([snap, "-C", work, *arguments], capture_output=True, text=True, check=False, env=environment)

        run("init", "-q")
        for number in range(3):
            write(work, number, "old %d\n" % number)
        head = run("take", "-q").stdout
        for number in range(2):
            write(work, number, "new %d\n" % number)
        whole = run("diff").stdout
        number, unread, harmless = 0, 0, 0
        while True:
            number += 1
            done = run("diff", fault=number)
            if done.returncode not in (0, 3, 4):
                sys.exit("call %d: status %d: %s" % (number, done.returncode, done.stderr))
            if done.returncode in (0, 3) and done.stdout != whole:
                missing = [name for name in ("f0", "f1", "f2") if ("b/" + name in whole) != ("b/" + name in done.stdout)]
                if any(name not in done.stderr for name in missing) or not done.stderr.startswith("note: "):
                    sys.exit("call %d: it says nothing of what it left out: %s\n%s" % (number, done.stdout, done.stderr))
            if ("cannot read 'f" in done.stderr and done.returncode != 4) != (done.returncode == 3):
                sys.exit("call %d: status %d: %s" % (number, done.returncode, done.stderr))
            if done.returncode == 3:
                unread += 1
                for options in (("-q",), ("-w", "--exit-code")):
                    # With other options the same call is a few numbers away.
                    if not any(run("diff", *options, fault=near).returncode == 3 for near in range(max(number - 8, 1), number + 8)):
                        sys.exit("call %d: with %s the status is not 3" % (number, " ".join(options)))
            harmless = harmless + 1 if done.returncode == 0 and done.stdout == whole and not done.stderr else 0
            if harmless == 200:
                break
        if run("log", "--json").stdout.count("\n") != 1 or run("list", "--json").stdout.count(head.strip()) != 1:
            sys.exit("looking has written something")
        if not unread:
            sys.exit("no call of %d was that of reading a file" % number)
    print("%d calls failed; a file was gone in %d of them" % (number, unread))


def write(work, number, text):
    with open(os.path.join(work, "f%d" % number), "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    main()
