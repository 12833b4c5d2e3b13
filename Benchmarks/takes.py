#!/usr/bin/env python3
"""Measure thousands of small takes: whether the last costs what the first did, what each adds to the store, and what looking at them takes.

    takes.py --work DIR [--tree DIR | --tarball FILE] [--takes 5000] [--rows takes,list,exact] [--snap FILE] [--json FILE]

A directory of forty source files gets one random line changed, and snap takes it; the same change is then added and committed with git in a directory of its own. Nothing is flushed
in between: the two alternate, so that a slow minute hurts both. snap's takes are durable before they end; git's objects are not (its default), and its packs are left to 'git gc --auto'.
"""

import hashlib
import os
import random
import shutil
import sys

sys.dont_write_bytecode = True
from engine import Bench  # noqa: E402
from measuring import MB, Failed, bytes_text, median, progress, seconds  # noqa: E402
from program import execute, parse  # noqa: E402
from source_tree import contents, fresh, remove, size_of, small_files  # noqa: E402

ROWS = ["takes", "list", "exact"]
FILES = 40
EXACT = 100


class Takes(Bench):
    def __init__(self, options, work):
        super().__init__(options, work)
        self.random = random.Random(20_261_121)
        self.directory = os.path.join(work, "small-snap")
        self.output = os.path.join(work, "output")
        self.kept = {}  # id -> what the directory was

    def takes(self):
        git = os.path.join(self.work, "small-git")
        for directory in (self.directory, git):
            fresh(directory)
            for index, source in enumerate(small_files(self.tree, FILES)):
                shutil.copy(source, os.path.join(directory, "%02d-%s" % (index, os.path.basename(source))))
        names = sorted(os.listdir(git))
        self.snap("init", directory=self.directory)
        self.snap("take", "-q", directory=self.directory)
        store = os.path.join(self.directory, ".snapstore")
        before = size_of(store)
        has_git = "git" not in self.options.absent
        if has_git:
            self.git("init", "-q", directory=git)
            self.commit(git)
        number = self.options.takes
        chosen = set(self.random.sample(range(number), min(EXACT, number)))
        snap, peer = [], []
        for index in range(number):
            if index % 500 == 0:
                progress("takes: %d of %d" % (index, number), minor=True)
            name = self.random.choice(names)
            text = self.edited(os.path.join(git, name))
            for directory in (self.directory, git):
                with open(os.path.join(directory, name), "wb") as file:
                    file.write(text)
            snap.append(self.snap("take", "-q", directory=self.directory, output=self.output))
            if index in chosen:
                self.kept[contents(self.output).decode().strip()] = digests(git)
            if has_git:
                peer.append(self.commit(git))
        self.samples["takes"] = {"snap take": snap, "git add + commit": peer}
        self.compare_takes(number, before, size_of(store), size_of(os.path.join(git, ".git")))

    def edited(self, path):
        lines = contents(path).split(b"\n")
        lines[self.random.randrange(len(lines))] = b"\tvalue_%06d = compute(%d, flags);" % (self.random.randrange(10**6), self.random.randrange(1000))
        return b"\n".join(lines)

    def compare_takes(self, number, before, after, git_size):
        snap = [sample.wall for sample in self.samples["takes"]["snap take"]]
        peer = [sample.wall for sample in self.samples["takes"]["git add + commit"]]

        def record(subject, value, peer_name, peer_value, ratio, bar, met):
            self.record("takes", subject, value, peer_name, peer_value, ratio, bar, met)

        early, late = median(snap[10:110]), median(snap[-100:])
        record("last 100", seconds(late), "takes 10 to 110", seconds(early), late / early, "≤ 1.3×", late <= 1.3 * early)
        middle = median(snap)
        record("largest", seconds(max(snap)), "median", seconds(middle), max(snap) / middle, "≤ 3×", max(snap) <= 3 * middle)
        if peer:
            record("total", seconds(sum(snap)), "git add + commit", seconds(sum(peer)), sum(snap) / sum(peer), "≤ 1.0×", sum(snap) <= sum(peer))
        for index, what, bar in ((0, "apparent", 1.5), (1, "on disk", 2.0)):
            each = (after[index] - before[index]) / number
            record("store, a take, " + what, "%.0f B" % each, "git", "%.0f B" % (git_size[index] / number), None, "≤ %.1f KB" % bar, each <= bar * 1024)

    def list(self):
        self.rounds("list", self.options.rounds * 4, [("snap list", None, lambda: self.snap("list", directory=self.directory, output=self.output))])
        runs = self.samples["list"]["snap list"]
        wall, peak = median([sample.wall for sample in runs]), max(sample.peak for sample in runs)
        lines = contents(self.output).count(b"\n")
        if lines < self.options.takes:
            raise Failed("the list has %d lines" % lines)
        self.record("list", "snap list", seconds(wall), "%d snapshots" % lines, "", None, "≤ 30 ms", wall <= 0.030)
        self.record("list", "snap list, peak", bytes_text(peak), "", "", None, "≤ 30 MB", peak <= 30 * MB)

    def exact(self):
        target = os.path.join(self.work, "restored")
        for identifier, expected in self.kept.items():
            remove(target)
            self.snap("revert", identifier, "--into", target, directory=self.directory)
            if digests(target) != expected:
                raise Failed("%s does not come back exactly" % identifier[:12])
        self.snap("verify", "--full", directory=self.directory)
        self.record("exact", "states put back", str(len(self.kept)), "of", str(len(self.kept)), None, "all exact", bool(self.kept))


def digests(directory):
    """The files of a directory, by what is in them."""
    return {
        name: hashlib.sha256(contents(os.path.join(directory, name))).digest() for name in os.listdir(directory)
        if os.path.isfile(os.path.join(directory, name))}


def main():
    options = parse("measure thousands of small takes", ROWS)
    execute(Takes, options, ROWS)


if __name__ == "__main__":
    main()
