"""What is simulated, and how often something happened."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from analysis.calibration.laws import Law, find_even_shift
from analysis.statistics.power import POWER
from analysis.statistics.sample import ALPHA, Array

# Among hundreds of cells one is two standard errors off by chance.
ERRORS = 3.0
LEVELS, COVERAGE, FOUND = "level", "coverage", "found"
# Of an interval of 95 %, and of what is found in 80 % of repetitions.
LEAST_COVERAGE, FOUND_WITHIN = 0.93, 0.05
BOUNDS = {
    LEVELS: (0.0, ALPHA),
    COVERAGE: (LEAST_COVERAGE, 1.0),
    FOUND: (POWER - FOUND_WITHIN, POWER + FOUND_WITHIN),
}
# How much wider accuracies are spread on the second of two tasks.
WIDER = 3.0

Generator = np.random.Generator


class Design(NamedTuple):
    """Who is compared with whom.

    Attributes:
        n: Runs of the first side (searches), or pairs.
        m: Runs of the second side (random architectures, or direct searches); 0 if there is none.
        ratio: Standard deviation of the second side over that of the first, which is 1.
        law: Of both sides.
        failing: Probability that a run fails; a failed run is -infinity.
    """

    n: int
    m: int
    ratio: float
    law: Law
    failing: float = 0.0

    @property
    def spread(self) -> float:
        """Standard deviation of a run, the mean of both variances."""
        return math.sqrt((1 + self.ratio**2) / 2)

    def draw_first(self, rng: Generator, count: int, at: float = 0.0) -> Array:
        """Return values of the first side, shape (count, n), around a mean."""
        return self._fail(rng, at + self.law.draw(rng, count, self.n))

    def draw_second(self, rng: Generator, count: int, at: float = 0.0) -> Array:
        """Return values of the second side, shape (count, m), around a mean."""
        return self._fail(rng, at + self.ratio * self.law.draw(rng, count, self.m))

    def draw_even(self, rng: Generator, count: int, scale: float = 1.0) -> tuple[Array, Array]:
        """Return both sides where neither is better."""
        shift = find_even_shift(self.law, self.ratio)
        first = self.draw_first(rng, count, shift)
        return scale * first, scale * self.draw_second(rng, count)

    def _fail(self, rng: Generator, values: Array) -> Array:
        if self.failing:
            values[rng.random(values.shape) < self.failing] = -np.inf
        return values


class Quantity(NamedTuple):
    """Something that a report prints.

    Attributes:
        about: ``level`` of a test, ``coverage`` of an interval, or share ``found``.
        name: Of it.
        simulate: From a design and a number of simulations to what happened in each: 1 or 0, a
            share, or NaN where nothing was printed.
        designs: Where it is printed.
        part: One simulation for so many of the others, as one takes so much longer.
    """

    about: str
    name: str
    simulate: Callable[[Generator, Design, int], Array]
    designs: Sequence[Design]
    part: int = 1


@dataclass(frozen=True)
class Rate:
    """How often something happened in simulations.

    Attributes:
        about: ``level``, ``coverage`` or ``found``.
        name: Of the test or interval.
        n: Runs of the first side, or pairs.
        m: Runs of the second side; 0 if there is none.
        ratio: Standard deviation of the second side over that of the first.
        law: Name of the law.
        failing: Probability that a run fails.
        simulations: Their number.
        printed: Share of them in which there was something to judge.
        rate: Share of these with a rejection, or with an interval that holds the truth.
        error: Monte-Carlo standard error.
        least: Smallest rate that is asked for.
        most: Largest.
    """

    about: str
    name: str
    n: int
    m: int
    ratio: float
    law: str
    failing: float
    simulations: int
    printed: float
    rate: float
    error: float
    least: float
    most: float

    @property
    def is_met(self) -> bool:
        """Whether the rate is within ``ERRORS`` standard errors of its bounds."""
        slack = ERRORS * self.error
        return self.least - slack <= self.rate <= self.most + slack

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"is_met": self.is_met}


def measure(quantity: Quantity, simulations: int, seed: int) -> Iterator[Rate]:
    """Yield a rate for each design; none where nothing was printed in any simulation."""
    for design in quantity.designs:
        named = repr((quantity.about, quantity.name, design._replace(law=design.law.name)))  # type: ignore[arg-type]
        rng = np.random.default_rng([seed, zlib.crc32(named.encode())])
        count = max(2, simulations // quantity.part)
        happened = quantity.simulate(rng, design, count)
        known = happened[~np.isnan(happened)]
        if len(known) > 1:
            yield _summarise(quantity, design, count, known)


def _summarise(quantity: Quantity, design: Design, count: int, known: Array) -> Rate:
    least, most = BOUNDS[quantity.about]
    found = Rate(
        quantity.about,
        quantity.name,
        *design[:3],
        law=design.law.name,
        failing=design.failing,
        simulations=count,
        printed=len(known) / count,
        rate=float(known.mean()),
        error=float(known.std(ddof=1)) / math.sqrt(len(known)),
        least=least,
        most=most,
    )
    if quantity.about == FOUND:
        return found
    # A share that is 0 or 1 has no spread: the error is that at the bound.
    bound = most if quantity.about == LEVELS else least
    return replace(found, error=math.sqrt(bound * (1 - bound) / len(known)))
