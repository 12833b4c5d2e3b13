"""The source tree that is measured: where it comes from, which of its files are edited, and how large things are. """

import contextlib
import os
import subprocess
import sys
import time

from measuring import Failed, progress


def unpack(options, tree):
    if options.tree:
        source = os.path.join(options.tree, "drivers/net") if options.quick else options.tree
        progress("copying '%s'" % source)
        subprocess.run(["cp", "-a", "--", source, tree], check=True)
        return
    progress("unpacking '%s'" % options.tarball)
    os.mkdir(tree)
    members = ["--wildcards", "--no-wildcards-match-slash", "*/drivers/net"] if options.quick else []
    strip = 3 if options.quick else 1
    subprocess.run(["tar", "-xf", options.tarball, "-C", tree, "--strip-components", str(strip), *members], check=True)


def remove(*paths):
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            subprocess.run(["rm", "-rf", "--", path], check=True)
        elif os.path.lexists(path):
            os.unlink(path)


def fresh(path):
    remove(path)
    os.mkdir(path)
    return path


def deepest_file(tree):
    best = (0, "")
    for directory, directories, files in os.walk(tree):
        directories[:] = sorted(name for name in directories if name != ".snapstore")
        for name in sorted(files):
            path = os.path.join(directory, name)
            if path.count("/") > best[0] and os.path.isfile(path) and not os.path.islink(path):
                best = (path.count("/"), path)
    return best[1]


def small_files(tree, number):
    found = []
    for directory, directories, files in os.walk(tree):
        directories[:] = sorted(name for name in directories if name != ".snapstore")
        for name in sorted(files):
            path = os.path.join(directory, name)
            if not os.path.islink(path) and 1000 <= os.path.getsize(path) <= 10_000:
                found.append(path)
                if len(found) == number:
                    return found
    return found


def spread(tree, number):
    """Small files at even distances all over the tree."""
    found = small_files(tree, sys.maxsize)
    if len(found) < number:
        raise Failed("the tree has only %d files of a fitting size" % len(found))
    return [found[index * len(found) // number] for index in range(number)]


def append(path):
    with open(path, "a", encoding="utf-8") as file:
        file.write("/* edited at %d */\n" % time.time_ns())


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def size_of(path):
    """Apparent and allocated bytes of the files at and below a path. What goes meanwhile, as when git collects in the background, does not count."""
    paths = [path] if os.path.isfile(path) else [
        os.path.join(directory, name) for directory, _, files in os.walk(path) for name in files]
    statuses = []
    for found in paths:
        with contextlib.suppress(FileNotFoundError):
            statuses.append(os.lstat(found))
    return sum(status.st_size for status in statuses), sum(status.st_blocks * 512 for status in statuses)


def read_all(tree):
    for directory, _, files in os.walk(tree):
        for name in files:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb", buffering=0) as file:
                    while file.read(1 << 20):
                        pass
