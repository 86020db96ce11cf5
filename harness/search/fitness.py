"""Fitness: accuracy, traded against size where the comparison asks for a size."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, NonPositiveFloat

from harness.api import Architecture, Costs, Rules

SizePenalty = Literal["two_sided", "soft", "one_sided"]


class Aim(Rules):
    """How a search of candidates aims at the target of cost that a comparison may set.

    With a target T the fitness of a candidate of cost C is its score times

    * max(1, max(C / T, T / C) / tolerance)^weight if ``two_sided``: within the tolerance sizes
      count as equal, what is further off in either direction loses;
    * (C / T)^weight if ``soft``: what is smaller than T gains, too (MnasNet, Tan et al. 2019);
    * max(1, C / T)^weight if ``one_sided``: what is smaller neither loses nor gains.

    Attributes:
        penalty: Which of them.
        weight: The exponent. The defaults are ours: half as large again as the target costs 60 % of
            the score, more than candidates that are trained for an epoch or two differ by, so that
            answers compare at one size. With MnasNet's ``soft`` and -0.07 sizes drift.
        tolerance: Factor from the target, for ``two_sided``.
    """

    penalty: SizePenalty = "two_sided"
    weight: NonPositiveFloat = -5.0
    tolerance: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.25


AIM = Aim()
# Some phones are timed in whole milliseconds, and some cells then take none.
LEAST_RATIO = 1e-6


class Fitness:
    """What selection goes by: the score alone without a target, minus infinity if it diverged.

    Args:
        costs: What the comparison counts besides accuracy, if anything.
        aim: At its target.
    """

    def __init__(self, costs: Costs | None, aim: Aim) -> None:
        self._costs, self._aim = costs, aim

    def __call__(self, architecture: Architecture, score: float) -> float:
        """Return the fitness of a candidate with this score."""
        if not math.isfinite(score):
            return -math.inf
        return score * self.factor(architecture)

    def factor(self, architecture: Architecture) -> float:
        """Return what a candidate's score is multiplied by."""
        if self._costs is None or self._costs.target is None:
            return 1.0
        ratio = max(self._costs.of(architecture) / self._costs.target, LEAST_RATIO)
        if self._aim.penalty == "two_sided":
            ratio = max(1.0, max(ratio, 1 / ratio) / self._aim.tolerance)
        elif self._aim.penalty == "one_sided":
            ratio = max(ratio, 1.0)
        return float(ratio**self._aim.weight)
