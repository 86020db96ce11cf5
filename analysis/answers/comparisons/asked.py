"""Which of the declared questions a set of runs is asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pandas as pd

from analysis.answers.comparisons.records import Question
from analysis.answers.transfer.gaps import select


def list_questions(
    units: pd.DataFrame,
    methods: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    declared: Sequence[tuple[str, str]],
) -> list[Question]:
    """Return the declared questions that have runs on both sides, each once.

    A run that was planned and came to nothing is one; an arm that was never planned has none.
    Direct searches and random architectures belong to every pair with their target, so that pairs
    of several sources ask the same of them: that is one question.

    Args:
        units: Independent observations.
        methods: Titles.
        pairs: Sources and targets.
        declared: Arms and what they are compared with.
    """
    asked: dict[tuple[str, ...], Question] = {}
    for method, pair, arms in product(methods, pairs, declared):
        first, second = (select(units, method, arm, pair) for arm in arms)
        if len(first) and len(second):
            rests_on = (method, *arms, *first["unit"], "against", *second["unit"], pair[1])
            asked.setdefault(rests_on, Question(method, *pair, *arms))
    return list(asked.values())
