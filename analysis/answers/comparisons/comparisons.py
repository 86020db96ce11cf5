"""The declared family of comparisons: one test and one verdict for each.

The protocol names the comparisons before anything runs. They are carried out for every method and
pair, and once more over all targets where the job graph allows it; Holm's correction counts all of
them, whether or not they could be carried out, and the tests against a declared margin.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import pandas as pd

from analysis.answers.arms import finite
from analysis.answers.comparisons.asked import Question
from analysis.answers.comparisons.designs import compared, is_about_transfer
from analysis.answers.comparisons.directions import home_comparisons
from analysis.answers.comparisons.pooling import over_targets
from analysis.answers.comparisons.verdicts import Comparison, Verdict, judged
from analysis.answers.transfer.gaps import select
from analysis.arms import CONTINUED, DIRECT, DIRECTS, RANDOM, TRANSFERRED
from analysis.statistics.equivalence import against_margin, has_assay_sensitivity
from analysis.statistics.intervals import mean_difference
from analysis.statistics.multiplicity import holm
from analysis.statistics.power import detectable_effect
from analysis.statistics.sample import ALPHA

__all__ = [
    "Comparison",
    "Family",
    "Verdict",
    "compare_family",
    "compare_methods",
    "comparison_table",
]

Pair = tuple[str, str]


@dataclass(frozen=True)
class Family:
    """What a study's protocol declares.

    Attributes:
        methods: Titles.
        pairs: Sources and targets.
        declared: Arms and what they are compared with.
        margin: Of non-inferiority, in percentage points; None suppresses its verdicts.
        left_out: Methods with arms that the experiment's file leaves out for them: what is never
            asked is not in the family, unlike what was asked and could not be answered.
        unasked: Single questions that are not asked, either.
    """

    methods: Sequence[str]
    pairs: Sequence[Pair]
    declared: Sequence[tuple[str, str]] = ()
    margin: float | None = None
    left_out: Collection[tuple[str, str]] = ()
    unasked: Collection[Question] = ()

    def asks(self, one: Comparison) -> bool:
        """Tell whether the method takes part in both arms, and the question is asked."""
        if (one.method, one.source, one.target, one.arm, one.against) in self.unasked:
            return False
        return not any((one.method, arm) in self.left_out for arm in (one.arm, one.against))


def compare_family(units: pd.DataFrame, family: Family) -> list[Comparison]:
    """Carry out one study's declared comparisons, those over several targets last."""
    each = [
        _against_margin(units, compared(blank, *_sides(units, blank, pair)), family.margin)
        for method in family.methods
        for pair in family.pairs
        for blank in (Comparison(method, *pair, *arms) for arms in family.declared)
        if family.asks(blank)
    ]
    return _adjusted(_with_pooled(units, family, each))


def compare_methods(units: pd.DataFrame, family: Family) -> list[Comparison]:
    """Compare all methods with each other, arm by arm: a family of its own, not declared."""
    found = []
    for first, second in combinations(family.methods, 2):
        for arm, pair in _carried(family.pairs):
            blank = Comparison(first, *pair, arm, arm, rival=second)
            sides = _sides(units, blank, pair)
            if all(len(side) for side in sides):
                found.append(compared(blank, *sides))
    return _adjusted(_with_pooled(units, family, found))


def _carried(pairs: Sequence[Pair]) -> Iterator[tuple[str, Pair]]:
    """Yield arms with the pairs they have runs of their own for, direct once a target."""
    yield from product((TRANSFERRED, CONTINUED), pairs)
    firsts = {target: (source, target) for source, target in reversed(pairs)}
    yield from ((DIRECT, pair) for pair in reversed(firsts.values()))


def comparison_table(comparisons: list[Comparison]) -> pd.DataFrame:
    """Return comparisons as rows; values and warnings as text."""
    names = [*Comparison.__dataclass_fields__, "magnitude"]
    rows = [
        found.to_dict()
        | {
            "values": " ".join(map(repr, found.values)),
            "values_against": " ".join(map(repr, found.values_against)),
            "warnings": "; ".join(found.warnings),
        }
        for found in comparisons
    ]
    return pd.DataFrame(rows, columns=names)


def _sides(units: pd.DataFrame, blank: Comparison, pair: Pair) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (
        select(units, blank.method, blank.arm, pair),
        select(units, blank.rival or blank.method, blank.against, pair),
    )


def _with_pooled(units: pd.DataFrame, family: Family, each: list[Comparison]) -> list[Comparison]:
    """Add what several targets say together, or why they may not be put together."""
    pooled: list[Comparison] = []
    kept = list(each)
    for members in _questions(each):
        sides = [_sides(units, one, (one.source, one.target)) for one in members]
        if _is_home_question(members):
            pooled += home_comparisons(members, sides)
            continue
        found, why = over_targets(members, sides)
        pooled += [found] if found else []
        kept = [
            replace(one, warnings=(*one.warnings, why)) if why and one in members else one
            for one in kept
        ]
    return kept + pooled


def _questions(each: Sequence[Comparison]) -> Iterator[list[Comparison]]:
    """Yield comparisons that ask one question on several pairs."""
    asked: dict[tuple[str, ...], list[Comparison]] = {}
    for one in each:
        asked.setdefault((one.method, one.rival, one.arm, one.against), []).append(one)
    yield from (members for members in asked.values() if len(members) > 1)


def _is_home_question(members: Sequence[Comparison]) -> bool:
    """Tell whether stratifying by target would cancel: both directions, direct and carried."""
    pairs = {(one.source, one.target) for one in members}
    has_both = any((target, source) in pairs for source, target in pairs)
    return has_both and is_about_transfer(members[0])


def _against_margin(units: pd.DataFrame, known: Comparison, margin: float | None) -> Comparison:
    """Test something carried over against a direct search for being no worse."""
    if margin is None or math.isnan(known.p) or not is_about_transfer(known):
        return known
    carried, direct = known.values, known.values_against
    if known.arm in DIRECTS:
        carried, direct = direct, carried
    if known.failed:
        why = "runs that failed or diverged have no mean, so nothing is tested against the margin"
        return replace(known, warnings=(*known.warnings, why))
    found = against_margin(mean_difference(carried, direct), margin)
    return replace(
        known,
        margin=margin,
        non_inferior_p=found.non_inferior_p,
        equivalent_p=found.equivalent_p,
        narrow_low=found.low,
        narrow_high=found.high,
        assay=_assay(units, known, direct, margin),
    )


def _assay(units: pd.DataFrame, known: Comparison, direct: Sequence[float], margin: float) -> str:
    pair = (known.source, known.target)
    random = finite(select(units, known.method, RANDOM, pair))
    if len(random) < 2:
        return "unknown: there are no random architectures to tell"
    return "yes" if has_assay_sensitivity(direct, random, margin) else "no"


def _adjusted(found: list[Comparison]) -> list[Comparison]:
    """Adjust every p of the family together, and judge."""
    with_margin = [one for one in found if one.has_margin]
    p = [one.p for one in found]
    p += [p for one in with_margin for p in (one.non_inferior_p, one.equivalent_p)]
    # The t tests against a margin have no smallest p.
    least = [one.p_min for one in found] + [0.0] * (2 * len(with_margin))
    found = [
        replace(one, family=len(p), p_holm=own, p_holm_min=smallest)
        for one, own, smallest in zip(found, holm(p), holm(least), strict=False)
    ]
    rest = holm(p)[len(found) :]
    claims = zip(rest[::2], rest[1::2], strict=True)
    return [judged(_with_reach(_with_claims(one, claims))) for one in found]


def _with_claims(one: Comparison, claims: Iterator[tuple[float, float]]) -> Comparison:
    """Fill in the adjusted p-values of the next comparison that is tested against a margin."""
    if not one.has_margin:
        return one
    non_inferior, equivalent = next(claims)
    return replace(one, non_inferior_p_holm=non_inferior, equivalent_p_holm=equivalent)


def _with_reach(one: Comparison) -> Comparison:
    """Fill in the effect that is detectable at the level of Holm's first step."""
    if one.design not in {"independent", "paired"}:
        return one
    others = one.n_against if one.design == "independent" else None
    effect = detectable_effect(one.n_arm, others, alpha=ALPHA / one.family)
    return replace(one, detectable_holm=effect * one.spread)
