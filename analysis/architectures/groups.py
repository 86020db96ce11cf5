"""Do groups differ beyond chance? Permutation tests on distances.

The statistic is the mean distance between groups less the mean distance within them; it is large
where groups differ, so the tests are one-sided. Members that are alike are one thing with a count:
members are relabelled, never things. With blocks, labels are permuted inside each block only, for
what else makes cells alike (the space, the method) must not pass for the groups' doing. Searches
of equal seed in two groups are alike at most by their draws; that makes p larger, not smaller.

scikit-bio has neither this statistic nor blocks, and needs h5py and biom-format.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]
Link = tuple[int, int, Matrix]

# Up to so many relabellings all are tried; beyond, so many are drawn.
EXACT, DRAWS = 20_000, 9_999
BATCH = 500
# Which part of the relabelled differences the band around them holds.
BAND = 0.95
# What two sums of the same distances in another order may differ by.
TOLERANCE = 1e-9


class GroupTest(NamedTuple):
    """What a permutation test of groups found."""

    within: Annotated[float, "Mean distance of pairs of members of one group."]
    between: Annotated[float, "Mean distance of pairs of members of different groups."]
    difference: Annotated[float, "The latter less the former."]
    low: Annotated[float, "2.5 % point of the difference under relabelling."] = math.nan
    high: Annotated[float, "97.5 % point."] = math.nan
    p: Annotated[float, "One-sided; NaN where nothing can be said."] = math.nan
    p_min: Annotated[float, "The smallest that was attainable."] = math.nan
    relabellings: Annotated[int, "How many p rests on."] = 0
    is_exact: Annotated[bool, "Whether these were all there are."] = False
    why: Annotated[str, "The reason if p is NaN; empty if it is known."] = ""


def permute_labels(
    distances: Matrix,
    counts: Counts,
    *,
    rng: np.random.Generator,
    blocks: Sequence[Hashable] | None = None,
    compared: Callable[[Hashable, Hashable], bool] = operator.eq,
    draws: int = DRAWS,
) -> GroupTest:
    """Test whether members of different groups lie further apart than chance has it.

    Args:
        distances: (T, T) between things: symmetric, 0 on the diagonal.
        counts: (G, T) how many members of each group are each thing.
        rng: Draws relabellings where there are more than ``EXACT``.
        blocks: (T,) labels are permuted inside a block only; by default all are one block. What
            is in two blocks is two things.
        compared: Tells of two blocks whether pairs across them count; by default those of one
            block do.
        draws: How many relabellings to draw.
    """
    names = [None] * counts.shape[1] if blocks is None else list(blocks)
    members = {
        block: np.flatnonzero([name == block for name in names]) for block in dict.fromkeys(names)
    }
    own = [counts[None, :, its] for its in members.values()]
    links = [
        (one, other, distances[np.ix_(members[first], members[second])])
        for (one, first), (other, second) in itertools.product(enumerate(members), repeat=2)
        if compared(first, second)
    ]
    pairs = _Pairs(own, links)
    within, between = (float(mean[0]) for mean in pairs.average(own))
    if why := pairs.find_obstacle():
        return GroupTest(within, between, between - within, why=why)
    ways = math.prod(_count_ways(table[0]) for table in own)
    is_exact = ways <= EXACT
    listed = _list_all(own) if is_exact else _draw(own, draws, rng)
    means = [pairs.average(tables) for tables in listed]
    found = np.concatenate([apart - together for together, apart in means])
    as_large = int((found >= between - within - TOLERANCE).sum())
    most = int((found >= found.max() - TOLERANCE).sum())
    p, p_min = (
        (as_large / ways, most / ways)
        if is_exact
        else ((as_large + 1) / (draws + 1), 1 / (draws + 1))
    )
    low, high = np.quantile(found, (0.5 - BAND / 2, 0.5 + BAND / 2)).tolist()
    known = (within, between, between - within)
    return GroupTest(*known, low, high, p, p_min, len(found), is_exact)


class _Pairs:
    """The pairs of members that count; how many are of one group is the same in every relabelling.

    Args:
        own: (1, G, T) for each block: how many members of each group are each of its things.
        links: Two blocks whose pairs count, either way round, and the distances of their things.
    """

    def __init__(self, own: Sequence[Counts], links: Sequence[Link]) -> None:
        self._links = links
        self._groups = int((sum(table.sum(axis=2) for table in own) > 0).sum())
        everyone = [table.sum(axis=1, keepdims=True) for table in own]
        ones = [(one, other, np.ones_like(distances)) for one, other, distances in links]
        alone = sum(int(own[one].sum()) for one, other, _ in links if one == other)
        self._inside, every = (
            (float(_add(tables, ones)[0]) - alone) / 2 for tables in (own, everyone)
        )
        self._outside = every - self._inside
        self._total = float(_add(everyone, links)[0]) / 2

    def average(self, tables: Sequence[Counts]) -> tuple[Matrix, Matrix]:
        """Return the mean distance within and between groups of K relabellings: (K,) each."""
        inside = _add(tables, self._links) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            return inside / self._inside, (self._total - inside) / self._outside

    def find_obstacle(self) -> str:
        """Return why groups cannot be compared; empty if they can."""
        if self._groups < 2:
            return "there is one group only"
        if self._inside == 0:
            return "no group has two members to compare"
        if self._outside == 0:
            return "no two groups have members to compare"
        return "a distance is unknown" if math.isnan(self._total) else ""


def _add(tables: Sequence[Counts], links: Sequence[Link]) -> Matrix:
    """Return the sum over the ordered pairs of one group, of each of K tables of every block."""
    flat = [table.reshape(-1, table.shape[2]).astype(float) for table in tables]
    sums = [np.einsum("it,it->i", flat[one] @ values, flat[other]) for one, other, values in links]
    added: Matrix = sum(sums, np.zeros(len(flat[0])))
    return np.asarray(added.reshape(len(tables[0]), -1).sum(axis=1))


def _count_ways(counts: Counts) -> int:
    """Return in how many ways the members of a block can be given their labels."""
    sizes = counts.sum(axis=1).tolist()
    ways = math.factorial(sum(sizes))
    for size in sizes:
        ways //= math.factorial(size)
    return ways


def _list_all(own: Sequence[Counts]) -> Iterator[list[Counts]]:
    """Yield the tables of every relabelling of members inside the blocks, each once."""
    listed = [_list_block(table[0]) for table in own]
    sizes = [len(tables) for tables in listed]
    for start in range(0, math.prod(sizes), BATCH):
        chosen = np.arange(start, min(start + BATCH, math.prod(sizes)))
        places = np.unravel_index(chosen, sizes)
        yield [tables[its] for tables, its in zip(listed, places, strict=True)]


def _list_block(counts: Counts) -> Counts:
    """Return the table of every relabelling of one block's members."""
    groups, things = (
        np.repeat(places, counts.ravel()) for places in np.indices(counts.shape).reshape(2, -1)
    )
    orders = np.array(_arrange(tuple(groups.tolist())))
    tables = np.zeros((len(orders), *counts.shape), dtype=np.int64)
    np.add.at(tables, (np.arange(len(orders))[:, None], orders, things), 1)
    return tables


def _arrange(labels: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the distinct orders of some labels."""
    if not labels:
        return [()]
    return [
        (first, *rest)
        for first in sorted(set(labels))
        for place in [labels.index(first)]
        for rest in _arrange(labels[:place] + labels[place + 1 :])
    ]


def _draw(own: Sequence[Counts], draws: int, rng: np.random.Generator) -> Iterator[list[Counts]]:
    """Yield tables as relabelling members inside the blocks at random gives them."""
    made = [
        stats.random_table(table[0].sum(axis=1), table[0].sum(axis=0), seed=rng) for table in own
    ]
    for start in range(0, draws, BATCH):
        size = min(BATCH, draws - start)
        yield [table.rvs(size=size).astype(np.int64, copy=False) for table in made]


class MantelTest(NamedTuple):
    """Whether two distances of the same things go together."""

    n: Annotated[int, "Number of things."]
    correlation: Annotated[
        float,
        "Spearman's, over all pairs; NaN where nothing can be said.",
    ] = math.nan
    p: Annotated[
        float,
        "One-sided, by permuting things (Mantel); NaN where nothing can be said.",
    ] = math.nan
    relabellings: Annotated[int, "How many p rests on."] = 0
    is_exact: Annotated[bool, "Whether these were all there are."] = False
    why: Annotated[str, "The reason if p is NaN; empty if it is known."] = ""


def mantel(
    first: Matrix, second: Matrix, *, rng: np.random.Generator, draws: int = DRAWS
) -> MantelTest:
    """Correlate two matrices of distances; rows and columns are permuted together.

    Args:
        first: (n, n), symmetric.
        second: (n, n), symmetric, of the same things in the same order.
        rng: Draws permutations where there are more than ``draws``.
        draws: How many to draw.
    """
    n = len(first)
    upper = np.triu_indices(n, 1)
    pairs = first[upper], second[upper]
    if n < 4:
        return MantelTest(n, why=f"{n} are too few to correlate")
    if not np.isfinite(pairs).all():
        return MantelTest(n, why="a distance is unknown")
    if not np.ptp(pairs, axis=1).all():
        return MantelTest(n, why="all distances are equal")
    ranks, square = np.zeros((n, n)), np.zeros((n, n))
    ranks[upper], square[upper] = stats.zscore(stats.rankdata(pairs, axis=1), axis=1)
    ranks, square = ranks / len(upper[0]), square + square.T
    found = stats.permutation_test(
        (np.arange(n),),
        lambda order: np.vdot(ranks, square[order][:, order]),
        permutation_type="pairings",
        vectorized=False,
        n_resamples=draws,
        alternative="greater",
        rng=rng,
    )
    tried = len(found.null_distribution)
    is_exact = math.factorial(n) <= draws
    return MantelTest(n, float(found.statistic), float(found.pvalue), tried, is_exact)
