"""How one cell is drawn: operations as pills, told apart by colour and by line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import BoxStyle
from matplotlib.path import Path as Outline

from analysis.architectures.alignment import GONE, NEW
from analysis.figures.cell_layout import (
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
from analysis.figures.style import COLOURS

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
END: dict[str, Any] = {"fill": "#f0f0f0", "color": "#444444", "width": 1.0, "order": 4}
ROUND = BoxStyle.Round(pad=0, rounding_size=PILL_HEIGHT / 2)
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


class _Strokes:
    """Outlines by their order, added to axes at once: one artist each costs most of the time."""

    def __init__(self) -> None:
        self._drawn: dict[int, list[tuple[Outline, str, float, Any, str]]] = {}

    def add(
        self,
        outline: Outline,
        *,
        color: str,
        width: float,
        dashes: Any = "-",
        fill: str = "none",
        order: int = 1,
    ) -> None:
        """Take an outline; of a higher order, it is drawn above others."""
        self._drawn.setdefault(order, []).append((outline, color, width, dashes, fill))

    def draw(self, axes: Axes) -> None:
        """Add what was taken."""
        for order, drawn in self._drawn.items():
            outlines, colours, widths, dashes, fills = zip(*drawn, strict=True)
            axes.add_collection(
                PathCollection(
                    outlines,
                    edgecolors=colours,
                    linewidths=widths,
                    linestyles=list(dashes),
                    facecolors=fills,
                    zorder=order,
                ),
                autolim=False,
            )


def draw_cell(axes: Axes, layout: CellLayout, operations: Sequence[str]) -> None:
    """Draw a cell on axes whose unit is an inch; ``operations`` are all of the figure's."""
    strokes = _Strokes()
    for pill in layout.pills:
        _draw_pill(axes, strokes, layout, pill, look_of(pill.edge[2], operations))
    out_left = (layout.output[0] - OUTPUT_WIDTH / 2, layout.output[1])
    for node in layout.outputs:
        x, y = layout.nodes[node]
        turn = (out_left[0] - GAP, y)
        strokes.add(_line([(x + NODE, y), turn, out_left]), color="#bdbdbd", width=1.0)
    for node, (x, y) in layout.nodes.items():
        if node < layout.inputs:
            strokes.add(_box((x, y), INPUT_WIDTH), **END)
        else:
            circle = Outline.circle((x, y), NODE)
            strokes.add(circle, color="#222222", width=1.3, fill="white", order=4)
        axes.text(x, y, layout.labels[node], ha="center", va="center", size=9, zorder=5)
    strokes.add(_box(layout.output, OUTPUT_WIDTH), **END)
    axes.text(*layout.output, "c(k)", ha="center", va="center", size=9, zorder=5)
    strokes.draw(axes)


def _draw_pill(
    axes: Axes, strokes: _Strokes, layout: CellLayout, pill: Pill, look: tuple[str, Any]
) -> None:
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
    style: dict[str, Any] = {"color": colour, "width": width}
    lines: dict[str, Any] = {**style, "dashes": dashes, "order": 2 if is_new else 1}
    strokes.add(_line([start, (start[0] + GAP, left[1]), left]), **lines)
    end = layout.nodes[target]
    strokes.add(_line([right, (end[0] - NODE, end[1])]), **lines)
    edge: dict[str, Any] = {"fill": "white", "dashes": dashes if is_gone else "-", "order": 4}
    strokes.add(_box(pill.centre, PILL_WIDTH), **style, **edge)
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


def _line(points: Sequence[Point]) -> Outline:
    """Return a Bezier curve where the height changes, a straight line where it does not."""
    vertices, codes = [points[0]], [Outline.MOVETO]
    for before, after in itertools.pairwise(points):
        middle = (before[0] + after[0]) / 2
        vertices += [(middle, before[1]), (middle, after[1]), after]
        codes += [Outline.CURVE4] * 3
    return Outline(vertices, codes)


def _box(centre: Point, width: float) -> Outline:
    left, lower = centre[0] - width / 2, centre[1] - PILL_HEIGHT / 2
    outline: Outline = ROUND(left, lower, width, PILL_HEIGHT, 1)
    return outline
