"""The same architecture on source and target: what each search's own cell reached on both.

Only the arms ``source`` and ``transferred`` train one search's architecture on both tasks, so they
alone allow a rank correlation between tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.transfer.gaps import Pairs, design_cells, select
from analysis.arms import SOURCE, TRANSFERRED
from analysis.loading.rows import frame
from analysis.statistics.correlations import correlations, tau_interval


class Shared(NamedTuple):
    """A search whose architecture was trained on both tasks of a pair."""

    method: Annotated[str, "Title of the method."]
    source: Annotated[str, "Task that was searched."]
    target: Annotated[str, "The other task."]
    seed: Annotated[int, "Of the search."]
    on_source: Annotated[float, "Test accuracy of its architecture on the source, in percent."]
    on_target: Annotated[float, "Test accuracy of the same architecture on the target, in percent."]


class Agreement(NamedTuple):
    """How the architectures of all searches of a pair rank on source and target."""

    source: Annotated[str, "Task that was searched."]
    target: Annotated[str, "The other task."]
    n: Annotated[int, "Searches."]
    methods: Annotated[int, "Methods that they are of."]
    kendall: Annotated[float, "Kendall's tau-b of their accuracies on both tasks."]
    low: Annotated[float, "Lower limit of its 95 % interval."]
    high: Annotated[float, "Upper limit."]
    spearman: Annotated[float, "Spearman's rho."]
    interval: Annotated[str, "How the interval was made, or why there is none."]


def shared_table(units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return one row for every search whose architecture was trained on both tasks of a pair."""
    return frame(Shared, _shared(units, pairs))


def _shared(units: pd.DataFrame, pairs: Pairs) -> Iterator[Shared]:
    for method, (source, target) in design_cells(units, pairs):
        if source == target:
            continue
        sides = [select(units, method, arm, (source, target)) for arm in (SOURCE, TRANSFERRED)]
        both = sides[0].merge(sides[1], on="unit", suffixes=("_source", "_target"))
        known = both.dropna(subset=["value_source", "value_target"])
        columns = (known[name] for name in ("seed_source", "value_source", "value_target"))
        for seed, on_source, on_target in zip(*columns, strict=True):
            yield Shared(method, source, target, int(seed), float(on_source), float(on_target))


def rank_agreement_table(shared: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return how the architectures of all searches of a pair rank on source and target."""
    rows: list[Agreement] = []
    for (source, target), group in shared.groupby(["source", "target"], sort=False):
        s, t = (group[name].to_numpy(float) for name in ("on_source", "on_target"))
        tau = tau_interval(s, t, np.random.default_rng([seed, len(rows)]))
        about = str(source), str(target), len(s), group["method"].nunique()
        rho = correlations(s, t).spearman
        rows.append(Agreement(*about, tau.estimate, tau.low, tau.high, rho, tau.method))
    return frame(Agreement, rows)
