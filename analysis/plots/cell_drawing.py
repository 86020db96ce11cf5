"""How one cell is drawn: operations as pills, told apart by colour and by line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Outline

from analysis.plots.cell_layout import (
    GAP,
    INPUT_WIDTH,
    NODE,
    OUTPUT_WIDTH,
    PILL_HEIGHT,
    PILL_WIDTH,
    CellLayout,
    Pill,
    Point,
)
from analysis.plots.style import COLOURS
from analysis.similarity.alignment import GONE, NEW

# Colour and line of an operation: one of the two is enough to tell it.
LOOKS: dict[str, tuple[str, Any]] = {
    "sep_conv_3x3": ("#0072B2", "-"),
    "sep_conv_5x5": ("#56B4E9", (0, (9, 1.5))),
    "dil_conv_3x3": ("#009E73", (0, (4, 1.5))),
    "dil_conv_5x5": ("#CC79A7", (0, (6, 1.5, 1, 1.5))),
    "max_pool_3x3": ("#D55E00", (0, (4, 1, 1, 1, 1, 1))),
    "avg_pool_3x3": ("#E69F00", (0, (2, 1))),
    "skip_connect": ("#000000", (0, (1, 1))),
    "nor_conv_3x3": ("#0072B2", "-"),
    "nor_conv_1x1": ("#56B4E9", (0, (9, 1.5))),
    "none": ("#999999", (0, (1, 3))),
}
FAINT, FAINT_LINE = "#8a8a8a", (0, (1, 2.5))
END: dict[str, Any] = {"fc": "#f0f0f0", "ec": "#444444", "lw": 1.0}
TIMES = "\N{MULTIPLICATION SIGN}"


def short(operation: str) -> str:
    """Return an operation as it fits a pill: ``sep_conv_3x3`` as sep 3x3."""
    text = operation.removesuffix("_connect").replace("nor_conv", "conv")
    text = re.sub(r"_(conv|pool)(?=_)", "", text)
    return re.sub(r"(\d)x(\d)", rf"\1{TIMES}\2", text).replace("_", " ")


def look_of(operation: str, operations: Sequence[str]) -> tuple[str, Any]:
    """Return colour and line of an operation; by its place where it is none of the known."""
    if operation in LOOKS:
        return LOOKS[operation]
    return COLOURS[operations.index(operation) % len(COLOURS)], "-"


def draw_cell(axes: Axes, layout: CellLayout, operations: Sequence[str]) -> None:
    """Draw a cell on axes whose unit is an inch; ``operations`` are all of the figure's."""
    for pill in layout.pills:
        _draw_pill(axes, layout, pill, look_of(pill.edge[2], operations))
    out_left = (layout.output[0] - OUTPUT_WIDTH / 2, layout.output[1])
    for node in layout.outputs:
        x, y = layout.nodes[node]
        turn = (out_left[0] - GAP, y)
        _line(axes, [(x + NODE, y), turn, out_left], color="#bdbdbd", lw=1.0)
    for node, (x, y) in layout.nodes.items():
        if node < layout.inputs:
            _box(axes, (x, y), INPUT_WIDTH, **END)
        else:
            axes.add_artist(Circle((x, y), NODE, fc="white", ec="#222222", lw=1.3, zorder=4))
        axes.text(x, y, layout.labels[node], ha="center", va="center", size=9, zorder=5)
    _box(axes, layout.output, OUTPUT_WIDTH, **END)
    axes.text(*layout.output, "c(k)", ha="center", va="center", size=9, zorder=5)


def _draw_pill(axes: Axes, layout: CellLayout, pill: Pill, look: tuple[str, Any]) -> None:
    """Draw an operation with the lines that lead to and from it."""
    source, target, operation = pill.edge
    is_new, is_gone = pill.state == NEW, pill.state == GONE
    colour, dashes = (FAINT, FAINT_LINE) if is_gone else look
    width = 2.9 if is_new else 0.9 if is_gone else 1.4
    x, y = layout.nodes[source]
    out = INPUT_WIDTH / 2 if source < layout.inputs else NODE
    left = (pill.centre[0] - PILL_WIDTH / 2, pill.centre[1])
    right = (pill.centre[0] + PILL_WIDTH / 2, pill.centre[1])
    start = (x + out, y)
    style = {"color": colour, "lw": width, "linestyle": dashes, "zorder": 2 if is_new else 1}
    _line(axes, [start, (start[0] + GAP, left[1]), left], **style)
    end = layout.nodes[target]
    _line(axes, [right, (end[0] - NODE, end[1])], **style)
    edge = {"fc": "white", "ec": colour, "lw": width, "linestyle": dashes if is_gone else "-"}
    _box(axes, pill.centre, PILL_WIDTH, **edge)
    axes.text(
        *pill.centre,
        short(operation),
        ha="center",
        va="center",
        size=9,
        weight="bold" if is_new else "normal",
        color="#666666" if is_gone else "black",
        zorder=5,
    )


def _line(axes: Axes, points: Sequence[Point], **style: Any) -> None:
    """Draw a Bezier curve where the height changes, a straight line where it does not."""
    vertices, codes = [points[0]], [Outline.MOVETO]
    for before, after in itertools.pairwise(points):
        middle = (before[0] + after[0]) / 2
        vertices += [(middle, before[1]), (middle, after[1]), after]
        codes += [Outline.CURVE4] * 3
    axes.add_artist(PathPatch(Outline(vertices, codes), fill=False, **style))


def _box(axes: Axes, centre: Point, width: float, **look: Any) -> None:
    axes.add_artist(
        FancyBboxPatch(
            (centre[0] - width / 2, centre[1] - PILL_HEIGHT / 2),
            width,
            PILL_HEIGHT,
            boxstyle=f"round,pad=0,rounding_size={PILL_HEIGHT / 2}",
            **look,
            zorder=4,
        )
    )
