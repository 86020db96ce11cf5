"""How methods rank on the source, and how what they found there ranks on the target."""

from __future__ import annotations

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.style import canvas, draw_empty, look_of, place_of, styled
from analysis.study import Study

COLUMNS = [
    "source",
    "target",
    "method",
    "look",
    "n",
    "on_source",
    "on_target",
    "rank_source",
    "rank_target",
]


def collect(study: Study) -> pd.DataFrame:
    """Return each method's mean over the same searches on source and target, and its ranks."""
    shared = study.transfer["shared"]
    shared = shared
    key = ["source", "target", "method"]
    means = shared.astype({"on_source": float, "on_target": float}).groupby(key, sort=False)
    table = means.agg(
        n=("seed", "size"), on_source=("on_source", "mean"), on_target=("on_target", "mean")
    ).reset_index()
    for side in ("source", "target"):
        of_pair = table.round(6).groupby(["source", "target"])[f"on_{side}"]
        table[f"rank_{side}"] = of_pair.rank(ascending=False)
    table["look"] = [place_of(str(name), study.methods) for name in table["method"]]
    for side in ("source", "target"):
        table[side] = [study.labels.get(str(name), str(name)) for name in table[side]]
    return table.reindex(columns=COLUMNS)


# Letters in a line between two ranks that leave a gap beside the next one.
WIDEST = 20


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per pair: a line from a method's rank on the source to that on the target."""
    pairs = list(table[["source", "target"]].drop_duplicates().itertuples(index=False))
    most = int(table.groupby(["source", "target"]).size().max()) if len(table) else 0
    with styled():
        figure = canvas(6.2 * max(1, len(pairs)), 1.4 + 0.42 * max(2, most))
        panels = figure.subplots(1, max(1, len(pairs)), squeeze=False)[0]
        if most < 2:
            for axes in panels:
                draw_empty(axes, "ranks need two methods trained on source and target")
            return figure
        for axes, (source, target) in zip(panels, pairs, strict=True):
            _panel(axes, table[(table["source"] == source) & (table["target"] == target)])
            axes.set_title(f"{source} → {target}")
            axes.set_xticks([0, 1], [fill(f"rank on {task}", WIDEST) for task in (source, target)])
    return figure


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    for row in table.to_dict("records"):
        colour, marker = look_of(int(row["look"]))
        ranks = (row["rank_source"], row["rank_target"])
        axes.plot((0, 1), ranks, marker=marker, color=colour, lw=2, ms=8)
    for x, side, align in ((-0.04, "source", "right"), (1.04, "target", "left")):
        # Methods of one rank share a line of text.
        for rank, tied in table.groupby(f"rank_{side}"):
            names = ", ".join(tied["method"].astype(str))
            text = f"{names}  {tied[f'on_{side}'].mean():.2f} %"
            axes.text(x, float(str(rank)), text, ha=align, va="center", size=9)
    axes.set_xlim(-0.85, 1.85)
    axes.set_ylim(len(table) + 0.5, 0.5)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
