#!/usr/bin/env python3
"""Compare what 'snap gc' and 'restic forget' keep of the same snapshots by the same rules.

    retention_restic.py [--snap FILE] [--restic FILE] [--count 300] [--seed N] [--zone Europe/Berlin] [--work DIR] [--verbose]

Both get the same number of snapshots at the same moments of two years, with the same tags; then each of RULES is given to 'restic forget
--dry-run --json' and to 'snap gc --dry-run --json', and who keeps which snapshots, and by which rules, is compared. Needs restic (0.14 or
newer), which takes most of the time: half a second a snapshot.

Differences by intention are counted and, with --verbose, listed; any other is printed and ends in status 1:

- snap keeps the head whatever the rules say ("head").
- The oldest snapshot of a group stays as long as a rule has not used up its count ("oldest, ..."). restic has that since 0.16.
- snap keeps the newest of a group of which no rule keeps anything ("newest of its group").

What else differs by intention cannot differ here: all is taken in one zone, at moments that its clock does not show twice, none in the
future, no two at once, as checkpoints without names; and the newest is of a day that every month has, since restic takes a month from the
31st otherwise than snap.

The seed is printed; the same seed gives the same times on the same day.
"""

import argparse
import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zoneinfo

# Each rule as both write it, without '--keep-'; restic's words for groups are beside.
RULES = [
    [("last", "7")],
    [("daily", "7")],
    [("hourly", "24"), ("daily", "7"), ("weekly", "5"), ("monthly", "12"), ("yearly", "3")],
    [("weekly", "10")],
    [("yearly", "10")],
    [("within", "30d")],
    [("within", "1y2m3d4h")],
    [("within-hourly", "2d"), ("within-daily", "14d"), ("within-weekly", "2m"), ("within-monthly", "1y"), ("within-yearly", "5y")],
    [("tag", "a")],
    [("tag", "a,b"), ("tag", "c"), ("daily", "3")],
    [("daily", "5"), ("group-by", "tag")],
    [("last", "1"), ("monthly", "24"), ("within", "7d"), ("within-weekly", "6m"), ("group-by", "tag")],
]
GROUPS = {"none": "", "tag": "tags"}
PERIODS = ["last", "hourly", "daily", "weekly", "monthly", "yearly"]
TAGS = [[], [], [], ["a"], ["a", "b"], ["b"], ["c"], ["a", "c"]]


class Mismatch(Exception):
    pass


class Snapshot:
    """One moment and its tags; its message is its number."""

    def __init__(self, number, moment, tags):
        self.number, self.moment, self.tags = number, moment, tags


def run(arguments, environment, cwd=None):
    done = subprocess.run(
        arguments, cwd=cwd, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Mismatch("%r ended with status %d: %s" % (arguments, done.returncode, (done.stderr + done.stdout)[:600]))
    return done.stdout


def utc(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_clear(moment):
    """Whether the wall clock shows it once, so that restic reads it as it is meant."""
    return moment.replace(fold=0).utcoffset() == moment.replace(fold=1).utcoffset()


def samples(options, chance, now):
    """Moments of two years, some in bursts, the newest of them on a day up to the 28th."""
    zone = zoneinfo.ZoneInfo(options.zone)
    newest = (now - datetime.timedelta(days=3)).astimezone(zone).replace(microsecond=0)
    while newest.day > 28 or not is_clear(newest):
        newest -= datetime.timedelta(days=1)
    seconds = {0}
    while len(seconds) < options.count:
        start = chance.randrange(1, 2 * 365 * 86400)
        for _ in range(chance.choice([1, 1, 1, 2, 8])):
            moment = (newest - datetime.timedelta(seconds=start)).astimezone(zone)
            if start > 0 and len(seconds) < options.count and is_clear(moment):
                seconds.add(start)
            start -= chance.choice([60, 1800, 3600, 30000])
    origin = newest.astimezone(datetime.timezone.utc)
    moments = [(origin - datetime.timedelta(seconds=age)).astimezone(zone) for age in sorted(seconds, reverse=True)]
    found = []
    for number, moment in enumerate(moments):
        if is_clear(moment):
            found.append(Snapshot(number, moment, chance.choice(TAGS)))
    return found


class Restic:
    def __init__(self, options, where):
        self.program = options.restic
        self.tree = os.path.join(where, "restic-tree")
        self.environment = {
            "RESTIC_REPOSITORY": os.path.join(where, "repository"), "RESTIC_PASSWORD": "x", "TZ": options.zone, "HOME": where}
        self.numbers = {}
        os.makedirs(self.tree)
        with open(os.path.join(self.tree, "file"), "w", encoding="ascii") as file:
            file.write("x\n")
        self.run("init", "-q")

    def run(self, *arguments):
        return run([self.program, "--no-cache", *arguments], self.environment, self.tree)

    def take(self, snapshot):
        tags = [word for tag in snapshot.tags for word in ("--tag", tag)]
        self.run("backup", "-q", "--host", "host", "--time", snapshot.moment.strftime("%Y-%m-%d %H:%M:%S"), *tags, "file")
        self.numbers[int(snapshot.moment.timestamp())] = snapshot.number

    def number(self, snapshot):
        # Python reads no more than six digits of a fraction; there is none here.
        moment = datetime.datetime.fromisoformat(snapshot["time"].replace("Z", "+00:00"))
        return self.numbers[int(moment.timestamp())]

    def decide(self, rules):
        """The rules that keep each snapshot; none for one that goes."""
        words = ["--group-by", GROUPS[dict(rules).get("group-by", "none")]]
        words += [word for key, value in rules if key != "group-by" for word in ("--keep-" + key, value)]
        printed = self.run("forget", "--dry-run", "--json", *words)
        groups = json.loads([line for line in printed.splitlines() if line.startswith("[")][-1])
        found = {}
        for group in groups:
            for snapshot in group.get("remove") or []:
                found[self.number(snapshot)] = set()
            for reason in group.get("reasons") or []:
                found[self.number(reason["snapshot"])] = {self.rule(text) for text in reason["matches"]}
        return found

    @staticmethod
    def rule(text):
        """'daily snapshot', 'within 7d', 'daily within 7d', 'has tags [...]'."""
        words = text.split()
        if text.startswith("has tags"):
            return "tag"
        if words[0] == "within":
            return "within"
        return " ".join(words[:2]) if words[1] == "within" else words[0]


class Snap:
    def __init__(self, options, where, now):
        self.program = options.snap
        self.tree = os.path.join(where, "snap-tree")
        self.environment = {"TZ": options.zone, "HOME": where, "SNAP_NOW": utc(now)}
        os.makedirs(self.tree)
        with open(os.path.join(self.tree, "file"), "w", encoding="ascii") as file:
            file.write("x\n")
        self.run("init", "-q")

    def run(self, *arguments, environment=None):
        return run([self.program, "-C", self.tree, *arguments], {**self.environment, **(environment or {})})

    def take(self, snapshot):
        tags = [word for tag in snapshot.tags for word in ("--tag", tag)]
        self.run(
            "take", "--always", "-q", "-m", str(snapshot.number), *tags, environment={"SNAP_NOW": utc(snapshot.moment)})

    def decide(self, rules):
        """The rules that keep each snapshot, and what keeps it by intention; neither for one that goes."""
        words = ["--group-by", dict(rules).get("group-by", "none")]
        words += [word for key, value in rules if key != "group-by" for word in ("--keep-" + key, value)]
        found = {}
        for line in self.run("gc", "--dry-run", "--json", *words).splitlines():
            decision = json.loads(line)
            # Other objects say what was or would be removed.
            if "decision" not in decision:
                continue
            if decision["decision"] not in ("keep", "expire"):
                raise Mismatch("an unknown decision: %s" % line)
            is_kept = decision["decision"] == "keep"
            reasons = decision["reasons"] if is_kept else []
            meant = {text for text in reasons if self.is_intended(text)}
            rules_of = {self.rule(text) for text in reasons if text not in meant}
            if is_kept and not reasons:
                raise Mismatch("kept without a reason: %s" % line)
            found[int(decision["message"])] = (rules_of, meant)
        return found

    @staticmethod
    def is_intended(text):
        return text in ("head", "newest of its group") or text.startswith("oldest, ")

    @staticmethod
    def rule(text):
        """'daily 3 of 7', 'within 7 days', 'daily within 7 days', 'tag a'."""
        words = text.split()
        if words[0] in ("tag", "tags"):
            return "tag"
        if words[0] == "within":
            return "within"
        if words[0] in PERIODS:
            return " ".join(words[:2]) if words[1] == "within" else words[0]
        raise Mismatch("an unknown reason: %s" % text)


def compare(rules, snapshots, restic, snap, options):
    """The number of differences by intention, and of others, which are printed."""
    theirs, ours = restic.decide(rules), snap.decide(rules)
    title = " ".join("--keep-%s %s" % rule if rule[0] != "group-by" else "--group-by %s" % rule[1] for rule in rules)
    intended, others = [], []
    for snapshot in snapshots:
        name = "%s (%s)" % (snapshot.number, snapshot.moment)
        if snapshot.number not in theirs or snapshot.number not in ours:
            others.append("%s: only one of them decided on it" % name)
            continue
        their_rules = theirs[snapshot.number]
        our_rules, meant = ours[snapshot.number]
        # Newer versions of restic have the oldest as well, and do not say so.
        oldest = {text.split()[1] for text in meant if text.startswith("oldest, ")}
        if their_rules - oldest != our_rules:
            others.append("%s: restic keeps it by %s, snap by %s" % (name, sorted(their_rules), sorted(our_rules | meant)))
        elif bool(their_rules) != bool(our_rules | meant):
            intended.append("%s: only snap keeps it: %s" % (name, ", ".join(sorted(meant))))
    print("%s: restic keeps %d, snap %d, %d more by intention" % (
        title, sum(1 for found in theirs.values() if found), sum(1 for found, meant in ours.values() if found or meant), len(intended)))
    for line in others + (intended if options.verbose else []):
        print("   " + line)
    return len(intended), len(others)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--snap", default=".build/release/snap")
    parser.add_argument("--restic", default="restic")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--zone", default="Europe/Berlin")
    parser.add_argument("--work", default=None)
    parser.add_argument("--verbose", action="store_true", help="list the differences by intention too")
    options = parser.parse_args()
    options.snap = os.path.abspath(options.snap)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print("seed %d" % seed)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    where = tempfile.mkdtemp(prefix="snap-retention-", dir=options.work)
    wrong = 0
    try:
        snapshots = samples(options, random.Random(seed), now)
        restic, snap = Restic(options, where), Snap(options, where, now)
        for snapshot in snapshots:
            restic.take(snapshot)
            snap.take(snapshot)
        print("%d snapshots from %s to %s" % (len(snapshots), snapshots[0].moment, snapshots[-1].moment))
        for rules in RULES:
            wrong += compare(rules, snapshots, restic, snap, options)[1]
    except Mismatch as error:
        print(error)
        return 1
    finally:
        shutil.rmtree(where, ignore_errors=True)
    print("%d differences that nobody meant" % wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
