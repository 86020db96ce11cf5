"""Fitness: accuracy, traded against size where the comparison asks for a size."""

from __future__ import annotations

import math
from typing import Literal

from harness.api import Architecture, Costs

SizePenalty = Literal["soft", "one_sided"]


class Fitness:
    """What selection goes by.

    With a target T the score times (size / T)^w if ``soft``, the score times max(1, size / T)^w if
    ``one_sided``; without one the score alone. A diverged candidate's is minus infinity.

    Args:
        costs: What the comparison counts besides accuracy, if anything.
        weight: The exponent w, not positive.
        penalty: Whether what is smaller than the target is rewarded, too.
    """

    def __init__(self, costs: Costs | None, *, weight: float, penalty: SizePenalty) -> None:
        self._costs, self._weight, self._penalty = costs, weight, penalty

    def __call__(self, architecture: Architecture, score: float) -> float:
        """Return the fitness of a candidate with this score."""
        if not math.isfinite(score):
            return -math.inf
        return score * self._factor(architecture)

    def _factor(self, architecture: Architecture) -> float:
        if self._costs is None or self._costs.target is None:
            return 1.0
        ratio = self._costs.of(architecture) / self._costs.target
        if self._penalty == "one_sided":
            ratio = max(1.0, ratio)
        return float(ratio**self._weight)
