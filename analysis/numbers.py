"""Numbers as readers see them: nothing more exact than it is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
# Of more values only their range is printed.
MOST_VALUES = 12
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


def several(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun, whose plural has an s unless another is given."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def duration(seconds: float) -> str:
    """Return a time in the unit that people would say it in; a dash for NaN."""
    if seconds < 120 or math.isnan(seconds):
        return f"{brief(seconds)} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


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


def value_range(values: Sequence[float]) -> str:
    """Return accuracies, lowest first; of many the lowest, the median and the highest."""
    ordered = sorted(values)
    if len(ordered) <= MOST_VALUES:
        return joined((decimal(value, 1) for value in ordered), "")
    low, middle, high = ordered[0], statistics.median(ordered), ordered[-1]
    return f"{decimal(low, 1)} to {decimal(high, 1)}, median {decimal(middle, 1)}"


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
