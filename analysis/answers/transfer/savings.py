"""What a proxy saves: the cost of searching on the source against searching on the target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.keys import ArmKey
from analysis.answers.transfer.gaps import Pairs, planned_arms
from analysis.arms import DIRECT
from analysis.loading.rows import frame
from analysis.statistics.intervals import Interval, contrast, ratio_interval
from analysis.statistics.sample import LEVEL

# What is counted: the search alone, the search in examples, and all the way to a trained network.
CURRENCIES = {
    "search seconds": ("search_seconds",),
    "search examples": ("search_examples",),
    "search evaluations": ("search_evaluations",),
    "search and training seconds": ("search_seconds", "train_seconds"),
}


class Saving(NamedTuple):
    """What an arm's searches cost against direct search, in one currency."""

    currency: Annotated[str, "What is counted, as `search seconds`."]
    n: Annotated[
        int,
        "Finished runs of the arm; several trainings of one architecture are one run.",
    ]
    n_direct: Annotated[int, "Finished runs of direct search."]
    cost: Annotated[float, "Mean cost of a run, all searches that it rests on included."]
    direct_cost: Annotated[float, "Mean cost of a run of direct search."]
    saving: Annotated[float, "1 - `cost` / `direct_cost`."]
    low: Annotated[float, "Lower limit of its 95 % interval."]
    high: Annotated[float, "Upper limit."]
    interval: Annotated[str, "How the interval was made, or why there is none."]


def cost_saving(costs: Sequence[float], direct: Sequence[float], level: float = LEVEL) -> Interval:
    """Return 1 - mean cost / mean direct cost, with Fieller's interval for independent runs."""
    own, other = (np.asarray(values, dtype=np.float64) for values in (costs, direct))
    if min(len(own), len(other)) == 0 or other.mean() <= 0:
        return Interval(math.nan, math.nan, math.nan, "unknown: no costs on one side")
    ratio = float(own.mean() / other.mean())
    if contrast([(1.0, other)], "t").interval(level).low <= 0:
        return Interval(1 - ratio, math.nan, math.nan, "no interval: the cost is not told from 0")
    found = ratio_interval(ratio, lambda r: contrast([(1.0, own), (-r, other)], "Fieller"), level)
    return Interval(1 - ratio, 1 - found.high, 1 - found.low, found.method)


def is_fixed(costs: Sequence[float]) -> bool:
    """Tell whether several runs all cost the same, as where a budget is all that was counted."""
    return len(costs) > 1 and float(np.ptp(costs)) <= 1e-9 * max(costs)


def saving_table(runs: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the cost saving of every arm that transfers, in each currency that was measured.

    Where every run of both arms costs the same, the saving is a ratio of planned budgets.

    Failed runs have no record of a trained network; what they spent is in the cost tables.
    """
    done = runs[runs["status"] == "done"]
    rows = (
        (key, row) for key, chosen in planned_arms(done, pairs, DIRECT) for row in _savings(chosen)
    )
    return frame((ArmKey, Saving), rows)


def _savings(chosen: Sequence[pd.DataFrame]) -> Iterator[Saving]:
    for currency, columns in CURRENCIES.items():
        # Several trainings of one architecture rest on one search.
        per_unit = [table.groupby("unit", sort=False)[list(columns)] for table in chosen]
        own, direct = (list(its.mean().sum(axis=1, skipna=False).dropna()) for its in per_unit)
        is_spent = sum(own) + sum(direct) > 0
        if len(own) == 0 or not is_spent or (is_fixed(own) and is_fixed(direct)):
            continue
        cost, direct_cost = (float(np.mean(its)) if its else math.nan for its in (own, direct))
        saving = cost_saving(own, direct)
        yield Saving(currency, len(own), len(direct), cost, direct_cost, *saving)
