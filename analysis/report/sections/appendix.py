"""What a reviewer asks for: deviations, failures, how to read, where it ran."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis.answers.evaluation import Results
from analysis.numbers import joined, last_line, several
from analysis.report.document import Block, Fold, Grid, Listing, Section, Text, Verbatim
from analysis.report.gallery import Gallery
from harness.results.record import MethodFacts

READING = (
    "Accuracies are in percent, differences in percentage points (pp). ± is always the standard "
    "deviation between observations, and an interval in brackets is a 95 % confidence interval; "
    "neither stands for the other.",
    "Arms. source: searched and trained on the source. transferred: searched on the source, "
    "trained on the target. continued: searched on the source, the search then carried on with the "
    "target, trained on the target. direct: searched and trained on the target. direct_long: the "
    "same with twice the budget. resumed: a direct search restarted on its own task. random: "
    "architectures drawn blindly.",
    "The continued arm has spent two budgets. Set against direct, it shows what the second one "
    "buys only if direct_long stands beside it.",
    "Whether two arms are paired is decided by the job graph: runs that rest on one search are "
    "paired, all others are independent. Independent runs are compared by the exact permutation "
    "test of the rank sum, pairs by the exact sign-flip test. With more than 120 runs the p of the "
    "rank sum is its normal approximation; with more than 16 pairs flips are drawn at random.",
    "Holm's correction runs over every comparison that the protocol declares, for every method "
    "and pair. With few runs even the clearest outcome has a p above the level; such a design is "
    "INFEASIBLE, and no verdict is given, whatever the data say.",
    "inconclusive does not mean equal: the absence of evidence for a difference is no evidence of "
    "its absence. Read the interval.",
    "A run that failed or diverged ranks worst in the test of independent runs and has no mean; "
    "the p without such runs is given, too. A skipped run was impossible from the start and is no "
    "loss.",
    "Intervals are over seeds for one fixed test set; they do not contain the error of a finite "
    "test set.",
)


def deviations(results: Results, gallery: Gallery) -> Section:
    """List hyper-parameters that differ from the methods' own defaults."""
    rows = [
        (results.tables.titles[name, title], *row)
        for name, facts in results.tables.experiments.items()
        for title, method in facts.methods.items()
        for row in changed(method)
    ]
    rows = list(dict.fromkeys(rows))
    block: Block = Grid("deviations", ("method", "parameter", "default", "used"), tuple(rows))
    if not rows:
        block = Text("Every method ran with its own defaults.")
    text = Text("The defaults follow the papers; what differs here was set by protocol or user.")
    return Section("deviations", "Deviations from the methods' defaults", (text, block))


def changed(method: MethodFacts) -> list[tuple[str, str, str]]:
    """Return key, default and value of every hyper-parameter that is not the default."""
    used, defaults = dict(_flat(method.params)), dict(_flat(method.defaults))
    return [
        (key, _text(defaults.get(key, "none")), _text(used.get(key, "none")))
        for key in sorted(used.keys() | defaults.keys())
        if used.get(key) != defaults.get(key)
    ]


def losses(results: Results, gallery: Gallery) -> Section:
    """Name every job without a result, and why."""
    jobs = results.tables.jobs
    lost = jobs[jobs["status"] != "done"]
    if len(lost) == 0:
        text = Text(f"There is none: of {several(len(jobs), 'job')}, all ended well.")
        return Section("losses", "Jobs without a result", (text,))
    rows = tuple(
        (str(row["name"]), str(row["status"]), last_line(str(row["reason"])))
        for row in lost.to_dict("records")
    )
    blocks: list[Block] = [Grid("jobs", ("job", "how it ended", "reason"), rows)]
    long = lost[[len(reason.splitlines()) > 1 for reason in lost["reason"]]]
    traces = tuple(
        block
        for row in long.to_dict("records")
        for block in (Text(str(row["name"])), Verbatim(str(row["reason"])))
    )
    if traces:
        blocks.append(Fold("Tracebacks", traces))
    return Section("losses", "Jobs without a result", tuple(blocks))


def reading(results: Results, gallery: Gallery) -> Section:
    """Explain the words."""
    return Section("reading", "How to read this report", (Listing(READING),))


def stamp(results: Results, gallery: Gallery) -> Section:
    """Say where the numbers come from."""
    places = results.tables.environments
    rows = tuple(_place(row) for row in places.to_dict("records"))
    columns = (
        "jobs",
        "interrupted attempts",
        "commit",
        "code that no commit holds",
        "code",
        "hardware",
        "device",
        "threads",
        "versions",
    )
    digest = fingerprint(results.tables.runs)
    blocks: list[Block] = [Text(f"SHA-256 of the runs table: {digest}")]
    hashes = results.tables.runs
    for column, title in (
        ("protocol_hash", "search rules and splits"),
        ("training_rules_hash", "training rules"),
    ):
        found = sorted({str(value) for value in hashes[column] if value})
        blocks.append(Text(f"Hashes of {title}: {joined(found)}"))
    if rows:
        blocks.append(Grid("environments", columns, rows))
        blocks.append(_plugin_files(results.tables.plugins))
    else:
        blocks.append(Text("No job has a record yet, so nothing is known of where it would run."))
    return Section("stamp", "Reproducibility", tuple(blocks))


def fingerprint(runs: pd.DataFrame) -> str:
    """Return a hash of the runs table as it is written."""
    return hashlib.sha256(runs.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def _place(row: Mapping[Any, Any]) -> tuple[str, ...]:
    commit = row["commit"] if isinstance(row["commit"], str) else ""
    dirty = {True: "yes", False: "no"}.get(row["dirty"], "unknown")
    return (
        f"{row['jobs']:,}",
        f"{row['interrupted']:,}",
        commit[:12] or "unknown",
        dirty,
        str(row["code"]) or "unknown",
        str(row["hardware"]),
        str(row["device"]),
        str(row["threads"]),
        str(row["versions"]),
    )


def _plugin_files(plugins: pd.DataFrame) -> Block:
    rows = tuple(tuple(map(str, row)) for row in plugins.itertuples(index=False))
    return Grid("plugins", tuple(plugins.columns), rows)


def _flat(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in params.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
