"""How cells change: what a search does to its cell once the data set is swapped."""

from __future__ import annotations

import pandas as pd

from analysis.architectures.metrics import METRICS
from analysis.numbers import decimal
from analysis.report.document import Block, Fold, Section
from analysis.report.gallery import Gallery
from analysis.report.sections.cells import draw_differences
from analysis.report.sections.grids import Column, fields, grid, pair_columns, whole_of
from analysis.study import Study

OPERATIONS = (
    "Mean number of edges of each operation: in the source's cell, in the continued search's, in "
    "the direct search's; black ticks: what random architectures have."
)


def section(study: Study, gallery: Gallery) -> Section:
    """Say how much changed after the swap, which operations entered and left, and which shape."""
    tables = study.changes
    blocks: list[Block] = [_legs(tables["changes"])] if len(tables["changes"]) else []
    if len(tables["change_operations"]):
        picture = gallery.show(study, "operations", OPERATIONS)
        blocks.append(Fold("Operations that entered and left", (picture,)))
    if alphas := _alphas(study, gallery):
        blocks.append(Fold("Course of the architecture parameters", tuple(alphas)))
    if drawn := tuple(draw_differences(study, gallery)):
        blocks.append(Fold("What changed, drawn for the first seed", drawn))
    summary = (
        "Each seed's cells, from the source search over the swap of data to the continued search, "
        "beside a direct search of the same seed and what two random cells share. Cell by cell, "
        "operations and shapes: tables/changes.csv, change_operations.csv, shapes.csv."
    )
    return Section("changes", "How cells change", tuple(blocks), summary)


def _alphas(study: Study, gallery: Gallery) -> list[Block]:
    """Show the course of the architecture parameters, and how far apart searches ended."""
    blocks: list[Block] = []
    if len(study.changes["alpha_course"]):
        caption = "Thin lines are seeds, thick lines their mean at each tick."
        blocks.append(gallery.show(study, "alpha_course", caption))
    if len(study.changes["alpha_divergence"]):
        blocks.append(_divergences(study.changes["alpha_divergence"]))
    return blocks


def _divergences(table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        *_leg_columns(),
        ("operations", lambda row: decimal(row["operations"], 4)),
        ("other seeds", lambda row: decimal(row["other_seeds"], 4)),
        ("edge there or not", lambda row: decimal(row["existence"], 4)),
    ]
    return grid("alpha_divergence", whole_of(table), columns)


def _legs(changes: pd.DataFrame) -> Block:
    columns: list[Column] = [
        *_leg_columns(),
        ("new edges", lambda row: decimal(row["new"])),
        ("unchanged", lambda row: f"{row['unchanged']} of {row['n']}"),
        (_measured(changes), lambda row: decimal(row["mean"], 3)),
        ("random mean", lambda row: decimal(row["chance_mean"], 3)),
        ("same paths", lambda row: decimal(row["path_jaccard"], 3)),
    ]
    return grid("changes", whole_of(changes), columns)


def _leg_columns() -> list[Column]:
    return [
        *pair_columns(),
        ("from", lambda row: str(row["before"])),
        ("to", lambda row: str(row["after"])),
        *fields("cell", "n"),
    ]


def _measured(changes: pd.DataFrame) -> str:
    """Return what likeness is measured by: 1 is equal for cells, 0 for chains of blocks."""
    return " or ".join(METRICS[metric].title for metric in changes["metric"].unique())
