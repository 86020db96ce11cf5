"""What the tables promise, checked: a report on numbers that cannot be says so first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Problem:
    """A promise that a table breaks.

    Attributes:
        table: Its name.
        what: What its rows are, as ``test_acc outside 0 to 100 %``.
        jobs: Of the rows, each once; empty where the table as a whole is meant.
    """

    table: str
    what: str
    jobs: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The problem in words, with the first few jobs."""
        if not self.jobs:
            return f"Table {self.table}: {self.what}."
        more = f" and {len(self.jobs) - NAMED} more" if len(self.jobs) > NAMED else ""
        named = ", ".join(self.jobs[:NAMED])
        count = several(len(self.jobs), "job")
        return f"Table {self.table}: {self.what} ({count}: {named}{more})."


def validate(runs: pd.DataFrame, trace: pd.DataFrame, alphas: pd.DataFrame) -> list[Problem]:
    """Return everything that is wrong with the three tidy tables; empty if nothing is."""
    expected = {"runs": (runs, RunRow._fields), "trace": (trace, TickRow._fields),
                "alphas": (alphas, AlphaRow._fields)}  # fmt: skip
    lacking = [
        Problem(name, f"no column {', '.join(sorted(set(columns) - set(table)))}")
        for name, (table, columns) in expected.items()
        if set(columns) - set(table)
    ]
    return lacking or [*_runs(runs), *_trace(trace), *_alphas(alphas)]


def _runs(runs: pd.DataFrame) -> Iterator[Problem]:
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


def _trace(trace: pd.DataFrame) -> Iterator[Problem]:
    steps = trace.groupby("job", sort=False)
    for column in CLOCKS:
        yield from _found("trace", trace, steps[column].diff() < 0, f"{column} that go back")
    yield from _found("trace", trace, steps["tick"].diff() <= 0, "ticks out of order")
    known = trace[trace["best_val_so_far"].notna()]
    yield from _found("trace", known, ~known["best_val_so_far"].between(0, 100),
                      "best_val_so_far outside 0 to 100 %")  # fmt: skip


def _alphas(alphas: pd.DataFrame) -> Iterator[Problem]:
    yield from _found("alphas", alphas, alphas["alpha"].isna(), "alpha that is no number")
    twice = alphas.duplicated(["job", "tick", "cell", "edge", "op"], keep=False)
    yield from _found("alphas", alphas, twice, "an operation twice on one edge")


def _found(name: str, table: pd.DataFrame, is_bad: pd.Series[bool], what: str) -> Iterator[Problem]:
    jobs = table["job"][is_bad.astype(bool)]
    if len(jobs):
        yield Problem(name, what, tuple(dict.fromkeys(map(str, jobs))))
