#!/usr/bin/env python3
"""The same reverts on other file systems. revert_filesystems.py [--snap FILE] [--every K] [--only NAME,…]; root only.

btrfs, xfs with reflinks and tmpfs: kill_revert.py works there, at every k-th call. overlayfs: the directory lies in the lower layer, where
renaming a directory gives EXDEV, so what is done with one rename elsewhere is done entry by entry; inodes of directories cannot be kept.
Mounts in the directory: a btrfs subvolume and a tmpfs, into which nothing can be renamed from the store's file system.

On btrfs and xfs it says whether a large file that differs in one chunk shares the rest with what was there (FICLONE).
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from kill_revert import Slot  # noqa: E402
from faults import HERE, Broken, Fault, private_copy  # noqa: E402
from snap_directory import Directory  # noqa: E402
from tree_state import capture, differences, replaced  # noqa: E402

# Sparse, and with room above what a take leaves free.
SIZE = 6 << 30
MAKE = {"btrfs": ["mkfs.btrfs", "-q"], "xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"]}


class Skipped(Exception):
    """This machine cannot do it."""


class Mounts:
    """What was mounted, to be unmounted."""

    def __init__(self):
        self.places = []

    def mount(self, kind, source, place, options=()):
        os.makedirs(place, exist_ok=True)
        command = ["mount", "-t", kind, *(["-o", ",".join(options)] if options else []), source, place]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Skipped("cannot mount %s: %s" % (kind, " ".join(done.stderr.split())[:200]))
        self.places.append(place)

    def unmount(self, place):
        subprocess.run(["umount", place], check=True)
        self.places.remove(place)

    def unmount_all(self):
        for place in reversed(self.places):
            subprocess.run(["umount", "-l", place], check=False)

    def image(self, kind, work):
        """A file system of its own in a file, mounted."""
        if not shutil.which(MAKE[kind][0]):
            raise Skipped("%s is not installed" % MAKE[kind][0])
        image, place = os.path.join(work, kind + ".image"), os.path.join(work, kind)
        with open(image, "wb") as file:
            file.truncate(SIZE)
        subprocess.run([*MAKE[kind], image], check=True, stdout=subprocess.DEVNULL)
        self.mount(kind, image, place, ("loop",))
        return place


def broken_reverts(options, place, *extra):
    """kill_revert.py, at that place."""
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "kill_revert.py"), "--snap", options.snap, "--work", place, "--jobs", "1", "--every",
         str(options.every), *extra], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    print("\n".join("  " + line[:300] for line in lines[:-1][-12:]))
    if done.returncode:
        raise Broken(lines[-1] if lines else "kill_revert.py ended with status %d" % done.returncode)
    return lines[-1]


def clones(options, place):
    """How a large file that differs in one chunk is put back."""
    directory = Directory(options, os.path.join(place, "clones"))
    path = os.path.join(directory.tree, "large")
    with open(path, "wb") as file:
        file.write(os.urandom(16 << 20))
    directory.init()
    before = capture(directory.tree)
    first = directory.taken()
    with open(path, "r+b") as file:
        file.seek(9 << 20)
        file.write(b"changed")
    directory.taken()
    log = os.path.join(options.work, "log")
    done = directory.snap("revert", first, "--yes", "-q", before=["strace", "-f", "-o", log, "-e", "trace=ioctl,copy_file_range,write,pwrite64"])
    found = differences(before, capture(directory.tree))
    if done.returncode or found:
        raise Broken("a large file that differs in one chunk: status %d, %s" % (done.returncode, "; ".join(found)))
    with open(log, errors="replace") as file:
        text = file.read()
    cloned = len(re.findall(r"FICLONE|copy_file_range\(.* = [1-9]", text))
    written = sum(int(count) for count in re.findall(r"write\w*\(.* = (\d+)$", text, re.M))
    return "FICLONE %s, %d KiB written for 16 MiB that differ in one chunk" % ("used" if cloned else "not used", written >> 10)


class OverlaySlot(Slot):
    """The situation before each revert is the lower layer; what a revert does goes to the upper one."""

    keeps_inodes = False

    def __init__(self, options, where, mounts):
        self.mounts = mounts
        super().__init__(options, where)

    def look(self):
        # What is changed is copied to the upper layer, and the kernel fills holes in doing so.
        return {path: entry._replace(holes=()) for path, entry in super().look().items()}

    def require_head(self, snapshot, what, statuses=(0,)):
        self.taken(statuses=statuses)

    def put_back(self):
        if self.tree in self.mounts.places:
            self.mounts.unmount(self.tree)
        layers = [os.path.join(self.where, name) for name in ("upper", "work")]
        for layer in layers:
            subprocess.run(["rm", "-rf", "--", layer], check=True)
            os.mkdir(layer)
        lower = os.path.join(self.saved, "tree")
        shutil.copystat(lower, layers[0])
        self.mounts.mount("overlay", "overlay", self.tree, ("lowerdir=" + lower, "upperdir=" + layers[0], "workdir=" + layers[1], "index=on"))
        self.before = self.look()


def overlay(options, mounts, work):
    options.mode, options.code, options.unsaved, options.stays, options.nested, options.user = "kill", 5, False, False, 0, None
    slot = OverlaySlot(options, os.path.join(work, "overlay"), mounts)
    slot.put_back()
    probe = [os.path.join(slot.tree, "same/0"), os.path.join(slot.tree, "same/renamed")]
    try:
        os.rename(*probe)
        print("  directories of the lower layer can be renamed here: EXDEV is not seen")
        os.rename(*reversed(probe))
    except OSError:
        pass
    points, number, beyond, broken = 0, 1, 0, []
    while beyond < 2:
        try:
            slot.point(Fault(options, number))
        except Broken as error:
            broken.append("kill:%d: %s" % (number, error))
            print("  " + broken[-1][:300])
        beyond += not slot.killed
        points += 1
        number += options.every
    if broken:
        raise Broken("%d of %d points" % (len(broken), points))
    return "%d points" % points


def inner_mount(options, mounts, place, make):
    """A directory with another file system, or a subvolume, in it; both change, and the revert is killed in both."""
    options.mode, options.code = "kill", 5
    directory = Directory(options, os.path.join(place, "inner"))
    inner = os.path.join(directory.tree, "inner")
    make(inner)
    directory.init()

    def write(name, text):
        os.makedirs(os.path.dirname(os.path.join(directory.tree, name)), exist_ok=True)
        with open(os.path.join(directory.tree, name), "w") as file:
            file.write(text)

    for top in ("", "inner/"):
        for number in range(6):
            write(top + "directory/file-%d" % number, "first")
        write(top + "gone/inner/file", "goes")
    first = directory.taken()
    a = capture(directory.tree)
    for top in ("", "inner/"):
        for number in range(0, 6, 2):
            write(top + "directory/file-%d" % number, "second")
        write(top + "new/file", "new")
        shutil.rmtree(os.path.join(directory.tree, top + "gone"))
    second = directory.taken()
    b = capture(directory.tree)
    number, beyond, points = 1, 0, 0
    while beyond < 2:
        before = capture(directory.tree)
        fault = Fault(options, number)
        done = directory.snap("revert", first, "--yes", "-q", environment=fault.environment)
        beyond += done.returncode == 0
        if done.returncode not in (0, -9):
            raise Broken("kill:%d: status %d: %s" % (number, done.returncode, done.stderr[-300:]))
        back = points % 2
        if directory.is_unfinished():
            directory.must("revert", "--abort" if back else "--continue", "--yes")
            found = differences(b if back else a, capture(directory.tree)) + (replaced(before, capture(directory.tree), before) if back else [])
        else:
            state = capture(directory.tree)
            found = min(differences(a, state), differences(b, state), key=len)
        if found:
            raise Broken("kill:%d: %s" % (number, "; ".join(found[:4])))
        directory.must("revert", second, "--yes", "-q")
        if found := differences(b, capture(directory.tree)):
            raise Broken("kill:%d: back to B: %s" % (number, "; ".join(found[:4])))
        if left := [name for name in os.listdir(inner) if name.startswith(".snap")]:
            raise Broken("kill:%d: left over in the mount: %s" % (number, " ".join(left)))
        directory.clean()
        points += 1
        number += max(1, options.every // 10)
    return "%d points" % points


def main():
    parser = argparse.ArgumentParser(description="the same reverts on other file systems")
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--every", type=int, default=300, help="kill at every k-th call")
    parser.add_argument("--only", help="of btrfs, xfs, tmpfs, overlay, inner-tmpfs, inner-subvolume; with commas")
    parser.add_argument("--work", help="where to work; default: a new directory in the system's place for them")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: only root can mount file systems")
        print("0 passed, 0 failed")
        return
    options.store, options.timeout = "inside", 120
    options.work = work = os.path.realpath(tempfile.mkdtemp(prefix="revert-filesystems-", dir=options.work))
    options.snap = private_copy(os.path.abspath(options.snap), work)
    mounts = Mounts()

    def on_image(kind):
        place = mounts.image(kind, work)
        print("  %s" % clones(options, place))
        return broken_reverts(options, place)

    def on_tmpfs():
        mounts.mount("tmpfs", "tmpfs", os.path.join(work, "tmpfs"))
        return broken_reverts(options, os.path.join(work, "tmpfs"))

    def with_subvolume():
        place = os.path.join(work, "btrfs")
        if place not in mounts.places:
            place = mounts.image("btrfs", work)
        return inner_mount(
            options, mounts, place, lambda path: subprocess.run(["btrfs", "-q", "subvolume", "create", path], check=True))

    parts = {
        "btrfs": lambda: on_image("btrfs"), "xfs": lambda: on_image("xfs"), "tmpfs": on_tmpfs, "overlay": lambda: overlay(options, mounts, work),
        "inner-tmpfs": lambda: inner_mount(
            options, mounts, os.path.join(work, "inner-tmpfs"), lambda path: mounts.mount("tmpfs", "tmpfs", path)),
        "inner-subvolume": with_subvolume,
    }
    passed = failed = 0
    try:
        for name, part in parts.items():
            if options.only and name not in options.only.split(","):
                continue
            try:
                print("%s: %s" % (name, part()), flush=True)
                passed += 1
            except Skipped as reason:
                print("%s: skipped: %s" % (name, reason))
            except (Broken, OSError, subprocess.SubprocessError) as error:
                print("%s: %s" % (name, error), flush=True)
                failed += 1
    finally:
        mounts.unmount_all()
        shutil.rmtree(work, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
