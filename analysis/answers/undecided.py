"""Which searches decided nothing, and why: what they found is then no finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis.loading.load import Tables
from analysis.loading.rows import list_rows
from analysis.statistics.agreement import measure_searches

# The two most probable operations of an edge are closer than this on average. A documented choice:
# after its 50 epochs on CIFAR-10 a search by DARTS is well above, after a few steps far below.
SMALL_MARGIN = 0.05
# A cell that changes in this last share of the steps would have changed in the next ones, too.
LAST_SHARE = 0.05

GROUP = ["method", "role", "task", "source"]
AGREEMENT_COLUMNS = [*GROUP, "searches", "start", "end", "p", "is_chance"]


def agreement_table(tables: Tables) -> pd.DataFrame:
    """Return how alike the finished searches of a purpose are that differ in their seed only.

    Rows of two gradient searches or more: ``start`` and ``end`` are mean correlations of alpha
    between seeds before the first and after the last step, ``p`` that of agreement by chance.
    """
    done = tables.searches[tables.searches["status"] == "done"]
    rows = []
    for key, group in done.groupby(GROUP, sort=False, dropna=False):
        its = tables.alphas[tables.alphas["job"].isin(group["job"])]
        found = measure_searches(its) if len(its) else None
        if found is not None:
            numbers = (found.searches, found.start, found.end, found.p, found.is_chance)
            rows.append(dict(zip(AGREEMENT_COLUMNS, (*key, *numbers), strict=True)))
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)


def list_undecided(searches: pd.DataFrame, agreement: pd.DataFrame) -> dict[str, str]:
    """Return the gradient searches that decided nothing, by job, and why."""
    by_chance = {
        tuple(row[name] for name in GROUP) for row in list_rows(agreement) if row["is_chance"]
    }
    reasons = {
        row["job"]: ", ".join(_reasons(row, by_chance))
        for row in list_rows(searches[searches["status"] == "done"])
        if row["margin"] == row["margin"]  # other methods have none
    }
    return {job: text for job, text in reasons.items() if text}


def _reasons(row: Mapping[str, Any], by_chance: set[tuple[Any, ...]]) -> Iterator[str]:
    if row["margin"] < SMALL_MARGIN:
        yield "small margins"
    if row["last_change_step"] > (1 - LAST_SHARE) * row["steps"]:
        yield "its cell changed until the end"
    if tuple(row[name] for name in GROUP) in by_chance:
        yield "agreement of seeds is not told apart from chance"
