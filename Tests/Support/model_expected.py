"""What a revert must leave, path by path, from what is there, what the safety snapshot has, and the target. See revert_model.py for the rules."""

import posixpath

from model_rules import below, tree_of
from tree_state import groups


class Snapshot:
    """What it holds, what stood there without being covered, and its rules."""

    def __init__(self, root, entries, gaps, partial, rules):
        self.root, self.entries, self.gaps, self.partial, self.rules = root, entries, gaps, partial, rules
        self.groups = groups(entries)

    def excuses(self, path, is_directory):
        """It says nothing of a path that it lacks."""
        above = path
        while above := posixpath.dirname(above):
            if above in self.partial:
                return True
        return path in self.gaps or self.rules.excludes(path, is_directory)


class Expected:
    """What a revert must leave. 'made' are the paths that are as in the target, 'stays' those that are not to be touched."""

    def __init__(self, live, safety, target, paths, keep_extra):
        self.live, self.safety, self.target, self.paths, self.keep_extra = live, safety, target, paths, keep_extra
        self.children = tree_of(live)
        self.target_children = tree_of(target.entries)
        self.out, self.made, self.stays, self.any_time = {}, set(), set(), set()
        self.is_part, self.is_unsure = False, False
        self.directory(b"")

    def selected(self, path):
        return not self.paths or any(path == chosen or path.startswith(chosen + b"/") for chosen in self.paths)

    def above_selected(self, path):
        return any(chosen.startswith(path + b"/") for chosen in self.paths)

    def keep(self, path):
        for inner in below(self.live, path):
            self.out[inner] = self.live[inner]
            self.stays.add(inner)

    def make(self, path):
        for inner in sorted(below(self.target.entries, path)):
            if self.selected(inner) or self.above_selected(inner) and any(inner.startswith(p) or p.startswith(inner + b"/") for p in self.paths):
                self.out[inner] = self.target.entries[inner]
                self.made.add(inner)

    def conflict(self, path):
        self.is_part = True
        self.keep(path)

    def directory(self, path):
        """It is a directory on both sides."""
        if self.selected(path):
            self.out[path] = self.target.entries[path]
            self.made.add(path)
        else:
            self.out[path] = self.live[path]
        for child in sorted({*self.children.get(path, ()), *self.target_children.get(path, ())}):
            self.name(child)

    def name(self, path):
        live, target, saved = self.live.get(path), self.target.entries.get(path), path in self.safety.entries
        if not self.selected(path) and not self.above_selected(path) or target is None and path in self.target.gaps:
            if live:
                self.keep(path)
        elif live and target:
            self.both(path, live, target, saved)
        elif target:
            if self.selected(path) or any(self.selected(inner) for inner in below(self.target.entries, path)):
                self.make(path)
        else:
            self.extra(path, live, saved)

    def both(self, path, live, target, saved):
        if not saved:
            self.conflict(path)
        elif live.kind == target.kind == "directory":
            self.directory(path)
        elif not self.selected(path):
            self.is_unsure = True
            if live.kind == "directory" and self.above_selected(path):
                self.thin(path)
            else:
                self.keep(path)
        elif live.kind != "directory":
            self.make(path)
        elif self.keep_extra:
            self.conflict(path)
        elif self.removable(path):
            self.make(path)
        else:
            self.empty(path)

    def extra(self, path, live, saved):
        is_directory = live.kind == "directory"
        if self.keep_extra or self.target.excuses(path, is_directory):
            self.keep(path)
        elif not saved:
            # Nothing may be done, and the directory is not what the target says; unless a rule of today hides it, that is a part.
            self.is_part |= self.safety.gaps.get(path) == "unreadable"
            self.is_unsure = True
            self.keep(path)
        elif not self.selected(path):
            if is_directory:
                self.thin(path)
        elif is_directory and not self.removable(path):
            self.empty(path)

    def removable(self, path):
        return all(inner in self.safety.entries for inner in below(self.live, path))

    def empty(self, path):
        """A directory that must go stays for what is in it."""
        self.is_part = True
        self.thin(path)

    def thin(self, path):
        self.out[path] = self.live[path]
        # No state says what its time should be.
        self.any_time.add(path)
        for child in self.children.get(path, ()):
            is_directory = self.live[child].kind == "directory"
            if child not in self.safety.entries or not self.selected(child) and not self.above_selected(child):
                self.keep(child)
            elif is_directory and not (self.selected(child) and self.removable(child)):
                self.thin(child)
            elif not self.selected(child):
                self.keep(child)
