"""What each search's own architecture reached on source and on target, with mean ± SD."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.style import canvas, explain_nothing, look_of, mark_methods, place_of, styled
from analysis.loading.rows import frame
from analysis.study import Study

RUN, MEAN = "run", "mean"


class Both(NamedTuple):
    """What a search's architecture reached on both tasks of a pair, or the mean of a method."""

    source: Annotated[str, "Task that was searched."]
    target: Annotated[str, "The other task."]
    method: Annotated[str, "Its title."]
    look: Annotated[int, "Place of the method among all."]
    kind: Annotated[str, "`run` or `mean`."]
    seed: Annotated[int | None, "Of the search; NaN for a mean."]
    on_source: Annotated[float, "Test accuracy on the source, in percent."]
    on_target: Annotated[float, "Test accuracy on the target."]
    sd_source: Annotated[
        float,
        "Standard deviation of the method's searches on the source; NaN for a run.",
    ] = math.nan
    sd_target: Annotated[float, "That on the target."] = math.nan


def collect(study: Study) -> pd.DataFrame:
    """Return one row per search of which both trainings finished, and one mean per method."""
    return frame(Both, _rows(study))


def _rows(study: Study) -> Iterator[Both]:
    shared = study.transfer["shared"]
    for key, group in shared.groupby(["source", "target", "method"], sort=False):
        source, target, method = map(str, key)
        tasks = study.labels.get(source, source), study.labels.get(target, target)
        about = (*tasks, method, place_of(method, study.methods))
        values = group[["on_source", "on_target"]]
        for seed, on_source, on_target in zip(group["seed"], *values.to_numpy().T, strict=True):
            yield Both(*about, RUN, seed, on_source, on_target)
        yield Both(*about, MEAN, None, *values.mean(), *values.std())


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per pair: runs as small marks, methods' means with crosses of ± SD."""
    pairs = list(table[["source", "target"]].drop_duplicates().itertuples(index=False))
    with styled():
        if not pairs:
            return explain_nothing("no search's architecture was trained on both tasks")
        figure = canvas(0.8 + 4.2 * len(pairs), 4.4)
        panels = figure.subplots(1, len(pairs), squeeze=False)[0]
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
    mean = Line2D([], [], color="#333333", marker="o", mec="black", ms=9, label="mean ± SD")
    return [*mark_methods(table, ls=""), mean]
