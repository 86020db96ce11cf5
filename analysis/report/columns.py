"""What every column of every table of a report holds: ``docs/columns.md`` is made of this.

``python -m analysis.report.columns docs/columns.md`` writes the page from the types of rows.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_type_hints

from analysis.answers.arms import Arm
from analysis.answers.cells.changes import Change, OperationChange
from analysis.answers.cells.course import Course, Divergence
from analysis.answers.cells.searched import GroupQuestion, PurposeKey, Stability
from analysis.answers.cells.shapes import Shape
from analysis.answers.cells.trained import Likeness, MantelKey
from analysis.answers.comparisons.rows import PARTS, name_fields
from analysis.answers.costs import Budget, Cost, Variance
from analysis.answers.keys import ArmKey, PairKey
from analysis.answers.published import Published
from analysis.answers.published_figures import Figure
from analysis.answers.sizes import Size
from analysis.answers.transfer.consistency import Consistency
from analysis.answers.transfer.controls import Control
from analysis.answers.transfer.equivalents import Equivalent
from analysis.answers.transfer.further_images import Crossing
from analysis.answers.transfer.gains import Gain
from analysis.answers.transfer.gaps import Gap
from analysis.answers.transfer.retention import Retention
from analysis.answers.transfer.savings import Saving
from analysis.answers.transfer.shared import Agreement, Shared
from analysis.answers.undecided import SearchesKey
from analysis.answers.warm_starts import QualityCost, RaceKey, WarmStart
from analysis.architectures.chance import Judged
from analysis.architectures.groups import GroupTest, MantelTest
from analysis.figures import (
    alpha_course,
    alpha_epochs,
    alphas,
    anytime,
    arms,
    cells,
    chains,
    forest,
    improvement,
    pareto,
    similarity,
    source_target,
)
from analysis.loading.columns import AlphaRow, JobRow, RunRow, SearchRow, TickRow
from analysis.loading.provenance import EnvironmentRow, PluginRow
from analysis.loading.rows import Kind
from analysis.report.checklist import Checked
from analysis.statistics.agreement import Agreement as SearchAgreement

# Type of the rows of each table, by the name of its file.
ROWS: dict[str, type[Any] | tuple[type[Any], ...]] = {
    "agreement": Agreement,
    "alpha_course": (PairKey, Course),
    "alpha_divergence": (PairKey, Divergence),
    "alphas": AlphaRow,
    "arms": (ArmKey, Arm),
    "budgets": Budget,
    "change_operations": (PairKey, OperationChange),
    "changes": (PairKey, Change),
    "checklist": Checked,
    "comparisons": PARTS,
    "consistency": (ArmKey, Consistency),
    "costs": (ArmKey, Cost),
    "crossed": (PairKey, Crossing),
    "environments": EnvironmentRow,
    "equivalents": (ArmKey, Equivalent),
    "gains": (ArmKey, Gain),
    "gaps": (PairKey, Gap),
    "jobs": JobRow,
    "plugins": PluginRow,
    "process": (RaceKey, WarmStart),
    "published": Published,
    "published_figures": Figure,
    "reaching": (RaceKey, QualityCost),
    "retention": (ArmKey, Retention),
    "controls": (ArmKey, Control),
    "rivals": PARTS,
    "runs": RunRow,
    "savings": (ArmKey, Saving),
    "search_agreement": (SearchesKey, SearchAgreement),
    "searches": SearchRow,
    "shapes": (PurposeKey, Shape),
    "shared": Shared,
    "similarity_functional": Likeness,
    "similarity_groups": (GroupQuestion, GroupTest),
    "similarity_mantel": (MantelKey, MantelTest),
    "similarity_stability": (PurposeKey, Stability, Judged),
    "sizes": (ArmKey, Size),
    "trace": TickRow,
    "variances": (ArmKey, Variance),
}
# The same of the table beside each kind of figure.
FIGURES: dict[str, Kind] = {
    "alpha_course": alpha_course.Point,
    "alpha_epochs": (alphas.Share, alpha_epochs.Moment),
    "alphas": alphas.Share,
    "anytime": anytime.Moment,
    "arms": arms.ArmRun,
    "cells": cells.DrawnEdge,
    "chains": chains.DrawnBlock,
    "forest": forest.Contrast,
    "improvement": improvement.Improvement,
    "operations": (PairKey, OperationChange),
    "pareto": pareto.Network,
    "similarity": similarity.Pair,
    "source_target": source_target.Both,
}
TYPES: dict[type, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "True or False",
    list[float]: "numbers",
    tuple[float, ...]: "numbers",
}
INTRODUCTION = """\
# Columns of the tables of a report

A report writes each table as `tables/NAME.csv`, and beside each figure a CSV of what it draws; here
is what a row and a column of each hold. A number that is not known is empty. In `tables/`, all but
`environments`, `jobs` and `plugins` begin with a column `study`: which experiments a row is about.

The page is written from the code by `python -m analysis.report.columns docs/columns.md`.
"""


def describe_tables() -> str:
    """Return the page, in Markdown."""
    parts = [INTRODUCTION, *(_describe(name, kind) for name, kind in ROWS.items())]
    parts += [_describe(f"figures/{name}", kind) for name, kind in FIGURES.items()]
    return "\n".join(parts)


def _describe(name: str, kind: type[Any] | tuple[type[Any], ...]) -> str:
    parts = kind if isinstance(kind, tuple) else (kind,)
    lines = [f"## {name}", ""]
    for part in parts:
        lines += [_join(part.__doc__ or ""), "", "| column | type | holds |", "| --- | --- | --- |"]
        types = get_type_hints(part, include_extras=True)
        lines += [_describe_column(name, types[name]) for name in name_fields(part)]
        lines.append("")
    return "\n".join(lines)


def _describe_column(name: str, hint: Any) -> str:
    return f"| `{name}` | {_name_type(hint.__origin__)} | {_join(*hint.__metadata__)} |"


def _join(text: str) -> str:
    """Return a text in one line of Markdown."""
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def _name_type(hint: object) -> str:
    return next(word for kind, word in TYPES.items() if hint in {kind, kind | None})


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(describe_tables(), encoding="utf-8")
