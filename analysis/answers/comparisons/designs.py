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

import numpy as np
import pandas as pd
from scipy import stats

from analysis.answers.arms import finite
from analysis.answers.comparisons.records import (
    Comparison,
    Effect,
    Question,
    Sample,
    Test,
    as_effect,
)
from analysis.answers.transfer.gaps import matched
from analysis.arms import RANDOM
from analysis.loading.columns import NOT_RUN, RANKED_WORST
from analysis.statistics.effects import a12_interval, share_better, standardised_mean
from analysis.statistics.intervals import (
    mean_difference,
    paired_difference,
    pooled_deviation,
    standardise,
)
from analysis.statistics.paired import correlate_pairs, sign_flip_test, signed_rank_test
from analysis.statistics.power import smallest_p
from analysis.statistics.relabelling import rank_test
from analysis.statistics.sample import Outcome, quantised


def compare(question: Question, first: pd.DataFrame, second: pd.DataFrame) -> Comparison:
    """Return effect and test of the units of two arms, or why there are none."""
    known = Comparison(question, _count_runs(first, second))
    if (refused := _refuse(known, first, second)) is not None:
        return refused
    pairs = matched(first, second)
    if pairs is None:
        return _compare_independent(known, first, second)
    return _compare_paired(known, pairs)


def rank_values(units: pd.DataFrame) -> list[float]:
    """Return values, units that came to nothing below every accuracy: that is no way to win."""
    return finite(units) + [-math.inf] * _count(units, *RANKED_WORST)


def digest(*parts: object) -> str:
    """Return a short hash of a test's inputs."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def name_test(test: str, outcome: Outcome) -> str:
    """Return a test's name, which says how its p was come by."""
    if outcome.draws:
        return f"{test}, {outcome.draws:,} random relabellings"
    return f"exact {test}" if outcome.is_exact else f"{test}, large-sample t"


def independent_effect(x: Sequence[float], y: Sequence[float]) -> tuple[Effect, float]:
    """Return the difference of two samples' means, and the p of its t test."""
    if not x or not y:
        return Effect(interval="no interval: a side has no accuracy"), math.nan
    found = mean_difference(x, y)
    least, most = leave_one_out(x, y)
    effect = as_effect(
        found.interval(),
        median_difference=float(np.median(x) - np.median(y)),
        least_left_out=least,
        most_left_out=most,
        standardised=standardise(found.estimate, pooled_deviation(x, y)),
    )
    return effect, found.p()


def leave_one_out(x: Sequence[float], y: Sequence[float] = ()) -> tuple[float, float]:
    """Return the range of the difference of means when any one run is left out."""
    given = [side for side in (x, y) if len(side)]
    if not given or any(len(side) < 2 for side in given):
        return math.nan, math.nan
    means = [_without_each(side) for side in given]
    if len(means) == 1:
        return min(means[0]), max(means[0])
    whole = float(np.mean(x)), float(np.mean(y))
    found = [mean - whole[1] for mean in means[0]] + [whole[0] - mean for mean in means[1]]
    return min(found), max(found)


def _without_each(values: Sequence[float]) -> list[float]:
    total, n = float(np.sum(values)), len(values)
    return [(total - value) / (n - 1) for value in values]


def _count_runs(first: pd.DataFrame, second: pd.DataFrame) -> Sample:
    x, y = finite(first), finite(second)
    return Sample(
        values=tuple(x),
        values_against=tuple(y),
        n_arm=len(x),
        n_against=len(y),
        failed_arm=_count(first, *RANKED_WORST),
        failed_against=_count(second, *RANKED_WORST),
        lost=sum(_count(side, *NOT_RUN) for side in (first, second)),
        has_ties=len(np.unique(quantised([*x, *y]))) < len(x) + len(y),
        inputs=digest(
            *[
                side[["unit", "ancestors", "value", "status"]].to_csv(lineterminator="\n")
                for side in (first, second)
            ]
        ),
    )


def _count(units: pd.DataFrame, *statuses: str) -> int:
    return int(units["status"].isin(statuses).sum())


def _refuse(known: Comparison, first: pd.DataFrame, second: pd.DataFrame) -> Comparison | None:
    """Say why two arms cannot be compared; None if they can."""
    asked, sample = known.question, known.sample
    has_ended = bool(sample.n_arm + sample.failed_arm)
    if not has_ended or not sample.n_against + sample.failed_against:
        lacking = asked.against if has_ended else asked.arm
        whose = f" of {asked.rival}" if asked.rival and has_ended else ""
        return replace(known, why=f"no run of the arm {lacking}{whose} has ended")
    if not sample.n_arm + sample.n_against:
        return replace(known, why="every run of both arms failed or diverged")
    why = ""
    if set(first["target"]) != set(second["target"]):
        why = "the two arms are trained on different tasks"
    elif len({*first["rules"], *second["rules"]} - {""}) > 1:
        why = "the two arms were trained under different rules"
    return replace(known, is_refused=True, why=why) if why else None


def _rule_of(question: Question) -> str:
    """Return the row of the design table of independent runs on one target."""
    if question.rival:
        return "D5"
    if RANDOM in {question.arm, question.against}:
        return "D4"
    return "D6" if question.is_about_transfer else "D1"


def _compare_independent(
    known: Comparison, first: pd.DataFrame, second: pd.DataFrame
) -> Comparison:
    x, y = finite(first), finite(second)
    a, b = rank_values(first), rank_values(second)
    outcome, chance = rank_test(a, b), a12_interval(a, b)
    effect, p_t = independent_effect(x, y)
    return replace(
        known,
        effect=replace(effect, a12=chance.estimate, a12_low=chance.low, a12_high=chance.high),
        test=Test(
            rule=_rule_of(known.question),
            design="independent",
            test=name_test("studentised permutation of the rank sum", outcome),
            outcome=outcome,
            p_min=smallest_p(len(a), len(b)),
            p_without_failures=rank_test(x, y).p if known.sample.failed else math.nan,
            p_t=p_t,
            p_second=float(stats.mannwhitneyu(quantised(a), quantised(b)).pvalue),
        ),
    )


def _compare_paired(known: Comparison, pairs: pd.DataFrame) -> Comparison:
    both = pairs[np.isfinite(pairs["value_first"]) & np.isfinite(pairs["value_second"])]
    x, y = both["value_first"].to_numpy(float), both["value_second"].to_numpy(float)
    differences, ranks = list(map(float, x - y)), _rank_pairs(pairs)
    sample = replace(
        known.sample,
        n_arm=len(both),
        n_against=len(both),
        values=tuple(map(float, x)),
        values_against=tuple(map(float, y)),
    )
    known = replace(known, sample=sample)
    if not ranks:
        return replace(known, why="no seed has a run on both sides that has ended")
    found, (least, most) = paired_difference(differences), leave_one_out(differences)
    outcome = signed_rank_test(ranks)
    return replace(
        known,
        effect=as_effect(
            found.interval(),
            median_difference=float(np.median(differences)) if differences else math.nan,
            least_left_out=least,
            most_left_out=most,
            standardised=standardised_mean(differences),
            a12=share_better(ranks),
        ),
        test=Test(
            rule="D2",
            design="paired",
            test=name_test("signed ranks of pairs", outcome),
            outcome=outcome,
            p_min=smallest_p(len(ranks)),
            p_without_failures=(
                signed_rank_test(differences).p if len(ranks) > len(both) else math.nan
            ),
            p_t=found.p(),
            p_second=sign_flip_test(differences).p,
            correlation=correlate_pairs(x, y),
        ),
    )


def _rank_pairs(pairs: pd.DataFrame) -> list[float]:
    """Return paired differences in which a run that came to nothing is worse than any other."""
    is_lost = pairs["status_first"].isin(NOT_RUN) | pairs["status_second"].isin(NOT_RUN)
    ends = [
        [
            -math.inf if status in RANKED_WORST else float(value)
            for value, status in zip(
                pairs.loc[~is_lost, f"value_{name}"],
                pairs.loc[~is_lost, f"status_{name}"],
                strict=True,
            )
        ]
        for name in ("first", "second")
    ]
    return [0.0 if x == y else x - y for x, y in zip(*ends, strict=True)]
