"""What changes from epoch to epoch or step to step of a training, as plain numbers."""

from __future__ import annotations

import math


def cosine(time: int, horizon: int, start: float, end: float) -> float:
    """Return the value at ``time`` of a cosine from ``start`` to ``end``.

    Times are epochs or steps, from 0 on; ``end`` would be reached in the one after the last.
    """
    return end + (start - end) * (1 + math.cos(math.pi * time / horizon)) / 2


def anneal(step: int, steps: int, epoch_steps: int, start: float, end: float) -> float:
    """Return the value at ``step`` of a cosine over a budget of ``steps``.

    Constant within an epoch where the budget is several whole epochs, as in the official code of
    DARTS. Otherwise it falls with every step, so that neither the size of the data nor a budget
    below an epoch changes the schedule.
    """
    epochs, rest = divmod(steps, epoch_steps)
    if epochs > 1 and rest == 0:
        return cosine(step // epoch_steps, epochs, start, end)
    return cosine(step, steps, start, end)


def drop_path_probability(epoch: int, epochs: int, rate: float) -> float:
    """Return the drop-path probability in ``epoch``: it rises linearly from 0 towards ``rate``."""
    return rate * epoch / epochs


def count_epoch_steps(examples: int, batch_size: int) -> int:
    """Return the number of batches in which one epoch visits every example once.

    A last batch of a single example has no statistics for batch normalisation, so that example
    joins the batch before it.
    """
    return max(1, math.ceil((examples - 1) / batch_size))
