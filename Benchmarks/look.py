#!/usr/bin/env python3
"""Measure what it costs to look: diff, list, cat, side by side with git and restic.

    look.py --work DIR --snap FILE [--tree DIR] [--rounds N] [--json FILE]

The tree is the kernel's source. Rows, with their bars:

- names: two snapshots that differ in 10 files: at most 20 ms, and 0.02 of 'restic diff'
- stat: the head against the directory with 10 edited files: at most 1.3 of 'git diff --stat'
- scattered: two texts of 100,000 lines with 1,000 edits, and unrelated: two of 50,000 lines: at most 1.5 of 'git diff --no-index'
- list: 10,000 snapshots: at most 50 ms and 30 MB
- cat: a small file of a store of 1 GB: at most 5 ms
- status: without a look at the directory: at most 3 ms
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True


def run(arguments, **options):
    options.setdefault("stdout", subprocess.DEVNULL)
    start = time.perf_counter()
    done = subprocess.run(arguments, stderr=subprocess.PIPE, check=False, **options)
    wall = time.perf_counter() - start
    if done.returncode not in (0, 1):
        raise SystemExit("%r ended with status %d: %s" % (arguments, done.returncode, done.stderr.decode(errors="replace")[:400]))
    return wall, done.stdout


def interleaved(rounds, subjects):
    samples = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, action in subjects.items():
            samples[name].append(action())
    return {name: statistics.median(values) for name, values in samples.items()}


def peak(arguments):
    """The most memory of a run, in MB."""
    done = subprocess.run(["/usr/bin/env", "python3", "-c", "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                           *arguments], stdout=subprocess.PIPE, check=True)
    return int(done.stdout) / 1024


class Rows:
    def __init__(self, options, work):
        self.options, self.work, self.found = options, work, {}
        self.tree = os.path.join(work, "tree")
        self.environment = {**os.environ, "HOME": work, "RESTIC_PASSWORD": "x", "GIT_CONFIG_NOSYSTEM": "1"}
        self.restic = os.path.join(work, "restic")

    def snap(self, *arguments, **options):
        return run([self.options.snap, "-C", options.pop("directory", self.tree), *arguments], env=self.environment, **options)

    def take(self, **options):
        return self.snap("take", "-q", stdout=subprocess.PIPE, **options)[1].decode().strip()

    def edit(self, number):
        files = sorted(os.path.join(place, name) for place, _, names in os.walk(os.path.join(self.tree, "drivers", "net")) for name in names if name.endswith(".c"))
        for path in files[number::len(files) // 10][:10]:
            with open(path, "a", encoding="latin-1") as file:
                file.write("/* edit %d */\n" % number)

    def prepare(self):
        shutil.copytree(self.options.tree, self.tree, symlinks=True)
        self.snap("init", "-q")
        git = ["git", "-C", self.tree]
        run([*git, "init", "-q"], env=self.environment)
        with open(os.path.join(self.tree, ".git", "info", "exclude"), "w", encoding="ascii") as file:
            file.write(".snapstore\n")
        with open(os.path.join(self.tree, ".snapignore"), "w", encoding="ascii") as file:
            file.write("/.git\n")
        run(["restic", "init", "-q", "-r", self.restic], env=self.environment)
        self.ids, self.restic_ids = [], []
        for number in range(2):
            self.ids.append(self.take())
            run(["restic", "-q", "-r", self.restic, "backup", "--exclude", ".git", "--exclude", ".snapstore", "."], cwd=self.tree, env=self.environment)
            if number == 0:
                self.edit(1)
        listed = run(["restic", "-r", self.restic, "snapshots", "--json"], env=self.environment, stdout=subprocess.PIPE)[1]
        self.restic_ids = [entry["id"] for entry in json.loads(listed)]
        run([*git, "add", "-A", "-f"], env=self.environment)
        run([*git, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"], env=self.environment)
        self.edit(2)

    def measure(self):
        rounds = self.options.rounds
        self.row("names", interleaved(rounds, {
            "snap": lambda: self.snap("diff", "--name-status", *self.ids)[0],
            "restic": lambda: run(["restic", "-q", "-r", self.restic, "diff", *self.restic_ids], env=self.environment)[0]}))
        self.row("stat", interleaved(rounds, {
            "snap": lambda: self.snap("diff", "--stat")[0],
            "git": lambda: run(["git", "-C", self.tree, "diff", "--stat"], env=self.environment)[0]}))
        self.row("status", interleaved(rounds, {
            "snap": lambda: self.snap("status")[0], "snap --no-scan": lambda: self.snap("status", "--no-scan")[0],
            "git": lambda: run(["git", "-C", self.tree, "status", "-s", "-uno"], env=self.environment)[0]}))
        path = "drivers/net/ethernet/intel/e1000/e1000_main.c"
        small = "drivers/net/Space.c"
        self.row("cat", interleaved(rounds * 3, {
            "small": lambda: self.snap("cat", "@:" + small)[0], "large": lambda: self.snap("cat", "@:" + path)[0]}))
        self.texts()
        self.list()

    def texts(self):
        random.seed(1)
        place = os.path.join(self.work, "texts")
        os.makedirs(place)
        words = ["return", "if", "value", "index", "count", "{", "}", "x = y;", "/* note */", "for each"]
        line = lambda: "    " * random.randrange(3) + " ".join(random.choice(words) for _ in range(random.randrange(1, 9))) + "\n"
        base = [line() for _ in range(100_000)]
        edited = list(base)
        for _ in range(1000):
            at = random.randrange(len(edited))
            edited[at:at + random.randrange(3)] = [line() for _ in range(random.randrange(3))]
        pairs = {"scattered": (base, edited), "unrelated": ([line() for _ in range(50_000)], [line() for _ in range(50_000)])}
        for name, (a, b) in pairs.items():
            tree = os.path.join(place, name)
            os.makedirs(tree)
            self.snap("init", "-q", directory=tree)
            ids = []
            for text, content in zip("ab", (a, b)):
                with open(os.path.join(tree, "text"), "w", encoding="ascii") as file:
                    file.writelines(content)
                with open(os.path.join(place, name + text), "w", encoding="ascii") as file:
                    file.writelines(content)
                ids.append(self.take(directory=tree))
            self.row(name, interleaved(self.options.rounds, {
                "snap": lambda: self.snap("diff", *ids, directory=tree)[0],
                "git": lambda: run(["git", "diff", "--no-index", os.path.join(place, name + "a"), os.path.join(place, name + "b")], env=self.environment)[0]}))

    def list(self):
        tree = os.path.join(self.work, "many")
        os.makedirs(tree)
        self.snap("init", "-q", directory=tree)
        subprocess.run(["bash", "-c", 'for i in $(seq 10000); do echo $i > f; "$0" -C "$1" take -q > /dev/null; done', self.options.snap, tree], check=True, cwd=tree)
        row = interleaved(self.options.rounds, {"snap": lambda: self.snap("list", directory=tree)[0]})
        row["peak MB"] = peak([self.options.snap, "-C", tree, "list"])
        self.row("list", row)

    def row(self, name, values):
        self.found[name] = values
        print(name, {key: round(value * 1000, 2) if "MB" not in key else round(value, 1) for key, value in values.items()}, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", default="/var/tmp")
    parser.add_argument("--snap", default=".build/release/snap")
    parser.add_argument("--tree", default="/tmp/bench/linux-source-6.1")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json")
    options = parser.parse_args()
    options.snap = os.path.abspath(options.snap)
    with tempfile.TemporaryDirectory(dir=options.work, prefix="look-") as work:
        rows = Rows(options, work)
        rows.prepare()
        rows.measure()
        if options.json:
            with open(options.json, "w", encoding="ascii") as file:
                json.dump(rows.found, file, indent=1)


if __name__ == "__main__":
    main()
