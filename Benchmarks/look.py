#!/usr/bin/env python3
"""Measure what looking costs: snap diff, status, cat and list against git and restic.

    look.py --work DIR [--tree DIR | --tarball FILE] [--quick] [--rows names,stat,…] [--rounds N] [--json FILE]

The rounds are engine.py's: interleaved, medians. The tree is a git work tree and a snap working directory at once, and restic
backs it up; two snapshots of it differ in ten files, and ten are edited after the second.
"""

import json
import os
import random
import sys

sys.dont_write_bytecode = True
from engine import Bench  # noqa: E402
from measuring import Failed, run, seconds  # noqa: E402
from program import execute, parse  # noqa: E402
from revert import wait_for_clock  # noqa: E402
from source_tree import append, contents, fresh, remove, small_files, spread  # noqa: E402

ROWS = ["names", "stat", "status", "cat", "scattered", "unrelated", "many"]
SNAPSHOTS = 10_000


class Looks(Bench):
    """engine.py's set-up and rounds, with the rows of this program."""

    def __init__(self, options, work):
        super().__init__(options, work)
        self.output = os.path.join(work, "output")
        self.ids = []

    def prepare(self):
        """Two snapshots in each program, and ten edits that none of them has."""
        if self.ids:
            return
        self.need("snap", "restic", "git")
        for number in range(2):
            for path in spread(self.tree, 10 * (number + 1))[-10:]:
                append(path)
            wait_for_clock()
            if number == 0:
                for subject in (self.subjects[name] for name in ("snap", "restic", "git") if name in self.subjects):
                    subject.again()
        self.snap("list", "--json", output=self.output)
        self.ids = [json.loads(line)["id"] for line in contents(self.output).splitlines()][:2][::-1]
        if "restic" in self.subjects:
            self.subjects["restic"].run("snapshots", "--json", output=self.output)
            self.restic_ids = [entry["short_id"] for entry in json.loads(contents(self.output))]

    def time_limit(self, row, subject, milliseconds):
        if self.has(row, subject):
            wall = self.wall(row, subject)
            self.record(row, subject, seconds(wall), "", "", None, "≤ %g ms" % milliseconds, wall <= milliseconds / 1000)

    def against(self, row, own, others):
        self.rounds(row, self.options.rounds * 2, [(own[0], None, own[1])] + [(name, None, action) for name, action in others])

    # The rows.

    def names(self):
        self.prepare()
        others = []
        if "restic" in self.subjects:
            others.append(("restic diff", lambda: self.subjects["restic"].run("diff", *self.restic_ids, output=self.output)))
        self.against("names", ("snap diff --name-status", lambda: self.snap("diff", "--name-status", *self.ids, output=self.output)), others)
        self.time_limit("names", "snap diff --name-status", 20)
        self.compare("names", "snap diff --name-status", "restic diff", 0.02)

    def stat(self):
        self.prepare()
        others = []
        if "git" in self.subjects:
            others.append(("git diff --stat", lambda: self.subjects["git"].run("diff", "--stat", output=self.output)))
        self.against("stat", ("snap diff --stat", lambda: self.snap("diff", "--stat", output=self.output)), others)
        self.compare("stat", "snap diff --stat", "git diff --stat", 1.3)

    def status(self):
        self.prepare()
        others = [("snap status --no-scan", lambda: self.snap("status", "--no-scan", output=self.output))]
        if "git" in self.subjects:
            others.append(("git status -uno", lambda: self.subjects["git"].run("status", "--short", "-uno", output=self.output)))
        self.against("status", ("snap status", lambda: self.snap("status", output=self.output)), others)
        self.time_limit("status", "snap status --no-scan", 3)

    def cat(self):
        """Small files all over the tree, each read in a process of its own."""
        self.prepare()
        paths = [os.path.relpath(path, self.tree) for path in small_files(self.tree, 20)]
        samples = self.samples.setdefault("cat", {"snap cat": []})["snap cat"]
        for path in paths * self.options.rounds:
            samples.append(self.snap("cat", "@:" + path, output=self.output))
        self.time_limit("cat", "snap cat", 5)

    def scattered(self):
        """1,000 edits in a text of 100,000 lines."""
        generator = random.Random(1)
        base = text(generator, 100_000)
        edited = list(base)
        for _ in range(1000):
            at = generator.randrange(len(edited))
            edited[at:at + generator.randrange(3)] = text(generator, generator.randrange(3))
        self.texts("scattered", base, edited)

    def unrelated(self):
        generator = random.Random(2)
        self.texts("unrelated", text(generator, 50_000), text(generator, 50_000))

    def texts(self, row, old, new):
        directory = fresh(os.path.join(self.work, row))
        os.makedirs(os.path.join(directory, "tree"))
        tree = os.path.join(directory, "tree")
        self.snap("init", directory=tree)
        ids, copies = [], []
        for number, lines in enumerate((old, new)):
            copies.append(os.path.join(directory, str(number)))
            for path in (copies[-1], os.path.join(tree, "text")):
                with open(path, "w", encoding="ascii") as file:
                    file.writelines(lines)
            wait_for_clock()
            self.snap("take", "-q", directory=tree, output=self.output)
            ids.append(contents(self.output).decode().strip())
        others = []
        if "git" in self.subjects:
            command = ["git", "diff", "--no-index", *copies]
            others.append(("git diff --no-index", lambda: run(command, output=self.output, statuses=(0, 1))))
        self.against(row, ("snap diff", lambda: self.snap("diff", *ids, directory=tree, output=self.output)), others)
        self.compare(row, "snap diff", "git diff --no-index", 1.5)
        remove(directory)

    def many(self):
        """The list of thousands of snapshots."""
        directory = fresh(os.path.join(self.work, "many"))
        self.snap("init", directory=directory)
        for number in range(SNAPSHOTS):
            with open(os.path.join(directory, "file"), "w", encoding="ascii") as file:
                file.write("%d\n" % number)
            self.snap("take", "-q", "--always", directory=directory, output=self.output)
        self.rounds("many", self.options.rounds * 2, [("snap list", None, lambda: self.snap("list", directory=directory, output=self.output))])
        if len(contents(self.output).splitlines()) != SNAPSHOTS:
            raise Failed("the list does not have %d lines" % SNAPSHOTS)
        self.time_limit("many", "snap list", 50)
        self.limit("many", "snap list", 30)
        remove(directory)


def text(generator, count):
    """Lines as programs have them: few words, many lines alike."""
    words = ["return", "if", "value", "index", "count", "{", "}", "x = y;", "/* note */", "for each"]
    return ["    " * generator.randrange(3) + " ".join(generator.choice(words) for _ in range(generator.randrange(1, 9))) + "\n" for _ in range(count)]


def main():
    options = parse("measure looking at snapshots", ROWS)
    execute(Looks, options, ROWS)


if __name__ == "__main__":
    main()
