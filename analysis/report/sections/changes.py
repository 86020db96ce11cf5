"""How cells change: what a search does to its cell once the data set is swapped."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.answers.cells.journeys import CONTINUED, DIRECT, SOURCE
from analysis.answers.evaluation import Results
from analysis.architectures.measures import TITLES
from analysis.architectures.metrics import MEAN, METRICS
from analysis.figures import alpha_course as course_plot
from analysis.figures import operations as operations_plot
from analysis.numbers import decimal, pair_label
from analysis.report.document import Block, Fold, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, grid

Row = dict[str, Any]


def section(results: Results, gallery: Gallery) -> Section:
    """Say how much changed after the swap, which operations entered and left, and which shape."""
    tables = results.changes
    changes = tables["changes"]
    blocks: list[Block] = [Text(_EXPLAIN), *_legs(changes)] if len(changes) else [Text(_NO_SWAP)]
    if len(tables["change_operations"]):
        blocks.append(Text(_OPERATIONS))
        blocks += _pictures(results, gallery)
        blocks.append(Fold("In numbers", (_operations(tables["change_operations"]),)))
    if len(tables["settled"]):
        blocks += [Text(_SETTLED), _settled(tables["settled"])]
    blocks += _alphas(results, gallery)
    if len(tables["shapes"]):
        blocks.append(Fold("Depth, width and kinds of operations", (_shapes(tables["shapes"]),)))
    return Section("changes", "How cells change", tuple(blocks))


_NO_SWAP = "No search was continued or repeated on a target, so no cell changed with the data."
_EXPLAIN = (
    "Each seed's cells are followed from the source search over the swap of data to the end of "
    "the continued search, and held against a direct search of the target with the same seed. New: "
    "edges of the later cell that the earlier one lacks, at the numbering of nodes under which "
    "most edges agree. The random mean is that of two random architectures."
)
_OPERATIONS = (
    "Which operations left between the source's cell and the continued search's, and which "
    "entered: mean numbers of edges. An operation that moved to another edge left and entered."
)


_SETTLED = (
    "When what a search would derive changed last, as a share of the search's own steps: near 1 it "
    "was still changing when the budget ended. Gradient methods follow their cell at every step. "
    "Of evolutionary and other methods the best so far is known at every tick: it changed between "
    "that tick and the one before, so that with few ticks the share is coarse."
)


def _settled(table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("search", lambda row: f"{row['task']} ({row['role']})"),
        ("seen at", lambda row: str(row["seen"])),
        ("n", lambda row: str(row["n"])),
        ("mean", lambda row: decimal(row["mean"])),
        ("earliest", lambda row: decimal(row["earliest"])),
        ("latest", lambda row: decimal(row["latest"])),
        ("never changed", lambda row: str(row["never"])),
    ]
    return grid("settled", table, columns)


_COURSE = (
    "How decided the architecture parameters are at every logged tick. Entropy and margin are "
    "means over edges of the operations' shares (their softmax). A switch is an edge whose "
    "strongest operation is another than at the tick before; between ticks nothing is seen. "
    "Edges whose strongest operation is a skip connection warn of a collapse. "
    "Continued and direct searches both see the target's data, from where the source search ended."
)
_DIVERGENCE = (
    "How far apart two searches of one seed are before anything is derived: the Jensen-Shannon "
    "divergence of the operations' shares in bits, a mean over edges and seeds, 0 where they are "
    "equal. Operations: without `none` or `zero`, the others made to add up to one. Other seeds: "
    "the same between different seeds, what is expected of searches that share nothing else. Edge "
    "there or not: of the share of `none` alone."
)


def _alphas(results: Results, gallery: Gallery) -> list[Block]:
    """Show the course of the architecture parameters, and how far apart searches ended."""
    blocks: list[Block] = []
    for number, study in enumerate(results.studies):
        table = course_plot.collect(results, study)
        if len(table):
            caption = "Thin lines are seeds, thick lines their mean at each tick."
            name = f"alpha_course-{number + 1}" if number else "alpha_course"
            blocks.append(gallery.hang(course_plot.draw(table), name, caption, table))
    if blocks:
        blocks.insert(0, Text(_COURSE))
    table = results.changes["alpha_divergence"]
    if len(table):
        blocks += [Text(_DIVERGENCE), *_divergences(table)]
    return blocks


def _divergences(table: pd.DataFrame) -> list[Block]:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("pair", lambda row: pair_label(row["source"], row["target"])),
        ("from", lambda row: str(row["before"])),
        ("to", lambda row: str(row["after"])),
        ("cell", lambda row: str(row["cell"])),
        ("n", lambda row: str(row["n"])),
        ("operations", lambda row: decimal(row["operations"], 4)),
        ("other seeds", lambda row: decimal(row["other_seeds"], 4)),
        ("edge there or not", lambda row: decimal(row["existence"], 4)),
    ]
    whole = table[table["cell"] == MEAN]
    if whole.empty:
        return [grid("alpha_divergence", table, columns)]
    parts = grid("alpha_divergence", table[table["cell"] != MEAN], columns)
    return [grid("alpha_divergence", whole, columns), Fold("Cell by cell", (parts,))]


def _legs(changes: pd.DataFrame) -> list[Block]:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("pair", lambda row: pair_label(row["source"], row["target"])),
        ("from", lambda row: str(row["before"])),
        ("to", lambda row: str(row["after"])),
        ("cell", lambda row: str(row["cell"])),
        ("n", lambda row: str(row["n"])),
        ("new edges", lambda row: decimal(row["new"])),
        ("unchanged", lambda row: f"{row['unchanged']} of {row['n']}"),
        (_measured(changes), lambda row: decimal(row["mean"], 3)),
        ("random mean", lambda row: decimal(row["chance_mean"], 3)),
        ("same paths", lambda row: decimal(row["path_jaccard"], 3)),
    ]
    whole = changes[changes["cell"] == MEAN]
    if whole.empty:
        return [grid("changes", changes, columns)]
    parts = grid("changes", changes[changes["cell"] != MEAN], columns)
    return [grid("changes", whole, columns), Fold("Cell by cell", (parts,))]


def _measured(changes: pd.DataFrame) -> str:
    """Return what likeness is measured by: 1 is equal for cells, 0 for chains of blocks."""
    return " or ".join(METRICS[metric].title for metric in changes["metric"].unique())


def _pictures(results: Results, gallery: Gallery) -> list[Block]:
    blocks: list[Block] = []
    for number, study in enumerate(results.studies):
        table = operations_plot.collect(results, study)
        if table.empty:
            continue
        caption = (
            "Mean number of edges of each operation: in the source's cell, in the continued "
            "search's, in the direct search's; black ticks: what random architectures have."
        )
        name = f"operations-{number + 1}" if number else "operations"
        blocks.append(gallery.hang(operations_plot.draw(table), name, caption, table))
    return blocks


def _operations(table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("pair", lambda row: pair_label(row["source"], row["target"])),
        ("cell", lambda row: str(row["cell"])),
        ("operation", lambda row: str(row["operation"])),
        (SOURCE, lambda row: decimal(row["before"])),
        ("left", lambda row: decimal(row["left"])),
        ("entered", lambda row: decimal(row["entered"])),
        (CONTINUED, lambda row: decimal(row["after"])),
        (DIRECT, lambda row: decimal(row["direct"])),
        ("random", lambda row: decimal(row["random"])),
    ]
    return grid("change_operations", table, columns)


def _shapes(table: pd.DataFrame) -> Block:
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("search", lambda row: f"{row['task']} ({row['role']})"),
        ("cell", lambda row: str(row["cell"])),
        ("measure", lambda row: TITLES[row["measure"]]),
        ("n", lambda row: str(row["n"])),
        ("mean", lambda row: decimal(row["mean"], 3)),
        ("random mean", lambda row: decimal(row["random"], 3)),
    ]
    return grid("shapes", table, columns)
