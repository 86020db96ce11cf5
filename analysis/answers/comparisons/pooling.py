"""One question on several targets: strata that share no run, or whole runs relabelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pandas as pd

from analysis.answers.comparisons.designs import described, digest, named, ranked, with_power
from analysis.answers.comparisons.verdicts import JOINED, Comparison
from analysis.loading.columns import RANKED_WORST
from analysis.statistics.effects import probability_of_improvement
from analysis.statistics.intervals import stratified_difference
from analysis.statistics.power import smallest_p, smallest_stratified_p
from analysis.statistics.sample import Values
from analysis.statistics.stratified import (
    DependentStrataError,
    Stratum,
    stratified_rank,
    whole_run_rank,
)

Sides = tuple[pd.DataFrame, pd.DataFrame]


def over_targets(
    members: Sequence[Comparison], sides: Sequence[Sides]
) -> tuple[Comparison | None, str]:
    """Test one question over all its targets.

    Args:
        members: The same comparison on each pair.
        sides: Their units.

    Returns:
        The comparison, or None and why the targets may not be put together; the reason is empty
        where single targets already have none to give.
    """
    if any(math.isnan(one.p) for one in members) or len({one.target for one in members}) < 2:
        return None, ""
    if any(one.design == "paired" for one in members):
        return None, ""
    blank = pooled_blank(members)
    strata = [_stratum(*side) for side in sides]
    try:
        return _stratified(blank, strata), ""
    except DependentStrataError as error:
        whole = _whole_runs(blank, sides)
        shared = str(error).partition(";")[0].replace("two strata share", "they share")
        return whole, "" if whole else f"targets are tested one by one, because {shared}"


def pooled_blank(members: Sequence[Comparison]) -> Comparison:
    """Return what comparisons of one question on several pairs have in common."""
    one = members[0]
    return Comparison(
        method=one.method,
        source=JOINED.join(dict.fromkeys(each.source for each in members)),
        target=JOINED.join(dict.fromkeys(each.target for each in members)),
        arm=one.arm,
        against=one.against,
        rival=one.rival,
        values=tuple(value for each in members for value in each.values),
        values_against=tuple(value for each in members for value in each.values_against),
        inputs=digest(*[each.inputs for each in members]),
        n_arm=sum(each.n_arm for each in members),
        n_against=sum(each.n_against for each in members),
        failed=sum(each.failed for each in members),
        lost=sum(each.lost for each in members),
        has_ties=any(each.has_ties for each in members),
    )


def _stratum(first: pd.DataFrame, second: pd.DataFrame) -> Stratum:
    return Stratum(ranked(first), ranked(second), _ids(first), _ids(second))


def _ids(units: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what each ranked unit rests on, in the order of ``ranked``."""
    has_value = np.isfinite(units["value"].to_numpy(float))
    rows = [units[has_value], units[units["status"].isin(RANKED_WORST)]]
    return [
        tuple(ancestors.split()) or (unit,)
        for part in rows
        for ancestors, unit in zip(part["ancestors"], part["unit"], strict=True)
    ]


def _stratified(blank: Comparison, strata: Sequence[Stratum]) -> Comparison:
    found = stratified_rank(strata)
    tasks = [(one.x, one.y) for one in map(_complete, strata)]
    sizes = [(len(one.x), len(one.y)) for one in strata]
    complete = [_complete(one) for one in strata] if blank.failed else []
    known = replace(
        _averaged(blank, tasks),
        rule="D3",
        design="stratified",
        test=named("stratified rank sum", max(n + m for n, m in sizes)),
        a12=probability_of_improvement([(one.x, one.y) for one in strata]),
        p=found.p,
        draws=found.draws,
        p_error=found.error,
        p_without_failures=stratified_rank(complete).p if complete else math.nan,
    )
    return with_power(known, smallest_stratified_p(sizes), math.nan, math.nan)


def _averaged(blank: Comparison, tasks: Sequence[tuple[Values, Values]]) -> Comparison:
    """Fill in the task-averaged difference in points, and in standard deviations."""
    known = described(blank, stratified_difference(tasks))
    gaps = [float(np.median(x) - np.median(y)) for x, y in tasks if len(x) and len(y)]
    return replace(
        known,
        median_difference=float(np.mean(gaps)) if gaps else math.nan,
        standardised=stratified_difference(tasks, standardised=True).estimate,
    )


def _complete(stratum: Stratum) -> Stratum:
    """Return a stratum without the runs that have no accuracy."""
    keep_x, keep_y = np.isfinite(stratum.x), np.isfinite(stratum.y)
    return Stratum(
        np.asarray(stratum.x)[keep_x],
        np.asarray(stratum.y)[keep_y],
        list(compress(stratum.x_units, keep_x)),
        list(compress(stratum.y_units, keep_y)),
    )


def _whole_runs(blank: Comparison, sides: Sequence[Sides]) -> Comparison | None:
    """Relabel whole runs where every run is scored on every target; None where it is not."""
    first, second = (_scored([pair[place] for pair in sides]) for place in (0, 1))
    if first is None or second is None:
        return None
    try:
        x, y = (list(part.to_numpy(float)) for part in (first, second))
        found = whole_run_rank(x, y, list(first.index), list(second.index))
    except DependentStrataError:
        return None
    tasks = [(list(first[name]), list(second[name])) for name in first]
    known = replace(
        _averaged(blank, tasks),
        rule="D3",
        design="whole runs",
        test=named("rank sum of whole runs", len(first) + len(second)),
        interval="no interval: the targets share runs",
        low=math.nan,
        high=math.nan,
        p_t=math.nan,
        n_arm=len(first),
        n_against=len(second),
        a12=probability_of_improvement(tasks),
        p=found.p,
        p_error=0.0,
    )
    return with_power(known, smallest_p(len(first), len(second)), math.nan, math.nan)


def _scored(parts: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    """Return one row per unit and a column per target; None unless all are known."""
    table = pd.concat(
        [part.set_index("unit")["value"].rename(str(place)) for place, part in enumerate(parts)],
        axis=1,
    )
    return None if table.isna().to_numpy().any() or table.empty else table
