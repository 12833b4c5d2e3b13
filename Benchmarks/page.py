#!/usr/bin/env python3
"""Make docs/performance.md, with its JSON and plots, of what the measuring programs found.

    page.py OUT.md FOUND.json…

The tables and plots are made of the files alone. What is said about rows that are not won is written by hand, in explanations.md beside this program.
"""

import json
import math
import os
import re
import sys

sys.dont_write_bytecode = True
from measuring import bytes_text, median, seconds  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
# What a row's tables are called, in the order of the page.
TITLES = {
    "first": "First copy of the kernel's source tree", "unchanged": "Again, nothing changed", "edit": "Again, one file edited", "edits": "Again, 100 files edited",
    "restore": "The whole tree put back into an empty directory, synced", "verify": "Everything read and checked", "list": "The list of what there is",
    "small": "40 files, one edited", "takes": "Thousands of small takes", "version": "Start-up",
    "revert1": "One edited file put back in place", "revert10": "Ten edited files put back in place", "undo10": "Undo of that", "removed": "Everything was removed and comes back in place",
    "names": "Which files differ between two snapshots: ten", "stat": "How much differs from the last snapshot: ten files", "status": "The state of the directory",
    "cat": "One small file of a snapshot", "scattered": "1,000 edits in a text of 100,000 lines", "unrelated": "Two unrelated texts of 50,000 lines",
    "many": "The list of 10,000 snapshots",
}
PLOTTED = ["first", "unchanged", "edit", "edits", "restore", "verify"]
# A series longer than this is kept as medians of equal parts.
PARTS = 100


def main():
    target, *sources = sys.argv[1:]
    found = [load(path) for path in sources]
    facts = {name: value for document in found for name, value in document["facts"].items() if name != "load before"}
    comparisons = [comparison for document in found for comparison in document["comparisons"]]
    sizes = {name: size for document in found for name, size in document["sizes"].items()}
    rows = {}
    series = {}
    for document in found:
        for row, subjects in document["samples"].items():
            for subject, samples in subjects.items():
                if samples:
                    # 'small' is a row of two programs.
                    name = row if (row, subject) not in rows else row + " again"
                    rows[(name, subject)] = summary(samples)
                    if len(samples) > 10 * PARTS:
                        series[subject] = parts([sample["wall"] for sample in samples])
    failures = [failure for document in found for failure in document["failures"]]
    base = os.path.splitext(target)[0]
    with open(base + ".json", "w", encoding="utf-8") as file:
        document = {
            "facts": facts, "comparisons": comparisons, "sizes": sizes, "failures": failures, "series": series,
            "rows": [{"row": row, "subject": subject, **figures} for (row, subject), figures in rows.items()]}
        json.dump(document, file, indent=1, ensure_ascii=False)
        file.write("\n")
    plots = draw(base, rows, series, sizes)
    with open(target, "w", encoding="utf-8") as file:
        file.write(page(facts, comparisons, sizes, rows, failures, plots))


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def summary(samples):
    walls = [sample["wall"] for sample in samples]
    return {
        "runs": len(samples), "wall": median(walls), "least": min(walls), "most": max(walls), "cpu": median([sample["cpu"] for sample in samples]),
        "peak": max(sample["peak"] for sample in samples)}


def parts(walls):
    return [median(walls[len(walls) * part // PARTS:len(walls) * (part + 1) // PARTS]) for part in range(PARTS)]


# The page.


def page(facts, comparisons, sizes, rows, failures, plots):
    lines = [
        "# Performance", "",
        "Made by `make bench`, which installs the programs that snap is measured against, runs all of them on this machine and writes this page; the same figures are in "
        "[performance.json](performance.json). Subjects take turns in every round, dirty data is flushed before each timed region, and medians are compared: only ratios within a run mean something. "
        "The floors are C programs that do the least that a take has to do (`Benchmarks/floor/`).", ""]
    lines += ["| fact | |", "|---|---|"] + ["| %s | %s |" % (name, value) for name, value in facts.items()]
    lines += ["", "## What was to be reached", "", "| row | | | against | | ratio | bar | |", "|---|---|--:|---|--:|--:|--:|---|"]
    for c in comparisons:
        if c["bar"]:
            met = {True: "met", False: "**missed**", None: "not known"}[c["met"]]
            ratio = "" if c["ratio"] is None else "%.3f" % c["ratio"]
            lines.append("| %s | %s | %s | %s | %s | %s | %s | %s |" % (
                c["row"], c["subject"], c["value"], c["peer"], c["peer_value"], ratio, c["bar"], met))
    for failure in failures:
        lines.append("\nA row failed: %s" % failure)
    path = os.path.join(HERE, "explanations.md")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            lines += ["", file.read().strip()]
    lines += ["", "## All figures", ""] + ["![%s](%s)" % (alternative, name) for name, alternative in plots] + [""]
    names = list(dict.fromkeys(row for row, _ in rows))
    for row in [name for name in TITLES if name in names] + [name for name in names if name not in TITLES]:
        lines += table(row, {subject: figures for (name, subject), figures in rows.items() if name == row})
    if sizes:
        lines += ["### What a first copy takes", "", "| | apparent | allocated |", "|---|--:|--:|"]
        lines += ["| %s | %s | %s |" % (name, *map(bytes_text, size)) for name, size in sizes.items()]
    return "\n".join(lines).rstrip() + "\n"


def table(row, subjects):
    """Fastest first; how many times snap's first line the others take."""
    own = next((figures["wall"] for subject, figures in subjects.items() if subject.startswith("snap")), None)
    lines = ["### %s" % TITLES.get(row, row), "", "| | wall, median (least to most) | to snap | processor | peak memory | runs |", "|---|--:|--:|--:|--:|--:|"]
    for subject, f in sorted(subjects.items(), key=lambda item: item[1]["wall"]):
        name = "**%s**" % subject if subject.startswith("snap") else subject
        lines.append("| %s | %s (%s to %s) | %s | %s | %s | %d |" % (
            name, seconds(f["wall"]), seconds(f["least"]), seconds(f["most"]), "%.2f×" % (f["wall"] / own) if own else "", seconds(f["cpu"]), bytes_text(f["peak"]), f["runs"]))
    return lines + [""]


# The plots.


def draw(base, rows, series, sizes):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "snap", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none"})
    from matplotlib import pyplot
    plots = []

    def save(figure, what, alternative):
        path = "%s-%s.svg" % (base, what)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
        plots.append((os.path.basename(path), alternative))

    present = [row for row in PLOTTED if any(name == row for name, _ in rows)]
    if present:
        figure, axes = pyplot.subplots(math.ceil(len(present) / 2), 2, figsize=(10, 2.9 * math.ceil(len(present) / 2)), squeeze=False)
        for axis in axes.flat[len(present):]:
            axis.set_visible(False)
        for axis, row in zip(axes.flat, present):
            bars = sorted(((subject, figures["wall"]) for (name, subject), figures in rows.items() if name == row), key=lambda item: -item[1])
            colours = ["#d1495b" if subject.startswith("snap") else "#b0b0b0" if subject.startswith("floor") else "#30638e" for subject, _ in bars]
            axis.barh([subject for subject, _ in bars], [wall for _, wall in bars], color=colours)
            axis.set_xscale("log")
            axis.set_title(TITLES[row])
            axis.set_xlabel("seconds")
        save(figure, "rows", "Wall time of each program, row by row; shorter is better")
    if series:
        figure, axis = pyplot.subplots(figsize=(10, 3))
        for subject, values in series.items():
            axis.plot([(index + 0.5) / len(values) * 100 for index in range(len(values))], [value * 1000 for value in values], label=subject,
                      color="#d1495b" if subject.startswith("snap") else "#30638e")
        axis.set_ylim(bottom=0)
        axis.set_xlabel("per cent of all takes")
        axis.set_ylabel("ms, median")
        axis.legend()
        save(figure, "takes", "What one small take costs as their number grows")
    memory = {}
    for (row, subject), figures in rows.items():
        match = re.match(r"memory, ([\d,]+) files", row)
        if match and subject.startswith("snap"):
            memory.setdefault(subject, []).append((int(match.group(1).replace(",", "")), figures["peak"] / 1e6))
    if memory:
        figure, axis = pyplot.subplots(figsize=(10, 3))
        for subject, points in memory.items():
            axis.plot(*zip(*sorted(points)), marker="o", label=subject)
        axis.set_xscale("log")
        axis.set_ylim(bottom=0)
        axis.set_xlabel("files")
        axis.set_ylabel("peak memory, MB")
        axis.legend()
        save(figure, "memory", "Peak memory as trees grow")
    whole = {name: size for name, size in sizes.items() if ":" not in name}
    if whole:
        figure, axis = pyplot.subplots(figsize=(10, 0.35 * len(whole) + 0.8))
        bars = sorted(whole.items(), key=lambda item: -item[1][0])
        axis.barh([name for name, _ in bars], [size[0] / 1e6 for _, size in bars], color=["#d1495b" if name == "snap" else "#30638e" for name, _ in bars])
        axis.set_xlabel("MB, the first copy of the kernel's source tree")
        save(figure, "sizes", "What the first copy takes on disk")
    return plots


if __name__ == "__main__":
    main()
