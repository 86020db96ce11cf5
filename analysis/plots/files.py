"""One figure in one file, in the format that the file's suffix names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from analysis.plots.style import PNG_DPI, styled
from harness.errors import ConfigError

# What makes two files of one figure differ is left out.
FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
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
    if not path.parent.is_dir():
        raise ConfigError(f"{path} cannot be written: make the folder {path.parent} first.")
    if path.is_dir():
        raise ConfigError(f"{path} cannot be written: it is a folder; choose another name.")


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure, the same bytes each time; a file that exists is replaced.

    Raises:
        ConfigError: If the file cannot be written.
    """
    check_file(path)
    suffix = path.suffix.lower()
    with styled(**{"svg.hashsalt": path.stem, "pdf.fonttype": 42}):
        try:
            # Tight: a legend wider than what it explains would be cut off.
            figure.savefig(
                path,
                format=suffix[1:],
                dpi=PNG_DPI,
                metadata=FORMATS[suffix],
                bbox_inches="tight",
            )
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
