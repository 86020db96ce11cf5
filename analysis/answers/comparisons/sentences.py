"""Comparisons as readers see them: effect, interval, sizes, p and verdict in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.answers.comparisons.records import JOINED, Comparison, MarginTest, Verdict
from analysis.arms import GIVEN, RANDOM
from analysis.numbers import (
    NOTHING,
    SMALLEST_PRINTED_P,
    decimal,
    interval,
    p_value,
    pair_label,
    several,
)
from analysis.statistics.sample import ALPHA


def where(found: Comparison) -> str:
    """Return the pair of a comparison, or the pairs that it spans."""
    asked = found.question
    if found.test and found.test.design == "home advantage":
        return asked.source.replace(JOINED, " ↔ ")
    return pair_label("" if asked.arm == GIVEN else asked.source, asked.target)


def say(found: Comparison, subject: str, other: str, *, is_second: bool = False) -> str:
    """Return how two arms compare, for readers who know no statistics.

    Args:
        found: The comparison.
        subject: What its arm is about, e.g. "cells found on c10".
        other: What the arm against it is about.
        is_second: Whether a sentence before has said how the arm did.
    """
    if found.test is None or found.effect is None:
        return f"{subject} cannot be compared with {other}, because {found.why or 'no run ended'}"
    evidence = [*_say_decisive(found), *_say_means(found, is_second=is_second)]
    return f"{_claim(found, subject, other)} ({'; '.join(evidence)})"


def _claim(found: Comparison, subject: str, other: str) -> str:
    on, margin = found.question.target, found.against_margin
    if margin and margin.is_equivalent:
        return f"{subject} did as well on {on} as {other}, within ±{margin.margin:g} points"
    if margin and margin.is_non_inferior:
        return f"{subject} did at most {margin.margin:g} points worse on {on} than {other}"
    if found.verdict is Verdict.SUPERIOR:
        return f"{subject} did better on {on} than {other}"
    if found.verdict is Verdict.INFERIOR:
        return f"{subject} did worse on {on} than {other}"
    if found.verdict is Verdict.INFEASIBLE:
        return f"so few runs cannot tell {subject} from {other} on {on}, whatever their results"
    return f"no difference was shown on {on} between {subject} and {other}"


def _say_decisive(found: Comparison) -> list[str]:
    """Say what decided: how often the arm's run was the better one."""
    assert found.effect
    if not found.is_decided or math.isnan(found.effect.a12):
        return []
    share = found.effect.a12
    way, share = ("better", share) if share >= 0.5 else ("worse", 1 - share)
    return [f"{way} in {decimal(100 * share, 0)} % of pairs of runs"]


def _say_means(found: Comparison, *, is_second: bool) -> list[str]:
    effect, sample = found.effect, found.sample
    assert effect
    told = []
    if not math.isnan(effect.difference):
        means = f"{_mean(sample.values_against)} %"
        if not is_second:
            means = f"{_mean(sample.values)} against {means}"
        finished = "means of the runs that finished: " if sample.failed else ""
        yet = "yet " if found.is_decided and found.is_contradicted else ""
        told.append(f"{yet}{finished}{means}, {_size(effect.difference)}")
        if not math.isnan(effect.low):
            told.append(_limits(found))
    is_even = sample.n_arm == sample.n_against
    runs = several(sample.n_against, "run")
    if not is_second or sample.failed:
        runs = f"{runs} each" if is_even else f"{sample.n_arm} and {runs}"
    told.append(runs)
    if sample.failed:
        failed = f"{sample.failed_arm} and {sample.failed_against}"
        told.append(f"{failed} more failed or diverged and rank worst")
    return told


def _mean(values: Sequence[float]) -> str:
    return decimal(sum(values) / len(values), 1) if values else "unknown"


def _size(difference: float) -> str:
    return f"{decimal(abs(difference), 1)} points {'more' if difference > 0 else 'less'}"


def _limits(found: Comparison) -> str:
    assert found.effect
    low, high = (decimal(limit, 1, signed=True) for limit in (found.effect.low, found.effect.high))
    limits = f"{low} to {high}"
    holds_zero = found.effect.low <= 0 <= found.effect.high
    if holds_zero and not found.is_decided:
        return f"{limits} cannot be ruled out"
    told, margin = f"95 % interval {limits}", found.against_margin
    is_claimed = margin is not None and margin.is_non_inferior
    if found.is_decided or is_claimed or found.adjusted is None:
        return told
    p = p_value(found.adjusted.p_holm)
    return f"{told} taken by itself, but p = {p} by ranks and after Holm's correction"


def difference_text(found: Comparison) -> str:
    """Return a signed difference with its interval, and its unit where it is not points."""
    effect = found.effect
    if effect is None or math.isnan(effect.difference):
        return "unknown"
    limits = "" if math.isnan(effect.low) else f" {interval(effect.low, effect.high)}"
    return f"{decimal(effect.difference, signed=True)}{limits} {effect.scale}"


def flags(found: Comparison) -> str:
    """Return the verdict with what is said against a margin, briefly."""
    parts, margin = [str(found.verdict)], found.against_margin
    if margin and margin.is_equivalent:
        parts.append(f"equivalent (±{margin.margin:g} pp)")
    elif margin and margin.is_non_inferior:
        parts.append(f"non-inferior ({margin.margin:g} pp)")
    if found.is_decided and found.is_contradicted:
        parts.append("the means point the other way")
    return ", ".join(parts)


def sides(found: Comparison) -> tuple[str, str]:
    """Return what is compared with what, in words."""
    asked = found.question
    second = asked.against if asked.against == RANDOM else f"{asked.rival} {asked.against}"
    return f"{asked.method} {asked.arm}", second.strip()


def chance(found: Comparison) -> str:
    """Return A12 with its interval where there is one."""
    effect = found.effect
    if effect is None or math.isnan(effect.a12):
        return NOTHING
    if math.isnan(effect.a12_low):
        return f"{effect.a12:.2f}"
    return f"{effect.a12:.2f} [{effect.a12_low:.2f}, {effect.a12_high:.2f}]"


def tested(found: Comparison) -> str:
    """Return the p of the deciding test, with what random draws leave open."""
    if found.test is None:
        return NOTHING
    outcome = found.test.outcome
    equals = "" if outcome.p < SMALLEST_PRINTED_P else "= "
    if not outcome.draws:
        return f"{'exact ' if outcome.is_exact else ''}p {equals}{p_value(outcome.p)}"
    error = f"Monte-Carlo error {outcome.error:.1g}"
    return f"p {equals}{p_value(outcome.p)} from {outcome.draws:,} draws, {error}"


def about_margin(one: MarginTest) -> str:
    """Return what may be said against the declared margin."""
    p = one.equivalent_p_holm
    if p <= ALPHA:
        claim, name = f"equivalent within ±{one.margin:g} pp", "TOST"
    elif one.non_inferior_p_holm <= ALPHA:
        p = one.non_inferior_p_holm
        claim, name = f"non-inferior within {one.margin:g} pp", "one-sided"
    else:
        return f"not shown to be within {one.margin:g} pp (TOST p = {p_value(p)} after Holm)"
    evidence = f"({name} p = {p_value(p)} after Holm)"
    if one.assay == "yes":
        return f"{claim} {evidence}"
    if one.assay == "no":
        told = "direct search is not shown to beat random by more than the margin"
        return f"no claim: {claim} {evidence}, but {told}"
    return f"{claim} {evidence}, but whether the experiment could tell is {one.assay}"


def count_ways(comparisons: Sequence[Comparison]) -> str:
    """Return how many comparisons came out which way."""
    verdicts = [one.verdict for one in comparisons]
    return f"{verdicts.count(Verdict.SUPERIOR)} better, {verdicts.count(Verdict.INFERIOR)} worse"
