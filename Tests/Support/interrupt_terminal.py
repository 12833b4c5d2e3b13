#!/usr/bin/env python3
"""Press Ctrl-C in a terminal while snap works, and look at what it leaves on the screen and in the store.

    interrupt_terminal.py [--snap FILE] [--rounds N] [--work DIR]

tmux is the terminal. A first take is interrupted when its progress is seen: it must end with status 130, give the shell its
cursor, its modes and a clean line back, and leave a store in which nothing is damaged and nothing is left over. Then the same
is done to a put into a new directory and to a revert in place, which must leave everything as it was. Nothing waits for time to
pass: what the screen shows tells how far things are.
"""

import argparse
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from faults import HERE, Broken, clean_environment  # noqa: E402

DEADLINE = 120.0
# What a shell's line starts with here.
PROMPT = "ready>"
# A line that is drawn while something is done.
PROGRESS = r"^(?:\^C)?(?:reading|writing|applying)\b"


class Screen:
    """A shell in a terminal of 120 columns: what it prints here is shorter."""

    def __init__(self, snap, work, tree):
        self.name = "snap-%d-%d" % (os.getpid(), random.randrange(1 << 30))
        self.count = 0
        self.environment = environment(work)
        self.environment.update({
            "PATH": os.path.dirname(snap) + ":" + os.environ["PATH"], "LANG": "C.UTF-8", "TMUX_TMPDIR": work, "SHELL": "/bin/bash",
            "TERM": "xterm-256color",
        })
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "200", "-c", tree, "env PS1='%s ' bash --norc" % PROMPT)

    def tmux(self, *arguments):
        done = subprocess.run(
            ["tmux", "-L", self.name] + list(arguments), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Broken("tmux %s: %s" % (arguments[0], done.stderr.decode().strip()))
        return done.stdout.decode()

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], env=self.environment, stderr=subprocess.DEVNULL)

    def text(self):
        return self.tmux("capture-pane", "-p").rstrip("\n")

    def await_text(self, pattern):
        """The first match of `pattern` on the screen."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            found = re.search(pattern, self.text(), re.MULTILINE)
            if found:
                return found
        raise Broken("never seen: %s; the screen has:\n%s" % (pattern, self.text()))

    def mark(self):
        """A word that was never on the screen before."""
        self.count += 1
        return "mark%d" % self.count

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def press(self, key):
        self.tmux("send-keys", key)

    def clear(self):
        mark = self.mark()
        # The quotes keep what is typed from looking like what is printed.
        self.type("clear; tput cnorm; echo ''%s" % mark)
        self.await_text("^%s$" % mark)

    @property
    def has_cursor(self):
        return self.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def modes(self):
        """What `stty -g` says."""
        mark = self.mark()
        self.type("echo ''%s=$(stty -g)=" % mark)
        return self.await_text("^%s=([^=]*)=" % mark).group(1)


class Interruption:
    def __init__(self, snap, work, seed):
        self.snap = snap
        self.environment = environment(work)
        self.tree = os.path.join(work, "tree")
        self.random = random.Random(seed)
        os.mkdir(self.tree)
        self.size = 0

    def run(self, *arguments, status=0):
        done = subprocess.run([self.snap] + list(arguments), cwd=self.tree, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != status:
            raise Broken("snap %s: status %d:\n%s" % (shlex.join(arguments), done.returncode, done.stdout.decode(errors="replace")))
        return done.stdout.decode(errors="replace")

    def grow(self):
        """Adds to the tree until working through it takes long enough to be seen."""
        for number in range(self.size, self.size + 400):
            directory = os.path.join(self.tree, "d%d" % (number % 20))
            os.makedirs(directory, exist_ok=True)
            with open(os.path.join(directory, "f%d" % number), "wb") as file:
                file.write(self.random.randbytes(256 << 10))
        self.size += 400

    def interrupt(self, screen, command):
        """Types the command, presses Ctrl-C when its progress is seen, and checks what is seen afterwards. False: it was
        done before it could be interrupted."""
        screen.clear()
        before = screen.modes()
        mark = screen.mark()
        end = r"^(?:\^C)?%s=(\d+)=$" % mark
        screen.type("%s; echo ''%s=$?=" % (command, mark))
        screen.await_text(PROGRESS + "|" + end)
        # A cursor that is never hidden could not be given back.
        if screen.has_cursor and re.search(PROGRESS, screen.text(), re.MULTILINE):
            raise Broken("%s: the cursor is not hidden beside a line of progress" % command)
        screen.press("C-c")
        # Where the command was just done, the key comes before what is echoed, or keeps the shell from echoing it.
        screen.await_text(r"^(?:\^C)?%s$" % re.escape(PROMPT))
        text = screen.text()
        found = re.search(end, text, re.MULTILINE)
        status = found.group(1) if found else "0"
        if status == "0":
            return False
        if status != "130":
            raise Broken("%s: status %s\n%s" % (command, status, text))
        if not screen.has_cursor:
            raise Broken("%s: the cursor is still hidden" % command)
        if screen.modes() != before:
            raise Broken("%s: the terminal's modes differ" % command)
        if re.search(PROGRESS, text, re.MULTILINE):
            raise Broken("%s: a line of progress is left:\n%s" % (command, text))
        if not re.search(r"^(\^C)?snap: ", text, re.MULTILINE):
            raise Broken("%s: it does not say that it was interrupted:\n%s" % (command, text))
        return True

    def until_seen(self, screen, command, prepare):
        for _ in range(6):
            prepare()
            if self.interrupt(screen, command):
                return
            self.grow()
        raise Broken("%s: was always done before it could be interrupted" % command)

    def state(self, under):
        """Every file below `under` but a store's, with its content."""
        result = {}
        for directory, names, files in os.walk(under):
            if ".snapstore" in names:
                names.remove(".snapstore")
            for name in files:
                path = os.path.join(directory, name)
                with open(path, "rb") as file:
                    result[os.path.relpath(path, under)] = file.read()
        return result

    def first_take(self, screen):
        store = os.path.join(self.tree, ".snapstore")

        def prepare():
            shutil.rmtree(store, ignore_errors=True)
            self.run("init", "-q")

        self.until_seen(screen, "snap take", prepare)
        if self.run("list", "-q").strip():
            raise Broken("an interrupted take left a snapshot")
        self.run("verify", "--full", "-q")
        self.run("doctor")
        self.is_swept("take")
        self.run("take", "-q")
        self.run("verify", "--full", "-q")

    def put(self, screen):
        target = os.path.join(os.path.dirname(self.tree), "target")

        def prepare():
            shutil.rmtree(target, ignore_errors=True)
            self.run("take", "-q")

        self.until_seen(screen, "snap revert @ --into %s" % shlex.quote(target), prepare)
        shutil.rmtree(target, ignore_errors=True)
        self.run("revert", "@", "--into", target, "-q")
        if self.state(target) != self.state(self.tree):
            raise Broken("a put after an interrupted one differs")
        shutil.rmtree(target)

    def in_place(self, screen):
        def prepare():
            self.run("take", "-q")
            self.full = self.state(self.tree)
            for name in os.listdir(self.tree):
                if name != ".snapstore":
                    shutil.rmtree(os.path.join(self.tree, name))
            self.run("take", "-q")
            self.undone = self.run("log", "--json").count("\n")

        self.until_seen(screen, "snap revert @~1", prepare)
        if self.state(self.tree):
            raise Broken("a revert that was interrupted left something")
        if "unfinished" in self.run("status") or self.run("log", "--json").count("\n") != self.undone:
            raise Broken("a revert that was interrupted is not over")
        self.is_swept("revert")
        self.run("revert", "@~1", "-q")
        if self.state(self.tree) != self.full:
            raise Broken("a revert after an interrupted one differs")
        self.run("verify", "--full", "-q")

    def is_swept(self, what):
        for kept in ("tmp", "staging"):
            directory = os.path.join(self.tree, ".snapstore", kept)
            left = os.listdir(directory) if os.path.isdir(directory) else []
            if left:
                raise Broken("an interrupted %s left %s in %s" % (what, left, kept))


def environment(work):
    home = os.path.join(work, "home")
    os.makedirs(home, exist_ok=True)
    return {**clean_environment(), "HOME": home}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--snap", default=os.path.join(HERE, "../../.build/debug/snap"))
    parser.add_argument("--work", default=None)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    snap = os.path.realpath(options.snap)
    passed, failed = 0, 0
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.work) as work:
            work = os.path.realpath(work)
            screen = None
            try:
                case = Interruption(snap, work, number)
                case.grow()
                screen = Screen(snap, work, case.tree)
                screen.await_text(re.escape(PROMPT))
                for part in (case.first_take, case.put, case.in_place):
                    part(screen)
                    passed += 1
            except Broken as problem:
                failed += 1
                print(problem, file=sys.stderr)
            finally:
                if screen:
                    screen.close()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
