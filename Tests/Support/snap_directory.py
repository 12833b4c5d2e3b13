"""A working directory with its store, driven through the real binary, as root or as another user.

It stays at one path for its whole life: a directory that is found at another path is a copy, and gets an id of its own.
"""

import os
import re
import shutil
import subprocess

from faults import Broken, ID, clean_environment


class Directory:
    """'where' is made; in it are 'tree' and, with an outer store, 'store'."""

    def __init__(self, options, where):
        self.options = options
        self.where = where
        self.tree = os.path.join(where, "tree")
        self.pointer = os.path.join(self.tree, ".snapstore")
        self.store = os.path.join(where, "store") if options.store == "outside" else self.pointer
        self.user = getattr(options, "user", None)
        os.makedirs(self.tree)
        if self.user is not None:
            os.chmod(where, 0o755)
            os.chown(where, self.user, self.user)
            os.chown(self.tree, self.user, self.user)

    def snap(self, *arguments, before=(), environment=None, text=True):
        user = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.run(
            [*before, self.options.snap, "-C", self.tree, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=text, errors="replace" if text else None,
            env={**clean_environment(), "HOME": self.where, **(environment or {})}, timeout=self.options.timeout, check=False, **user)

    def must(self, *arguments, statuses=(0,)):
        done = self.snap(*arguments)
        if done.returncode not in statuses:
            raise Broken("'snap %s' ended with status %d: %s" % (" ".join(arguments), done.returncode, complaint(done)))
        return done.stdout

    def init(self):
        self.must("init", "-q", *(["--store", self.store] if self.store != self.pointer else []))

    def taken(self, *arguments, statuses=(0,)):
        return self.one_id("take", *arguments, statuses=statuses)

    def one_id(self, *arguments, statuses=(0,)):
        """Run a command that prints exactly one id."""
        printed = self.must(*arguments, "-q", statuses=statuses)
        if not ID.match(printed):
            raise Broken("'snap %s' printed %r" % (" ".join(arguments), printed[:200]))
        return printed.strip()

    def is_unfinished(self):
        """Whether a revert is half done: then nothing else may write, and the readers still work."""
        done = self.snap("take", "-q")
        if done.returncode in (0, 3):
            return False
        if done.returncode == 4 and re.search(r"revert --continue", done.stderr):
            if not re.search(r"revert --abort", done.stderr):
                raise Broken("the hints name --continue and not --abort: %s" % complaint(done))
            self.must("list")
            return True
        raise Broken("'snap take' ended with status %d: %s" % (done.returncode, complaint(done)))

    def staged(self):
        """What is left in the staging directory, and of those on other file systems."""
        left = []
        for name in ("staging", "tmp"):
            for place in {self.pointer, self.store}:
                path = os.path.join(place, name)
                if os.path.isdir(path):
                    left += [name + "/" + entry for entry in os.listdir(path)]
        return left

    def clean(self, what="at the end"):
        """Nothing is left over, and nothing in the store is hurt."""
        if left := self.staged():
            raise Broken("%s: %d left over: %s" % (what, len(left), " ".join(left[:3])))
        self.must("verify", "--full", "-q")


def complaint(done):
    text = done.stderr if isinstance(done.stderr, str) else done.stderr.decode(errors="replace")
    return text.strip()[-300:]


def copy_tree(tree, copy):
    """cp -a of all but the store; the root's time is set last, as making entries moved it."""
    os.mkdir(copy)
    names = sorted(name for name in os.listdir(tree) if name != ".snapstore")
    subprocess.run(["cp", "-a", "--", *(os.path.join(tree, name) for name in names), copy], check=True)
    shutil.copystat(tree, copy)
