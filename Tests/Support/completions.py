#!/usr/bin/env python3
"""Complete command lines with real shells, and check what came out.

    completions.py [--snap FILE] [--shells bash,zsh,fish] [--work DIR]
    completions.py --measure [--snap FILE] [--work DIR]

Each shell runs on a terminal of its own with snap's script loaded, is typed a line and Tab, and then a key that prints the
line as it is now. Nothing waits for time to pass: what was printed tells that the keys before it were worked off.

Completing must change nothing, so the store is compared before and after. --measure instead times 'snap __complete' in a
store of 10,000 snapshots, and fails if it takes longer than a person would notice.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import shlex
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.realpath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
SCRIPTS = os.path.join(PROJECT, "completions")
PROMPTS = os.path.join(PROJECT, "contrib", "prompt")
# The most that a key may take, on a machine that is busy with other tests.
DEADLINE = 30.0
LIMIT_MILLISECONDS = 30.0

MARK = b"\x1e"
DUMP = b"\x18\x10"
KILL_LINE = b"\x15"


class Broken(Exception):
    pass


# MARK: Shells

BASH = r"""
set -u
PS1=$'\x1eready\x1e' PS2= PROMPT_COMMAND=
bind 'set bell-style none' 2>/dev/null
bind 'set completion-query-items -1'
bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
__dump() { printf '\x1e<%s>\x1e' "$READLINE_LINE"; }
bind -x '"\C-x\C-p": __dump'
. SCRIPTS/snap.bash
"""

ZSH = r"""
fpath=(SCRIPTS $fpath)
autoload -Uz compinit
compinit -u -D
setopt nounset
unsetopt beep prompt_cr prompt_sp
PS1=$'\x1eready\x1e'
zle_bracketed_paste=()
__dump() { print -rn -- $'\x1e<'"$BUFFER"$'>\x1e' >$TTY }
zle -N __dump
bindkey -e
bindkey '^X^P' __dump
# Also as a file that is read.
source SCRIPTS/_snap
"""

FISH = r"""
set -g fish_autosuggestion_enabled 0
set -g fish_greeting
function fish_prompt
    printf '\x1eready\x1e'
end
function fish_right_prompt
end
function __dump
    printf '\x1e<%s>\x1e' (commandline -b | string collect)
end
bind \cx\cp __dump
source SCRIPTS/snap.fish
"""

# What fish asks of a terminal before it believes that it is one, and what a terminal says.
TERMINAL_ANSWERS = [
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
]


class Shell:
    """A shell on a terminal, in the directory 'where'."""

    def __init__(self, name, where, environment, home):
        self.name = name
        text = {"bash": BASH, "zsh": ZSH, "fish": FISH}[name].replace("SCRIPTS", shlex.quote(SCRIPTS))
        if name == "zsh":
            settings = os.path.join(home, ".zshrc")
            command = ["zsh", "-d", "-i"]
        else:
            settings = os.path.join(home, "settings." + name)
            command = {
                "bash": ["bash", "--noprofile", "--rcfile", settings, "-i"],
                "fish": ["fish", "--no-config", "-i", "-C", "source " + shlex.quote(settings)],
            }[name]
        with open(settings, "w", encoding="utf-8") as file:
            file.write(text)
        self.seen = b""
        self.at = 0
        self.answered = 0
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            try:
                os.chdir(where)
                os.execvpe(command[0], command, {**environment, "ZDOTDIR": home})
            finally:
                os._exit(127)
        # Wide and high enough that no list is asked about or cut.
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.expect(MARK + b"ready" + MARK)

    def send(self, keys):
        while keys:
            keys = keys[os.write(self.terminal, keys):]

    def expect(self, pattern):
        """Read up to 'pattern', bytes or a compiled expression; what matched, and what stood before it."""
        if isinstance(pattern, bytes):
            pattern = re.compile(re.escape(pattern))
        end = time.monotonic() + DEADLINE
        while True:
            found = pattern.search(self.seen, self.at)
            if found:
                before = self.seen[self.at:found.start()]
                self.at = found.end()
                return found, before
            rest = end - time.monotonic()
            if rest <= 0 or not select.select([self.terminal], [], [], rest)[0]:
                raise Broken("%s did not print %r; it printed %r" % (self.name, pattern.pattern, self.seen[self.at:][-2000:]))
            try:
                more = os.read(self.terminal, 65536)
            except OSError:
                more = b""
            if not more:
                raise Broken("%s ended; it printed %r" % (self.name, self.seen[self.at:][-2000:]))
            self.seen += more
            self.answer_questions()

    def answer_questions(self):
        for question, answer in TERMINAL_ANSWERS:
            for found in question.finditer(self.seen, self.answered):
                self.answered = max(self.answered, found.end())
                self.send(answer)

    def complete(self, line, shows=None, tabs=1):
        """The line after Tab, and all that was printed meanwhile. 'shows' is waited for first."""
        self.send(KILL_LINE + line.encode() + b"\t" * tabs)
        if shows is not None:
            self.expect(shows.encode())
        self.send(DUMP)
        found, _ = self.expect(re.compile(MARK + rb"<(.*?)>" + MARK, re.DOTALL))
        return found.group(1).decode(errors="surrogateescape")

    def close(self):
        os.close(self.terminal)
        try:
            os.kill(self.process, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.process, 0)


# MARK: What is completed


class Bed:
    """A working directory with snapshots, and an environment in which its snap is the one."""

    def __init__(self, snap, work):
        self.work = work
        self.tree = os.path.join(work, "tree")
        self.outside = os.path.join(work, "outside")
        self.home = os.path.join(work, "home")
        self.bin = os.path.join(work, "bin")
        for path in (self.tree, self.outside, self.home, self.bin):
            os.mkdir(path)
        os.symlink(snap, os.path.join(self.bin, "snap"))
        self.environment = {
            "PATH": self.bin + ":/usr/local/bin:/usr/bin:/bin", "HOME": self.home, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
            "TERM": "xterm", "TZ": "UTC", "USER": "tester", "XDG_CONFIG_HOME": os.path.join(self.home, ".config"),
            "XDG_DATA_HOME": os.path.join(self.home, ".local"), "XDG_CACHE_HOME": os.path.join(self.home, ".cache"),
        }

    def snap(self, *arguments, where=None):
        done = subprocess.run(
            ["snap", *arguments], cwd=where or self.tree, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            executable=os.path.join(self.bin, "snap"), timeout=120)
        if done.returncode != 0:
            raise Broken("'snap %s' ended with status %d: %s" % (" ".join(arguments), done.returncode, done.stderr.decode()))
        return done.stdout.decode()

    def put(self, path, text="content\n"):
        path = os.path.join(self.tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def fill(self):
        for path in (
                "src/main.c", "src/my file.txt", "src/deep/er/file", "it's/here", "colon:name", "equals=name", "ünï/code",
                "braces{a,b}/x", "dollar$/y", "line\nbreak"):
            self.put(path)
        self.snap("init", "-q")
        self.first = self.snap("take", "-q", "-m", "before the upgrade", "--name", "release-1.2", "--tag", "nightly").strip()
        self.put("gone.txt")
        self.second = self.snap("take", "-q", "-m", "second").strip()
        os.unlink(os.path.join(self.tree, "gone.txt"))
        os.mkdir(os.path.join(self.tree, "sub dir"))

    def state(self):
        """Every file of the store, and whether it was touched."""
        result = {}
        for place, directories, files in os.walk(os.path.join(self.tree, ".snapstore")):
            for name in directories + files:
                facts = os.lstat(os.path.join(place, name))
                result[os.path.join(place, name)] = (facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        return result

    def has_command(self, name):
        return re.search(r"^   %s " % name, self.snap("help"), re.MULTILINE) is not None


def cases(bed):
    """Lines and what they become, in every shell; a dictionary where shells quote differently."""
    result = [
        ("snap verif", "snap verify "),
        ("snap --no-pag", "snap --no-pager "),
        ("snap -q verif", "snap -q verify "),
        ("snap take --mess", "snap take --message="),
        ("snap take --rehas", "snap take --rehash "),
        ("snap take --no-one", "snap take --no-one-file-system "),
        ("snap take --kind=mil", "snap take --kind=milestone "),
        ("snap take --kind mil", "snap take --kind milestone "),
        ("snap diff --color=alw", "snap diff --color=always "),
        ("snap show rel", "snap show release-1.2 "),
        ("snap list release-1.2..rel", "snap list release-1.2..release-1.2 "),
        ("snap revert --name rel", "snap revert --name release-1.2 "),
        ("snap name -d rel", "snap name -d release-1.2 "),
        ("snap list --tag nigh", "snap list --tag nightly "),
        ("snap list --tag=nigh", "snap list --tag=nightly "),
        ("snap cat @:sr", "snap cat @:src/"),
        ("snap cat @:src/ma", "snap cat @:src/main.c "),
        ("snap cat release-1.2:src/ma", "snap cat release-1.2:src/main.c "),
        # zsh quotes a tilde wherever it stands.
        ("snap cat @~1:src/deep/e", {"bash": "snap cat @~1:src/deep/er/", "zsh": "snap cat @\\~1:src/deep/er/", "fish": "snap cat @~1:src/deep/er/"}),
        ("snap cat @:./src/ma", "snap cat @:./src/main.c "),
        # In the snapshot, and here no more.
        ("snap cat @:gone", "snap cat @:gone.txt "),
        ("snap cat @:col", "snap cat @:colon:name "),
        ("snap cat @:equ", "snap cat @:equals=name "),
        ("snap cat @:ün", "snap cat @:ünï/"),
        ("snap cat @:src/my", "snap cat @:src/my\\ file.txt "),
        ("snap cat @:src/my\\ f", "snap cat @:src/my\\ file.txt "),
        ("snap cat @:it", "snap cat @:it\\'s/"),
        ("snap cat @:dol", "snap cat @:dollar\\$/"),
        ("snap cat '@:src/my", {"bash": "snap cat '@:src/my file.txt'", "zsh": "snap cat '@:src/my file.txt' "}),
        ("snap cat \"@:src/my", {"bash": "snap cat \"@:src/my file.txt\"", "zsh": "snap cat \"@:src/my file.txt\" "}),
        ("snap cat @:lin", "snap cat @:lin"),
        ("snap revert -- src/ma", "snap revert -- src/main.c "),
        ("snap diff @ -- src/my", "snap diff @ -- src/my\\ file.txt "),
        ("snap revert --into sub", "snap revert --into sub\\ dir/"),
        ("snap -C sr", "snap -C src/"),
        ("snap list --since yest", "snap list --since yesterday\\ 14:00 "),
        ("snap help verif", "snap help verify "),
        ("snap completion fi", "snap completion fish "),
        ("snap nothing rel", "snap nothing rel"),
    ]
    if not bed.second.startswith(bed.first[:6]):
        result.append(("snap show " + bed.first[:6], "snap show %s " % bed.first[:10]))
    if bed.has_command("config"):
        result.append(("snap config get take.comp", "snap config get take.compression "))
    return result


def check_shell(name, bed):
    failures = []
    shell = Shell(name, bed.tree, bed.environment, bed.home)
    passed = 0
    try:
        for line, expected in cases(bed):
            if isinstance(expected, dict):
                if name not in expected:
                    continue
                expected = expected[name]
            got = shell.complete(line)
            if got == expected:
                passed += 1
            else:
                failures.append("%s: %r became %r and not %r" % (name, line, got, expected))
        # What candidates mean is shown with them.
        shell.complete("snap show ", shows="before the upgrade", tabs=2 if name == "bash" else 1)
        passed += 1
    finally:
        shell.close()

    shell = Shell(name, bed.outside, bed.environment, bed.home)
    try:
        for line, expected in [("snap show rel", "snap show rel"), ("snap cat @:sr", "snap cat @:sr"), ("snap verif", "snap verify ")]:
            got = shell.complete(line)
            if got == expected:
                passed += 1
            else:
                failures.append("%s outside: %r became %r and not %r" % (name, line, got, expected))
    finally:
        shell.close()
    return passed, failures


def check_prompt(name, bed):
    """The prompt's snippet, inside of a working directory and outside of one."""
    call = {"bash": "__snap_ps1", "zsh": "snap_prompt_info", "fish": "snap_prompt"}[name]
    load = {"bash": ".", "zsh": "source", "fish": "source"}[name]
    command = {"bash": ["bash", "-u", "-c"], "zsh": ["zsh", "-f", "-o", "nounset", "-c"], "fish": ["fish", "--no-config", "-c"]}[name]
    script = "%s %s; %s; %s ' [%%s]'" % (load, shlex.quote(os.path.join(PROMPTS, "snap-prompt." + name)), call, call)
    short = bed.second[:10]
    failures = []
    for where, expected in [
            (bed.tree, " (%s) [%s]" % (short, short)), (os.path.join(bed.tree, "src", "deep"), " (%s) [%s]" % (short, short)),
            (bed.outside, ""), ("/", "")]:
        done = subprocess.run(
            command + [script], cwd=where, env=bed.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False, timeout=120)
        if done.stdout.decode() != expected or done.stderr or done.returncode != 0:
            failures.append(
                "%s prompt in %s: %r and not %r; status %d, %r"
                % (name, where, done.stdout.decode(), expected, done.returncode, done.stderr.decode()))
    return 4 - len(failures), failures


def check_silence(bed):
    """Whatever is asked, and wherever: status 0, and nothing on standard error."""
    failures = []
    questions = [
        [], ["bash"], ["tcsh", "x"], ["bash", "9", "snap show ", ""], ["bash", "x", "\\", "\\"], ["zsh", "snap", "show", "@{"],
        ["fish", "snap", "cat", "nothing:"], ["fish", "snap", "cat", "@{nonsense}:a"], ["fish", "snap", "-C", "/nowhere", "show", ""],
        ["fish", "snap", "cat", "@:../../"], ["fish", "snap", "list", "--tag", ""], ["zsh", "snap", "cat", "@:nothing/"],
    ]
    broken = os.path.join(bed.work, "broken")
    os.makedirs(os.path.join(broken, ".snapstore"))
    for question in questions:
        for where in (bed.tree, bed.outside, broken):
            done = subprocess.run(
                [os.path.join(bed.bin, "snap"), "__complete", *question], cwd=where, env=bed.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=120)
            if done.returncode != 0 or done.stderr:
                failures.append("__complete %r in %s: status %d, %r" % (question, where, done.returncode, done.stderr))
    return len(questions) * 3 - len(failures), failures


# MARK: Time

def checksum_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


def checksum(data, table):
    """CRC-32C."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ table[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def lengthen(bed, count):
    """Put lines of older takes in front of the timeline, up to 'count' snapshots. No pack has them, and none is asked."""
    places = os.path.join(bed.tree, ".snapstore", "directories")
    timeline = os.path.join(places, os.listdir(places)[0], "timelines", "main")
    with open(timeline, "rb") as file:
        real = file.read()
    table = checksum_table()
    lines = []
    old = "-"
    for number in range(count - len(re.findall(rb"^1 \S+ \S+ \S+ take ", real, re.MULTILINE))):
        new = "%064x" % (checksum(b"%d" % number, table) << 224 | number)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_600_000_000 + 600 * number))
        body = ("1 %s.000000000Z %s %s take checkpoint tester@host/1\tstate number %d" % (moment, old, new, number)).encode()
        lines.append(body + b"\t%08x\n" % checksum(body, table))
        old = new
    with open(timeline, "wb") as file:
        file.write(b"".join(lines) + real)


def measure(bed):
    bed.fill()
    for number in range(300):
        bed.put("src/main.c", "int main(void) { return %d; }\n" % number)
        bed.snap("take", "-q", "--tag", "tag-%d" % (number % 40))
    lengthen(bed, 10_000)
    found = len(bed.snap("list", "-q", "--json").splitlines())
    if found != 10_000:
        raise Broken("the store has %d snapshots and not 10,000" % found)
    snap = os.path.join(bed.bin, "snap")
    null = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
    os.chdir(bed.tree)
    slow = 0
    for line in (
            "snap ", "snap take --", "snap show ", "snap show a", "snap show @~", "snap show @{", "snap name -d ", "snap cat @:",
            "snap cat @:src/", "snap cat release-1.2:src/", "snap list --tag "):
        times = []
        for _ in range(31):
            start = time.perf_counter()
            process = os.posix_spawn(
                snap, [snap, "__complete", "bash", "9", line, ""], bed.environment, file_actions=actions)
            os.waitpid(process, 0)
            times.append((time.perf_counter() - start) * 1000)
        median = statistics.median(times)
        is_slow = median > LIMIT_MILLISECONDS
        slow += is_slow
        print("%-28r %6.1f ms (%.1f to %.1f)%s" % (line, median, min(times), max(times), "  too slow" if is_slow else ""))
    print("%d slower than %.0f ms" % (slow, LIMIT_MILLISECONDS))
    return 1 if slow else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snap", default=os.path.join(PROJECT, ".build", "debug", "snap"))
    parser.add_argument("--shells", default="bash,zsh,fish")
    parser.add_argument("--work", default=None)
    parser.add_argument("--measure", action="store_true")
    options = parser.parse_args()
    snap = os.path.realpath(options.snap)
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        bed = Bed(snap, os.path.realpath(work))
        if options.measure:
            return measure(bed)
        bed.fill()
        before = bed.state()
        passed, failures = check_silence(bed)
        for name in options.shells.split(","):
            if shutil.which(name) is None:
                failures.append("%s is not installed" % name)
                continue
            for check in (check_shell, check_prompt):
                try:
                    more, wrong = check(name, bed)
                except Broken as problem:
                    more, wrong = 0, [str(problem)]
                passed += more
                failures += wrong
        if bed.state() != before:
            failures.append("completing touched the store")
        for failure in failures:
            print(failure, file=sys.stderr)
        print("%d passed, %d failed" % (passed, len(failures)))
        return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
