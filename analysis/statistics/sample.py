"""What every test shares: the level, when two accuracies are equal, and what a p-value is.

Accuracies are in percent, higher is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
LEVEL = 0.95
# Random relabellings where not all can be enumerated.
DRAWS = 100_000
# Accuracies closer than this are ties: they differ by less than a thousandth of an image.
RESOLUTION_DIGITS = 6

Array = NDArray[np.float64]
Values = Sequence[float] | Array


@dataclass(frozen=True)
class PValue:
    """A p-value and how it was come by.

    Attributes:
        p: The value; NaN where there is nothing to test.
        draws: Random relabellings B it rests on; 0 if all were counted.
    """

    p: float
    draws: int = 0

    @property
    def error(self) -> float:
        """Monte-Carlo standard error; 0 if exact."""
        return math.sqrt(self.p * (1 - self.p) / (self.draws + 1)) if self.draws else 0.0


def quantised(x: Values) -> Array:
    """Return values in which equal accuracies are equal numbers."""
    values: Array = np.asarray(x, dtype=np.float64).round(RESOLUTION_DIGITS)
    return values
