"""Figures as files: the same bytes each time, in the format that the suffix names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from analysis.figures.style import styled
from analysis.figures.svg import svg_of
from harness.errors import ConfigError
from harness.results.files import check_place

# What makes two files of one figure differ is left out.
FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
PNG_DPI = 110
PADDING = 0.1  # inches
STAMP_COLOUR, STAMP_SIZE, STAMP_GAP = "#555555", 9, 0.1  # colour, points, inches


def stamp(figure: Figure, text: str) -> None:
    """Write what every figure must say above it, so that none is taken for more than it is."""
    if text:
        # Above: legends outside the axes keep to the lower edge, wherever a tight one is.
        top = 1 + STAMP_GAP / figure.get_figheight()
        figure.text(1, top, text, ha="right", va="bottom", size=STAMP_SIZE, color=STAMP_COLOUR)


def check_file(path: Path) -> None:
    """Refuse a path that no figure can be written to, before anything is computed for it.

    Raises:
        ConfigError: If the suffix is unknown or the folder does not exist.
    """
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise ConfigError(f"{path} is no name for a figure: expected one that ends in {known}.")
    check_place(path)


def write_figure(figure: Figure, path: Path, caption: str = "") -> None:
    """Write a figure; a file that exists is replaced.

    Args:
        figure: What to write.
        path: Where; its suffix names the format.
        caption: What an SVG says of itself; the file's name by default.

    Raises:
        ConfigError: If the file cannot be written.
    """
    check_file(path)
    with styled():
        box = settle(figure)
    try:
        if path.suffix.lower() == ".svg":
            path.write_text(svg_of(figure, box, path.stem, caption or path.stem), encoding="utf-8")
        else:
            write_file(figure, box, path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error


def write_file(figure: Figure, box: Bbox, path: Path) -> None:
    """Write a figure that is laid out as PNG or PDF."""
    suffix = path.suffix.lower()
    with styled(**{"pdf.fonttype": 42}):
        figure.savefig(
            path, format=suffix[1:], dpi=PNG_DPI, metadata=FORMATS[suffix], bbox_inches=box
        )


def settle(figure: Figure) -> Bbox:
    """Lay a figure out once for all files of it, and return the box around all it shows.

    The box is tight: what is above a figure, and a legend wider than it, belong to it.
    """
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    box = figure.get_tightbbox().padded(PADDING)
    figure.set_layout_engine("none")
    return box
