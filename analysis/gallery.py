"""Where figures are hung: each is saved as it is drawn, and forgotten."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.document import Picture
from analysis.plots.files import stamp
from analysis.plots.style import save
from harness.results.store import write_atomically


class Gallery:
    """The figures of one report.

    Args:
        folder: Where they are saved.
        stamp: Stands above every figure, so that none can be taken for more than it is.

    Attributes:
        svgs: What the page holds, by name.
    """

    def __init__(self, folder: Path, stamp: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.stamp = stamp
        self.svgs: dict[str, str] = {}

    def hang(
        self, figure: Figure, name: str, caption: str, table: pd.DataFrame | None = None
    ) -> Picture:
        """Save a figure, beside it the table of exactly what it shows, and return its block."""
        name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
        stamp(figure, self.stamp)
        if table is not None:
            text = table.to_csv(index=False, lineterminator="\n")
            write_atomically(self.folder / f"{name}.csv", text)
        self.svgs[name] = save(figure, self.folder, name, caption)
        return Picture(name, caption)
