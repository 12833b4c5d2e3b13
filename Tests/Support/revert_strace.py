#!/usr/bin/env python3
"""A revert as the kernel sees it: what it writes to, what it makes durable and when, and what it costs. revert_strace.py SNAP [--files N]

One file of many was changed, and the revert of it is traced. Killing a process cannot show the order in which things become durable, because
the page cache outlives it; the calls do:

    new content staged · staged content and journal synced · journal under its name, its directory synced · renames · sync · line, fdatasync ·
    journal removed · what came out removed

No other file of the directory is opened for writing, renamed, or given other metadata. Then all files are changed, and the calls of that
revert are counted.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from snap_directory import Directory  # noqa: E402

CALL = re.compile(r"^(\d+) +(\w+)\((.*)\) += (.*)$")
SYNCS = ("fsync", "fdatasync", "syncfs", "sync")
WRITES = ("openat", "openat2", "open", "creat")
CHANGES = (
    "renameat2", "renameat", "rename", "unlinkat", "unlink", "linkat", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "utimensat", "truncate",
    "ftruncate", "setxattr", "fsetxattr", "lsetxattr", "setxattrat", "removexattr", "fremovexattr", "lremovexattr", "mkdirat", "symlinkat",
    "mknodat", "write", "pwrite64", "writev", "copy_file_range", "fallocate", "ioctl", "sendfile")


def traced(directory, log, *arguments):
    """The finished calls of a command, in the order in which they ended: (name, arguments, result)."""
    done = directory.snap(*arguments, before=["strace", "-f", "-y", "-s", "300", "-o", log])
    if done.returncode != 0:
        sys.exit("'snap %s' ended with status %d: %s" % (" ".join(arguments), done.returncode, done.stderr))
    calls, begun = [], {}
    with open(log, errors="replace") as file:
        for text in file:
            text = text.rstrip("\n")
            pid = text.split(" ", 1)[0]
            if text.endswith("<unfinished ...>"):
                begun[pid] = text[: -len("<unfinished ...>")].rstrip()
                continue
            if match := re.match(r"^\d+ +<\.\.\. \w+ resumed>(.*)$", text):
                text = begun.pop(pid, pid + " unknown(") + match.group(1)
            if match := CALL.match(text):
                calls.append(match.groups()[1:])
    # Everything before the library is initialised is the dynamic loader's, and not part of a static release.
    start = next((index for index, call in enumerate(calls) if directory.tree in call[1] and "O_PATH" in call[1]), 0)
    return calls[start:]


def touched(call):
    """The paths that a call writes to or changes, as far as they are in the working directory."""
    name, arguments, result = call
    if name in WRITES:
        if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", arguments) and (match := re.search(r"<(/.*)>$", result)):
            return [match.group(1)]
        return []
    if name not in CHANGES or result.startswith("-1") or name == "ioctl" and "FICLONE" not in arguments:
        return []
    paths = [os.path.join(place, inner) for place, inner in re.findall(r"<(/[^>]*)>, \"([^\"]*)\"", arguments)]
    return paths or re.findall(r"^\d+<(/[^>]*)>", arguments)


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, holds, detail=""):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        if not holds:
            print("%s: does not hold%s" % (what, ": %s" % detail if detail else ""))


def one_file(directory, first, changed, log, checks):
    calls = traced(directory, log, "revert", first, "--yes", "-q")
    tree = directory.tree
    parent = os.path.dirname(changed)
    others = collections.Counter()
    for call in calls:
        for path in touched(call):
            if path.startswith(tree + "/") and not path.startswith(directory.pointer) and path not in (changed, parent):
                others["%s of %s" % (call[0], path)] += 1
    checks.check("only the changed file and its directory are written to", not others, ", ".join(others))
    opened = [call for call in calls if call[0] in WRITES and changed in touched(call)]
    checks.check("the changed file itself is replaced, not written to", not opened, str(opened))

    def index(what, test, last=False):
        found = [number for number, call in enumerate(calls) if test(call)]
        checks.check("it happens: " + what, found)
        return (found[-1] if last else found[0]) if found else None

    def synced(start, end, path=""):
        return any(
            name in SYNCS and (path in arguments or name == "syncfs") and result.startswith("0") for name, arguments, result in calls[start:end])

    room = directory.store + "/directories/"
    marks = {
        "content staged": index("staged content is written", lambda c: c[0] in WRITES and any("/staging/" in p for p in touched(c)), last=True),
        "journal": index("the journal gets its name", lambda c: c[0].startswith("rename") and '"journal"' in c[1] and c[2].startswith("0")),
        "first rename": index("a rename in the directory", lambda c: c[0].startswith("rename") and changed in touched(c)),
        "last rename": index("a rename in the directory", lambda c: c[0].startswith("rename") and changed in touched(c), last=True),
        "line": index(
            "the line is written", lambda c: c[0] in ("write", "pwrite64", "writev") and room in c[1] and "/timelines/main>" in c[1], last=True),
        "journal removed": index("the journal goes", lambda c: c[0].startswith("unlink") and '"journal"' in c[1] and c[2].startswith("0")),
        "came out removed": index(
            "what came out goes", lambda c: c[0].startswith("unlink") and "/staging>" in c[1] and c[2].startswith("0"), last=True),
    }
    if any(mark is None for mark in marks.values()):
        return
    order = list(marks.values())
    checks.check("the order", order == sorted(order), str(marks))
    checks.check("staged content is durable before the journal", synced(marks["content staged"], marks["journal"]))
    checks.check("the journal is durable before the first rename", synced(marks["journal"], marks["first rename"], room))
    checks.check("the renames are durable before the line", synced(marks["last rename"], marks["line"]))
    checks.check("the line is durable before the journal goes", synced(marks["line"], marks["journal removed"], "/timelines/main>"))
    phases = [
        ("safety snapshot, plan, staging, journal", 0, marks["journal"]), ("journal to the first rename", marks["journal"], marks["first rename"]),
        ("renames, metadata", marks["first rename"], marks["line"]), ("the line", marks["line"], marks["journal removed"]),
        ("clean-up", marks["journal removed"], len(calls)),
    ]
    for name, start, end in phases:
        counted = collections.Counter(call[0] for call in calls[start:end] if call[0] in SYNCS)
        print("%s: %d calls, %s" % (name, end - start, ", ".join("%d %s" % (n, call) for call, n in sorted(counted.items())) or "no sync"))


def every_file(directory, files, log, checks, make):
    before = directory.taken()
    make("other")
    directory.taken()
    calls = traced(directory, log, "revert", before, "--yes", "-q")
    counted = collections.Counter(call[0] for call in calls)
    syncs = sum(counted[name] for name in SYNCS)
    print(
        "%d files changed: %.1f system calls a file: %s" % (
            files, len(calls) / files, ", ".join("%s %.1f" % (name, n / files) for name, n in counted.most_common(14) if n >= files / 4)))
    checks.check("the number of syncs does not grow with the files", syncs < 12, "%d for %d files" % (syncs, files))


def main():
    parser = argparse.ArgumentParser(description="trace reverts: what they write to, what they sync and when, what they cost")
    parser.add_argument("snap", metavar="SNAP")
    parser.add_argument("--files", type=int, default=400)
    options = parser.parse_args()
    options.snap, options.store, options.timeout = os.path.realpath(options.snap), "inside", 300
    checks = Checks()
    with tempfile.TemporaryDirectory() as work:
        directory = Directory(options, os.path.realpath(work) + "/place")

        def make(what):
            for number in range(options.files):
                path = os.path.join(directory.tree, "directory-%d" % (number % 20), "file-%d" % number)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w") as file:
                    file.write("%s %d\n" % (what, number) * 50)

        make("first")
        directory.init()
        first = directory.taken()
        changed = os.path.join(directory.tree, "directory-7", "file-7")
        with open(changed, "a") as file:
            file.write("changed\n")
        directory.taken()
        log = os.path.join(work, "log")
        one_file(directory, first, changed, log, checks)
        with open(changed) as file:
            checks.check("the file is as it was", "changed" not in file.read())
        every_file(directory, options.files, log, checks, make)
        directory.clean()
    print("%d passed, %d failed" % (checks.passed, checks.failed))
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    if subprocess.run(["which", "strace"], stdout=subprocess.DEVNULL).returncode:
        sys.exit("strace is not installed")
    main()
