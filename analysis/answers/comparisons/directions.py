"""Both directions A to B and B to A: every search was trained at home and away.

Each search is one observation, so that the two targets put together share no run between samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.answers.comparisons.asked import Sides
from analysis.answers.comparisons.designs import independent_effect, name_test
from analysis.answers.comparisons.pooling import pool
from analysis.answers.comparisons.records import Comparison, Test
from analysis.arms import DIRECTS
from analysis.statistics.effects import a12
from analysis.statistics.home import HomeAdvantage, home_advantage
from analysis.statistics.power import smallest_p
from analysis.statistics.relabelling import rank_test
from analysis.statistics.sample import Array


def compare_directions(members: Sequence[Comparison], sides: Sequence[Sides]) -> list[Comparison]:
    """Test the home advantage of every two tasks that have searches meant for both.

    Args:
        members: Something carried over against a direct search, on each pair.
        sides: Their units.
    """
    of = {one.question.pair: (one, side) for one, side in zip(members, sides, strict=True)}
    found = [
        _compare(*there, *of[target, source])
        for (source, target), there in of.items()
        if source < target and (target, source) in of
    ]
    return [one for one in found if one]


def _compare(one: Comparison, there: Sides, other: Comparison, back: Sides) -> Comparison | None:
    """Compare searches on A with searches on B, where ``one`` is about the pair A to B.

    The difference is arm - against summed over both targets, each in its standard deviations. None
    if the plan trains no search of one of the tasks on both: then it does not ask.
    """
    asked = one.question
    blank = pool([one, other])
    carried = 1 if asked.arm in DIRECTS else 0
    # On B, what was carried over was searched on A; on A, what was not.
    tables = (
        _pair_tasks(back[1 - carried], there[carried]),
        _pair_tasks(back[carried], there[1 - carried]),
    )
    if any(len(table) == 0 for table in tables):
        return None
    a, b = (_complete(table) for table in tables)
    lost = blank.sample.n_arm + blank.sample.n_against - 2 * (len(a) + len(b))
    if min(len(a), len(b)) == 0:
        return replace(blank, why="no search of one of the tasks has an accuracy on both")
    advantage = home_advantage(*[(rows[:, 0], rows[:, 1]) for rows in (a, b)])
    if advantage is None:
        return replace(blank, why="the runs on one of the tasks do not differ at all")
    known = replace(blank, warnings=_notes(one, advantage, lost))
    sides = (advantage.on_b, advantage.on_a) if carried == 0 else (advantage.on_a, advantage.on_b)
    return _fill_in(known, *sides)


def _pair_tasks(on_a: pd.DataFrame, on_b: pd.DataFrame) -> pd.DataFrame:
    """Return accuracies on A and on B, a row for each search that was meant for both."""
    values = [side.set_index("unit")["value"] for side in (on_a, on_b)]
    return pd.concat(values, axis=1, keys=["on_a", "on_b"], join="inner")


def _complete(table: pd.DataFrame) -> Array:
    rows: Array = table.to_numpy(float)
    return rows[np.isfinite(rows).all(axis=1)]


def _fill_in(known: Comparison, x: Array, y: Array) -> Comparison:
    outcome = rank_test(x, y)
    effect, p_t = independent_effect(list(x), list(y))
    sample = replace(
        known.sample,
        n_arm=len(x),
        n_against=len(y),
        values=tuple(map(float, x)),
        values_against=tuple(map(float, y)),
    )
    return replace(
        known,
        sample=sample,
        effect=replace(effect, scale="SD", a12=a12(x, y)),
        test=Test(
            rule="D10",
            design="home advantage",
            test=name_test("studentised rank sum of home advantages", outcome),
            outcome=outcome,
            p_min=smallest_p(len(x), len(y)),
            p_t=p_t,
        ),
    )


def _notes(one: Comparison, found: HomeAdvantage, lost: int) -> tuple[str, ...]:
    better, asked = found.source, one.question
    notes = [
        f"companion, not adjusted: searches on {asked.source} less searches on {asked.target}, "
        f"summed over both targets: {better.estimate:+.2f} SD, p = {found.source_p:.2g}"
    ]
    if lost:
        notes.append("searches without an accuracy on both tasks are left out")
    return tuple(notes)
