"""Comparisons as readers see them: effect, interval, sizes, p and verdict in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis.answers.comparisons.verdicts import JOINED, Comparison, Verdict
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


def where(found: Comparison, labels: Mapping[str, str] | None = None) -> str:
    """Return the pair of a comparison, or the pairs that it spans.

    Args:
        found: The comparison.
        labels: What tasks are printed as; their titles by default.
    """
    source, target = (
        JOINED.join((labels or {}).get(title, title) for title in text.split(JOINED))
        for text in (found.source, found.target)
    )
    if found.design == "home advantage":
        return f"{source} ↔ {target}"
    return pair_label(source, target)


def sentence(found: Comparison, labels: Mapping[str, str] | None = None) -> str:
    """Return the comparison as one sentence: effect, interval, n, p and verdict.

    Args:
        found: The comparison.
        labels: What tasks are printed as; their titles by default.
    """
    on = f"On {where(found, labels)}"
    first, second = sides(found)
    if math.isnan(found.p):
        return f"{on}, {first} against {second}: nothing can be said, because {found.why}."
    return (
        f"{on}, {_effect(found, first, second)} ({_evidence(found)}): {_judgement(found)}."
        f"{_detectable(found)}"
    )


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
    second = found.against if found.against == "random" else f"{found.rival} {found.against}"
    return f"{found.method} {found.arm}", second.strip()


def _effect(found: Comparison, first: str, second: str) -> str:
    if math.isnan(found.difference):
        return f"the difference of {first} and {second} is unknown"
    way = "above" if found.difference >= 0 else "below"
    spans = {
        "stratified": ", averaged over the targets",
        "whole runs": ", averaged over the targets",
        "home advantage": ", summed over both targets",
    }
    size = f"{decimal(abs(found.difference))} {found.scale}"
    return f"{first} is {size} {way} {second}{spans.get(found.design, '')}"


def _evidence(found: Comparison) -> str:
    limits = f"{decimal(found.low, signed=True)} to {decimal(found.high, signed=True)}"
    has_limits = not math.isnan(found.low)
    spread = f"95 % CI of the difference {limits} {found.scale}, {found.interval}"
    parts = [spread if has_limits else found.interval]
    if not math.isnan(found.a12):
        parts.append(f"A12 = {chance(found)}")
    parts.append(f"{tested(found)}, {adjusted(found)}, {_sizes(found)}")
    if found.failed:
        parts.append(f"{found.failed} failed or diverged, ranked worst")
    if not math.isnan(found.p_without_failures):
        parts.append(f"without them p = {p_value(found.p_without_failures)}")
    return "; ".join(parts)


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


def adjusted(found: Comparison) -> str:
    """Return the p adjusted over the family, with the family's size."""
    equals = "" if found.p_holm < SMALLEST_PRINTED_P else "= "
    return f"Holm p {equals}{p_value(found.p_holm)} over {several(found.family, 'comparison')}"


def _sizes(found: Comparison) -> str:
    if found.design == "paired":
        return f"n = {several(found.n_arm, 'pair')} that share a search"
    return f"n = {found.n_arm} + {found.n_against}"


def _judgement(found: Comparison) -> str:
    parts = [_about_difference(found), about_margin(found)]
    return "; ".join(part for part in parts if part)


def _about_difference(found: Comparison) -> str:
    if found.verdict is Verdict.INFEASIBLE:
        return (
            f"INFEASIBLE {NOTHING} {found.why}: the smallest attainable p is "
            f"{p_value(found.p_min)}, which carries {several(found.capacity, 'comparison')}, "
            f"and the family has {found.family}. No verdict on a difference"
        )
    if found.verdict is Verdict.INCONCLUSIVE:
        return "inconclusive for a difference"
    return str(found.verdict)


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


def _detectable(found: Comparison) -> str:
    if not math.isfinite(found.detectable):
        return ""
    size = f"{decimal(found.detectable)} {found.scale}"
    return f" Smallest effect this design could detect: {size}."
