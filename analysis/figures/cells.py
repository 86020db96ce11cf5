"""Cells of the first seed before and after the swap of data, and what changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.cell_drawing import FAINT, FAINT_LINE, draw_cell, look_of
from analysis.figures.cell_layout import (
    PLAIN,
    CellLayout,
    MarkedCell,
    input_names,
    lay_out,
    mark_cell,
)
from analysis.figures.style import explain_nothing, sheet, styled, trust
from analysis.figures.views import View, course_of, courses, first_seeds, list_views
from analysis.loading.rows import frame
from analysis.study import Study
from harness.api import CellGraph

# What leads to a cell's output is no operation.
OUTPUT = "output"
MARGIN, SPACE, TITLE, HEADING, LEGEND_ROW = 0.15, 0.40, 0.36, 0.30, 0.24
# Operations in a row of the legend, which needs so many inches.
NAMED, LEAST_WIDTH = 5, 8.5


class DrawnEdge(NamedTuple):
    """An edge of a cell as it is drawn."""

    method: Annotated[str, "Title."]
    source: Annotated[str, "Task searched first."]
    target: Annotated[str, "Task the search went on with."]
    seed: Annotated[int, "Of the searches."]
    view: Annotated[str, "Title of the picture: before, after, their difference."]
    cell: Annotated[str, "Which cell."]
    inputs: Annotated[int, "Number of the cell's inputs."]
    start: Annotated[
        int,
        "Number of the node it leaves; nodes are numbered alike in all views of a cell.",
    ]
    end: Annotated[int, "Number of the node it enters."]
    start_label: Annotated[str, "What is written in the node it leaves."]
    end_label: Annotated[str, "What is written in the node it enters."]
    operation: Annotated[str, "Its name; empty for what leads to the output."]
    state: Annotated[str, "`plain`, or in a difference `same`, `new` or `gone`; `output`."]


def collect(study: Study) -> pd.DataFrame:
    """Return every edge that is drawn, of the first seed of every method and pair."""
    lineages = first_seeds(study.lineages, CellGraph)
    rows = (_list_edges(course_of(lineage), list_views(lineage)) for lineage in lineages)
    return frame(DrawnEdge, itertools.chain(*rows))


def tabulate(course: Mapping[str, Any], views: Sequence[View]) -> pd.DataFrame:
    """Return one row per edge and view of a lineage."""
    return frame(DrawnEdge, _list_edges(course, views))


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row per view and a column per kind of cell, one seed's course under another's."""
    with styled():
        if table.empty:
            return explain_nothing("no search has a cell to draw")
        operations = sorted(set(table["operation"]) - {""})
        bands = list(_bands(table))
        layouts = [layout for band in bands for layout in band.cells.values()]
        widths = {
            name: max(band.cells[name].width for band in bands if name in band.cells)
            for name in table["cell"].unique()
        }
        legend = LEGEND_ROW * (1 + (len(operations) + 2) // NAMED)
        width = 2 * MARGIN + sum(widths.values()) + SPACE * (len(widths) - 1)
        height = 2 * MARGIN + sum(band.height for band in bands) + legend
        figure, axes = sheet(max(width, LEAST_WIDTH), height)
        top = height - MARGIN
        for band in bands:
            _draw_band(axes, top, band, widths, operations)
            top -= band.height
        trust(axes)
        _legend(figure, operations, is_compared=any(_is_difference(one) for one in layouts))
    return figure


@dataclass(frozen=True)
class _Band:
    """One view of all cells.

    Attributes:
        heading: Whose course begins with it; empty within a course.
        title: Of the view.
        cells: Laid out, by name.
    """

    heading: str
    title: str
    cells: Mapping[str, CellLayout]

    @property
    def height(self) -> float:
        """In inches."""
        tall = max(layout.height for layout in self.cells.values())
        return tall + TITLE + HEADING * bool(self.heading)


def _bands(table: pd.DataFrame) -> Iterator[_Band]:
    for heading, views in courses(table):
        for number, (title, rows) in enumerate(views):
            cells = {
                str(name): lay_out(_read(of_cell))
                for name, of_cell in rows.groupby("cell", sort=False)
            }
            yield _Band("" if number else heading, title, cells)


def _list_edges(course: Mapping[str, Any], views: Sequence[View]) -> Iterator[DrawnEdge]:
    for view in views:
        for name, graph in view.graphs.items():
            if isinstance(graph, CellGraph):
                for row in _mark_edges(view, name, graph):
                    yield DrawnEdge(**course, view=view.title, cell=name, **row)


def _mark_edges(view: View, name: str, graph: CellGraph) -> Iterator[dict[str, Any]]:
    before = view.before.get(name) if view.before else None
    reference = before if isinstance(before, CellGraph) else None
    cell = mark_cell(graph, reference, is_difference=view.is_difference)
    out = graph.inputs + graph.nodes
    edges = [*cell.edges, *(((node, out, ""), OUTPUT) for node in cell.outputs)]
    for (start, end, operation), state in edges:
        yield {
            "inputs": graph.inputs,
            "start": start,
            "end": end,
            "start_label": cell.labels[start],
            "end_label": cell.labels.get(end, "c(k)"),
            "operation": operation,
            "state": state,
        }


def _read(rows: pd.DataFrame) -> MarkedCell:
    """Return the cell that rows of a table describe."""
    inputs, out = int(rows["inputs"].iloc[0]), int(rows["end"].max())
    labels = {node: str(node) for node in range(out)} | dict(enumerate(input_names(inputs)))
    edges, outputs = [], []
    for row in rows.to_dict("records"):
        start, end = int(row["start"]), int(row["end"])
        labels[start] = str(row["start_label"])
        if row["state"] == OUTPUT:
            outputs.append(start)
        else:
            edges.append(((start, end, str(row["operation"])), str(row["state"])))
    return MarkedCell(inputs, labels, tuple(edges), tuple(outputs))


def _part(name: str) -> str:
    """Return which cell of an architecture it is; nothing where there is but one kind."""
    return "" if name == "cell" else f": {name} cell"


def _is_difference(layout: CellLayout) -> bool:
    return any(pill.state != PLAIN for pill in layout.pills)


def _draw_band(
    axes: Axes, top: float, band: _Band, widths: Mapping[str, float], operations: Sequence[str]
) -> None:
    """Draw a view below ``top``, in inches from the lower edge."""
    if band.heading:
        axes.text(MARGIN, top - HEADING / 2, band.heading, weight="bold", size=12, va="center")
        top -= HEADING
    left = MARGIN
    for name, column in widths.items():
        if name in band.cells:
            layout = band.cells[name]
            upper = top - TITLE
            axes.text(left, upper + 0.12, band.title + _part(name), weight="bold", size=10)
            draw_cell(axes, layout.moved(left, upper - layout.height), operations)
        left += column + SPACE


def _legend(figure: Figure, operations: Sequence[str], *, is_compared: bool) -> None:
    looks = {name: look_of(name, operations) for name in operations}
    handles = [
        Line2D([], [], color=colour, linestyle=dashes, lw=1.8, label=name)
        for name, (colour, dashes) in looks.items()
    ]
    if is_compared:
        handles += [
            Line2D([], [], color="black", lw=3.2, label="bold: new"),
            Line2D([], [], color=FAINT, linestyle=FAINT_LINE, lw=1, label="faint: gone"),
        ]
    figure.legend(
        handles=handles, loc="lower left", ncols=NAMED, frameon=False, handlelength=3.4, fontsize=9
    )
