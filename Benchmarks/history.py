#!/usr/bin/env python3
"""Measure what a long history of source code takes after gc: snap and git side by side.

    history.py --work DIR [--states 1200] [--project NAME --versions A,B,…] [--source DIR] [--nightly N] [--seed N] [--snap FILE] [--json FILE] [--keep]

The states lie between successive releases of a project from PyPI (or between the directories in --source, sorted by name): in each, a few files become what they are in the next release,
and one or two get a random edit of some lines; at the end of a stretch everything is as released. snap takes each state and git commits it, in directories of their own. Then 'snap gc' against
'git gc', and 'snap gc --max' against 'git gc --aggressive'. With --nightly, one more store is collected after every N states, so that its generations show.

Sizes are those of all files of the store and of .git, index and logs included. git has no hooks' samples, and commits unsynced; nothing here measures how long a take is (takes.py does).
How long an old file takes to open is what 'cat' takes beyond 'ls' of the same path, the least of five runs, for a file of each of sixty states.
Last, snap checks every byte, and some states are put back by both and compared. Exit status: 0 all bars met, 1 a bar missed, 4 something failed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from measuring import Failed, Launcher, bytes_text, progress, run, seconds, tool_version  # noqa: E402
from program import HERE, compile_c  # noqa: E402
from source_tree import fresh, remove, size_of  # noqa: E402

sys.path.append(os.path.join(HERE, "../Tests/Support"))
from released import capture, unpacked, write_entry  # noqa: E402

PROJECT = "sphinx"
VERSIONS = ["3.5.4", "4.0.3", "4.1.2", "4.2.0", "4.3.2", "4.4.0", "4.5.0", "5.0.2", "5.1.1", "5.2.3", "5.3.0", "6.1.3", "6.2.1", "7.0.1", "7.1.2", "7.2.6"]
WORDS = [b"alpha", b"beta", b"value", b"return", b"self", b"name", b"config", b"node", b"index", b"result", b"True", b"None", b"(", b")", b" = ", b".", b", "]
COMPARED = 5
OPENED = 60


def releases(options, work):
    """The states to go through, one after the other."""
    if options.source:
        for name in sorted(os.listdir(options.source)):
            yield name, capture(os.path.join(options.source, name).encode())
        return
    for version in options.versions.split(","):
        progress("fetching %s %s" % (options.project, version))
        place = fresh(os.path.join(work, "release"))
        target = unpacked(options.project, version, place)
        # A directory that is called after the version would be a move of everything; that happens too, but not as often.
        parts = os.listdir(target)
        top = os.path.join(target, parts[0]) if len(parts) == 1 else target
        yield version, capture(top.encode())


class History:
    """Changes from state to state: path -> entry, or None where the path goes."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.state = {}

    def edited(self, content):
        lines = content.splitlines(keepends=True)
        for _ in range(self.random.choice([1, 1, 2, 4])):
            at = self.random.randrange(len(lines) + 1)
            choice = self.random.random()
            if choice < 0.5 or not lines:
                count = self.random.choice([1, 1, 2, 6])
                lines[at:at] = [b"    " + b" ".join(self.random.choice(WORDS) for _ in range(self.random.randrange(3, 12))) + b" # %d\n" % self.random.randrange(10_000) for _ in range(count)]
            elif choice < 0.75:
                del lines[at:at + self.random.choice([1, 2, 5])]
            else:
                at = min(at, len(lines) - 1)
                lines[at] = lines[at].replace(b"self", b"this").rstrip(b"\n") + b" %d\n" % self.random.randrange(1000)
        return b"".join(lines)

    def random_edits(self):
        """Of one file or two that are text."""
        changes = {}
        paths = sorted(path for path, entry in self.state.items() if entry[0] == "file" and 200 < len(entry[2]) < 200_000 and b"\0" not in entry[2][:8000])
        for path in self.random.sample(paths, min(len(paths), self.random.choice([1, 1, 2]))):
            entry = self.state[path]
            changes[path] = ("file", entry[1], self.edited(entry[2]))
        return changes

    def towards(self, target, steps):
        """The changes of each of the next states, the last of which is the target."""
        paths = sorted(path for path in set(self.state) | set(target) if self.state.get(path) != target.get(path))
        # By directory, as commits are, and the directories in any order.
        groups = {}
        for path in paths:
            groups.setdefault(os.path.dirname(path), []).append(path)
        order = list(groups.values())
        self.random.shuffle(order)
        paths = [path for group in order for path in group]
        for step in range(steps):
            changes = self.random_edits() if step < steps - 1 else {}
            for path in paths[len(paths) * step // steps:len(paths) * (step + 1) // steps]:
                changes[path] = target.get(path)
            if step == steps - 1:
                for path in set(self.state) | set(target):
                    if self.state.get(path) != target.get(path):
                        changes[path] = target.get(path)
            yield self.applied(changes)

    def applied(self, changes):
        changes = {path: entry for path, entry in changes.items() if self.state.get(path) != entry}
        for path, entry in changes.items():
            if entry is None:
                self.state.pop(path, None)
            else:
                self.state[path] = entry
        return changes


def lay(root, changes):
    root = root.encode()
    for path in sorted((path for path, entry in changes.items() if entry is None), reverse=True):
        full = os.path.join(root, path)
        if os.path.lexists(full):
            os.unlink(full)
        parent = os.path.dirname(full)
        while parent != root and os.path.isdir(parent) and not os.listdir(parent):
            os.rmdir(parent)
            parent = os.path.dirname(parent)
    for path, entry in changes.items():
        if entry is None:
            continue
        full = os.path.join(root, path)
        if os.path.lexists(full):
            os.unlink(full)
        write_entry(full, entry)


class Kept:
    """A directory with its history in one program."""

    def __init__(self, options, place):
        self.options = options
        self.tree = fresh(place)
        self.ids = []
        self.measured = {}

    def command(self, *arguments):
        return run([*self.start, *arguments])

    def said(self, *arguments):
        return subprocess.run([*self.start, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode().strip()

    def size(self):
        return size_of(self.store)[0]

    def measure(self, name, *arguments):
        """Run a command, and say what it took and what the store takes now."""
        progress("%s: %s" % (name, " ".join(arguments)))
        done = self.command(*arguments)
        self.measured[name] = {"size": self.size(), "cpu": done.cpu, "wall": done.wall, "peak": done.peak}
        return self.measured[name]


class Snap(Kept):
    def __init__(self, options, place):
        super().__init__(options, place)
        self.start = [options.snap, "-C", self.tree]
        self.store = os.path.join(self.tree, ".snapstore")
        self.command("init", "-q")

    def record(self):
        self.ids.append(self.said("take", "-q"))

    def put_back(self, index, target):
        self.command("revert", self.ids[index], "--into", target)


class Git(Kept):
    def __init__(self, options, place):
        super().__init__(options, place)
        self.start = ["git", "-C", self.tree]
        self.store = os.path.join(self.tree, ".git")
        empty = fresh(place + "-template")
        self.command("init", "-q", "--template", empty)
        for key, value in (("gc.auto", "0"), ("maintenance.auto", "false"), ("core.autocrlf", "false"), ("user.name", "A"), ("user.email", "a@example.org")):
            self.command("config", key, value)

    def record(self):
        self.command("add", "-A", "-f", ".")
        self.command("commit", "-q", "--allow-empty", "-m", "state %d" % len(self.ids))
        self.ids.append(self.said("rev-parse", "HEAD"))

    def put_back(self, index, target):
        os.mkdir(target)
        self.command("--work-tree", target, "checkout", "-f", self.ids[index], "--", ".")


def build(options, work, subjects):
    history = History(options.seed)
    done = 0
    stretches = list(releases(options, work))
    steps = max(1, options.states // max(len(stretches) - 1, 1))
    plain = 0
    for number, (version, target) in enumerate(stretches):
        for changes in history.towards(target, 1 if number == 0 else steps):
            for subject in subjects:
                lay(subject.tree, changes)
                subject.record()
            plain += sum(len(entry[-1]) for entry in changes.values() if entry is not None)
            done += 1
            progress("%s: %d states" % (version, done), minor=True)
            if options.nightly and done % options.nightly == 0:
                name = "gc after %d" % done
                subjects[-1].measure(name, "gc")
    return done, plain, sum(len(entry[-1]) for entry in history.state.values())


def compare(options, work, snap, git):
    """Some states, put back by both."""
    chosen = random.Random(options.seed).sample(range(len(snap.ids)), min(COMPARED, len(snap.ids)))
    for index in chosen:
        places = [os.path.join(work, "back-snap"), os.path.join(work, "back-git")]
        remove(*places)
        snap.put_back(index, places[0])
        git.put_back(index, places[1])
        if capture(places[0].encode()) != capture(places[1].encode()):
            raise Failed("state %d is not the same" % index)
        remove(*places)


def opening(options, snap, when):
    """Seconds that a file of an old state takes to open, sorted."""
    choice = random.Random(options.seed)
    found = []
    for number in range(OPENED):
        progress("opening after %s: %d" % (when, number), minor=True)
        state = choice.choice(snap.ids)
        path = state + ":" + choice.choice([line for line in snap.said("ls", "-R", state).split("\n") if not line.endswith("/")])
        found.append(min(snap.command("cat", path).wall for _ in range(5)) - min(snap.command("ls", path).wall for _ in range(5)))
    return sorted(found)


def table(measured):
    lines = ["| | store | CPU | wall | peak memory |", "|---|--:|--:|--:|--:|"]
    for name, value in measured:
        lines.append("| %s | %s | %s | %s | %s |" % (name, bytes_text(value["size"]), seconds(value["cpu"]), seconds(value["wall"]), bytes_text(value["peak"])))
    return lines


def main():
    parser = argparse.ArgumentParser(description="measure what a long history takes after gc")
    parser.add_argument("--work", required=True)
    parser.add_argument("--states", type=int, default=1200)
    parser.add_argument("--project", default=PROJECT)
    parser.add_argument("--versions", default=",".join(VERSIONS))
    parser.add_argument("--source", help="a directory of directories, one for each release, instead of fetching")
    parser.add_argument("--nightly", type=int, metavar="N", help="one more store, collected after every N states")
    parser.add_argument("--seed", type=int, default=20_261_121)
    parser.add_argument("--snap", default=os.path.join(HERE, "../.build/release/snap"))
    parser.add_argument("--json")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.snap = os.path.abspath(options.snap)
    os.makedirs(options.work, exist_ok=True)
    work = tempfile.mkdtemp(prefix="history-", dir=os.path.abspath(options.work))
    os.environ.update({"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": work, "LC_ALL": "C", "GIT_CEILING_DIRECTORIES": work})
    os.environ.pop("SNAP_FAULT", None)
    status = 0
    try:
        Launcher.path = os.path.join(work, "launch")
        compile_c(["-static", os.path.join(HERE, "floor/launch.c"), "-o", Launcher.path])
        snap, git = Snap(options, os.path.join(work, "snap")), Git(options, os.path.join(work, "git"))
        subjects = [snap, git] + ([Snap(options, os.path.join(work, "nightly"))] if options.nightly else [])
        states, plain, newest = build(options, work, subjects)
        before = [("snap, before", snap.size()), ("git, before", git.size())]
        snap.measure("snap gc", "gc")
        git.measure("git gc", "gc", "-q", "--prune=now")
        opened = {"gc": opening(options, snap, "gc")}
        snap.measure("snap gc, again", "gc")
        snap.measure("snap gc --max", "gc", "--max")
        opened["gc --max"] = opening(options, snap, "gc --max")
        git.measure("git gc --aggressive", "gc", "-q", "--aggressive", "--prune=now")
        progress("comparing")
        for subject in subjects:
            if isinstance(subject, Snap):
                subject.command("verify", "--full")
        compare(options, work, snap, git)
        if options.nightly:
            compare(options, work, subjects[-1], git)
        progress("")
        print("%d states, %s changed in all, %s in the newest; %s; %s; seed %d" % (
            states, bytes_text(plain), bytes_text(newest), tool_version([options.snap, "--version"]), tool_version(["git", "--version"]), options.seed))
        print("\n".join("%s: %s" % (name, bytes_text(size)) for name, size in before) + "\n")
        print("\n".join(table([*snap.measured.items(), *git.measured.items(), *(subjects[-1].measured.items() if options.nightly else [])])) + "\n")
        bars = [
            ("size, snap gc / git gc", snap.measured["snap gc"]["size"] / git.measured["git gc"]["size"], 1.0),
            ("size, snap gc --max / git gc --aggressive", snap.measured["snap gc --max"]["size"] / git.measured["git gc --aggressive"]["size"], 0.9),
            ("CPU, snap gc / git gc --aggressive", snap.measured["snap gc"]["cpu"] / git.measured["git gc --aggressive"]["cpu"], 0.3),
        ]
        for name, found in opened.items():
            print("opening an old file after %s: median %.2f ms, nine of ten in %.2f" % (name, found[len(found) // 2] * 1000, found[len(found) * 9 // 10] * 1000))
            bars.append(("ms to open an old file after %s, nine of ten" % name, found[len(found) * 9 // 10] * 1000, 3.0))
        if options.nightly:
            bars.append(("size, the last nightly gc / git gc", subjects[-1].size() / git.measured["git gc"]["size"], None))
        for name, ratio, bar in bars:
            met = "" if bar is None else "met" if ratio <= bar else "missed"
            print("%s: %.3f%s" % (name, ratio, "" if bar is None else " (at most %.2f: %s)" % (bar, met)))
            if met == "missed":
                status = 1
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"states": states, "plain": plain, "before": before, "snap": snap.measured, "git": git.measured,
                           "nightly": subjects[-1].measured if options.nightly else None, "ratios": [(name, ratio) for name, ratio, _ in bars]}, file, indent=1)
                file.write("\n")
    except (Failed, subprocess.CalledProcessError) as error:
        print("failed: %s" % error, file=sys.stderr)
        status = 4
    finally:
        if options.keep:
            print("kept: %s" % work, file=sys.stderr)
        else:
            remove(work)
    sys.exit(status)


if __name__ == "__main__":
    main()
