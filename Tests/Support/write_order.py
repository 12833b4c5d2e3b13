#!/usr/bin/env python3
"""The order of a take's writes, seen by strace: pack fsync, rename, fsync of packs/, line, fdatasync. write_order.py SNAP

After a power failure a line must not name a pack that is not there; killing the process cannot show that, because the page cache outlives it.
"""
import os
import re
import subprocess
import sys
import tempfile


def main():
    snap = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        tree = os.path.join(work, "tree")
        os.mkdir(tree)
        with open(os.path.join(tree, "file"), "w") as file:
            file.write("content")
        log = os.path.join(work, "log")
        subprocess.run([snap, "-C", tree, "init", "-q"], check=True)
        calls = "trace=openat,openat2,open,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2"
        take = [snap, "-C", tree, "take", "-q"]
        subprocess.run(["strace", "-f", "-y", "-e", calls, "-o", log] + take, check=True, stdout=subprocess.DEVNULL)
        with open(log, errors="replace") as file:
            lines = file.read().splitlines()
    steps = [
        ("pack written", r"write\(\d+<[^>]*/tmp/[^>]*\.pack>"),
        ("pack fsync", r"fsync\(\d+<[^>]*/tmp/[^>]*\.pack>\) += 0"),
        ("rename", r"renameat2?\(.*/tmp>.*\.pack\".*/packs>.*\.pack\".* = 0"),
        ("fsync of packs/", r"fsync\(\d+<[^>]*/packs>\) += 0"),
        ("line appended", r"write\(\d+<[^>]*/timelines/main>"),
        ("fdatasync of the timeline", r"fdatasync\(\d+<[^>]*/timelines/main>\) += 0"),
    ]
    at = 0
    for name, pattern in steps:
        found = [index for index, line in enumerate(lines) if re.search(pattern, line)]
        if len(found) != 1 or found[0] < at:
            print("write order: '%s' is not there once and in its place: %r" % (name, found), file=sys.stderr)
            print("0 passed, 1 failed")
            return 1
        at = found[0]
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
