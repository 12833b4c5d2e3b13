#!/usr/bin/env python3
"""Measure snap side by side with git, restic, tar and zstd, and the C floors, on a source tree.

    engine.py --work DIR [--tree DIR | --tarball FILE] [--quick] [--rows first,unchanged,…] [--rounds N] [--json FILE]

Every row runs its subjects in interleaved rounds, so that a slow minute of the machine hurts all of them, and compares
medians. The tree is read once before, so that all find a warm cache; before every timed region dirty data is flushed, so
that no subject pays for another.

snap keeps its store, restic its repository and git its GIT_DIR beside the tree, on the same file system. Everything is
made below a new directory in --work, which is removed at the end.

A peak below this program's own size cannot be told from it, because exec counts the memory of the process that spawned:
then it is printed as '< N MB'.
"""

import os
import shutil
import sys

sys.dont_write_bytecode = True
from measuring import MB, Failed, bytes_text, median, peak_text, progress, run, seconds  # noqa: E402
from program import HERE, execute, parse  # noqa: E402
from source_tree import append, contents, deepest_file, fresh, remove, size_of, small_files  # noqa: E402

ROWS = ["version", "first", "size", "unchanged", "edit", "small", "restore", "verify"]


class Bench:
    """The work directory, the subjects' set-up in it, and the results."""

    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.tree = os.path.join(work, "tree")
        self.store = os.path.join(work, "store")
        self.repository = os.path.join(work, "restic")
        self.samples = {}  # row -> subject -> [Run]
        self.comparisons = []
        self.sizes = {}
        self.ready = set()
        self.note = None
        os.environ.update({
            "RESTIC_PASSWORD": "benchmark", "RESTIC_REPOSITORY": self.repository, "RESTIC_CACHE_DIR": os.path.join(work, "restic-cache"),
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.path.join(work, "gitconfig"), "HOME": work, "LC_ALL": "C",
        })
        os.environ.pop("SNAP_FAULT", None)
        with open(os.environ["GIT_CONFIG_GLOBAL"], "w", encoding="utf-8") as file:
            file.write("[user]\n\tname = A\n\temail = a@example.org\n")

    def failed(self):
        """A row failed: what it made is made anew."""
        self.ready.clear()
        remove(os.path.join(self.work, "git"))

    # The commands.

    def snap(self, *arguments, directory=None, output=None):
        return run([self.options.snap, "-C", directory or self.tree, *arguments], output=output)

    def restic(self, *arguments, directory=None):
        return run(["restic", "--quiet", *arguments], directory or self.tree)

    def git(self, *arguments, directory=None):
        if directory:
            return run(["git", "-C", directory, *arguments])
        return run(["git", "--git-dir", os.path.join(self.work, "git"), "--work-tree", self.tree, *arguments], self.tree)

    def floor(self, *arguments):
        return run([self.options.floor, *arguments])

    # Rounds.

    def rounds(self, row, number, subjects):
        """Interleave the subjects; each is (name, untimed preparation or None, timed). A timed part returns its Run."""
        samples = self.samples.setdefault(row, {name: [] for name, _, _ in subjects})
        for index in range(number):
            for name, prepare, timed in subjects:
                if prepare:
                    prepare()
                os.sync()
                samples[name].append(timed())
            progress("%s: round %d of %d" % (row, index + 1, number), minor=True)

    def add(self, rows, *subjects):
        """The subjects that can run here: without snap or the floor, the peers are measured alone."""
        present = [subject for subject in subjects if subject[0].split()[0] not in self.options.absent]
        return rows + present

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
            self.record(row + ", peak memory", subject, peak_text(peak), "", "", None, "≤ %d MB" % megabytes, peak <= megabytes * MB)

    def record(self, row, subject, value, peer, other, ratio, bar, met):
        self.comparisons.append({
            "row": row, "subject": subject, "value": value, "peer": peer, "peer_value": other, "ratio": ratio, "bar": bar, "met": met})

    # Set-up that several rows share; done once.

    def once(self, what, action):
        if what not in self.ready:
            action()
            self.ready.add(what)

    def reset_snap(self):
        remove(os.path.join(self.tree, ".snapstore"), self.store)
        self.ready.discard("snap")

    def first_snap(self):
        taken = self.snap("init", "--store", self.store) + self.snap("take", "-q")
        self.ready.add("snap")
        return taken

    def reset_restic(self):
        remove(self.repository, os.environ["RESTIC_CACHE_DIR"])
        self.ready.discard("restic")
        self.restic("init")

    def first_restic(self):
        taken = self.restic("backup", ".")
        self.ready.add("restic")
        return taken

    def need_snap(self):
        if "snap" not in self.options.absent and "snap" not in self.ready:
            self.reset_snap()
            self.first_snap()

    def need_restic(self):
        if "restic" not in self.options.absent and "restic" not in self.ready:
            self.reset_restic()
            self.first_restic()

    def need_git(self):
        def commit():
            self.git("init", "-q")
            self.git("config", "core.untrackedCache", "true")
            # Forced, or what the tree's own .gitignore names would not be in the index.
            self.git("add", "-A", "-f", "--", ".", ":!.snapstore")
            self.git("commit", "-q", "-m", "all")

        self.once("git", commit)

    # The rows.

    def version(self):
        runs = 200
        samples = self.samples.setdefault("version", {"snap --version": [], "git --version": []})
        os.sync()
        for _ in range(runs):
            for name in samples:
                if name.split()[0] not in self.options.absent:
                    samples[name].append(run([self.options.snap if name.startswith("snap") else "git", "--version"]))
        self.compare("version", "snap --version", "git --version", 1.5)

    def first(self):
        archive = os.path.join(self.work, "archive.tar.zst")
        out = os.path.join(self.work, "floor-out")
        pipe = "tar -c . | zstd -3 -T2 -q -f -o '%s' && sync '%s'" % (archive, archive)
        subjects = self.add(
            [], ("snap init + take", self.reset_snap, self.first_snap), ("restic backup", self.reset_restic, self.first_restic),
            ("tar to zstd -3 -T2", lambda: remove(archive), lambda: run(["sh", "-c", pipe], self.tree)),
            ("floor take", lambda: remove(out), lambda: self.floor("take", self.tree, out, "1", "2")))
        self.rounds("first", self.options.slow_rounds, subjects)
        self.sizes["tar.zst"] = size_of(archive)
        remove(archive, out)
        self.measure_sizes()
        self.compare("first", "snap init + take", "restic backup", 0.25)
        self.compare("first", "snap init + take", "tar to zstd -3 -T2", 0.5)
        self.compare("first", "snap init + take", "floor take", None)
        self.limit("first", "snap init + take", 250)

    def measure_sizes(self):
        """Of a store and a repository that hold the first snapshot and nothing else."""
        self.need_snap()
        self.need_restic()
        for name, path in (("snap", self.store), ("restic", self.repository)):
            if name not in self.options.absent:
                self.sizes[name] = size_of(path)

    def size(self):
        if "snap" not in self.sizes and "restic" not in self.sizes:
            self.reset_all()
            self.measure_sizes()
        if "snap" in self.sizes and "restic" in self.sizes:
            for index, what in enumerate(("apparent", "allocated")):
                a, b = self.sizes["snap"][index], self.sizes["restic"][index]
                bar = 0.9 if index == 0 else None
                self.record("size, " + what, "snap store", bytes_text(a), "restic repository", bytes_text(b), a / b,
                            "≤ 0.9×" if bar else None, a <= bar * b if bar else None)

    def reset_all(self):
        if "snap" not in self.options.absent:
            self.reset_snap()
        self.ready.discard("restic")

    def unchanged(self):
        self.need_git()
        self.need_snap()
        self.need_restic()
        ids = [os.path.join(self.work, "id-%d" % index) for index in (1, 2)]
        for index in range(3):
            self.git("status")
            if "snap" not in self.options.absent:
                self.snap("take", output=ids[index % 2])
        self.restic("backup", ".")
        if "snap" not in self.options.absent and contents(ids[0]) != contents(ids[1]):
            raise Failed("two takes of the same tree gave different ids")
        subjects = self.add(
            [], ("snap take", None, lambda: self.snap("take", "-q")), ("git status", None, lambda: self.git("status")),
            ("restic backup", None, lambda: self.restic("backup", ".")), ("floor walk", None, lambda: self.floor("walk", self.tree, "2")))
        self.rounds("unchanged", self.options.rounds, subjects)
        self.compare("unchanged", "snap take", "git status", 1.0)
        self.compare("unchanged", "snap take", "restic backup", 0.06)
        self.compare("unchanged", "snap take", "floor walk", None)
        self.limit("unchanged", "snap take", 40)

    def edit(self):
        if "snap" in self.options.absent:
            return
        self.need_snap()
        path = deepest_file(self.tree)
        status = os.stat(path)
        self.snap("take", "-q")
        self.snap("take", "-q")
        try:
            self.rounds("edit", self.options.rounds, [
                ("snap take, one edit", lambda: append(path), lambda: self.snap("take", "-q")),
                # The take between makes it the steady state: right after an edit the file's times are still too recent.
                ("snap take, unchanged", lambda: self.snap("take", "-q"), lambda: self.snap("take", "-q"))])
        finally:
            os.truncate(path, status.st_size)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        a, b = (self.wall("edit", subject) for subject in ("snap take, one edit", "snap take, unchanged"))
        self.record("edit", "snap take, one edit", seconds(a), "snap take, unchanged", seconds(b), a / b, "≤ 1.2× + 10 ms", a <= 1.2 * b + 0.010)

    def small(self):
        directories = {name: os.path.join(self.work, "small-" + name) for name in ("snap", "git", "restic")}
        sources = small_files(self.tree, 40)
        for directory in directories.values():
            fresh(directory)
            for index, source in enumerate(sources):
                os.makedirs(os.path.join(directory, "part-%d" % (index % 4)), exist_ok=True)
                shutil.copy(source, os.path.join(directory, "part-%d" % (index % 4), "%02d-%s" % (index, os.path.basename(source))))
        edited = os.path.join("part-1", "01-" + os.path.basename(sources[1]))
        repository = ["--repo", fresh(os.path.join(self.work, "restic-small"))]
        self.git("init", "-q", directory=directories["git"])
        if "snap" not in self.options.absent:
            self.snap("init", directory=directories["snap"])
        if "restic" not in self.options.absent:
            self.restic(*repository, "init")

        def timed(name):
            if name == "snap":
                return self.snap("take", "-q", directory=directories["snap"])
            if name == "git":
                added = self.git("add", "-A", directory=directories["git"])
                return added + self.git("commit", "-q", "-m", "x", directory=directories["git"])
            return self.restic(*repository, "backup", ".", directory=directories["restic"])

        names = {"snap": "snap take", "git": "git add + commit", "restic": "restic backup"}
        names = {short: name for short, name in names.items() if short not in self.options.absent}
        for short in names:
            timed(short)
        self.rounds("small", max(20, self.options.rounds), [
            (name, lambda short=short: append(os.path.join(directories[short], edited)), lambda short=short: timed(short))
            for short, name in names.items()])
        remove(repository[1], *directories.values())
        self.compare("small", "snap take", "git add + commit", 1.0)
        self.compare("small", "snap take", "restic backup", None)

    def restore(self):
        self.need_snap()
        self.need_restic()
        target = os.path.join(self.work, "restored")

        def restored(command):
            return command() + run(["sync", "-f", target])

        subjects = self.add(
            [], ("snap revert", lambda: remove(target), lambda: restored(lambda: self.snap("revert", "@", "--into", target))),
            ("restic restore", lambda: remove(target), lambda: restored(lambda: self.restic("restore", "latest", "--target", target))))
        # Both restore the same state, whatever rows came before.
        if "snap" not in self.options.absent:
            self.snap("take", "-q")
        if "restic" not in self.options.absent:
            self.restic("backup", ".")
        if self.options.check and "snap" not in self.options.absent:
            remove(target)
            self.snap("revert", "@", "--into", target)
            compare = os.path.join(HERE, "../Tests/Support/compare.py")
            command = [sys.executable, compare, self.tree, target, "--ignore", "/.snapstore"]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                raise Failed("what snap restored differs from the tree: " + done.stdout[:1000])
        self.rounds("restore", self.options.slow_rounds, subjects)
        remove(target)
        self.compare("restore", "snap revert", "restic restore", 0.8)

    def verify(self):
        self.need_snap()
        self.need_restic()
        self.rounds("verify", self.options.rounds, self.add(
            [], ("snap verify --full", None, lambda: self.snap("verify", "--full")),
            ("restic check --read-data", None, lambda: self.restic("check", "--read-data"))))
        self.compare("verify", "snap verify --full", "restic check --read-data", 0.6)


def main():
    options = parse("measure snap side by side with its peers", ROWS)
    execute(Bench, options, ROWS)


if __name__ == "__main__":
    main()
