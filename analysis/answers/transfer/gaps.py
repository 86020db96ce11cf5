"""What the proxy costs: differences between the arms of a method, in percentage points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Annotated, NamedTuple

import pandas as pd

from analysis.answers.arms import finite
from analysis.answers.keys import ArmKey, PairKey
from analysis.arms import CARRIED, CONTINUED, DIRECT, DIRECT_LONG, ON_TARGET, RANDOM, TRANSFERRED
from analysis.loading.rows import frame
from analysis.statistics.intervals import Interval, paired_difference, welch

# Sources and targets.
Pairs = Sequence[tuple[str, str]]

# Which differences a pair is described by: minuend, subtrahend.
GAPS = (
    (DIRECT, TRANSFERRED),
    (DIRECT, CONTINUED),
    (CONTINUED, TRANSFERRED),
    (DIRECT_LONG, CONTINUED),
)


class Gap(NamedTuple):
    """A difference between two arms of a method, in percentage points of test accuracy."""

    difference: Annotated[str, "The two arms, as `direct - transferred`."]
    n_first: Annotated[int, "Finished runs of the first arm."]
    n_second: Annotated[int, "Finished runs of the second."]
    estimate: Annotated[float, "Difference of the means; NaN where an arm has no finished run."]
    low: Annotated[float, "Lower limit of its 95 % interval."]
    high: Annotated[float, "Upper limit."]
    interval: Annotated[str, "How the interval was made, or why there is none."]


def select(units: pd.DataFrame, method: str, arm: str, pair: tuple[str, str]) -> pd.DataFrame:
    """Return the units of a method's arm that belong to a pair.

    Direct searches and random architectures belong to every pair with their target, the source
    arm to every pair with its source.
    """
    source, target = pair
    if arm == RANDOM:
        return select_random(units, method, target)
    chosen = (units["arm"] == arm) & (units["method"] == method)
    if arm not in ON_TARGET:
        chosen &= units["source"] == source
    if arm != "source":
        chosen &= units["target"] == target
    return units[chosen]


def select_random(units: pd.DataFrame, method: str, target: str) -> pd.DataFrame:
    """Return the random architectures of a target that all methods share, or the method's own."""
    chosen = (units["arm"] == RANDOM) & (units["target"] == target)
    return units[chosen & units["method"].isin(["", method])]


def matched(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame | None:
    """Pair units by seed if both rest on a common search; None if they are independent.

    Whether runs are paired is decided by the job graph, never by how their values correlate.
    """
    both = first.merge(second, on="seed", suffixes=("_first", "_second"))
    shared = [
        bool(set(a.split()) & set(b.split()))
        for a, b in zip(both["ancestors_first"], both["ancestors_second"], strict=True)
    ]
    return both[shared] if any(shared) else None


def difference(first: pd.DataFrame, second: pd.DataFrame) -> Interval:
    """Return first - second with the interval that the design asks for."""
    pairs = matched(first, second)
    if pairs is None:
        return welch(finite(first), finite(second))
    return paired_difference(paired_differences(pairs)).interval()


def paired_differences(pairs: pd.DataFrame) -> list[float]:
    """Return the differences of the pairs of which both sides have a value."""
    found = pairs["value_first"] - pairs["value_second"]
    return [float(value) for value in found if math.isfinite(value)]


def gap_table(units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the transfer gap and its relatives for every method and pair."""
    rows = (
        _gap(units, method, pair, arms)
        for method, pair in design_cells(units, pairs)
        for arms in GAPS
    )
    return frame((PairKey, Gap), filter(None, rows))


def design_cells(units: pd.DataFrame, pairs: Pairs) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield method and pair of everything that the design holds."""
    for method in units["method"][units["method"] != ""].unique():
        for pair in pairs:
            yield str(method), pair


def planned_arms(
    units: pd.DataFrame, pairs: Pairs, *others: str
) -> Iterator[tuple[ArmKey, list[pd.DataFrame]]]:
    """Yield each arm that transfers, its units and those of other arms, if all were planned."""
    for (method, pair), arm in product(design_cells(units, pairs), CARRIED):
        chosen = [select(units, method, name, pair) for name in (arm, *others)]
        if all(map(len, chosen)):
            yield ArmKey(method, arm, *pair), chosen


def _gap(
    units: pd.DataFrame, method: str, pair: tuple[str, str], arms: tuple[str, str]
) -> tuple[PairKey, Gap] | None:
    """Describe one difference; None if one of its arms was never planned."""
    first, second = (select(units, method, arm, pair) for arm in arms)
    if len(first) == 0 or len(second) == 0:
        return None
    n_first, n_second = (len(finite(side)) for side in (first, second))
    found = difference(first, second)
    return PairKey(method, *pair), Gap(f"{arms[0]} - {arms[1]}", n_first, n_second, *found)
