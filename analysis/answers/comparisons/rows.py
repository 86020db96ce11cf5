"""Comparisons as rows of a table: every field of every part, flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any, NamedTuple

import pandas as pd

from analysis.answers.comparisons.records import (
    Adjusted,
    Comparison,
    Effect,
    MarginTest,
    Question,
    Sample,
    Test,
)
from analysis.statistics.sample import Outcome


class Said(NamedTuple):
    """What may be said, and what belongs to it."""

    failed: Annotated[int, "Failed or diverged runs on both sides."]
    direction: Annotated[
        int | None,
        "1 if the arm is the better side by the test that decides, -1 if the worse one.",
    ]
    p_error: Annotated[float | None, "Monte-Carlo standard error of p."]
    is_non_inferior: Annotated[
        bool,
        "Non-inferior within the margin, and the experiment could tell.",
    ]
    is_equivalent: Annotated[bool, "Equivalent within the margin, and the experiment could tell."]
    verdict: Annotated[
        str,
        "superior, inferior, inconclusive, infeasible, not comparable, or no data.",
    ]
    why: Annotated[str, "Why there is no verdict; empty if there is one."]
    warnings: Annotated[str, "What a reader should know."]


# What a row is made of, in the order of its columns; a part that is not known leaves its empty.
PARTS = (Question, Sample, Effect, Test, Outcome, Adjusted, MarginTest, Said)


def comparison_table(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return comparisons as rows."""
    columns = [name for part in PARTS for name in name_fields(part)]
    return pd.DataFrame([_flatten(one) for one in comparisons], columns=columns)


def name_fields(part: type[Any]) -> list[str]:
    """Return the columns that a part of a row has: its fields, but for a part in its own right."""
    if hasattr(part, "_fields"):
        return list(part._fields)
    return [one.name for one in fields(part) if one.name != "outcome"]


def _flatten(one: Comparison) -> dict[str, Any]:
    outcome, margin = (one.test.outcome if one.test else None), one.against_margin
    said = Said(
        failed=one.sample.failed,
        direction=outcome.direction if outcome else None,
        p_error=outcome.error if outcome else None,
        is_non_inferior=bool(margin and margin.is_non_inferior),
        is_equivalent=bool(margin and margin.is_equivalent),
        verdict=str(one.verdict),
        why=one.why,
        warnings="; ".join(one.warnings),
    )
    known = (one.question, one.sample, one.effect, one.test, outcome, one.adjusted, margin, said)
    row = {
        name: getattr(part, name)
        for part, kind in zip(known, PARTS, strict=True)
        if part is not None
        for name in name_fields(kind)
    }
    return row | {name: list(row[name]) for name in ("values", "values_against")}
