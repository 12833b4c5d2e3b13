"""Run a command and measure it; say the figures and what they depend on.

A small C program (floor/launch.c) spawns the command and waits for it: wall time is taken around both, without a shell, and wait4's rusage gives CPU time, that of waited-for children
included, and peak memory, which is at least the launcher's own: less than a megabyte.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile

MB = 1_000_000


class Failed(Exception):
    pass


class Run:
    """What one timed command took. Runs add up; peaks do not."""

    def __init__(self, wall=0.0, cpu=0.0, peak=0):
        self.wall, self.cpu, self.peak = wall, cpu, peak

    def __add__(self, other):
        return Run(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


class Launcher:
    """Where the launching program is; program.py compiles it."""

    path = None


def run(command, directory=None, output=None, statuses=(0,)):
    """Run a command and measure it. What it prints goes to the file 'output', or nowhere."""
    log = os.path.join(tempfile.gettempdir(), "bench-%d.log" % os.getpid())
    figures = log + ".figures"
    with open(output or os.devnull, "wb") as standard_output, open(log, "wb") as standard_error:
        done = subprocess.run(
            [Launcher.path, figures, *command], cwd=directory, stdin=subprocess.DEVNULL, stdout=standard_output, stderr=standard_error, check=False)
    with open(log, errors="replace") as file:
        said = file.read()[-500:].strip()
    if done.returncode == 127:
        raise Failed("'%s' is not installed" % command[0])
    if done.returncode != 0:
        raise Failed("'%s' could not be measured: %s" % (" ".join(command)[:200], said))
    with open(figures, encoding="ascii") as file:
        wall, user, system, peak, code = file.read().split()
    if int(code) not in statuses:
        raise Failed("'%s' ended with status %s: %s" % (" ".join(command)[:200], code, said))
    os.unlink(log)
    os.unlink(figures)
    return Run(float(wall), float(user) + float(system), int(peak))


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def seconds(value):
    return "%.2f s" % value if value >= 10 else "%.3f s" % value if value >= 1 else "%.1f ms" % (value * 1000)


def bytes_text(value):
    return "%.1f MB" % (value / MB)


def progress(text, minor=False):
    if sys.stderr.isatty():
        print("\r\x1b[K" + text, end="", file=sys.stderr, flush=True)
    elif text and not minor:
        print(text, file=sys.stderr)


def tool_version(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout or done.stderr).strip().split("\n")[0]
    except OSError:
        return "not installed"


def facts(options, work):
    """What the figures depend on: the machine, the tree and the versions."""
    def search(path, pattern):
        with open(path, encoding="utf-8") as file:
            match = re.search(pattern, file.read(), re.MULTILINE)
            return match.group(1).strip() if match else "unknown"

    mount = subprocess.run(["findmnt", "-n", "-o", "FSTYPE,OPTIONS", "-T", work], capture_output=True, text=True, check=False)
    files = size = 0
    for directory, _, names in os.walk(os.path.join(work, "tree")):
        files += len(names)
        size += sum(os.lstat(os.path.join(directory, name)).st_size for name in names)
    durable = "not measured"
    if "floor" not in options.absent:
        durable = tool_version([options.floor, "fdatasync", work])
    return {
        "cpu": search("/proc/cpuinfo", r"^model name\s*:(.*)"), "cores": len(os.sched_getaffinity(0)),
        "memory": "%d MiB" % (int(search("/proc/meminfo", r"^MemTotal:\s*(\d+)")) // 1024),
        "kernel": platform.release(), "file system": " ".join(mount.stdout.split()), **({"tree": "%d files, %s" % (files, bytes_text(size))} if files else {}),
        "append 4 KiB, fdatasync": durable,
        "load before": "%.2f" % os.getloadavg()[0],
        "snap": tool_version([options.snap, "--version"]) if "snap" not in options.absent else "not measured",
        **{name: version for name, version in versions(options).items() if name not in options.absent},
    }


def versions(options):
    commands = {
        "git": ["git", "--version"], "restic": ["restic", "version"], "borg": ["borg", "--version"], "borg-new": [options.newest_borg or "borg-new", "--version"],
        "bup": ["bup", "--version"], "casync": ["casync", "--version"], "tar": ["tar", "--version"], "zstd": ["zstd", "--version"],
        "cp": ["cp", "--version"], "rsync": ["rsync", "--version"]}
    return {name: re.sub(r"  +", " ", tool_version(command)).strip("* ") for name, command in commands.items()}


def markdown(found, bench):
    """The facts, the comparisons with their bars, and all runs, as Markdown tables."""
    lines = ["| fact | |", "|---|---|"] + ["| %s | %s |" % item for item in found.items()]
    lines += ["", "| row | subject | | peer | | ratio | bar | |", "|---|---|--:|---|--:|--:|--:|---|"]
    for c in bench.comparisons:
        met = {True: "met", False: "**missed**", None: ""}[c["met"]]
        ratio = "" if c["ratio"] is None else "%.3f" % c["ratio"]
        lines.append("| %s | %s | %s | %s | %s | %s | %s | %s |" % (
            c["row"], c["subject"], c["value"], c["peer"], c["peer_value"], ratio, c["bar"] or "", met))
    lines += ["", "| row | subject | runs | wall, median (min..max) | CPU | peak memory |", "|---|---|--:|--:|--:|--:|"]
    for row, subjects in bench.samples.items():
        for subject, samples in subjects.items():
            if samples:
                walls = [sample.wall for sample in samples]
                lines.append("| %s | %s | %d | %s (%s..%s) | %s | %s |" % (
                    row, subject, len(samples), seconds(median(walls)), seconds(min(walls)), seconds(max(walls)),
                    seconds(median([sample.cpu for sample in samples])), bytes_text(max(sample.peak for sample in samples))))
    if bench.sizes:
        lines += ["", "| what a first copy takes | apparent | allocated |", "|---|--:|--:|"]
        lines += ["| %s | %s | %s |" % (name, *map(bytes_text, size)) for name, size in bench.sizes.items()]
    return "\n".join(lines)


def write_json(path, found, bench, failures):
    samples = {row: {subject: [vars(sample) for sample in runs] for subject, runs in subjects.items()} for row, subjects in bench.samples.items()}
    document = {"facts": found, "comparisons": bench.comparisons, "sizes": bench.sizes, "samples": samples, "failures": failures}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
        file.write("\n")
