"""How good searches were at any time: median and quartiles over seeds, against cumulative cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.arms import ARMS
from analysis.figures.style import (
    canvas,
    draw_empty,
    explain_nothing,
    look_of,
    mark_methods,
    place_of,
    styled,
    thousands,
)
from analysis.loading.rows import Row, frame
from analysis.statistics.curves import Curve, window
from analysis.study import Study

QUALITIES = {
    "best_val_so_far": "best validation accuracy so far (%)",
    "validation_accuracy": "super-network's accuracy on\nvalidation batches (%)",
    "population_quality": "quality of the population\n(mean less spread, %)",
}
CURRENCIES = {"examples": "training examples", "evaluations": "evaluations"}
SEED, MEDIAN = "seed", "median"
# More thin lines than this hide each other; without them the median begins where this share of
# the searches have begun, not all: of hundreds one begins late.
SEEDS, MOST = 10, 0.9
# From this ratio of the last to the first cost on, the axis is logarithmic.
LOGARITHMIC = 30
# Where markers stand, as shares of a curve's way.
CHECKPOINTS = (0.25, 0.5, 0.75, 1.0)


class Moment(NamedTuple):
    """A tick of one search, or the median of searches at a cost."""

    quality: Annotated[str, "What is drawn, a column of `trace`."]
    task: Annotated[str, "Task that is searched."]
    method: Annotated[str, "Its title."]
    look: Annotated[int, "Place of the method among all."]
    role: Annotated[str, "What the searches are for, as in `searches`."]
    kind: Annotated[str, "`seed` or `median`."]
    seed: Annotated[int | None, "Of the search; NaN for a median."]
    currency: Annotated[str, "What `cost` counts: `examples` or `evaluations`."]
    cost: Annotated[float, "Spent so far, searches that are continued included."]
    value: Annotated[float, "The quality, in percent."]
    low: Annotated[float | None, "Lower quartile of the searches; NaN for a seed."] = None
    high: Annotated[float | None, "Upper quartile."] = None
    n: Annotated[int | None, "Searches that the median is over."] = None


def collect(study: Study) -> pd.DataFrame:
    """Return the ticks of some seeds, and the median and quartiles over all of them."""
    tables = study.tables
    searches = tables.searches
    searches = searches[(searches["status"] == "done")]
    before = _before(study)
    traces = dict(list(tables.trace.groupby("job", sort=False)))
    rows: list[Moment] = []
    for quality in QUALITIES:
        key = ["task", "method", "role"]
        for names, group in searches.groupby(key, sort=False):
            task, method, role = (str(name) for name in names)
            common: Row = {
                "quality": quality,
                "task": study.labels.get(task, task),
                "method": method,
                "look": place_of(method, study.methods),
                "role": role,
            }
            budgets = _budgets(study, method)
            curves = _curves(group, traces, quality, before, budgets)
            rows += [Moment(**common, **row) for row in _rows(*curves)]
    return frame(Moment, rows)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row per quality and a column per task that was searched."""
    qualities = [name for name in QUALITIES if name in set(table["quality"])]
    tasks = list(table["task"].unique())
    with styled():
        if not qualities:
            return explain_nothing("no finished search logged a quality")
        figure = canvas(1.2 + 4.6 * len(tasks), 0.9 + 3.1 * len(qualities))
        panels = figure.subplots(len(qualities), len(tasks), squeeze=False)
        for line, quality in zip(panels, qualities, strict=True):
            for axes, task in zip(line, tasks, strict=True):
                chosen = (table["quality"] == quality) & (table["task"] == task)
                _panel(axes, table[chosen])
                axes.set_title(f"search on {task}")
            line[0].set_ylabel(QUALITIES[quality])
        figure.legend(handles=_legend(table), loc="outside lower center", ncols=5)
    return figure


def _before(study: Study) -> dict[str, pd.Series[Any]]:
    """Return by search what the searches that it goes on from had cost together."""
    bills = study.tables.searches.set_index("job")[list(CURRENCIES)]
    found = {}
    for chain in study.tables.runs["ancestor_jobs"].unique():
        jobs = str(chain).split()
        for place in range(1, len(jobs)):
            found[jobs[place]] = bills.reindex(jobs[:place]).sum()
    return found


def _budgets(study: Study, method: str) -> list[str]:
    """Return the currencies that a method's budget is set in."""
    runs = study.tables.runs
    found = runs["budget_currency"][runs["method"] == method].unique()
    return sorted({name for text in found for name in str(text).split("+") if name})


def _curves(
    group: pd.DataFrame,
    traces: dict[Any, pd.DataFrame],
    quality: str,
    before: dict[str, pd.Series[Any]],
    budgets: Sequence[str],
) -> tuple[str, list[int], list[Curve]]:
    """Return the currency, the seeds and the curves of the searches that logged a quality.

    The currency is the first of those that the budget is set in that was spent, if one was.
    """
    ticks = [traces[job] for job in group["job"] if job in traces]
    spent = [name for name in CURRENCIES if any((its[name] > 0).any() for its in ticks)]
    currency = next((name for name in (*budgets, *spent) if name in spent), "evaluations")
    seeds, curves = [], []
    for job, seed in zip(group["job"], group["seed"], strict=True):
        known = traces.get(job)
        if known is None or not known[quality].notna().any():
            continue
        start = float(before[job][currency]) if job in before else 0.0
        end = start + float(known[currency].max())
        known = known[known[quality].notna()]
        costs = start + known[currency].to_numpy(float)
        curves.append(Curve(costs, known[quality].to_numpy(float), end))
        seeds.append(int(seed))
    return currency, seeds, curves


def _rows(currency: str, seeds: list[int], curves: list[Curve]) -> Iterator[Row]:
    """Yield the ticks of each seed, of few, and the median and quartiles over all."""
    if len(curves) <= SEEDS:
        for seed, curve in zip(seeds, curves, strict=True):
            for cost, value in zip(curve.costs, curve.values, strict=True):
                tick = {"cost": cost, "value": value}
                yield {"kind": SEED, "seed": seed, "currency": currency, **tick}
    if not curves:
        return
    firsts = [curve.costs[0] for curve in curves]
    start = max(firsts) if len(curves) <= SEEDS else np.quantile(firsts, MOST, method="higher")
    ticks = np.unique(np.concatenate([curve.costs for curve in curves] + [[start]]))
    points = ticks[(ticks >= start) & (ticks <= window(curves).end)]
    values = np.array([curve.at(points) for curve in curves])
    quartiles = np.nanquantile(values, [0.25, 0.5, 0.75], axis=0)
    known = np.isfinite(values).sum(axis=0)
    for cost, n, (low, median, high) in zip(points, known, quartiles.T, strict=True):
        summary = {"value": median, "low": low, "high": high}
        yield {
            "kind": MEDIAN,
            "seed": None,
            "currency": currency,
            "cost": cost,
            "n": int(n),
            **summary,
        }


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    if len(table) == 0:
        draw_empty(axes, "nothing logged")
        return
    for (look, role), group in table.groupby(["look", "role"], sort=False):
        colour, marker = look_of(int(str(look)))
        dashes = ARMS[str(role)].dash if str(role) in ARMS else "-"
        for _, seed in group[group["kind"] == SEED].groupby("seed"):
            _line(axes, seed, colour, dashes, lw=0.7, alpha=0.4)
        median = group[group["kind"] == MEDIAN]
        if median.empty:  # one search had ended before another began
            continue
        _line(axes, median, colour, dashes, lw=2.2)
        x, low, high = (median[name].to_numpy(float) for name in ("cost", "low", "high"))
        axes.fill_between(x, low, high, step="post", color=colour, alpha=0.14, lw=0)
        at = _checkpoints(x)
        axes.plot(
            x[at], median["value"].to_numpy(float)[at], marker, color=colour, ms=6, mec="white"
        )
    positive = table["cost"][table["cost"] > 0]
    if len(positive) and positive.max() > LOGARITHMIC * positive.min():
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_formatter(thousands())
    axes.set_xlabel(f"{CURRENCIES[str(table['currency'].iloc[0])]}, ancestors' included")
    axes.grid(visible=True)


def _line(axes: Axes, rows: pd.DataFrame, colour: str, dashes: Any, **look: Any) -> None:
    x, y = rows["cost"].to_numpy(float), rows["value"].to_numpy(float)
    axes.plot(x, y, color=colour, linestyle=dashes, drawstyle="steps-post", **look)


def _checkpoints(x: Sequence[float] | np.ndarray[Any, Any]) -> list[int]:
    """Return the last tick before or at each quarter of the way."""
    start, end = float(x[0]), float(x[-1])
    targets = [start + share * (end - start) for share in CHECKPOINTS]
    places = np.searchsorted(x, np.array(targets) + 1e-9 * max(1.0, math.fabs(end)), side="right")
    return sorted({int(place) - 1 for place in places})


def _legend(table: pd.DataFrame) -> list[Line2D]:
    handles = mark_methods(table, lw=2.2, mec="white")
    roles = set(table["role"])
    handles += [
        Line2D([], [], color="#333333", lw=1.8, linestyle=arm.dash, label=role)
        for role, arm in ARMS.items()
        if role in roles
    ]
    return handles
