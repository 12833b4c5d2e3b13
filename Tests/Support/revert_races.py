#!/usr/bin/env python3
"""Reverts while others write, and in a directory that somebody turns against them. revert_races.py [--rounds 100] [--snap FILE] [--seed S]

Writers. In each round, 'snap revert' runs while threads write to the files that it replaces and removes: in place, by appending, by rename as
editors do, and to new names, also in directories that are about to go. Each content is unique, and no path is written twice in a round, so
nothing is overwritten by its own writer. At the end every content that was written and closed is in the directory or in a snapshot.

Hostile tree. Directories are exchanged for symbolic links that lead outside, while takes and reverts run in a loop. Outside are files of the
same names. None of their bytes gets into a snapshot, and they are not written to: inode, content, mode, owner, times. A file outside that
has another name inside is never changed in place.
"""

import argparse
import ctypes
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from faults import HERE, Broken, private_copy  # noqa: E402
from snap_directory import Directory, complaint  # noqa: E402
from tree_state import capture, differences  # noqa: E402

TOKEN = re.compile(rb"<[a-z]+ [0-9]+ [0-9]+>")
MARKER = b"MARKER of what is outside"
FILES = 60
AT_FDCWD, RENAME_EXCHANGE = -100, 2
LIBC = ctypes.CDLL(None, use_errno=True)


def exchange(a, b):
    if LIBC.renameat2(AT_FDCWD, os.fsencode(a), AT_FDCWD, os.fsencode(b), RENAME_EXCHANGE):
        raise OSError(ctypes.get_errno(), "exchange")


def restored(directory, snapshot):
    """The snapshot's files, in a place of their own."""
    target = os.path.join(directory.where, "restored")
    subprocess.run(["rm", "-rf", "--", target], check=True)
    directory.must("revert", snapshot, "--into", target, "-q", statuses=(0, 3))
    return target


def contents(top):
    for place, _, files in os.walk(os.fsencode(top)):
        for name in files:
            path = os.path.join(place, name)
            if not os.path.islink(path) and os.path.isfile(path):
                with open(path, "rb") as file:
                    yield path, file.read()


# Writers.

class Writer(threading.Thread):
    """Writes to its paths, each once, at a pace that spreads them over about as long as a revert takes."""

    WAYS = ("in place", "append", "rename", "new", "new directory", "held")

    def __init__(self, tree, number, round_number, names, seconds, seed):
        super().__init__()
        self.tree, self.number, self.round, self.names, self.seconds = tree, number, round_number, names, seconds
        self.random = random.Random(seed)
        self.written = {}
        self.held = set()
        self.missed = 0

    def run(self):
        self.random.shuffle(self.names)
        for count, name in enumerate(self.names):
            token = b"<%s %d %d>" % (b"abcdefgh"[self.number : self.number + 1], self.round, count)
            way = self.random.choice(self.WAYS)
            try:
                self.write(os.path.join(self.tree, name), token, way)
                self.written[token] = "%s %s" % (way, name)
            except OSError:
                self.missed += 1  # its directory went: nothing was written
            time.sleep(self.seconds / len(self.names) * self.random.random() * 2)

    def write(self, path, token, way):
        text = token + b" written %s\n" % way.encode() * 20
        if way == "new":
            path += "-new"
        elif way == "new directory":
            path = os.path.join(path + "-directory", "inner", "file")
            os.makedirs(os.path.dirname(path))
        elif way == "rename":
            with open(path + "-temporary-%d" % self.number, "wb") as file:
                file.write(text)
            os.rename(path + "-temporary-%d" % self.number, path)
            return
        elif way == "append":
            text = b"\n" + text
        elif way == "held":
            # A descriptor from before: what is written to it goes where the file went.
            with open(path, "r+b", buffering=0) as file:
                time.sleep(self.random.random() * 0.004)
                file.write(text)
            return
        with open(path, "ab" if way == "append" else "wb", buffering=0) as file:
            file.write(text)


def write_round(directory, round_number, seed, counts):
    sample = random.Random(seed)
    tree = directory.tree
    kept = sorted(os.path.relpath(path.decode(), tree) for path, _ in contents(tree) if b"/.snapstore/" not in path)
    for name in kept:
        with open(os.path.join(tree, name), "ab") as file:
            file.write(b"edited in round %d\n" % round_number)
    gone = ["gone-%d-%d/file-%d" % (round_number, number % 3, number) for number in range(FILES // 3)]
    for name in gone:
        os.makedirs(os.path.join(tree, os.path.dirname(name)), exist_ok=True)
        with open(os.path.join(tree, name), "wb") as file:
            file.write(b"will be removed\n")
    if sample.random() < 0.5:
        directory.taken()
    names = kept + gone
    sample.shuffle(names)
    seconds = directory.revert_seconds * 1.3
    writers = [Writer(tree, number, round_number, names[number::2], seconds, sample.random()) for number in range(2)]
    for writer in writers:
        writer.start()
    time.sleep(sample.random() * seconds * 0.2)
    begun = time.monotonic()
    done = directory.snap("revert", directory.first, "--yes")
    directory.revert_seconds = 0.5 * directory.revert_seconds + 0.5 * (time.monotonic() - begun)
    for writer in writers:
        writer.join()
    if done.returncode not in (0, 3):
        raise Broken("the revert ended with status %d: %s" % (done.returncode, complaint(done)))
    if directory.is_unfinished():
        raise Broken("status %d, and the revert is unfinished" % done.returncode)
    # The take in is_unfinished has just recorded what is in the directory now, and may not be counted.
    missing = {token: what for writer in writers for token, what in writer.written.items()}
    counts["written"] += len(missing)
    counts["parts"] += done.returncode == 3
    for path, data in contents(tree):
        if b"/.snapstore/" not in path:
            found(missing, data, counts, "in the directory")
    ids = [line.split('"id":"')[1][:64] for line in directory.must("list", "--json", "-n", "4").splitlines()]
    for snapshot in ids:
        if not missing:
            break
        for _, data in contents(restored(directory, snapshot)):
            found(missing, data, counts, "in a snapshot")
    for _, data in contents(os.path.join(directory.pointer, "staging")):
        found(missing, data, counts, "kept in staging")
    if missing:
        raise Broken("lost: %s; the revert said: %s" % (", ".join(sorted(missing.values())), complaint(done)))
    for name in os.listdir(tree):
        if name != ".snapstore" and not name.startswith("kept"):
            shutil.rmtree(os.path.join(tree, name))
    directory.must("revert", directory.first, "--yes", "-q")


def found(missing, data, counts, where):
    for token in set(TOKEN.findall(data)):
        if missing.pop(token, None):
            counts[where] += 1


def writers(options, work, counts):
    directory = Directory(options, os.path.join(work, "writers"))
    for number in range(FILES):
        path = os.path.join(directory.tree, "kept-%d" % (number % 4), "file-%d" % number)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"first %d\n" % number)
    directory.init()
    directory.first = directory.taken()
    directory.revert_seconds = 0.15
    broken = 0
    for number in range(options.rounds):
        try:
            write_round(directory, number, "%s %d" % (options.seed, number), counts)
        except Broken as error:
            print("writers, round %d: %s" % (number, error), flush=True)
            broken += 1
            if broken == 10 or directory.snap("revert", directory.first, "--yes", "-q").returncode != 0:
                break
    directory.must("verify", "--full", "-q")
    return number + 1 - broken, broken


# Hostile tree.

def attack(tree, seed, stop):
    sample = random.Random(seed)
    while not stop.is_set():
        number = sample.randrange(8)
        try:
            exchange(os.path.join(tree, "d%d" % number), os.path.join(tree, "link%d" % number))
            if sample.random() < 0.3:
                exchange(os.path.join(tree, "d%d/sub" % number), os.path.join(tree, "d%d/sub-link" % number))
        except OSError:
            pass  # snap has one of them just now
        time.sleep(sample.random() * 0.002)


def hostile(options, work, counts):
    directory = Directory(options, os.path.join(work, "hostile"))
    tree, outside = directory.tree, os.path.join(work, "outside")
    for number in range(8):
        for top, text in ((os.path.join(tree, "d%d" % number), b"inside"), (os.path.join(outside, "d%d" % number), MARKER)):
            for inner in ("", "sub"):
                os.makedirs(os.path.join(top, inner), exist_ok=True)
                for name in "abc":
                    with open(os.path.join(top, inner, name), "wb") as file:
                        file.write(text + b" %d%s%s" % (number, inner.encode(), name.encode()))
        os.symlink(os.path.join(outside, "d%d" % number), os.path.join(tree, "link%d" % number))
        os.symlink(os.path.join(outside, "d%d/sub" % number), os.path.join(tree, "d%d/sub-link" % number))
    os.symlink(os.path.join(outside, "d0/a"), os.path.join(tree, "file-link"))
    linked = os.path.join(outside, "linked")
    with open(linked, "wb") as file:
        file.write(b"known under two names")
    os.link(linked, os.path.join(tree, "linked"))
    directory.init()
    first = directory.taken()
    a = capture(tree)
    for number in range(8):
        for name in ("d%d/a", "d%d/sub/b"):
            with open(os.path.join(tree, name % number), "wb") as file:
                file.write(b"changed inside")
        os.unlink(os.path.join(tree, "d%d/c" % number))
        with open(os.path.join(tree, "d%d/new" % number), "wb") as file:
            file.write(b"new inside")
    os.chmod(linked, 0o600)
    second = directory.taken()
    before = capture(outside)
    stop = threading.Event()
    attackers = [threading.Thread(target=attack, args=(tree, "%s %d" % (options.seed, number), stop)) for number in range(2)]
    for thread in attackers:
        thread.start()
    sample = random.Random(options.seed)
    statuses = {}
    try:
        for number in range(options.rounds):
            arguments = [("take", "--rehash"), ("revert", first, "--yes"), ("take",), ("revert", second, "--yes")][number % 4]
            done = directory.snap(*arguments)
            if done.returncode not in (0, 3, 4):
                raise Broken("'snap %s' ended with status %d: %s" % (arguments[0], done.returncode, complaint(done)))
            statuses[done.returncode] = statuses.get(done.returncode, 0) + 1
            if done.returncode == 4 and "--continue" in done.stderr or os.path.exists(journal(directory)):
                done = directory.snap("revert", sample.choice(("--continue", "--abort")), "--yes")
                if done.returncode not in (0, 3, 4):
                    raise Broken("the recovery ended with status %d: %s" % (done.returncode, complaint(done)))
                counts["recoveries"] += 1
    finally:
        stop.set()
        for thread in attackers:
            thread.join()
    counts["hostile statuses"] = " ".join("%d×%d" % (count, status) for status, count in sorted(statuses.items()))
    if directory.is_unfinished():
        directory.must("revert", "--continue", "--yes", "-q", statuses=(0, 3))
    found = differences(before, capture(outside))
    if found:
        raise Broken("outside was changed: %s" % "; ".join(found[:4]))
    directory.must("revert", first, "--yes", "-q")
    found = differences({**a, b"linked": a[b"linked"]}, capture(tree))
    if found:
        raise Broken("afterwards a revert is not exact: %s" % "; ".join(found[:4]))
    found = differences(before, capture(outside))
    if found:
        raise Broken("outside was changed by the last revert: %s" % "; ".join(found[:4]))
    ids = [line.split('"id":"')[1][:64] for line in directory.must("list", "--json").splitlines()]
    for snapshot in ids:
        for path, data in contents(restored(directory, snapshot)):
            if MARKER in data:
                raise Broken("%s has bytes from outside: %s" % (snapshot[:12], path.decode(errors="replace")))
    counts["hostile snapshots"] = len(ids)
    directory.must("verify", "--full", "-q")
    return 1, 0


def journal(directory):
    rooms = os.path.join(directory.store, "directories")
    return os.path.join(rooms, os.listdir(rooms)[0], "journal")


def main():
    parser = argparse.ArgumentParser(description="reverts while others write, and in a directory that is turned against them")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", choices=["writers", "hostile"])
    parser.add_argument("--work", help="where to work; default: a new directory in the system's place for them")
    options = parser.parse_args()
    options.store, options.timeout = "inside", 120
    print("seed %d" % options.seed)
    work = os.path.realpath(tempfile.mkdtemp(prefix="revert-races-", dir=options.work))
    passed = failed = 0
    counts = {"written": 0, "in the directory": 0, "in a snapshot": 0, "kept in staging": 0, "parts": 0, "recoveries": 0}
    try:
        options.snap = private_copy(os.path.abspath(options.snap), work)
        for part in (writers, hostile):
            if options.only in (None, part.__name__):
                try:
                    good, bad = part(options, work, counts)
                except Broken as error:
                    print("%s: %s" % (part.__name__, error))
                    good, bad = 0, 1
                passed, failed = passed + good, failed + bad
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(", ".join("%s %s" % (what, count) for what, count in counts.items()))
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
