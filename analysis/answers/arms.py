"""From runs to arms: what is one observation, what an arm reached, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.keys import ARM_KEY, ArmKey
from analysis.loading.columns import NO_ACCURACY
from analysis.loading.rows import frame
from analysis.statistics.best_of import best_of_difference
from analysis.statistics.intervals import Difference

# Of a run, what a unit is made of.
OBSERVED = (
    "search_seed",
    "search_job",
    "ancestor_jobs",
    "training_rules_hash",
    "status",
    "test_acc",
    "val_acc",
)
# DARTS and what followed it publish the best of so many searches, chosen by validation.
BEST_OF = 4


class Unit(NamedTuple):
    """One independent observation: a search, a random architecture, or a given one's training."""

    unit: Annotated[
        str,
        "Digest of the search, number and text of the random architecture, or what a given one "
        "was trained on, with its seed.",
    ]
    seed: Annotated[
        int,
        "Of the search, or of a given architecture's training; number of a random one.",
    ]
    value: Annotated[
        float,
        "Test accuracy in percent, the mean over trainings; NaN where none finished.",
    ]
    trainings: Annotated[int, "Finished trainings of the architecture."]
    status: Annotated[str, "`done`, or why there is no value."]
    ancestors: Annotated[str, "Digests of all searches that it rests on, separated by spaces."]
    rules: Annotated[str, "Hashes of the rules of its trainings, separated by spaces."]
    validation: Annotated[
        float | None,
        "Accuracy in percent by which one of several searches may be chosen: that of the final "
        "training where the protocol holds out images for it, else the best that the search saw "
        "at full effort. None where neither was recorded.",
    ] = None


class Arm(NamedTuple):
    """What an arm reached; accuracies in percent."""

    n: Annotated[int, "Independent observations with an accuracy."]
    diverged: Annotated[int, "Observations without one, since training diverged."]
    failed: Annotated[int, "Since a job failed."]
    skipped: Annotated[int, "Since a job was skipped."]
    missing: Annotated[int, "Since a job has no record."]
    mean: Annotated[float, "Test accuracy, mean of the n."]
    sd: Annotated[float, "Their standard deviation; NaN for less than two."]
    best_of_k: Annotated[
        float | None,
        "Expected test accuracy of the best of `BEST_OF`, chosen by validation; None where "
        "validation is unknown, or they are fewer.",
    ]
    lowest: Annotated[float, "Of the n."]
    highest: Annotated[float, "Of the n."]
    values: Annotated[list[float], "Each of the n, with spaces between them."]
    params: Annotated[float, "Mean number of parameters."]
    macs: Annotated[float, "Mean multiply-adds for one image."]
    latency_ms: Annotated[
        float,
        "Mean milliseconds for one image; NaN where no device was asked for.",
    ]


def units(runs: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Return one row per independent observation, as ``Unit`` documents them.

    Several trainings of one architecture are averaged first: they are no independent evidence
    about the method.

    Args:
        runs: As loaded.
        searches: As loaded; what they saw of validation images is taken from them.
    """
    seen = dict(zip(searches["job"], searches["best_validation"], strict=True))
    members: dict[tuple[str, ...], list[Any]] = {}
    for row in runs[[*ARM_KEY, "unit", *OBSERVED]].itertuples(index=False):
        members.setdefault(row[: len(ARM_KEY) + 1], []).append(row)
    return frame((ArmKey, Unit), (_unit(key, rows, seen) for key, rows in members.items()))


def arms_table(runs: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """Return what each arm reached, as ``Arm``.

    Args:
        runs: As loaded; what networks cost is averaged over them.
        observations: Their ``units``.
    """
    sizes = runs.groupby(ARM_KEY)[["params", "macs", "latency_ms"]].mean()
    groups = group_rows(observations, ARM_KEY)
    rows = ((ArmKey(*key), _arm(group, sizes.loc[key])) for key, group in groups)
    return frame((ArmKey, Arm), rows)


def best_of_runs(group: pd.DataFrame) -> Difference | None:
    """Return the expected best of ``BEST_OF`` units with its error, as a difference from 0."""
    known = group[group["value"].notna()]
    return best_of_difference(known["validation"].to_numpy(float), finite(known), BEST_OF)


def finite(group: pd.DataFrame) -> list[float]:
    """Return the values of a set of units that have one."""
    return [float(value) for value in group["value"] if math.isfinite(value)]


def group_rows(
    table: pd.DataFrame, key: list[str]
) -> Iterable[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Walk groups in the order in which they first occur."""
    return [(tuple(name), group) for name, group in table.groupby(key, sort=False)]


def _unit(key: tuple[str, ...], rows: list[Any], seen: dict[str, float]) -> tuple[ArmKey, Unit]:
    done = [row for row in rows if row.status == "done"]
    values = [row.test_acc for row in done if math.isfinite(row.test_acc)]
    held_out = [row.val_acc for row in done if math.isfinite(row.val_acc)]
    best = float(np.mean(held_out)) if held_out else seen.get(rows[0].search_job, math.nan)
    *arm_key, unit = key
    return ArmKey(*arm_key), Unit(
        unit,
        seed=int(rows[0].search_seed),
        value=float(np.mean(values)) if values else math.nan,
        trainings=len(values),
        status="done" if values else _worst({row.status for row in rows}),
        ancestors=rows[0].ancestor_jobs,
        rules=" ".join(sorted({row.training_rules_hash for row in rows})),
        validation=best if math.isfinite(best) else None,
    )


def count_lost(status: pd.Series[str]) -> dict[str, int]:
    """Return how many have no accuracy, by how they ended."""
    counts = status.value_counts()
    return {name: int(counts.get(name, 0)) for name in NO_ACCURACY}


def _worst(statuses: set[str]) -> str:
    """Return why a unit has no value."""
    return next(name for name in NO_ACCURACY if name in statuses)


def _arm(group: pd.DataFrame, sizes: pd.Series[float]) -> Arm:
    values = finite(group)
    best = best_of_runs(group)
    return Arm(
        n=len(values),
        **count_lost(group["status"]),
        mean=float(np.mean(values)) if values else math.nan,
        sd=float(np.std(values, ddof=1)) if len(values) > 1 else math.nan,
        best_of_k=best.estimate if best else None,
        lowest=min(values, default=math.nan),
        highest=max(values, default=math.nan),
        values=values,
        params=float(sizes["params"]),
        macs=float(sizes["macs"]),
        latency_ms=float(sizes["latency_ms"]),
    )
