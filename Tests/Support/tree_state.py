"""What a directory holds, as values: to be compared later, when the directory itself has changed.

compare.py compares two trees that are both there; a revert in place leaves only one of them. An Entry has everything that a
snapshot must keep, and apart from that, what tells an entry from one that was made again: its inode and change time.
Hard links are not in the entries, because which paths count depends on what is compared: groups() makes them.
"""

import collections
import hashlib
import os
import stat

from compare import KINDS, attributes_of, data_ranges, show

# In this order; the first that differs is the most telling.
KEPT = ("kind", "mode", "owner", "time", "size", "content", "holes", "target", "device", "attributes")
Entry = collections.namedtuple("Entry", KEPT + ("inode", "changed", "links"))


def capture(root, ignore=(b".snapstore",)):
    """Every path below 'root', and the root itself as b'', with its Entry. 'ignore' are names passed over in the root."""
    found = {}
    # Descriptors of directories above the current one are not kept: fixtures are not deep.
    pending = [(b"", os.fsencode(root))]
    found[b""] = entry(pending[0][1])
    while pending:
        path, place = pending.pop()
        for name in os.listdir(place):
            if not path and name in ignore:
                continue
            inner, there = (path + b"/" + name if path else name), place + b"/" + name
            found[inner] = entry(there)
            if found[inner].kind == "directory":
                pending.append((inner, there))
    return found


def entry(place):
    status = os.lstat(place)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    size, content, holes, target = 0, None, (), None
    if kind == "file":
        size = status.st_size
        content, holes = contents(place, status)
    elif kind == "symlink":
        target = os.readlink(place)
    device = status.st_rdev if kind.endswith("device") else 0
    parent = os.open(os.path.dirname(place) or b".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        attributes = tuple(sorted(attributes_of(parent, os.path.basename(place)).items()))
    finally:
        os.close(parent)
    return Entry(
        kind, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid), status.st_mtime_ns, size, content, holes, target,
        device, attributes, (status.st_dev, status.st_ino), status.st_ctime_ns, status.st_nlink)


def contents(place, status):
    """The bytes' hash, and where the data is if not everywhere."""
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        hasher = hashlib.sha256()
        while piece := os.read(descriptor, 1 << 20):
            hasher.update(piece)
        holes = ()
        if status.st_blocks * 512 < status.st_size:
            holes = tuple(data_ranges(descriptor))
            if holes == ((0, status.st_size),):
                holes = ()  # compressed or inline data
        return hasher.hexdigest(), holes
    finally:
        os.close(descriptor)


def groups(state, paths=None):
    """Path -> the sorted paths that are one file with it, among 'paths'; only where there are several."""
    files = collections.defaultdict(list)
    for path in state if paths is None else paths:
        found = state[path]
        if found.kind != "directory":
            files[found.inode].append(path)
    result = {}
    for members in files.values():
        if len(members) > 1:
            members.sort()
            result.update((path, tuple(members)) for path in members)
    return result


def differences(expected, found, any_time=(), expected_groups=None, linked=None):
    """What differs between two states, in words; empty if nothing does.

    'any_time' are paths whose time does not matter. Links are compared among the paths 'linked', or all that are on both sides; what
    they should be is 'expected_groups', or follows from the inodes in 'expected'.
    """
    result = []
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            result.append("%s: missing" % name(path))
        elif path not in expected:
            result.append("%s: should not be there" % name(path))
        else:
            a, b = expected[path], found[path]
            for field in KEPT:
                x, y = getattr(a, field), getattr(b, field)
                if x != y and not (field == "time" and path in any_time):
                    result.append("%s: %s: %s, found %s" % (name(path), field, brief(field, x), brief(field, y)))
                    if field == "kind":
                        break
    both = [path for path in (found if linked is None else linked) if path in found and path in expected]
    wanted = groups(expected, both) if expected_groups is None else expected_groups
    real = groups(found, both)
    for path in both:
        a, b = wanted.get(path, (path,)), real.get(path, (path,))
        if a != b and path == min(a[0], b[0]):
            result.append("%s: hard links: {%s}, found {%s}" % (name(path), " ".join(map(show, a)), " ".join(map(show, b))))
    return result


def replaced(before, after, paths, change_time=False):
    """Which of the paths are another inode than before; with 'change_time', also which were changed in any way at all."""
    result = []
    for path in sorted(paths):
        a, b = before.get(path), after.get(path)
        if a is None or b is None:
            if a is not b:
                result.append("%s: %s" % (name(path), "missing" if b is None else "new"))
        elif a.inode != b.inode:
            result.append("%s: another inode: %d, found %d" % (name(path), a.inode[1], b.inode[1]))
        elif change_time and a.changed != b.changed:
            result.append("%s: was touched" % name(path))
    return result


def name(path):
    return show(path) if path else "."


def brief(field, value):
    if field == "mode":
        return "%04o" % value
    if field == "content" and value:
        return value[:8]
    if field == "attributes":
        return "{%s}" % " ".join("%s=%s" % (key, show(data[:20])) for key, data in value)
    return show(value) if isinstance(value, bytes) else str(value)
