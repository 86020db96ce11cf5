"""Where the architecture parameters ended: the share of each operation on each edge."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.plots.style import canvas, styled


def draw(alphas: pd.DataFrame) -> Figure:
    """Draw a panel per cell: edges down, operations across, mean softmax over the searches.

    Args:
        alphas: Raw parameters of comparable searches; the last tick of each is drawn.
    """
    final = alphas[alphas["tick"] == alphas.groupby("job")["tick"].transform("max")]
    shares = final.assign(share=_softmax(final))
    cells = list(shares["cell"].unique())
    means = {
        cell: rows.groupby(["edge", "op"], sort=False)["share"].mean().unstack(sort=False)
        for cell, rows in shares.groupby("cell", sort=False)
    }
    highest = max(float(mean.to_numpy().max()) for mean in means.values())
    edges = max(len(mean) for mean in means.values())
    with styled():
        figure = canvas(4.6 * len(cells) + 0.9, max(2.9, 0.26 * edges + 1.6))
        panels = figure.subplots(1, len(cells), squeeze=False)[0]
        for axes, (cell, mean) in zip(panels, means.items(), strict=True):
            image = axes.pcolormesh(mean.to_numpy(), cmap="cividis", vmin=0, vmax=highest)
            axes.set_title(f"{cell!s} cell", loc="left")
            axes.set_yticks(np.arange(len(mean)) + 0.5, [str(name) for name in mean.index])
            operations = [str(name) for name in mean.columns]
            places = np.arange(len(operations)) + 0.5
            axes.set_xticks(places, operations, rotation=40, ha="right")
            axes.invert_yaxis()
            axes.spines[:].set_visible(False)
        bar = figure.colorbar(image, ax=list(panels))
        bar.set_label("mean share")
    return figure


def has_names(alphas: pd.DataFrame, jobs: Iterable[str]) -> pd.DataFrame:
    """Return the rows of ``jobs`` whose edges and operations are known by name."""
    return alphas[alphas["job"].isin(list(jobs)) & (alphas["cell"] != "")]


def _softmax(final: pd.DataFrame) -> pd.Series[float]:
    key = ["job", "edge"]
    highest = final.groupby(key)["alpha"].transform("max")
    grown = pd.Series(np.exp(final["alpha"].to_numpy() - highest.to_numpy()), index=final.index)
    total = final.assign(grown=grown).groupby(key)["grown"].transform("sum")
    return grown / total
