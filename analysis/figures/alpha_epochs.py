"""Alpha over epochs: the share of every operation on every edge, from start to end."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.alphas import BELOW, BESIDE, TILE, Share, draw_shares, farthest, mean_shares
from analysis.figures.style import WIDEST, canvas, explain_nothing, styled
from analysis.loading.rows import name_columns
from analysis.study import Study

MOMENTS = ("start", "25 %", "50 %", "75 %", "end")
ROW = ["method", "search", "cell"]


class Moment(NamedTuple):
    """When a share was taken."""

    moment: Annotated[str, "Which part of a search is over."]


def collect(study: Study) -> pd.DataFrame:
    """Return the mean softmax over seeds at five ticks of the searches' ways.

    A search with fewer ticks shows some of them more than once.
    """
    alphas = study.tables.alphas
    ticks = {job: np.unique(its) for job, its in alphas.groupby("job", sort=False)["tick"]}
    parts = []
    for moment, way in zip(MOMENTS, np.linspace(0, 1, len(MOMENTS)), strict=True):
        chosen = {job: its[round(way * (len(its) - 1))] for job, its in ticks.items()}
        rows = alphas[alphas["tick"] == alphas["job"].map(chosen)]
        parts.append(mean_shares(study, rows).assign(moment=moment))
    return pd.concat(parts, ignore_index=True)[name_columns((Share, Moment))]


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row per method, purpose and cell, a column per moment: edges by operations."""
    rows = list(table.groupby(ROW, sort=False))
    with styled():
        if not rows:
            return explain_nothing("no search has architecture parameters of named edges")
        tall = [TILE * group["edge"].nunique() + BELOW for _, group in rows]
        wide = max(group["operation"].nunique() for _, group in rows)
        across = len(MOMENTS) * TILE * wide + BESIDE + 1.0
        figure = canvas(min(across, WIDEST), sum(tall))
        grid = figure.subplots(len(rows), len(MOMENTS), squeeze=False, height_ratios=tall)
        most = farthest(table)
        for panels, ((method, search, cell), group) in zip(grid, rows, strict=True):
            for axes, moment in zip(panels, MOMENTS, strict=True):
                image = draw_shares(axes, group, group[group["moment"] == moment], most)
                axes.set_title(moment)
                if moment != MOMENTS[0]:
                    axes.set_yticklabels([])
            about = f"{method}, {cell}\n{search}, n = {group['n'].max()}\n{MOMENTS[0]}"
            panels[0].set_title(about)
        figure.colorbar(image, ax=list(grid[:, -1]), label="mean share")
    return figure
