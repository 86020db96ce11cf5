"""What all figures share: colours that survive colour blindness and grey print, sizes, saving."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, darkest contrast first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
RANDOM_LOOK = ("#555555", "d")
DASHES: dict[str, Any] = {
    "direct": "-",
    "direct_long": (0, (8, 2, 1, 2)),
    "source": (0, (1, 1.2)),
    "continued": (0, (5, 2)),
    "resumed": (0, (3, 1, 1, 1, 1, 1)),
}
SETTINGS: dict[str, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
}
PNG_DPI = 110
# At which texts of 9 pt are still read with ease.
LEAST_SCALE = 0.82


def styled(**more: Any) -> AbstractContextManager[None]:
    """Draw with the settings that all figures share."""
    settings: Any = {**SETTINGS, **more}  # the stubs list every key as a literal
    return mpl.rc_context(settings)


def colour_of(name: str, names: Sequence[str]) -> str:
    """Return the colour of one of ``names``; by position, so that all figures agree."""
    return COLOURS[names.index(name) % len(COLOURS)]


def marker_of(name: str, names: Sequence[str]) -> str:
    """Return the marker of one of ``names``."""
    return MARKERS[names.index(name) % len(MARKERS)]


def place_of(name: str, names: Sequence[str]) -> int:
    """Return the place that fixes a method's look in all figures; -1 for random architectures."""
    return names.index(name) if name in names else -1


def look_of(place: int) -> tuple[str, str]:
    """Return colour and marker of a method by its place; grey diamonds are random architectures."""
    if place < 0:
        return RANDOM_LOOK
    return COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]


def canvas(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches."""
    with styled():
        return Figure(figsize=(width, height), layout="constrained")


def say_nothing(axes: Axes, why: str) -> None:
    """Write why there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)


def save(figure: Figure, folder: Path, name: str, title: str) -> str:
    """Write PNG and SVG, the same bytes each time, and return the SVG for a page to hold."""
    with styled(**{"svg.hashsalt": name}):
        # Tight: what stands above a figure belongs to it.
        png, buffer = folder / f"{name}.png", io.StringIO()
        figure.savefig(png, dpi=PNG_DPI, metadata={"Software": None}, bbox_inches="tight")
        about = {"Date": None, "Title": title}
        figure.savefig(buffer, format="svg", metadata=about, bbox_inches="tight")
    text = "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
    (folder / f"{name}.svg").write_text(text, encoding="utf-8")
    return inline(text, name, title)


def inline(svg: str, name: str, title: str) -> str:
    """Return an SVG that may stand beside others in one page: its ids are its own.

    A page may shrink it to ``LEAST_SCALE``; below that it scrolls.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", body)
    label = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    width = float(re.findall(r'width="([0-9.]+)pt"', body)[0]) * LEAST_SCALE
    attributes = f'role="img" aria-label="{label}" style="min-width: {width:.0f}pt"'
    return body.replace("<svg", f"<svg {attributes}", 1)
