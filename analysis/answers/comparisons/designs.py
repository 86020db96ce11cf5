"""The design table: which test a comparison gets, as the job graph decides.

Results that rest on a common search are paired; without one they are independent, whatever their
correlation. Nothing here looks at the values to choose a test.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd

from analysis.answers.arms import finite
from analysis.answers.comparisons.verdicts import Comparison, Verdict
from analysis.answers.transfer.gaps import matched
from analysis.arms import CARRIED, DIRECTS, RANDOM
from analysis.loading.columns import NOT_RUN, RANKED_WORST
from analysis.statistics.effects import a12_interval, standardised_mean
from analysis.statistics.exact import (
    BRUNNER_MUNZEL_RUNS,
    brunner_munzel_p,
    exact_rank_p,
    is_counted,
    pair_correlation,
    sign_flip,
    wilcoxon_p,
)
from analysis.statistics.intervals import (
    Difference,
    mean_difference,
    paired_difference,
    pooled_deviation,
)
from analysis.statistics.power import capacity, detectable_effect, smallest_p


def compared(blank: Comparison, first: pd.DataFrame, second: pd.DataFrame) -> Comparison:
    """Fill in effect and p of the units of two arms, or why there are none."""
    known = _counted(blank, first, second)
    if (refused := _refused(known, first, second)) is not None:
        return refused
    pairs = matched(first, second)
    if pairs is None:
        return _independent(known, first, second)
    return _paired(known, pairs)


def rule_of(known: Comparison, *, is_paired: bool) -> str:
    """Return the row of the design table of a comparison on one target."""
    if is_paired:
        return "D2"
    if known.rival:
        return "D5"
    if RANDOM in {known.arm, known.against}:
        return "D4"
    return "D6" if is_about_transfer(known) else "D1"


def is_about_transfer(known: Comparison) -> bool:
    """Tell whether a margin applies: something carried over against a direct search."""
    arms = {known.arm, known.against}
    return not known.rival and bool(arms & {*DIRECTS}) and bool(arms & {*CARRIED})


def ranked(units: pd.DataFrame) -> list[float]:
    """Return values, units that came to nothing below every accuracy: that is no way to win."""
    return finite(units) + [-math.inf] * _count(units, *RANKED_WORST)


def digest(*parts: object) -> str:
    """Return a short hash of a test's inputs."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def described(known: Comparison, found: Difference) -> Comparison:
    """Fill in a difference with its interval and the p of its t test."""
    limits = found.interval()
    return replace(
        known,
        difference=limits.estimate,
        low=limits.low,
        high=limits.high,
        interval=limits.method,
        p_t=found.p(),
    )


def named(test: str, runs: int) -> str:
    """Return a rank test's name, which says whether so many runs are tested exactly."""
    return f"exact {test}" if is_counted(runs) else f"{test}, normal approximation"


def with_power(known: Comparison, p_min: float, spread: float, effect: float) -> Comparison:
    """Fill in what the design could show; ``effect`` is in units of ``spread``."""
    detectable = effect * spread
    return replace(
        known, p_min=p_min, capacity=capacity(p_min), spread=spread, detectable=detectable
    )


def left_out(x: Sequence[float], y: Sequence[float] = ()) -> tuple[float, float]:
    """Return the range of the difference of means when any one run is left out."""
    means = [_without_each(side) for side in (x, y) if len(side)]
    if any(len(side) < 2 for side in (x, y) if len(side)):
        return math.nan, math.nan
    if len(means) == 1:
        return min(means[0]), max(means[0])
    whole = float(np.mean(x)), float(np.mean(y))
    found = [mean - whole[1] for mean in means[0]] + [whole[0] - mean for mean in means[1]]
    return min(found), max(found)


def _without_each(values: Sequence[float]) -> list[float]:
    total, n = float(np.sum(values)), len(values)
    return [(total - value) / (n - 1) for value in values] if n > 1 else []


def _counted(blank: Comparison, first: pd.DataFrame, second: pd.DataFrame) -> Comparison:
    sides = (first, second)
    x, y = finite(first), finite(second)
    return replace(
        blank,
        values=tuple(x),
        values_against=tuple(y),
        inputs=digest(*[side[["unit", "ancestors", "value", "status"]].to_csv() for side in sides]),
        n_arm=len(x),
        n_against=len(y),
        failed=sum(_count(side, *RANKED_WORST) for side in sides),
        lost=sum(_count(side, *NOT_RUN) for side in sides),
        has_ties=len({round(value, 6) for value in chain(x, y)}) < len(x) + len(y),
    )


def _count(units: pd.DataFrame, *statuses: str) -> int:
    return int(units["status"].isin(statuses).sum())


def _refused(known: Comparison, first: pd.DataFrame, second: pd.DataFrame) -> Comparison | None:
    """Say why two arms cannot be compared; None if they can."""
    if not known.n_arm or not known.n_against:
        lacking = known.against if known.n_arm else known.arm
        whose = f" of {known.rival}" if known.rival and known.n_arm else ""
        return replace(known, why=f"there is no finished run of the arm {lacking}{whose}")
    why = ""
    if set(first["target"]) != set(second["target"]):
        why = "the two arms are trained on different tasks"
    elif len(set(first["rules"]) | set(second["rules"])) > 1:
        why = "the two arms were trained under different rules"
    return replace(known, verdict=Verdict.NOT_COMPARABLE, why=why) if why else None


def _independent(known: Comparison, first: pd.DataFrame, second: pd.DataFrame) -> Comparison:
    x, y = finite(first), finite(second)
    a, b = ranked(first), ranked(second)
    chance = a12_interval(a, b)
    spread = pooled_deviation(x, y)
    least, most = left_out(x, y)
    found = mean_difference(x, y)
    known = replace(
        described(known, found),
        rule=rule_of(known, is_paired=False),
        design="independent",
        test=named("permutation of the rank sum", len(a) + len(b)),
        median_difference=float(np.median(x) - np.median(y)),
        least_left_out=least,
        most_left_out=most,
        standardised=found.estimate / spread if spread > 1e-12 else math.nan,
        a12=chance.estimate,
        a12_low=chance.low,
        a12_high=chance.high,
        p=exact_rank_p(a, b),
        p_error=0.0,
        p_without_failures=exact_rank_p(x, y) if known.failed else math.nan,
        p_second=brunner_munzel_p(x, y) if min(len(x), len(y)) >= BRUNNER_MUNZEL_RUNS else math.nan,
    )
    return with_power(known, smallest_p(len(a), len(b)), spread, detectable_effect(len(x), len(y)))


def _paired(known: Comparison, pairs: pd.DataFrame) -> Comparison:
    both = pairs[np.isfinite(pairs["value_first"]) & np.isfinite(pairs["value_second"])]
    x, y = both["value_first"].to_numpy(float), both["value_second"].to_numpy(float)
    differences, ranks = x - y, _with_failures(pairs)
    known = replace(known, rule="D2", design="paired", n_arm=len(both), n_against=len(both))
    known = replace(known, values=tuple(map(float, x)), values_against=tuple(map(float, y)))
    if not len(both):
        return replace(known, why="no seed has a finished run on both sides")
    complete = sign_flip(differences)
    has_failures = len(ranks) > len(both)
    least, most = left_out(list(differences))
    known = replace(
        described(known, paired_difference(differences)),
        test="exact signed ranks" if has_failures else "exact sign flip of the mean",
        median_difference=float(np.median(differences)),
        least_left_out=least,
        most_left_out=most,
        standardised=standardised_mean(differences),
        p=wilcoxon_p(ranks) if has_failures else complete.p,
        draws=complete.draws,
        p_error=complete.error,
        p_without_failures=complete.p if has_failures else math.nan,
        p_second=wilcoxon_p(differences),
        correlation=pair_correlation(x, y),
    )
    spread = float(np.std(differences, ddof=1)) if len(differences) > 1 else math.nan
    return with_power(known, smallest_p(len(ranks)), spread, detectable_effect(len(both)))


def _with_failures(pairs: pd.DataFrame) -> list[float]:
    """Return paired differences in which a run that came to nothing is worse than any other."""
    is_lost = pairs["status_first"].isin(NOT_RUN)
    is_lost |= pairs["status_second"].isin(NOT_RUN)
    ends = [
        [
            -math.inf if status in RANKED_WORST else float(value)
            for value, status in zip(*side, strict=True)
        ]
        for side in (
            (pairs.loc[~is_lost, f"value_{name}"], pairs.loc[~is_lost, f"status_{name}"])
            for name in ("first", "second")
        )
    ]
    return [0.0 if x == y else x - y for x, y in zip(*ends, strict=True)]
