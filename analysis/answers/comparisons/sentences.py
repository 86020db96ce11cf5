"""Comparisons as readers see them: effect, interval, sizes, p and verdict in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.answers.comparisons.verdicts import Comparison, Verdict
from analysis.arms import RANDOM
from analysis.numbers import (
    NOTHING,
    SMALLEST_PRINTED_P,
    decimal,
    interval,
    p_value,
    pair_label,
)
from analysis.statistics.sample import ALPHA


def where(found: Comparison) -> str:
    """Return the pair of a comparison, or the pairs that it spans."""
    if found.design == "home advantage":
        return f"{found.source} ↔ {found.target}"
    return pair_label(found.source, found.target)


def say(found: Comparison, subject: str, other: str, *, is_second: bool = False) -> str:
    """Return how two arms compare, for readers who know no statistics.

    Args:
        found: The comparison.
        subject: What its arm is about, e.g. "cells found on c10".
        other: What the arm against it is about.
        is_second: Whether a sentence before has said how the arm did.
    """
    if math.isnan(found.difference):
        return f"{subject} cannot be compared with {other}, because {found.why or 'no run ended'}"
    means = f"{_mean(found.values_against)} %"
    if not is_second:
        means = f"{_mean(found.values)} against {means}"
    evidence = [f"{means}, {_size(found)}"]
    if not math.isnan(found.low):
        evidence.append(_limits(found))
    is_even = found.n_arm == found.n_against
    runs = f"{found.n_arm} runs each" if is_even else f"{found.n_arm} and {found.n_against} runs"
    evidence.append(f"{found.n_against} runs" if is_second else runs)
    if found.failed:
        evidence.append(f"{found.failed} more failed or diverged and rank worst")
    return f"{_claim(found, subject, other)} ({'; '.join(evidence)})"


def _claim(found: Comparison, subject: str, other: str) -> str:
    if found.is_equivalent:
        return (
            f"{subject} did as well on {found.target} as {other}, within ±{found.margin:g} points"
        )
    if found.is_non_inferior:
        return f"{subject} did at most {found.margin:g} points worse on {found.target} than {other}"
    if found.verdict is Verdict.SUPERIOR:
        return f"{subject} did better on {found.target} than {other}"
    if found.verdict is Verdict.INFERIOR:
        return f"{subject} did worse on {found.target} than {other}"
    if found.verdict is Verdict.INFEASIBLE:
        runs = "so few runs cannot tell"
        return f"{runs} {subject} from {other} on {found.target}, whatever their results"
    return f"no difference was shown on {found.target} between {subject} and {other}"


def _mean(values: Sequence[float]) -> str:
    known = [value for value in values if math.isfinite(value)]
    return decimal(sum(known) / len(known), 1) if known else "unknown"


def _size(found: Comparison) -> str:
    way = "more" if found.difference > 0 else "less"
    return f"{decimal(abs(found.difference), 1)} points {way}"


def _limits(found: Comparison) -> str:
    low, high = (decimal(limit, 1, signed=True) for limit in (found.low, found.high))
    is_decided = found.verdict in {Verdict.SUPERIOR, Verdict.INFERIOR}
    limits = f"{low} to {high}"
    return f"95 % interval {limits}" if is_decided else f"{limits} cannot be ruled out"


def difference_text(found: Comparison) -> str:
    """Return a signed difference with its interval, and its unit where it is not points."""
    if math.isnan(found.difference):
        return "unknown"
    limits = "" if math.isnan(found.low) else f" {interval(found.low, found.high)}"
    return f"{decimal(found.difference, signed=True)}{limits} {found.scale}"


def flags(found: Comparison) -> str:
    """Return the verdict with what is said against a margin, briefly."""
    parts = [str(found.verdict)]
    if found.is_equivalent:
        parts.append(f"equivalent (±{found.margin:g} pp)")
    elif found.is_non_inferior:
        parts.append(f"non-inferior ({found.margin:g} pp)")
    return ", ".join(parts)


def sides(found: Comparison) -> tuple[str, str]:
    """Return what is compared with what, in words."""
    second = found.against if found.against == RANDOM else f"{found.rival} {found.against}"
    return f"{found.method} {found.arm}", second.strip()


def chance(found: Comparison) -> str:
    """Return A12 with its interval and band where there is one."""
    if math.isnan(found.a12):
        return NOTHING
    if math.isnan(found.a12_low):
        return f"{found.a12:.2f}"
    return f"{found.a12:.2f} [{found.a12_low:.2f}, {found.a12_high:.2f}]"


def tested(found: Comparison) -> str:
    """Return the p of the deciding test, with what random draws leave open."""
    if math.isnan(found.p):
        return NOTHING
    equals = "" if found.p < SMALLEST_PRINTED_P else "= "
    if not found.draws:
        name = "exact p" if "exact" in found.test else "p"
        return f"{name} {equals}{p_value(found.p)}"
    error = f"Monte-Carlo error {found.p_error:.1g}"
    return f"p {equals}{p_value(found.p)} from {found.draws:,} draws, {error}"


def about_margin(found: Comparison) -> str:
    """Return what may be said against the declared margin; empty where none was declared."""
    if not found.has_margin:
        return ""
    p = found.equivalent_p_holm
    if p <= ALPHA:
        claim, name = f"equivalent within ±{found.margin:g} pp", "TOST"
    elif found.non_inferior_p_holm <= ALPHA:
        p = found.non_inferior_p_holm
        claim, name = f"non-inferior within {found.margin:g} pp", "one-sided"
    else:
        return f"not shown to be within {found.margin:g} pp (TOST p = {p_value(p)} after Holm)"
    evidence = f"({name} p = {p_value(p)} after Holm)"
    if found.assay == "yes":
        return f"{claim} {evidence}"
    if found.assay == "no":
        word = claim.partition(" ")[0]
        return f"{word}, but so is random: {claim} {evidence}, yet direct search does not beat it"
    return f"{claim} {evidence}, but whether the experiment could tell is {found.assay}"
