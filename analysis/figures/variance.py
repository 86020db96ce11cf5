"""Where spread comes from: searches that end elsewhere, or trainings that end elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.arms import label_arm
from analysis.figures.style import canvas, draw_empty, styled
from analysis.study import Study

COLUMNS = ["label", "searches", "trainings", "search_variance", "evaluation_variance"]
PARTS = (
    ("search_variance", "between searches", "#0072B2", ""),
    ("evaluation_variance", "between trainings of one architecture", "#E69F00", "//"),
)


def collect(study: Study) -> pd.DataFrame:
    """Return the variance components of every arm whose architectures were trained repeatedly."""
    found = study.variances
    found = found[found["evaluation_sd"].notna()]
    labels = [
        f"{label_arm(row['method'], row['arm'], row['source'])} on {row['target']}"
        for row in found.to_dict("records")
    ]
    table = found.assign(
        label=labels,
        search_variance=found["search_sd"].astype(float) ** 2,
        evaluation_variance=found["evaluation_sd"].astype(float) ** 2,
    )
    return table.reindex(columns=COLUMNS).reset_index(drop=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one stacked bar per arm, in squared percentage points."""
    with styled():
        figure = canvas(8.6, 1.4 + 0.36 * max(2, len(table)))
        axes = figure.subplots()
        if table.empty:
            draw_empty(axes, "every architecture was trained once: raise train_seeds to tell apart")
            return figure
        left = np.zeros(len(table))
        for column, label, colour, hatch in PARTS:
            width = table[column].fillna(0).to_numpy(dtype=np.float64)
            axes.barh(
                range(len(table)), width, left=left, color=colour, hatch=hatch, edgecolor="white",
                label=label,
            )  # fmt: skip
            left += width
        axes.set_yticks(range(len(table)), list(table["label"]))
        axes.set_ylim(len(table) - 0.4, -0.6)
        axes.set_xlabel("variance of the test accuracy (pp²)")
        axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure
