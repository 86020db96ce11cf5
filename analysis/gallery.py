"""Where figures are hung: each is saved as it is drawn, and forgotten."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from analysis.document import Picture
from analysis.plots.style import save


class Gallery:
    """The figures of one report.

    Attributes:
        svgs: What the page holds, by name.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.svgs: dict[str, str] = {}

    def hang(self, figure: Figure, name: str, caption: str) -> Picture:
        """Save a figure and return the block that shows it."""
        name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
        self.svgs[name] = save(figure, self.folder, name, caption)
        return Picture(name, caption)
