"""What changes from epoch to epoch of a training, as plain numbers."""

from __future__ import annotations

import math


def cosine(epoch: int, epochs: int, start: float, end: float) -> float:
    """Return the value in ``epoch`` of a cosine from ``start`` to ``end``.

    Constant within an epoch, as in the official code of DARTS; ``end`` would be reached in the
    epoch after the last one.
    """
    return end + (start - end) * (1 + math.cos(math.pi * epoch / epochs)) / 2


def drop_path_probability(epoch: int, epochs: int, rate: float) -> float:
    """Return the drop-path probability in ``epoch``: it rises linearly from 0 towards ``rate``."""
    return rate * epoch / epochs


def count_epoch_steps(examples: int, batch_size: int) -> int:
    """Return the number of batches in which one epoch visits every example once.

    A last batch of a single example has no statistics for batch normalisation, so that example
    joins the batch before it.
    """
    return max(1, math.ceil((examples - 1) / batch_size))
