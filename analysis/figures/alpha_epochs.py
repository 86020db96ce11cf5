"""Alpha over epochs: the share of every operation on every edge, from start to end."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import alphas
from analysis.figures.alphas import Share, mean_shares
from analysis.loading.rows import name_columns
from analysis.study import Study

MOMENTS = ("start", "25 %", "50 %", "75 %", "end")


class Moment(NamedTuple):
    """When a share was taken."""

    moment: Annotated[str, "Which part of a search is over."]


def collect(study: Study) -> pd.DataFrame:
    """Return the mean softmax over seeds at five ticks of the searches' ways.

    A search with fewer ticks shows some of them more than once.
    """
    shares = study.tables.alphas
    ticks = {job: np.unique(its) for job, its in shares.groupby("job", sort=False)["tick"]}
    parts = []
    for moment, way in zip(MOMENTS, np.linspace(0, 1, len(MOMENTS)), strict=True):
        chosen = {job: its[round(way * (len(its) - 1))] for job, its in ticks.items()}
        rows = shares[shares["tick"] == shares["job"].map(chosen)]
        parts.append(mean_shares(study, rows).assign(moment=moment))
    return pd.concat(parts, ignore_index=True)[name_columns((Share, Moment))]


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row per method, purpose and cell, a column per moment: edges by operations."""
    whose = table["method"] + "\n" + table["search"]
    return alphas.draw(table.assign(method=whose, search=table["moment"]))
