"""Which questions a set of runs can be asked, where no plan says which ones were meant."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pandas as pd

from analysis.answers.transfer.gaps import select

# Method, source, target, arm, and the arm it is compared with.
Question = tuple[str, str, str, str, str]


def list_unasked(
    units: pd.DataFrame,
    methods: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    declared: Sequence[tuple[str, str]],
) -> set[Question]:
    """Return declared questions that have no runs on a side, or were asked on an earlier pair.

    Direct searches and random architectures belong to every pair with their target, so that pairs
    of several sources ask the same of them; Holm's correction counts that once.

    Args:
        units: Independent observations.
        methods: Titles.
        pairs: Sources and targets.
        declared: Arms and what they are compared with.
    """
    asked: set[tuple[str, ...]] = set()
    unasked = set()
    for method, pair, arms in product(methods, pairs, declared):
        first, second = (select(units, method, arm, pair) for arm in arms)
        rows = (*first["unit"], *second["unit"])
        is_one_target = len(first) and len(second) and set(first["target"]) == set(second["target"])
        if not is_one_target or rows in asked:
            unasked.add((method, *pair, *arms))
        asked.add(rows)
    return unasked
