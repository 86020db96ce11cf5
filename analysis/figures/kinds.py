"""The kinds of figures: every module of ``analysis/figures`` that collects a table and draws it."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Protocol, cast

import pandas as pd
from matplotlib.figure import Figure

from analysis import figures
from analysis.study import Study
from harness.errors import UnknownNameError
from harness.registry import did_you_mean


class Kind(Protocol):
    """A module of ``analysis/figures``; the first line of its docstring is the figure's title."""

    __doc__: str | None

    def collect(self, study: Study) -> pd.DataFrame:
        """Return exactly what will be drawn, of one study."""

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw it; an empty table gives a figure that says why nothing is drawn."""


@cache
def kinds() -> dict[str, Kind]:
    """Return every kind by name, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(figures.__path__))
    modules = {
        name: importlib.import_module(f"{figures.__name__}.{name}")
        for name in names
        if not name.startswith("_")
    }
    return {
        name: cast(Kind, module)
        for name, module in modules.items()
        if hasattr(module, "collect") and hasattr(module, "draw")
    }


def kind(name: str) -> Kind:
    """Return one kind.

    Raises:
        UnknownNameError: If there is no such figure.
    """
    if name not in kinds():
        raise UnknownNameError(did_you_mean("figure", name, kinds()))
    return kinds()[name]


def title(name: str) -> str:
    """Return a figure's title sentence."""
    return (kind(name).__doc__ or "").partition("\n")[0]
