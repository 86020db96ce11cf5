"""Do groups differ beyond chance? Permutation tests on a matrix of distances.

The statistic is the mean distance between groups less the mean distance within them; it is large
where groups differ, so the tests are one-sided. With blocks, labels are permuted inside each block
only, for what else makes cells alike (the space, the method) must not pass for the groups' doing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

# Up to so many relabellings all are tried; beyond, so many are drawn.
EXACT, DRAWS = 20_000, 9_999
BATCH = 1_000
# What two sums of the same distances in another order may differ by.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class GroupTest:
    """What a permutation test found.

    Attributes:
        within: Mean distance of pairs of one group.
        between: Mean distance of pairs of different groups.
        p: One-sided; NaN where nothing can be said.
        p_min: The smallest that was attainable.
        relabellings: How many stood behind p.
        is_exact: Whether these were all there are.
        low: 2.5 % point of between less within under relabelling.
        high: 97.5 % point.
        why: The reason if p is NaN; empty if it is known.
    """

    within: float
    between: float
    p: float
    p_min: float
    relabellings: int
    is_exact: bool
    low: float
    high: float
    why: str = ""

    @property
    def difference(self) -> float:
        """The mean distance between groups less that within."""
        return self.between - self.within


def permute_labels(
    distances: Matrix,
    labels: Sequence[Hashable],
    *,
    rng: np.random.Generator,
    blocks: Sequence[Hashable] | None = None,
    compared: NDArray[np.bool_] | None = None,
    draws: int = DRAWS,
) -> GroupTest:
    """Test whether things with different labels lie further apart than chance has it.

    Args:
        distances: (n, n), symmetric.
        labels: Of each of the n things.
        rng: Draws relabellings where there are more than ``EXACT``.
        blocks: Labels are permuted inside a block only; by default all are one block.
        compared: (n, n) which pairs count; by default all.
        draws: How many relabellings to draw.
    """
    counted = np.ones(distances.shape, bool) if compared is None else compared | compared.T
    counted = np.triu(counted & ~np.isnan(distances), 1)
    codes = _number(labels)
    members = _members(_number(blocks) if blocks is not None else np.zeros_like(codes))
    within, between = (float(x[0]) for x in _means(distances, counted, codes[None]))
    if why := _obstacle(codes, within, between):
        return GroupTest(within, between, math.nan, math.nan, 0, False, math.nan, math.nan, why)
    total = math.prod(_count(codes[places]) for places in members)
    is_exact = total <= EXACT
    chosen = _all(codes, members) if is_exact else _some(codes, members, draws, rng)
    found = np.concatenate([_difference(distances, counted, batch) for batch in _batches(chosen)])
    found = found[~np.isnan(found)]  # a relabelling may leave no pair within
    as_large = int((found >= between - within - TOLERANCE).sum())
    number = len(found)
    p = as_large / number if is_exact else (as_large + 1) / (number + 1)
    smallest = 1 / number if is_exact else 1 / (number + 1)
    if is_exact:
        smallest = float((found >= found.max() - TOLERANCE).sum()) / number
    low, high = (float(x) for x in np.quantile(found, (0.025, 0.975)))
    return GroupTest(within, between, p, smallest, number, is_exact, low, high)


@dataclass(frozen=True)
class MantelTest:
    """Whether two distances of the same things go together.

    Attributes:
        correlation: Spearman's, over all pairs; NaN where one of them is constant.
        p: One-sided, for things close in one being close in the other.
        n: Number of things.
        relabellings: How many stood behind p.
        is_exact: Whether these were all there are.
        why: The reason if p is NaN; empty if it is known.
    """

    correlation: float
    p: float
    n: int
    relabellings: int
    is_exact: bool
    why: str = ""


def mantel(
    first: Matrix, second: Matrix, *, rng: np.random.Generator, draws: int = DRAWS
) -> MantelTest:
    """Correlate two matrices of distances; rows and columns are permuted together.

    Args:
        first: (n, n), symmetric.
        second: Likewise, of the same things in the same order.
        rng: Draws permutations where there are more than ``EXACT``.
        draws: How many to draw.
    """
    n = len(first)
    upper = np.triu_indices(n, 1)
    one, other = first[upper], second[upper]
    if n < 4:
        return MantelTest(math.nan, math.nan, n, 0, False, f"{n} are too few to correlate")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return MantelTest(math.nan, math.nan, n, 0, False, "a distance is unknown")
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return MantelTest(math.nan, math.nan, n, 0, False, "all distances are equal")
    ranks, square = np.zeros((n, n)), np.zeros((n, n))
    ranks[upper], square[upper] = (_standard(stats.rankdata(each)) for each in (one, other))
    square += square.T
    is_exact = math.factorial(n) <= EXACT
    orders = map(np.array, itertools.permutations(range(n))) if is_exact else _orders(n, draws, rng)
    found = np.array([np.vdot(ranks, square[order][:, order]) for order in orders])
    correlation = float(np.vdot(ranks, square))
    as_large = int((found >= correlation - TOLERANCE).sum())
    p = as_large / len(found) if is_exact else (as_large + 1) / (len(found) + 1)
    return MantelTest(correlation, p, n, len(found), is_exact)


def _obstacle(codes: Labels, within: float, between: float) -> str:
    if len(np.unique(codes)) < 2:
        return "there is one group only"
    if math.isnan(within):
        return "no group has two members to compare"
    return "no two groups have members to compare" if math.isnan(between) else ""


def _number(labels: Sequence[Hashable]) -> Labels:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)


def _members(blocks: Labels) -> list[Labels]:
    return [np.flatnonzero(blocks == block) for block in np.unique(blocks)]


def _count(codes: Labels) -> int:
    """Return in how many ways the labels of a block can be arranged."""
    ways = math.factorial(len(codes))
    for number in np.unique(codes, return_counts=True)[1]:
        ways //= math.factorial(int(number))
    return ways


def _all(codes: Labels, members: Sequence[Labels]) -> Iterator[Labels]:
    """Yield every arrangement of labels inside the blocks once."""
    ways = [_arrangements(tuple(sorted(codes[places].tolist()))) for places in members]
    for choice in itertools.product(*ways):
        arranged = codes.copy()
        for places, labels in zip(members, choice, strict=True):
            arranged[places] = labels
        yield arranged


def _arrangements(labels: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the distinct orders of some labels."""
    if not labels:
        return [()]
    return [
        (first, *rest)
        for first in sorted(set(labels))
        for place in [labels.index(first)]
        for rest in _arrangements(labels[:place] + labels[place + 1 :])
    ]


def _some(
    codes: Labels, members: Sequence[Labels], draws: int, rng: np.random.Generator
) -> Iterator[Labels]:
    for _ in range(draws):
        arranged = codes.copy()
        for places in members:
            arranged[places] = rng.permutation(codes[places])
        yield arranged


def _batches(chosen: Iterator[Labels]) -> Iterator[Labels]:
    for batch in iter(lambda: list(itertools.islice(chosen, BATCH)), []):
        yield np.array(batch)


def _difference(distances: Matrix, counted: NDArray[np.bool_], codes: Labels) -> Matrix:
    within, between = _means(distances, counted, codes)
    return between - within


def _means(distances: Matrix, counted: NDArray[np.bool_], codes: Labels) -> tuple[Matrix, Matrix]:
    """Return the mean distance within and between groups for each row of labels."""
    weighed = np.where(counted, distances, 0.0)
    inside, pairs = np.zeros(len(codes)), np.zeros(len(codes))
    for label in np.unique(codes):
        chosen = (codes == label).astype(float)
        inside += ((chosen @ weighed) * chosen).sum(axis=1)
        pairs += ((chosen @ counted.astype(float)) * chosen).sum(axis=1)
    others = counted.sum() - pairs
    with np.errstate(invalid="ignore", divide="ignore"):
        return inside / pairs, (weighed.sum() - inside) / others


def _standard(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks whose products add up to a correlation."""
    centred = ranks - ranks.mean()
    return np.asarray(centred / np.sqrt((centred**2).sum()))


def _orders(n: int, draws: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    return (rng.permutation(n) for _ in range(draws))
