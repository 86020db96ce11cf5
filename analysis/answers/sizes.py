"""How near networks came to the cost that was asked for, and whether arms compare at one size."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from typing import Annotated, NamedTuple

import pandas as pd

from analysis.answers.keys import ARM_KEY, ArmKey
from analysis.loading.load import Tables
from analysis.loading.rows import Row, frame, list_rows
from harness.config.protocol import Arm

# Arms whose mean costs are further apart than this factor do not compare at one size (ours).
SIZE_RATIO = 1.5


class Size(NamedTuple):
    """What the networks of an arm cost beside what was asked for."""

    n: Annotated[int, "Finished trainings with a cost."]
    currency: Annotated[str, "What `cost` counts: `macs`, or `latency_ms` by a table."]
    aims: Annotated[bool | None, "Whether the method heeds a target; None where that is not known."]
    target_cost: Annotated[float, "What was asked for; NaN without a target."]
    mean_cost: Annotated[float, "Geometric mean of the networks' costs."]
    lowest_cost: Annotated[float, "Least of them."]
    highest_cost: Annotated[float, "Greatest of them."]
    distance: Annotated[
        float,
        "Geometric mean of the factor from the target, in either direction; NaN without a target.",
    ]


def size_table(tables: Tables) -> pd.DataFrame:
    """Return a row, a ``Size``, for each arm with finished trainings that have a cost."""
    runs = tables.runs
    done = runs[(runs["status"] == "done") & runs["cost"].notna()]
    groups = done.groupby(ARM_KEY, sort=False)
    return frame((ArmKey, Size), (_size(tables, key, group) for key, group in groups))


def _size(tables: Tables, names: tuple[Hashable, ...], group: pd.DataFrame) -> tuple[ArmKey, Size]:
    key = ArmKey(*map(str, names))
    ratios = (group["cost"] / group["cost_target"]).dropna()
    return key, Size(
        n=len(group),
        currency=group["cost_currency"].iloc[0],
        aims=_aims(tables, key.method, key.arm, str(group["experiment"].iloc[0])),
        target_cost=float(group["cost_target"].iloc[0]),
        mean_cost=_geometric_mean(group["cost"]),
        lowest_cost=float(group["cost"].min()),
        highest_cost=float(group["cost"].max()),
        distance=_geometric_mean(ratios.where(ratios >= 1, 1 / ratios)),
    )


def unequal_sizes(sizes: pd.DataFrame) -> Iterator[tuple[Row, Row]]:
    """Yield the cheapest and the dearest arm of each task on which they are too far apart."""
    for _, group in sizes.groupby(["target"], sort=False):
        rows = list_rows(group)
        least, most = (of(rows, key=lambda row: float(row["mean_cost"])) for of in (min, max))
        if most["mean_cost"] > SIZE_RATIO * least["mean_cost"]:
            yield least, most


def _aims(tables: Tables, method: str, arm: str, experiment: str) -> bool | None:
    """Tell whether an arm's architectures come from a method that heeds the target."""
    if arm == Arm.RANDOM:
        return False
    methods = tables.members.experiments[experiment].methods
    for (name, title), shown in tables.members.titles.items():
        if (name, shown) == (experiment, method):
            return title in methods and methods[title].heeds_target
    return None


def _geometric_mean(values: pd.Series[float]) -> float:
    logs = [math.log(value) for value in values if value > 0]
    return math.exp(math.fsum(logs) / len(logs)) if logs else math.nan
