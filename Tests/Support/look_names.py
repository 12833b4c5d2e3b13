#!/usr/bin/env python3
"""Names of any bytes come through every form that programs read: -z and --json of ls, diff and status, and cat.

    look_names.py --snap FILE [--work DIR]

A tree has files whose names hold each byte but '/' and zero, alone and in company, words that are no UTF-8, quotes, backslashes, line feeds, and what looks like an option
or a revision. Some are changed, added, removed and renamed. What snap says of them must be exactly what a walk of the two states says.
"""

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile

ODD = [b"-n", b"--", b"@", b"@~1", b"a:b", b":", b" ", b"  two  ", b"\n", b"a\nb", b"\t", b'"', b'"quoted"', b"\\", b"\\n", b"\xff\xfe", b"\xc3\x28", "日本語".encode(), "é".encode(), "é".encode(),
       b"\x1b[31m", b"\x7f", b"*", b"[a]", b"$HOME", b"x" * 255, b"a" + b"\xf0\x9f" * 100]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--snap", required=True)
    parser.add_argument("--work")
    options = parser.parse_args()
    snap = os.path.abspath(options.snap)
    generator = random.Random(5)
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        root = os.path.join(os.fsencode(work), b"tree")
        os.mkdir(root)

        def run(*arguments, statuses=(0,)):
            done = subprocess.run([snap, "-C", root, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if done.returncode not in statuses:
                sys.exit("%r ended with status %d: %s" % (arguments, done.returncode, done.stderr.decode(errors="replace")))
            return done.stdout

        names = [bytes([byte]) + b"_" for byte in range(1, 256) if byte != 0x2F] + ODD
        names += [bytes(generator.choice([byte for byte in range(1, 256) if byte != 0x2F]) for _ in range(generator.randrange(1, 40))) + b"_" for _ in range(200)]
        run("init", "-q")
        for place in (root, os.path.join(root, b"in \xff \n")):
            os.makedirs(place, exist_ok=True)
            for name in names:
                write(os.path.join(place, name), name)
        os.makedirs(os.path.join(root, b"empty\xfe"))
        first = run("take", "-q").strip()
        old = state(root)
        for index, path in enumerate(sorted(path for path in old if old[path] is not None)):
            whole = os.path.join(root, path)
            if index % 7 == 1:
                write(whole, b"edited " + path)
            elif index % 7 == 2:
                os.unlink(whole)
            elif index % 7 == 3:
                write(os.path.join(root, b"new\xfd-%d" % index), b"new %d" % index)
        new = state(root)
        files = {path for path in new if new[path] is not None}
        before = {path for path in old if old[path] is not None}
        expected = {path: "A" for path in files - before}
        expected.update({path: "D" for path in before - files})
        expected.update({path: "M" for path in files & before if old[path] != new[path]})
        check("changes", len(expected) > 100, True)
        live = run("diff", "--no-renames", "--name-status", "-z", first)
        check("diff --name-status -z against the directory", pairs(live), expected)
        check("diff --name-only -z", set(words(run("diff", "--no-renames", "--name-only", "-z", first))), set(expected))
        status = json.loads(run("status", "--json"))
        check("status --json", {path_of(change) for change in status["changes"]} <= set(new) | set(old), True)
        check("status --short -z", set(words(run("status", "--short", "-z"))) >= {b"M " + path for path in expected if expected[path] == "M"}, True)
        second = run("take", "-q").strip()
        check("diff --name-status -z", pairs(run("diff", "--no-renames", "--name-status", "-z", first, second)), expected)
        numbers = words(run("diff", "--no-renames", "--numstat", "-z", first, second))
        check("diff --numstat -z", {word.split(b"\t", 2)[2] for word in numbers}, set(expected))
        lines = [json.loads(line) for line in run("diff", "--no-renames", "--json", first, second).splitlines()]
        check("diff --json", {path_of(line) for line in lines} & (files | before), set(expected))
        for snapshot, wanted in ((first, old), (second, new)):
            slashed = {path + b"/" if wanted[path] is None else path for path in wanted}
            check("ls -R -z", set(words(run("ls", "-R", "-z", snapshot))), slashed)
            check("ls -R --json", {path_of(json.loads(line)) for line in run("ls", "-R", "--json", snapshot).splitlines()}, set(wanted))
        for path in generator.sample(sorted(before), 60):
            check("cat %r" % path, run("cat", first + b":" + path), old[path])
        path = sorted(expected)[len(expected) // 2]
        listed = run("list", "--json", "--", os.path.join(root, path))
        check("list -- %r" % path, len(listed.splitlines()), 2 if expected[path] != "A" else 1)
    print("%d names came through" % len(old))


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def state(root):
    """The content of each file by path from the root; None for directories."""
    found = {}
    for place, directories, files in os.walk(root):
        if b".snapstore" in directories:
            directories.remove(b".snapstore")
        for name in directories:
            found[os.path.relpath(os.path.join(place, name), root)] = None
        for name in files:
            with open(os.path.join(place, name), "rb") as file:
                found[os.path.relpath(os.path.join(place, name), root)] = file.read()
    return found


def words(output):
    if output and not output.endswith(b"\0"):
        sys.exit("the output does not end with a zero byte")
    return output.split(b"\0")[:-1]


def pairs(output):
    found = words(output)
    return {path: status.decode() for status, path in zip(found[::2], found[1::2])}


def path_of(line):
    if "path_base64" in line:
        return base64.b64decode(line["path_base64"])
    return line["path"].encode()


def check(what, found, wanted):
    if found == wanted:
        return
    if isinstance(wanted, (set, dict)):
        found, wanted = set(found.items() if isinstance(found, dict) else found), set(wanted.items() if isinstance(wanted, dict) else wanted)
        sys.exit("%s: too many %r, missing %r" % (what, sorted(found - wanted)[:5], sorted(wanted - found)[:5]))
    sys.exit("%s: %r, not %r" % (what, found, wanted))


if __name__ == "__main__":
    main()
