"""What every test shares: the level, when two accuracies are equal, and what a test returns.

Accuracies are in percent, higher is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALPHA = 0.05
LEVEL = 0.95
# Random relabellings where not all can be enumerated.
DRAWS = 20_000
# Accuracies closer than this are ties: they differ by less than a thousandth of an image.
RESOLUTION_DIGITS = 6

Array = NDArray[np.float64]
Values = Sequence[float] | Array


@dataclass(frozen=True)
class Outcome:
    """What a test says, from one statistic: how strong the evidence is, and which way it points."""

    statistic: Annotated[
        float,
        "Above 0 if the first side is the better one; NaN where nothing was tested.",
    ]
    p: Annotated[float, "Two-sided."]
    draws: Annotated[
        int,
        "Random relabellings that p rests on; 0 if all were counted, or if it is asymptotic.",
    ] = 0
    is_exact: Annotated[bool, "Whether all relabellings were counted."] = True

    @property
    def direction(self) -> int:
        """1 if the first side is the better one, -1 if it is the worse one, 0 if neither."""
        return 0 if math.isnan(self.statistic) else int(np.sign(self.statistic))

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of p; 0 without random draws."""
        return math.sqrt(self.p * (1 - self.p) / (self.draws + 1)) if self.draws else 0.0


NOTHING_TESTED = Outcome(math.nan, math.nan)


def quantised(x: ArrayLike) -> Array:
    """Return values in which equal accuracies are equal numbers."""
    values: Array = np.asarray(x, dtype=np.float64).round(RESOLUTION_DIGITS)
    return values
