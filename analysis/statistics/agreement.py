"""Do searches that differ in nothing but their seed end alike? A search of noise does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.sample import ALPHA

DRAWS = 999

Values = NDArray[np.float64]


class Agreement(NamedTuple):
    """How alike the architecture parameters of several searches are."""

    searches: Annotated[int, "How many finished gradient searches."]
    start: Annotated[
        float,
        "Mean correlation between pairs of searches before the first step: what noise gives.",
    ]
    end: Annotated[float, "The same after the last step."]
    p: Annotated[
        float,
        "Share of random relabellings of each edge's operations in which the searches agree as "
        "much as at the end; small if they agree more than chance.",
    ]
    is_chance: Annotated[
        bool,
        "Whether they agree no more than by chance, as far as the test can tell.",
    ]


def measure(start: Values, end: Values, edges: Sequence[int], *, seed: int = 0) -> Agreement:
    """Return the agreement of S searches with P parameters each.

    Parameters are centred on each edge, since a constant there changes no probability. The p-value
    is that of a permutation test: where a search holds no information about operations, those of an
    edge are interchangeable (Good 2005, chapter 3; one is added to both counts).

    Args:
        start: Parameters before the first step, shape (S, P).
        end: After the last one, shape (S, P).
        edges: The edge of each parameter, ascending, shape (P,).
        seed: Of the relabellings.
    """
    labels = np.asarray(edges)
    found = _mean_correlation(centred := _centre(end, labels))
    rng = np.random.default_rng(seed)
    exceeded = 0
    for _ in range(DRAWS):
        order = np.argsort(labels + rng.random(centred.shape), axis=1)  # within each edge
        shuffled = np.take_along_axis(centred, order, axis=1)
        exceeded += _mean_correlation(shuffled) >= found - 1e-12
    before = _mean_correlation(_centre(start, labels))
    p = (1 + exceeded) / (1 + DRAWS)
    return Agreement(len(end), before, found, p, bool(p > ALPHA))


def measure_searches(alphas: pd.DataFrame) -> Agreement | None:
    """Return the agreement of the searches in a table of raw parameters; None for fewer than two.

    Args:
        alphas: Of searches over equal edges: one row per search, tick, edge and operation.
    """
    first, last = _matrix(alphas, "min"), _matrix(alphas, "max")
    if len(last) < 2 or last.isna().any(axis=None) or first.isna().any(axis=None):
        return None
    edges = pd.factorize(last.columns.get_level_values("edge"), sort=True)[0]
    return measure(first.to_numpy(), last.to_numpy(), edges.tolist())


def _matrix(alphas: pd.DataFrame, which: Literal["min", "max"]) -> pd.DataFrame:
    """Return one row per search and one column per parameter, at its first or last tick."""
    tick = alphas["job"].map(alphas.groupby("job")["tick"].agg(which))
    matching = alphas[alphas["tick"] == tick]
    return matching.pivot_table(index="job", columns=["edge", "op"], values="alpha")


def _centre(values: Values, labels: NDArray[np.int64]) -> Values:
    sums = np.zeros((len(values), labels.max() + 1))
    np.add.at(sums.T, labels, values.T)
    centred: Values = values - (sums / np.bincount(labels))[:, labels]
    return centred


def _mean_correlation(values: Values) -> float:
    """Return the mean of Pearson's correlation over pairs of rows; NaN if a row is constant."""
    lengths = np.linalg.norm(values, axis=1)
    if not lengths.all():
        return math.nan
    count, total = len(values), (values / lengths[:, None]).sum(axis=0)
    return float((total @ total - count) / (count * (count - 1)))
