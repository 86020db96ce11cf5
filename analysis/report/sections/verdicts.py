"""The declared comparisons in numbers, and what limits all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.answers.comparisons.records import Comparison
from analysis.answers.comparisons.sentences import (
    chance,
    count_ways,
    difference_text,
    flags,
    sides,
    where,
)
from analysis.answers.costs import BUDGET_RATIO
from analysis.answers.sizes import SIZE_RATIO, unequal_sizes
from analysis.arms import RANDOM
from analysis.loading.rows import Row, list_rows
from analysis.numbers import NOTHING, brief, decimal, p_value, several
from analysis.report.document import Block, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, grid
from analysis.study import NOT_COMPARABLE, Study


def section(study: Study, gallery: Gallery) -> Section:
    """List every declared comparison."""
    if not study.comparisons:
        if study.rivals:
            text = "Methods against each other; no arm is declared to be compared with another."
            return Section(
                "verdicts", "Verdicts", (Text(text), verdict_grid("rivals", study.rivals))
            )
        text = "No declared comparison has runs on both sides, so there is no verdict."
        return Section("verdicts", "Verdicts", (Text(text),))
    decided = sum(one.is_decided for one in study.comparisons)
    told = (
        f"Decided after Holm's correction: {decided} of "
        f"{several(len(study.comparisons), 'comparison')} ({count_ways(study.comparisons)})."
    )
    blocks = (Text(told), verdict_grid("comparisons", study.comparisons))
    return Section("verdicts", "Verdicts", blocks)


def verdict_grid(name: str, found: Sequence[Comparison]) -> Block:
    """Return comparisons in numbers: effect, p and verdict of each."""
    columns: list[Column] = [
        *named_columns(),
        ("n", lambda one: f"{one.sample.n_arm} + {one.sample.n_against}"),
        ("difference [95 % CI]", difference_text),
        ("A12 [95 % CI]", chance),
        ("p", lambda one: p_value(one.test.outcome.p) if one.test else NOTHING),
        ("Holm p", lambda one: p_value(one.adjusted.p_holm) if one.adjusted else NOTHING),
        ("verdict", flags),
    ]
    return grid(name, sorted(found, key=_order), columns)


def named_columns() -> list[Column]:
    """Return the columns that say what a comparison is of."""
    return [("on", where), ("comparison", lambda one: " against ".join(sides(one)))]


def _order(one: Comparison) -> tuple[bool, str, str]:
    asked = one.question
    return asked.against == RANDOM, asked.source, asked.target


def stamps(study: Study) -> list[str]:
    """Return what limits every comparison: rules, budgets and sizes of networks that differ."""
    forced = (
        f"{NOT_COMPARABLE}: experiments under different rules were pooled by force. Differences "
        "between them may be differences of the rules."
    )
    limits = unequal_budgets(study) + [_unequal(*found) for found in unequal_sizes(study.sizes)]
    return [forced] * study.tables.members.forced + limits


def unequal_budgets(study: Study) -> list[str]:
    """Return the stamp for all tasks on which methods' searches cost too differently."""
    unequal = list_rows(study.budgets[study.budgets["is_unequal"].astype(bool)])
    told = [f"on {row['task']} {row['methods']}, a factor of {_factor(row)}" for row in unequal]
    listed = "; ".join([*told, f"up to {decimal(BUDGET_RATIO)} counts as equal."])
    return [f"UNEQUAL BUDGET: the mean cold search took {listed}"] if told else []


def _factor(row: Row) -> str:
    """Return the ratio of two budgets, and what it is at least where seconds make it vary."""
    least = (
        "" if math.isnan(row["low"]) else f" (at least {decimal(row['low'])} over such searches)"
    )
    return decimal(row["ratio"]) + least


def _unequal(least: Row, most: Row) -> str:
    """Return the stamp for a task on which arms' networks differ in size."""
    much, little = (f"{_arm_name(row)} cost {brief(row['mean_cost'])}" for row in (most, least))
    return (
        f"UNEQUAL SIZE on {most['target']}: networks of {much} {most['currency']} on average, "
        f"those of {little} (at most a factor of {SIZE_RATIO} counts as equal). "
        "An arm may be ahead by size alone."
    )


def _arm_name(row: Row) -> str:
    return str(row["arm"]) if row["arm"] == RANDOM else f"{row['method']} {row['arm']}"
