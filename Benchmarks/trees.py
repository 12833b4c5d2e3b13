#!/usr/bin/env python3
"""Measure snap side by side with its peers on what is not source code: binaries, tiny files, incompressible data, one large file; and its memory as trees grow.

    trees.py --work DIR [--quick] [--rows usr,tiny,incompressible,insert,memory] [--peers restic,borg-new,tar] [--rounds N] [--json FILE]

Rows: 'usr' copies /usr; 'tiny' makes 100,000 files of about 100 bytes; 'incompressible' a gigabyte that cannot be compressed; 'insert' makes a file of 4 GB and inserts 1 MB in its middle for every round;
'memory' makes 10,000, 100,000 and 1,000,000 small files. With --quick all are a hundredth of that. Rounds and what is flushed before them are engine.py's.
"""

import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
from engine import Bench  # noqa: E402
from measuring import MB, bytes_text, progress  # noqa: E402
from program import execute, parse  # noqa: E402
from source_tree import fresh, remove  # noqa: E402
from subjects import Snap  # noqa: E402

ROWS = ["usr", "tiny", "incompressible", "insert", "memory"]
PER_DIRECTORY = 100


class Trees(Bench):
    uses_tree = False

    def __init__(self, options, work):
        super().__init__(options, work)
        self.generator = random.Random(20_261_121)
        self.share = 100 if options.quick else 1

    def usr(self):
        tree = os.path.join(self.work, "usr")
        source = "/usr/bin" if self.options.quick else "/usr"
        subprocess.run(["cp", "-a", "--", source, tree], check=True)
        # A package's archive of the tree that other programs here measure is no binary.
        remove(os.path.join(tree, "src"))
        sizes = self.copies("usr", tree)
        self.compare("usr, first", "snap init + take", "restic backup", 0.35)
        self.compare_sizes("usr, size", sizes, 0.95)

    def tiny(self):
        self.copies("tiny", make_files(os.path.join(self.work, "tiny"), 100_000 // self.share, self.generator))
        self.compare("tiny, first", "snap init + take", "restic backup", None)

    def incompressible(self):
        tree = fresh(os.path.join(self.work, "incompressible"))
        for index in range(16):
            write_random(os.path.join(tree, "%02d" % index), 64 * MB // self.share, self.generator)
        self.copies("incompressible", tree)
        self.compare("incompressible, first", "snap init + take", "restic backup", None)

    def copies(self, row, tree):
        """A first copy of the tree, an unchanged one, and what they take."""
        subjects = self.make_subjects(tree, row)
        subjects.pop("git", None)
        self.rounds(row + ", first", self.options.slow_rounds, self.operation("first", prepare=lambda subject: subject.reset(), subjects=subjects))
        sizes = {}
        self.measure_sizes(subjects, sizes)
        self.sizes.update({"%s: %s" % (row, name): size for name, size in sizes.items()})
        self.compare(row + ", first", "snap init + take", "floor take", None)
        again = {name: subject for name, subject in subjects.items() if name != "casync"}
        self.rounds(row + ", unchanged", self.options.slow_rounds, self.operation("again", subjects=again))
        self.compare(row + ", unchanged", "snap take", "restic backup", None)
        remove(tree, *(subject.place for subject in subjects.values()))
        return sizes

    def insert(self):
        tree = fresh(os.path.join(self.work, "insert"))
        path = os.path.join(tree, "large")
        write_random(path, 4000 * MB // self.share, self.generator)
        subjects = self.make_subjects(tree, "insert")
        for unfit in ("git", "tar", "cp", "rsync", "floor"):
            subjects.pop(unfit, None)
        for name, subject in subjects.items():
            progress("insert: the first copy with %s" % name, minor=True)
            subject.need()
        growth = {name: [] for name in subjects}
        for _ in range(self.options.slow_rounds):
            insert(path, self.generator)
            before = {name: subject.size() for name, subject in subjects.items()}
            self.rounds("insert", 1, self.operation("again", subjects=subjects))
            for name, subject in subjects.items():
                growth[name].append(subject.size()[0] - before[name][0])
        self.compare("insert", "snap take", "restic backup", 0.3)
        if "snap" in growth:
            most = max(growth["snap"])
            other = bytes_text(max(growth["restic"])) if "restic" in growth else ""
            self.record("insert, store", "snap, 1 MB inserted", bytes_text(most), "restic", other, None, "≤ 1.5 MB", most <= 1.5 * MB)
        remove(tree, *(subject.place for subject in subjects.values()))

    def memory(self):
        """The peaks of a first take and of an unchanged one, as the number of files grows."""
        for count, limit in ((10_000, None), (80_000, 25), (100_000, None), (1_000_000, 150)):
            count //= self.share
            tree = make_files(os.path.join(self.work, "many"), count, self.generator)
            snap = Snap(self, tree, os.path.join(self.work, "many-snap"))
            snap.reset()
            row = "memory, %s files" % format(count, ",")
            self.rounds(row, 1, [("snap init + take", None, snap.first), ("snap take", None, snap.again), ("floor walk", None, lambda tree=tree: self.walk(tree))])
            self.rounds(row, 2, [("snap take", None, snap.again)])
            self.record(row, "snap init + take", bytes_text(self.peak(row, "snap init + take")), "", "", None, None, None)
            peak = self.peak(row, "snap take")
            self.record(row, "snap take", bytes_text(peak), "", "", None, "≤ %d MB" % limit if limit else None, peak <= limit * MB if limit else None)
            remove(tree, snap.place)
        small, large = (self.peak("memory, %s files" % format(count // self.share, ","), "snap init + take") for count in (10_000, 1_000_000))
        self.record("memory, first", "1,000,000 files", bytes_text(large), "10,000 files", bytes_text(small), large / small, None, None)

    def walk(self, tree):
        return self.subjects["floor"].run("walk", tree, "2", directory=tree)


def make_files(tree, count, source):
    """Files of about 100 bytes, a hundred to a directory, a hundred directories to one above."""
    fresh(tree)
    for index in range(count):
        number = index // PER_DIRECTORY
        directory = os.path.join(tree, "%04d" % (number // PER_DIRECTORY), "%02d" % (number % PER_DIRECTORY))
        if index % PER_DIRECTORY == 0:
            os.makedirs(directory)
        with open(os.path.join(directory, "file-%02d.txt" % (index % PER_DIRECTORY)), "wb") as file:
            file.write(b"%d %s\n" % (index, source.randbytes(40).hex().encode()))
    return tree


def write_random(path, size, source):
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(source.randbytes(min(size, 4 << 20)))


def insert(path, source):
    """One megabyte in the middle: the file is written anew, as an editor would."""
    middle = os.path.getsize(path) // 2
    with open(path, "rb") as old, open(path + ".new", "wb") as new:
        while middle > 0:
            middle -= new.write(old.read(min(middle, 4 << 20)))
        new.write(source.randbytes(MB))
        while piece := old.read(4 << 20):
            new.write(piece)
    os.replace(path + ".new", path)


def main():
    options = parse("measure snap side by side with its peers on other trees", ROWS)
    execute(Trees, options, ROWS)


if __name__ == "__main__":
    main()
