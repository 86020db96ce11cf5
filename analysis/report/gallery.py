"""Where figures are hung: each is saved as it is drawn, and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.files import settle, stamp, write_file
from analysis.figures.style import styled
from analysis.figures.svg import inline, svg_of
from analysis.loading.side_files import SideFiles
from analysis.report.document import Picture
from harness.results.files import file_name
from harness.results.store import write_atomically


class Gallery:
    """The figures of one report.

    Args:
        folder: Where they are saved.
        stamp: Stands above every figure, so that none can be taken for more than it is.
        files: Takes the files of figures.
        everything: Whether what is drawn on request only is wanted.

    Attributes:
        svgs: What the page holds, by name.
        tables: What the figures show as CSV, by name.
    """

    def __init__(
        self,
        folder: Path,
        stamp: str = "",
        files: SideFiles | None = None,
        *,
        everything: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files = files or SideFiles()
        self.folder = folder
        self.stamp = stamp
        self.everything = everything
        self.svgs: dict[str, str] = {}
        self.tables: dict[str, str] = {}

    def has(self, kind: str) -> bool:
        """Whether a figure hangs that is called by its kind, or by its kind, a dash and more."""
        return any(name == kind or name.startswith(f"{kind}-") for name in self.svgs)

    def hang(
        self,
        figure: Figure,
        name: str,
        caption: str,
        table: pd.DataFrame | None = None,
        *,
        is_folded: bool = False,
    ) -> Picture:
        """Save a figure, beside it the table of exactly what it shows, and return its block.

        What is folded away gets no PNG.
        """
        name = file_name(name)
        stamp(figure, self.stamp)
        if table is not None:
            self.tables[name] = table.to_csv(index=False, lineterminator="\n")
            self._write(f"{name}.csv", lambda path: write_atomically(path, self.tables[name]))
        with styled():
            box = settle(figure)
        text = svg_of(figure, box, name, caption)
        self._write(f"{name}.svg", lambda path: write_atomically(path, text))
        self.svgs[name] = inline(text, name)
        if not is_folded:
            self._write(f"{name}.png", lambda path: write_file(figure, box, path))
        return Picture(name, caption, f"{name}.svg" if is_folded else f"{name}.png")

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        path = self.folder / name
        self.files.write(path, lambda: write(path))
