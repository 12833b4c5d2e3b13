#!/usr/bin/env python3
"""Measure snap side by side with its peers and the C floors, on a source tree.

    engine.py --work DIR [--tree DIR | --tarball FILE] [--quick] [--rows first,unchanged,…] [--rounds N] [--peers git,restic,…] [--json FILE]

Every row runs its subjects in interleaved rounds, so that a slow minute of the machine hurts all of them, and compares
medians. The tree is read once before, so that all find a warm cache; before every timed region dirty data is flushed, so
that no subject pays for another.

All keep what they write beside the tree, on the same file system (subjects.py). Everything is made below a new directory in --work, which is removed at the end.
"""

import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from measuring import MB, Failed, Launcher, bytes_text, median, progress, run, seconds  # noqa: E402
from program import HERE, execute, parse  # noqa: E402
from source_tree import append, contents, deepest_file, fresh, remove, small_files, spread  # noqa: E402
from subjects import ALL, Restic, Snap  # noqa: E402

ROWS = ["version", "first", "size", "unchanged", "edit", "edits", "small", "restore", "verify", "list"]
# Subjects that bars are about are run in every round; another one no more once it has taken so many seconds of a row.
ESSENTIAL = {"snap", "restic", "tar", "floor"}
PATIENCE = 20


class Bench:
    """The work directory, the subjects' set-up in it, and the results."""

    # The source tree is unpacked for it.
    uses_tree = True

    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.tree = os.path.join(work, "tree")
        self.samples = {}  # row -> subject -> [Run]
        self.comparisons = []
        self.sizes = {}
        os.environ.update({
            "RESTIC_PASSWORD": "benchmark", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.path.join(work, "gitconfig"), "HOME": work, "LC_ALL": "C",
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        })
        os.environ.pop("SNAP_FAULT", None)
        with open(os.environ["GIT_CONFIG_GLOBAL"], "w", encoding="utf-8") as file:
            file.write("[user]\n\tname = A\n\temail = a@example.org\n[init]\n\tdefaultBranch = main\n")
        self.subjects = self.make_subjects(self.tree, "of")

    def make_subjects(self, tree, place):
        """Each that can run here, for a tree: by name."""
        return {
            subject.name: subject(self, tree, os.path.join(self.work, "%s-%s" % (place, subject.name))) for subject in ALL
            if subject.name not in self.options.absent}

    def failed(self):
        """A row failed: what it made is made anew."""
        for subject in self.subjects.values():
            subject.is_ready = False

    # The commands.

    def snap(self, *arguments, directory=None, output=None):
        return run([self.options.snap, "-C", directory or self.tree, *arguments], output=output)

    def git(self, *arguments, directory):
        return run(["git", "-C", directory, *arguments])

    # Rounds.

    def rounds(self, row, number, subjects):
        """Interleave the subjects; each is (name, untimed preparation or None, timed). A timed part returns its Run."""
        samples = self.samples.setdefault(row, {name: [] for name, _, _ in subjects})
        for index in range(number):
            for name, prepare, timed in subjects:
                if name.split()[0] not in ESSENTIAL and sum(sample.wall for sample in samples[name]) > PATIENCE:
                    continue
                if prepare:
                    prepare()
                os.sync()
                samples[name].append(timed())
            progress("%s: round %d of %d" % (row, index + 1, number), minor=True)

    def operation(self, operation, names=None, prepare=None, subjects=None):
        """The subjects that have the operation, for rounds(). 'prepare' is given the subject."""
        subjects = subjects or self.subjects
        return [
            (subject.labels[operation], (lambda subject=subject: prepare(subject)) if prepare else None, getattr(subject, operation))
            for name, subject in subjects.items() if operation in subject.labels and (names is None or name in names)]

    def wall(self, row, subject):
        return median([sample.wall for sample in self.samples[row][subject]])

    def peak(self, row, subject):
        return max(sample.peak for sample in self.samples[row][subject])

    def has(self, row, *subjects):
        return all(self.samples.get(row, {}).get(subject) for subject in subjects)

    def compare(self, row, subject, peer, bar):
        """Record that the subject's wall time should be at most 'bar' times the peer's."""
        if self.has(row, subject, peer):
            a, b = self.wall(row, subject), self.wall(row, peer)
            self.record(row, subject, seconds(a), peer, seconds(b), a / b, None if bar is None else "≤ %g×" % bar,
                        None if bar is None else a <= b * bar)

    def limit(self, row, subject, megabytes):
        if self.has(row, subject):
            peak = self.peak(row, subject)
            self.record(row + ", peak memory", subject, bytes_text(peak), "", "", None, "≤ %d MB" % megabytes, peak <= megabytes * MB)

    def record(self, row, subject, value, peer, other, ratio, bar, met):
        self.comparisons.append({
            "row": row, "subject": subject, "value": value, "peer": peer, "peer_value": other, "ratio": ratio, "bar": bar, "met": met})

    def need(self, *names):
        """A first copy is there, of every subject that can run here and keeps copies, or of those that are named."""
        for name, subject in self.subjects.items():
            if not names or name in names:
                subject.need()

    # The rows.

    def version(self):
        runs = 200
        commands = {"snap --version": [self.options.snap, "--version"], "git --version": ["git", "--version"], "floor, empty static C program": [Launcher.path]}
        samples = self.samples.setdefault("version", {name: [] for name in commands})
        os.sync()
        for _ in range(runs):
            for name, command in commands.items():
                if name.split()[0].rstrip(",") not in self.options.absent:
                    samples[name].append(run(command))
        self.compare("version", "snap --version", "git --version", 1.5)
        own, floor = "snap --version", "floor, empty static C program"
        if self.has("version", own, floor):
            a, b = self.wall("version", own), self.wall("version", floor)
            self.record("version", own, seconds(a), floor, seconds(b), a / b, "≤ it + 1 ms", a <= b + 0.001)

    def first(self):
        self.rounds("first", self.options.slow_rounds, self.operation("first", prepare=lambda subject: subject.reset()))
        self.measure_sizes(self.subjects, self.sizes)
        self.compare("first", "snap init + take", "restic backup", 0.25)
        self.compare("first", "snap init + take", "tar to zstd -3 -T2", 0.5)
        self.compare("first", "snap init + take", "floor take", 1.5)
        self.limit("first", "snap init + take", 250)

    def measure_sizes(self, subjects, sizes):
        """Of what holds the first snapshot and nothing else."""
        for name, subject in subjects.items():
            if name != "floor":
                sizes[name] = subject.size()

    def size(self):
        if not self.sizes:
            for name, subject in self.subjects.items():
                if name in ("snap", "restic"):
                    subject.reset()
                    subject.first()
                    self.sizes[name] = subject.size()
        self.compare_sizes("size", self.sizes, 0.9)

    def compare_sizes(self, row, sizes, bar):
        if "snap" in sizes and "restic" in sizes:
            for index, what in enumerate(("apparent", "allocated")):
                a, b = sizes["snap"][index], sizes["restic"][index]
                limit = bar if index == 0 else None
                self.record("%s, %s" % (row, what), "snap store", bytes_text(a), "restic repository", bytes_text(b), a / b,
                            "≤ %g×" % limit if limit else None, a <= limit * b if limit else None)

    def unchanged(self):
        self.need()
        ids = [os.path.join(self.work, "id-%d" % index) for index in (1, 2)]
        git = self.subjects.get("git")
        for index in range(3):
            if git:
                git.run("status")
            if "snap" in self.subjects:
                self.snap("take", output=ids[index % 2])
        for name, subject in self.subjects.items():
            if "again" in subject.labels and name not in ("snap", "git", "floor"):
                subject.again()
        if "snap" in self.subjects and contents(ids[0]) != contents(ids[1]):
            raise Failed("two takes of the same tree gave different ids")
        others = {name for name in self.subjects if name not in ("git", "casync")}
        subjects = self.operation("again", others)
        if git:
            subjects.insert(1, ("git status", None, lambda: git.run("status")))
        self.rounds("unchanged", self.options.rounds, subjects)
        self.compare("unchanged", "snap take", "git status", 1.0)
        self.compare("unchanged", "snap take", "restic backup", 0.06)
        self.compare("unchanged", "snap take", "floor walk", 1.5)
        self.limit("unchanged", "snap take", 25)

    def edit(self):
        self.edited([deepest_file(self.tree)], "edit")
        if self.has("edit", "snap take", "snap take, unchanged"):
            a, b = (self.wall("edit", subject) for subject in ("snap take", "snap take, unchanged"))
            self.record("edit", "snap take", seconds(a), "snap take, unchanged", seconds(b), a / b, "≤ 1.2× + 10 ms", a <= 1.2 * b + 0.010)

    def edits(self):
        self.edited(spread(self.tree, 100), "edits")

    def edited(self, paths, row):
        """Every subject finds these files changed since its last run, and nothing else."""
        self.need()
        kept = {path: os.stat(path) for path in paths}
        for name, subject in self.subjects.items():
            if "again" in subject.labels and name != "floor":
                subject.again()

        def change(_):
            for path in paths:
                append(path)

        names = {name for name in self.subjects if name not in ("floor", "casync")}
        subjects = self.operation("again", names, change)
        if "snap" in self.subjects:
            # The take between makes it the steady state: right after an edit the file's times are still too recent.
            subjects.append(("snap take, unchanged", lambda: self.snap("take", "-q"), lambda: self.snap("take", "-q")))
        try:
            self.rounds(row, self.options.rounds, subjects)
        finally:
            for path, status in kept.items():
                os.truncate(path, status.st_size)
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.compare(row, "snap take", "git add + commit", None)
        self.compare(row, "snap take", "restic backup", None)

    def small(self):
        """Forty files, one edit. git as it comes: what it wrote is not synced."""
        names = {"snap": "snap take", "git": "git add + commit", "restic": "restic backup"}
        directories = {short: os.path.join(self.work, "small-" + short) for short in names if short in self.subjects}
        sources = small_files(self.tree, 40)
        for directory in directories.values():
            fresh(directory)
            for index, source in enumerate(sources):
                os.makedirs(os.path.join(directory, "part-%d" % (index % 4)), exist_ok=True)
                shutil.copy(source, os.path.join(directory, "part-%d" % (index % 4), "%02d-%s" % (index, os.path.basename(source))))
        edited = os.path.join("part-1", "01-" + os.path.basename(sources[1]))
        copies = {short: kind(self, directories[short], directories[short] + "-copy") for short, kind in (("snap", Snap), ("restic", Restic)) if short in directories}
        for copy in copies.values():
            copy.need()
        if "git" in directories:
            self.git("init", "-q", directory=directories["git"])
            self.commit(directories["git"])
        self.rounds("small", max(20, self.options.rounds), [
            (names[short], lambda short=short: append(os.path.join(directories[short], edited)),
             copies[short].again if short in copies else lambda: self.commit(directories["git"])) for short in directories])
        remove(*directories.values(), *(copy.place for copy in copies.values()))
        self.compare("small", "snap take", "git add + commit", 1.0)
        self.compare("small", "snap take", "restic backup", None)

    def commit(self, directory):
        return self.git("add", "-A", directory=directory) + self.git("commit", "-q", "-m", "x", directory=directory)

    def restore(self):
        self.need()
        # All restore the same state, whatever rows came before.
        for name, subject in self.subjects.items():
            if "again" in subject.labels and name != "floor":
                subject.again()
        target = os.path.join(self.work, "restored")
        if self.options.check and "snap" in self.subjects:
            self.subjects["snap"].restore(fresh(target))
            compare = os.path.join(HERE, "../Tests/Support/compare.py")
            command = [sys.executable, compare, self.tree, os.path.join(target, "whole"), "--ignore", "/.snapstore"]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                raise Failed("what snap restored differs from the tree: " + done.stdout[:1000])
        self.rounds("restore", self.options.slow_rounds, [
            (label, prepare, lambda restore=restore: restore(target))
            for label, prepare, restore in self.operation("restore", prepare=lambda _: fresh(target))])
        remove(target)
        self.compare("restore", "snap revert", "restic restore", 0.8)

    def verify(self):
        self.need()
        self.rounds("verify", self.options.slow_rounds, self.operation("verify"))
        self.compare("verify", "snap verify --full", "restic check --read-data", 0.6)

    def list(self):
        self.need()
        self.rounds("list", self.options.rounds, self.operation("list"))
        self.compare("list", "snap list", "restic snapshots", None)


def main():
    options = parse("measure snap side by side with its peers", ROWS)
    execute(Bench, options, ROWS)


if __name__ == "__main__":
    main()
