"""What each search's own architecture reached on source and on target, with mean ± SD."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.style import canvas, draw_empty, look_of, place_of, styled
from analysis.study import Study

COLUMNS = [
    "source",
    "target",
    "method",
    "look",
    "kind",
    "seed",
    "on_source",
    "on_target",
    "sd_source",
    "sd_target",
]
RUN, MEAN = "run", "mean"


def collect(study: Study) -> pd.DataFrame:
    """Return one row per search of which both trainings finished, and one mean per method."""
    shared = study.transfer["shared"]
    shared = shared
    parts = [pd.DataFrame(columns=COLUMNS)]
    for key, group in shared.groupby(["source", "target", "method"], sort=False):
        source, target, method = (str(name) for name in key)
        values = group[["on_source", "on_target"]].astype(float)
        mean = {
            "kind": MEAN,
            **{str(name): value for name, value in values.mean().items()},
            "sd_source": values["on_source"].std(),
            "sd_target": values["on_target"].std(),
        }
        runs = values.assign(seed=group["seed"], kind=RUN)
        both = pd.concat([runs, pd.DataFrame([mean])])
        parts.append(
            both.assign(
                source=study.labels.get(source, source),
                target=study.labels.get(target, target),
                method=method,
                look=place_of(method, study.methods),
            )
        )
    return pd.concat(parts[1:] or parts, ignore_index=True).reindex(columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per pair: runs as small marks, methods' means with crosses of ± SD."""
    pairs = list(table[["source", "target"]].drop_duplicates().itertuples(index=False))
    with styled():
        figure = canvas(0.8 + 4.2 * max(1, len(pairs)), 4.4)
        panels = figure.subplots(1, max(1, len(pairs)), squeeze=False)[0]
        if not pairs:
            draw_empty(panels[0], "no search's architecture was trained on both tasks")
            return figure
        for axes, (source, target) in zip(panels, pairs, strict=True):
            _panel(axes, table[(table["source"] == source) & (table["target"] == target)])
            axes.set_title(f"{source} → {target}")
            axes.set_xlabel(f"test accuracy on {source} (%)")
            axes.set_ylabel(f"test accuracy on {target} (%)")
        figure.legend(handles=_legend(table), loc="outside lower center", ncols=4)
    return figure


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    for look, group in table.groupby("look", sort=False):
        colour, marker = look_of(int(str(look)))
        runs, means = (group[group["kind"] == kind] for kind in (RUN, MEAN))
        axes.scatter(
            runs["on_source"], runs["on_target"], s=20, c=colour, marker=marker, alpha=0.55, lw=0
        )
        for row in means.to_dict("records"):
            spread = [row[name] for name in ("sd_source", "sd_target")]
            is_known = not any(math.isnan(value) for value in spread)
            axes.errorbar(
                row["on_source"],
                row["on_target"],
                xerr=spread[0] if is_known else None,
                yerr=spread[1] if is_known else None,
                color=colour,
                marker=marker,
                ms=9,
                mec="black",
                lw=1.6,
                capsize=3,
            )
    _diagonal(axes)
    axes.grid(visible=True)


def _diagonal(axes: Axes) -> None:
    """Draw y = x where it crosses the panel."""
    x, y = axes.get_xlim(), axes.get_ylim()
    low, high = max(x[0], y[0]), min(x[1], y[1])
    if low < high:
        axes.plot([low, high], [low, high], color="#888888", lw=1, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xlim(x)
    axes.set_ylim(y)


def _legend(table: pd.DataFrame) -> list[Line2D]:
    names = table.drop_duplicates("look").sort_values("look")
    handles = []
    for look, method in zip(names["look"], names["method"], strict=True):
        colour, marker = look_of(int(look))
        handles.append(Line2D([], [], color=colour, marker=marker, ls="", label=str(method)))
    mean = Line2D([], [], color="#333333", marker="o", mec="black", ms=9, label="mean ± SD")
    return [*handles, mean]
