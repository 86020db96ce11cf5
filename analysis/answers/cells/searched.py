"""How alike the architectures are that searches found: within groups, between them, beside chance.

The unit is the search: distances are those between distinct architectures, and each counts as often
as it was found. Searches that began from another's state (continued, resumed) are described, but
not tested: they are no independent evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.architectures.chance import Chance, Judged
from analysis.architectures.groups import GroupTest, permute_labels
from analysis.architectures.metrics import compare_architectures, distance, primary_of
from analysis.arms import ROLES
from analysis.loading.load import Tables
from analysis.loading.rows import frame, list_rows
from analysis.numbers import joined

Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]

COLD = ROLES[:2]


class PurposeKey(NamedTuple):
    """Searches of one method for one purpose on one task: what a row is about."""

    method: Annotated[str, "Title."]
    role: Annotated[str, "What the searches are for."]
    task: Annotated[str, "Where they searched."]


class Found(NamedTuple):
    """A search that found an architecture."""

    seed: Annotated[int, "Of the search."]
    cell: Annotated[int, "The architecture's place among the distinct ones."]


class Stability(NamedTuple):
    """How alike the architectures that they found are."""

    cell: Annotated[str, "Which cell; `mean` over an architecture's cells."]
    n: Annotated[int, "Number of searches."]
    distinct: Annotated[int, "Number of distinct architectures among what they found."]
    metric: Annotated[str, "What likeness is measured by; see `METRICS`."]
    mean: Annotated[float, "The metric's mean over pairs of searches; NaN if there is no pair."]


class GroupQuestion(NamedTuple):
    """Do cold searches of different data sets, or by different methods, differ?"""

    question: Annotated[str, "`data set` or `method`: what the groups differ in."]
    where: Annotated[str, "The method, or the task, inside which they are compared; `all` of them."]
    cell: Annotated[str, "Which cell; `mean` over an architecture's cells."]
    groups: Annotated[str, "Names of the groups."]
    tasks: Annotated[str, "Where they searched."]
    n: Annotated[int, "Number of searches."]
    seeds: Annotated[int, "Number of different seeds among them."]


GROUP = list(PurposeKey._fields)


@dataclass(frozen=True)
class Collection:
    """What the searches of one study found, with all distances.

    Attributes:
        found: Searches that found something, by method, purpose, task and seed; see ``Found``.
        metric: What the distance is made of.
        values: (D, D) the metric between distinct architectures by cell, and its mean over cells.
    """

    found: pd.DataFrame
    metric: str
    values: Mapping[str, Matrix]

    def distances(self, cell: str) -> Matrix:
        """Return how far apart the distinct architectures are, (D, D) in [0, 1]."""
        return distance(self.metric, self.values[cell])


def collect_found(tables: Tables) -> Collection:
    """Compare what one study's searches found."""
    searches = tables.searches[tables.searches["status"] == "done"]
    order = ["method", "place", "task", "seed"]
    searches = searches.assign(place=searches["role"].map(ROLES.index)).sort_values(order)
    distinct: dict[tuple[Any, ...], int] = {}
    found = [
        ([row[name] for name in GROUP], Found(row["seed"], place))
        for row in list_rows(searches)
        if (graphs := tables.graphs.get(row["job"]))
        for place in [distinct.setdefault(tuple(graphs.items()), len(distinct))]
    ]
    if not found:
        return Collection(frame((PurposeKey, Found), ()), "", {})
    kept = [dict(cells) for cells in distinct]
    every = compare_architectures(kept, kept)
    metric = primary_of(next(iter(every.values())))
    values = {cell: metrics[metric] for cell, metrics in every.items()}
    return Collection(frame((PurposeKey, Found), found), metric, values)


def count_found(groups: Iterable[pd.DataFrame], distinct: int) -> Counts:
    """Return how many searches of each group found each distinct architecture: (G, D)."""
    return np.array([np.bincount(its["cell"], minlength=distinct) for its in groups])


def average_pairs(values: Matrix, counts: Counts) -> Matrix:
    """Return the mean over pairs of searches of each two groups; on the diagonal within a group.

    Args:
        values: (D, D) of pairs of distinct architectures.
        counts: (G, D) how many searches of each group found each.

    Returns:
        (G, G); NaN where there is no pair.
    """
    sizes = counts.sum(axis=1)
    sums = counts @ values @ counts.T - np.diag(counts @ values.diagonal())
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / (np.outer(sizes, sizes) - np.diag(sizes)))


def stability_table(collection: Collection, chance: Chance) -> pd.DataFrame:
    """Return the mean likeness of the architectures of each group, beside random pairs."""
    groups = [*collection.found.groupby(GROUP, sort=False)]
    rows = []
    for cell, values in collection.values.items():
        means = average_pairs(values, count_found((its for _, its in groups), len(values)))
        for (key, its), mean in zip(groups, means.diagonal().tolist(), strict=True):
            row = Stability(cell, len(its), its["cell"].nunique(), collection.metric, mean)
            rows.append((map(str, key), row, chance.judge(cell, collection.metric, mean)))
    return frame((PurposeKey, Stability, Judged), rows)


def group_table(collection: Collection, rng: np.random.Generator) -> pd.DataFrame:
    """Test whether cold searches of other tasks, or of other methods, find other architectures.

    Each question is asked in each place (method, or task) and over all places at once, labels
    permuted inside a place and pairs of one place compared.
    """
    cold = collection.found[collection.found["role"].isin(COLD)]
    rows = []
    for cell in collection.values:
        for question, label, where in _QUESTIONS:
            inside = [(str(name), its) for name, its in cold.groupby(where, sort=False)]
            for name, its in [*inside, (ALL, cold)] if len(inside) > 1 else inside:
                groups, tasks = its[label].unique(), its["task"].unique()
                if len(groups) < 2:
                    continue
                test = _test(collection.distances(cell), its, label, where, rng)
                names, seeds = joined(groups), its["seed"].nunique()
                asked = (question, name, cell, names, joined(tasks), len(its), seeds)
                rows.append((asked, test))
    return frame((GroupQuestion, GroupTest), rows)


ALL = "all"
_QUESTIONS = (("data set", "task", "method"), ("method", "method", "task"))


def _test(
    distances: Matrix, found: pd.DataFrame, label: str, where: str, rng: np.random.Generator
) -> GroupTest:
    """Permute one attribute of searches inside blocks of another."""
    counts = pd.crosstab(found[label], [found[where], found["cell"]])
    blocks, cells = zip(*counts.columns, strict=True)
    return permute_labels(
        distances[np.ix_(cells, cells)], counts.to_numpy(), rng=rng, blocks=blocks
    )
