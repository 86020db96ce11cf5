"""The declared family of comparisons: one test and one verdict for each.

The protocol names the comparisons before anything runs. They are carried out for every method and
pair, and once more over all targets where the job graph allows it. Holm's correction counts every
question that the plan asks, whether or not it could be answered. A question with a declared margin
adds one more: whether what was carried over is no worse; whether it is as good is asked only after
that, at the same level (fixed sequence), and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import pandas as pd

from analysis.answers.arms import finite
from analysis.answers.comparisons.asked import Sides, list_questions, select_sides
from analysis.answers.comparisons.designs import compare
from analysis.answers.comparisons.directions import compare_directions
from analysis.answers.comparisons.pooling import compare_over_targets
from analysis.answers.comparisons.records import Adjusted, Comparison, MarginTest, Question
from analysis.answers.transfer.gaps import select
from analysis.arms import CONTINUED, DIRECT, DIRECTS, GIVEN, RANDOM, TRANSFERRED
from analysis.statistics.equivalence import against_margin, has_assay_sensitivity
from analysis.statistics.intervals import mean_difference
from analysis.statistics.multiplicity import holm_chains
from analysis.statistics.power import detectable_paired_shift, detectable_shift, is_feasible
from analysis.statistics.sample import ALPHA

Pair = tuple[str, str]


@dataclass(frozen=True)
class Family:
    """What a study's protocol declares.

    Attributes:
        methods: Titles.
        pairs: Sources and targets.
        declared: Arms and what they are compared with.
        margin: Of non-inferiority, in percentage points; None suppresses its verdicts.
    """

    methods: Sequence[str]
    pairs: Sequence[Pair]
    declared: Sequence[tuple[str, str]] = ()
    margin: float | None = None


def compare_family(units: pd.DataFrame, family: Family) -> list[Comparison]:
    """Carry out the declared comparisons, those over several targets last."""
    asked = list_questions(units, family.methods, family.pairs, family.declared)
    each = [
        _hold_against_margin(units, compare(question, *sides), family.margin)
        for question, sides in asked.items()
    ]
    return adjust(_add_pooled(each, asked))


def compare_methods(units: pd.DataFrame, family: Family) -> list[Comparison]:
    """Compare all methods with each other, arm by arm: a family of its own, not declared.

    Given architectures are compared with each other and with direct search.
    """
    asked: dict[Question, Sides] = {}
    for first, second in combinations(family.methods, 2):
        for arm, against, pair in _carried(family.pairs):
            question = Question(first, *pair, arm, against, rival=second)
            sides = select_sides(units, question)
            if all(len(side) for side in sides):
                asked[question] = sides
    each = [compare(question, *sides) for question, sides in asked.items()]
    return adjust(_add_pooled(each, asked))


def adjust(found: Sequence[Comparison]) -> list[Comparison]:
    """Adjust every p of the family together."""
    chains = [[one.test.outcome.p if one.test else 1.0] for one in found]
    least = [[one.test.p_min if one.test else 1.0] for one in found]
    margins = [one.against_margin for one in found if one.against_margin]
    chains += [[one.non_inferior_p, one.equivalent_p] for one in margins]
    # The t tests against a margin have no smallest p.
    least += [[0.0]] * len(margins)
    adjusted, smallest = holm_chains(chains), holm_chains(least)
    claims = iter(adjusted[len(found) :])
    return [
        _with_reach(_adjust_one(one, len(chains), own[0], least_own[0], claims))
        for one, own, least_own in zip(found, adjusted, smallest, strict=False)
    ]


def _adjust_one(
    one: Comparison, family: int, p_holm: float, p_holm_min: float, claims: Iterator[list[float]]
) -> Comparison:
    if one.against_margin:
        non_inferior, equivalent = next(claims)
        margin = replace(
            one.against_margin,
            non_inferior_p_holm=non_inferior,
            equivalent_p_holm=equivalent,
        )
        one = replace(one, against_margin=margin)
    if one.test is None:
        return one
    adjusted = Adjusted(family, p_holm, p_holm_min)
    why = ""
    if not is_feasible(p_holm_min, 1):
        why = "no outcome of this experiment could be significant"
    return replace(one, adjusted=adjusted, why=why)


def _with_reach(one: Comparison) -> Comparison:
    """Fill in the difference that is detectable at the level of Holm's first step."""
    if one.test is None or one.adjusted is None or one.why or one.sample.failed:
        return one
    level, sample = ALPHA / one.adjusted.family, one.sample
    if one.test.design == "paired":
        pairs = zip(sample.values, sample.values_against, strict=True)
        found = detectable_paired_shift([x - y for x, y in pairs], level)
    elif one.test.design in {"independent", "home advantage"}:
        found = detectable_shift(sample.values, sample.values_against, level)
    else:
        return one
    return replace(one, adjusted=replace(one.adjusted, detectable=found))


def _carried(pairs: Sequence[Pair]) -> Iterator[tuple[str, str, Pair]]:
    """Yield arms of two methods with the pairs they have runs of their own for.

    What does not depend on the source comes once a target.
    """
    yield from ((arm, arm, pair) for arm, pair in product((TRANSFERRED, CONTINUED), pairs))
    firsts = {target: (source, target) for source, target in reversed(pairs)}
    here = (DIRECT, GIVEN)
    yield from (
        (arm, against, pair)
        for pair, arm, against in product(reversed(firsts.values()), here, here)
    )


def _add_pooled(each: Sequence[Comparison], asked: Mapping[Question, Sides]) -> list[Comparison]:
    """Add what several targets say together, or why they may not be put together."""
    pooled: list[Comparison] = []
    kept = list(each)
    for members in _group_questions(each):
        sides = [asked[one.question] for one in members]
        if _is_home_question(members):
            pooled += compare_directions(members, sides)
            continue
        found, why = compare_over_targets(members, sides)
        pooled += found
        kept = [
            replace(one, warnings=(*one.warnings, why)) if why and one in members else one
            for one in kept
        ]
    return kept + pooled


def _group_questions(each: Sequence[Comparison]) -> Iterator[list[Comparison]]:
    """Yield comparisons that ask one question on several pairs."""
    asked: dict[tuple[str, ...], list[Comparison]] = {}
    for one in each:
        its = one.question
        asked.setdefault((its.method, its.rival, its.arm, its.against), []).append(one)
    yield from (members for members in asked.values() if len(members) > 1)


def _is_home_question(members: Sequence[Comparison]) -> bool:
    """Tell whether stratifying by target would cancel: both directions, direct and carried."""
    pairs = {one.question.pair for one in members}
    has_both = any((target, source) in pairs for source, target in pairs)
    return has_both and members[0].question.is_about_transfer


def _hold_against_margin(
    units: pd.DataFrame, known: Comparison, margin: float | None
) -> Comparison:
    """Test something carried over against a direct search for being no worse."""
    asked, sample = known.question, known.sample
    if margin is None or known.test is None or not asked.is_about_transfer:
        return known
    carried, direct = sample.values, sample.values_against
    if asked.arm in DIRECTS:
        carried, direct = direct, carried
    if sample.failed:
        why = "runs that failed or diverged have no mean, so nothing is tested against the margin"
        return replace(known, warnings=(*known.warnings, why))
    found = mean_difference(carried, direct)
    narrow, assay = found.interval(0.90), _assay(units, asked, direct, margin)
    p = against_margin(found, margin)
    tested = MarginTest(margin, *p, narrow.low, narrow.high, assay)
    return replace(known, against_margin=tested)


def _assay(units: pd.DataFrame, asked: Question, direct: Sequence[float], margin: float) -> str:
    random = finite(select(units, asked.method, RANDOM, asked.pair))
    if len(random) < 2:
        return "unknown: there are no random architectures to tell"
    return "yes" if has_assay_sensitivity(direct, random, margin) else "no"
