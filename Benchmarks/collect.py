#!/usr/bin/env python3
"""Measure 'snap gc': what one tree takes after it, what it costs when there is little or nothing to do, how much of a long history is let go, and what takes notice of it.

    collect.py --work DIR [--tree DIR | --tarball FILE] [--quick] [--rows kernel,idle,forget,beside,objects] [--snap FILE] [--json FILE]

Rows: 'kernel' collects a store with one snapshot of the tree, beside what restic's repository takes; 'idle' has a thousand snapshots of a directory, and collects again and again; 'forget' lets
go nine hundred of them, beside 'restic forget --prune' of as many; 'beside' takes a small directory in a loop while 'gc --background' writes a large tree of the same store anew; 'objects' collects a store of
a million small files. With --quick all are a tenth of that, and the tree is its drivers/net. How source code compares with git after a long history is history.py's.
"""

import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from measuring import MB, Failed, bytes_text, median, progress, seconds  # noqa: E402
from program import execute, parse  # noqa: E402
from source_tree import contents, fresh, remove, small_files  # noqa: E402
from subjects import Restic, Snap  # noqa: E402
from takes import Takes  # noqa: E402
from trees import make_files  # noqa: E402

ROWS = ["kernel", "idle", "forget", "beside", "objects"]
FILES = 400
SNAPSHOTS = 1000
KEPT = 100
# How many takes are timed beside a gc, at least.
BESIDE = 200


class Collect(Takes):
    def __init__(self, options, work):
        super().__init__(options, work)
        self.share = 10 if options.quick else 1
        self.count = SNAPSHOTS // self.share
        self.history = None

    def gc(self, snap, *options):
        """Collect, and answer how long it took and what it says."""
        done = snap.run("-C", snap.tree, "gc", "--json", *options, output=self.output)
        return done, json.loads(contents(self.output).decode().strip().split("\n")[-1])

    def kernel(self):
        snap, samples = self.subjects["snap"], []
        for _ in range(self.options.slow_rounds):
            snap.reset()
            snap.need()
            before = snap.size()[0]
            os.sync()
            samples.append(self.gc(snap)[0])
        self.samples["kernel"] = {"snap gc": samples}
        self.record("kernel", "snap gc", seconds(median([sample.wall for sample in samples])), "before it", bytes_text(before), None, None, None)
        size = snap.size()[0]
        self.sizes["kernel: snap, after gc"] = snap.size()
        if "restic" in self.subjects:
            self.subjects["restic"].need()
            peer = self.subjects["restic"].size()[0]
            self.sizes["kernel: restic"] = self.subjects["restic"].size()
            self.record("kernel, size", "snap, after gc", bytes_text(size), "restic", bytes_text(peer), size / peer, "≤ 0.75×", size <= 0.75 * peer)
        snap.run("-C", snap.tree, "verify", "--full")
        snap.reset()

    def need_history(self):
        """A directory of which snap and restic have as many snapshots, each with a random line changed."""
        if self.history:
            return self.history
        directory = fresh(os.path.join(self.work, "history"))
        for index, source in enumerate(small_files(self.tree, FILES)):
            shutil.copy(source, os.path.join(directory, "%03d-%s" % (index, os.path.basename(source))))
        names = sorted(os.listdir(directory))
        subjects = {"snap": Snap(self, directory, os.path.join(self.work, "history-snap"))}
        if "restic" not in self.options.absent:
            subjects["restic"] = Restic(self, directory, os.path.join(self.work, "history-restic"))
        for subject in subjects.values():
            subject.reset()
        for index in range(self.count):
            if index % 100 == 0:
                progress("history: %d of %d" % (index, self.count), minor=True)
            path = os.path.join(directory, self.random.choice(names))
            text = self.edited(path)
            with open(path, "wb") as file:
                file.write(text)
            for subject in subjects.values():
                subject.make()
                subject.is_ready = True
        for subject in subjects.values():
            self.copy(subject.place, subject.place + "-saved")
        self.history = subjects
        return subjects

    def copy(self, source, target):
        remove(target)
        subprocess.run(["cp", "-a", "--", source, target], check=True)

    def put_back(self, subject):
        self.copy(subject.place + "-saved", subject.place)

    def idle(self):
        snap = self.need_history()["snap"]
        self.put_back(snap)
        os.sync()
        first = self.gc(snap)[0]
        row = "idle, %d snapshots" % self.count
        self.samples[row + ", first"] = {"snap gc": [first]}
        self.rounds(row, self.options.rounds, [("snap gc", None, lambda: self.gc(snap)[0])])
        wall = self.wall(row, "snap gc")
        self.record(row, "snap gc, nothing to do", seconds(wall), "the first", seconds(first.wall), wall / first.wall, "≤ 0.2 s", wall <= 0.2)
        # What is new alone should cost.
        path = os.path.join(snap.tree, sorted(name for name in os.listdir(snap.tree) if not name.startswith("."))[0])
        samples = []
        for _ in range(self.options.slow_rounds):
            for _ in range(10):
                text = self.edited(path)
                with open(path, "wb") as file:
                    file.write(text)
                snap.make()
            os.sync()
            samples.append(self.gc(snap)[0])
        self.samples[row + ", ten new"] = {"snap gc": samples}
        new = median([sample.wall for sample in samples])
        self.record(row, "snap gc, ten new", seconds(new), "the first", seconds(first.wall), new / first.wall, None, None)

    def forget(self):
        subjects = self.need_history()
        snap = subjects["snap"]
        said = []

        def collect():
            done, answer = self.gc(snap, "--now", "--keep-last", str(KEPT // self.share))
            said.append(answer)
            return done

        timed = [("snap gc --now", lambda: self.put_back(snap), collect)]
        if "restic" in subjects:
            restic = subjects["restic"]
            timed.append(("restic forget --prune", lambda: self.put_back(restic), lambda: restic.run("forget", "--keep-last", str(KEPT // self.share), "--prune")))
        row = "forget %d of %d" % (self.count - KEPT // self.share, self.count)
        self.rounds(row, self.options.slow_rounds, timed)
        self.compare(row, "snap gc --now", "restic forget --prune", 0.5)
        last = said[-1]
        kept = self.listed(snap)
        if last["expired"] != self.count - KEPT // self.share or kept != KEPT // self.share:
            raise Failed("%d snapshots expired and %d are left" % (last["expired"], kept))
        dead = last["dead_bytes"] / max(last["store_bytes"], 1)
        self.record(row, "dead bytes left", bytes_text(last["dead_bytes"]), "of", bytes_text(last["store_bytes"]), dead, "≤ 5 %", dead <= 0.05)
        self.sizes[row + ": snap"] = snap.size()
        if "restic" in subjects:
            self.sizes[row + ": restic"] = subjects["restic"].size()
        snap.run("-C", snap.tree, "verify", "--full")

    def beside(self):
        """Two directories in one store: a large one that is written anew, and a small one that is taken meanwhile."""
        place = os.path.join(self.work, "beside-snap")
        large = Snap(self, self.tree, place)
        large.reset()
        large.need()
        fresh(self.directory)
        for index, source in enumerate(small_files(self.tree, 40)):
            shutil.copy(source, os.path.join(self.directory, "%02d-%s" % (index, os.path.basename(source))))
        self.snap("init", "--store", place, directory=self.directory)
        names = sorted(os.listdir(self.directory))
        os.sync()

        def take():
            path = os.path.join(self.directory, self.random.choice([name for name in names if name != ".snapstore"]))
            text = self.edited(path)
            with open(path, "wb") as file:
                file.write(text)
            return self.snap("take", "-q", directory=self.directory)

        alone = [take() for _ in range(BESIDE)]
        os.sync()
        process = subprocess.Popen(
            [self.options.snap, "-C", self.tree, "gc", "--background", "-q"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        during = []
        while process.poll() is None:
            during.append(take())
        complaint = process.communicate()[1].decode(errors="replace")
        if process.returncode != 0:
            raise Failed("gc ended with status %d: %s" % (process.returncode, complaint[:200]))
        if len(during) < BESIDE // self.share:
            raise Failed("gc had ended after %d takes" % len(during))
        self.samples["beside"] = {"snap take, alone": alone, "snap take, beside gc --background": during}
        walls = sorted(sample.wall for sample in during)
        middle, late = median(walls), walls[min(len(walls) - 1, len(walls) * 99 // 100)]
        self.record(
            "beside", "99 of 100 takes of %d" % len(walls), seconds(late), "their median", seconds(middle), None, "≤ it + 50 ms", late <= middle + 0.05)
        self.record("beside", "the longest", seconds(walls[-1]), "median without gc", seconds(median([sample.wall for sample in alone])), None, None, None)
        self.snap("verify", "--full", directory=self.directory)
        large.reset()
        remove(self.directory)

    def objects(self):
        tree = make_files(os.path.join(self.work, "many"), 1_000_000 // self.share, self.random)
        snap = Snap(self, tree, os.path.join(self.work, "many-snap"))
        snap.reset()
        snap.need()
        row = "objects, %s files" % format(1_000_000 // self.share, ",")
        done, _ = self.gc(snap)
        again, _ = self.gc(snap)
        self.samples[row] = {"snap gc": [done], "snap gc, again": [again]}
        self.record(row, "snap gc, peak", bytes_text(done.peak), "", "", None, "≤ 300 MB", done.peak <= 300 * MB)
        self.record(row, "snap gc again, peak", bytes_text(again.peak), "", "", None, "≤ 300 MB", again.peak <= 300 * MB)
        remove(tree, snap.place)

    def listed(self, snap):
        """How many snapshots are in the list."""
        snap.run("-C", snap.tree, "list", "--json", output=self.output)
        return contents(self.output).count(b"\n")


def main():
    options = parse("measure what 'snap gc' costs and leaves", ROWS)
    execute(Collect, options, ROWS)


if __name__ == "__main__":
    main()
