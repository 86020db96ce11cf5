"""Numbers and comparisons as readers see them: units named, nothing more exact than it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from analysis.comparisons import Comparison, Verdict

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
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
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


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


def sentence(found: Comparison, labels: Mapping[str, str] | None = None) -> str:
    """Return the comparison as one sentence: effect, interval, n, p and verdict.

    Args:
        found: The comparison.
        labels: What tasks are printed as; their titles by default.
    """
    source, target = ((labels or {}).get(title, title) for title in (found.source, found.target))
    where = f"{found.method}, {pair_label(source, target)}"
    if math.isnan(found.p):
        return (
            f"{where}: {found.arm} against {found.against} {NOTHING} nothing can be said: "
            f"{found.why}."
        )
    return f"{where}: {_effect(found)} ({_evidence(found)}): {_judgement(found)}."


def _effect(found: Comparison) -> str:
    if math.isnan(found.difference):
        return f"the difference of {found.arm} and {found.against} is unknown"
    way = "above" if found.difference >= 0 else "below"
    size = decimal(abs(found.difference))
    return f"{found.arm} is {size} pp {way} {found.against}"


def _evidence(found: Comparison) -> str:
    if found.design == "paired":
        sizes = f"n = {several(found.n_arm, 'pair')} that share a search"
    else:
        sizes = f"n = {found.n_arm} + {found.n_against}"
    limits = f"{decimal(found.low, signed=True)} to {decimal(found.high, signed=True)} pp"
    has_limits = not math.isnan(found.low)
    spread = f"95 % CI of the difference {limits}, {found.interval}"
    parts = [spread if has_limits else found.interval, sizes]
    if not math.isnan(found.a12):
        parts.append(f"A12 = {found.a12:.2f}")
    parts.append(f"exact p = {p_value(found.p)}")
    parts.append(f"Holm p = {p_value(found.p_holm)} over {several(found.family, 'comparison')}")
    if found.failed:
        way = "left out" if found.design == "paired" else "ranked worst"
        parts.append(f"{found.failed} failed, {way}")
    if not math.isnan(found.p_without_failures):
        parts.append(f"without them p = {p_value(found.p_without_failures)}")
    return "; ".join(parts)


def _judgement(found: Comparison) -> str:
    if found.verdict is Verdict.INFEASIBLE:
        return (
            f"INFEASIBLE {NOTHING} {found.why}: the smallest attainable p is "
            f"{p_value(found.p_min)}, which carries {several(found.capacity, 'comparison')}, "
            f"and {found.family} {'is' if found.family == 1 else 'are'} declared. No verdict"
        )
    return str(found.verdict)
