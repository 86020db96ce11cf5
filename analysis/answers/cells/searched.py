"""How alike the architectures are that searches found: within groups, between them, beside chance.

The unit is the search. Searches that began from another's state (continued, resumed) are described,
but not tested: they are no independent evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.architectures.chance import Chance
from analysis.architectures.groups import GroupTest, permute_labels
from analysis.architectures.metrics import compare_architectures, distance, primary_of
from analysis.arms import RANDOM, ROLES
from analysis.loading.load import Tables
from harness.api import Graphs

Matrix = NDArray[np.float64]

COLD = ROLES[:2]
# So many architectures are compared at most, equally many of every group: pairs grow as squares.
MOST_COMPARED = 240
STABILITY_COLUMNS = [
    "method",
    "role",
    "task",
    "cell",
    "n",
    "metric",
    "mean",
    "chance_mean",
    "percentile",
    "corrected",
]
GROUP_COLUMNS = [
    "question",
    "where",
    "cell",
    "groups",
    "tasks",
    "n",
    "within",
    "between",
    "difference",
    "low",
    "high",
    "p",
    "p_min",
    "relabellings",
    "is_exact",
    "why",
]


@dataclass(frozen=True)
class Found:
    """An architecture that a search found, or that was drawn at random.

    Attributes:
        method: Title; empty if random.
        role: What the search is for, or ``random``.
        task: Where it was searched, or trained if random.
        seed: Of the search, or number of the draw.
        graphs: Its cells, or its chain.
    """

    method: str
    role: str
    task: str
    seed: int
    graphs: Graphs


@dataclass(frozen=True)
class Collection:
    """The architectures of one study with all their distances.

    Attributes:
        found: Searches first, then random architectures.
        metric: What the distance is made of.
        values: (n, n) the metric by cell; also over the mean of the cells.
    """

    found: tuple[Found, ...]
    metric: str
    values: Mapping[str, Matrix]

    def distances(self, cell: str) -> Matrix:
        """Return how far apart the architectures lie, in [0, 1]."""
        return distance(self.metric, self.values[cell])

    def mean_within(self, cell: str, places: list[int]) -> float:
        """Return the metric's mean over pairs of some architectures; NaN if there is no pair."""
        chosen = self.values[cell][np.ix_(places, places)][np.triu_indices(len(places), 1)]
        return float(chosen.mean()) if len(chosen) else float("nan")


def collect_found(tables: Tables) -> Collection:
    """Compare what one study's searches and random draws came up with; of many the first seeds."""
    everything = (*_searched(tables), *_drawn(tables))
    found = tuple(thin(everything, lambda item: (item.method, item.role, item.task)))
    if not found:
        return Collection((), "", {})
    graphs = [item.graphs for item in found]
    every = compare_architectures(graphs, graphs)
    metric = primary_of(next(iter(every.values())))
    return Collection(found, metric, {cell: values[metric] for cell, values in every.items()})


Item = TypeVar("Item")


def thin(items: Iterable[Item], group_of: Callable[[Item], Hashable]) -> list[Item]:
    """Return at most ``MOST_COMPARED`` items: the first of every group, equally many, two or more.

    Args:
        items: In order.
        group_of: What must be represented.
    """
    listed = list(items)
    if len(listed) <= MOST_COMPARED:
        return listed
    share = max(2, MOST_COMPARED // len({group_of(item) for item in listed}))
    taken: Counter[Hashable] = Counter()
    kept = []
    for item in listed:
        taken[group_of(item)] += 1
        if taken[group_of(item)] <= share:
            kept.append(item)
    return kept


def stability_table(collection: Collection, chance: Chance) -> pd.DataFrame:
    """Return the mean likeness of the architectures of each group, beside random pairs.

    A group is what the searches of one method for one purpose on one task found.
    """
    groups: dict[tuple[str, str, str], list[int]] = {}
    for place, item in enumerate(collection.found):
        groups.setdefault((item.method, item.role, item.task), []).append(place)
    rows = []
    for (method, role, task), places in groups.items():
        for cell in collection.values:
            mean = collection.mean_within(cell, places)
            identity = (method, role, task, cell, len(places), collection.metric, mean)
            judged = chance.judge(cell, collection.metric, mean)
            rows.append((*identity, *judged.values()))
    return pd.DataFrame(rows, columns=STABILITY_COLUMNS)


def group_table(collection: Collection, rng: np.random.Generator) -> pd.DataFrame:
    """Test whether cold searches of other tasks, or of other methods, find other architectures.

    Each question is asked in each place (method, or task) and over all places at once, labels
    permuted inside a place and pairs of one place compared.
    """
    places = [place for place, item in enumerate(collection.found) if item.role in COLD]
    found = [collection.found[place] for place in places]
    rows = []
    for cell in collection.values:
        distances = collection.distances(cell)[np.ix_(places, places)]
        for question, label, where in _QUESTIONS:
            labels = [getattr(item, label) for item in found]
            blocks = [getattr(item, where) for item in found]
            for name, test in _tests(distances, labels, blocks, rng):
                chosen = [item for item in found if name in (ALL, getattr(item, where))]
                groups = ", ".join(dict.fromkeys(getattr(item, label) for item in chosen))
                tasks = ", ".join(dict.fromkeys(item.task for item in chosen))
                identity = (question, name, cell, groups, tasks, len(chosen))
                rows.append((*identity, *_fields(test)))
    return pd.DataFrame(rows, columns=GROUP_COLUMNS)


ALL = "all"
_QUESTIONS = (("data set", "task", "method"), ("method", "method", "task"))


def _tests(
    distances: Matrix, labels: Sequence[str], blocks: Sequence[str], rng: np.random.Generator
) -> Iterator[tuple[str, GroupTest]]:
    """Yield the test in each block, and inside all blocks at once if there are several."""
    names = list(dict.fromkeys(blocks))
    block = np.array(blocks)
    for name in names:
        inside = [place for place, other in enumerate(blocks) if other == name]
        chosen = [labels[place] for place in inside]
        if len(set(chosen)) > 1:
            yield name, permute_labels(distances[np.ix_(inside, inside)], chosen, rng=rng)
    if len(names) > 1 and len(set(labels)) > 1:
        same = block[:, None] == block[None, :]
        yield ALL, permute_labels(distances, labels, blocks=blocks, compared=same, rng=rng)


def _fields(test: GroupTest) -> tuple[Any, ...]:
    return (
        test.within,
        test.between,
        test.difference,
        test.low,
        test.high,
        test.p,
        test.p_min,
        test.relabellings,
        test.is_exact,
        test.why,
    )


def _searched(tables: Tables) -> Iterator[Found]:
    searches = tables.searches
    ordered = searches.assign(place=searches["role"].map(ROLES.index))
    for row in ordered.sort_values(["method", "place", "task", "seed"], kind="stable").itertuples():
        graphs = tables.graphs.get(str(row.job))
        if graphs and row.status == "done":
            yield Found(str(row.method), str(row.role), str(row.task), int(str(row.seed)), graphs)


def _drawn(tables: Tables) -> Iterator[Found]:
    runs = tables.runs
    drawn = runs[(runs["arm"] == RANDOM) & (runs["train_seed"] == 0)]
    for row in drawn.itertuples():
        graphs = tables.networks.get(str(row.job))
        if graphs:
            yield Found("", RANDOM, str(row.target), int(str(row.search_seed)), graphs)
