#!/usr/bin/env python3
"""Compare pairs of states with snap and with git, and apply snap's patches.

    diff_pairs.py [--pairs 300] [--seed N] [--releases] [--snap FILE] [--work DIR]

States are made at random (odd names and bytes, renames, links, modes, binary files, lines with and without an end), or, with --releases,
are successive releases of projects from PyPI. For each pair of successive states:

- --stat, --numstat, --name-status, --summary and --shortstat say what git's say, byte for byte, with renames and without;
- the patch, through 'git apply', turns the first into the second exactly: names, contents, modes, links;
- so does 'patch -p1', where nothing is binary or a link.

The seed is printed; a failure says which pair it was.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from released import capture, unpacked, write_entry  # noqa: E402

PROJECTS = {
    "click": ["8.0.0", "8.0.4", "8.1.0", "8.1.3", "8.1.7"],
    "flask": ["1.1.4", "2.0.3", "2.2.5", "2.3.3", "3.0.3"],
    "requests": ["2.25.1", "2.27.1", "2.28.2", "2.31.0", "2.32.3"],
}
WORDS = [b"alpha", b"beta", b"gamma", b"return", b"if (x)", b"{", b"}", b"int value = 0;", b"for item in items:", b"pass", b"", b"    ",
         b"\tindented", b"        deeper", b"# comment", b"end", b"trailing  ", b"\xff\xfe bytes", "grün".encode(), b"with\rreturn"]
NAMES = [b"main.c", b"readme", b"notes.txt", b"a b", b"tab\tname", b'quote"d', b"back\\slash", "größe.txt".encode(), b"new\nline", b"bytes\xff\xfe",
         b"-dash", b"{brace}", b"very-long-name-" + b"x" * 60, b"Makefile", b"lib.rs", b"data.bin", "日本語".encode(), b"x=>y"]


class Mismatch(Exception):
    pass


def run(arguments, cwd=None, environment=None, statuses=(0,), given=None):
    done = subprocess.run(arguments, cwd=cwd, env=environment, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in statuses:
        raise Mismatch("%r ended with status %d: %s" % (arguments, done.returncode, (done.stderr + done.stdout).decode(errors="replace")[:600]))
    return done.stdout


def lay(root, state):
    """Put exactly 'state' into a directory; what is equal already is not touched."""
    present = capture(root)
    for path in sorted(present, reverse=True):
        if state.get(path) != present[path]:
            os.unlink(os.path.join(root, path))
    for directory, names, files in os.walk(root, topdown=False):
        if directory != root and b".snapstore" not in directory and not os.listdir(directory):
            os.rmdir(directory)
    for path, entry in state.items():
        if present.get(path) == entry:
            continue
        write_entry(os.path.join(root, path), entry)


class Maker:
    """States at random, each from the one before."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, count):
        lines = [self.random.choice(WORDS) + (b" %d" % self.random.randrange(40) if self.random.random() < 0.5 else b"") for _ in range(count)]
        end = b"\r\n" if self.random.random() < 0.1 else b"\n"
        content = end.join(lines)
        return content + (end if self.random.random() < 0.8 and content else b"")

    def content(self):
        kind = self.random.random()
        if kind < 0.1:
            return b""
        if kind < 0.2:
            return bytes(self.random.randrange(256) for _ in range(self.random.randrange(1, 3000))) + b"\0"
        return self.text(self.random.choice([1, 2, 5, 20, 80, 300]))

    def path(self, state):
        for _ in range(100):
            parts = [self.random.choice(NAMES) for _ in range(self.random.choice([1, 1, 2, 2, 3]))]
            parts[:-1] = [part + b".d" for part in parts[:-1]]
            path = b"/".join(parts)
            if path not in state:
                return path
        return b"fresh-%d" % self.random.randrange(1 << 30)

    def entry(self):
        if self.random.random() < 0.08:
            return ("link", self.random.choice(NAMES))
        return ("file", self.random.random() < 0.2, self.content())

    def edited(self, content):
        if b"\0" in content[:8000]:
            at = self.random.randrange(len(content))
            return content[:at] + b"xx" + content[at + self.random.randrange(3):]
        lines = content.splitlines(keepends=True)
        for _ in range(self.random.choice([1, 1, 2, 5, 20])):
            at = self.random.randrange(len(lines) + 1)
            choice = self.random.random()
            if choice < 0.4:
                lines[at:at] = self.text(self.random.choice([1, 1, 3, 10])).splitlines(keepends=True)
            elif choice < 0.7:
                del lines[at:at + self.random.choice([1, 1, 3, 10])]
            elif choice < 0.85 and lines:
                at = min(at, len(lines) - 1)
                lines[at] = lines[at].replace(b" ", b"  ").replace(b"a", b"e")
            else:
                start = self.random.randrange(len(lines) + 1)
                lines[at:at] = lines[start:start + 8]
        return b"".join(lines)

    def first(self):
        state = {}
        for _ in range(self.random.choice([3, 10, 40])):
            self.put(state, self.path(state), self.entry())
        return state

    @staticmethod
    def put(state, path, entry):
        """A name is a file or a directory."""
        parts = path.split(b"/")
        for count in range(1, len(parts)):
            state.pop(b"/".join(parts[:count]), None)
        for other in [other for other in state if other.startswith(path + b"/")]:
            del state[other]
        state[path] = entry

    def next(self, state):
        state = dict(state)
        for _ in range(self.random.choice([1, 2, 5, 12])):
            if not state or self.random.random() < 0.2:
                self.put(state, self.path(state), self.entry())
                continue
            path = self.random.choice(sorted(state))
            entry = state[path]
            choice = self.random.random()
            if choice < 0.15:
                del state[path]
            elif choice < 0.4:
                del state[path]
                if entry[0] == "file" and self.random.random() < 0.6:
                    entry = (*entry[:2], self.edited(entry[2]))
                self.put(state, self.path(state), entry)
            elif choice < 0.5 and entry[0] == "file":
                state[path] = ("file", not entry[1], entry[2])
            elif choice < 0.55:
                state[path] = ("link", b"elsewhere") if entry[0] == "file" else ("file", False, self.content())
            elif entry[0] == "file":
                state[path] = (*entry[:2], self.edited(entry[2]))
            else:
                state[path] = ("link", entry[1] + b"x")
        return state


class Bench:
    def __init__(self, options, where):
        self.snap = os.path.abspath(options.snap)
        self.where = where.encode()
        self.tree = os.path.join(self.where, b"tree")
        self.git = os.path.join(self.where, b"git")
        os.makedirs(self.tree)
        keep = ("PATH", "HOME", "LANG", "TMPDIR")
        self.environment = {key: value for key, value in os.environ.items() if key in keep}
        self.environment.update(GIT_CONFIG_NOSYSTEM="1", HOME=where, GIT_AUTHOR_NAME="x", GIT_AUTHOR_EMAIL="x", GIT_COMMITTER_NAME="x", GIT_COMMITTER_EMAIL="x")
        run(["git", "init", "-q", "--bare", self.git], environment=self.environment)
        for key, value in (("core.quotePath", "false"), ("core.bare", "false"), ("core.autocrlf", "false")):
            run(["git", b"--git-dir=" + self.git, "config", key, value], environment=self.environment)
        run([self.snap, "-C", self.tree, "init", "-q"], environment=self.environment)

    def record(self, state):
        lay(self.tree, state)
        snapshot = run([self.snap, "-C", self.tree, "take", "-q"], environment=self.environment).decode().strip()
        git = ["git", b"--git-dir=" + self.git, b"--work-tree=" + self.tree]
        index = os.path.join(self.git, b"index")
        if os.path.exists(index):
            os.unlink(index)
        run([*git, "add", "-A", "-f", "--", ".", ":!.snapstore"], cwd=self.tree, environment=self.environment)
        return snapshot, run([*git, "write-tree"], environment=self.environment).decode().strip()

    def compare(self, a, b, paths):
        """Bytes that are no text git writes as they are, snap in octal digits, which takes more room; and some versions of git count the bytes of letters where they cut names."""
        has_bytes = any(b"\xff" in path for path in paths)
        environment = {**self.environment, "COLUMNS": "80" if all(max(path) < 0x80 for path in paths) else "400"}
        for renames in ("-M", "--no-renames"):
            for form in (["--stat"], ["--numstat"], ["--numstat", "-z"], ["--shortstat"], ["--name-status"], ["--name-status", "-z"], ["--summary"], ["-w", "--stat"]):
                theirs = run(["git", b"--git-dir=" + self.git, "diff", "--no-color", "--no-ext-diff", renames, *form, a[1], b[1]], environment=environment)
                ours = run([self.snap, "-C", self.tree, "diff", renames, *form, a[0], b[0]], environment=environment)
                if theirs != ours and not (has_bytes and "-z" not in form):
                    raise Mismatch("%s %s differ:\n--- git\n%s\n--- snap\n%s" % (renames, form, theirs.decode(errors="replace"), ours.decode(errors="replace")))

    def apply(self, a, b, first, second):
        for renames in ("-M", "--no-renames"):
            patch = run([self.snap, "-C", self.tree, "diff", "--binary", renames, a[0], b[0]], environment=self.environment)
            self.check(["git", "apply", "--whitespace=nowarn", "-"], patch, first, second, renames)
            if not self.is_plain(first, second):
                continue
            text = run([self.snap, "-C", self.tree, "diff", renames, a[0], b[0]], environment=self.environment)
            self.check(["patch", "-p1", "-s", "--no-backup-if-mismatch"], text, first, second, renames)

    @staticmethod
    def is_plain(first, second):
        for path in set(first) | set(second):
            if first.get(path) == second.get(path):
                continue
            if b"\n" in path:
                return False
            for entry in (first.get(path), second.get(path)):
                if entry and (entry[0] == "link" or b"\0" in entry[2][:8000]):
                    return False
        return True

    def check(self, command, patch, first, second, what):
        target = os.path.join(self.where, b"applied")
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(target)
        lay(target, first)
        if patch:
            environment = {**self.environment, "GIT_CEILING_DIRECTORIES": self.where.decode()}
            run(command, cwd=target, environment=environment, given=patch)
        found = capture(target)
        if found != second:
            differing = [path for path in set(found) | set(second) if found.get(path) != second.get(path)]
            with open(os.path.join(self.where, b"failed.patch"), "wb") as file:
                file.write(patch)
            raise Mismatch("%s with %s does not give the second state: %r" % (command[0], what, differing[:5]))


def releases(where):
    """Each project's releases in order."""
    for project, versions in sorted(PROJECTS.items()):
        states = []
        for version in versions:
            place = os.path.join(where, "%s-%s" % (project, version))
            os.makedirs(place)
            states.append(capture(unpacked(project, version, place).encode()))
        yield project, states


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--releases", action="store_true")
    parser.add_argument("--snap", default=".build/debug/snap")
    parser.add_argument("--work", default=None)
    options = parser.parse_args()
    print("seed %d" % options.seed, flush=True)
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(dir=options.work, prefix="diff-pairs-") as where:
        def sequences():
            count = 0
            if options.releases:
                yield from releases(where)
            while count < options.pairs:
                maker = Maker("%d:%d" % (options.seed, count))
                states = [maker.first()]
                while len(states) < 11 and count < options.pairs:
                    states.append(maker.next(states[-1]))
                    count += 1
                yield "made %d" % count, states

        for number, (name, states) in enumerate(sequences()):
            bench = Bench(options, os.path.join(where, "bench-%d" % number))
            recorded = [bench.record(state) for state in states]
            for index in range(len(states) - 1):
                try:
                    paths = set(states[index]) | set(states[index + 1])
                    bench.compare(recorded[index], recorded[index + 1], paths)
                    bench.apply(recorded[index], recorded[index + 1], states[index], states[index + 1])
                    passed += 1
                except Mismatch as mismatch:
                    failed += 1
                    print("%s, pair %d: %s" % (name, index, mismatch), flush=True)
            if not failed:
                shutil.rmtree(os.path.join(where, "bench-%d" % number))
            if failed > 5:
                break
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
