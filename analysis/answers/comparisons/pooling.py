"""One question on several targets: strata that share no run, or whole runs relabelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pandas as pd

from analysis.answers.comparisons.asked import Sides
from analysis.answers.comparisons.designs import digest, name_test, rank_values
from analysis.answers.comparisons.records import JOINED, Comparison, Effect, Sample, Test, as_effect
from analysis.loading.columns import RANKED_WORST
from analysis.statistics.effects import probability_of_improvement
from analysis.statistics.intervals import (
    Difference,
    mean_difference,
    pooled_deviation,
    standardise,
    stratified_difference,
)
from analysis.statistics.power import smallest_p, smallest_stratified_p
from analysis.statistics.relabelling import (
    DependentStrataError,
    Stratum,
    stratified_rank_test,
    whole_run_test,
)
from analysis.statistics.sample import Values


def compare_over_targets(
    members: Sequence[Comparison], sides: Sequence[Sides]
) -> tuple[list[Comparison], str]:
    """Test one question over all its targets; if they share runs, over those of one source each.

    Args:
        members: The same comparison on each pair.
        sides: Their units.

    Returns:
        The comparisons, and why targets may not be put together; the reason is empty where they
        are, and where single targets already have none to give.
    """
    if any(one.test is None or one.test.design == "paired" for one in members):
        return [], ""
    if len({one.question.target for one in members}) < 2:
        return [], ""
    strata = [_stratum(*side) for side in sides]
    try:
        return [_stratify(pool(members), strata)], ""
    except DependentStrataError as error:
        shared = str(error).partition(";")[0].replace("two strata share", "they share")
    whole = _relabel_whole_runs(members, sides)
    of_source: dict[str, list[int]] = {}
    for place, one in enumerate(members):
        of_source.setdefault(one.question.source, []).append(place)
    parts = [
        _relabel_whole_runs([members[i] for i in places], [sides[i] for i in places])
        for places in of_source.values()
        if 1 < len(places) < len(members)
    ]
    found = [one for one in ([whole] if whole else parts) if one]
    return found, "" if found else f"targets are tested one by one, because {shared}"


def pool(members: Sequence[Comparison]) -> Comparison:
    """Return what comparisons of one question on several pairs have in common."""
    questions, samples = [one.question for one in members], [one.sample for one in members]
    return Comparison(
        replace(
            questions[0],
            source=JOINED.join(dict.fromkeys(one.source for one in questions)),
            target=JOINED.join(dict.fromkeys(one.target for one in questions)),
        ),
        Sample(
            values=tuple(value for one in samples for value in one.values),
            values_against=tuple(value for one in samples for value in one.values_against),
            n_arm=sum(one.n_arm for one in samples),
            n_against=sum(one.n_against for one in samples),
            failed_arm=sum(one.failed_arm for one in samples),
            failed_against=sum(one.failed_against for one in samples),
            lost=sum(one.lost for one in samples),
            has_ties=any(one.has_ties for one in samples),
            inputs=digest(*[one.inputs for one in samples]),
        ),
    )


def _stratum(first: pd.DataFrame, second: pd.DataFrame) -> Stratum:
    return Stratum(rank_values(first), rank_values(second), _ids(first), _ids(second))


def _ids(units: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return what each ranked unit rests on, in the order of ``rank_values``."""
    has_value = np.isfinite(units["value"].to_numpy(float))
    rows = [units[has_value], units[units["status"].isin(RANKED_WORST)]]
    return [
        tuple(ancestors.split()) or (unit,)
        for part in rows
        for ancestors, unit in zip(part["ancestors"], part["unit"], strict=True)
    ]


def _stratify(blank: Comparison, strata: Sequence[Stratum]) -> Comparison:
    outcome = stratified_rank_test(strata)
    complete = [_without_failures(one) for one in strata]
    tasks = [(one.x, one.y) for one in complete]
    difference = stratified_difference(tasks)
    return replace(
        blank,
        effect=_average(difference, tasks, [(one.x, one.y) for one in strata]),
        test=Test(
            rule="D3",
            design="stratified",
            test=name_test("studentised rank sum over targets", outcome),
            outcome=outcome,
            p_min=smallest_stratified_p([(len(one.x), len(one.y)) for one in strata]),
            p_without_failures=(
                stratified_rank_test(complete).p if blank.sample.failed else math.nan
            ),
            p_t=difference.p(),
        ),
    )


def _average(
    difference: Difference,
    tasks: Sequence[tuple[Values, Values]],
    ranked: Sequence[tuple[Values, Values]],
) -> Effect:
    """Return the task-averaged difference in points, and in standard deviations."""
    known = [(x, y) for x, y in tasks if len(x) and len(y)]
    scaled = [standardise(mean_difference(x, y).estimate, pooled_deviation(x, y)) for x, y in known]
    gaps = [float(np.median(x) - np.median(y)) for x, y in known]
    return as_effect(
        difference.interval(),
        median_difference=float(np.mean(gaps)) if gaps else math.nan,
        standardised=float(np.mean(scaled)) if scaled else math.nan,
        a12=probability_of_improvement(ranked),
    )


def _without_failures(stratum: Stratum) -> Stratum:
    keep_x, keep_y = np.isfinite(stratum.x), np.isfinite(stratum.y)
    return Stratum(
        np.asarray(stratum.x)[keep_x],
        np.asarray(stratum.y)[keep_y],
        list(compress(stratum.x_units, keep_x)),
        list(compress(stratum.y_units, keep_y)),
    )


def _relabel_whole_runs(members: Sequence[Comparison], sides: Sequence[Sides]) -> Comparison | None:
    """Relabel whole runs where every run is scored on every target; None where it is not."""
    first, second = (_scores([pair[place] for pair in sides]) for place in (0, 1))
    if first is None or second is None:
        return None
    try:
        x, y = (list(part.to_numpy(float)) for part in (first, second))
        outcome = whole_run_test(x, y, list(first.index), list(second.index))
    except DependentStrataError:
        return None
    tasks = [(list(first[name]), list(second[name])) for name in first]
    blank = pool(members)
    no_interval = Difference(
        stratified_difference(tasks).estimate, math.nan, math.nan, "the targets share runs"
    )
    return replace(
        blank,
        sample=replace(blank.sample, n_arm=len(first), n_against=len(second)),
        effect=_average(no_interval, tasks, tasks),
        test=Test(
            rule="D3",
            design="whole runs",
            test=name_test("studentised rank sum of whole runs", outcome),
            outcome=outcome,
            p_min=smallest_p(len(first), len(second)),
        ),
    )


def _scores(parts: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    """Return one row per unit and a column per target; None unless all are known."""
    table = pd.concat(
        [part.set_index("unit")["value"].rename(str(place)) for place, part in enumerate(parts)],
        axis=1,
    )
    return None if table.isna().to_numpy().any() or table.empty else table
