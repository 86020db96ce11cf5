"""What the tables promise, checked: a report on numbers that cannot be says so first."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.arms import ARMS
from analysis.loading.columns import NO_ACCURACY, AlphaRow, RunRow, TickRow
from analysis.numbers import several

STATUSES = frozenset({"done", *NO_ACCURACY})
# What no job can have less than nothing of.
AMOUNTS = (
    "search_seconds",
    "search_overhead_seconds",
    "search_examples",
    "search_evaluations",
    "train_seconds",
    "params",
    "macs",
    "latency_ms",
    "cost",
)
CLOCKS = ("step", "examples", "evaluations")
NAMED = 3


def validate(runs: pd.DataFrame, trace: pd.DataFrame, alphas: pd.DataFrame) -> list[str]:
    """Return what is wrong with the three tidy tables, a sentence each; empty if nothing is."""
    expected = {"runs": (runs, RunRow._fields), "trace": (trace, TickRow._fields),
                "alphas": (alphas, AlphaRow._fields)}  # fmt: skip
    lacking = [
        f"Table {name}: no column {', '.join(sorted(set(columns) - set(table)))}."
        for name, (table, columns) in expected.items()
        if set(columns) - set(table)
    ]
    return lacking or [*_runs(runs), *_trace(trace), *_alphas(alphas)]


def _runs(runs: pd.DataFrame) -> Iterator[str]:
    done = runs[runs["status"] == "done"]
    for column in ("test_acc", "val_acc"):
        known = runs[runs[column].notna()]
        yield from _found("runs", known, ~known[column].between(0, 100),
                          f"{column} outside 0 to 100 %")  # fmt: skip
    yield from _found("runs", done, done["test_acc"].isna(), "done without a test_acc")
    yield from _found("runs", runs, ~runs["status"].isin(STATUSES), "unknown status")
    yield from _found("runs", runs, ~runs["arm"].isin(ARMS), "unknown arm")
    for column in AMOUNTS:
        yield from _found("runs", runs, runs[column] < 0, f"negative {column}")
    twice = runs.duplicated(["method", "arm", "job"], keep=False)
    yield from _found("runs", runs, twice, "the same training twice in one arm")
    sizes = done.groupby(["data_fingerprint", "target"])["n_test_images"].transform("nunique")
    yield from _found("runs", done, sizes > 1, "equal data with unequal numbers of test images")


def _trace(trace: pd.DataFrame) -> Iterator[str]:
    steps = trace.groupby("job", sort=False)
    for column in CLOCKS:
        yield from _found("trace", trace, steps[column].diff() < 0, f"{column} that go back")
    yield from _found("trace", trace, steps["tick"].diff() <= 0, "ticks out of order")
    known = trace[trace["best_val_so_far"].notna()]
    yield from _found("trace", known, ~known["best_val_so_far"].between(0, 100),
                      "best_val_so_far outside 0 to 100 %")  # fmt: skip


def _alphas(alphas: pd.DataFrame) -> Iterator[str]:
    yield from _found("alphas", alphas, alphas["alpha"].isna(), "alpha that is no number")
    twice = alphas.duplicated(["job", "tick", "cell", "edge", "op"], keep=False)
    yield from _found("alphas", alphas, twice, "an operation twice on one edge")


def _found(name: str, table: pd.DataFrame, is_bad: pd.Series[bool], what: str) -> Iterator[str]:
    """Say what rows are that break a promise, with the first few of their jobs."""
    jobs = list(dict.fromkeys(map(str, table["job"][is_bad.astype(bool)])))
    if jobs:
        more = f" and {len(jobs) - NAMED} more" if len(jobs) > NAMED else ""
        named = ", ".join(jobs[:NAMED])
        yield f"Table {name}: {what} ({several(len(jobs), 'job')}: {named}{more})."
