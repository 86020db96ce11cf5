"""Several questions at once: Holm's step-down, where a question may be followed by another."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm_chains(chains: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return adjusted p-values of questions asked in fixed sequence within a chain.

    A chain passes its share of the level on to its next question, and to the other chains when its
    last question is answered (Bretz et al., Stat. Med. 28, 2009). Chains of one question are
    Holm's procedure (1979). A missing p counts as 1.

    Args:
        chains: p-values of each chain, in the order in which they are asked.

    Returns:
        Adjusted p-values, in the same shape.
    """
    filled = [[1.0 if math.isnan(p) else p for p in chain] for chain in chains]
    adjusted = [[1.0] * len(chain) for chain in chains]
    next_in = {place: 0 for place, chain in enumerate(chains) if chain}
    highest = 0.0
    while next_in:
        place = min(next_in, key=lambda at: filled[at][next_in[at]])
        step = next_in[place]
        highest = max(highest, min(1.0, len(next_in) * filled[place][step]))
        adjusted[place][step] = highest
        if step + 1 < len(chains[place]):
            next_in[place] = step + 1
        else:
            del next_in[place]
    return adjusted
