"""From runs to arms: what is one observation, what an arm reached, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.arms import DIRECT
from analysis.loading.columns import NO_ACCURACY
from analysis.loading.rows import frame
from analysis.statistics.variance import optimal_trainings, variance_components

# What makes up one cell of the design.
ARM_KEY = ["method", "arm", "source", "target"]
# Method-to-method comparisons need search seconds that agree this well.
BUDGET_RATIO = 1.2

ARM_COLUMNS = [
    *ARM_KEY,
    *[
        "n",
        *NO_ACCURACY,
        "mean",
        "sd",
        "lowest",
        "highest",
        "values",
        "params",
        "macs",
        "latency_ms",
    ],
]
COST_COLUMNS = [
    *ARM_KEY,
    *[
        "n",
        "own_search_seconds",
        "ancestor_seconds",
        "search_seconds",
        "overhead_seconds",
        "search_examples",
    ],
    *["search_evaluations", "train_seconds", "total_seconds"],
]
VARIANCE_COLUMNS = [
    *ARM_KEY,
    *["searches", "trainings", "search_sd", "evaluation_sd", "icc", "best_trainings"],
]
BUDGET_COLUMNS = ["task", "methods", "fastest", "slowest", "ratio", "is_unequal"]


class Unit(NamedTuple):
    """One independent observation of an arm: a search, or a random architecture.

    Attributes:
        method: Its title; empty for random architectures.
        arm: Name of the arm.
        source: Task that was searched first; empty for random architectures.
        target: Task that was trained on.
        unit: Digest of the search, or number and text of the random architecture.
        seed: Of the search, or number of the random architecture.
        value: Test accuracy in percent, the mean over trainings; NaN where none finished.
        trainings: Finished trainings of the architecture.
        status: ``done``, or why there is no value.
        ancestors: Digests of all searches that it rests on, separated by spaces.
        rules: Hashes of the rules of its trainings, separated by spaces.
        validation: Accuracy in percent by which one of several searches may be chosen: that of the
            final training where the protocol holds out images for it, else the best that the
            search saw at full effort. None where neither was recorded.
    """

    method: str
    arm: str
    source: str
    target: str
    unit: str
    seed: int
    value: float
    trainings: int
    status: str
    ancestors: str
    rules: str
    validation: float | None = None


def units(runs: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Return one row per independent observation, as ``Unit`` documents them.

    Several trainings of one architecture are averaged first: they are no independent evidence
    about the method.

    Args:
        runs: As loaded.
        searches: As loaded; what they saw of validation images is taken from them.
    """
    seen = searches.set_index("job")["best_validation"]
    rows = (_unit(key, group, seen) for key, group in _groups(runs, [*ARM_KEY, "unit"]))
    return frame(Unit, rows)


def arms_table(runs: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """Return n, mean, standard deviation and every value of each arm.

    Args:
        runs: As loaded; what networks cost is averaged over them.
        observations: Their ``units``.
    """
    sizes = runs.groupby(ARM_KEY)[["params", "macs", "latency_ms"]].mean()
    rows = [
        dict(zip(ARM_KEY, key, strict=True))
        | _spread(group)
        | {name: float(sizes[name].loc[key]) for name in sizes}
        for key, group in _groups(observations, ARM_KEY)
    ]
    return pd.DataFrame(rows, columns=ARM_COLUMNS)


def cost_table(runs: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Return the mean bill of each arm's finished runs; ancestors' searches are part of it."""
    own = searches.set_index("job")["seconds"]
    rows = [
        dict(zip(ARM_KEY, key, strict=True)) | _bill(group[group["status"] == "done"], own)
        for key, group in _groups(runs, ARM_KEY)
    ]
    return pd.DataFrame(rows, columns=COST_COLUMNS)


def variance_table(runs: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Separate the spread of each arm into that of searches and that of trainings."""
    costs = cost_table(runs, searches).set_index(ARM_KEY)
    done = runs[(runs["status"] == "done") & runs["test_acc"].notna()]
    rows = []
    for key, group in _groups(done, ARM_KEY):
        found = variance_components([list(one) for _, one in group.groupby("unit")["test_acc"]])
        bill = costs.loc[key]
        rows.append(
            dict(zip(ARM_KEY, key, strict=True))
            | {
                "searches": found.searches,
                "trainings": found.trainings,
                "search_sd": math.sqrt(found.search),
                "evaluation_sd": math.sqrt(found.evaluation),
                "icc": found.icc,
                "best_trainings": optimal_trainings(
                    found, float(bill["search_seconds"]), float(bill["train_seconds"])
                ),
            }
        )
    return pd.DataFrame(rows, columns=VARIANCE_COLUMNS)


def budget_table(searches: pd.DataFrame) -> pd.DataFrame:
    """Compare methods' mean seconds for a cold search of the same task."""
    is_cold = searches["role"].isin([DIRECT, "source"]) & (searches["status"] == "done")
    rows = []
    for (task,), group in _groups(searches[is_cold], ["task"]):
        means = group.groupby("method")["seconds"].mean().sort_values(kind="stable")
        if len(means) < 2:
            continue
        low, high = float(means.iloc[0]), float(means.iloc[-1])
        ratio = high / low if low > 0 else math.inf if high > 0 else 1.0
        rows.append(
            {
                "task": task,
                "methods": ", ".join(f"{method} {value:.3g} s" for method, value in means.items()),
                "fastest": low,
                "slowest": high,
                "ratio": ratio,
                "is_unequal": ratio > BUDGET_RATIO,
            }
        )
    return pd.DataFrame(rows, columns=BUDGET_COLUMNS)


def finite(group: pd.DataFrame) -> list[float]:
    """Return the values of a set of units that have one."""
    return [float(value) for value in group["value"] if math.isfinite(value)]


def _groups(table: pd.DataFrame, key: list[str]) -> Iterable[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Walk groups in the order in which they first occur."""
    return [(tuple(name), group) for name, group in table.groupby(key, sort=False)]


def _unit(key: tuple[Any, ...], group: pd.DataFrame, seen: pd.Series[float]) -> Unit:
    done = group[group["status"] == "done"]
    values, held_out = done["test_acc"].dropna(), done["val_acc"].dropna()
    validation = held_out.mean() if len(held_out) else seen.get(group["search_job"].iloc[0])
    method, arm, source, target, unit = key
    return Unit(
        method,
        arm,
        source,
        target,
        unit,
        seed=int(group["search_seed"].iloc[0]),
        value=float(values.mean()) if len(values) else math.nan,
        trainings=len(values),
        status="done" if len(values) else _worst(group["status"]),
        ancestors=group["ancestor_jobs"].iloc[0],
        rules=" ".join(sorted(set(group["training_rules_hash"]))),
        validation=None if pd.isna(validation) else float(validation),
    )


def count_lost(status: pd.Series[str]) -> dict[str, int]:
    """Return how many have no accuracy, by how they ended."""
    counts = status.value_counts()
    return {name: int(counts.get(name, 0)) for name in NO_ACCURACY}


def _worst(status: pd.Series[str]) -> str:
    """Return why a unit has no value."""
    return next(name for name, count in count_lost(status).items() if count)


def _spread(group: pd.DataFrame) -> dict[str, Any]:
    values = finite(group)
    return {
        "n": len(values),
        **count_lost(group["status"]),
        "mean": float(np.mean(values)) if values else math.nan,
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else math.nan,
        "lowest": min(values, default=math.nan),
        "highest": max(values, default=math.nan),
        "values": values,
    }


def _bill(done: pd.DataFrame, own: pd.Series[float]) -> dict[str, Any]:
    mean = {
        name: float(done[name].mean()) if len(done) else math.nan
        for name in ["search_seconds", "search_examples", "search_evaluations", "train_seconds"]
    }
    last = own.reindex(done["search_job"]).fillna(0.0)
    own_seconds = float(last.mean()) if len(done) else math.nan
    return {
        "n": len(done),
        "own_search_seconds": own_seconds,
        "ancestor_seconds": mean["search_seconds"] - own_seconds,
        "overhead_seconds": float(done["search_overhead_seconds"].mean())
        if len(done)
        else math.nan,
        **mean,
        "total_seconds": mean["search_seconds"] + mean["train_seconds"],
    }
