"""Numbers and comparisons as readers see them: units named, nothing more exact than it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from analysis.significance import ALPHA
from analysis.verdicts import JOINED, Comparison, Verdict

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
# So many values are printed, and of more the first few.
MOST_VALUES, FIRST_VALUES = 20, 5
# Below this, a p-value is only an order of magnitude.
SMALLEST_PRINTED_P = 1e-4


def decimal(value: float, digits: int = 2, *, signed: bool = False) -> str:
    """Return a number with fixed decimals; a dash for NaN."""
    if math.isnan(value):
        return NOTHING
    value = round(value, digits) + 0.0  # no minus before a zero
    return f"{value:{'+' if signed else ''}.{digits}f}".replace("-", MINUS)


def brief(value: float) -> str:
    """Return a number with three significant digits, large ones grouped."""
    if math.isnan(value):
        return NOTHING
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", MINUS)
    return f"{value:.3g}".replace("-", MINUS)


def interval(low: float, high: float) -> str:
    """Return the limits of an interval, in brackets."""
    if math.isnan(low) or math.isnan(high):
        return NOTHING
    return f"[{decimal(low, signed=True)}, {decimal(high, signed=True)}]"


def p_value(p: float) -> str:
    """Return a p-value with two significant digits."""
    if math.isnan(p):
        return NOTHING
    if p < SMALLEST_PRINTED_P:
        return "< 1e-4"
    if p >= 0.995:
        return "1"
    # In full, so that 0.10 does not look less exact than 0.048.
    return f"{p:.2f}" if p >= 0.0995 else f"{p:.3f}" if p >= 0.00995 else f"{p:.2g}"


def several(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def pair_label(source: str, target: str) -> str:
    """Return how a pair is printed."""
    return f"{source} → {target}" if source and source != target else target


def last_line(reason: str) -> str:
    """Return the last line of a traceback, which says what went wrong."""
    lines = [line.strip() for line in reason.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def joined(items: Iterable[str], nothing: str = "none") -> str:
    """Return a comma-separated list."""
    return ", ".join(item for item in items if item) or nothing


def every_value(values: Sequence[float]) -> str:
    """Return accuracies, or the first of many and how many there are besides."""
    if len(values) <= MOST_VALUES:
        return joined(map(decimal, values))
    more = len(values) - FIRST_VALUES
    return f"{joined(map(decimal, values[:FIRST_VALUES]))}, and {more:,} more"


def all_values_in(table: str) -> str:
    """Return the sentence that goes with columns of values."""
    return (
        f"Of more than {MOST_VALUES} values the first {FIRST_VALUES} are printed; all stand in "
        f"tables/{table}.csv."
    )


def spans(numbers: Iterable[int]) -> str:
    """Return whole numbers, three or more in a row as their first and last, e.g. ``0 to 499``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = (
        [f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(number) for number in run]
        for run in runs
    )
    return joined(text for group in texts for text in group)


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
