"""Random edits of a small directory: all kinds of entries, rules that change in both directions, what is excluded, caches, nested stores."""

import os
import random
import shutil
import stat

from model_rules import FORMAT, TAG, below
from tree_state import capture

SECOND = 1_000_000_000
PATTERNS = [b"*.o", b"!keep.o", b"build/", b"*.log", b"/f0", b"d0/f1", b"d1", b"!d1", b"/d2/", b"!*.o", b"f3"]
NAMES = [b"f0", b"f1", b"f2", b"f3", b"a.o", b"keep.o", b"b.log", b"line\nfeed", b"\xff"]
DIRECTORIES = [b"d0", b"d1", b"d2", b"build"]


class Edits:
    def __init__(self, tree, sample, user=None):
        self.tree, self.random, self.user = os.fsencode(tree), sample, user
        self.kinds = [
            self.write, self.write, self.write, self.append, self.same_size, self.replace, self.remove, self.remove, self.directory, self.directory,
            self.rename, self.chmod, self.time, self.attribute, self.link, self.link, self.symlink, self.fifo, self.swap, self.rules, self.rules,
            self.nested_rules, self.cache, self.nested_store, self.sparse, self.large]
        if user is not None:
            self.kinds += [self.unreadable, self.unreadable]

    def some(self):
        """A few edits; their names."""
        return [self.one() for _ in range(self.random.choice((1, 1, 2, 3, 6)))]

    def one(self):
        while True:
            edit = self.random.choice(self.kinds)
            state = capture(self.tree)
            if len(state) > 70:
                edit = self.remove
            try:
                done = edit(state)
            except OSError:
                continue  # not possible here: another
            if done:
                if self.user is not None:
                    self.give()
                return "%s %r" % (edit.__name__, done)

    def give(self):
        for place, directories, files in os.walk(self.tree):
            for path in [place, *(os.path.join(place, name) for name in directories + files)]:
                status = os.lstat(path)
                if status.st_uid != self.user and b"/.snapstore" not in path:
                    os.chown(path, self.user, self.user, follow_symlinks=False)
                    if not stat.S_ISLNK(status.st_mode):
                        os.chmod(path, stat.S_IMODE(status.st_mode))

    # Where.

    def at(self, path):
        return self.tree + b"/" + path if path else self.tree

    def pick(self, state, *kinds):
        paths = sorted(path for path, entry in state.items() if path and entry.kind in kinds)
        return self.random.choice(paths) if paths else None

    def place(self, state, names):
        """A path for something of one of the names, that may be there."""
        directories = sorted(path for path, entry in state.items() if entry.kind == "directory" and path.count(b"/") < 2)
        directory = self.random.choice(directories)
        name = self.random.choice(names)
        return directory + b"/" + name if directory else name

    def free(self, state, names):
        path = self.place(state, names)
        return None if path in state else path

    # What. Each answers what it touched, or None.

    def text(self):
        return b"%d\n" % self.random.randrange(1 << 40) * self.random.choice((0, 1, 3, 500))

    def put(self, path, data, how="wb"):
        with open(self.at(path), how) as file:
            file.write(data)
        if self.random.random() < 0.5:
            self.past(path)
        return path

    def past(self, path):
        time = self.random.randrange(1_000_000_000, 1_700_000_000) * SECOND + self.random.randrange(SECOND)
        os.utime(self.at(path), ns=(time, time), follow_symlinks=False)

    def write(self, state):
        path = self.place(state, NAMES)
        return self.put(path, self.text()) if path not in state or state[path].kind == "file" else None

    def append(self, state):
        path = self.pick(state, "file")
        return path and not special(path) and self.put(path, b"appended", "ab")

    def same_size(self, state):
        """Other content, and the size and time that were there."""
        path = self.pick(state, "file")
        if not path or special(path) or not state[path].size or state[path].size > 100_000:
            return None
        self.put(path, b"%c" % self.random.randrange(33, 126) * state[path].size)
        os.utime(self.at(path), ns=(state[path].time, state[path].time))
        return path

    def replace(self, state):
        path = self.pick(state, "file")
        if not path or special(path):
            return None
        self.put(path + b".new", self.text())
        os.rename(self.at(path + b".new"), self.at(path))
        return path

    def remove(self, state):
        path = self.pick(state, "file", "symlink", "fifo", "directory")
        return path and self.gone(state, path)

    def gone(self, state, path):
        if state[path].kind == "directory":
            shutil.rmtree(self.at(path))
        else:
            os.unlink(self.at(path))
        return path

    def directory(self, state):
        path = self.free(state, DIRECTORIES)
        if path:
            os.mkdir(self.at(path), self.random.choice((0o755, 0o750, 0o700)))
            if self.random.random() < 0.7:
                self.put(path + b"/" + self.random.choice(NAMES), self.text())
        return path

    def rename(self, state):
        path = self.pick(state, "file", "directory", "symlink")
        target = self.free(state, DIRECTORIES if path and state[path].kind == "directory" else NAMES)
        if not path or not target or special(path) or target in below([target], path):
            return None
        os.rename(self.at(path), self.at(target))
        return path, target

    def chmod(self, state):
        path = self.pick(state, "file", "directory", "fifo")
        if not path:
            return None
        modes = (0o755, 0o700, 0o555) if state[path].kind == "directory" else (0o644, 0o600, 0o400, 0o4755)
        os.chmod(self.at(path), self.random.choice(modes))
        return path

    def unreadable(self, state):
        path = self.pick(state, "file")
        if not path or special(path):
            return None
        os.chmod(self.at(path), 0o000 if state[path].mode & 0o400 else 0o644)
        return path

    def time(self, state):
        path = self.pick(state, "file", "directory", "symlink", "fifo")
        if path:
            self.past(path)
        return path

    def attribute(self, state):
        path = self.pick(state, "file", "directory")
        if path and state[path].attributes:
            os.removexattr(self.at(path), state[path].attributes[0][0])
        elif path:
            os.setxattr(self.at(path), "user.note", self.text()[:200])
        return path

    def link(self, state):
        path, target = self.pick(state, "file"), self.free(state, NAMES)
        if not path or not target or special(path):
            return None
        os.link(self.at(path), self.at(target))
        return path, target

    def symlink(self, state):
        path = self.free(state, NAMES + DIRECTORIES)
        if path:
            os.symlink(self.random.choice((b"..", b"d0", b"/nowhere", b"f0")), self.at(path))
        return path

    def fifo(self, state):
        path = self.free(state, NAMES)
        if path:
            os.mkfifo(self.at(path))
        return path

    def swap(self, state):
        """Something becomes something else."""
        path = self.pick(state, "file", "directory", "symlink", "fifo")
        if not path or special(path):
            return None
        was = state[path].kind
        self.gone(state, path)
        kind = self.random.choice([kind for kind in ("file", "directory", "symlink", "fifo") if kind != was])
        if kind == "file":
            self.put(path, self.text())
        elif kind == "directory":
            os.mkdir(self.at(path))
            self.put(path + b"/" + self.random.choice(NAMES), self.text())
        elif kind == "symlink":
            os.symlink(b"swapped", self.at(path))
        else:
            os.mkfifo(self.at(path))
        return path

    def rules(self, state, directory=b""):
        path = directory + b"/.snapignore" if directory else b".snapignore"
        if self.random.random() < 0.2 and path in state:
            return self.gone(state, path)
        return self.put(path, b"".join(line + b"\n" for line in self.random.sample(PATTERNS, self.random.randrange(1, 4))))

    def nested_rules(self, state):
        directory = self.pick(state, "directory")
        return directory and self.rules(state, directory)

    def cache(self, state):
        directory = self.pick(state, "directory")
        if not directory:
            return None
        tag = directory + b"/CACHEDIR.TAG"
        return self.gone(state, tag) if tag in state else self.put(tag, TAG + b"\n")

    def nested_store(self, state):
        path = self.place(state, [b"store"])
        if path in state:
            return self.gone(state, path)
        os.makedirs(self.at(path) + b"/packs")
        self.put(path + b"/format", FORMAT)
        return self.put(path + b"/content", self.text())

    def sparse(self, state):
        path = self.free(state, NAMES)
        if path:
            self.put(path, b"start")
            os.truncate(self.at(path), 1 << 18)
        return path

    def large(self, state):
        path = self.free(state, NAMES)
        return path and self.put(path, random.Random(self.random.random()).randbytes(300_000))


def special(path):
    """What would stop meaning what it says."""
    return path.split(b"/")[-1] in (b".snapignore", b"CACHEDIR.TAG", b"format") or b"store" in path.split(b"/")
