"""Which searches decided nothing, and why: what they found is then no finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

import pandas as pd

from analysis.loading.load import Tables
from analysis.loading.rows import frame, list_rows
from analysis.statistics.agreement import Agreement, measure_searches

# The two most probable operations of an edge are closer than this on average. A documented choice:
# after its 50 epochs on CIFAR-10 a search by DARTS is well above, after a few steps far below.
SMALL_MARGIN = 0.05
# A cell that changes in this last share of the steps would have changed in the next ones, too.
LAST_SHARE = 0.05


class SearchesKey(NamedTuple):
    """Searches that differ in their seed only: what a row is about."""

    method: Annotated[str, "Its title."]
    role: Annotated[str, "What the searches are for: `source`, `direct`, `continued`, ..."]
    task: Annotated[str, "Task that they search."]
    source: Annotated[str, "Task that the first search of their chain searched."]


GROUP = list(SearchesKey._fields)


def agreement_table(tables: Tables) -> pd.DataFrame:
    """Return a row for each purpose with two gradient searches or more."""
    done = tables.searches[tables.searches["status"] == "done"]
    rows = []
    for key, group in done.groupby(GROUP, sort=False, dropna=False):
        its = tables.alphas[tables.alphas["job"].isin(group["job"])]
        if len(its) and (found := measure_searches(its)):
            rows.append((key, found))
    return frame((SearchesKey, Agreement), rows)


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
