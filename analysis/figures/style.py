"""What all figures share: colours that survive colour blindness and grey print, and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, FuncFormatter

# Okabe and Ito's palette, darkest contrast first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
# White is what chance gives; purple is less, orange more.
DIVERGING = "PuOr_r"
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
# Inches; what is wider has to be scrolled in a window of 1,280 pixels.
WIDEST = 16.0
NOTHING = "nothing"  # label of axes that only say why
RANDOM_LOOK = ("#555555", "d")
SETTINGS: dict[str, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9.5,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "text.hinting": "none",  # so that texts are as wide in every resolution
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
}


def styled(**more: Any) -> AbstractContextManager[None]:
    """Draw with the settings that all figures share."""
    settings: Any = {**SETTINGS, **more}  # the stubs list every key as a literal
    return mpl.rc_context(settings)


def place_of(name: str, names: Sequence[str]) -> int:
    """Return the place that fixes a method's look in all figures; -1 for random architectures."""
    return names.index(name) if name in names else -1


def look_of(place: int) -> tuple[str, str]:
    """Return colour and marker of a method by its place; grey diamonds are random architectures."""
    if place < 0:
        return RANDOM_LOOK
    return COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]


def mark_methods(table: pd.DataFrame, **look: Any) -> list[Line2D]:
    """Return a mark for each method of a figure's table, random architectures last."""
    names = dict(zip(table["look"], table["method"], strict=True))
    handles = []
    for place in sorted(names, key=lambda place: (place < 0, place)):
        colour, marker = look_of(int(place))
        label = names[place] or "random architectures"
        handles.append(Line2D([], [], color=colour, marker=marker, label=label, **look))
    return handles


def canvas(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches."""
    with styled():
        return Figure(figsize=(width, height), layout="constrained")


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure with bare axes all over it, whose unit is an inch."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def trust(axes: Axes) -> None:
    """Leave what is drawn on a sheet out of the search for its size, which is known."""
    for artist in axes.get_children():
        artist.set_in_layout(False)


def why_nothing(figure: Figure) -> str | None:
    """Return why a figure has nothing to show; None if it shows something."""
    panels = figure.axes
    if not panels or any(axes.get_label() != NOTHING for axes in panels):
        return None
    return next((text.get_text() for axes in panels for text in axes.texts if text.get_text()), "")


def draw_empty(axes: Axes, why: str) -> None:
    """Write why there is nothing to draw."""
    axes.set_axis_off()
    axes.set_label(NOTHING)
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)


def explain_nothing(why: str) -> Figure:
    """Return a figure that only says why there is nothing to draw."""
    figure = canvas(6, 1.5)
    draw_empty(figure.subplots(), why)
    return figure


def thousands() -> FuncFormatter:
    """Return how costs are written on an axis: 1.6 M and 20 k, but 0.4 and not 400 m."""
    large = EngFormatter(sep=" ")
    return FuncFormatter(lambda cost, _: large(cost) if abs(cost) >= 1000 else f"{cost:g}")
