"""How near networks came to the cost that was asked for, and whether arms compare at one size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.answers.arms import ARM_KEY
from analysis.loading.load import Tables
from analysis.loading.rows import Row, list_rows
from harness.config.protocol import Arm

# Arms whose mean costs are further apart than this factor do not compare at one size (ours).
SIZE_RATIO = 1.5

SIZE_COLUMNS = [
    *ARM_KEY,
    *["n", "currency", "aims", "target_cost", "mean_cost", "lowest_cost", "highest_cost"],
    "distance",
]


def size_table(tables: Tables) -> pd.DataFrame:
    """Return what the networks of each arm cost beside what was asked for.

    A row for each arm with finished trainings that have a cost. ``aims``: whether its method heeds
    a target, None where that is not known; ``mean_cost``: the geometric mean; ``distance``: the
    geometric mean of the factor from the target, in either direction; NaN without a target.
    """
    runs = tables.runs
    done = runs[(runs["status"] == "done") & runs["cost"].notna()]
    rows = []
    for key, group in done.groupby(ARM_KEY, sort=False):
        own = dict(zip(ARM_KEY, key, strict=True))
        ratios = (group["cost"] / group["cost_target"]).dropna()
        rows.append(
            {
                **own,
                "n": len(group),
                "currency": group["cost_currency"].iloc[0],
                "aims": _aims(tables, own, str(group["experiment"].iloc[0])),
                "target_cost": float(group["cost_target"].iloc[0]),
                "mean_cost": _geometric_mean(group["cost"]),
                "lowest_cost": float(group["cost"].min()),
                "highest_cost": float(group["cost"].max()),
                "distance": _geometric_mean(ratios.where(ratios >= 1, 1 / ratios)),
            }
        )
    return pd.DataFrame(rows, columns=SIZE_COLUMNS)


def unequal_sizes(sizes: pd.DataFrame) -> Iterator[tuple[Row, Row]]:
    """Yield the cheapest and the dearest arm of each task on which they are too far apart."""
    for _, group in sizes.groupby(["target"], sort=False):
        rows = list_rows(group)
        least, most = (of(rows, key=lambda row: float(row["mean_cost"])) for of in (min, max))
        if most["mean_cost"] > SIZE_RATIO * least["mean_cost"]:
            yield least, most


def _aims(tables: Tables, arm: dict[str, Any], experiment: str) -> bool | None:
    """Tell whether an arm's architectures come from a method that heeds the target."""
    if arm["arm"] == Arm.RANDOM:
        return False
    methods = tables.experiments[experiment].methods
    for (name, title), shown in tables.titles.items():
        if (name, shown) == (experiment, arm["method"]):
            return methods[title].heeds_target
    return None


def _geometric_mean(values: pd.Series[float]) -> float:
    logs = [math.log(value) for value in values if value > 0]
    return math.exp(math.fsum(logs) / len(logs)) if logs else math.nan
