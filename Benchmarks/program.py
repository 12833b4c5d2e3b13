"""What the measuring programs share: their options, and running the rows that were asked for."""

import argparse
import contextlib
import glob
import os
import shutil
import subprocess
import sys
import tempfile

from measuring import Failed, Launcher, facts, markdown, progress, write_json
from source_tree import read_all, remove, unpack

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("git", "restic", "tar", "borg", "borg-new", "bup", "casync", "cp", "rsync")


def parse(description, rows):
    parser = argparse.ArgumentParser(
        description=description, epilog="exit status: 0 all bars met, 1 a bar missed, 4 a row failed; rows: " + ", ".join(rows))
    parser.add_argument("--work", required=True, help="where to work; about 6 GB are needed for the whole tree")
    parser.add_argument("--tree", help="an unpacked tree, which is copied and not changed")
    parser.add_argument("--tarball", default="/usr/src/linux-source-6.1.tar.xz", help="the tarball to unpack without --tree")
    parser.add_argument("--quick", action="store_true", help="only the tree's drivers/net")
    parser.add_argument("--rows", default=",".join(rows), help="separated by commas")
    parser.add_argument("--rounds", type=int, help="default 5; for rows that take long 3")
    parser.add_argument("--takes", type=int, default=5000, help="how many small takes, where many are made")
    parser.add_argument("--snap", default=os.path.join(HERE, "../.build/release/snap"))
    parser.add_argument("--floor", help="the program made from floor/floor.c; default: it is compiled")
    parser.add_argument("--peers", default=",".join(PEERS), help="whom to measure beside snap and the floors, separated by commas")
    parser.add_argument("--newest-borg", default=shutil.which("borg-new"), metavar="FILE", help="the newest borg's program")
    parser.add_argument("--peers-only", action="store_true", help="measure without snap")
    parser.add_argument("--check", action="store_true", help="in the row restore, also compare what snap restored with the tree")
    parser.add_argument("--json", help="write all samples to this file")
    parser.add_argument("--keep", action="store_true", help="do not remove the work directory")
    options = parser.parse_args()
    options.rows = options.rows.split(",")
    unknown = set(options.rows) - set(rows)
    if unknown:
        parser.error("no such row: %s" % ", ".join(sorted(unknown)))
    options.slow_rounds = options.rounds or 3
    options.rounds = options.rounds or 5
    options.snap = os.path.abspath(options.snap)
    options.absent = {"snap"} if options.peers_only else set()
    if not options.peers_only and not os.access(options.snap, os.X_OK):
        parser.error("'%s' is not there: build it, or give --snap or --peers-only" % options.snap)
    wanted = options.peers.split(",")
    unknown = set(wanted) - set(PEERS)
    if unknown:
        parser.error("no such peer: %s" % ", ".join(sorted(unknown)))
    options.absent |= set(PEERS) - set(wanted)
    for peer in wanted:
        program = {"borg-new": options.newest_borg or "borg-new", "tar": "zstd"}.get(peer, peer)
        if shutil.which(program) is None:
            print("'%s' is not installed: measuring without it" % program, file=sys.stderr)
            options.absent.add(peer)
    return options


def execute(make, options, rows):
    """Run the rows of the bench that 'make' makes of the options and a work directory, print what they found, and exit."""
    os.makedirs(options.work, exist_ok=True)
    work = tempfile.mkdtemp(prefix="bench-", dir=os.path.abspath(options.work))
    failures = []
    bench = None
    try:
        build_floor(options, work)
        if make.uses_tree:
            unpack(options, os.path.join(work, "tree"))
            progress("reading everything once")
            read_all(os.path.join(work, "tree"))
        bench = make(options, work)
        found = facts(options, work)
        for row in rows:
            if row in options.rows:
                progress("%s: preparing" % row)
                try:
                    getattr(bench, row)()
                except (Failed, OSError, subprocess.CalledProcessError) as error:
                    failures.append("%s: %s" % (row, error))
                    bench.failed()
        progress("")
        print(markdown(found, bench))
        for failure in failures:
            print("\nfailed: " + failure)
        if options.json:
            write_json(options.json, found, bench, failures)
    finally:
        if options.keep:
            print("kept: %s" % work, file=sys.stderr)
        else:
            with contextlib.suppress(subprocess.CalledProcessError):
                remove(work)
    sys.exit(4 if failures else 1 if any(c["met"] is False for c in bench.comparisons) else 0)


def build_floor(options, work):
    """The launcher, without which nothing is measured, and the floors, without which the rest is."""
    Launcher.path = os.path.join(work, "launch")
    compile_c(["-static", os.path.join(HERE, "floor/launch.c"), "-o", Launcher.path])
    if options.floor:
        options.floor = os.path.abspath(options.floor)
        return
    options.floor = os.path.join(work, "floor")
    kernels = os.path.join(HERE, "../Sources/CSnapKernels")
    sources = [os.path.join(HERE, "floor/floor.c"), *glob.glob(os.path.join(kernels, "*.c"))]
    try:
        compile_c(["-pthread", "-I", os.path.join(kernels, "include"), *sources, "-lzstd", "-o", options.floor])
    except subprocess.CalledProcessError as error:
        print("cannot compile '%s': measuring without the floors: %s" % (sources[0], error.stderr.decode(errors="replace")), file=sys.stderr)
        options.absent.add("floor")


def compile_c(arguments):
    subprocess.run(["cc", "-O2", *arguments], check=True, capture_output=True)
