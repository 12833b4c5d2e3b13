"""Releases of projects from PyPI, and what a directory holds of what git keeps too."""

import os
import stat
import subprocess
import sys
import tarfile
import zipfile


def unpacked(project, version, place):
    """The directory, in the empty directory 'place', in which the files of a release are."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":none:", "-d", place, "%s==%s" % (project, version)],
        check=True, stdout=subprocess.DEVNULL)
    archive = os.path.join(place, os.listdir(place)[0])
    target = os.path.join(place, "unpacked")
    if archive.endswith((".whl", ".zip")):
        with zipfile.ZipFile(archive) as file:
            file.extractall(target)
    else:
        with tarfile.open(archive) as file:
            file.extractall(target, filter="data") if hasattr(tarfile, "data_filter") else file.extractall(target)
    return target


def capture(root):
    """What git keeps of a directory (a path in bytes): files, with whether they can be executed and their bytes, and links, with their targets."""
    found = {}
    for directory, names, files in os.walk(root):
        if directory == root:
            names[:] = [name for name in names if name not in (b".snapstore", b".git")]
        for name in files + names:
            path = os.path.join(directory, name)
            facts = os.lstat(path)
            key = os.path.relpath(path, root)
            if stat.S_ISLNK(facts.st_mode):
                found[key] = ("link", os.readlink(path))
            elif stat.S_ISREG(facts.st_mode):
                with open(path, "rb") as file:
                    found[key] = ("file", bool(facts.st_mode & 0o100), file.read())
    return found


def write_entry(path, entry):
    """Makes what 'capture' found, where nothing is, or a file that keeps its place."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if entry[0] == "link":
        os.symlink(entry[1], path)
    else:
        with open(path, "wb") as file:
            file.write(entry[2])
        os.chmod(path, 0o755 if entry[1] else 0o644)
