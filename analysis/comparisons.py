"""The declared family of comparisons: one exact test and one verdict for each.

The protocol names the comparisons before anything runs; Holm's correction counts all of them for
every method and pair, whether or not they could be carried out.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import pandas as pd

from analysis.aggregate import finite
from analysis.significance import (
    ALPHA,
    a12,
    capacity,
    exact_rank_p,
    holm,
    paired_t,
    sign_flip_p,
    smallest_p,
    welch,
)
from analysis.transfer import matched, paired_differences, select

Pairs = dict[str, list[tuple[str, str]]]


class Verdict(StrEnum):
    """What a comparison allows to be said."""

    SUPERIOR = "superior"
    INFERIOR = "inferior"
    INCONCLUSIVE = "inconclusive"
    INFEASIBLE = "infeasible"
    NOT_COMPARABLE = "not comparable"
    NO_DATA = "no data"


@dataclass(frozen=True)
class Comparison:
    """One comparison: ``arm`` minus ``against`` of a method and pair, in percentage points.

    Attributes:
        study: Experiments under equal rules.
        method: Title.
        source: Of the pair.
        target: Of the pair.
        arm: Minuend.
        against: Subtrahend.
        design: ``independent`` runs, or runs ``paired`` by the search they share.
        n_arm: Units of the arm with an accuracy.
        n_against: Of the other.
        failed: Failed units on both sides; they rank worst in the test, and have no mean.
        difference: Of the means.
        low: Lower limit of the 95 % interval.
        high: Upper limit.
        interval: Its method, or why there is none.
        a12: Probability that the arm's run is the better one; independent runs only.
        p: Exact, two-sided.
        p_without_failures: The same when failed units are left out; NaN if none failed.
        p_holm: Adjusted over the family.
        family: Number of declared comparisons.
        p_min: Smallest attainable p of this design.
        capacity: How many comparisons the design could carry.
        verdict: What may be said.
        why: Why there is no verdict; empty if there is one.
    """

    study: str
    method: str
    source: str
    target: str
    arm: str
    against: str
    design: str = ""
    n_arm: int = 0
    n_against: int = 0
    failed: int = 0
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    interval: str = ""
    a12: float = math.nan
    p: float = math.nan
    p_without_failures: float = math.nan
    p_holm: float = math.nan
    family: int = 0
    p_min: float = math.nan
    capacity: int = 0
    verdict: Verdict = Verdict.NO_DATA
    why: str = ""


def compare_family(
    units: pd.DataFrame,
    study: str,
    methods: list[str],
    pairs: list[tuple[str, str]],
    declared: list[tuple[str, str]],
) -> list[Comparison]:
    """Carry out one study's declared comparisons."""
    found = [
        _compare(units, Comparison(study, method, *pair, *arms))
        for method in methods
        for pair in pairs
        for arms in declared
    ]
    adjusted = holm([comparison.p for comparison in found])
    return [
        _judged(replace(comparison, p_holm=p, family=len(found)))
        for comparison, p in zip(found, adjusted, strict=True)
    ]


def comparison_table(comparisons: list[Comparison]) -> pd.DataFrame:
    """Return comparisons as rows."""
    names = list(Comparison.__dataclass_fields__)
    rows = [asdict(comparison) | {"verdict": str(comparison.verdict)} for comparison in comparisons]
    return pd.DataFrame(rows, columns=names)


def _compare(units: pd.DataFrame, blank: Comparison) -> Comparison:
    """Fill in effect and p, or why there are none."""
    pair = (blank.source, blank.target)
    first, second = (
        select(units, blank.study, blank.method, arm, pair) for arm in (blank.arm, blank.against)
    )
    known = replace(blank, n_arm=len(finite(first)), n_against=len(finite(second)))
    if not known.n_arm or not known.n_against:
        lacking = blank.against if known.n_arm else blank.arm
        return replace(known, why=f"there is no finished run of the arm {lacking}")
    if set(first["target"]) != set(second["target"]):
        why = "the two arms are trained on different tasks"
        return replace(known, verdict=Verdict.NOT_COMPARABLE, why=why)
    if len(set(first["rules"]) | set(second["rules"])) > 1:
        why = "the two arms were trained under different rules"
        return replace(known, verdict=Verdict.NOT_COMPARABLE, why=why)
    failed = sum(int((side["status"] == "failed").sum()) for side in (first, second))
    known = replace(known, failed=failed)
    pairs = matched(first, second)
    if pairs is None:
        return _compare_independent(known, first, second)
    return _compare_paired(known, paired_differences(pairs))


def _compare_independent(
    known: Comparison, first: pd.DataFrame, second: pd.DataFrame
) -> Comparison:
    x, y = finite(first), finite(second)
    found = welch(x, y)
    ranked = [side + _worst_ranks(of) for side, of in ((x, first), (y, second))]
    p_min = smallest_p(len(ranked[0]), len(ranked[1]))
    return replace(
        known,
        design="independent",
        difference=found.estimate,
        low=found.low,
        high=found.high,
        interval=found.method,
        a12=a12(*ranked),
        p=exact_rank_p(*ranked),
        p_without_failures=exact_rank_p(x, y) if known.failed else math.nan,
        p_min=p_min,
        capacity=capacity(p_min),
    )


def _compare_paired(known: Comparison, differences: list[float]) -> Comparison:
    if not differences:
        return replace(known, design="paired", why="no seed has a finished run on both sides")
    found, p_min = paired_t(differences), smallest_p(len(differences))
    return replace(
        known,
        design="paired",
        n_arm=len(differences),
        n_against=len(differences),
        difference=found.estimate,
        low=found.low,
        high=found.high,
        interval=found.method,
        p=sign_flip_p(differences),
        p_min=p_min,
        capacity=capacity(p_min),
    )


def _worst_ranks(units: pd.DataFrame) -> list[float]:
    """Return a value below every accuracy for each failed unit: failing is no way to win."""
    return [-math.inf] * int((units["status"] == "failed").sum())


def _judged(known: Comparison) -> Comparison:
    if math.isnan(known.p):
        return known
    if known.p_min * known.family > ALPHA:
        why = "no outcome of this experiment could be significant"
        return replace(known, verdict=Verdict.INFEASIBLE, why=why)
    if known.p_holm > ALPHA:
        return replace(known, verdict=Verdict.INCONCLUSIVE)
    is_better = known.a12 > 0.5 if known.design == "independent" else known.difference > 0
    return replace(known, verdict=Verdict.SUPERIOR if is_better else Verdict.INFERIOR)
