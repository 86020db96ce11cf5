"""Several comparisons at once: Holm for verdicts, the false discovery rate for exploration."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values; a missing one counts as 1 and stays missing."""
    filled = [1.0 if math.isnan(value) else value for value in p]
    adjusted = [math.nan] * len(p)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=filled.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * filled[index]))
        adjusted[index] = math.nan if math.isnan(p[index]) else highest
    return adjusted
