"""What a directory's rules cover, said a second time: for the model that reverts are held against.

The patterns are those that the model writes: a name with wildcards, '/path' or 'a/b' from the file's directory, '!' before and '/' behind.
"""

import fnmatch
import os
import posixpath

from tree_state import capture

TAG = b"Signature: 8a477f597d28d172789f06886806bc55"
FORMAT = b"version = snapstore 1\n"


class Rules:
    """The '.snapignore' files of one state."""

    def __init__(self, top, state):
        self.files = {}
        for path, entry in state.items():
            if posixpath.basename(path) == b".snapignore" and entry.kind == "file":
                with open(os.path.join(os.fsencode(top), path), "rb") as file:
                    self.files[posixpath.dirname(path)] = [line for line in file.read().split(b"\n") if line]

    def __eq__(self, other):
        return self.files == other.files

    def excludes(self, path, is_directory):
        """Whether the path or a directory above it is excluded."""
        parts = path.split(b"/")
        return any(
            self.excludes_here(b"/".join(parts[: end + 1]), is_directory or end + 1 < len(parts)) for end in range(len(parts)))

    def excludes_here(self, path, is_directory):
        base = posixpath.dirname(path)
        while True:
            for pattern in reversed(self.files.get(base, ())):
                if matches(pattern.removeprefix(b"!"), path[len(base) + 1 if base else 0 :], is_directory):
                    return not pattern.startswith(b"!")
            if not base:
                return False
            base = posixpath.dirname(base)


def matches(pattern, path, is_directory):
    if pattern.endswith(b"/"):
        if not is_directory:
            return False
        pattern = pattern[:-1]
    if b"/" in pattern:
        return path == pattern.removeprefix(b"/")
    return fnmatch.fnmatchcase(posixpath.basename(path), pattern)


class Situation:
    """A directory at one time, with all that decides what a take of it covers."""

    def __init__(self, top, user=None):
        self.state = capture(top)
        self.rules = Rules(top, self.state)
        self.children = tree_of(self.state)
        self.stores, self.caches = set(), set()
        for path, entry in self.state.items():
            directory, last = posixpath.split(path)
            if last == b"format" and directory and directory + b"/packs" in self.state and starts(top, entry, path, FORMAT[:20]):
                self.stores.add(directory)
            if last == b"CACHEDIR.TAG" and directory and starts(top, entry, path, TAG):
                self.caches.add(directory)
        self.unreadable = {
            path for path, entry in self.state.items() if user is not None and entry.kind == "file" and not entry.mode & 0o400}


class Coverage:
    """What a take covers in a situation, with all that 'also' has; and what stands there as a gap."""

    def __init__(self, situation, also=()):
        self.covered, self.gaps = {b""}, {}
        contained = {posixpath.dirname(path) for path in also if path}
        pending = [(b"", False)]
        while pending:
            directory, only = pending.pop()
            for path in situation.children.get(directory, ()):
                wanted, inner = path in also, only
                is_directory = situation.state[path].kind == "directory"
                if only or situation.rules.excludes_here(path, is_directory):
                    if not wanted:
                        continue
                    inner = True
                if path in situation.stores:
                    self.gaps[path] = "nested store"
                elif path in situation.caches and not (wanted and path in contained):
                    self.gaps[path] = "cache"
                elif path in situation.unreadable:
                    self.gaps[path] = "unreadable"
                else:
                    self.covered.add(path)
                    if is_directory:
                        pending.append((path, inner or path in situation.caches))


def tree_of(state):
    children = {}
    for path in state:
        if path:
            children.setdefault(posixpath.dirname(path), []).append(path)
    return children


def below(paths, top):
    """'top' and everything below it."""
    prefix = top + b"/"
    return [path for path in paths if path == top or path.startswith(prefix) or not top]


def starts(top, entry, path, text):
    if entry.kind != "file":
        return False
    with open(os.path.join(os.fsencode(top), path), "rb") as file:
        return file.read(len(text)) == text
