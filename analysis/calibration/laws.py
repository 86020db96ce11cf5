"""How simulated accuracies are spread: laws of mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import optimize, special, stats

from analysis.statistics.sample import Array
from harness.api import Nb201File, find_nb201

# Points at which a law is looked at where a probability is computed from it.
GRID, FINE = 20_000, 1_000_000
TABLE_COLUMN = "cifar100_e200_test"


@dataclass(frozen=True, eq=False)
class Law:
    """A distribution.

    Attributes:
        name: Short.
        about: What it is.
        quantile: Its quantiles, from probabilities in (0, 1).
    """

    name: str
    about: str
    quantile: Callable[[Array], Array]

    def draw(self, rng: np.random.Generator, *shape: int) -> Array:
        """Return independent values."""
        return self.quantile(rng.random(shape))

    @cached_property
    def grid(self) -> Array:
        """Quantiles at equal steps, ascending; shape (``GRID``,)."""
        return self.quantile((np.arange(GRID) + 0.5) / GRID)


# A zero probability has no logarithm.
NORMAL = Law("normal", "normal", lambda u: special.ndtri(np.maximum(u, 1e-300)))
SKEWED = Law(
    "skewed",
    "1 less an exponential variable: a long tail of bad runs, skewness -2",
    lambda u: 1 + np.log(np.maximum(u, 1e-300)),
)


def read_law() -> Law:
    """Return the law of all cells of NAS-Bench-201: test accuracies on CIFAR-100.

    Raises:
        DataError: If the table is damaged.
    """
    column = Nb201File(find_nb201())[TABLE_COLUMN].astype(np.float64)
    values, counts = np.unique(column, return_counts=True)
    # What the table has several times lies between the next lower value and it.
    values = np.append(2 * values[0] - values[1], values)
    places = np.append(0, np.cumsum(counts)) / len(column)
    fine = np.interp((np.arange(FINE) + 0.5) / FINE, places, values)
    values = (values - fine.mean()) / fine.std()
    skewness = float(stats.skew(fine))
    return Law(
        "nb201",
        f"test accuracies of all NAS-Bench-201 cells on CIFAR-100, skewness {skewness:.1f}, "
        "interpolated so that no two are equal",
        lambda u: np.interp(u, places, values),
    )


def find_chance(law: Law, ratio: float, shift: float) -> float:
    """Return the probability that a value plus ``shift`` exceeds one that is ``ratio`` as wide.

    Ties count half.
    """
    other = ratio * law.grid
    places = [np.searchsorted(other, law.grid + shift, side) for side in ("left", "right")]
    return float(np.mean(places)) / GRID


@lru_cache(maxsize=64)
def find_even_shift(law: Law, ratio: float) -> float:
    """Return the shift with which neither side is the better one in more than half of all pairs."""
    if ratio == 1:
        return 0.0
    most = 10.0 * (1 + ratio)
    return float(
        optimize.bisect(lambda shift: find_chance(law, ratio, shift) - 0.5, -most, most, xtol=1e-7)
    )
