"""Which of the declared questions a set of runs is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd

from analysis.answers.comparisons.records import Question
from analysis.answers.transfer.gaps import select
from analysis.arms import GIVEN, RANDOM

Sides = tuple[pd.DataFrame, pd.DataFrame]


def list_declared(*experiments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return all that any of some experiments declares: arms, and what each is compared with.

    Given architectures are compared with random ones, unless the protocol says otherwise.
    """
    said = [one for its in experiments for one in its["protocol"]["primary"]]
    declared = list(dict.fromkeys((one["arm"], one["against"]) for one in said))
    has_given = any(its.get("architectures") for its in experiments)
    if has_given and GIVEN not in dict(declared):
        declared.append((GIVEN, RANDOM))
    return declared


def select_sides(units: pd.DataFrame, asked: Question) -> Sides:
    """Return the units that a question compares."""
    return (
        select(units, asked.method, asked.arm, asked.pair),
        select(units, asked.rival or asked.method, asked.against, asked.pair),
    )


def list_questions(
    units: pd.DataFrame,
    methods: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    declared: Sequence[tuple[str, str]],
) -> dict[Question, Sides]:
    """Return the declared questions that have runs on both sides, each once, with those runs.

    A run that was planned and came to nothing is one; an arm that was never planned has none.
    Direct searches and random architectures belong to every pair with their target, so that pairs
    of several sources ask the same of them: that is one question.

    Args:
        units: Independent observations.
        methods: Titles.
        pairs: Sources and targets.
        declared: Arms and what they are compared with.
    """
    asked: dict[Question, Sides] = {}
    known = set()
    for method, pair, arms in product(methods, pairs, declared):
        question = Question(method, *pair, *arms)
        first, second = select_sides(units, question)
        rests_on = (method, *arms, *first["unit"], "against", *second["unit"], pair[1])
        if len(first) and len(second) and rests_on not in known:
            known.add(rests_on)
            asked[question] = first, second
    return asked
