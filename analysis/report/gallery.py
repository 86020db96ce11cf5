"""Figures of one report: each is saved as it is drawn, and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.files import settle, stamp, write_file
from analysis.figures.kinds import kinds
from analysis.figures.style import styled
from analysis.figures.svg import inline, svg_of, with_titles
from analysis.loading.side_files import SideFiles
from analysis.report.document import Picture
from analysis.study import Study
from harness.results.files import file_name
from harness.results.store import write_atomically


class Gallery:
    """The figures of one report.

    Args:
        folder: Where they are saved.
        stamp: Printed above every figure, so that none can be taken for more than it is.
        files: Takes the files of figures.
        suffix: Ends the names of the figures, which several studies share.
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
        suffix: str = "",
        *,
        everything: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files = files or SideFiles()
        self.folder = folder
        self.stamp = stamp
        self.suffix = suffix
        self.everything = everything
        self.svgs: dict[str, str] = {}
        self.tables: dict[str, str] = {}

    def has(self, kind: str) -> bool:
        """Whether there is a figure that is called by its kind, or by its kind, a dash and more."""
        return any(name == kind or name.startswith(f"{kind}-") for name in self.svgs)

    def show(
        self, study: Study, kind: str, caption: str | Callable[[pd.DataFrame], str]
    ) -> Picture:
        """Add the figure of a kind: collect what it shows of a study, draw it, save it.

        Where the caption tells numbers of the figure, it is a function of the figure's table.
        """
        module = kinds()[kind]
        table = module.collect(study)
        names = module.name_points(table) if hasattr(module, "name_points") else {}
        text = caption if isinstance(caption, str) else caption(table)
        return self.add_figure(module.draw(table), kind, text, table, names=names)

    def add_figure(
        self,
        figure: Figure,
        name: str,
        caption: str,
        table: pd.DataFrame,
        *,
        is_folded: bool = False,
        names: Mapping[str, Sequence[str]] | None = None,
    ) -> Picture:
        """Save a figure, beside it the table of exactly what it shows, and return its block.

        What is folded away gets no PNG. ``names`` are those of dots, by the id of their group.
        """
        name = file_name(f"{name}{self.suffix}")
        stamp(figure, self.stamp)
        self.tables[name] = table.to_csv(index=False, lineterminator="\n")
        self._write(f"{name}.csv", lambda path: write_atomically(path, self.tables[name]))
        with styled():
            box = settle(figure)
        text = with_titles(svg_of(figure, box, name, caption), names or {})
        self._write(f"{name}.svg", lambda path: write_atomically(path, text))
        self.svgs[name] = inline(text, name)
        if not is_folded:
            self._write(f"{name}.png", lambda path: write_file(figure, box, path))
        return Picture(name, caption, f"{name}.svg" if is_folded else f"{name}.png")

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        path = self.folder / name
        self.files.write(path, lambda: write(path))
