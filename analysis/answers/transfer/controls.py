"""What a finding owes to its source's data: true sources beside controls without information."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Annotated, NamedTuple

import pandas as pd

from analysis.answers.arms import finite
from analysis.answers.comparisons.designs import compare
from analysis.answers.comparisons.family import adjust
from analysis.answers.comparisons.records import Comparison, Question
from analysis.answers.keys import ArmKey
from analysis.answers.transfer.gaps import Pairs, select
from analysis.answers.transfer.retention import estimate_retention
from analysis.arms import CARRIED, RANDOM
from analysis.loading.rows import frame
from analysis.statistics.equivalence import against_margin
from analysis.statistics.intervals import Interval, mean_difference

# How titles of controls end, and how a sentence says it.
CONTROLS = {
    "-labels=shuffled": "with labels shuffled",
    "-images=noise": "with noise instead of images",
    "-pixels=shuffled": "with pixels shuffled",
}


class Control(NamedTuple):
    """What an arm gains from its source's data: the true source against a control of it."""

    control: Annotated[str, "The searched control of the source, as `d10-labels=shuffled`."]
    n: Annotated[int, "Runs from the true source with an accuracy."]
    n_control: Annotated[int, "From the control."]
    n_random: Annotated[int, "Random architectures."]
    difference: Annotated[float, "Mean from the true source less that from the control, in points."]
    low: Annotated[float, "Lower limit of its 95 % interval."]
    high: Annotated[float, "Upper limit."]
    p: Annotated[float, "Of the rank test that decides; failed runs are worst."]
    p_holm: Annotated[float, "The same, adjusted over all rows (Holm)."]
    verdict: Annotated[str, "Of the true source against the control, after Holm."]
    equivalent_p: Annotated[
        float, "Of equivalence within the declared margin (TOST, unadjusted); NaN without one."
    ]
    share: Annotated[
        float,
        "Of the gain over random that is owed to the data: (true - control) / (true - random).",
    ]
    share_low: Annotated[float, "Lower limit of its 95 % interval (Fieller)."]
    share_high: Annotated[float, "Upper limit."]
    interval: Annotated[str, "Method of that interval, or why there is none."]


def control_table(units: pd.DataFrame, pairs: Pairs, margin: float | None) -> pd.DataFrame:
    """Return what each arm that transfers owes to the data of its source.

    Args:
        units: One row a run.
        pairs: Sources, controls among them, and targets.
        margin: Of equivalence, in percentage points; None tests none.
    """
    found = list(_list_comparisons(units, pairs))
    adjusted = adjust([one for _, _, one in found])
    rows = [
        (key, _describe(units, control, one, margin))
        for (key, control, _), one in zip(found, adjusted, strict=True)
    ]
    return frame((ArmKey, Control), rows)


def _list_comparisons(
    units: pd.DataFrame, pairs: Pairs
) -> Iterator[tuple[ArmKey, str, Comparison]]:
    methods = dict.fromkeys(units["method"][units["method"] != ""])
    for method, arm, (source, target), end in product(methods, CARRIED, pairs, CONTROLS):
        control = f"{source}{end}"
        if (control, target) in pairs:
            sides = [select(units, method, arm, (task, target)) for task in (source, control)]
            if all(map(len, sides)):
                question = Question(method, source, target, arm, arm)
                yield ArmKey(method, arm, source, target), control, compare(question, *sides)


def _describe(units: pd.DataFrame, control: str, one: Comparison, margin: float | None) -> Control:
    asked, sample = one.question, one.sample
    random = finite(select(units, asked.method, RANDOM, asked.pair))
    kept, _ = estimate_retention(sample.values_against, sample.values, random)
    owed = _one_less(kept, has_random=bool(random))
    nothing = math.nan
    equivalent = nothing
    if margin is not None and min(sample.n_arm, sample.n_against) > 1:
        difference = mean_difference(sample.values, sample.values_against)
        equivalent = against_margin(difference, margin)[1]
    return Control(
        control=control,
        n=sample.n_arm,
        n_control=sample.n_against,
        n_random=len(random),
        difference=one.effect.difference if one.effect else nothing,
        low=one.effect.low if one.effect else nothing,
        high=one.effect.high if one.effect else nothing,
        p=one.test.outcome.p if one.test else nothing,
        p_holm=one.adjusted.p_holm if one.adjusted else nothing,
        verdict=str(one.verdict),
        equivalent_p=equivalent,
        share=owed.estimate,
        share_low=owed.low,
        share_high=owed.high,
        interval=owed.method,
    )


def _one_less(kept: Interval, *, has_random: bool) -> Interval:
    """Return the share that is not kept without the data."""
    if not has_random:
        return Interval(math.nan, math.nan, math.nan, "no random architectures were trained")
    why = kept.method.replace("direct search", "the true source")
    return Interval(1 - kept.estimate, 1 - kept.high, 1 - kept.low, why)
