"""Both directions A to B and B to A: every search was trained at home and away.

Each search is one observation, so that the two targets put together share no run between samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.answers.comparisons.designs import described, left_out, with_power
from analysis.answers.comparisons.pooling import Sides, pooled_blank
from analysis.answers.comparisons.verdicts import Comparison
from analysis.arms import DIRECTS
from analysis.statistics.home import HomeAdvantage, home_advantage
from analysis.statistics.intervals import mean_difference, pooled_deviation
from analysis.statistics.power import detectable_effect, smallest_p
from analysis.statistics.sample import Array


def home_comparisons(members: Sequence[Comparison], sides: Sequence[Sides]) -> list[Comparison]:
    """Test the home advantage of every two tasks with searches on both.

    Args:
        members: Something carried over against a direct search, on each pair.
        sides: Their units.
    """
    of = {(one.source, one.target): (one, side) for one, side in zip(members, sides, strict=True)}
    return [
        _compared(*there, *of[target, source])
        for (source, target), there in of.items()
        if source < target and (target, source) in of
    ]


def _compared(one: Comparison, there: Sides, other: Comparison, back: Sides) -> Comparison:
    """Compare searches on A with searches on B, where ``one`` is about the pair A to B.

    The difference is arm - against summed over both targets, each in its standard deviations.
    """
    blank = replace(pooled_blank([one, other]), source=one.source, target=one.target)
    blank = replace(blank, rule="D10", design="home advantage", scale="SD")
    carried = 1 if one.arm in DIRECTS else 0
    # On B, what was carried over was searched on A; on A, what was not.
    a = _both(back[1 - carried], there[carried])
    b = _both(back[carried], there[1 - carried])
    lost = blank.n_arm + blank.n_against - 2 * (len(a) + len(b))
    if min(len(a), len(b)) == 0:
        return replace(blank, why="no search of one of the tasks was trained on both")
    found = home_advantage(*[(rows[:, 0], rows[:, 1]) for rows in (a, b)])
    if math.isnan(found.p):
        return replace(blank, why="the runs on one of the tasks do not differ at all")
    known = replace(blank, n_arm=len(a), n_against=len(b), warnings=_notes(one, found, lost))
    return _filled(known, found, is_reversed=carried == 0)


def _both(on_a: pd.DataFrame, on_b: pd.DataFrame) -> Array:
    """Return accuracies on A and on B, a row for each search that has both."""
    table = pd.DataFrame(
        {"on_a": on_a.set_index("unit")["value"], "on_b": on_b.set_index("unit")["value"]}
    )
    rows: Array = table.to_numpy(float)
    return rows[np.isfinite(rows).all(axis=1)]


def _filled(known: Comparison, found: HomeAdvantage, *, is_reversed: bool) -> Comparison:
    first, second = (found.on_b, found.on_a) if is_reversed else (found.on_a, found.on_b)
    spread = pooled_deviation(first, second)
    difference = mean_difference(first, second)
    least, most = left_out(list(first), list(second))
    known = replace(
        described(known, difference),
        test="exact rank sum of home advantages",
        values=tuple(map(float, first)),
        values_against=tuple(map(float, second)),
        median_difference=float(np.median(first) - np.median(second)),
        least_left_out=least,
        most_left_out=most,
        standardised=difference.estimate / spread if spread > 1e-12 else math.nan,
        p=found.p,
        p_error=0.0,
    )
    n, m = len(first), len(second)
    return with_power(known, smallest_p(n, m), spread, detectable_effect(n, m))


def _notes(one: Comparison, found: HomeAdvantage, lost: int) -> tuple[str, ...]:
    better = found.source
    notes = [
        f"companion, not adjusted: searches on {one.source} less searches on {one.target}, "
        f"summed over both targets: {better.estimate:+.2f} SD, exact p = {found.source_p:.2g}"
    ]
    if lost:
        notes.append("searches without an accuracy on both tasks are left out")
    return tuple(notes)
