"""The programs that are measured, one class each: a first copy of a tree, a further one, putting it back, looking whether it is whole.

Each keeps what it writes in a place of its own beside the tree. A command whose output may still be in memory when it ends is followed by a sync of the file system, which is part of what is timed.
Options are the defaults, but for: borg compresses with zstd 3 (its default is lz4) and does not encrypt; restic always encrypts; casync and bup as they come.
"""

import os

from measuring import Run, run
from source_tree import fresh, remove, size_of


class Subject:
    name = ""
    # What tables call its operations; an operation that has no name is not measured.
    labels = {}
    # What it wrote is durable when it ends.
    syncs = False

    def __init__(self, bench, tree, place):
        self.bench = bench
        self.tree = tree
        self.place = place
        self.is_ready = False

    def run(self, *command, directory=None, output=None):
        return run([self.program, *command], directory or self.tree, output)

    @property
    def program(self):
        return self.name

    def durable(self, done, directory=None):
        return done if self.syncs else done + run(["sync", "-f", directory or self.place])

    def reset(self):
        self.is_ready = False
        remove(self.place)

    def need(self):
        """A first copy is there."""
        if not self.is_ready:
            self.reset()
            self.first()

    def first(self):
        done = self.durable(self.make())
        self.is_ready = True
        return done

    def again(self):
        return self.durable(self.make())

    def restore(self, target):
        """Into the empty directory 'target', and onto the disk."""
        return self.put_back(target) + run(["sync", "-f", target])

    def size(self):
        return size_of(self.place)


class Snap(Subject):
    name = "snap"
    labels = {"first": "snap init + take", "again": "snap take", "restore": "snap revert", "verify": "snap verify --full", "list": "snap list"}
    syncs = True

    @property
    def program(self):
        return self.bench.options.snap

    def reset(self):
        super().reset()
        remove(os.path.join(self.tree, ".snapstore"))

    def make(self):
        initialized = Run() if self.is_ready else self.run("-C", self.tree, "init", "--store", self.place)
        return initialized + self.run("-C", self.tree, "take", "-q")

    def put_back(self, target):
        return self.run("-C", self.tree, "revert", "@", "--into", os.path.join(target, "whole"))

    def verify(self):
        return self.run("-C", self.tree, "verify", "--full")

    def list(self):
        return self.run("-C", self.tree, "list")


class Restic(Subject):
    name = "restic"
    labels = {"first": "restic backup", "again": "restic backup", "restore": "restic restore", "verify": "restic check --read-data", "list": "restic snapshots"}
    syncs = True

    def run(self, *command, directory=None, output=None):
        return super().run("--quiet", "--repo", self.place, "--cache-dir", self.place + "-cache", *command, directory=directory, output=output)

    def reset(self):
        super().reset()
        remove(self.place + "-cache")
        self.run("init")

    def make(self):
        # What snap leaves out by itself.
        return self.run("backup", "--exclude", ".snapstore", ".")

    def put_back(self, target):
        return self.run("restore", "latest", "--target", target)

    def verify(self):
        return self.run("check", "--read-data")

    def list(self):
        return self.run("snapshots")


class Git(Subject):
    name = "git"
    labels = {"first": "git add + commit", "again": "git add + commit", "restore": "git checkout", "verify": "git fsck", "list": "git log"}

    def run(self, *command, directory=None, output=None):
        return super().run("--git-dir", self.place, "--work-tree", directory or self.tree, *command, directory=directory, output=output)

    def reset(self):
        super().reset()
        self.run("init", "-q")
        self.run("config", "core.untrackedCache", "true")

    def make(self):
        # Forced, or what the tree's own .gitignore names would not be in the index.
        added = self.run("add", "-A", "-f", "--", ".", ":!.snapstore")
        return added + self.run("commit", "-q", "--allow-empty", "-m", "all")

    def put_back(self, target):
        index = self.place + "-index"
        os.environ["GIT_INDEX_FILE"] = index
        try:
            return self.run("read-tree", "HEAD") + self.run("checkout-index", "-a", directory=target)
        finally:
            del os.environ["GIT_INDEX_FILE"]
            remove(index)

    def verify(self):
        return self.run("fsck", "--full")

    def list(self):
        return self.run("log", "--oneline")


class Borg(Subject):
    """Debian's. The one from PyPI is 'borg-new'."""

    name = "borg"
    labels = {"first": "borg create", "again": "borg create", "restore": "borg extract", "verify": "borg check --verify-data", "list": "borg list"}
    syncs = True
    count = 0

    def run(self, *command, directory=None, output=None):
        os.environ["BORG_BASE_DIR"] = self.place + "-base"
        return super().run(*command, directory=directory, output=output)

    def reset(self):
        super().reset()
        remove(self.place + "-base")
        self.run("init", "--encryption", "none", self.place)

    def make(self):
        self.count += 1
        return self.run("create", "--compression", "zstd,3", "--exclude", "*/.snapstore", "%s::%d" % (self.place, self.count), ".")

    def put_back(self, target):
        return self.run("extract", "%s::%d" % (self.place, self.count), directory=target)

    def verify(self):
        return self.run("check", "--verify-data", self.place)

    def list(self):
        return self.run("list", self.place)


class NewestBorg(Borg):
    name = "borg-new"
    labels = {operation: label.replace("borg", "newest borg") for operation, label in Borg.labels.items()}

    @property
    def program(self):
        return self.bench.options.newest_borg or "borg-new"


class Bup(Subject):
    name = "bup"
    labels = {"first": "bup index + save", "again": "bup index + save", "restore": "bup restore", "verify": "bup fsck", "list": "bup ls"}

    def run(self, *command, directory=None, output=None):
        return super().run("-d", self.place, *command, directory=directory, output=output)

    def reset(self):
        super().reset()
        self.run("init")

    def make(self):
        return self.run("index", self.tree) + self.run("save", "-q", "-n", "main", self.tree)

    def put_back(self, target):
        return self.run("restore", "-q", "-C", target, "main/latest%s/." % self.tree)

    def verify(self):
        return self.run("fsck", "--quick")

    def list(self):
        return self.run("ls", "main")


class Casync(Subject):
    name = "casync"
    labels = {"first": "casync make", "again": "casync make", "restore": "casync extract"}

    @property
    def arguments(self):
        return "--store=%s/chunks.castr" % self.place, "%s/index.caidx" % self.place

    def reset(self):
        super().reset()
        fresh(self.place)

    def make(self):
        return self.run("make", *self.arguments, self.tree)

    def put_back(self, target):
        return self.run("extract", *self.arguments, os.path.join(target, "whole"))


class Tar(Subject):
    name = "tar"
    labels = {"first": "tar to zstd -3 -T2", "restore": "zstd -d to tar", "verify": "zstd -t"}

    def make(self):
        return run(["sh", "-c", "tar -c --exclude=./.snapstore . | zstd -3 -T2 -q -f -o '%s'" % self.place], self.tree)

    def put_back(self, target):
        return run(["sh", "-c", "zstd -dcq '%s' | tar -x" % self.place], target)

    def verify(self):
        return run(["zstd", "-tq", self.place])


class Copy(Subject):
    name = "cp"
    labels = {"first": "cp -a", "restore": "cp -a back"}

    def make(self):
        return self.run("-a", ".", self.place)

    def put_back(self, target):
        return self.run("-a", ".", target, directory=self.place)


class Rsync(Subject):
    name = "rsync"
    labels = {"first": "rsync -aHAX", "again": "rsync -aHAX", "restore": "rsync -aHAX back"}

    def make(self):
        return self.run("-aHAX", "--delete", "--exclude", "/.snapstore", "./", self.place + "/")

    def put_back(self, target):
        return self.run("-aHAX", "./", target + "/", directory=self.place)


class Floor(Subject):
    """What a first take and an unchanged one have to do, in C."""

    name = "floor"
    labels = {"first": "floor take", "again": "floor walk"}
    syncs = True

    @property
    def program(self):
        return self.bench.options.floor

    def make(self):
        if self.is_ready:
            return self.run("walk", self.tree, "2")
        return self.run("take", self.tree, self.place, "1", "2")


ALL = [Snap, Restic, Git, Borg, NewestBorg, Bup, Casync, Tar, Copy, Rsync, Floor]
